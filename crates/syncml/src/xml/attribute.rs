//! Start tags (XML 1.0 clause 3.1: STag, Attribute and AttValue).

/// An attribute as it stands in its tag; references are not resolved.
pub(super) struct Attribute<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a str,
}

/// What is wrong with a start tag.
pub(super) enum BadTag {
    TooMany,
    NotWellFormed(&'static str),
}

/// The octets of the start tag at the beginning of `text`, `>` included;
/// `None` without one.
pub(super) fn tag_length(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, octet) in text.bytes().enumerate() {
        match (quote, octet) {
            (None, b'>') => return Some(at + 1),
            (None, b'"' | b'\'') => quote = Some(octet),
            (Some(open), _) if open == octet => quote = None,
            _ => {}
        }
    }
    None
}

/// Puts the attributes in `text`, which is a start tag from behind its
/// element's name up to its `>` or `/>`, into `found`; at most `max` of them.
pub(super) fn read<'a>(
    text: &'a str,
    max: usize,
    found: &mut Vec<Attribute<'a>>,
) -> Result<(), BadTag> {
    if let Some(value) = met_inf(text) {
        found.push(Attribute {
            name: "xmlns",
            value,
        });
        return Ok(());
    }
    let mut rest = text;
    loop {
        let trimmed = rest.trim_start_matches(super::char::is_space);
        if trimmed.is_empty() {
            return Ok(());
        }
        if trimmed.len() == rest.len() {
            return Err(BadTag::NotWellFormed(
                "attributes without space between them",
            ));
        }
        if found.len() == max {
            return Err(BadTag::TooMany);
        }
        let (attribute, after) = attribute(trimmed)?;
        if found.iter().any(|other| other.name == attribute.name) {
            return Err(BadTag::NotWellFormed("an attribute given twice"));
        }
        found.push(attribute);
        rest = after;
    }
}

/// The namespace, if `text` is the declaration that most elements with
/// attributes bear, and nothing else.
fn met_inf(text: &str) -> Option<&str> {
    let quoted = text.strip_prefix(" xmlns=")?;
    let quote = quoted.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let value = quoted.get(1..)?.strip_suffix(quote)?;
    (value == "syncml:metinf").then_some(value)
}

fn attribute(text: &str) -> Result<(Attribute<'_>, &str), BadTag> {
    const BAD: BadTag = BadTag::NotWellFormed("an attribute that is not name=\"value\"");
    let (name, after) = text.split_once('=').ok_or(BAD)?;
    let name = name.trim_end_matches(super::char::is_space);
    if name != "xmlns" && !super::char::is_qualified_name(name) {
        return Err(BAD);
    }
    let after = after.trim_start_matches(super::char::is_space);
    let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
    let quoted = quote.and_then(|quote| after.strip_prefix(quote)?.split_once(quote));
    let (value, rest) = quoted.ok_or(BAD)?;
    if value.contains('<') {
        return Err(BadTag::NotWellFormed("< in the value of an attribute"));
    }
    Ok((Attribute { name, value }, rest))
}
