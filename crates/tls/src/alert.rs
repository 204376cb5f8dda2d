//! Alerts that a peer sent (RFC 8446 clause 6, RFC 5246 clause 7.2).

use std::fmt;

use openssl::ssl::SslAlert;

/// What OpenSSL adds to an alert's number to make its reason code
/// (`SSL_AD_REASON_OFFSET`).
const REASON_OFFSET: i32 = 1000;

/// A fatal alert from the peer, by its number in the TLS Alerts registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alert(u8);

impl Alert {
    /// bad_certificate.
    pub const BAD_CERTIFICATE: Self = Self(42);
    /// handshake_failure.
    pub const HANDSHAKE_FAILURE: Self = Self(40);
    /// unknown_ca.
    pub const UNKNOWN_CA: Self = Self(48);
    /// protocol_version.
    pub const PROTOCOL_VERSION: Self = Self(70);
    /// certificate_required, TLS 1.3 only.
    pub const CERTIFICATE_REQUIRED: Self = Self(116);

    /// The alert of that number.
    pub(crate) const fn numbered(number: u8) -> Self {
        Self(number)
    }

    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The alert that a reason code of the library stands for, if it does.
    pub(crate) fn from_reason(reason: i32) -> Option<Self> {
        let number = reason.checked_sub(REASON_OFFSET)?;
        u8::try_from(number).ok().map(Self)
    }
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match SslAlert::from_reason_code(REASON_OFFSET + i32::from(self.0)) {
            Some(alert) => write!(f, "{alert} ({})", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}
