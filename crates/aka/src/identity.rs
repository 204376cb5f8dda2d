//! IMSI and PLMN identity, TS 23.003 clause 2.2. A PCID has the form of an IMSI
//! (TR 33.812 clause B.2.2.2), so it is one here.

use std::fmt;
use std::str::FromStr;

use secret::MaskedImsi;

use crate::AkaError;

/// 6 to 15 decimal digits that begin with MCC and MNC. `Debug` masks the
/// subscriber's part; `Display` gives all digits, for protocols and stores.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Imsi(String);

/// A mobile network: MCC of three digits and MNC of two or three, kept as
/// written, since `01` and `001` are different networks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlmnId {
    mcc: String,
    mnc: String,
}

impl Imsi {
    /// The digits.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// Whether this IMSI begins with the network's MCC and MNC.
    #[must_use]
    pub fn belongs_to(&self, plmn: &PlmnId) -> bool {
        self.0
            .strip_prefix(&plmn.mcc)
            .is_some_and(|rest| rest.starts_with(&plmn.mnc))
    }
}

impl FromStr for Imsi {
    type Err = AkaError;

    fn from_str(text: &str) -> Result<Self, AkaError> {
        if (6..=15).contains(&text.len()) && is_decimal(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(AkaError::MalformedImsi)
        }
    }
}

impl fmt::Display for Imsi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Imsi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Imsi({})", MaskedImsi(&self.0))
    }
}

impl PlmnId {
    /// The mobile country code, three digits.
    #[must_use]
    pub fn mcc(&self) -> &str {
        &self.mcc
    }

    /// The mobile network code, two or three digits.
    #[must_use]
    pub fn mnc(&self) -> &str {
        &self.mnc
    }

    /// MCC and MNC together: how this network's IMSIs begin.
    #[must_use]
    pub fn prefix(&self) -> String {
        format!("{}{}", self.mcc, self.mnc)
    }
}

impl FromStr for PlmnId {
    type Err = AkaError;

    fn from_str(text: &str) -> Result<Self, AkaError> {
        match text.split_once('-') {
            Some((mcc, mnc))
                if mcc.len() == 3
                    && matches!(mnc.len(), 2 | 3)
                    && is_decimal(mcc)
                    && is_decimal(mnc) =>
            {
                Ok(Self {
                    mcc: mcc.to_owned(),
                    mnc: mnc.to_owned(),
                })
            }
            _ => Err(AkaError::MalformedPlmn),
        }
    }
}

impl fmt::Display for PlmnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.mcc, self.mnc)
    }
}

fn is_decimal(text: &str) -> bool {
    text.bytes().all(|octet| octet.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plmn(text: &str) -> PlmnId {
        text.parse().unwrap()
    }

    #[test]
    fn a_plmn_keeps_its_digits_as_written() {
        assert_eq!(plmn("001-01").to_string(), "001-01");
        assert_ne!(plmn("310-410"), plmn("310-41"));
        assert_eq!(plmn("310-410").prefix(), "310410");
    }

    #[test]
    fn other_plmns_are_refused() {
        for text in [
            "",
            "00101",
            "001-1",
            "001-0001",
            "01-01",
            "001-0a",
            "001 01",
            "001-01-",
            "００1-01",
        ] {
            assert_eq!(
                text.parse::<PlmnId>(),
                Err(AkaError::MalformedPlmn),
                "{text}"
            );
        }
    }

    #[test]
    fn an_imsi_belongs_to_the_network_it_begins_with() {
        let imsi: Imsi = "001010000000001".parse().unwrap();
        assert!(imsi.belongs_to(&plmn("001-01")));
        assert!(imsi.belongs_to(&plmn("001-010")));
        assert!(!imsi.belongs_to(&plmn("001-02")));
        assert!(!imsi.belongs_to(&plmn("010-10")));
    }

    #[test]
    fn other_imsis_are_refused() {
        for text in [
            "",
            "00101",
            "0010100000000011",
            "00101000000000a",
            "+0101000000001",
            "00101 0000001",
        ] {
            assert_eq!(text.parse::<Imsi>(), Err(AkaError::MalformedImsi), "{text}");
        }
    }

    #[test]
    fn debug_masks_the_subscriber() {
        let imsi: Imsi = "001010123456789".parse().unwrap();
        assert_eq!(format!("{imsi:?}"), "Imsi(00101*******789)");
    }
}
