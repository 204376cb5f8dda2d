//! Envelope suites (operator-change profile, section 2) and the choice among
//! them.

use crate::TreError;

/// The algorithms of one envelope. A later suite is the stronger one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suite {
    /// Suite 1, what TR 33.812 clause B.2.3.6 names: AES-128-CBC and
    /// HMAC-SHA1 over `IV|CT`. The MAC does not cover the wrapped key. Only
    /// where CertTRE lists it and policy allows.
    One,
    /// Suite 2, the default: AES-256-CBC and HMAC-SHA-256 over
    /// `suite|SHA-256(WK)|IV|CT`.
    Two,
}

impl Suite {
    /// The octet at the head of an envelope, and the INTEGER in CertTRE.
    #[must_use]
    pub const fn octet(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }

    /// The suite that `octet` names, if this version knows it.
    #[must_use]
    pub const fn from_octet(octet: u8) -> Option<Self> {
        match octet {
            1 => Some(Self::One),
            2 => Some(Self::Two),
            _ => None,
        }
    }

    /// Octets of PIK.
    pub(crate) const fn integrity_key(self) -> usize {
        match self {
            Self::One => 20,
            Self::Two => 32,
        }
    }

    /// Octets of PCK, and of the key that encrypts the content of WK.
    pub(crate) const fn cipher_key(self) -> usize {
        match self {
            Self::One => 16,
            Self::Two => 32,
        }
    }

    /// Octets of `PIK|PCK`.
    pub(crate) const fn both_keys(self) -> usize {
        self.integrity_key() + self.cipher_key()
    }

    /// Octets of the MAC.
    pub(crate) const fn mac(self) -> usize {
        match self {
            Self::One => 20,
            Self::Two => 32,
        }
    }
}

/// The suite for all envelopes of an order: the highest that CertTRE lists
/// (`listed`), that is at least its `min_suite`, and that `policy` allows.
/// Numbers that this version does not know are passed over.
///
/// # Errors
/// [`TreError::NoCommonSuite`].
pub fn choose_suite(listed: &[u8], min_suite: u8, policy: &[Suite]) -> Result<Suite, TreError> {
    listed
        .iter()
        .filter(|number| **number >= min_suite)
        .filter_map(|number| Suite::from_octet(*number))
        .filter(|suite| policy.contains(suite))
        .max()
        .ok_or(TreError::NoCommonSuite)
}
