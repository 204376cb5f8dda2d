//! A network's identity in three octets (TS 24.008 clause 10.5.1.3, TS 31.102 clause
//! 4.2.5).

use std::fmt;

/// Octets of an entry that is not used.
pub(super) const UNUSED: [u8; 3] = [0xff; 3];

/// MCC of three digits and MNC of two or three: `26201` and `262001` are different
/// networks.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Plmn {
    mcc: [u8; 3],
    mnc: [u8; 2],
    third: Option<u8>,
}

impl Plmn {
    /// Five or six decimal digits, MCC and MNC; none if they are something else.
    #[must_use]
    pub fn new(digits: &str) -> Option<Self> {
        let is_decimal = digits.bytes().all(|digit| digit.is_ascii_digit());
        let decimal = |digit: &u8| digit & 15;
        match digits.as_bytes() {
            [a, b, c, d, e] if is_decimal => Some(Self {
                mcc: [a, b, c].map(decimal),
                mnc: [d, e].map(decimal),
                third: None,
            }),
            [a, b, c, d, e, f] if is_decimal => Some(Self {
                mcc: [a, b, c].map(decimal),
                mnc: [d, e].map(decimal),
                third: Some(decimal(f)),
            }),
            _ => None,
        }
    }

    /// Its three octets.
    #[must_use]
    pub fn encode(self) -> [u8; 3] {
        let ([a, b, c], [d, e]) = (self.mcc, self.mnc);
        let third = self.third.unwrap_or(15);
        [a | b << 4, c | third << 4, d | e << 4]
    }

    /// Reads three octets; none where a digit is not decimal.
    pub(super) fn decode(octets: [u8; 3]) -> Option<Self> {
        let [first, second, last] = octets;
        let third = match second >> 4 {
            15 => None,
            digit => Some(digit),
        };
        let plmn = Self {
            mcc: [first & 15, first >> 4, second & 15],
            mnc: [last & 15, last >> 4],
            third,
        };
        let mut digits = plmn.mcc.iter().chain(&plmn.mnc).chain(&plmn.third);
        digits.all(|digit| *digit <= 9).then_some(plmn)
    }
}

impl fmt::Display for Plmn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = self.mcc.iter().chain(&self.mnc).chain(&self.third);
        digits.try_for_each(|digit| write!(f, "{digit}"))
    }
}

impl fmt::Debug for Plmn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plmn({self})")
    }
}
