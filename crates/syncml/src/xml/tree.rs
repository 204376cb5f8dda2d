//! Whole documents of any vocabulary as trees, and trees as XML text.

use super::char;
use super::cursor::{Cursor, Token};
use crate::infoset::{Attribute, Content, Element};
use crate::{Error, Limits, Unwritable};

/// Reads a document. White space between elements is left out.
///
/// # Errors
/// [`Error::Malformed`], [`Error::Unsupported`] and [`Error::Limit`].
pub fn read_tree(octets: &[u8], limits: &Limits) -> Result<Element, Error> {
    let mut cursor = Cursor::new(octets, limits)?;
    let mut open: Vec<Element> = Vec::new();
    let root = loop {
        match cursor.token()? {
            Token::Start(_) => {
                let (namespace, name) = cursor.names.resolved();
                let mut element = Element::new(namespace.trim(), name);
                element.attributes = cursor.written_attributes()?;
                open.push(element);
            }
            Token::Text(text) => {
                if let Some(element) = open.last_mut() {
                    element.push_text(&text);
                }
            }
            Token::Character(c) => {
                if let Some(element) = open.last_mut() {
                    element.push_text(c.encode_utf8(&mut [0; 4]));
                }
            }
            Token::End => {
                let Some(mut element) = open.pop() else {
                    continue;
                };
                drop_white_space(&mut element);
                match open.last_mut() {
                    Some(parent) => parent.content.push(Content::Element(element)),
                    None => break element,
                }
            }
            // A document without its root ended in an error.
            Token::Eof => return Ok(Element::default()),
        }
    };
    cursor.finish()?;
    Ok(root)
}

fn drop_white_space(element: &mut Element) {
    if element.children().next().is_some() {
        element.content.retain(|content| match content {
            Content::Text(text) => !text.chars().all(char::is_space),
            Content::Element(_) | Content::Opaque(_) => true,
        });
    }
}

/// Writes a document, without an XML declaration. A namespace is declared
/// where it is another than that of the element around.
///
/// # Errors
/// [`Error::Unwritable`] for characters that XML forbids, for names that are
/// none, which WBXML may have brought, and for octets.
pub fn write_tree(root: &Element) -> Result<String, Error> {
    let mut out = String::new();
    element(root, "", &mut out)?;
    Ok(out)
}

/// Writes what is in an element without a namespace.
pub(crate) fn write_content(content: &[Content], out: &mut String) -> Result<(), Error> {
    content
        .iter()
        .try_for_each(|content| piece(content, "", out))
}

fn piece(content: &Content, namespace: &str, out: &mut String) -> Result<(), Error> {
    match content {
        Content::Element(child) => element(child, namespace, out),
        Content::Text(text) => escaped(text, out),
        Content::Opaque(_) => Err(unwritable(Unwritable::Octets)),
    }
}

const fn unwritable(cause: Unwritable) -> Error {
    Error::Unwritable {
        element: "a tree",
        cause,
    }
}

/// Whether a tag with the names of `element` is one.
fn has_names(element: &Element) -> bool {
    let mut attributes = element.attributes.iter().enumerate();
    char::is_qualified_name(&element.name)
        && !element.name.contains(':')
        && attributes.all(|(at, Attribute { name, .. })| {
            let mut before = element.attributes.iter().take(at);
            char::is_qualified_name(name) && before.all(|other| other.name != *name)
        })
}

fn element(element: &Element, around: &str, out: &mut String) -> Result<(), Error> {
    if !has_names(element) {
        return Err(unwritable(Unwritable::Name));
    }
    out.push('<');
    out.push_str(&element.name);
    if element.namespace != around {
        out.push_str(" xmlns=\"");
        escaped(&element.namespace, out)?;
        out.push('"');
    }
    for Attribute { name, value } in &element.attributes {
        out.push(' ');
        out.push_str(name);
        out.push_str("=\"");
        // White space other than this would be read as this.
        for (at, line) in value.split('\n').enumerate() {
            out.push_str(if at > 0 { "&#10;" } else { "" });
            for (at, part) in line.split('\t').enumerate() {
                out.push_str(if at > 0 { "&#9;" } else { "" });
                escaped(part, out)?;
            }
        }
        out.push('"');
    }
    if element.content.is_empty() {
        out.push_str("/>");
        return Ok(());
    }
    out.push('>');
    for content in &element.content {
        piece(content, &element.namespace, out)?;
    }
    out.push_str("</");
    out.push_str(&element.name);
    out.push('>');
    Ok(())
}

fn escaped(text: &str, out: &mut String) -> Result<(), Error> {
    if char::first_forbidden(text).is_some() {
        return Err(unwritable(Unwritable::Character));
    }
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            c => out.push(c),
        }
    }
    Ok(())
}
