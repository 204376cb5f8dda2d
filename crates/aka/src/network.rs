//! How a serving network is named in key derivation: SN id of TS 33.401 annex A.2
//! (coded as in TS 24.301 clause 9.9.3.32) and the serving network name of TS
//! 33.501 clause 6.1.1.4 (TS 24.501 clause 9.12.1).

use std::fmt;
use std::str::FromStr;

use crate::{AkaError, PlmnId};

/// The most octets that AT_KDF_INPUT carries (RFC 9048 clause 3.1).
const MAX_NAME: usize = 1016;

/// A serving network name of 5G, or another access network identity of EAP-AKA'
/// such as `WLAN`: 1 to 1016 octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkName(String);

impl NetworkName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for NetworkName {
    type Err = AkaError;

    fn from_str(text: &str) -> Result<Self, AkaError> {
        if (1..=MAX_NAME).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(AkaError::MalformedNetworkName)
        }
    }
}

impl fmt::Display for NetworkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&PlmnId> for NetworkName {
    /// `5G:mnc001.mcc001.3gppnetwork.org`: an MNC of two digits gets a zero in
    /// front.
    fn from(plmn: &PlmnId) -> Self {
        Self(format!(
            "5G:mnc{:0>3}.mcc{}.3gppnetwork.org",
            plmn.mnc(),
            plmn.mcc()
        ))
    }
}

impl PlmnId {
    /// SN id, three octets: MCC 2 | MCC 1, MNC 3 | MCC 3, MNC 2 | MNC 1, with 15
    /// for MNC 3 where the MNC has two digits.
    #[must_use]
    pub fn sn_id(&self) -> [u8; 3] {
        // The type has digits only.
        let digits = |text: &str| {
            let mut out = [0x0f; 3];
            for (to, digit) in out.iter_mut().zip(text.bytes()) {
                *to = digit & 0x0f;
            }
            out
        };
        let ([c1, c2, c3], [n1, n2, n3]) = (digits(self.mcc()), digits(self.mnc()));
        [c2 << 4 | c1, n3 << 4 | c3, n2 << 4 | n1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_name_has_one_to_1016_octets() {
        for text in [String::new(), "n".repeat(1017)] {
            assert_eq!(
                text.parse::<NetworkName>(),
                Err(AkaError::MalformedNetworkName)
            );
        }
        assert!("n".repeat(1016).parse::<NetworkName>().is_ok());
    }
}
