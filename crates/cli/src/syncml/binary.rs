//! Binary values: octets in WBXML and in trees here, base64 text in XML
//! (SyncML MetaInfo 1.2, "Format": `b64`, `bin`).

use anyhow::{Result, bail};
use data_encoding::BASE64;
use syncml::infoset::{Content, Element};
use syncml::{Data, Format};

use super::path::{enter, leave};

/// How a document carries values of the Format `bin`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// As they are, even where they could be text.
    Octets,
    /// As base64 text.
    Base64,
}

/// Makes octets of the values whose Format is `bin`. Text that is not the
/// base64 that it should be stays.
pub(super) fn settle(root: &mut Element, written: Written) -> Result<()> {
    visit(root, None, &mut String::new(), &mut |element, format, _| {
        if is_bin(element, format)
            && let Some(octets) = octets_of(element, written)
        {
            element.content = vec![Content::Opaque(octets)];
        }
        Ok(())
    })
}

/// Refuses values whose Format is `bin` and that are something else.
pub(super) fn check(root: &mut Element) -> Result<()> {
    visit(
        root,
        None,
        &mut String::new(),
        &mut |element, format, path| {
            let text = |content: &Content| matches!(content, Content::Text(_));
            if is_bin(element, format) && element.content.iter().any(text) {
                bail!("{path} is not the base64 that its Format says");
            }
            Ok(())
        },
    )
}

/// Makes base64 text of octets where the Format says what they are.
pub(super) fn as_text(root: &mut Element) -> Result<()> {
    visit(
        root,
        None,
        &mut String::new(),
        &mut |element, format, path| {
            let octets = |content: &Content| matches!(content, Content::Opaque(_));
            if !element.content.iter().any(octets) {
                return Ok(());
            }
            let base64 = match element.name.as_str() {
                "NextNonce" => true,
                "Data" => matches!(format, Some(Format::Bin | Format::B64)),
                _ => false,
            };
            match element.content.as_slice() {
                [Content::Opaque(octets)] if base64 => {
                    element.content = vec![Content::Text(BASE64.encode(octets))];
                    Ok(())
                }
                _ => bail!("{path} has octets that XML can't carry; JSON can"),
            }
        },
    )
}

fn is_bin(element: &Element, format: Option<&Format>) -> bool {
    element.name == "Data" && format == Some(&Format::Bin)
}

/// `None` if there is nothing or no such value.
fn octets_of(element: &Element, written: Written) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    for content in &element.content {
        match content {
            Content::Element(_) => return None,
            Content::Opaque(octets) => all.extend_from_slice(octets),
            Content::Text(text) if written == Written::Octets => {
                all.extend_from_slice(text.as_bytes());
            }
            Content::Text(text) => {
                let data = Data::text(text.as_str());
                all.extend_from_slice(&data.octets(Some(&Format::Bin)).ok()?);
            }
        }
    }
    (!element.content.is_empty()).then_some(all)
}

type Each<'a> = &'a mut dyn FnMut(&mut Element, Option<&Format>, &str) -> Result<()>;

/// Calls `each` for every element with the Format that counts beside it.
fn visit(
    element: &mut Element,
    around: Option<&Format>,
    path: &mut String,
    each: Each<'_>,
) -> Result<()> {
    let before = enter(path, &element.name);
    each(element, around, path)?;
    let own = own_format(element);
    // An item without a Format has that of its command.
    let inherited = around.filter(|_| element.name == "Item");
    let format = own.as_ref().or(inherited);
    for content in &mut element.content {
        if let Content::Element(child) = content {
            visit(child, format, path, each)?;
        }
    }
    leave(path, before);
    Ok(())
}

fn own_format(element: &Element) -> Option<Format> {
    let meta = if element.name == "Meta" {
        element
    } else {
        element.child("Meta")?
    };
    let format = meta.child("Format")?;
    Some(Format::read(format.text().trim()))
}
