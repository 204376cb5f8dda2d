//! Notifications: a device is asked to come (OMA-TS-DM_Notification-V1_2). The
//! message is made here, where the server's secret and the nonce that the
//! device gave it are; whoever asked for it sends it. Nothing changes with it:
//! the nonce stays until the session that it asks for brings another.

use clock::Random;
use data_encoding::HEXLOWER;
use dm::auth::Nonce;
use dm::notification::{Initiator, Notification, NotificationKey, ResyncNonce, SessionId, UiMode};
use dm::queue::{Account, QueueStore, SessionRecord};
use dm::tree::ServerId;
use provisioning::Reason;
use serde::Deserialize;
use serde_json::json;
use store::SessionQuery;
use tokens::os::OsRandom;

use super::super::Shared;
use super::{Answer, Refused, failed, malformed, read};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    device: String,
    /// Drawn, if there is none.
    session: Option<u16>,
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
        let session = match given.session {
            Some(session) => SessionId(session),
            None => self.draw_session(&account.device).await?,
        };
        let notification = given.notification(key.server_id().clone(), session)?;
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

/// How many sessions of a device are looked at: all that are kept.
const SESSIONS: usize = 1000;

impl Shared {
    /// A session's number that no session has that is kept of this device
    /// (clause 6.2.10).
    async fn draw_session(&self, device: &str) -> Result<SessionId, Refused> {
        let query = SessionQuery {
            device: Some(device.to_owned()),
            before: None,
            limit: SESSIONS,
        };
        let known = self.store.sessions(query).await.map_err(failed)?.sessions;
        Ok(drawn(&known, &mut OsRandom))
    }
}

impl Given {
    fn notification(
        &self,
        server_id: ServerId,
        session: SessionId,
    ) -> Result<Notification, Refused> {
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
            ..Notification::new(server_id, session)
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

/// A number that is drawn, and none of these sessions'.
fn drawn(known: &[SessionRecord], random: &mut dyn Random) -> SessionId {
    SessionId::draw(random, |id| {
        known.iter().any(|it| id.is_written(&it.session_id))
    })
}

#[cfg(test)]
mod tests {
    use clock::Timestamp;
    use dm::queue::SessionRef;

    use super::*;

    /// Draws 0xFFFE.
    struct Fixed;

    impl Random for Fixed {
        fn fill(&mut self, octets: &mut [u8]) {
            octets.fill(0xFF);
            octets[1] = 0xFE;
        }
    }

    #[test]
    fn a_session_that_is_drawn_is_none_of_those_known() {
        let record = |session_id: &str| SessionRecord {
            id: SessionRef::random(&mut OsRandom),
            device: "device".to_owned(),
            session_id: session_id.to_owned(),
            started: Timestamp::from_unix_millis(0),
            ended: None,
            outcome: None,
        };
        assert_eq!(drawn(&[], &mut Fixed), SessionId(0xFFFE));
        // In hexadecimal digits, as the specification has it, and in decimal.
        let known = ["FFFE", "65535", "1", "3", "not a number"].map(record);
        assert_eq!(drawn(&known, &mut Fixed), SessionId(2), "and never 0");
        assert_eq!(drawn(&known[1..], &mut Fixed), SessionId(0xFFFE));
    }
}
