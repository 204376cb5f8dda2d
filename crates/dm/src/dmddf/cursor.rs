//! A document as elements and their texts. Well-formedness, namespaces and
//! depth are settled here (XML 1.0, Namespaces in XML 1.0).
//!
//! Elements of a namespace that is not SyncML's are left out with what is in
//! them, and so are comments, processing instructions and attributes. A
//! document type declaration without an internal subset is skipped and never
//! fetched.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use zeroize::Zeroizing;

use super::TreeDocumentLimits;
use super::char::{is_space, is_xml_char, resolve};
use super::content::is_readable;
use super::names::{Names, Owner};
use crate::Error;

/// Attributes of one element, namespaces included.
const MAX_ATTRIBUTES: usize = 16;
/// Elements inside each other beyond the nodes: the root, what a node has in
/// it, and vendors' own.
const MORE_DEPTH: usize = 16;
/// Children of one element that is not a node. The longest list of the DTD is
/// that of the media types of a leaf.
const MAX_PIECES: usize = 64;

/// What is inside an element without nodes: its own text, and each child with
/// its text.
pub(crate) struct Pieces {
    pub(crate) text: String,
    pub(crate) children: Vec<(&'static str, String)>,
}

enum Token {
    Start(&'static str),
    End,
    Text(Zeroizing<String>),
    Eof,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Prolog,
    AfterDoctype,
    Root,
    Epilog,
}

/// Reads a document from its start to its end.
pub(crate) struct Cursor<'a> {
    reader: Reader<&'a [u8]>,
    /// Octets of the byte order mark.
    skipped: usize,
    at: usize,
    max_depth: usize,
    names: Names,
    /// The innermost of the open elements that are a vendor's.
    foreign: usize,
    stage: Stage,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(xml: &'a str, limits: &TreeDocumentLimits) -> Result<Self, Error> {
        if xml.len() > limits.max_octets {
            return Err(Error::TreeDocumentTooLarge("octets"));
        }
        if let Some((at, _)) = xml.char_indices().find(|(_, c)| !is_xml_char(*c)) {
            let cause = "a character that XML forbids";
            return Err(Error::TreeDocument { at, cause });
        }
        let text = xml.strip_prefix('\u{feff}').unwrap_or(xml);
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        reader.config_mut().check_comments = true;
        Ok(Self {
            reader,
            skipped: xml.len() - text.len(),
            at: 0,
            max_depth: limits.depth() + MORE_DEPTH,
            names: Names::default(),
            foreign: 0,
            stage: Stage::Prolog,
        })
    }

    pub(crate) fn fault(&self, cause: &'static str) -> Error {
        Error::TreeDocument {
            at: self.at + self.skipped,
            cause,
        }
    }

    pub(crate) fn misplaced(&self) -> Error {
        self.fault("an element where none may stand")
    }

    /// Reads the open element into `place`, which it may fill once.
    pub(crate) fn once<T>(
        &mut self,
        place: &mut Option<T>,
        read: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<(), Error> {
        if place.is_some() {
            return Err(self.fault("an element twice"));
        }
        *place = Some(read(self)?);
        Ok(())
    }

    /// Enters the root, which is `MgmtTree`.
    pub(crate) fn root(&mut self) -> Result<(), Error> {
        match self.next_child()? {
            Some("MgmtTree") => Ok(()),
            _ => Err(self.fault("the root is not MgmtTree")),
        }
    }

    /// Enters the next child of the open element, or leaves the element.
    pub(crate) fn next_child(&mut self) -> Result<Option<&'static str>, Error> {
        loop {
            match self.token()? {
                Token::Start(name) => return Ok(Some(name)),
                Token::End => return Ok(None),
                Token::Text(text) if text.chars().all(is_space) => {}
                Token::Text(_) => return Err(self.fault("text between elements")),
                Token::Eof => return Err(self.fault("document ends too early")),
            }
        }
    }

    /// The text of the open element, as it stands, and leaves the element.
    pub(crate) fn text(&mut self) -> Result<Zeroizing<String>, Error> {
        let mut all = Zeroizing::new(String::new());
        loop {
            match self.token()? {
                Token::Text(text) => all.push_str(&text),
                Token::End => return Ok(all),
                Token::Start(_) => return Err(self.fault("an element inside a text")),
                Token::Eof => return Err(self.fault("document ends too early")),
            }
        }
    }

    /// The same without white space around it.
    pub(crate) fn field(&mut self) -> Result<String, Error> {
        Ok(self.text()?.trim_matches(is_space).to_owned())
    }

    /// The pieces of the open element, and leaves it.
    pub(crate) fn pieces(&mut self) -> Result<Pieces, Error> {
        let mut own = Zeroizing::new(String::new());
        let mut children = Vec::new();
        loop {
            match self.token()? {
                Token::Text(text) => own.push_str(&text),
                Token::Start(_) if children.len() == MAX_PIECES => {
                    return Err(Error::TreeDocumentTooLarge("properties"));
                }
                Token::Start(name) => children.push((name, self.field()?)),
                Token::End => break,
                Token::Eof => return Err(self.fault("document ends too early")),
            }
        }
        let text = own.trim_matches(is_space).to_owned();
        Ok(Pieces { text, children })
    }

    /// Leaves the open element with whatever is in it.
    pub(crate) fn skip(&mut self) -> Result<(), Error> {
        let outside = self.names.depth().saturating_sub(1);
        while self.names.depth() > outside {
            if matches!(self.token()?, Token::Eof) {
                return Err(self.fault("document ends too early"));
            }
        }
        Ok(())
    }

    /// Reads what is behind the root.
    pub(crate) fn finish(&mut self) -> Result<(), Error> {
        loop {
            match self.token()? {
                Token::Eof => return Ok(()),
                Token::Text(text) if text.chars().all(is_space) => {}
                _ => return Err(self.fault("more than the root")),
            }
        }
    }

    fn token(&mut self) -> Result<Token, Error> {
        loop {
            self.at = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
            let event = self.reader.read_event();
            let token = match event.map_err(|_| self.fault("not well-formed"))? {
                Event::Start(tag) => self.start(&tag)?.map(Token::Start),
                Event::End(_) => self.end(),
                Event::Text(text) if text.contains("]]>") => {
                    return Err(self.fault("]]> in a text"));
                }
                Event::Text(text) => self.characters(&text.xml10_content())?,
                Event::CData(_) | Event::GeneralRef(_) if self.stage != Stage::Root => {
                    return Err(self.fault("text outside of the root"));
                }
                Event::CData(text) => self.characters(&text.xml10_content())?,
                Event::GeneralRef(name) => {
                    let character = resolve(&name).ok_or_else(|| self.fault("unknown reference"));
                    self.characters(character?.encode_utf8(&mut [0; 4]))?
                }
                Event::Decl(declaration) if self.at == 0 && is_readable(&declaration) => None,
                Event::Decl(_) => return Err(self.fault("not XML 1.0 in UTF-8")),
                Event::DocType(doctype) => self.doctype(&doctype)?,
                Event::Eof => Some(Token::Eof),
                // Empty elements come as Start and End.
                Event::Comment(_) | Event::PI(_) | Event::Empty(_) => None,
            };
            if let Some(token) = token {
                return Ok(token);
            }
        }
    }

    fn start(&mut self, tag: &BytesStart<'_>) -> Result<Option<&'static str>, Error> {
        if self.stage == Stage::Epilog {
            return Err(self.fault("more than the root"));
        }
        self.stage = Stage::Root;
        if self.names.depth() >= self.max_depth {
            return Err(Error::TreeDocumentTooLarge("depth"));
        }
        self.names.open();
        self.attributes(tag)?;
        match self.names.owner(tag.name().into_inner()) {
            Owner::Undeclared => Err(self.fault("a prefix without a namespace")),
            _ if self.foreign > 0 => Ok(None),
            Owner::Dtd(name) => Ok(Some(name)),
            Owner::Foreign if self.names.depth() > 1 => {
                self.foreign = self.names.depth();
                Ok(None)
            }
            Owner::Foreign | Owner::Unknown => Err(self.fault("unknown element")),
        }
    }

    fn attributes(&mut self, tag: &BytesStart<'_>) -> Result<(), Error> {
        for (index, attribute) in tag.attributes().enumerate() {
            if index == MAX_ATTRIBUTES {
                return Err(Error::TreeDocumentTooLarge("attributes"));
            }
            let attribute = attribute.map_err(|_| self.fault("malformed attribute"))?;
            if attribute.value.contains('<') {
                return Err(self.fault("malformed attribute"));
            }
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|_| self.fault("unknown reference"))?;
            self.names.declare(attribute.key.into_inner(), &value);
        }
        Ok(())
    }

    fn end(&mut self) -> Option<Token> {
        let depth = self.names.depth();
        self.names.close();
        if depth == 1 {
            self.stage = Stage::Epilog;
        }
        if self.foreign == 0 {
            return Some(Token::End);
        }
        if self.foreign == depth {
            self.foreign = 0;
        }
        None
    }

    fn characters(&self, text: &str) -> Result<Option<Token>, Error> {
        if self.stage != Stage::Root && !text.chars().all(is_space) {
            return Err(self.fault("text outside of the root"));
        }
        Ok((self.foreign == 0).then(|| Token::Text(Zeroizing::new(text.to_owned()))))
    }

    fn doctype(&mut self, doctype: &str) -> Result<Option<Token>, Error> {
        if self.stage >= Stage::AfterDoctype || doctype.contains('[') {
            return Err(self.fault("a document type with content of its own"));
        }
        self.stage = Stage::AfterDoctype;
        Ok(None)
    }
}
