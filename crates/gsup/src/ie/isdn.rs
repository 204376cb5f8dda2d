//! MSISDN and HLR number (GSUP, clauses "MSISDN" and "HLR Number"; TS 29.002
//! ISDN-AddressString, TS 24.008 clause 10.5.4.7, E.164).

use std::fmt;

use secret::MaskedMsisdn;

use super::bcd;
use crate::GsupError;
use crate::octets::Element;

/// Type of number "international", numbering plan E.164, no extension.
const INTERNATIONAL_E164: u8 = 0x91;
/// Set in the first octet of an ISDN-AddressString.
const NO_EXTENSION: u8 = 0x80;

/// A telephone number as GSUP carries it, 0 to 9 octets, kept as it came: a
/// serving node passes it on unread. `Debug` shows it masked.
///
/// Two layouts are in use. GSUP's manual and OsmoHLR put the number of BCD
/// octets before the digits of an MSISDN; a MAP gateway and the HLR number
/// have type and plan of number there (ISDN-AddressString). The top bit of the
/// first octet tells them apart. An empty one says "not known": osmo-sgsn
/// sends it as the HLR number in PurgeMS.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IsdnAddress(Vec<u8>);

impl IsdnAddress {
    /// The most octets.
    pub const MAX: usize = 9;

    /// An MSISDN of 1 to 15 digits in the layout of OsmoHLR.
    ///
    /// # Errors
    /// [`GsupError::MalformedIsdn`] for anything else.
    pub fn msisdn(digits: &str) -> Result<Self, GsupError> {
        let octets = encode(digits)?;
        let length = u8::try_from(octets.len()).map_err(|_| GsupError::MalformedIsdn)?;
        Ok(Self::with_first(length, octets))
    }

    /// An international number of 1 to 15 digits as ISDN-AddressString.
    ///
    /// # Errors
    /// [`GsupError::MalformedIsdn`] for anything else.
    pub fn international(digits: &str) -> Result<Self, GsupError> {
        Ok(Self::with_first(INTERNATIONAL_E164, encode(digits)?))
    }

    fn with_first(first: u8, mut octets: Vec<u8>) -> Self {
        octets.insert(0, first);
        Self(octets)
    }

    /// The digits, or nothing if there are none or others than decimal ones.
    #[must_use]
    pub fn digits(&self) -> Option<String> {
        let (&first, rest) = self.0.split_first()?;
        let digits = if first & NO_EXTENSION == NO_EXTENSION {
            rest
        } else {
            rest.get(..usize::from(first))?
        };
        bcd::decode(digits).filter(|digits| !digits.is_empty())
    }

    /// The value as carried in the element.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn decode(element: Element<'_>) -> Result<Self, GsupError> {
        if element.value.len() > Self::MAX {
            return Err(element.wrong_length());
        }
        Ok(Self(element.value.to_vec()))
    }
}

fn encode(digits: &str) -> Result<Vec<u8>, GsupError> {
    if !(1..=15).contains(&digits.len()) {
        return Err(GsupError::MalformedIsdn);
    }
    bcd::encode(digits).ok_or(GsupError::MalformedIsdn)
}

impl fmt::Debug for IsdnAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.digits() {
            Some(digits) => write!(f, "IsdnAddress({})", MaskedMsisdn(&digits)),
            None => write!(f, "IsdnAddress({} octets)", self.0.len()),
        }
    }
}
