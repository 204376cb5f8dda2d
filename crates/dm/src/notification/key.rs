//! The digest of a notification and what goes into it (OMA-TS-DM_Notification-
//! V1_2 clause 6.2.2; clause 5 for the nonce after which both sides begin
//! anew).

use data_encoding::BASE64;
use md5::{Digest, Md5};
use secret::{Secret, SecretBytes};

use crate::Error;
use crate::auth::Nonce;
use crate::tree::ServerId;

/// What a server signs its notifications with and a device checks them by.
/// There is no `Debug`.
#[derive(Clone)]
pub struct NotificationKey {
    server_id: ServerId,
    /// `B64(MD5(server-identifier ":" password))`.
    key: Secret<String>,
}

impl NotificationKey {
    /// The key of `server_id` with the password of its account on the device.
    #[must_use]
    pub fn new(server_id: ServerId, password: &SecretBytes) -> Self {
        let mut md5 = Md5::new();
        md5.update(server_id.as_str().as_bytes());
        md5.update(b":");
        md5.update(password.expose());
        let key = Secret::new(BASE64.encode(&md5.finalize()));
        Self { server_id, key }
    }

    /// The key of `server_id` from [`stored`](Self::stored).
    ///
    /// # Errors
    /// [`Error::Misuse`] if it is not the base64 text of 16 octets.
    pub fn from_stored(server_id: ServerId, key: Secret<String>) -> Result<Self, Error> {
        let decoded = BASE64.decode(key.expose().as_bytes()).map(Secret::new);
        if decoded.is_ok_and(|octets| octets.expose().len() == 16) {
            Ok(Self { server_id, key })
        } else {
            Err(Error::Misuse("not the key of a notification"))
        }
    }

    /// What may be kept instead of the password: `B64(MD5(server-identifier
    /// ":" password))`. It proves as much, so it is a secret too.
    #[must_use]
    pub const fn stored(&self) -> &Secret<String> {
        &self.key
    }

    /// The server whose key it is.
    #[must_use]
    pub const fn server_id(&self) -> &ServerId {
        &self.server_id
    }

    /// `MD5(B64(MD5(server-identifier ":" password)) ":" nonce ":"
    /// B64(MD5(trigger)))`, over the nonce's octets.
    pub(super) fn digest(&self, nonce: &Nonce, trigger: &[u8]) -> [u8; 16] {
        let mut md5 = Md5::new();
        md5.update(self.key.expose().as_bytes());
        md5.update(b":");
        md5.update(nonce.octets());
        md5.update(b":");
        md5.update(BASE64.encode(&Md5::digest(trigger)).as_bytes());
        md5.finalize().into()
    }
}

/// The nonce `0x00000000`, by which a server reaches a device whose nonce it
/// has lost (clause 5.2). The text does not say whether it is a number or a
/// text, and devices differ: it is set for each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResyncNonce {
    /// Four octets of zero.
    Octets,
    /// The ten characters `0x00000000`.
    Text,
}

impl ResyncNonce {
    /// The octets that go into the digest.
    #[must_use]
    pub const fn octets(self) -> &'static [u8] {
        match self {
            Self::Octets => &[0; 4],
            Self::Text => b"0x00000000",
        }
    }

    /// The same as a nonce, for the credentials of the session that follows.
    ///
    /// # Errors
    /// None that can occur: [`Nonce::from_octets`] takes both.
    pub fn nonce(self) -> Result<Nonce, Error> {
        Nonce::from_octets(self.octets())
    }
}
