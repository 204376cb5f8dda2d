//! Octets from the front, with bounds.

use crate::UiccError;

/// What is left of an input.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) const fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    pub(super) fn take(&mut self, count: usize, what: &'static str) -> Result<&'a [u8], UiccError> {
        let (head, rest) = self
            .0
            .split_at_checked(count)
            .ok_or(UiccError::Truncated(what))?;
        self.0 = rest;
        Ok(head)
    }

    pub(super) fn u8(&mut self, what: &'static str) -> Result<u8, UiccError> {
        let (head, rest) = self.0.split_first().ok_or(UiccError::Truncated(what))?;
        self.0 = rest;
        Ok(*head)
    }

    pub(super) fn array<const N: usize>(
        &mut self,
        what: &'static str,
    ) -> Result<[u8; N], UiccError> {
        let (head, rest) = self
            .0
            .split_first_chunk()
            .ok_or(UiccError::Truncated(what))?;
        self.0 = rest;
        Ok(*head)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) const fn rest(self) -> &'a [u8] {
        self.0
    }

    /// Nothing may be left.
    pub(super) const fn end(self, what: &'static str) -> Result<(), UiccError> {
        match self.0 {
            [] => Ok(()),
            _ => Err(UiccError::Length(what)),
        }
    }
}
