//! Addresses (TS 23.040 clause 9.1.2.5): digits in semi-octets, with the type of number
//! and the numbering plan. Of others, alphanumeric ones for example, the octets are
//! kept.

use std::fmt;
use std::str::FromStr;

use super::reader::Reader;
use crate::UiccError;

const DIGITS: &[u8; 16] = b"0123456789*#abc\0";
/// International number, ISDN plan.
const INTERNATIONAL: u8 = 0x91;
/// Unknown type, ISDN plan.
const UNKNOWN: u8 = 0x81;
/// The type of number, bits 7 to 5.
const TYPE: u8 = 0x70;
const ALPHANUMERIC: u8 = 0x50;
/// Octets of an address value.
const MOST: usize = 10;

/// An address.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// The type of number and the plan.
    kind: u8,
    /// Semi-octets that count.
    length: u8,
    octets: Vec<u8>,
}

impl Address {
    /// Reads length, type and value, as TP-OA and TP-DA have them.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, UiccError> {
        let length = reader.u8("an address")?;
        let kind = reader.u8("an address")?;
        let count = usize::from(length).div_ceil(2);
        if count > MOST {
            return Err(UiccError::Length("length of an address"));
        }
        let octets = reader.take(count, "an address")?.to_vec();
        let address = Self {
            kind,
            length,
            octets,
        };
        if kind & 0x80 == 0 {
            return Err(UiccError::Reserved("an address's type"));
        }
        match address.is_alphanumeric() || address.digits().is_some() {
            true => Ok(address),
            false => Err(UiccError::Reserved("a digit")),
        }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend([self.length, self.kind]);
        out.extend(&self.octets);
    }

    /// An address of a service centre in a TLV: type and value.
    pub(crate) fn from_tlv(octets: &[u8]) -> Result<Self, UiccError> {
        let (kind, octets) = octets
            .split_first()
            .ok_or(UiccError::Truncated("an address"))?;
        if octets.len() > MOST {
            return Err(UiccError::Length("length of an address"));
        }
        let filled = octets.last().is_some_and(|last| last & 0xf0 == 0xf0);
        let length = 2 * octets.len() - usize::from(filled);
        Ok(Self {
            kind: *kind,
            length: u8::try_from(length).map_err(|_| UiccError::Length("length of an address"))?,
            octets: octets.to_vec(),
        })
    }

    pub(crate) fn to_tlv(&self) -> Vec<u8> {
        [&[self.kind], self.octets.as_slice()].concat()
    }

    const fn is_alphanumeric(&self) -> bool {
        self.kind & TYPE == ALPHANUMERIC
    }

    /// Its digits, without a plus sign; none for one that has letters.
    #[must_use]
    pub fn digits(&self) -> Option<String> {
        if self.is_alphanumeric() {
            return None;
        }
        let nibbles = self
            .octets
            .iter()
            .flat_map(|octet| [octet & 15, octet >> 4]);
        let digits = nibbles.take(usize::from(self.length));
        digits
            .map(|nibble| {
                let digit = DIGITS.get(usize::from(nibble)).copied()?;
                (digit != 0).then_some(char::from(digit))
            })
            .collect()
    }
}

impl FromStr for Address {
    type Err = UiccError;

    /// Up to 20 of `0`-`9`, `*`, `#`, `a`-`c`; a plus sign before them makes the number
    /// international.
    fn from_str(text: &str) -> Result<Self, UiccError> {
        let (kind, digits) = match text.strip_prefix('+') {
            Some(digits) => (INTERNATIONAL, digits),
            None => (UNKNOWN, text),
        };
        let nibbles: Option<Vec<u8>> = digits
            .bytes()
            .map(|digit| {
                let place = DIGITS
                    .iter()
                    .position(|known| *known == digit && digit != 0);
                place.and_then(|place| u8::try_from(place).ok())
            })
            .collect();
        let nibbles = nibbles.ok_or(UiccError::Reserved("a digit"))?;
        let length = u8::try_from(nibbles.len());
        let length = length.ok().filter(|length| (1..=20).contains(length));
        let pairs = nibbles.chunks(2).map(|pair| match pair {
            [low, high] => low | high << 4,
            [low] => low | 0xf0,
            _ => 0xff,
        });
        Ok(Self {
            kind,
            length: length.ok_or(UiccError::Length("length of an address"))?,
            octets: pairs.collect(),
        })
    }
}

/// Its digits but the last four are masked.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits().unwrap_or_default();
        let shown = digits.len().saturating_sub(4);
        write!(f, "Address(…{})", digits.get(shown..).unwrap_or_default())
    }
}
