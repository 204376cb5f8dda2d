//! TLS profiles as data. `3gpp` is TS 33.210 clause 6.2: TLS 1.2 and 1.3,
//! nothing older; at 1.2 ECDHE with AEAD only; RFC 8446 clause 9 at 1.3. `dm` is
//! what device management names beside it for old devices (OMA DM session
//! security clause 9.2.2): TLS 1.0 to 1.2 with X.509 and pre-shared keys, and
//! TLS 1.3 beyond it, and by an option SSL 3.0 in builds with the feature `ssl3`.
//! `scp81` is for the administration of UICCs (GlobalPlatform
//! Card Specification 2.2 Amendment B clause 3.3.2).

mod assurance;
mod custom;
mod named;
mod suite;

use openssl::ssl::SslVersion;

pub use assurance::{Assurance, ClientProof};
pub use custom::CustomProfile;
pub use named::Scp81;
pub use suite::{Suite, SuiteKey};

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::Error;

/// Which versions, suites, groups and signature algorithms a connection may use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Profile {
    /// `3gpp`, the default between operators and towards devices.
    #[default]
    ThreeGpp,
    /// `dm`, for devices that have nothing better.
    Dm,
    /// `dm` with SSL 3.0, RC4 and 3DES, for devices older than TLS. Builds without
    /// the feature `ssl3` make no configuration of it.
    DmSsl3,
    /// `scp81`, for UICCs.
    Scp81(Scp81),
    /// `custom`.
    Custom(Arc<CustomProfile>),
}

/// A version of the protocol, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// SSL 3.0 (RFC 6101): only in builds with the feature `ssl3`.
    Ssl3,
    /// TLS 1.0 (RFC 2246).
    Tls1_0,
    /// TLS 1.1 (RFC 4346).
    Tls1_1,
    /// TLS 1.2 (RFC 5246).
    Tls1_2,
    /// TLS 1.3 (RFC 8446).
    Tls1_3,
}

impl Version {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Ssl3, "SSL 3.0"),
        (Self::Tls1_0, "TLS 1.0"),
        (Self::Tls1_1, "TLS 1.1"),
        (Self::Tls1_2, "TLS 1.2"),
        (Self::Tls1_3, "TLS 1.3"),
    ];

    /// Its name in configuration and words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ssl3 => "SSL 3.0",
            Self::Tls1_0 => "TLS 1.0",
            Self::Tls1_1 => "TLS 1.1",
            Self::Tls1_2 => "TLS 1.2",
            Self::Tls1_3 => "TLS 1.3",
        }
    }

    pub(crate) const fn library(self) -> SslVersion {
        match self {
            Self::Ssl3 => SslVersion::SSL3,
            Self::Tls1_0 => SslVersion::TLS1,
            Self::Tls1_1 => SslVersion::TLS1_1,
            Self::Tls1_2 => SslVersion::TLS1_2,
            Self::Tls1_3 => SslVersion::TLS1_3,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Version {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut all = Self::ALL.into_iter();
        all.find_map(|(version, name)| (name == text).then_some(version))
            .ok_or_else(|| Error::ConfigurationWrong(format!("{text} is no version of TLS")))
    }
}

/// One profile in the library's terms.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) oldest: Version,
    pub(crate) newest: Version,
    /// Most wanted first.
    pub(crate) suites: Vec<&'static Suite>,
    /// Groups; `/` parts levels of preference, `*` marks those for which a
    /// client sends a key share at once.
    pub(crate) groups: String,
    pub(crate) signature_algorithms: String,
    /// The library's strength level; 2 asks for 112 bits and refuses SHA-1, 0
    /// asks for nothing, which TLS 1.1 and older need.
    pub(crate) security_level: u32,
    /// Whether TLS 1.2 and older without the extended master secret (RFC 7627)
    /// is refused.
    pub(crate) extended_master_secret: bool,
}

impl Profile {
    /// The profile's name in configuration and logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ThreeGpp => "3gpp",
            Self::Dm | Self::DmSsl3 => "dm",
            Self::Scp81(_) => "scp81",
            Self::Custom(_) => "custom",
        }
    }

    /// The oldest and the newest version that it speaks.
    #[must_use]
    pub fn versions(&self) -> (Version, Version) {
        let rules = self.rules();
        (rules.oldest, rules.newest)
    }

    /// Its suites, most wanted first.
    #[must_use]
    pub fn suites(&self) -> Vec<&'static Suite> {
        self.rules().suites
    }

    pub(crate) fn rules(&self) -> Rules {
        match self {
            Self::ThreeGpp => named::three_gpp(),
            Self::Dm => named::dm(),
            Self::DmSsl3 => named::dm_ssl3(),
            Self::Scp81(options) => named::scp81(*options),
            Self::Custom(custom) => custom.rules(),
        }
    }
}

impl Rules {
    /// Leaves out the suites that show the client a certificate, and the
    /// versions that have no others. TLS 1.3 may still show one.
    pub(crate) fn keep_without_certificates(&mut self) {
        self.suites
            .retain(|suite| matches!(suite.key, SuiteKey::Psk | SuiteKey::Any));
        let serves = |version: Version| self.suites.iter().any(|suite| suite.serves(version));
        let mut kept = Version::ALL.into_iter().map(|(version, _)| version);
        let kept = kept.find(|version| *version >= self.oldest && serves(*version));
        self.oldest = kept.unwrap_or(self.newest);
    }

    /// The library's lists of suites: up to TLS 1.2, and of TLS 1.3.
    pub(crate) fn lists(&self) -> (String, String) {
        let list = |is_1_3| {
            let suites = self.suites.iter().filter(|suite| suite.is_1_3() == is_1_3);
            let names: Vec<&str> = suites.map(|suite| suite.library).collect();
            names.join(":")
        };
        (list(false), list(true))
    }
}
