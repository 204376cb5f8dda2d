//! What is refused before an XML parser sees the octets (docs/operator-change.md
//! section 3). After this scan the text holds nothing but tags, attributes and
//! characters, so that parsers and canonicalisers have little left to disagree
//! on: no declarations, comments, CDATA, DTD or references, no octet that
//! attribute normalisation or line-end handling would change.

use crate::error::{Fault, XmlDsigError};
use crate::limits::{Limits, MAX_DEPTH};

/// No element of the profile has more, its namespace declarations included.
/// The bound keeps a parser's search for duplicates short.
const MAX_ATTRIBUTES: usize = 4;

/// Returns the text of `octets` when the scan finds nothing to refuse.
pub(crate) fn scan<'a>(octets: &'a [u8], limits: &Limits) -> Result<&'a str, XmlDsigError> {
    if octets.len() > limits.octets {
        return Err(XmlDsigError::LimitExceeded("octets"));
    }
    let text = std::str::from_utf8(octets).map_err(|_| Fault::Encoding)?;
    check_characters(text)?;
    check_tags(text, limits)?;
    Ok(text)
}

/// Whether the profile can carry `character` as text. Stricter than XML: a
/// control character is refused everywhere, not only CR and those inside tags,
/// since no field holds one.
pub(crate) fn is_plain(character: char) -> bool {
    !character.is_control()
        && !matches!(
            character,
            '&' | '<' | '>' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}'
        )
}

fn check_characters(text: &str) -> Result<(), Fault> {
    if text.starts_with('\u{FEFF}') {
        return Err(Fault::ByteOrderMark);
    }
    if text.contains("<!") || text.contains("<?") {
        return Err(Fault::Markup);
    }
    if text.contains('&') {
        return Err(Fault::Reference);
    }
    // Tags are the next check's.
    let other = |character| !is_plain(character) && !matches!(character, '<' | '>');
    if text.chars().any(other) {
        return Err(Fault::ControlCharacter);
    }
    Ok(())
}

/// Walks from tag to tag, counting elements and depth.
fn check_tags(text: &str, limits: &Limits) -> Result<(), XmlDsigError> {
    let mut pieces = text.split('<');
    if pieces.next() != Some("") {
        return Err(Fault::OutsideRoot.into());
    }
    let (mut depth, mut elements, mut closed) = (0usize, 0usize, false);
    for piece in pieces {
        if closed {
            return Err(Fault::OutsideRoot.into());
        }
        let (tag, after) = piece.split_once('>').ok_or(Fault::TagSyntax)?;
        if after.contains('>') {
            return Err(Fault::TagSyntax.into());
        }
        check_attributes(tag)?;
        if tag.starts_with('/') {
            depth = depth.checked_sub(1).ok_or(Fault::TagSyntax)?;
        } else {
            elements += 1;
            if elements > limits.elements {
                return Err(XmlDsigError::LimitExceeded("elements"));
            }
            if depth >= MAX_DEPTH {
                return Err(Fault::Depth.into());
            }
            depth += usize::from(!tag.ends_with('/'));
        }
        closed = depth == 0;
        if closed && !after.is_empty() {
            return Err(Fault::OutsideRoot.into());
        }
    }
    if closed {
        Ok(())
    } else {
        Err(Fault::TagSyntax.into())
    }
}

/// An open quote means that the `>` which ended the tag stood in a value.
fn check_attributes(tag: &str) -> Result<(), Fault> {
    let mut quotes = tag.chars().filter(|c| matches!(c, '"' | '\''));
    let mut attributes = 0;
    while let Some(open) = quotes.next() {
        if !quotes.any(|close| close == open) {
            return Err(Fault::TagSyntax);
        }
        attributes += 1;
    }
    if attributes > MAX_ATTRIBUTES {
        return Err(Fault::Attribute);
    }
    Ok(())
}
