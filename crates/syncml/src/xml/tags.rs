//! The tags that we write (SyncML RepPro 1.2 and SyncML MetaInfo 1.2, "XML
//! Usage", for their namespaces).

use crate::element::Element;

/// A tag with room behind it. It is put as the whole block, whose length the
/// compiler knows, and then cut: cheaper than to copy a few octets.
pub(super) struct Tag<const ROOM: usize> {
    pub(super) block: [u8; ROOM],
    pub(super) length: usize,
}

/// The start tag of an element, with the namespace that it declares.
#[expect(clippy::indexing_slicing, reason = "a row for each element")]
pub(super) const fn start(element: Element) -> &'static Tag<48> {
    static TAGS: [Tag<48>; Element::ALL.len()] = {
        let mut tags = [const { Tag::new(["", "", "", ""]) }; Element::ALL.len()];
        let mut at = 0;
        while at < tags.len() {
            let element = Element::ALL[at];
            tags[at] = Tag::new(["<", element.name(), namespace(element), ">"]);
            at += 1;
        }
        tags
    };
    &TAGS[element as usize]
}

/// The end tag of an element.
#[expect(clippy::indexing_slicing, reason = "a row for each element")]
pub(super) const fn end(element: Element) -> &'static Tag<32> {
    static TAGS: [Tag<32>; Element::ALL.len()] = {
        let mut tags = [const { Tag::new(["", "", "", ""]) }; Element::ALL.len()];
        let mut at = 0;
        while at < tags.len() {
            tags[at] = Tag::new(["</", Element::ALL[at].name(), ">", ""]);
            at += 1;
        }
        tags
    };
    &TAGS[element as usize]
}

const fn namespace(element: Element) -> &'static str {
    match element {
        Element::SyncMl => r#" xmlns="SYNCML:SYNCML1.2""#,
        // They stand in elements that have declared it.
        Element::Last | Element::Next => "",
        _ if element.is_met_inf() => r#" xmlns="syncml:metinf""#,
        _ => "",
    }
}

impl<const ROOM: usize> Tag<ROOM> {
    #[expect(
        clippy::indexing_slicing,
        reason = "evaluated when compiled; a wrong index does not compile"
    )]
    const fn new(parts: [&str; 4]) -> Self {
        let mut tag = Self {
            block: [0; ROOM],
            length: 0,
        };
        let mut part = 0;
        while part < parts.len() {
            let octets = parts[part].as_bytes();
            let mut at = 0;
            while at < octets.len() {
                tag.block[tag.length] = octets[at];
                tag.length += 1;
                at += 1;
            }
            part += 1;
        }
        tag
    }
}
