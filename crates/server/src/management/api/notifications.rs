//! Notifications: a device is asked to come (OMA-TS-DM_Notification-V1_2). The
//! message is made here, where the server's secret and the nonce that the
//! device gave it are; whoever asked for it sends it. Nothing changes with it:
//! the nonce stays until the session that it asks for brings another.

use data_encoding::HEXLOWER;
use dm::auth::Nonce;
use dm::notification::{Initiator, Notification, NotificationKey, ResyncNonce, SessionId, UiMode};
use dm::queue::{Account, QueueStore};
use dm::tree::ServerId;
use provisioning::Reason;
use serde::Deserialize;
use serde_json::json;

use super::super::Shared;
use super::{Answer, Refused, failed, malformed, read};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    device: String,
    session: u16,
    #[serde(default)]
    ui: Ui,
    #[serde(default)]
    initiator: By,
    #[serde(default)]
    vendor: String,
    resync: Option<Resync>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Ui {
    #[default]
    None,
    Background,
    Informative,
    Interaction,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum By {
    #[default]
    Server,
    User,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Resync {
    Octets,
    Text,
}

impl Shared {
    pub(super) async fn make_notification(&self, body: &[u8]) -> Answer {
        let given: Given = read(body)?;
        let account = self.store.account(&given.device).await.map_err(failed)?;
        let account = account.ok_or((404, Reason::new("unknown-device")))?;
        let key = key_of(&account)?;
        let nonce = nonce_of(&account, given.resync)?;
        let notification = given.notification(key.server_id().clone())?;
        let message = notification
            .write(&key, &nonce)
            .map_err(|_| (400, Reason::new("notification-malformed")))?;
        Ok(json!({
            "device": account.device,
            "server_id": account.server_id,
            "notification": HEXLOWER.encode(&message),
        }))
    }
}

impl Given {
    fn notification(&self, server_id: ServerId) -> Result<Notification, Refused> {
        let vendor = HEXLOWER.decode(self.vendor.as_bytes());
        Ok(Notification {
            ui_mode: match self.ui {
                Ui::None => UiMode::NotSpecified,
                Ui::Background => UiMode::Background,
                Ui::Informative => UiMode::Informative,
                Ui::Interaction => UiMode::UserInteraction,
            },
            initiator: match self.initiator {
                By::Server => Initiator::Server,
                By::User => Initiator::Client,
            },
            vendor: vendor.map_err(|_| malformed())?,
            ..Notification::new(server_id, SessionId(self.session))
        })
    }
}

fn key_of(account: &Account) -> Result<NotificationKey, Refused> {
    let server_id = account.server_id.parse();
    let server_id = server_id.map_err(|_| (409, Reason::new("server-id-malformed")))?;
    let secret = account.server_secret.as_ref();
    let secret = secret.ok_or((409, Reason::new("server-secret-missing")))?;
    Ok(NotificationKey::new(server_id, secret))
}

/// The nonce that the device gave for the server's next proof, or the one of a
/// server that has lost it.
fn nonce_of(account: &Account, resync: Option<Resync>) -> Result<Nonce, Refused> {
    let nonce = match resync {
        None => account.nonces().prove,
        Some(Resync::Octets) => ResyncNonce::Octets.nonce().ok(),
        Some(Resync::Text) => ResyncNonce::Text.nonce().ok(),
    };
    nonce.ok_or((409, Reason::new("server-nonce-missing")))
}
