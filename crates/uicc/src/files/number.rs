//! Numbers in fields of twelve octets (TS 31.102 clause 4.2.27): a length, type of number
//! and plan, and digits in semi-octets. The length of a destination counts digits (TS
//! 23.040 clause 9.1.2.5), that of a service centre octets (TS 24.011 clause 8.2.5.2).

use std::fmt;

/// Octets of a field, of digits in it, and digits.
pub(super) const FIELD: usize = 12;
const MOST: usize = 20;
const DIGITS: &str = "0123456789*#abc";
/// International number, ISDN plan.
const INTERNATIONAL: u8 = 0x91;
/// Unknown type, ISDN plan.
const UNKNOWN: u8 = 0x81;
/// The type of number, bits 7 to 5.
const TYPE: u8 = 0x70;
const ALPHANUMERIC: u8 = 0x50;

/// What the length of a field counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    Digits,
    Octets,
}

/// 1 to 20 of `0`-`9`, `*`, `#`, `a`-`c`, with a type of number and a plan.
#[derive(Clone, PartialEq, Eq)]
pub struct Number {
    kind: u8,
    digits: String,
}

impl Number {
    /// What a word may be.
    pub(super) const ALLOWED: &str = "a number of 1 to 20 digits: international with `+`, unknown type without, \
         any other with type and plan as two hex digits and `/`";

    /// `+491720000` is international, `1234` of unknown type; `a1/1234` has any other
    /// type and plan, in hexadecimal. None if it is none of these.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let (kind, digits) = match (text.strip_prefix('+'), text.split_once('/')) {
            (Some(digits), _) => (INTERNATIONAL, digits),
            (None, None) => (UNKNOWN, text),
            (None, Some((kind, digits))) => {
                let is_hex = kind.len() == 2 && kind.bytes().all(|digit| digit.is_ascii_hexdigit());
                let kind = u8::from_str_radix(kind, 16).ok().filter(|_| is_hex);
                (kind.filter(|kind| is_kind(*kind))?, digits)
            }
        };
        let fits = (1..=MOST).contains(&digits.len());
        let are_known = digits.chars().all(|digit| DIGITS.contains(digit));
        (fits && are_known).then(|| Self {
            kind,
            digits: digits.to_owned(),
        })
    }

    /// Type of number and plan, as its octet.
    #[must_use]
    pub const fn kind(&self) -> u8 {
        self.kind
    }

    /// The digits.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.digits
    }

    pub(super) fn encode(number: Option<&Self>, counted: Counted) -> Vec<u8> {
        let mut field = Vec::with_capacity(FIELD);
        if let Some(number) = number {
            let places = number.digits.chars().filter_map(|digit| DIGITS.find(digit));
            let nibbles: Vec<u8> = places
                .filter_map(|place| u8::try_from(place).ok())
                .collect();
            let pairs = nibbles.chunks(2).map(|pair| match pair {
                [low, high] => low | high << 4,
                [low] => low | 0xf0,
                _ => 0xff,
            });
            let length = match counted {
                Counted::Digits => nibbles.len(),
                Counted::Octets => 1 + nibbles.len().div_ceil(2),
            };
            field.extend([u8::try_from(length).unwrap_or(u8::MAX), number.kind]);
            field.extend(pairs);
        }
        field.resize(FIELD, 0xff);
        field
    }

    /// None for a field whose length is 0 or FF: nothing is there.
    pub(super) fn decode(
        field: [u8; FIELD],
        counted: Counted,
    ) -> Result<Option<Self>, &'static str> {
        let [length, kind, digits @ ..] = field;
        if matches!(length, 0 | 0xff) {
            return Ok(None);
        }
        if !is_kind(kind) {
            return Err("a type of number is reserved or has letters");
        }
        let mut nibbles: Vec<u8> = digits
            .iter()
            .flat_map(|octet| [octet & 15, octet >> 4])
            .collect();
        let count = match counted {
            Counted::Digits => usize::from(length),
            Counted::Octets => 2 * (usize::from(length) - 1),
        };
        if !(1..=MOST).contains(&count) {
            return Err("the length of a number is outside its field");
        }
        nibbles.truncate(count);
        if counted == Counted::Octets && nibbles.last() == Some(&15) {
            nibbles.pop();
        }
        let text: Option<String> = nibbles
            .iter()
            .map(|nibble| DIGITS.chars().nth(usize::from(*nibble)))
            .collect();
        let digits = text.ok_or("a number has F among its digits")?;
        Ok(Some(Self { kind, digits }))
    }
}

/// Bit 8 is always there; letters are not digits.
const fn is_kind(kind: u8) -> bool {
    kind & 0x80 != 0 && kind & TYPE != ALPHANUMERIC
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            INTERNATIONAL => write!(f, "+{}", self.digits),
            UNKNOWN => f.write_str(&self.digits),
            kind => write!(f, "{kind:02x}/{}", self.digits),
        }
    }
}

/// Its digits but the last four are masked.
impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.digits.len().saturating_sub(4);
        write!(
            f,
            "Number(…{})",
            self.digits.get(shown..).unwrap_or_default()
        )
    }
}
