//! Octets read with their bounds checked (WBXML 1.3 clause 5.1, mb_u_int32).

use crate::{scan, xml};

/// What is left of a document.
#[derive(Clone)]
pub(super) struct Input<'a> {
    octets: &'a [u8],
    position: usize,
}

impl<'a> Input<'a> {
    pub(super) const fn new(octets: &'a [u8]) -> Self {
        Self {
            octets,
            position: 0,
        }
    }

    /// Octets read so far.
    pub(super) const fn position(&self) -> usize {
        self.position
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.position >= self.octets.len()
    }

    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.octets.get(self.position).copied()
    }

    #[inline]
    pub(super) fn octet(&mut self) -> Option<u8> {
        let octet = *self.octets.get(self.position)?;
        self.position += 1;
        Some(octet)
    }

    /// A number of up to five octets that fits 32 bits.
    pub(super) fn number(&mut self) -> Option<u32> {
        let mut number: u32 = 0;
        for _ in 0..5 {
            let octet = self.octet()?;
            if number > u32::MAX >> 7 {
                return None;
            }
            number = number << 7 | u32::from(octet & 0x7f);
            if octet & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    pub(super) fn take(&mut self, length: u32) -> Option<&'a [u8]> {
        let end = self.position.checked_add(usize::try_from(length).ok()?)?;
        let taken = self.octets.get(self.position..end)?;
        self.position = end;
        Some(taken)
    }

    /// The octets up to the next NUL, which is read too.
    pub(super) fn terminated(&mut self) -> Option<&'a [u8]> {
        let rest = self.octets.get(self.position..)?;
        let length = scan::find(rest, |word| word.is(0))?;
        self.position += length + 1;
        rest.get(..length)
    }

    /// The same, if XML could carry them as far as one octet alone tells; else
    /// nothing is read.
    #[inline]
    pub(super) fn terminated_plain(&mut self) -> Option<&'a [u8]> {
        let rest = self.octets.get(self.position..)?;
        let length = scan::find(rest, xml::seems_forbidden)?;
        if rest.get(length) != Some(&0) {
            return None;
        }
        self.position += length + 1;
        rest.get(..length)
    }
}

/// Writes a number in as few octets as it needs.
pub(super) fn write_number(number: usize, mut put: impl FnMut(u8)) {
    let octets = (usize::BITS - number.leading_zeros()).div_ceil(7).max(1);
    for at in (0..octets).rev() {
        let bits = (number >> (7 * at)) & 0x7f;
        let more = if at == 0 { 0 } else { 0x80 };
        put(u8::try_from(bits).unwrap_or(0) | more);
    }
}
