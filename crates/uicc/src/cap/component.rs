//! The components of a package (Java Card virtual machine specification, clause 6): a
//! tag, a length of two octets, and the body. What a card links is not looked into.

use super::{Aid, Version};
use crate::UiccError;

pub(super) const HEADER: u8 = 1;
pub(super) const DIRECTORY: u8 = 2;
pub(super) const APPLET: u8 = 3;
pub(super) const IMPORT: u8 = 4;
pub(super) const CONSTANT_POOL: u8 = 5;
pub(super) const CLASS: u8 = 6;
pub(super) const METHOD: u8 = 7;
pub(super) const STATIC_FIELD: u8 = 8;
pub(super) const REFERENCE_LOCATION: u8 = 9;
pub(super) const EXPORT: u8 = 10;
pub(super) const DESCRIPTOR: u8 = 11;

/// The first octets of a Header.
const MAGIC: [u8; 4] = [0xde, 0xca, 0xff, 0xed];
/// Flags of a Header.
const HAS_EXPORT: u8 = 2;
const HAS_APPLETS: u8 = 4;
const IS_EXTENDED: u8 = 8;

/// The bodies by their tags.
pub(super) struct Components<'a>([Option<&'a [u8]>; DESCRIPTOR as usize]);

/// A component that begins the octets, and what is behind it.
fn first(octets: &[u8]) -> Result<(u8, &[u8], &[u8]), UiccError> {
    const ENDS: UiccError = UiccError::Truncated("a component");
    let ([tag, high, low], rest) = octets.split_first_chunk().ok_or(ENDS)?;
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    let (body, behind) = rest.split_at_checked(length).ok_or(ENDS)?;
    Ok((*tag, body, behind))
}

/// Whether the octets are one component of this tag.
pub(super) fn is_one(tag: u8, octets: &[u8]) -> Result<(), UiccError> {
    match first(octets)? {
        (found, _, _) if found != tag => Err(UiccError::Cap("a component's tag")),
        (_, _, [_, ..]) => Err(UiccError::Length("length of a component")),
        _ => Ok(()),
    }
}

impl<'a> Components<'a> {
    pub(super) fn read(octets: &'a [u8]) -> Result<Self, UiccError> {
        let mut components = Self([None; DESCRIPTOR as usize]);
        let mut rest = octets;
        while !rest.is_empty() {
            let (tag, body, behind) = first(rest)?;
            if rest.len() == octets.len() && tag != HEADER {
                return Err(UiccError::Cap("the first component, which is no Header"));
            }
            let slot = usize::from(tag).checked_sub(1);
            let slot = slot.and_then(|slot| components.0.get_mut(slot));
            let slot = slot.ok_or(match tag {
                0 => UiccError::Cap("a component's tag"),
                _ => UiccError::CapUnsupported("Debug, static resources and custom components"),
            })?;
            if slot.replace(body).is_some() {
                return Err(UiccError::Cap("a component that is there twice"));
            }
            rest = behind;
        }
        Ok(components)
    }

    fn body(&self, tag: u8) -> Option<&'a [u8]> {
        let slot = usize::from(tag).checked_sub(1)?;
        self.0.get(slot).copied().flatten()
    }

    /// AID and version of the package (clause 6.3), whose flags name the components that
    /// are there.
    pub(super) fn header(&self) -> Result<(Aid, Version), UiccError> {
        const ENDS: UiccError = UiccError::Truncated("the Header");
        let body = self
            .body(HEADER)
            .ok_or(UiccError::Cap("the Header, which is not there"))?;
        let (magic, rest) = body.split_first_chunk().ok_or(ENDS)?;
        if *magic != MAGIC {
            return Err(UiccError::Cap("the Header's magic"));
        }
        let ([minor, major, flags], rest) = rest.split_first_chunk().ok_or(ENDS)?;
        if *major != 2 || !(1..=3).contains(minor) {
            return Err(UiccError::CapUnsupported("this version of the CAP format"));
        }
        if flags & IS_EXTENDED != 0 {
            return Err(UiccError::CapUnsupported("the extended CAP format"));
        }
        let ([minor, major, length], rest) = rest.split_first_chunk().ok_or(ENDS)?;
        let (aid, rest) = rest.split_at_checked(usize::from(*length)).ok_or(ENDS)?;
        // The package's name, which 2.1 does not have.
        if let [length, name @ ..] = rest
            && usize::from(*length) != name.len()
        {
            return Err(UiccError::Length("length of the package's name"));
        }
        for (flag, tag) in [(HAS_EXPORT, EXPORT), (HAS_APPLETS, APPLET)] {
            if (flags & flag != 0) != self.body(tag).is_some() {
                return Err(UiccError::Cap(
                    "the Header's flags, by the components that are there",
                ));
            }
        }
        let version = Version {
            major: *major,
            minor: *minor,
        };
        Ok((Aid::new(aid)?, version))
    }

    /// The lengths of all components (clause 6.4), so that none is missing. Those of
    /// applets and exports may be none; the Descriptor need not be there.
    pub(super) fn directory(&self) -> Result<(), UiccError> {
        const ENDS: UiccError = UiccError::Truncated("the Directory");
        let body = self
            .body(DIRECTORY)
            .ok_or(UiccError::Cap("the Directory, which is not there"))?;
        let (lengths, _) = body.as_chunks::<2>();
        let lengths = lengths.get(..self.0.len()).ok_or(ENDS)?;
        for ((tag, component), length) in (HEADER..).zip(self.0).zip(lengths) {
            let length = usize::from(u16::from_be_bytes(*length));
            let is_left_out = tag == DESCRIPTOR && component.is_none();
            if !is_left_out && length != component.map_or(0, <[u8]>::len) {
                return Err(UiccError::Cap("a component's length, by the Directory"));
            }
            if length == 0 && !matches!(tag, APPLET | EXPORT) {
                return Err(UiccError::Cap("a component, which is not there"));
            }
        }
        Ok(())
    }

    /// The AIDs of the applets (clause 6.5).
    pub(super) fn applets(&self) -> Result<Vec<Aid>, UiccError> {
        const ENDS: UiccError = UiccError::Truncated("the Applet component");
        let Some(body) = self.body(APPLET) else {
            return Ok(Vec::new());
        };
        let (count, mut rest) = body.split_first().ok_or(ENDS)?;
        let mut applets = Vec::new();
        for _ in 0..*count {
            let (length, behind) = rest.split_first().ok_or(ENDS)?;
            let (aid, behind) = behind.split_at_checked(usize::from(*length)).ok_or(ENDS)?;
            // The install method's place.
            let (_, behind) = behind.split_first_chunk::<2>().ok_or(ENDS)?;
            let aid = Aid::new(aid)?;
            if applets.contains(&aid) {
                return Err(UiccError::Cap("an applet's AID, which is there twice"));
            }
            applets.push(aid);
            rest = behind;
        }
        match (rest, applets.is_empty()) {
            (_, true) => Err(UiccError::Cap(
                "the Applet component, which names no applet",
            )),
            ([], false) => Ok(applets),
            _ => Err(UiccError::Length("length of the Applet component")),
        }
    }
}
