//! EF_IMSI (TS 31.102 clause 4.2.2): a length, then the mobile identity of TS 24.008
//! clause 10.5.1.4.

use std::fmt;

use secret::MaskedImsi;

use super::words::{Fault, Words, fault};

/// Octets of the file.
const LENGTH: usize = 9;
/// Type of identity, bits 1 to 3 of the first digit's octet.
const IMSI: u8 = 1;
/// An odd number of digits, bit 4.
const ODD: u8 = 8;

/// 6 to 15 decimal digits. `Debug` masks the subscriber's part.
#[derive(Clone, PartialEq, Eq)]
pub struct Imsi(String);

impl Imsi {
    /// An IMSI of these digits; none if they are not 6 to 15 decimal ones.
    #[must_use]
    pub fn new(digits: &str) -> Option<Self> {
        let fits = (6..=15).contains(&digits.len());
        let is_decimal = digits.bytes().all(|digit| digit.is_ascii_digit());
        (fits && is_decimal).then(|| Self(digits.to_owned()))
    }

    /// The digits.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let is_odd = self.0.len() % 2 == 1;
        let first = if is_odd { IMSI | ODD } else { IMSI };
        let mut nibbles = vec![first];
        nibbles.extend(self.0.bytes().map(|digit| digit & 15));
        let pairs = nibbles.chunks(2).map(|pair| match pair {
            [low, high] => low | high << 4,
            [low] => low | 0xf0,
            _ => 0xff,
        });
        let identity: Vec<u8> = pairs.collect();
        let mut octets = vec![u8::try_from(identity.len()).unwrap_or(u8::MAX)];
        octets.extend(identity);
        octets.resize(LENGTH, 0xff);
        octets
    }

    pub(super) fn decode(octets: &[u8]) -> Result<Self, &'static str> {
        let [length, rest @ ..] = octets else {
            return Err("it has 9 octets");
        };
        if octets.len() != LENGTH {
            return Err("it has 9 octets");
        }
        if octets.iter().all(|octet| *octet == 0xff) {
            return Err("it is not set");
        }
        let (identity, unused) = rest
            .split_at_checked(usize::from(*length))
            .ok_or("the length is more than the 8 octets behind it")?;
        if unused.iter().any(|octet| *octet != 0xff) {
            return Err("octets behind the digits are not FF");
        }
        let nibbles: Vec<u8> = identity
            .iter()
            .flat_map(|octet| [octet & 15, octet >> 4])
            .collect();
        let (first, digits) = nibbles.split_first().ok_or("the length is 0")?;
        if first & 7 != IMSI {
            return Err("the type of identity is not IMSI");
        }
        let digits = match (first & ODD, digits) {
            (0, [digits @ .., 15]) => digits,
            (0, _) => return Err("the parity says an even number of digits"),
            (_, digits) => digits,
        };
        if digits.iter().any(|digit| *digit > 9) {
            return Err("a digit is not decimal");
        }
        let text: String = digits
            .iter()
            .map(|digit| char::from(b'0' + digit))
            .collect();
        Self::new(&text).ok_or("an IMSI has 6 to 15 digits")
    }

    pub(super) fn from_words(words: &mut Words<'_>) -> Result<Self, Fault> {
        const ALLOWED: &str = "6 to 15 decimal digits";
        let word = words.want(ALLOWED)?;
        Self::new(word).ok_or_else(|| fault(word, ALLOWED))
    }
}

impl fmt::Debug for Imsi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Imsi({})", MaskedImsi(&self.0))
    }
}
