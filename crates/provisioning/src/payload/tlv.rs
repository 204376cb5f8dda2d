//! The TLV coding: tag u8, length u16 BE, value (docs/operator-change.md
//! section 2).

use secret::{Secret, SecretBytes};
use zeroize::Zeroizing;

use crate::ProvisioningError;

/// Tags from here on may be skipped by a reader that does not know them.
const SKIPPABLE: u8 = 0x80;

/// Writes fields in ascending order of their tags.
pub(super) struct Writer {
    octets: Zeroizing<Vec<u8>>,
    last: u8,
}

impl Writer {
    pub(super) fn new() -> Self {
        // Large enough for every payload of this version, so that no copy of a
        // key is left behind by growth.
        Self {
            octets: Zeroizing::new(Vec::with_capacity(4096)),
            last: 0,
        }
    }

    pub(super) fn put(&mut self, tag: u8, value: &[u8]) -> Result<(), ProvisioningError> {
        let length = u16::try_from(value.len())
            .map_err(|_| ProvisioningError::Malformed("a payload field longer than 65535"))?;
        if tag <= self.last {
            return Err(ProvisioningError::Malformed("payload fields out of order"));
        }
        self.last = tag;
        self.octets.push(tag);
        self.octets.extend_from_slice(&length.to_be_bytes());
        self.octets.extend_from_slice(value);
        Ok(())
    }

    pub(super) fn finish(self) -> SecretBytes {
        Secret::new(self.octets.to_vec())
    }
}

/// Fields of a payload, each taken once.
pub(super) struct Reader<'a> {
    fields: Vec<(u8, &'a [u8])>,
}

impl<'a> Reader<'a> {
    /// Splits a payload; order and repetition are checked here.
    pub(super) fn new(octets: &'a [u8]) -> Result<Self, ProvisioningError> {
        let malformed = ProvisioningError::Malformed("a payload that is cut short");
        let mut rest = octets;
        let mut fields: Vec<(u8, &[u8])> = Vec::new();
        while let Some((tag, after)) = rest.split_first() {
            let Some(([high, low], after)) = after.split_first_chunk::<2>() else {
                return Err(malformed);
            };
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let Some((value, after)) = after.split_at_checked(length) else {
                return Err(malformed);
            };
            if fields.last().is_some_and(|(last, _)| tag <= last) {
                return Err(ProvisioningError::Malformed(
                    "payload fields out of order or repeated",
                ));
            }
            fields.push((*tag, value));
            rest = after;
        }
        Ok(Self { fields })
    }

    pub(super) fn maybe(&mut self, tag: u8) -> Option<&'a [u8]> {
        let at = self.fields.iter().position(|(known, _)| *known == tag)?;
        Some(self.fields.remove(at).1)
    }

    pub(super) fn octets(&mut self, tag: u8) -> Result<&'a [u8], ProvisioningError> {
        self.maybe(tag).ok_or(ProvisioningError::Malformed(
            "a payload without a field that it needs",
        ))
    }

    pub(super) fn array<const N: usize>(&mut self, tag: u8) -> Result<[u8; N], ProvisioningError> {
        self.octets(tag)?
            .try_into()
            .map_err(|_| ProvisioningError::Malformed("a payload field of the wrong length"))
    }

    pub(super) fn number(&mut self, tag: u8) -> Result<u32, ProvisioningError> {
        self.array(tag).map(u32::from_be_bytes)
    }

    pub(super) fn text(&mut self, tag: u8) -> Result<&'a str, ProvisioningError> {
        std::str::from_utf8(self.octets(tag)?)
            .map_err(|_| ProvisioningError::Malformed("a payload text that is not UTF-8"))
    }

    /// Nothing may be left but what may be skipped.
    pub(super) fn finish(self) -> Result<(), ProvisioningError> {
        if self.fields.iter().all(|(tag, _)| *tag >= SKIPPABLE) {
            Ok(())
        } else {
            Err(ProvisioningError::Malformed(
                "a payload field that this version does not know",
            ))
        }
    }
}
