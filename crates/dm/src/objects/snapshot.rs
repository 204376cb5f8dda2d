//! The state of a management object in octets, for its owner's store. The
//! specifications leave it to the device; what OMA FUMO 1.0 clause 6.2 asks
//! (an operation ends with one report) has to hold over a power cut too.
//!
//! A snapshot is a row of fields, each with its length (64 bits, big-endian)
//! before it. The first field names the object and the version of its row.

use secret::SecretBytes;

use crate::Error;

/// What survives a power cut. It holds what servers wrote, packages included,
/// so nothing prints it.
#[derive(Clone)]
pub struct Snapshot(SecretBytes);

impl Snapshot {
    /// The octets that a store gave back.
    #[must_use]
    pub fn from_octets(octets: Vec<u8>) -> Self {
        Self(SecretBytes::new(octets))
    }

    /// The octets to be stored.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        self.0.expose()
    }
}

const MALFORMED: Error = Error::Failed("snapshot of a management object can't be read");

/// Writes a row of fields.
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn new(name: &str) -> Self {
        let mut writer = Self(Vec::new());
        writer.text(name);
        writer
    }

    pub(super) fn octets(&mut self, octets: &[u8]) {
        let length = u64::try_from(octets.len()).unwrap_or(u64::MAX);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(octets);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.octets(text.as_bytes());
    }

    pub(super) fn number(&mut self, number: u64) {
        self.octets(&number.to_be_bytes());
    }

    pub(super) fn count(&mut self, count: usize) {
        self.number(u64::try_from(count).unwrap_or(u64::MAX));
    }

    pub(super) fn flag(&mut self, flag: bool) {
        self.octets(&[u8::from(flag)]);
    }

    /// A flag, and the field itself if there is one.
    pub(super) fn optional(&mut self, octets: Option<&[u8]>) {
        self.flag(octets.is_some());
        if let Some(octets) = octets {
            self.octets(octets);
        }
    }

    pub(super) fn optional_text(&mut self, text: Option<&str>) {
        self.optional(text.map(str::as_bytes));
    }

    pub(super) fn finish(self) -> Snapshot {
        Snapshot::from_octets(self.0)
    }
}

/// Reads a row of fields; anything unexpected is an error of the owner's store.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, name: &str) -> Result<Self, Error> {
        let mut reader = Self(snapshot.octets());
        if reader.octets()? != name.as_bytes() {
            return Err(MALFORMED);
        }
        Ok(reader)
    }

    pub(super) fn octets(&mut self) -> Result<&'a [u8], Error> {
        let (length, rest) = self.0.split_first_chunk::<8>().ok_or(MALFORMED)?;
        let length = usize::try_from(u64::from_be_bytes(*length)).map_err(|_| MALFORMED)?;
        let (field, rest) = rest.split_at_checked(length).ok_or(MALFORMED)?;
        self.0 = rest;
        Ok(field)
    }

    pub(super) fn text(&mut self) -> Result<String, Error> {
        let text = std::str::from_utf8(self.octets()?);
        text.map(str::to_owned).map_err(|_| MALFORMED)
    }

    pub(super) fn number(&mut self) -> Result<u64, Error> {
        let octets = self.octets()?.try_into().map_err(|_| MALFORMED)?;
        Ok(u64::from_be_bytes(octets))
    }

    pub(super) fn flag(&mut self) -> Result<bool, Error> {
        match self.octets()? {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => Err(MALFORMED),
        }
    }

    pub(super) fn optional(&mut self) -> Result<Option<&'a [u8]>, Error> {
        Ok(if self.flag()? {
            Some(self.octets()?)
        } else {
            None
        })
    }

    /// A text that `T` can be read from.
    pub(super) fn parsed<T: std::str::FromStr>(&mut self) -> Result<T, Error> {
        self.text()?.parse().map_err(|_| MALFORMED)
    }

    pub(super) fn optional_text(&mut self) -> Result<Option<String>, Error> {
        Ok(if self.flag()? {
            Some(self.text()?)
        } else {
            None
        })
    }

    pub(super) fn optional_parsed<T: std::str::FromStr>(&mut self) -> Result<Option<T>, Error> {
        Ok(if self.flag()? {
            Some(self.parsed()?)
        } else {
            None
        })
    }

    /// A choice from a table by its number.
    pub(super) fn choice<T>(&mut self, find: impl FnOnce(u64) -> Option<T>) -> Result<T, Error> {
        find(self.number()?).ok_or(MALFORMED)
    }

    /// The row has to end here.
    pub(super) fn finish(self) -> Result<(), Error> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(MALFORMED)
        }
    }
}
