//! Values in WSP's headers (WAP-230-WSP clauses 8.1.2, 8.4.1.2 and 8.4.2).

use crate::UiccError;

/// Marks a number of seven bits, and another octet of a `uintvar`.
pub(super) const SHORT: u8 = 0x80;
/// Before a text that begins above 127.
const QUOTE: u8 = 0x7f;
/// Begins a quoted string, which ends without one.
const QUOTED: u8 = b'"';
/// Before a length that is a `uintvar`; what is below is a length.
const LENGTH_QUOTE: u8 = 0x1f;

const CUT: UiccError = UiccError::Truncated("the headers");
const NO_NUMBER: UiccError = UiccError::Reserved("a number of the headers");
const NO_TEXT: UiccError = UiccError::Reserved("a text of the headers");

/// The next octet.
pub(super) fn octet(octets: &mut &[u8]) -> Result<u8, UiccError> {
    let (first, rest) = octets.split_first().ok_or(CUT)?;
    *octets = rest;
    Ok(*first)
}

/// So many octets.
pub(super) fn take<'a>(octets: &mut &'a [u8], count: u32) -> Result<&'a [u8], UiccError> {
    let count = usize::try_from(count).map_err(|_| CUT)?;
    let (taken, rest) = octets.split_at_checked(count).ok_or(CUT)?;
    *octets = rest;
    Ok(taken)
}

/// A `uintvar`: up to 32 bits in up to five octets.
pub(super) fn number(octets: &mut &[u8]) -> Result<u32, UiccError> {
    let mut value: u64 = 0;
    for _ in 0..5 {
        let octet = octet(octets)?;
        value = value << 7 | u64::from(octet & !SHORT);
        if octet & SHORT == 0 {
            return u32::try_from(value).map_err(|_| NO_NUMBER);
        }
    }
    Err(NO_NUMBER)
}

/// The same in as few octets as it needs.
pub(super) fn put_number(out: &mut Vec<u8>, value: u32) {
    for shift in [28, 21, 14, 7, 0] {
        let [.., octet] = (value >> shift).to_be_bytes();
        match shift {
            0 => out.push(octet & !SHORT),
            _ if value >> shift > 0 => out.push(octet | SHORT),
            _ => {}
        }
    }
}

/// A header's or a parameter's value, by its first octet (clause 8.4.1.2).
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    /// Seven bits.
    Short(u8),
    /// Octets behind their length.
    Octets(&'a [u8]),
    /// Up to a zero, which is left out like a quote before it.
    Text(&'a [u8]),
}

impl<'a> Value<'a> {
    pub(super) fn read(octets: &mut &'a [u8]) -> Result<Self, UiccError> {
        let all = *octets;
        match octet(octets)? {
            first @ SHORT.. => Ok(Self::Short(first & !SHORT)),
            LENGTH_QUOTE => {
                let length = number(octets)?;
                Ok(Self::Octets(take(octets, length)?))
            }
            length @ 0..LENGTH_QUOTE => Ok(Self::Octets(take(octets, length.into())?)),
            first => {
                if !matches!(first, QUOTE | QUOTED) {
                    *octets = all;
                }
                let length = octets.iter().position(|octet| *octet == 0).ok_or(CUT)?;
                let (text, rest) = octets.split_at_checked(length).ok_or(CUT)?;
                *octets = rest.get(1..).unwrap_or_default();
                Ok(Self::Text(text))
            }
        }
    }

    /// A number: short, or most significant octet first.
    pub(super) fn number(self) -> Result<u16, UiccError> {
        match self {
            Self::Short(value) | Self::Octets(&[value]) => Ok(u16::from(value)),
            Self::Octets(&[high, low]) => Ok(u16::from_be_bytes([high, low])),
            _ => Err(NO_NUMBER),
        }
    }

    /// A text in ASCII.
    pub(super) fn text(self) -> Result<String, UiccError> {
        match self {
            Self::Text(octets) => {
                let text = String::from_utf8(octets.to_vec()).map_err(|_| NO_TEXT)?;
                is_text(&text).then_some(text).ok_or(NO_TEXT)
            }
            _ => Err(NO_TEXT),
        }
    }
}

/// Printable, and with no quote before it that a reader would take off.
fn is_text(text: &str) -> bool {
    let printable = text.bytes().all(|octet| matches!(octet, b' '..=b'~'));
    printable && !text.is_empty() && !text.starts_with(char::from(QUOTED))
}

pub(super) fn put_text(out: &mut Vec<u8>, text: &str) -> Result<(), UiccError> {
    if !is_text(text) {
        return Err(NO_TEXT);
    }
    out.extend(text.as_bytes());
    out.push(0);
    Ok(())
}

/// A number in its shortest form.
pub(super) fn put_integer(out: &mut Vec<u8>, value: u16) {
    match value.to_be_bytes() {
        [0, low @ 0..SHORT] => out.push(low | SHORT),
        [0, low] => out.extend([1, low]),
        [high, low] => out.extend([2, high, low]),
    }
}

/// Octets behind their length.
pub(super) fn put_octets(out: &mut Vec<u8>, octets: &[u8]) -> Result<(), UiccError> {
    let length = u32::try_from(octets.len()).map_err(|_| UiccError::TooLong)?;
    match u8::try_from(length) {
        Ok(short @ 0..LENGTH_QUOTE) => out.push(short),
        _ => {
            out.push(LENGTH_QUOTE);
            put_number(out, length);
        }
    }
    out.extend(octets);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WAP-230-WSP clause 8.1.2 has 0x87A5 in three octets; the others are by hand.
    #[test]
    fn numbers_of_any_length() {
        for (value, octets) in [
            (0, &[0][..]),
            (0x7f, &[0x7f]),
            (0x80, &[0x81, 0]),
            (0x87a5, &[0x82, 0x8f, 0x25]),
            (u32::MAX, &[0x8f, 0xff, 0xff, 0xff, 0x7f]),
        ] {
            let mut out = Vec::new();
            put_number(&mut out, value);
            assert_eq!(out, octets);
            assert_eq!(number(&mut &out[..]), Ok(value));
            let cut = &out[..out.len() - 1];
            assert_eq!(number(&mut &cut[..]), Err(CUT));
        }
        for bad in [&[0x90, 0x80, 0x80, 0x80, 0][..], &[0x80; 6]] {
            assert_eq!(number(&mut &bad[..]), Err(NO_NUMBER));
        }
    }
}
