//! Reading and checking a notification (OMA-TS-DM_Notification-V1_2 clauses 5
//! and 6).

use std::fmt;

use super::{
    DIGEST, HEADER, Initiator, Notification, NotificationKey, ResyncNonce, SessionId, UiMode,
    VERSION,
};
use crate::Error;
use crate::auth::Nonce;

/// A message whose form is right and whose sender is not known yet. Nothing
/// but the claimed server is to be used of it. `Debug` shows no more.
#[derive(Clone)]
pub struct Unverified {
    digest: [u8; DIGEST],
    trigger: Vec<u8>,
    claimed: Notification,
}

/// Which nonce a notification was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonceUsed {
    /// The one that this side gave the server.
    Stored,
    /// `0x00000000`: the session that follows begins with it in both
    /// directions (clause 5.2, steps 3 to 5).
    Resync,
}

impl Unverified {
    /// Takes a message apart. Reserved bits may have any value: a later
    /// version may use them, and the digest covers them (clause 6.2.9).
    ///
    /// # Errors
    /// [`Error::Notification`] for octets that are no notification, more than
    /// [`Notification::MAX_OCTETS`] included; [`Error::Version`] for a version
    /// other than that of DM 1.2.
    pub fn read(octets: &[u8]) -> Result<Self, Error> {
        if octets.len() > Notification::MAX_OCTETS {
            return Err(Error::Notification("too long"));
        }
        let (digest, trigger) = octets
            .split_first_chunk::<DIGEST>()
            .ok_or(Error::Notification("too short"))?;
        Ok(Self {
            digest: *digest,
            trigger: trigger.to_vec(),
            claimed: read_trigger(trigger)?,
        })
    }

    /// The server that the message claims to be from, to find its key by.
    #[must_use]
    pub const fn claimed_server(&self) -> &crate::tree::ServerId {
        &self.claimed.server_id
    }

    /// What the message claims, for people who look at one. Nothing of it is
    /// proved: a device acts on what [`verify`](Self::verify) gives.
    #[must_use]
    pub const fn claimed(&self) -> &Notification {
        &self.claimed
    }

    /// The notification, if its digest is right under `key` and `nonce`. The
    /// digests are compared in constant time.
    ///
    /// # Errors
    /// [`Error::NotificationDigest`] if it is not, or if the key is another
    /// server's.
    pub fn verify(&self, key: &NotificationKey, nonce: &Nonce) -> Result<Notification, Error> {
        let wanted = key.digest(nonce, &self.trigger);
        let same = secret::ct_eq(&wanted, &self.digest);
        if same && key.server_id() == &self.claimed.server_id {
            Ok(self.claimed.clone())
        } else {
            Err(Error::NotificationDigest)
        }
    }

    /// The same with the `stored` nonce and, where that fails, with `resync`
    /// (clause 5.2, steps 1 and 2). A device that does not let a server begin
    /// anew calls [`verify`](Self::verify) alone.
    ///
    /// # Errors
    /// [`Error::NotificationDigest`] if it is right under neither.
    pub fn verify_or_resync(
        &self,
        key: &NotificationKey,
        stored: Option<&Nonce>,
        resync: ResyncNonce,
    ) -> Result<(Notification, NonceUsed), Error> {
        if let Some(nonce) = stored
            && let Ok(notification) = self.verify(key, nonce)
        {
            return Ok((notification, NonceUsed::Stored));
        }
        let notification = self.verify(key, &resync.nonce()?)?;
        Ok((notification, NonceUsed::Resync))
    }
}

impl fmt::Debug for Unverified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unverified({})", self.claimed.server_id)
    }
}

fn read_trigger(trigger: &[u8]) -> Result<Notification, Error> {
    let (head, rest) = trigger
        .split_first_chunk::<HEADER>()
        .ok_or(Error::Notification("too short"))?;
    let [high, low, _, _, _, id_high, id_low, length] = *head;
    let bits = u16::from_be_bytes([high, low]);
    if bits >> 6 != VERSION {
        return Err(Error::Version);
    }
    let (server, vendor) = rest
        .split_at_checked(usize::from(length))
        .ok_or(Error::Notification("server identifier cut off"))?;
    let server_id = std::str::from_utf8(server)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or(Error::Notification("not a server identifier"))?;
    Ok(Notification {
        ui_mode: UiMode::of(bits >> 4),
        initiator: match bits >> 3 & 1 {
            0 => Initiator::Client,
            _ => Initiator::Server,
        },
        session_id: SessionId(u16::from_be_bytes([id_high, id_low])),
        server_id,
        vendor: vendor.to_vec(),
    })
}
