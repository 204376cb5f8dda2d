//! TRE_id (operator-change profile, section 1): the supplier's name for one
//! TRE, the SAN URI of its CertTRE and the Source LocURI in SyncML.

use std::fmt;
use std::str::FromStr;

use crate::TreError;

const PREFIX: &str = "urn:x-rehome:tre:";
const SERIAL: usize = 32;

/// `urn:x-rehome:tre:<supplier 4-16 [a-z0-9]>:<32 hex, lower case>`.
///
/// Two are equal when every octet is; there is no case folding and no
/// percent-decoding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreId(String);

impl TreId {
    /// The whole URN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The supplier's name. A PVA certifies only its own, compared whole.
    #[must_use]
    pub fn supplier(&self) -> &str {
        self.parts().0
    }

    /// The supplier's number for this TRE: 32 lower-case hex digits.
    #[must_use]
    pub fn serial(&self) -> &str {
        self.parts().1
    }

    fn parts(&self) -> (&str, &str) {
        self.0
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split_once(':'))
            .unwrap_or_default()
    }
}

impl FromStr for TreId {
    type Err = TreError;

    fn from_str(text: &str) -> Result<Self, TreError> {
        let (supplier, serial) = text
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split_once(':'))
            .ok_or(TreError::TreIdMalformed)?;
        let named = (4..=16).contains(&supplier.len())
            && supplier
                .bytes()
                .all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit());
        let numbered = serial.len() == SERIAL
            && serial
                .bytes()
                .all(|octet| matches!(octet, b'0'..=b'9' | b'a'..=b'f'));
        if named && numbered {
            Ok(Self(text.to_owned()))
        } else {
            Err(TreError::TreIdMalformed)
        }
    }
}

impl fmt::Display for TreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
