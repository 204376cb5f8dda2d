//! A document as a tree of elements, whatever it was read from. Values of the
//! Format `bin` are octets in it (SyncML MetaInfo 1.2, "Format").

use anyhow::{Result, anyhow, bail};
use syncml::infoset::{Content, Element};
use syncml::wbxml::Language;
use syncml::{Error, Limits, Message, wbxml, xml};

use super::binary::{self, Written};
use super::input::MAX_OCTETS;
use super::json;

/// The most elements inside each other: JSON needs two levels for one, and its
/// reader has 127.
const DEEPEST: usize = 60;

/// What a document is written in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Wbxml,
    Xml,
    Json,
}

impl Form {
    /// A document's first octets tell: WBXML has its version there.
    pub(super) fn of(octets: &[u8]) -> Result<Self> {
        let text = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
        match (octets.first(), text.trim_ascii_start().first()) {
            (Some(0..=3), _) => Ok(Self::Wbxml),
            (_, Some(b'<')) => Ok(Self::Xml),
            (_, Some(b'{')) => Ok(Self::Json),
            (None, _) => bail!("nothing in it"),
            (Some(first), _) => bail!(
                "neither WBXML 1.0 to 1.3 (00 to 03) nor XML (<) nor JSON ({{): \
                 octet 0 is {first:02x}"
            ),
        }
    }
}

/// A document.
pub(super) struct Document(Element);

impl Document {
    pub(super) fn read(form: Form, octets: &[u8]) -> Result<Self> {
        let mut root = match form {
            Form::Wbxml => wbxml::read_tree(octets, &limits())?,
            Form::Xml => xml::read_tree(octets, &limits())?,
            Form::Json => json::read(octets)?,
        };
        if depth(&root) > DEEPEST {
            bail!("more than {DEEPEST} elements inside each other");
        }
        let written = match form {
            Form::Wbxml => Written::Octets,
            Form::Xml | Form::Json => Written::Base64,
        };
        binary::settle(&mut root, written)?;
        Ok(Self(root))
    }

    /// A message without its secrets.
    pub(super) fn read_masked(form: Form, octets: &[u8]) -> Result<Self> {
        let Self(root) = Self::read(form, octets)?;
        if Language::rooted(&root.name) != Some(Language::SyncMl) {
            bail!("--masked is for SyncML messages, and this is {}", root.name);
        }
        let message: Message = match form {
            Form::Wbxml => wbxml::decode(octets, &limits())?,
            Form::Xml | Form::Json => xml::decode(octets, &limits())?,
        };
        Self::read(Form::Xml, &xml::encode(&message.masked())?)
    }

    /// As indented XML.
    pub(super) fn xml(self) -> Result<String> {
        let Self(mut root) = self;
        binary::as_text(&mut root)?;
        indent(&mut root, 0);
        let text = xml::write_tree(&root).map_err(unwritable)?;
        Ok(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{text}\n"
        ))
    }

    /// As JSON.
    pub(super) fn json(self) -> Result<String> {
        json::write(self.0)
    }

    /// As WBXML.
    pub(super) fn wbxml(self) -> Result<Vec<u8>> {
        let Self(mut root) = self;
        match Language::rooted(&root.name) {
            Some(Language::SyncMl) => {
                binary::check(&mut root)?;
                foreign_as_text(&mut root)?;
            }
            Some(_) => {}
            None => bail!(
                "{} has no WBXML: SyncML, MetInf, DevInf, MgmtTree and \
                 wap-provisioningdoc have",
                root.name
            ),
        }
        wbxml::write_tree(&root).map_err(unwritable)
    }
}

fn limits() -> Limits {
    Limits {
        max_depth: DEEPEST,
        max_octets: MAX_OCTETS,
        max_text: MAX_OCTETS,
        max_commands: MAX_OCTETS,
        max_items: MAX_OCTETS,
        ..Limits::default()
    }
}

fn depth(element: &Element) -> usize {
    let below = element.children().map(depth).max();
    below.unwrap_or_default().saturating_add(1)
}

/// An error of writing has a path and no octet.
fn unwritable(error: Error) -> anyhow::Error {
    match error {
        Error::Unsupported { at, cause } => anyhow!("can't be written: {}: {cause}", at.path),
        Error::Unwritable { cause, .. } => anyhow!("can't be written: {cause}"),
        error => error.into(),
    }
}

/// Breaks lines between elements, where they do not count.
fn indent(element: &mut Element, depth: usize) {
    let all_elements = element
        .content
        .iter()
        .all(|content| matches!(content, Content::Element(_)));
    if element.content.is_empty() || !all_elements {
        return;
    }
    let line = |depth: usize| Content::Text(format!("\n{}", "  ".repeat(depth)));
    let inside = depth.saturating_add(1);
    for mut content in std::mem::take(&mut element.content) {
        if let Content::Element(child) = &mut content {
            indent(child, inside);
        }
        element.content.extend([line(inside), content]);
    }
    element.content.push(line(depth));
}

/// Markup in data that no language with tokens has travels as text, as in the
/// messages of the engines.
fn foreign_as_text(element: &mut Element) -> Result<()> {
    if element.name == "Data" && element.children().any(is_foreign) {
        let mut text = String::new();
        for content in &element.content {
            text.push_str(&markup(content)?);
        }
        element.content = vec![Content::Text(text)];
        return Ok(());
    }
    for content in &mut element.content {
        if let Content::Element(child) = content {
            foreign_as_text(child)?;
        }
    }
    Ok(())
}

fn is_foreign(element: &Element) -> bool {
    if Language::rooted(&element.name).is_some() {
        return false;
    }
    let mut alone = Element::new("", "SyncML");
    alone.content.push(Content::Element(element.clone()));
    wbxml::write_tree(&alone).is_err()
}

fn markup(content: &Content) -> Result<String> {
    match content {
        Content::Element(child) => xml::write_tree(child).map_err(unwritable),
        Content::Text(text) => {
            let text = text.replace('&', "&amp;").replace('<', "&lt;");
            Ok(text.replace('>', "&gt;"))
        }
        Content::Opaque(_) => bail!("can't be written: octets beside markup in Data"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_octets_tell_what_a_document_is() {
        let form = |octets: &[u8]| Form::of(octets).ok();
        for wbxml in [&b"\x02\xa4\x01"[..], b"\x00", b"\x03\x0b"] {
            assert!(form(wbxml) == Some(Form::Wbxml));
        }
        for xml in [&b"<a/>"[..], b"\r\n <a/>", b"\xef\xbb\xbf<a/>"] {
            assert!(form(xml) == Some(Form::Xml));
        }
        assert!(form(b" {}") == Some(Form::Json));
        for none in [&b""[..], b"\x04", b"[]", b"\xff\xfe<", b"  "] {
            assert!(form(none).is_none());
        }
    }

    #[test]
    fn only_lines_between_elements_are_broken() {
        let text = "<a><b>1 <c/> 2</b><d/><e><f> </f></e></a>";
        let document = Document::read(Form::Xml, text.as_bytes()).unwrap();
        let wanted = "<a>\n  <b>1 <c/> 2</b>\n  <d/>\n  <e>\n    <f> </f>\n  </e>\n</a>\n";
        let shown = document.xml().unwrap();
        assert_eq!(shown.split_once('\n').unwrap().1, wanted);
    }
}
