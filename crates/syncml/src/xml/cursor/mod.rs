//! A document as a row of tokens: well-formedness, limits and namespaces are
//! settled here, so that the reader above sees only elements and characters
//! (XML 1.0, Namespaces in XML 1.0). Nothing is copied but texts with
//! references or carriage returns in them.

mod plain;

use std::borrow::Cow;

use super::attribute::{self, Attribute, BadTag};
use super::char::{self, BadReference};
use super::names::{BadName, Names};
use crate::element::Element;
use crate::infoset;
use crate::write::DEEPEST;
use crate::{Error, Limit, Limits, Malformed, Place, Unsupported};

/// One piece of a document. Comments and processing instructions are left out.
pub(super) enum Token<'a> {
    /// A start tag.
    Start(Element),
    /// The end of the innermost open element, which stays open until the next
    /// token is read.
    End,
    /// Characters.
    Text(Cow<'a, str>),
    /// One character that was written as a reference.
    Character(char),
    /// The end of the document.
    Eof,
}

/// Reads a document's tokens in order.
pub(crate) struct Cursor<'a> {
    source: &'a str,
    /// Octets of the byte order mark before `source`.
    skipped: usize,
    /// Octets of `source` that were read.
    position: usize,
    pub(super) limits: Limits,
    pub(super) names: Names<'a>,
    /// The attributes of the tag that was read last.
    attributes: Vec<Attribute<'a>>,
    /// Where the last token began in `source`.
    at: usize,
    stage: Stage,
    /// The innermost element was written as an empty one; its end is due.
    empty: bool,
    /// The innermost element ended with the last token.
    ended: bool,
    /// Declarations up to this depth are outside of the markup being kept.
    pub(super) boundary: usize,
}

/// How nearly every document declares that it is XML.
pub(super) const DECLARATION: &str = r#"<?xml version="1.0" encoding="UTF-8"?>"#;

/// How far the document has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Start,
    Prolog,
    AfterDoctype,
    Root,
    Epilog,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(octets: &'a [u8], limits: &Limits) -> Result<Self, Error> {
        if octets.len() > limits.max_octets {
            return Err(Error::Limit {
                at: place(limits.max_octets),
                limit: Limit::Octets,
            });
        }
        let text = utf8(octets)?;
        let source = text.strip_prefix('\u{feff}').unwrap_or(text);
        let skipped = text.len() - source.len();
        if let Some(offset) = char::first_forbidden(source) {
            return Err(Error::Malformed {
                at: place(offset + skipped),
                cause: Malformed::Character,
            });
        }
        Ok(Self {
            source,
            skipped,
            position: 0,
            limits: *limits,
            names: Names::new(),
            attributes: Vec::new(),
            at: 0,
            stage: Stage::Start,
            empty: false,
            ended: false,
            boundary: 0,
        })
    }

    /// The next token.
    pub(super) fn token(&mut self) -> Result<Token<'a>, Error> {
        self.close_ended();
        loop {
            self.at = self.position;
            if std::mem::take(&mut self.empty) {
                return Ok(self.end());
            }
            let rest = self.rest();
            let mut octets = rest.bytes();
            match (octets.next(), octets.next()) {
                (None, _) => return self.eof(),
                (Some(b'<'), Some(b'/')) => return self.end_tag(rest),
                (Some(b'<'), Some(b'!')) => {
                    if let Some(token) = self.declared(rest)? {
                        return Ok(token);
                    }
                }
                (Some(b'<'), Some(b'?')) => self.instruction(rest)?,
                (Some(b'<'), _) => return self.start(rest).map(Token::Start),
                (Some(b'&'), _) => return self.reference(rest),
                _ => return self.text(rest),
            }
        }
    }

    /// The attributes of the tag that was read last, without its namespace
    /// declarations.
    pub(super) fn written_attributes(&self) -> Result<Vec<infoset::Attribute>, Error> {
        let declares = |name: &str| name == "xmlns" || name.starts_with("xmlns:");
        self.attributes
            .iter()
            .filter(|attribute| !declares(attribute.name))
            .map(|attribute| {
                // XML 1.0 clause 3.3.3; references are resolved after it.
                let value = attribute.value.replace("\r\n", " ");
                let value = value.replace(['\r', '\n', '\t'], " ");
                let value = char::unescape(&value);
                Ok(infoset::Attribute {
                    name: attribute.name.to_owned(),
                    value: value.map_err(|bad| self.bad_reference(bad))?.into_owned(),
                })
            })
            .collect()
    }

    #[inline]
    fn close_ended(&mut self) {
        if std::mem::take(&mut self.ended) {
            self.names.close();
        }
    }

    /// What is not read yet.
    fn rest(&self) -> &'a str {
        self.source.get(self.position..).unwrap_or("")
    }

    /// Octets of `source` that were read.
    pub(super) const fn position(&self) -> usize {
        self.position
    }

    /// The document's text from `start` up to the last token.
    pub(super) fn since(&self, start: usize) -> &'a str {
        self.source.get(start..self.at).unwrap_or("")
    }

    /// Where the last token began.
    pub(super) fn current_place(&self) -> Place {
        Place {
            offset: self.at + self.skipped,
            path: self.names.path(),
        }
    }

    pub(super) fn malformed(&self, cause: Malformed) -> Error {
        Error::Malformed {
            at: self.current_place(),
            cause,
        }
    }

    fn unsupported(&self, cause: Unsupported) -> Error {
        Error::Unsupported {
            at: self.current_place(),
            cause,
        }
    }

    pub(super) fn limit(&self, limit: Limit) -> Error {
        Error::Limit {
            at: self.current_place(),
            limit,
        }
    }

    fn not_well_formed(&self, what: &str) -> Error {
        self.malformed(Malformed::NotWellFormed(what.to_owned()))
    }

    /// Reads up to and with `end`, which must come; gives what is before it,
    /// without the first `skip` octets of `rest`.
    fn up_to(
        &mut self,
        rest: &'a str,
        skip: usize,
        end: &str,
        what: &str,
    ) -> Result<&'a str, Error> {
        let inner = rest.get(skip..).unwrap_or("");
        let Some(length) = inner.find(end) else {
            return Err(self.not_well_formed(what));
        };
        self.position += skip + length + end.len();
        Ok(inner.get(..length).unwrap_or(""))
    }

    /// `rest` begins with `<` and something that is not `/`, `!` or `?`.
    fn start(&mut self, rest: &'a str) -> Result<Element, Error> {
        if self.stage == Stage::Epilog {
            return Err(self.not_well_formed("an element behind the root"));
        }
        self.stage = Stage::Root;
        if self.names.depth() >= self.limits.max_depth.min(DEEPEST) {
            return Err(self.limit(Limit::Depth));
        }
        let Some(length) = attribute::tag_length(rest) else {
            return Err(self.not_well_formed("a start tag without end"));
        };
        self.position += length;
        let inner = rest.get(1..length - 1).unwrap_or("");
        let (inner, empty) = match inner.strip_suffix('/') {
            Some(inner) => (inner, true),
            None => (inner, false),
        };
        self.empty = empty;
        let name_length = inner.bytes().position(char::is_space_octet);
        let (name, rest) = inner
            .split_at_checked(name_length.unwrap_or(inner.len()))
            .unwrap_or((inner, ""));
        let element = Element::named(name.as_bytes());
        if element == Element::Foreign && !char::is_qualified_name(name) {
            return Err(self.not_well_formed("an element without a proper name"));
        }
        self.attributes.clear();
        if !rest.is_empty() {
            self.read_attributes(rest)?;
        }
        let resolved = self.names.open(name, &self.attributes, self.boundary);
        let resolved = resolved.map_err(|bad| match bad {
            BadName::TooMany => self.limit(Limit::Attributes),
            BadName::NotWellFormed(what) => self.not_well_formed(what),
            BadName::Reference(bad) => self.bad_reference(bad),
        })?;
        if resolved.from_outside {
            return Err(self.unsupported(Unsupported::OuterNamespace));
        }
        Ok(match resolved.local {
            _ if !resolved.ours => Element::Foreign,
            local if local.len() == name.len() => element,
            local => Element::named(local.as_bytes()),
        })
    }

    fn read_attributes(&mut self, text: &'a str) -> Result<(), Error> {
        let max = self.limits.max_attributes;
        attribute::read(text, max, &mut self.attributes).map_err(|bad| match bad {
            BadTag::TooMany => self.limit(Limit::Attributes),
            BadTag::NotWellFormed(what) => self.not_well_formed(what),
        })
    }

    fn end_tag(&mut self, rest: &'a str) -> Result<Token<'a>, Error> {
        let Some(length) = rest.bytes().position(|octet| octet == b'>') else {
            return Err(self.not_well_formed("an end tag without end"));
        };
        self.position += length + 1;
        let name = rest.get(2..length).unwrap_or("");
        let open = self.names.current();
        if self.names.depth() == 0
            || !(same(name, open) || name.trim_end_matches(char::is_space) == open)
        {
            return Err(self.not_well_formed("an end tag that does not match"));
        }
        Ok(self.end())
    }

    fn end(&mut self) -> Token<'a> {
        self.ended = true;
        if self.names.depth() == 1 {
            self.stage = Stage::Epilog;
        }
        Token::End
    }

    fn text(&mut self, rest: &'a str) -> Result<Token<'a>, Error> {
        let length = rest.bytes().position(|octet| matches!(octet, b'<' | b'&'));
        let text = rest.get(..length.unwrap_or(rest.len())).unwrap_or("");
        self.position += text.len();
        if self.stage != Stage::Root && !text.bytes().all(char::is_space_octet) {
            return Err(self.malformed(Malformed::Text));
        }
        if text.as_bytes().contains(&b']') && text.contains("]]>") {
            return Err(self.not_well_formed("]]> in text"));
        }
        self.leave_start();
        Ok(Token::Text(char::with_line_feeds(text)))
    }

    fn reference(&mut self, rest: &'a str) -> Result<Token<'a>, Error> {
        self.inside_root("a reference")?;
        let name = self.up_to(rest, 1, ";", "a reference without end")?;
        char::resolve(name)
            .map(Token::Character)
            .map_err(|bad| self.bad_reference(bad))
    }

    /// `rest` begins with `<!`: a comment, a CDATA section or a DTD.
    fn declared(&mut self, rest: &'a str) -> Result<Option<Token<'a>>, Error> {
        const COMMENT: &str = "<!--";
        const CDATA: &str = "<![CDATA[";
        const DOCTYPE: &str = "<!DOCTYPE";
        if rest.starts_with(COMMENT) {
            let text = self.up_to(rest, COMMENT.len(), "-->", "a comment without end")?;
            if text.contains("--") || text.ends_with('-') {
                return Err(self.not_well_formed("-- in a comment"));
            }
            self.leave_start();
            return Ok(None);
        }
        if rest.starts_with(CDATA) {
            self.inside_root("a CDATA section")?;
            let text = self.up_to(rest, CDATA.len(), "]]>", "a CDATA section without end")?;
            return Ok(Some(Token::Text(char::with_line_feeds(text))));
        }
        match rest.strip_prefix(DOCTYPE) {
            Some(inner) if inner.starts_with(char::is_space) => self.doctype(inner)?,
            _ => return Err(self.not_well_formed("a declaration that may not stand here")),
        }
        self.position += DOCTYPE.len();
        Ok(None)
    }

    /// A DTD, from behind its keyword on.
    fn doctype(&mut self, inner: &str) -> Result<(), Error> {
        if self.stage >= Stage::AfterDoctype {
            return Err(self.not_well_formed("a DOCTYPE that may not stand here"));
        }
        self.stage = Stage::AfterDoctype;
        let mut quote = None;
        for (at, octet) in inner.bytes().enumerate() {
            match (quote, octet) {
                (None, b'[') => return Err(self.unsupported(Unsupported::InternalSubset)),
                (None, b'>') => {
                    self.position += at + 1;
                    return Ok(());
                }
                (None, b'"' | b'\'') => quote = Some(octet),
                (Some(open), _) if open == octet => quote = None,
                _ => {}
            }
        }
        Err(self.not_well_formed("a DOCTYPE without end"))
    }

    fn instruction(&mut self, rest: &'a str) -> Result<(), Error> {
        if self.stage == Stage::Start && rest.starts_with(DECLARATION) {
            self.position += DECLARATION.len();
            self.leave_start();
            return Ok(());
        }
        let text = self.up_to(rest, 2, "?>", "a processing instruction without end")?;
        let target = text.split(char::is_space).next().unwrap_or(text);
        if target == "xml" {
            return self.declaration(text.get(target.len()..).unwrap_or(""));
        }
        self.leave_start();
        if target.eq_ignore_ascii_case("xml") || !char::is_qualified_name(target) {
            return Err(self.not_well_formed("a processing instruction without a proper name"));
        }
        Ok(())
    }

    /// The XML declaration (XML 1.0 clause 2.8): its parts are written as
    /// attributes are, but in one order.
    fn declaration(&mut self, inner: &str) -> Result<(), Error> {
        const BAD: &str = "a bad XML declaration";
        if self.stage != Stage::Start {
            return Err(self.not_well_formed("an XML declaration that is not at the start"));
        }
        self.leave_start();
        let mut parts = Vec::new();
        attribute::read(inner, 3, &mut parts).map_err(|_| self.not_well_formed(BAD))?;
        let mut parts = parts.iter().peekable();
        let version = parts.next_if(|part| part.name == "version");
        let encoding = parts.next_if(|part| part.name == "encoding");
        parts.next_if(|part| part.name == "standalone" && matches!(part.value, "yes" | "no"));
        let (Some(version), None) = (version, parts.next()) else {
            return Err(self.not_well_formed(BAD));
        };
        let readable = encoding.is_none_or(|part| {
            let name = part.value;
            name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("us-ascii")
        });
        if version.value == "1.0" && readable {
            Ok(())
        } else {
            Err(self.unsupported(Unsupported::Encoding))
        }
    }

    fn inside_root(&self, what: &str) -> Result<(), Error> {
        if self.stage == Stage::Root {
            Ok(())
        } else {
            Err(self.not_well_formed(&format!("{what} outside of the root")))
        }
    }

    fn leave_start(&mut self) {
        self.stage = self.stage.max(Stage::Prolog);
    }

    fn eof(&self) -> Result<Token<'a>, Error> {
        match self.stage {
            Stage::Epilog => Ok(Token::Eof),
            Stage::Root => Err(self.not_well_formed("an element without an end")),
            _ => Err(self.malformed(Malformed::Root)),
        }
    }

    fn bad_reference(&self, bad: BadReference) -> Error {
        match bad {
            BadReference::Malformed(cause) => self.malformed(cause),
            BadReference::Unsupported(cause) => self.unsupported(cause),
        }
    }
}

/// Whether two short texts are the same, without a call.
fn same(left: &str, right: &str) -> bool {
    left.len() == right.len() && left.bytes().zip(right.bytes()).all(|(l, r)| l == r)
}

const fn place(offset: usize) -> Place {
    Place {
        offset,
        path: String::new(),
    }
}

fn utf8(octets: &[u8]) -> Result<&str, Error> {
    if octets.starts_with(&[0xfe, 0xff]) || octets.starts_with(&[0xff, 0xfe]) {
        let cause = Unsupported::Encoding;
        return Err(Error::Unsupported {
            at: place(0),
            cause,
        });
    }
    std::str::from_utf8(octets).map_err(|fault| Error::Malformed {
        at: place(fault.valid_up_to()),
        cause: Malformed::NotUtf8,
    })
}
