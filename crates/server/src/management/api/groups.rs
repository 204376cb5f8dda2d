//! Groups: devices that are given the same commands.

use provisioning::Reason;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Shared;
use super::{Answer, check_name, failed, read};

/// The most devices in one request.
const MAX_ROWS: usize = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    name: String,
    devices: Vec<String>,
}

impl Shared {
    /// A result for each device.
    pub(super) async fn add_to_group(&self, body: &[u8]) -> Answer {
        let Given { name, devices } = read(body)?;
        check_name(&name)?;
        if devices.len() > MAX_ROWS {
            return Err((413, Reason::new("too-many-rows")));
        }
        let mut results = Vec::new();
        for device in devices {
            results.push(match self.store.join_group(&name, &device).await {
                Ok(()) => json!({ "device": device }),
                Err(store::Error::Conflict) => {
                    json!({ "device": device, "code": "unknown-device" })
                }
                Err(error) => return Err(failed(error)),
            });
        }
        Ok(json!({ "name": name, "results": results }))
    }

    pub(super) async fn list_groups(&self) -> Answer {
        let groups = self.store.groups().await.map_err(failed)?;
        let groups: Vec<Value> = groups
            .iter()
            .map(|group| json!({ "name": group.name, "devices": group.devices }))
            .collect();
        Ok(json!({ "groups": groups }))
    }

    pub(super) async fn leave_group(&self, name: &str, device: Option<&str>) -> Answer {
        if self.store.leave_group(name, device).await.map_err(failed)? {
            Ok(json!({ "name": name, "device": device }))
        } else {
            Err((404, Reason::new("not-in-group")))
        }
    }
}
