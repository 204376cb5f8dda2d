//! How a device's transport proves who it is, where DM's own authentication is
//! not all: HTTP (OMA DM StdObj 1.2, AAuthLevel `HTTP`; OMA DM session security
//! clause 9.2.1), a key that both have beforehand (clause 9.2.2, PSK-TLS) or a
//! certificate (RFC 5246 clause 7.4.6, RFC 8446 clause 4.4.2).

use core::fmt;

use data_encoding::HEXLOWER;
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
    /// TLS with a certificate.
    Certificate,
}

impl LoginKind {
    /// Whether it is shown in HTTP.
    #[must_use]
    pub const fn is_of_http(self) -> bool {
        matches!(self, Self::HttpBasic | Self::HttpDigest)
    }
}

/// Which certificate is a device's. Its text form is the login's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateLogin {
    /// The one with this SHA-256 of its DER.
    Leaf([u8; 32]),
    /// Any with a key of this SHA-256, of the SubjectPublicKeyInfo in DER.
    Key([u8; 32]),
    /// One that an authority vouches for, with this URI in its subjectAltName.
    Subject(String),
}

const LEAF: &str = "certificate-sha256:";
const KEY_OF: &str = "key-sha256:";
const SUBJECT: &str = "uri:";

impl fmt::Display for CertificateLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leaf(digest) => write!(f, "{LEAF}{}", HEXLOWER.encode(digest)),
            Self::Key(digest) => write!(f, "{KEY_OF}{}", HEXLOWER.encode(digest)),
            Self::Subject(uri) => write!(f, "{SUBJECT}{uri}"),
        }
    }
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
    /// control characters, or a colon in Basic; for an empty secret; for a
    /// pre-shared key of fewer than 16 or more than 512 octets; and for a
    /// certificate with a secret.
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
            LoginKind::Certificate => length == 0,
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

    /// A login by a certificate, which has no secret of ours.
    ///
    /// # Errors
    /// [`Error::Misuse`] for a URI that no name can hold.
    pub fn of_certificate(certificate: &CertificateLogin) -> Result<Self, Error> {
        if matches!(certificate, CertificateLogin::Subject(uri) if uri.is_empty()) {
            return Err(Error::Misuse("a certificate without a URI"));
        }
        let none = SecretBytes::new(Vec::new());
        Self::new(LoginKind::Certificate, &certificate.to_string(), none)
    }

    /// What the transport does with it.
    #[must_use]
    pub const fn kind(&self) -> LoginKind {
        self.kind
    }

    /// The name: HTTP's user, the identity of a pre-shared key, or what is known of
    /// a certificate.
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
