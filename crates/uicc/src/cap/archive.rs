//! The archive around the components (Java Card virtual machine specification, clause
//! 6.1.1): `PACKAGE/javacard/Header.cap` and the others, whose names are not case
//! sensitive, among other entries that are not looked at. What an entry says of its size is
//! not believed.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::component::{self, is_one};
use crate::UiccError;

/// How an archive begins.
pub(super) const MAGIC: &[u8] = b"PK\x03\x04";
/// Octets of an archive, and entries in it.
const MOST: usize = 4 << 20;
const ENTRIES: u16 = 1024;
/// Tag, length and body of a component.
const COMPONENT: u64 = 3 + 0xffff;

/// The end of an archive: a signature, and where the numbers of entries are behind it, on
/// this disk and on all.
const END: &[u8] = b"PK\x05\x06";
const COUNTS: usize = 8;
/// The same for more than 65535 entries or 4 GiB.
const LARGE_END: &[u8] = b"PK\x06\x06";

/// Components in the order in which cards take them (clause 6.2), by their entries.
const LOADED: [(&str, u8); 10] = [
    ("Header.cap", component::HEADER),
    ("Directory.cap", component::DIRECTORY),
    ("Import.cap", component::IMPORT),
    ("Applet.cap", component::APPLET),
    ("Class.cap", component::CLASS),
    ("Method.cap", component::METHOD),
    ("StaticField.cap", component::STATIC_FIELD),
    ("Export.cap", component::EXPORT),
    ("ConstantPool.cap", component::CONSTANT_POOL),
    ("RefLocation.cap", component::REFERENCE_LOCATION),
];
/// Components that stay behind.
const LEFT_OUT: [&str; 2] = ["Descriptor.cap", "Debug.cap"];

const BROKEN: UiccError = UiccError::Cap("the archive");
const TWICE: UiccError = UiccError::Cap("an entry of the archive that is there twice");

/// The components of a CAP file, one after the other.
pub(super) fn components(octets: &[u8]) -> Result<Vec<u8>, UiccError> {
    let count = count(octets)?;
    let mut archive = ZipArchive::new(Cursor::new(octets)).map_err(|_| BROKEN)?;
    // Of entries with one name the library keeps the last.
    if archive.len() != count {
        return Err(UiccError::Cap(
            "an entry of the archive that is there twice",
        ));
    }
    let places = places(&archive)?;
    let mut loaded = Vec::new();
    for ((_, tag), place) in LOADED.iter().zip(places) {
        let Some(place) = place else { continue };
        let entry = archive.by_index(place).map_err(|_| BROKEN)?;
        let mut component = Vec::new();
        let read = entry.take(COMPONENT + 1).read_to_end(&mut component);
        read.map_err(|_| BROKEN)?;
        is_one(*tag, &component)?;
        loaded.extend(component);
    }
    Ok(loaded)
}

/// The number of entries, if the archive is small enough to be looked at: the library
/// makes room for as many as the end of the archive names.
fn count(octets: &[u8]) -> Result<usize, UiccError> {
    let places = |signature: &'static [u8]| {
        let windows = octets.windows(signature.len()).enumerate();
        let found = windows.filter(move |(_, window)| *window == signature);
        found.map(|(place, _)| place)
    };
    if octets.len() > MOST || places(LARGE_END).next().is_some() {
        return Err(UiccError::CapTooLarge);
    }
    let mut ends = places(END);
    let (Some(end), None) = (ends.next(), ends.next()) else {
        return Err(BROKEN);
    };
    let counts = octets.get(end + COUNTS..).and_then(<[u8]>::first_chunk);
    let [a, b, c, d] = counts.ok_or(BROKEN)?;
    let (here, all) = (u16::from_le_bytes([*a, *b]), u16::from_le_bytes([*c, *d]));
    match here {
        _ if here != all => Err(BROKEN),
        _ if here > ENTRIES => Err(UiccError::CapTooLarge),
        _ => Ok(usize::from(here)),
    }
}

/// Where the components are in the archive, in the order of [`LOADED`].
fn places(archive: &ZipArchive<Cursor<&[u8]>>) -> Result<[Option<usize>; 10], UiccError> {
    let mut places = [None; LOADED.len()];
    let mut package = None;
    for place in 0..archive.len() {
        let name = archive.name_for_index(place).ok_or(BROKEN)?;
        let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
        let (_, last) = folder.rsplit_once('/').unwrap_or(("", folder));
        let is = |known: &str| file.eq_ignore_ascii_case(known);
        let (_, kind) = file.rsplit_once('.').unwrap_or_default();
        if !last.eq_ignore_ascii_case("javacard") || LEFT_OUT.into_iter().any(is) {
            continue;
        }
        if kind.eq_ignore_ascii_case("capx") {
            return Err(UiccError::CapUnsupported("the extended CAP format"));
        }
        if !kind.eq_ignore_ascii_case("cap") {
            continue;
        }
        let mut known = LOADED.iter().zip(&mut places);
        let (_, slot) =
            known
                .find(|((entry, _), _)| is(entry))
                .ok_or(UiccError::CapUnsupported(
                    "static resources and custom components",
                ))?;
        if package.get_or_insert_with(|| folder.to_owned()) != folder {
            return Err(UiccError::CapUnsupported("a CAP file of several packages"));
        }
        if slot.replace(place).is_some() {
            return Err(TWICE);
        }
    }
    match package {
        Some(_) => Ok(places),
        None => Err(UiccError::Cap("the archive, which has no components")),
    }
}
