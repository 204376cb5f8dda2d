//! How a device's transport proves who it is, where DM's own authentication is
//! not all: HTTP (OMA DM StdObj 1.2, AAuthLevel `HTTP`; OMA DM session security
//! clause 9.2.1) or a key that both have beforehand (clause 9.2.2, PSK-TLS).

use secret::SecretBytes;
use serde::{Deserialize, Serialize};

use super::stored::octets;
use crate::Error;

/// Octets of the longest name.
const MAX_NAME: usize = 255;
/// Octets of a pre-shared key.
const KEY: std::ops::RangeInclusive<usize> = 16..=512;

/// What a transport does with a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoginKind {
    /// HTTP Basic.
    HttpBasic,
    /// HTTP Digest.
    HttpDigest,
    /// TLS with a pre-shared key.
    Psk,
}

/// A device's name and secret towards its transport. There is no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
pub struct TransportLogin {
    kind: LoginKind,
    name: String,
    #[serde(with = "octets")]
    secret: SecretBytes,
}

impl TransportLogin {
    /// A login.
    ///
    /// # Errors
    /// [`Error::Misuse`] for a name that is empty, longer than 255 octets or has
    /// control characters, or a colon in Basic; for an empty secret; and for a
    /// pre-shared key of fewer than 16 or more than 512 octets.
    pub fn new(kind: LoginKind, name: &str, secret: SecretBytes) -> Result<Self, Error> {
        let colon = kind == LoginKind::HttpBasic && name.contains(':');
        let fits = (1..=MAX_NAME).contains(&name.len());
        if !fits || colon || name.chars().any(char::is_control) {
            return Err(Error::Misuse("a transport's name of another form"));
        }
        let length = secret.expose().len();
        let fits = match kind {
            LoginKind::Psk => KEY.contains(&length),
            LoginKind::HttpBasic | LoginKind::HttpDigest => length > 0,
        };
        if !fits {
            return Err(Error::Misuse("a transport's secret of another length"));
        }
        Ok(Self {
            kind,
            name: name.to_owned(),
            secret,
        })
    }

    /// What the transport does with it.
    #[must_use]
    pub const fn kind(&self) -> LoginKind {
        self.kind
    }

    /// The name: HTTP's user, or the identity of a pre-shared key.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The secret.
    #[must_use]
    pub const fn secret(&self) -> &SecretBytes {
        &self.secret
    }
}
