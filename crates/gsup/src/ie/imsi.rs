//! The IMSI (TS 23.003 clause 2.2) and its element (GSUP, clause "IMSI": the
//! digits of a called party BCD number, TS 24.008 clause 10.5.4.7).

use std::fmt;
use std::str::FromStr;

use secret::MaskedImsi;

use super::{IMSI, bcd};
use crate::GsupError;
use crate::octets::{Element, Writer};

/// An IMSI: 6 to 15 decimal digits. `Debug` shows it masked.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Imsi(String);

impl Imsi {
    /// All digits. Logs take [`MaskedImsi`] instead.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn decode(element: Element<'_>) -> Result<Self, GsupError> {
        bcd::decode(element.value)
            .ok_or(GsupError::MalformedImsi)?
            .parse()
    }

    pub(crate) fn encode(&self, writer: &mut Writer) -> Result<(), GsupError> {
        let octets = bcd::encode(&self.0).ok_or(GsupError::MalformedImsi)?;
        writer.element(IMSI, &octets)
    }
}

impl FromStr for Imsi {
    type Err = GsupError;

    fn from_str(digits: &str) -> Result<Self, GsupError> {
        let fits =
            (6..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
        if fits {
            Ok(Self(digits.to_owned()))
        } else {
            Err(GsupError::MalformedImsi)
        }
    }
}

impl fmt::Debug for Imsi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Imsi({})", MaskedImsi(&self.0))
    }
}
