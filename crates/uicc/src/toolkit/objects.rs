//! COMPREHENSION-TLV data objects with a tag of one octet (ETSI TS 101 220 clause 7.1.1,
//! TS 102 223 annex C): a length of up to 127 in one octet, up to 255 in two.

use super::COMPREHENSION;
use crate::UiccError;

/// An object.
///
/// # Errors
/// [`UiccError::TooLong`] for more than 255 octets.
pub(crate) fn put(out: &mut Vec<u8>, tag: u8, value: &[u8]) -> Result<(), UiccError> {
    let length = u8::try_from(value.len()).map_err(|_| UiccError::TooLong)?;
    out.push(tag);
    if length > 0x7f {
        out.push(0x81);
    }
    out.push(length);
    out.extend(value);
    Ok(())
}

/// Objects one after the other: tag and value. After an error there is no other.
pub(crate) struct Objects<'a> {
    rest: &'a [u8],
    /// What they stand in, for errors.
    what: &'static str,
}

impl<'a> Objects<'a> {
    pub(crate) const fn new(octets: &'a [u8], what: &'static str) -> Self {
        Self { rest: octets, what }
    }

    /// The value of the one object that these octets are.
    ///
    /// # Errors
    /// [`UiccError::Reserved`] for another tag; [`UiccError::Truncated`],
    /// [`UiccError::Length`].
    pub(crate) fn only(
        octets: &'a [u8],
        tag: u8,
        what: &'static str,
    ) -> Result<&'a [u8], UiccError> {
        let mut objects = Self::new(octets, what);
        let (found, value) = objects.next().ok_or(UiccError::Truncated(what))??;
        match (found == tag, objects.rest) {
            (false, _) => Err(UiccError::Reserved(what)),
            (true, []) => Ok(value),
            (true, _) => Err(UiccError::Length(what)),
        }
    }

    fn object(&mut self) -> Result<(u8, &'a [u8]), UiccError> {
        let (tag, length, rest) = match self.rest {
            [tag, length @ 0..=0x7f, rest @ ..] => (tag, length, rest),
            [tag, 0x81, length @ 0x80..=0xff, rest @ ..] => (tag, length, rest),
            [_] | [_, 0x81] => return Err(UiccError::Truncated(self.what)),
            _ => return Err(UiccError::Length("form of a length")),
        };
        let value = rest.split_at_checked(usize::from(*length));
        let (value, rest) = value.ok_or(UiccError::Truncated(self.what))?;
        self.rest = rest;
        Ok((*tag, value))
    }
}

impl<'a> Iterator for Objects<'a> {
    type Item = Result<(u8, &'a [u8]), UiccError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let object = self.object();
        if object.is_err() {
            self.rest = &[];
        }
        Some(object)
    }
}

/// Refuses an object that is not known and asks to be.
///
/// # Errors
/// [`UiccError::Reserved`].
pub(crate) const fn passed_over(tag: u8, what: &'static str) -> Result<(), UiccError> {
    match tag & COMPREHENSION {
        0 => Ok(()),
        _ => Err(UiccError::Reserved(what)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(octets: &[u8]) -> Vec<Result<(u8, &[u8]), UiccError>> {
        Objects::new(octets, "it").collect()
    }

    #[test]
    fn lengths_have_one_form() {
        for length in [0, 127, 128, 255] {
            let mut octets = Vec::new();
            put(&mut octets, 0x8b, &vec![7; length]).unwrap();
            assert_eq!(octets.len(), length + if length > 127 { 3 } else { 2 });
            assert_eq!(read(&octets), [Ok((0x8b, &vec![7; length][..]))]);
        }
        assert_eq!(
            put(&mut Vec::new(), 0x8b, &[0; 256]),
            Err(UiccError::TooLong)
        );
        let wrong = Err(UiccError::Length("form of a length"));
        for octets in [
            &[1, 0x80][..],
            &[1, 0x81, 0x7f],
            &[1, 0x82, 0, 0x80],
            &[1, 0xff],
        ] {
            assert_eq!(read(octets), std::slice::from_ref(&wrong));
        }
        let ends = Err(UiccError::Truncated("it"));
        for octets in [&[1][..], &[1, 2, 3], &[1, 0x81], &[1, 0x81, 0x80]] {
            assert_eq!(read(octets), std::slice::from_ref(&ends));
        }
    }

    #[test]
    fn the_only_one() {
        assert_eq!(Objects::only(&[0xd0, 1, 5], 0xd0, "it"), Ok(&[5][..]));
        assert_eq!(
            Objects::only(&[0xd1, 1, 5], 0xd0, "it"),
            Err(UiccError::Reserved("it"))
        );
        assert_eq!(
            Objects::only(&[0xd0, 1, 5, 0], 0xd0, "it"),
            Err(UiccError::Length("it"))
        );
        assert_eq!(
            Objects::only(&[], 0xd0, "it"),
            Err(UiccError::Truncated("it"))
        );
    }
}
