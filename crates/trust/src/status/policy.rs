//! The choice that a device's configuration makes.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use data_encoding::HEXLOWER_PERMISSIVE;

use super::StatusFault;
use crate::Certificate;

/// How a device judges a server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValidationPolicy {
    /// An OCSP answer, and no time: what has expired unrevoked is accepted,
    /// unless the responder revokes on expiry or the floor has passed it.
    Ocsp,
    /// An OCSP answer that repeats our nonce, and the time from it.
    OcspNonceTime,
    /// The secure clock, and certificates that live shortly; nothing is asked.
    Clock,
    /// The secure clock and an OCSP answer, asked for or stapled.
    ClockOcsp,
    /// The secure clock and the answer that the server stapled.
    Staple,
}

/// A device's validation policy with its limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusConfig {
    /// The policy.
    pub policy: ValidationPolicy,
    /// The longest validity under [`ValidationPolicy::Clock`], where nothing
    /// else ends a certificate.
    pub max_validity: Duration,
    /// Whether a certificate is accepted when there is no answer at all. A wrong
    /// answer is refused in any case.
    pub soft_fail: bool,
    /// How far a responder's clock may be from ours.
    pub tolerance: Duration,
    /// The one certificate or key that the server may have.
    pub pin: Option<Pin>,
}

/// What a pinned server shows, in the device's secure storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pin {
    /// SHA-256 of the certificate.
    Certificate([u8; 32]),
    /// SHA-256 of its SubjectPublicKeyInfo, which outlives renewals.
    Spki([u8; 32]),
}

impl ValidationPolicy {
    /// Every policy.
    pub const ALL: [Self; 5] = [
        Self::Ocsp,
        Self::OcspNonceTime,
        Self::Clock,
        Self::ClockOcsp,
        Self::Staple,
    ];

    /// The name in configurations.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ocsp => "ocsp",
            Self::OcspNonceTime => "ocsp-nonce-time",
            Self::Clock => "clock",
            Self::ClockOcsp => "clock+ocsp",
            Self::Staple => "staple",
        }
    }

    /// Whether the device asks a responder. All that ask send a nonce.
    #[must_use]
    pub const fn asks(self) -> bool {
        matches!(self, Self::Ocsp | Self::OcspNonceTime | Self::ClockOcsp)
    }

    /// Whether the device asks the server to staple (status_request).
    #[must_use]
    pub const fn wants_staple(self) -> bool {
        matches!(self, Self::Staple | Self::ClockOcsp)
    }
}

impl fmt::Display for ValidationPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ValidationPolicy {
    type Err = StatusFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|policy| policy.name() == text)
            .ok_or(StatusFault::PolicyUnknown)
    }
}

impl StatusConfig {
    /// The policy with seven days of validity at most, no soft failure, five
    /// minutes between clocks, and no pin.
    #[must_use]
    pub const fn new(policy: ValidationPolicy) -> Self {
        Self {
            policy,
            max_validity: Duration::from_secs(7 * 86_400),
            soft_fail: false,
            tolerance: Duration::from_secs(300),
            pin: None,
        }
    }
}

impl FromStr for Pin {
    type Err = StatusFault;

    /// `sha256:` or `spki:` with the SHA-256 of the certificate or its
    /// SubjectPublicKeyInfo: 64 hexadecimal digits, colons between them or not.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, digits) = text.split_once(':').unwrap_or_default();
        let digits = digits.replace(':', "");
        let digest = HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok();
        let digest = digest.and_then(|octets| <[u8; 32]>::try_from(octets).ok());
        match (kind, digest) {
            ("sha256", Some(digest)) => Ok(Self::Certificate(digest)),
            ("spki", Some(digest)) => Ok(Self::Spki(digest)),
            _ => Err(StatusFault::PinMalformed),
        }
    }
}

impl Pin {
    /// Whether this certificate is the pinned one or has the pinned key.
    #[must_use]
    pub fn matches(&self, certificate: &Certificate) -> bool {
        match self {
            Self::Certificate(digest) => certificate.fingerprint() == *digest,
            Self::Spki(digest) => certificate.public_key().spki_sha256() == *digest,
        }
    }
}
