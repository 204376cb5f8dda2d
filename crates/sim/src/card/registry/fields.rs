//! The data of GlobalPlatform's commands: fields behind their lengths, and the
//! system parameters in them (Card Specification 2.3 clause 11.5.2.3).

use uicc::apdu::StatusWord;
use uicc::cap::Aid;

const WRONG: StatusWord = StatusWord::WRONG_DATA;
/// Parameters of the application itself.
const APPLICATION: u8 = 0xc9;
/// System specific parameters, and the memory for code that is asked for in them.
const SYSTEM: u8 = 0xef;
const CODE: u8 = 0xc6;

/// Fields one after the other.
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(super) const fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    /// The next field.
    pub(super) fn next(&mut self) -> Result<&'a [u8], StatusWord> {
        let (field, rest) = value(self.0)?;
        self.0 = rest;
        Ok(field)
    }

    /// The next field, which is an AID.
    pub(super) fn aid(&mut self) -> Result<Aid, StatusWord> {
        Aid::new(self.next()?).map_err(|_| WRONG)
    }

    /// There is no other.
    pub(super) const fn end(self) -> Result<(), StatusWord> {
        match self.0 {
            [] => Ok(()),
            _ => Err(WRONG),
        }
    }
}

/// Whether install parameters have those of the application itself: C9, which has to be
/// there, in any place (table 11-49). They are whole objects, whatever their tags.
pub(super) fn has_parameters(parameters: &[u8]) -> Result<bool, StatusWord> {
    let (mut rest, mut is_there) = (parameters, false);
    while !rest.is_empty() {
        let (tag, _, behind) = object(rest)?;
        is_there |= tag == APPLICATION;
        rest = behind;
    }
    Ok(is_there)
}

/// An object with a tag of one octet, and what stands behind.
pub(super) fn object(octets: &[u8]) -> Result<(u8, &[u8], &[u8]), StatusWord> {
    let (tag, rest) = octets.split_first().ok_or(WRONG)?;
    let (value, behind) = value(rest)?;
    Ok((*tag, value, behind))
}

/// What stands behind a length of one octet or, above 127, of two; and what is behind that.
fn value(octets: &[u8]) -> Result<(&[u8], &[u8]), StatusWord> {
    let (length, rest) = match octets {
        [length @ ..=0x7f, rest @ ..] => (length, rest),
        [0x81, length @ 0x80..=0xff, rest @ ..] => (length, rest),
        _ => return Err(WRONG),
    };
    rest.split_at_checked(usize::from(*length)).ok_or(WRONG)
}

/// The octets of memory that load parameters ask for: EF, and C6 in it, two or four
/// octets; none without them.
pub(super) fn memory_of(parameters: &[u8]) -> Result<usize, StatusWord> {
    let mut rest = parameters;
    while !rest.is_empty() {
        let (tag, value, behind) = object(rest)?;
        rest = behind;
        if tag != SYSTEM {
            continue;
        }
        let mut inner = value;
        while !inner.is_empty() {
            let (tag, value, behind) = object(inner)?;
            inner = behind;
            if tag == CODE {
                return number(value);
            }
        }
    }
    Ok(0)
}

fn number(octets: &[u8]) -> Result<usize, StatusWord> {
    match *octets {
        [a, b] => Ok(usize::from(u16::from_be_bytes([a, b]))),
        [a, b, c, d] => {
            let number = u32::from_be_bytes([a, b, c, d]);
            Ok(usize::try_from(number).unwrap_or(usize::MAX))
        }
        _ => Err(WRONG),
    }
}
