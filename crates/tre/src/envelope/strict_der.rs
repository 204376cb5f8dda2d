//! DER all the way down (X.690 clauses 8, 10 and 11), also in those parts of
//! WK that no type describes.

use der::asn1::{AnyRef, IntRef, Null};
use der::{Decode, ErrorKind, Reader, SliceReader, Tag, Tagged};

/// Levels of constructed encodings: the deepest in WK has ten.
const DEPTH: usize = 12;

/// That lengths are definite, minimal and add up, tags have one octet, and
/// INTEGER, OBJECT IDENTIFIER and NULL have the one form of their value.
pub(super) fn check(octets: &[u8]) -> der::Result<()> {
    level(octets, DEPTH)
}

fn level(octets: &[u8], depth: usize) -> der::Result<()> {
    let depth = depth.checked_sub(1).ok_or(ErrorKind::Failed)?;
    let mut reader = SliceReader::new(octets)?;
    while !reader.is_finished() {
        let any = AnyRef::decode(&mut reader)?;
        if any.tag().is_constructed() {
            level(any.value(), depth)?;
        } else {
            primitive(any)?;
        }
    }
    Ok(())
}

fn primitive(any: AnyRef<'_>) -> der::Result<()> {
    match any.tag() {
        Tag::Integer => any.decode_as::<IntRef<'_>>().map(drop),
        Tag::Null => any.decode_as::<Null>().map(drop),
        Tag::ObjectIdentifier if !is_minimal(any.value()) => Err(ErrorKind::OidMalformed.into()),
        _ => Ok(()),
    }
}

/// That every arc has the fewest octets and the last one is whole (X.690
/// clause 8.19.2).
fn is_minimal(oid: &[u8]) -> bool {
    let more = |octet: u8| octet & 0x80 != 0;
    let whole = oid.last().is_some_and(|last| !more(*last));
    let mut starts = true;
    let mut padded = false;
    for octet in oid {
        padded |= starts && *octet == 0x80;
        starts = !more(*octet);
    }
    whole && !padded
}
