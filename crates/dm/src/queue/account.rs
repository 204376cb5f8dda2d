//! What a server knows of a device (OMA DM StdObj 1.2, DMAcc, seen from the
//! server's end).

use clock::Timestamp;
use secret::SecretBytes;
use serde::{Deserialize, Serialize};

use super::TransportLogin;
use super::stored::{millis, nonce, octets, octets_or_none};
use crate::Error;
use crate::auth::{Credentials, Nonce, Nonces, Requirement, Scheme};

/// How the two sides prove themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountAuth {
    /// The MD5 scheme.
    #[default]
    Md5,
    /// The Basic scheme: for devices that have nothing better, over TLS.
    Basic,
    /// The HMAC scheme: each message as a whole, with a header beside it.
    Hmac,
}

impl AccountAuth {
    /// Its name in API and store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Basic => "basic",
            Self::Hmac => "hmac",
        }
    }

    /// The scheme on the wire.
    #[must_use]
    pub const fn scheme(self) -> Scheme {
        match self {
            Self::Md5 => Scheme::Md5,
            Self::Basic => Scheme::Basic,
            Self::Hmac => Scheme::Mac,
        }
    }

    fn credentials(self, user: &str, secret: &SecretBytes) -> Result<Credentials, Error> {
        match self {
            Self::Md5 => Credentials::md5(user, secret),
            Self::Basic => Credentials::basic(user, secret),
            Self::Hmac => Credentials::mac(user, secret),
        }
    }
}

/// A device's account. There is no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Account {
    /// The device's Source LocURI, compared octet by octet.
    pub device: String,
    /// The server's name in the device's tree, and its user name towards it.
    pub server_id: String,
    /// How the two prove themselves.
    pub auth: AccountAuth,
    /// The device's user name.
    pub user: String,
    /// The device's secret.
    #[serde(with = "octets")]
    pub secret: SecretBytes,
    /// The server's secret, where the device wants the server's proof.
    #[serde(with = "octets_or_none")]
    pub server_secret: Option<SecretBytes>,
    /// The nonce that the device gave for the server's next proof.
    #[serde(with = "nonce")]
    prove: Option<Nonce>,
    /// The nonce that the server gave for the device's next proof.
    #[serde(with = "nonce")]
    verify: Option<Nonce>,
    /// How its transport proves who it is, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<TransportLogin>,
    /// What people note of the device.
    pub profile: String,
    /// When it was made.
    #[serde(with = "millis")]
    pub created: Timestamp,
}

impl Account {
    /// An account with the MD5 scheme, without nonces, profile and proof of
    /// the server.
    #[must_use]
    pub fn new(
        device: impl Into<String>,
        server_id: impl Into<String>,
        user: impl Into<String>,
        secret: SecretBytes,
        created: Timestamp,
    ) -> Self {
        Self {
            device: device.into(),
            server_id: server_id.into(),
            auth: AccountAuth::Md5,
            user: user.into(),
            secret,
            server_secret: None,
            prove: None,
            verify: None,
            login: None,
            profile: String::new(),
            created,
        }
    }

    /// The nonces of both directions.
    #[must_use]
    pub fn nonces(&self) -> Nonces {
        Nonces {
            prove: self.prove.clone(),
            verify: self.verify.clone(),
        }
    }

    /// Keeps new nonces.
    pub fn set_nonces(&mut self, nonces: Nonces) {
        self.prove = nonces.prove;
        self.verify = nonces.verify;
    }

    /// What the device has to show.
    ///
    /// # Errors
    /// [`Error::Misuse`] for a user name that can't be.
    pub fn requirement(&self) -> Result<Requirement, Error> {
        let wanted = self.auth.credentials(&self.user, &self.secret)?;
        Ok(Requirement::Credentials(wanted))
    }

    /// What the server shows, if the device wants to see anything.
    ///
    /// # Errors
    /// [`Error::Misuse`] for a server identifier that is no user name.
    pub fn server_credentials(&self) -> Result<Option<Credentials>, Error> {
        self.server_secret
            .as_ref()
            .map(|secret| self.auth.credentials(&self.server_id, secret))
            .transpose()
    }
}
