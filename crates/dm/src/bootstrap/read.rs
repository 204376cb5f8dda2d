//! Reading a document (OMA Provisioning Content 1.1, DTD and XML form).
//!
//! Strict but for three things that real documents have: a document type
//! declaration without an internal subset, which is skipped and never fetched;
//! comments; parms and characteristics in any order. Anything else that the
//! DTD does not have is refused.

use quick_xml::events::{BytesStart, BytesText, Event};
use quick_xml::{Reader, XmlVersion};

use super::{Characteristic, DocumentLimits, Parm, ProvisioningDoc};
use crate::Error;

/// No element of the DTD has more, and a namespace may be declared.
const MAX_ATTRIBUTES: usize = 4;

impl ProvisioningDoc {
    /// Reads a document in XML.
    ///
    /// # Errors
    /// [`Error::Document`] with the place, [`Error::DocumentTooLarge`] past a
    /// limit.
    pub fn read(octets: &[u8], limits: &DocumentLimits) -> Result<Self, Error> {
        if octets.len() > limits.max_octets {
            return Err(Error::DocumentTooLarge("octets"));
        }
        let text = std::str::from_utf8(octets).map_err(|error| Error::Document {
            at: error.valid_up_to(),
            cause: "not UTF-8",
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if let Some((at, _)) = text.char_indices().find(|(_, c)| !is_xml_char(*c)) {
            return Err(Error::Document {
                at,
                cause: "a character that XML forbids",
            });
        }
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        reader.config_mut().check_comments = true;
        let mut parser = Parser {
            reader,
            limits,
            at: 0,
            elements: 0,
            doctype: false,
            root: None,
            open: Vec::new(),
            in_parm: false,
            closed: false,
        };
        while parser.step()? {}
        parser
            .root
            .filter(|_| parser.closed)
            .ok_or(Error::Document {
                at: text.len(),
                cause: "document ends too early",
            })
    }
}

struct Parser<'a> {
    reader: Reader<&'a [u8]>,
    limits: &'a DocumentLimits,
    at: usize,
    elements: usize,
    doctype: bool,
    root: Option<ProvisioningDoc>,
    /// Open characteristics, outermost first.
    open: Vec<Characteristic>,
    in_parm: bool,
    /// The root has ended.
    closed: bool,
}

impl Parser<'_> {
    fn fault(&self, cause: &'static str) -> Error {
        Error::Document { at: self.at, cause }
    }

    /// Takes one event; whether there are more.
    fn step(&mut self) -> Result<bool, Error> {
        self.at = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
        let event = self
            .reader
            .read_event()
            .map_err(|_| self.fault("not well-formed"))?;
        match event {
            Event::Start(tag) => self.start(&tag)?,
            Event::End(_) => self.end()?,
            Event::Text(text) => self.white_space(&text)?,
            Event::DocType(doctype) => self.doctype(&doctype)?,
            Event::Decl(declaration) => {
                let utf8 = match declaration.encoding() {
                    None => true,
                    Some(Ok(name)) => name.eq_ignore_ascii_case("utf-8"),
                    Some(Err(_)) => false,
                };
                if !utf8 || self.at != 0 || declaration.version().ok().as_deref() != Some("1.0") {
                    return Err(self.fault("not XML 1.0 in UTF-8"));
                }
            }
            Event::Comment(_) => {}
            Event::Eof => return Ok(false),
            _ => return Err(self.fault("neither elements nor comments")),
        }
        Ok(true)
    }

    fn white_space(&self, text: &BytesText<'_>) -> Result<(), Error> {
        let is_space = |c| matches!(c, ' ' | '\t' | '\r' | '\n');
        if text.chars().all(is_space) {
            Ok(())
        } else {
            Err(self.fault("text between elements"))
        }
    }

    fn doctype(&mut self, doctype: &BytesText<'_>) -> Result<(), Error> {
        if self.doctype || self.root.is_some() || doctype.contains('[') {
            return Err(self.fault("a document type with content of its own"));
        }
        self.doctype = true;
        Ok(())
    }

    fn start(&mut self, tag: &BytesStart<'_>) -> Result<(), Error> {
        if self.closed || self.in_parm {
            return Err(self.fault("an element where none may stand"));
        }
        self.elements += 1;
        if self.elements > self.limits.max_elements {
            return Err(Error::DocumentTooLarge("elements"));
        }
        match (tag.name().into_inner(), self.root.is_some()) {
            ("wap-provisioningdoc", false) => {
                let [version] = self.attributes(tag, ["version"])?;
                self.root = Some(ProvisioningDoc {
                    version,
                    characteristics: Vec::new(),
                });
            }
            ("characteristic", true) => {
                let [type_] = self.attributes(tag, ["type"])?;
                let type_ = type_.ok_or_else(|| self.fault("characteristic without type"))?;
                if self.open.len() >= self.limits.max_depth {
                    return Err(Error::DocumentTooLarge("depth"));
                }
                self.open.push(Characteristic::new(type_));
            }
            ("parm", true) => {
                let [name, value] = self.attributes(tag, ["name", "value"])?;
                let name = name.ok_or_else(|| self.fault("parm without name"))?;
                let place = self
                    .open
                    .last_mut()
                    .map(|characteristic| characteristic.parms.push(Parm::new(name, value)));
                place.ok_or_else(|| self.fault("parm outside of a characteristic"))?;
                self.in_parm = true;
            }
            (_, false) => return Err(self.fault("the root is not wap-provisioningdoc")),
            (_, true) => return Err(self.fault("unknown element")),
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Error> {
        if std::mem::take(&mut self.in_parm) {
            return Ok(());
        }
        let Some(done) = self.open.pop() else {
            self.closed = true;
            return Ok(());
        };
        let siblings = match (self.open.last_mut(), &mut self.root) {
            (Some(parent), _) => &mut parent.characteristics,
            (None, Some(root)) => &mut root.characteristics,
            (None, None) => return Err(self.fault("not well-formed")),
        };
        siblings.push(done);
        Ok(())
    }

    /// The attributes of these names; any other but a namespace is refused.
    fn attributes<const N: usize>(
        &self,
        tag: &BytesStart<'_>,
        names: [&str; N],
    ) -> Result<[Option<String>; N], Error> {
        let mut found = [const { None }; N];
        for (index, attribute) in tag.attributes().enumerate() {
            if index >= MAX_ATTRIBUTES {
                return Err(Error::DocumentTooLarge("attributes"));
            }
            let attribute = attribute.map_err(|_| self.fault("malformed attribute"))?;
            if attribute.value.contains('<') {
                return Err(self.fault("malformed attribute"));
            }
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|_| self.fault("unknown reference"))?;
            if !value.chars().all(is_xml_char) {
                return Err(self.fault("a character that XML forbids"));
            }
            let key = attribute.key.into_inner();
            let place = names
                .iter()
                .zip(found.iter_mut())
                .find(|(name, _)| **name == key);
            match place {
                Some((_, place)) => *place = Some(value.into_owned()),
                None if key == "xmlns" => {}
                None => return Err(self.fault("unknown attribute")),
            }
        }
        Ok(found)
    }
}

/// `Char` of XML 1.0.
pub(super) const fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
