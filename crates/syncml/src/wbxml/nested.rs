//! Documents in the data of items: serialised trees and device information
//! travel as WBXML documents of their own in WBXML messages, and as markup in
//! XML ones (OMA DM TNDS 1.2, "Binary Encoding"; the media types differ by
//! `+wbxml` and `+xml`). A message as types always holds the markup.

use super::language::Language;
use super::tree;
use crate::infoset::{Content, Element};
use crate::{Data, Error, Item, Limits, Meta, xml};

pub(super) const AS_WBXML: &str = "+wbxml";
pub(super) const AS_XML: &str = "+xml";

/// The markup of a WBXML document.
///
/// # Errors
/// As [`read_tree`](tree::read_tree).
pub fn to_markup(octets: &[u8], limits: &Limits) -> Result<String, Error> {
    xml::write_tree(&tree::read_tree(octets, limits)?)
}

/// Media type and markup of the document that the `octets` of `item` are, if
/// its type says so and they are one.
pub(super) fn opened(
    item: &Item,
    command: Option<&Meta>,
    octets: &[u8],
    limits: &Limits,
) -> Option<(String, String)> {
    if item.more_data {
        return None;
    }
    let type_ = item.type_(command)?;
    let family = strip_suffix_ignoring_case(type_, AS_WBXML)?;
    let markup = to_markup(octets, limits).ok()?;
    Some((format!("{family}{AS_XML}"), markup))
}

/// Meta-information and octets of an item whose markup is a document with
/// tokens of its own, if its type says so.
pub(super) fn closed(item: &Item, command: Option<&Meta>) -> Option<(Meta, Data)> {
    let Some(Data::Xml(markup)) = &item.data else {
        return None;
    };
    let family = strip_suffix_ignoring_case(item.type_(command)?, AS_XML)?;
    let limits = Limits {
        max_octets: markup.len(),
        max_text: markup.len(),
        ..Limits::default()
    };
    let root = xml::read_tree(markup.as_bytes(), &limits).ok()?;
    if !is_document(&root) {
        return None;
    }
    let document = tree::write_tree(&root).ok()?;
    let mut meta = item.meta.clone().unwrap_or_default();
    meta.type_ = Some(format!("{family}{AS_WBXML}"));
    Some((meta, Data::Opaque(document)))
}

/// Whether `element` is the root of a document that may stand in a message.
pub(super) fn is_document(element: &Element) -> bool {
    matches!(
        Language::rooted(&element.name),
        Some(Language::DmDdf | Language::DevInf)
    )
}

/// Changes the end of the media type of every item in which there is a
/// document, its own or that of its command.
pub(super) fn retype(element: &mut Element, from: &str, to: &str) {
    let has_document = |element: &Element| {
        let data = element.child("Data");
        data.is_some_and(|data| data.children().any(is_document))
    };
    if has_document(element) || element.children().any(has_document) {
        let meta = element.child_mut("Meta");
        let type_ = meta.and_then(|meta| meta.child_mut("Type"));
        if let Some(type_) = type_
            && let Some(family) = strip_suffix_ignoring_case(&type_.text(), from)
        {
            type_.content = vec![Content::Text(format!("{family}{to}"))];
        }
    }
    for content in &mut element.content {
        if let Content::Element(child) = content {
            retype(child, from, to);
        }
    }
}

fn strip_suffix_ignoring_case<'a>(text: &'a str, suffix: &str) -> Option<&'a str> {
    let at = text.len().checked_sub(suffix.len())?;
    let (before, end) = text.split_at_checked(at)?;
    end.eq_ignore_ascii_case(suffix).then_some(before)
}
