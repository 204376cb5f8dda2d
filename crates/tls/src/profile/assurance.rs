//! The four levels of assurance of ISO/IEC 29115 clause 6 (little, some, high, very
//! high confidence in who the other side is) as sets of transport rules. The
//! standard says what a level is to withstand, not which TLS: the sets are ours, and
//! docs/transport.md gives the reasons.

use std::sync::Arc;

use super::{CustomProfile, Profile, Version};
use crate::Error;

/// How sure a server wants to be of its clients, and they of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Assurance {
    /// Little confidence.
    One,
    /// Some.
    Two,
    /// High.
    Three,
    /// Very high.
    Four,
}

/// How a client has to prove itself, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClientProof {
    /// Not in the transport.
    None,
    /// By a pre-shared key or a certificate, or by a password inside TLS (HTTP Basic
    /// or Digest).
    Login,
    /// In the handshake: by a pre-shared key or a certificate.
    Handshake,
    /// By a certificate.
    Certificate,
}

/// What a level stands for.
struct Level {
    number: u8,
    level: Assurance,
    oldest: Version,
    clients: ClientProof,
    /// The policies of `trust::status` that are enough for the certificates.
    status: &'static [&'static str],
    /// Whether silence about a certificate's status passes.
    soft_fail: bool,
}

const ANY_STATUS: &[&str] = &["ocsp", "ocsp-nonce-time", "clock", "clock+ocsp", "staple"];

#[rustfmt::skip]
const LEVELS: [Level; 4] = [
    Level { number: 1, level: Assurance::One, oldest: Version::Tls1_0,
        clients: ClientProof::None, status: ANY_STATUS, soft_fail: true },
    Level { number: 2, level: Assurance::Two, oldest: Version::Tls1_2,
        clients: ClientProof::Login, status: ANY_STATUS, soft_fail: true },
    Level { number: 3, level: Assurance::Three, oldest: Version::Tls1_2,
        clients: ClientProof::Handshake,
        status: &["ocsp-nonce-time", "clock", "clock+ocsp", "staple"], soft_fail: false },
    Level { number: 4, level: Assurance::Four, oldest: Version::Tls1_3,
        clients: ClientProof::Certificate,
        status: &["ocsp-nonce-time", "clock+ocsp", "staple"], soft_fail: false },
];

impl Assurance {
    /// The level of that number, 1 to 4.
    ///
    /// # Errors
    /// [`Error::ConfigurationWrong`] for any other.
    pub fn numbered(number: u8) -> Result<Self, Error> {
        let found = LEVELS.iter().find(|row| row.number == number);
        found.map(|row| row.level).ok_or_else(|| {
            Error::ConfigurationWrong(format!("assurance = {number}: levels are 1 to 4"))
        })
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> u8 {
        self.row().number
    }

    /// The oldest version that is good enough.
    #[must_use]
    pub fn oldest(self) -> Version {
        self.row().oldest
    }

    /// What clients have to show.
    #[must_use]
    pub fn client_authentication(self) -> ClientProof {
        self.row().clients
    }

    /// The policies of certificate status that are good enough, by name.
    #[must_use]
    pub fn status(self) -> &'static [&'static str] {
        self.row().status
    }

    /// Whether a certificate passes whose status nobody tells.
    #[must_use]
    pub fn soft_fail(self) -> bool {
        self.row().soft_fail
    }

    /// Versions and suites where nothing else is configured: `dm`; `dm` from TLS 1.2
    /// on, without SHA-1; `3gpp`; `3gpp` at TLS 1.3.
    ///
    /// # Errors
    /// None that the table above could lead to.
    pub fn profile(self) -> Result<Profile, Error> {
        let of = |profile: &Profile, extended| {
            let recent = [Version::Tls1_2, Version::Tls1_3];
            let suites = profile.suites().into_iter().filter(|suite| {
                let serves =
                    |version: &Version| *version >= self.oldest() && suite.serves(*version);
                recent.iter().any(serves) && !suite.name.ends_with("_CBC_SHA")
            });
            let names = suites.map(|suite| suite.name);
            CustomProfile::new((self.oldest(), Version::Tls1_3), names, extended)
                .map(|custom| Profile::Custom(Arc::new(custom)))
        };
        match self {
            Self::One => Ok(Profile::Dm),
            Self::Two => of(&Profile::Dm, false),
            Self::Three => Ok(Profile::ThreeGpp),
            Self::Four => of(&Profile::ThreeGpp, true),
        }
    }

    fn row(self) -> &'static Level {
        let [one, two, three, four] = &LEVELS;
        match self {
            Self::One => one,
            Self::Two => two,
            Self::Three => three,
            Self::Four => four,
        }
    }
}
