//! AppAuth of a DM account: who proves itself to whom, and how (OMA DM StdObj
//! 1.2 clause 5.3.1, AAuthLevel and AAuthType).

use secret::SecretBytes;

use crate::Error;
use crate::auth::{Credentials, Nonce};

/// AAuthLevel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthLevel {
    /// `CLCRED`: the device to the server.
    Client,
    /// `SRVCRED`: the server to the device.
    Server,
    /// `OBEX`: the device to an OBEX transport.
    Obex,
    /// `HTTP`: the device to an HTTP transport.
    Http,
}

impl AuthLevel {
    pub(super) const ALL: [Self; 4] = [Self::Client, Self::Server, Self::Obex, Self::Http];

    /// The text in the tree.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "CLCRED",
            Self::Server => "SRVCRED",
            Self::Obex => "OBEX",
            Self::Http => "HTTP",
        }
    }
}

/// AAuthType.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthType {
    /// `HTTP-BASIC` (RFC 2617).
    HttpBasic,
    /// `HTTP-DIGEST` (RFC 2617).
    HttpDigest,
    /// `BASIC`.
    Basic,
    /// `DIGEST`: MD5.
    Digest,
    /// `HMAC`.
    Hmac,
    /// `X509`.
    X509,
    /// `SECURID`.
    SecurId,
    /// `SAFEWORD`.
    SafeWord,
    /// `DIGIPASS`.
    DigiPass,
    /// `TRANSPORT`: the transport proves it.
    Transport,
}

impl AuthType {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::HttpBasic,
        Self::HttpDigest,
        Self::Basic,
        Self::Digest,
        Self::Hmac,
        Self::X509,
        Self::SecurId,
        Self::SafeWord,
        Self::DigiPass,
        Self::Transport,
    ];

    /// The text in the tree.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HttpBasic => "HTTP-BASIC",
            Self::HttpDigest => "HTTP-DIGEST",
            Self::Basic => "BASIC",
            Self::Digest => "DIGEST",
            Self::Hmac => "HMAC",
            Self::X509 => "X509",
            Self::SecurId => "SECURID",
            Self::SafeWord => "SAFEWORD",
            Self::DigiPass => "DIGIPASS",
            Self::Transport => "TRANSPORT",
        }
    }

    pub(super) fn of_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|type_| type_.as_str() == text)
    }

    /// Whether it needs a name and a secret.
    const fn has_secret(self) -> bool {
        matches!(
            self,
            Self::HttpBasic | Self::HttpDigest | Self::Basic | Self::Digest | Self::Hmac
        )
    }

    const fn is_of_http(self) -> bool {
        matches!(self, Self::HttpBasic | Self::HttpDigest)
    }
}

/// One AppAuth. There is no `Debug`.
#[derive(Clone)]
pub struct AuthSetting {
    /// AAuthLevel.
    pub level: AuthLevel,
    /// AAuthType.
    pub type_: AuthType,
    /// AAuthName.
    pub name: Option<String>,
    /// AAuthSecret.
    pub secret: Option<SecretBytes>,
    /// AAuthData: for DIGEST and HMAC the octets of the next nonce.
    pub data: Option<SecretBytes>,
}

impl AuthSetting {
    /// Whether it is complete, and its type fits its level: OBEX and HTTP take
    /// HTTP's schemes, the other levels those of device management.
    pub(super) fn check(&self) -> Result<(), Error> {
        let transport = matches!(self.level, AuthLevel::Obex | AuthLevel::Http);
        if self.type_ != AuthType::Transport && self.type_.is_of_http() != transport {
            return Err(Error::Account("AAuthType does not fit AAuthLevel"));
        }
        let empty = |secret: &SecretBytes| secret.expose().is_empty();
        if self.type_.has_secret() {
            if self.name.as_ref().is_none_or(String::is_empty) {
                return Err(Error::Account("AAuthName is missing"));
            }
            if self.secret.as_ref().is_none_or(empty) {
                return Err(Error::Account("AAuthSecret is missing"));
            }
        }
        if let Some(data) = &self.data
            && data.expose().len() > Nonce::MAX_LENGTH
        {
            return Err(Error::Account("AAuthData is too long"));
        }
        Ok(())
    }

    /// The nonce in AAuthData; empty octets are none.
    #[must_use]
    pub fn nonce(&self) -> Option<Nonce> {
        let data = self.data.as_ref()?;
        Nonce::from_octets(data.expose().clone()).ok()
    }

    /// What a session proves or asks for: MD5 or Basic.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for another type; [`Error::Account`] without a
    /// name or a secret; [`Error::Misuse`] for a name that can't be.
    pub fn credentials(&self) -> Result<Credentials, Error> {
        let (Some(name), Some(secret)) = (&self.name, &self.secret) else {
            return Err(Error::Account("AAuthName or AAuthSecret is missing"));
        };
        match self.type_ {
            AuthType::Digest => Credentials::md5(name.clone(), secret),
            AuthType::Basic => Credentials::basic(name.clone(), secret),
            _ => Err(Error::Unsupported("authentication type of the account")),
        }
    }
}
