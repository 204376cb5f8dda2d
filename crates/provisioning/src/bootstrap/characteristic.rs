//! Characteristics and parms of a wap-provisioningdoc (OMA ProvCont 1.1 clause
//! 4), in the plain subset that bootstraps use: no DTD, no entity, no comment,
//! attributes `type`, `name` and `value` only.

use std::fmt::Write as _;

use roxmltree::{Document, Node, ParsingOptions};

use crate::ProvisioningError;

/// The deepest nesting of characteristics.
const MAX_DEPTH: usize = 4;
/// The most nodes in a document.
const MAX_NODES: u32 = 512;

/// A characteristic with its parms and the characteristics in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Characteristic {
    kind: String,
    parms: Vec<(String, String)>,
    inner: Vec<Characteristic>,
}

impl Characteristic {
    pub(super) fn new(kind: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            ..Self::default()
        }
    }

    pub(super) fn parm(mut self, name: &str, value: impl Into<String>) -> Self {
        self.parms.push((name.to_owned(), value.into()));
        self
    }

    pub(super) fn with(mut self, inner: Self) -> Self {
        self.inner.push(inner);
        self
    }

    /// The one parm of this name.
    pub(super) fn value(&self, name: &'static str) -> Result<&str, ProvisioningError> {
        let mut found = self.parms.iter().filter(|(known, _)| known == name);
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Ok(value),
            _ => Err(ProvisioningError::Malformed(name)),
        }
    }

    /// All characteristics of this type directly inside.
    pub(super) fn all<'a>(&'a self, kind: &'static str) -> impl Iterator<Item = &'a Self> {
        self.inner.iter().filter(move |inner| inner.kind == kind)
    }

    /// The one characteristic of this type directly inside.
    pub(super) fn one(&self, kind: &'static str) -> Result<&Self, ProvisioningError> {
        let mut found = self.all(kind);
        match (found.next(), found.next()) {
            (Some(inner), None) => Ok(inner),
            _ => Err(ProvisioningError::Malformed(kind)),
        }
    }

    /// Refuses parms and characteristics beside these.
    pub(super) fn only(&self, parms: &[&str], inner: &[&str]) -> Result<(), ProvisioningError> {
        let known = self
            .parms
            .iter()
            .all(|(name, _)| parms.contains(&name.as_str()))
            && self
                .inner
                .iter()
                .all(|other| inner.contains(&other.kind.as_str()));
        if known {
            Ok(())
        } else {
            Err(ProvisioningError::Malformed(
                "a parm or characteristic that has no place there",
            ))
        }
    }

    /// The document with these characteristics at its top.
    pub(super) fn document(inner: Vec<Self>) -> Result<String, ProvisioningError> {
        let mut text = String::from("<wap-provisioningdoc version=\"1.1\">");
        for characteristic in &inner {
            characteristic.write(&mut text)?;
        }
        text.push_str("</wap-provisioningdoc>");
        Ok(text)
    }

    fn write(&self, text: &mut String) -> Result<(), ProvisioningError> {
        let unwritable = |_| ProvisioningError::Malformed("a bootstrap value");
        write!(text, "<characteristic type=\"{}\">", plain(&self.kind)?).map_err(unwritable)?;
        for (name, value) in &self.parms {
            write!(
                text,
                "<parm name=\"{}\" value=\"{}\"/>",
                plain(name)?,
                plain(value)?
            )
            .map_err(unwritable)?;
        }
        for inner in &self.inner {
            inner.write(text)?;
        }
        text.push_str("</characteristic>");
        Ok(())
    }

    /// Reads a document; what is at its top is inside the value returned.
    pub(super) fn read(octets: &[u8]) -> Result<Self, ProvisioningError> {
        let malformed = ProvisioningError::refused("bootstrap-malformed");
        let Ok(text) = std::str::from_utf8(octets) else {
            return Err(malformed);
        };
        if text.contains("<!")
            || text.contains("<?")
            || text.contains('&')
            || depth(text) > MAX_DEPTH + 2
        {
            return Err(malformed);
        }
        let options = ParsingOptions {
            allow_dtd: false,
            nodes_limit: MAX_NODES,
            ..ParsingOptions::default()
        };
        let Ok(document) = Document::parse_with_options(text, options) else {
            return Err(malformed);
        };
        let root = document.root_element();
        let mut attributes = root.attributes();
        let version = attributes
            .next()
            .map(|attribute| (attribute.name(), attribute.value()));
        let is_ours = root.tag_name().name() == "wap-provisioningdoc"
            && root.tag_name().namespace().is_none()
            && version == Some(("version", "1.1"))
            && attributes.next().is_none();
        if is_ours {
            Self::content(String::new(), root, 0)
        } else {
            Err(malformed)
        }
    }

    fn content(kind: String, node: Node<'_, '_>, depth: usize) -> Result<Self, ProvisioningError> {
        let malformed = || ProvisioningError::refused("bootstrap-malformed");
        let mut this = Self {
            kind,
            ..Self::default()
        };
        for child in node.children() {
            let attributes: Vec<(&str, &str)> = child
                .attributes()
                .map(|attribute| (attribute.name(), attribute.value()))
                .collect();
            match (child.tag_name().name(), attributes.as_slice()) {
                ("parm", [("name", name), ("value", value)]) if !child.has_children() => {
                    this.parms.push(((*name).to_owned(), (*value).to_owned()));
                }
                ("characteristic", [("type", kind)]) if depth < MAX_DEPTH => {
                    this.inner
                        .push(Self::content((*kind).to_owned(), child, depth + 1)?);
                }
                _ => return Err(malformed()),
            }
        }
        Ok(this)
    }
}

/// Texts that need no escaping: what a bootstrap says is ASCII.
fn plain(text: &str) -> Result<&str, ProvisioningError> {
    let fits = text
        .bytes()
        .all(|octet| matches!(octet, b' '..=b'~') && !b"&<>\"'".contains(&octet));
    if fits {
        Ok(text)
    } else {
        Err(ProvisioningError::Malformed("a bootstrap value"))
    }
}

/// How deep start tags nest, before a parser that recurses sees them.
fn depth(text: &str) -> usize {
    let (mut now, mut most) = (0usize, 0usize);
    for piece in text.split('<').skip(1) {
        let end = piece.find('>').unwrap_or(piece.len());
        let tag = piece.get(..end).unwrap_or(piece);
        if tag.starts_with('/') {
            now = now.saturating_sub(1);
        } else {
            most = most.max(now + 1);
            now += usize::from(!tag.ends_with('/'));
        }
    }
    most
}
