//! Commands: queued for a device or for each device of a group, listed with
//! what came of them, called off while they wait. A request's values go in and
//! do not come out again; what a device gave does.

use std::time::Duration;

use clock::Timestamp;
use dm::queue::{
    CommandState, Commit, Order, Part, QueueStore, QueuedCommand, QueuedId, RequestForm, StoreError,
};
use dm::server;
use provisioning::{ProvisioningError, Reason};
use serde::Deserialize;
use serde_json::{Value, json};
use store::CommandQuery;
use tokens::os::OsRandom;

use super::super::Shared;
use super::text::Query;
use super::{Answer, Refused, failed, malformed, read};
use crate::time::now;

/// How often a cancellation is tried while a session changes the command.
const CONFLICTS: usize = 8;
/// The most octets of results that a list shows of one command.
const LISTED: usize = 16 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    device: Option<String>,
    group: Option<String>,
    request: RequestForm,
    #[serde(default)]
    priority: i8,
    expires_in_s: Option<u64>,
}

impl Shared {
    pub(super) async fn queue_commands(&self, body: &[u8]) -> Answer {
        let given: Given = read(body)?;
        let devices = self.devices_of(&given).await?;
        let moment = now();
        let order = Order {
            device: String::new(),
            group: given.group,
            request: server::Request::from(given.request),
            priority: given.priority,
            expires_at: given.expires_in_s.map_or(Timestamp::NO_EXPIRY, |seconds| {
                moment.plus(Duration::from_secs(seconds))
            }),
        };
        let commands = devices
            .into_iter()
            .map(|device| {
                let order = Order {
                    device,
                    ..order.clone()
                };
                QueuedCommand::new(QueuedId::random(&mut OsRandom), moment, order)
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| failed(ProvisioningError::from(error)))?;
        let names: Vec<Value> = commands
            .iter()
            .map(|command| {
                json!({ "command_id": command.id().to_string(), "device": command.device() })
            })
            .collect();
        match self.store.queue(commands).await {
            Ok(()) => Ok(json!({ "commands": names })),
            Err(store::Error::Conflict) => Err((404, Reason::new("unknown-device"))),
            Err(error) => Err(failed(error)),
        }
    }

    async fn devices_of(&self, given: &Given) -> Result<Vec<String>, Refused> {
        match (&given.device, &given.group) {
            (Some(device), None) => Ok(vec![device.clone()]),
            (None, Some(group)) => {
                let members = self.store.group_members(group).await.map_err(failed)?;
                if members.is_empty() {
                    return Err((404, Reason::new("unknown-group")));
                }
                Ok(members)
            }
            _ => Err(malformed()),
        }
    }

    pub(super) async fn list_commands(&self, query: &Query) -> Answer {
        if !query.has_only(&["device", "state", "before", "limit"]) {
            return Err(malformed());
        }
        let state = query.text("state").map(CommandState::by_name);
        let wanted = CommandQuery {
            device: query.text("device").map(str::to_owned),
            state: match state {
                Some(None) => return Err(malformed()),
                Some(state) => state,
                None => None,
            },
            before: query.number("before").ok_or_else(malformed)?,
            limit: query.limit().ok_or_else(malformed)?,
        };
        let page = self.store.commands(wanted).await.map_err(failed)?;
        let commands: Vec<Value> = page.commands.iter().map(listed).collect();
        Ok(json!({ "commands": commands, "next": page.next }))
    }

    pub(super) async fn show_command(&self, id: &str) -> Answer {
        let id: QueuedId = id.parse().map_err(|_| malformed())?;
        let known = self.store.command(id).await.map_err(failed)?;
        let known = known.ok_or((404, Reason::new("unknown-command")))?;
        Ok(shown(&known.value))
    }

    pub(super) async fn cancel_command(&self, id: &str) -> Answer {
        let id: QueuedId = id.parse().map_err(|_| malformed())?;
        for _ in 0..CONFLICTS {
            let known = self.store.command(id).await.map_err(failed)?;
            let mut command = known.ok_or((404, Reason::new("unknown-command")))?;
            let cancelled = command.value.cancel();
            cancelled.map_err(|_| (409, Reason::new("command-not-waiting")))?;
            let answer = shown(&command.value);
            let commit = Commit {
                commands: vec![command],
                ..Commit::default()
            };
            match QueueStore::commit(&self.store, commit).await {
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(failed(error)),
                Ok(()) => return Ok(answer),
            }
        }
        Err(failed(StoreError::Conflict))
    }
}

/// A command in a list: large results are left out.
fn listed(command: &QueuedCommand) -> Value {
    let octets = command.parts().iter().map(Part::octets);
    let mut listed = shown(command);
    if octets.fold(0, usize::saturating_add) > LISTED {
        let results = listed.get_mut("results").and_then(Value::as_array_mut);
        for result in results
            .into_iter()
            .flatten()
            .filter_map(Value::as_object_mut)
        {
            result.insert("values".to_owned(), Value::Null);
            result.insert("truncated".to_owned(), true.into());
        }
    }
    listed
}

/// A command as people see it.
fn shown(command: &QueuedCommand) -> Value {
    let mut requests = Vec::new();
    describe(command.request(), &mut requests);
    let results: Vec<Value> = requests
        .iter()
        .enumerate()
        .map(|(at, (verb, target))| {
            let part = command.parts().get(at);
            json!({
                "command": verb,
                "target": target,
                "status": part.and_then(|part| part.status),
                "text": part.filter(|part| part.status.is_some()).map(Part::line),
                "values": part.map(|part| &part.values),
                "truncated": part.is_some_and(|part| part.truncated),
            })
        })
        .collect();
    let expires = command.expires_at();
    json!({
        "command_id": command.id().to_string(),
        "device": command.device(),
        "group": command.group(),
        "priority": command.priority(),
        "state": command.state().name(),
        "succeeded": command.succeeded(),
        "created": command.created().to_string(),
        "expires": (expires != Timestamp::NO_EXPIRY).then(|| expires.to_string()),
        "attempts": command.attempts(),
        "remark": command.remark(),
        "results": results,
    })
}

/// What a request does to what, parents before children.
fn describe<'a>(request: &'a RequestForm, all: &mut Vec<(&'static str, Option<&'a str>)>) {
    let mut group = |name, inside: &'a [RequestForm]| {
        all.push((name, None));
        for request in inside {
            describe(request, all);
        }
    };
    match request {
        RequestForm::Get { target } => all.push(("get", Some(target))),
        RequestForm::Add { target, .. } => all.push(("add", Some(target))),
        RequestForm::Replace { target, .. } => all.push(("replace", Some(target))),
        RequestForm::Copy { target, .. } => all.push(("copy", Some(target))),
        RequestForm::Delete { target } => all.push(("delete", Some(target))),
        RequestForm::Exec { target, .. } => all.push(("exec", Some(target))),
        RequestForm::Alert(_) => all.push(("alert", None)),
        RequestForm::Sequence(inside) => group("sequence", inside),
        RequestForm::Atomic(inside) => group("atomic", inside),
    }
}
