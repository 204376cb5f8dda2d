//! A document as a row of tokens: well-formedness, limits and namespaces are
//! settled here, so that the reader above sees only elements and characters
//! (XML 1.0, Namespaces in XML 1.0).

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::char::{self, BadReference};
use super::names::{BadName, Names};
use super::tag::{self, BadTag};
use crate::{Error, Limit, Limits, Malformed, Place, Unsupported};

/// No document goes deeper, whatever its [`Limits`] say: the reader above
/// recurses once for each level of groups.
pub(super) const DEEPEST: usize = 128;

/// One piece of a document. Comments and processing instructions are left out.
pub(super) enum Token<'a> {
    /// A start tag: the local name, empty if its namespace is foreign.
    Start(&'a str),
    /// The end of the innermost open element, which stays open until the next
    /// token is read.
    End,
    /// Characters.
    Text(String),
    /// One character that was written as a reference.
    Character(char),
    /// The end of the document.
    Eof,
}

/// Reads a document's tokens in order.
pub(super) struct Cursor<'a> {
    source: &'a str,
    /// Octets of the byte order mark before `source`.
    skipped: usize,
    reader: Reader<&'a [u8]>,
    pub(super) limits: Limits,
    pub(super) names: Names<'a>,
    /// Where the last token began in `source`.
    at: usize,
    stage: Stage,
    /// The innermost element ended with the last token.
    ended: bool,
    /// Declarations up to this depth are outside of the markup being kept.
    pub(super) boundary: usize,
}

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
            let at = place(limits.max_octets);
            return Err(Error::Limit {
                at,
                limit: Limit::Octets,
            });
        }
        let text = utf8(octets)?;
        let source = text.strip_prefix('\u{feff}').unwrap_or(text);
        let skipped = text.len() - source.len();
        if let Some((offset, _)) = source.char_indices().find(|(_, c)| !char::is_char(*c)) {
            let at = place(offset + skipped);
            return Err(Error::Malformed {
                at,
                cause: Malformed::Character,
            });
        }
        let mut reader = Reader::from_str(source);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_comments = true;
        Ok(Self {
            source,
            skipped,
            reader,
            limits: *limits,
            names: Names::default(),
            at: 0,
            stage: Stage::Start,
            ended: false,
            boundary: 0,
        })
    }

    /// The next token.
    pub(super) fn token(&mut self) -> Result<Token<'a>, Error> {
        if std::mem::take(&mut self.ended) {
            self.names.close();
        }
        loop {
            self.at = self.position();
            let event = self
                .reader
                .read_event()
                .map_err(|fault| self.broken(&fault))?;
            match event {
                Event::Start(tag) => return self.start(&tag).map(Token::Start),
                Event::End(_) => return Ok(self.end()),
                Event::Text(text) => return self.text(text.xml10_content().into_owned()),
                Event::CData(text) => {
                    self.inside_root("a CDATA section")?;
                    return Ok(Token::Text(text.xml10_content().into_owned()));
                }
                Event::GeneralRef(name) => {
                    self.inside_root("a reference")?;
                    let resolved = char::resolve(&name).map_err(|bad| self.bad_reference(bad));
                    return resolved.map(Token::Character);
                }
                Event::Decl(_) => self.declaration()?,
                Event::DocType(doctype) => self.doctype(&doctype)?,
                Event::PI(instruction) => self.instruction(instruction.target())?,
                Event::Comment(_) => self.leave_start(),
                // Expanded into Start and End.
                Event::Empty(_) => {}
                Event::Eof => return self.eof(),
            }
        }
    }

    /// Octets of `source` that were read.
    pub(super) fn position(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    /// The document's text from `start` up to the last token.
    pub(super) fn since(&self, start: usize) -> &'a str {
        self.source.get(start..self.at).unwrap_or("")
    }

    /// Where the last token began.
    pub(super) fn place(&self) -> Place {
        Place {
            offset: self.at + self.skipped,
            path: self.names.path(),
        }
    }

    pub(super) fn malformed(&self, cause: Malformed) -> Error {
        Error::Malformed {
            at: self.place(),
            cause,
        }
    }

    pub(super) fn unsupported(&self, cause: Unsupported) -> Error {
        Error::Unsupported {
            at: self.place(),
            cause,
        }
    }

    pub(super) fn limit(&self, limit: Limit) -> Error {
        Error::Limit {
            at: self.place(),
            limit,
        }
    }

    fn not_well_formed(&self, what: &str) -> Error {
        self.malformed(Malformed::NotWellFormed(what.to_owned()))
    }

    fn start(&mut self, tag: &BytesStart<'_>) -> Result<&'a str, Error> {
        if self.stage == Stage::Epilog {
            return Err(self.not_well_formed("an element behind the root"));
        }
        self.stage = Stage::Root;
        if self.names.depth() >= self.limits.max_depth.min(DEEPEST) {
            return Err(self.limit(Limit::Depth));
        }
        let text = self.source.get(self.at + 1..self.position()).unwrap_or("");
        let parts = text.split_at_checked(tag.name().as_ref().len());
        let (name, rest) = parts.unwrap_or((text, ""));
        let inner = rest.strip_suffix("/>").or_else(|| rest.strip_suffix('>'));
        let attributes = tag::attributes(inner.unwrap_or(rest), self.limits.max_attributes)
            .map_err(|bad| match bad {
                BadTag::TooMany => self.limit(Limit::Attributes),
                BadTag::NotWellFormed(what) => self.not_well_formed(what),
            })?;
        if !char::is_qualified_name(name) {
            return Err(self.not_well_formed("an element without a proper name"));
        }
        let resolved = self.names.open(name, &attributes, self.boundary);
        let resolved = resolved.map_err(|bad| match bad {
            BadName::TooMany => self.limit(Limit::Attributes),
            BadName::NotWellFormed(what) => self.not_well_formed(what),
            BadName::Reference(bad) => self.bad_reference(bad),
        })?;
        if resolved.from_outside {
            return Err(self.unsupported(Unsupported::OuterNamespace));
        }
        Ok(resolved.local)
    }

    fn end(&mut self) -> Token<'a> {
        self.ended = true;
        if self.names.depth() == 1 {
            self.stage = Stage::Epilog;
        }
        Token::End
    }

    fn text(&mut self, text: String) -> Result<Token<'a>, Error> {
        if !matches!(self.stage, Stage::Root) && !text.chars().all(char::is_space) {
            return Err(self.malformed(Malformed::Text));
        }
        if text.contains("]]>") {
            return Err(self.not_well_formed("]]> in text"));
        }
        if !text.is_empty() {
            self.leave_start();
        }
        Ok(Token::Text(text))
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

    /// The XML declaration (XML 1.0 clause 2.8): its parts are written as
    /// attributes are, but in one order.
    fn declaration(&mut self) -> Result<(), Error> {
        const BAD: &str = "a bad XML declaration";
        if self.stage != Stage::Start {
            return Err(self.not_well_formed("an XML declaration that is not at the start"));
        }
        self.leave_start();
        let text = self.source.get(self.at..self.position()).unwrap_or("");
        let inner = text
            .strip_prefix("<?xml")
            .and_then(|text| text.strip_suffix("?>"));
        let parts = tag::attributes(inner.unwrap_or(text), 3);
        let parts = parts.map_err(|_| self.not_well_formed(BAD))?;
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

    fn doctype(&mut self, doctype: &str) -> Result<(), Error> {
        if self.stage >= Stage::AfterDoctype {
            return Err(self.not_well_formed("a DOCTYPE that may not stand here"));
        }
        self.stage = Stage::AfterDoctype;
        let mut quote = None;
        for c in doctype.chars() {
            match (quote, c) {
                (None, '[') => return Err(self.unsupported(Unsupported::InternalSubset)),
                (None, '"' | '\'') => quote = Some(c),
                (Some(open), _) if open == c => quote = None,
                _ => {}
            }
        }
        Ok(())
    }

    fn instruction(&mut self, target: &str) -> Result<(), Error> {
        self.leave_start();
        if target.eq_ignore_ascii_case("xml") || !char::is_qualified_name(target) {
            return Err(self.not_well_formed("a processing instruction without a proper name"));
        }
        Ok(())
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

    /// What the tokeniser found. Its texts may repeat long parts of the
    /// document and are cut.
    fn broken(&self, fault: &quick_xml::Error) -> Error {
        const LONGEST: usize = 120;
        let offset = usize::try_from(self.reader.error_position()).unwrap_or(self.at);
        Error::Malformed {
            at: Place {
                offset: offset + self.skipped,
                path: self.names.path(),
            },
            cause: Malformed::NotWellFormed(fault.to_string().chars().take(LONGEST).collect()),
        }
    }
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
