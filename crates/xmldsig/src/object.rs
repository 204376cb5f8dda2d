//! The object of a signed document, written in canonical form: elements with
//! text, nested at most once (docs/operator-change.md section 3).

use openssl::sha::sha256;

use crate::document_type::DocumentType;
use crate::error::XmlDsigError;
use crate::scan::is_plain;

/// The value of the object's `Id` attribute.
pub(crate) const OBJECT_ID: &str = "o";

/// Writes an object field by field. Nothing that would need escaping can be
/// written: every field of the operator change is hex, base64, a URI, a number
/// or plain text, and readers refuse references altogether.
#[derive(Clone, Debug)]
pub struct ObjectWriter {
    document_type: DocumentType,
    content: String,
}

/// Writes the fields of one group.
#[derive(Debug)]
pub struct GroupWriter {
    content: String,
}

/// A finished object: its canonical octets, beginning with
/// `<NAME xmlns="NAMESPACE" Id="o">`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    document_type: DocumentType,
    octets: String,
}

impl ObjectWriter {
    /// Starts an object of `document_type` without fields.
    #[must_use]
    pub const fn new(document_type: DocumentType) -> Self {
        Self {
            document_type,
            content: String::new(),
        }
    }

    /// Appends the field `<name>text</name>`. Repeating a name gives a list.
    ///
    /// # Errors
    /// [`XmlDsigError::Misuse`] when `name` is not a letter followed by letters
    /// and digits of ASCII, or `text` holds `&`, `<`, `>`, a control character,
    /// U+FEFF, U+FFFE or U+FFFF. Nothing is appended then.
    pub fn field(&mut self, name: &str, text: &str) -> Result<&mut Self, XmlDsigError> {
        append_field(&mut self.content, name, text)?;
        Ok(self)
    }

    /// Appends the group `<name>…</name>` with what `fill` writes.
    ///
    /// # Errors
    /// [`XmlDsigError::Misuse`] as for [`Self::field`], or when `fill` writes
    /// no field: an empty group could not be told from an empty text. Whatever
    /// `fill` returns. Nothing is appended then.
    pub fn group(
        &mut self,
        name: &str,
        fill: impl FnOnce(&mut GroupWriter) -> Result<(), XmlDsigError>,
    ) -> Result<&mut Self, XmlDsigError> {
        let mut group = GroupWriter {
            content: String::new(),
        };
        fill(&mut group)?;
        if group.content.is_empty() {
            return Err(XmlDsigError::Misuse("a group without fields"));
        }
        append_element(&mut self.content, name, &group.content)?;
        Ok(self)
    }

    /// Closes the object.
    #[must_use]
    pub fn finish(self) -> Object {
        let name = self.document_type.object_name();
        let namespace = self.document_type.namespace();
        let content = self.content;
        Object {
            document_type: self.document_type,
            octets: format!(r#"<{name} xmlns="{namespace}" Id="{OBJECT_ID}">{content}</{name}>"#),
        }
    }
}

impl GroupWriter {
    /// Appends the field `<name>text</name>` to the group.
    ///
    /// # Errors
    /// As for [`ObjectWriter::field`].
    pub fn field(&mut self, name: &str, text: &str) -> Result<&mut Self, XmlDsigError> {
        append_field(&mut self.content, name, text)?;
        Ok(self)
    }
}

impl Object {
    /// The type that the object was written for.
    #[must_use]
    pub const fn document_type(&self) -> DocumentType {
        self.document_type
    }

    /// The canonical octets.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        self.octets.as_bytes()
    }

    /// SHA-256 over the canonical octets: the digest by which other documents
    /// name this one.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        sha256(self.octets())
    }

    pub(crate) fn text(&self) -> &str {
        &self.octets
    }
}

/// Whether an element of an object may have this name.
pub(crate) fn is_field_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|other| other.is_ascii_alphanumeric())
}

fn append_field(content: &mut String, name: &str, text: &str) -> Result<(), XmlDsigError> {
    if !text.chars().all(is_plain) {
        return Err(XmlDsigError::Misuse(
            "a field's text that would need escaping",
        ));
    }
    append_element(content, name, text)
}

fn append_element(content: &mut String, name: &str, inner: &str) -> Result<(), XmlDsigError> {
    if !is_field_name(name) {
        return Err(XmlDsigError::Misuse("a field name outside [A-Za-z0-9]"));
    }
    for part in ["<", name, ">", inner, "</", name, ">"] {
        content.push_str(part);
    }
    Ok(())
}
