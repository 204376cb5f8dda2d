//! Whom a command is for (ETSI TS 101 220 annex D, TS 102 226 clauses 6 and 7): remote
//! file management on the UICC or on an application, remote application management.

use serde::{Deserialize, Serialize};
use uicc::packet::{Spi, Tar};

use super::access::Granted;
use super::octets::Octets;

/// A target application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// TAR, three octets.
    tar: Octets,
    /// What it does.
    pub kind: Kind,
    /// The minimum security level, coded as the first octet of SPI.
    msl: Octets,
    /// What its access domain satisfies.
    #[serde(default)]
    pub access: Granted,
}

/// What a target does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Remote file management that begins at this DF, `3f00/7ff0`.
    Files(String),
    /// Remote application management, at the issuer's security domain.
    Applications,
}

impl Target {
    /// One with this TAR and minimum security level.
    #[must_use]
    pub fn new(tar: Tar, kind: Kind, msl: u8, access: Granted) -> Self {
        Self {
            tar: Octets(tar.0.to_vec()),
            kind,
            msl: Octets(vec![msl]),
            access,
        }
    }

    /// Its TAR; none in a state that can't be.
    #[must_use]
    pub fn tar(&self) -> Option<Tar> {
        Some(Tar(*self.tar.0.as_array()?))
    }

    /// Its minimum security level; none in a state that can't be.
    #[must_use]
    pub fn msl(&self) -> Option<u8> {
        match self.msl.0.as_slice() {
            [msl] if Spi::from_octets([*msl, 0]).is_ok() => Some(*msl),
            _ => None,
        }
    }

    /// Whether a command with this security is enough (TS 102 226 clause 8.2.1.3.2.4):
    /// each of integrity, ciphering and counter at least as the level has it.
    pub(super) fn takes(&self, spi: Spi) -> bool {
        let [given, _] = spi.to_octets();
        let Some(least) = self.msl() else {
            return false;
        };
        [0x03, 0x04, 0x18]
            .into_iter()
            .all(|mask| given & mask >= least & mask)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_the_level_counts_by_itself() {
        let takes = |msl: u8, spi: u8| {
            let access = Granted::default();
            let target = Target::new(Tar([0; 3]), Kind::Applications, msl, access);
            target.takes(Spi::from_octets([spi, 0]).unwrap())
        };
        // CC and a counter that rises: ciphering is more than enough, RC is not.
        for (spi, is_enough) in [
            (0x12, true),
            (0x16, true),
            (0x1a, true),
            (0x11, false),
            (0x14, false),
            (0x0a, false),
            (0x1d, false),
            (0x00, false),
        ] {
            assert_eq!(takes(0x12, spi), is_enough, "{spi:02x}");
        }
        assert!(takes(0x00, 0x00));
        assert!(!takes(0x04, 0x12));
        assert!(takes(0x04, 0x04));
    }
}
