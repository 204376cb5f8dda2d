//! Characters, names and references of XML 1.0 (Fifth Edition, clauses 2.2
//! Char, 2.3 Name and S, 4.1 CharRef and 4.6 predefined entities).

use std::borrow::Cow;

use crate::scan::{self, Word};
use crate::{Malformed, Unsupported};

/// Why a reference can't be resolved.
pub(super) enum BadReference {
    Malformed(Malformed),
    Unsupported(Unsupported),
}

/// `S`: the characters that XML calls white space.
pub(super) const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// [`is_space`] for an octet.
pub(super) const fn is_space_octet(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
}

/// `text` without the white space around it.
#[inline]
pub(crate) fn trim(text: &str) -> &str {
    let bare = |end: Option<&u8>| end.is_some_and(|octet| *octet > b' ');
    let octets = text.as_bytes();
    if bare(octets.first()) && bare(octets.last()) {
        return text;
    }
    text.trim_matches(is_space)
}

/// Octets that may belong to a character that is not a `Char`: control
/// characters, and the first of U+FFFE and U+FFFF. There are no surrogates in a
/// str.
#[inline]
pub(crate) const fn seems_forbidden(word: Word) -> u64 {
    word.below(b' ') | word.is(0xef)
}

/// Octets before the first character of `text` that is not a `Char`.
#[inline]
pub(crate) fn first_forbidden(text: &str) -> Option<usize> {
    const SHORT: usize = 64;
    if text.len() < SHORT && scan::find(text.as_bytes(), seems_forbidden).is_none() {
        return None;
    }
    first_forbidden_of_many(text)
}

fn first_forbidden_of_many(text: &str) -> Option<usize> {
    let suspect = |octet: u8| (octet < b' ' && !is_space_octet(octet)) || octet == 0xef;
    let clean = |octets: &[u8]| !octets.iter().any(|octet| suspect(*octet));
    // Without a way out inside of a block, many octets are looked at at once.
    let plain = |block: &[u8; 64]| {
        let odd = |octet: u8| octet < b' ' || octet == 0xef;
        !block.iter().fold(false, |found, octet| found | odd(*octet))
    };
    let (blocks, rest) = text.as_bytes().as_chunks();
    if blocks.iter().all(|block| plain(block) || clean(block))
        && (scan::find(rest, seems_forbidden).is_none() || clean(rest))
    {
        return None;
    }
    let found = text.char_indices().find(|(_, c)| !is_char(*c));
    found.map(|(offset, _)| offset)
}

/// `text` with every line end as a line feed (XML 1.0 clause 2.11).
pub(super) fn with_line_feeds(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|octet| octet == b'\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

/// `Char`: what may stand in a document at all.
pub(crate) const fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// `NameStartChar`.
const fn starts_name(c: char) -> bool {
    matches!(c,
        ':' | 'A'..='Z' | '_' | 'a'..='z'
        | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}'
        | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}'
        | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}')
}

/// `NameChar`.
const fn goes_on_name(c: char) -> bool {
    starts_name(c)
        || matches!(c,
            '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}

/// Whether `text` is a `Name` with at most one colon, which has something on
/// both sides (Namespaces in XML 1.0 clause 4, QName).
pub(super) fn is_qualified_name(text: &str) -> bool {
    text.split(':').count() <= 2
        && text
            .split(':')
            .all(|part| part.starts_with(starts_name) && part.chars().all(goes_on_name))
}

/// The character that the reference `name` (the text between `&` and `;`)
/// stands for.
pub(super) fn resolve(name: &str) -> Result<char, BadReference> {
    match name {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => match name.strip_prefix('#') {
            Some(number) => character(number),
            None if is_qualified_name(name) => Err(BadReference::Unsupported(Unsupported::Entity)),
            None => Err(BadReference::Malformed(Malformed::NotWellFormed(
                "a reference without a name".to_owned(),
            ))),
        },
    }
}

fn character(number: &str) -> Result<char, BadReference> {
    let (digits, radix) = match number.strip_prefix('x') {
        Some(hex) => (hex, 16),
        None => (number, 10),
    };
    // from_str_radix takes a sign, XML does not.
    let only_digits = digits.chars().all(|c| c.is_digit(radix));
    u32::from_str_radix(digits, radix)
        .ok()
        .filter(|_| only_digits)
        .and_then(char::from_u32)
        .filter(|c| is_char(*c))
        .ok_or(BadReference::Malformed(Malformed::Character))
}

/// `value` of an attribute with its references resolved.
pub(super) fn unescape(value: &str) -> Result<Cow<'_, str>, BadReference> {
    if !value.contains('&') {
        return Ok(Cow::Borrowed(value));
    }
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('&') {
        let (name, tail) = after.split_once(';').ok_or_else(|| {
            BadReference::Malformed(Malformed::NotWellFormed(
                "a reference without end".to_owned(),
            ))
        })?;
        out.push_str(before);
        out.push(resolve(name)?);
        rest = tail;
    }
    out.push_str(rest);
    Ok(Cow::Owned(out))
}
