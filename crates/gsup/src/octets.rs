//! The bounds-checked reader and the writer of tag, length, value elements:
//! `tag u8 | length u8 | value` (GSUP, clause "Message Format").

use secret::SecretBytes;
use zeroize::Zeroizing;

use crate::GsupError;

/// Reads octets from the front.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(octets: &'a [u8]) -> Self {
        Self { rest: octets }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next `count` octets; `what` names the thing that would be cut.
    pub(crate) fn take(&mut self, count: usize, what: &'static str) -> Result<&'a [u8], GsupError> {
        let (head, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or(GsupError::Truncated(what))?;
        self.rest = rest;
        Ok(head)
    }

    pub(crate) fn u8(&mut self, what: &'static str) -> Result<u8, GsupError> {
        let (&octet, rest) = self.rest.split_first().ok_or(GsupError::Truncated(what))?;
        self.rest = rest;
        Ok(octet)
    }

    pub(crate) fn u16(&mut self, what: &'static str) -> Result<u16, GsupError> {
        Ok(u16::from_be_bytes([self.u8(what)?, self.u8(what)?]))
    }

    /// The next element, or nothing at the end.
    pub(crate) fn element(&mut self) -> Result<Option<Element<'a>>, GsupError> {
        if self.is_empty() {
            return Ok(None);
        }
        let iei = self.u8("an information element")?;
        let length = self.u8("an information element")?;
        let value = self.take(usize::from(length), "an information element")?;
        Ok(Some(Element { iei, value }))
    }
}

/// One information element.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    pub(crate) iei: u8,
    pub(crate) value: &'a [u8],
}

impl Element<'_> {
    pub(crate) fn wrong_length(&self) -> GsupError {
        GsupError::ElementLength {
            iei: self.iei,
            length: self.value.len(),
        }
    }

    pub(crate) fn wrong_value(&self) -> GsupError {
        GsupError::ElementValue { iei: self.iei }
    }

    /// A value of exactly `N` octets.
    pub(crate) fn array<const N: usize>(&self) -> Result<[u8; N], GsupError> {
        self.value.try_into().map_err(|_| self.wrong_length())
    }

    /// A value of exactly one octet.
    pub(crate) fn octet(&self) -> Result<u8, GsupError> {
        self.array::<1>().map(|[octet]| octet)
    }

    /// A flag: there, without a value.
    pub(crate) fn flag(&self) -> Result<(), GsupError> {
        self.array::<0>().map(|[]| ())
    }
}

/// Sets `slot` to the element's value; a second time is refused.
pub(crate) fn once<T>(slot: &mut Option<T>, iei: u8, value: T) -> Result<(), GsupError> {
    if slot.is_some() {
        return Err(GsupError::ElementRepeated { iei });
    }
    *slot = Some(value);
    Ok(())
}

/// Writes a message. What it holds is wiped when it is dropped.
pub(crate) struct Writer {
    octets: Zeroizing<Vec<u8>>,
}

impl Writer {
    /// `capacity` is the most that will be written: growing would leave a
    /// copy of the octets behind in memory.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self {
            octets: Zeroizing::new(Vec::with_capacity(capacity)),
        }
    }

    pub(crate) fn u8(&mut self, octet: u8) {
        self.octets.push(octet);
    }

    pub(crate) fn u16(&mut self, value: u16) {
        self.octets.extend_from_slice(&value.to_be_bytes());
    }

    pub(crate) fn octets(&mut self, octets: &[u8]) {
        self.octets.extend_from_slice(octets);
    }

    /// Writes one element; its value has 255 octets at most.
    pub(crate) fn element(&mut self, iei: u8, value: &[u8]) -> Result<(), GsupError> {
        let length = u8::try_from(value.len()).map_err(|_| GsupError::ElementLength {
            iei,
            length: value.len(),
        })?;
        self.u8(iei);
        self.u8(length);
        self.octets(value);
        Ok(())
    }

    /// Writes one element whose value `fill` writes.
    pub(crate) fn nested(
        &mut self,
        iei: u8,
        fill: impl FnOnce(&mut Self) -> Result<(), GsupError>,
    ) -> Result<(), GsupError> {
        let mut inner = Self::with_capacity(usize::from(u8::MAX));
        fill(&mut inner)?;
        self.element(iei, &inner.octets)
    }

    pub(crate) fn finish(mut self) -> SecretBytes {
        SecretBytes::new(std::mem::take(&mut *self.octets))
    }
}
