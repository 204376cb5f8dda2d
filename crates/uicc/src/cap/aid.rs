//! Application identifiers (ISO/IEC 7816-4 clause 12.2.3): 5 to 16 octets.

use std::fmt;
use std::str::FromStr;

use crate::UiccError;

/// An AID of a package, an applet or a security domain.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Aid(Vec<u8>);

impl Aid {
    /// An AID of these octets.
    ///
    /// # Errors
    ///
    /// [`UiccError::Aid`] where they are not 5 to 16.
    pub fn new(octets: &[u8]) -> Result<Self, UiccError> {
        match octets.len() {
            5..=16 => Ok(Self(octets.to_vec())),
            _ => Err(UiccError::Aid),
        }
    }

    /// Its octets.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for Aid {
    type Err = UiccError;

    /// 10 to 32 hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, UiccError> {
        let digit = |digit: &u8| {
            let value = char::from(*digit).to_digit(16);
            value.and_then(|value| u8::try_from(value).ok())
        };
        let digits: Option<Vec<u8>> = text.as_bytes().iter().map(digit).collect();
        let digits = digits.ok_or(UiccError::Aid)?;
        let (pairs, odd) = digits.as_chunks::<2>();
        if !odd.is_empty() {
            return Err(UiccError::Aid);
        }
        let octets: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
        Self::new(&octets)
    }
}

impl fmt::Display for Aid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for Aid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Aid({self})")
    }
}
