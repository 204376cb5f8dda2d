//! A document as a row of tokens (WBXML 1.3 clauses 5 and 7): header, string
//! table, code pages, and what the global tokens mean. Any version 1.x is
//! read.

use super::input::Input;
use super::language::Language;
use crate::{Error, Limit, Limits, Malformed, Place, Unsupported, xml};

pub(super) mod global {
    pub(in super::super) const SWITCH_PAGE: u8 = 0x00;
    pub(in super::super) const END: u8 = 0x01;
    pub(super) const ENTITY: u8 = 0x02;
    pub(in super::super) const STR_I: u8 = 0x03;
    pub(super) const LITERAL: u8 = 0x04;
    pub(super) const PI: u8 = 0x43;
    pub(super) const STR_T: u8 = 0x83;
    pub(in super::super) const OPAQUE: u8 = 0xc3;
    /// The flag of a tag that has content.
    pub(in super::super) const CONTENT: u8 = 0x40;
    /// The flag of a tag that has attributes.
    pub(in super::super) const ATTRIBUTES: u8 = 0x80;
}

/// One piece of a document.
#[derive(Debug)]
pub(super) enum Token<'a> {
    /// A start tag.
    Start(Tag<'a>),
    /// The end of the innermost open element, or of a list of attributes.
    End,
    /// Characters.
    Text(&'a str),
    /// One character.
    Character(char),
    /// Octets.
    Opaque(&'a [u8]),
}

/// A start tag. Its attributes, if any, are to be read next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tag<'a> {
    pub(super) page: u8,
    /// Without its flags.
    pub(super) token: u8,
    /// The name, for a tag without a token.
    pub(super) literal: Option<&'a str>,
    pub(super) has_attributes: bool,
    pub(super) has_content: bool,
}

/// One piece of a list of attributes.
pub(super) enum AttributeToken<'a> {
    /// The start of an attribute, or a value, by its token: below 128 the
    /// former.
    Known {
        page: u8,
        token: u8,
    },
    /// The start of an attribute with this name.
    Literal(&'a str),
    Text(&'a str),
    Character(char),
    Opaque(&'a [u8]),
    End,
}

/// What stands at the start of a document.
pub(super) struct Header<'a> {
    /// The language, if the public identifier names one; `None` for the number
    /// that stands for an unknown one.
    pub(super) language: Option<Language>,
    table: &'a [u8],
}

/// Reads a document's tokens in order.
pub(super) struct Tokens<'a> {
    input: Input<'a>,
    pub(super) header: Header<'a>,
    page: u8,
    attribute_page: u8,
    /// Octets that may still come out of the string table.
    expansion: usize,
    /// Where the last token began.
    at: usize,
    pub(super) limits: Limits,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(octets: &'a [u8], limits: &Limits) -> Result<Self, Error> {
        if octets.len() > limits.max_octets {
            return Err(Error::Limit {
                at: place(limits.max_octets),
                limit: Limit::Octets,
            });
        }
        let mut input = Input::new(octets);
        let header = header(&mut input)?;
        Ok(Self {
            at: input.position(),
            input,
            header,
            page: 0,
            attribute_page: 0,
            expansion: octets.len().saturating_mul(limits.max_expansion),
            limits: *limits,
        })
    }

    /// Octets before the last token.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// Whether nothing is left.
    pub(super) const fn is_at_end(&self) -> bool {
        self.input.is_empty()
    }

    /// The next tag, if one without attributes or a name of its own comes next;
    /// page switches before it are read.
    #[inline]
    pub(super) fn plain_tag(&mut self) -> Option<(u8, u8)> {
        loop {
            let at = self.input.position();
            let octet = self.input.peek()?;
            if octet == global::SWITCH_PAGE {
                let mut ahead = self.input.clone();
                ahead.octet()?;
                self.page = ahead.octet()?;
                self.input = ahead;
                continue;
            }
            let is_plain = octet & 0x3f > global::LITERAL
                && octet & global::ATTRIBUTES == 0
                && octet & 0x7f != global::PI;
            if !is_plain {
                return None;
            }
            self.at = at;
            self.input.octet();
            return Some((self.page, octet));
        }
    }

    /// Whether the next token is the end of an element, which is read then.
    #[inline]
    pub(super) fn is_end(&mut self) -> bool {
        let is_end = self.input.peek() == Some(global::END);
        if is_end {
            self.at = self.input.position();
            self.input.octet();
        }
        is_end
    }

    /// The text of an element whose content is one string, up to and with its
    /// end; `None` for any other content and past the limit, where nothing is read.
    #[inline]
    pub(super) fn only_string(&mut self) -> Option<&'a str> {
        let mut ahead = self.input.clone();
        if ahead.octet()? != global::STR_I {
            return None;
        }
        let plain = ahead.terminated_plain();
        let is_plain = plain.is_some();
        let text = std::str::from_utf8(plain.or_else(|| ahead.terminated())?).ok()?;
        if ahead.octet()? != global::END
            || text.len() > self.limits.max_text
            || (!is_plain && xml::first_forbidden(text).is_some())
        {
            return None;
        }
        self.at = self.input.position();
        self.input = ahead;
        Some(text)
    }

    /// The same for content that is one run of OPAQUE data.
    #[inline]
    pub(super) fn only_opaque(&mut self) -> Option<&'a [u8]> {
        let mut ahead = self.input.clone();
        if ahead.octet()? != global::OPAQUE {
            return None;
        }
        let length = ahead.number()?;
        let octets = ahead.take(length)?;
        if ahead.octet()? != global::END || octets.len() > self.limits.max_text {
            return None;
        }
        self.at = self.input.position();
        self.input = ahead;
        Some(octets)
    }

    /// The next token of an element's content.
    pub(super) fn content(&mut self) -> Result<Token<'a>, Error> {
        loop {
            self.at = self.input.position();
            let token = self.octet()?;
            match token {
                global::SWITCH_PAGE => self.page = self.octet()?,
                global::PI => self.skip_attributes()?,
                global::END => return Ok(Token::End),
                global::ENTITY => return self.entity().map(Token::Character),
                global::STR_I => return self.inline().map(Token::Text),
                global::STR_T => return self.referenced().map(Token::Text),
                global::OPAQUE => return self.opaque().map(Token::Opaque),
                _ if token & 0x3f > global::LITERAL => {
                    return Ok(Token::Start(self.tag(token, None)));
                }
                _ if token & 0x3f == global::LITERAL => {
                    let name = self.referenced()?;
                    return Ok(Token::Start(self.tag(token, Some(name))));
                }
                _ => return Err(self.unsupported(Unsupported::Extension)),
            }
        }
    }

    const fn tag(&self, token: u8, literal: Option<&'a str>) -> Tag<'a> {
        Tag {
            page: self.page,
            token: token & 0x3f,
            literal,
            has_attributes: token & global::ATTRIBUTES != 0,
            has_content: token & global::CONTENT != 0,
        }
    }

    /// The next token of a list of attributes.
    pub(super) fn attribute(&mut self) -> Result<AttributeToken<'a>, Error> {
        loop {
            self.at = self.input.position();
            let token = self.octet()?;
            return match token {
                global::SWITCH_PAGE => {
                    self.attribute_page = self.octet()?;
                    continue;
                }
                global::END => Ok(AttributeToken::End),
                global::ENTITY => self.entity().map(AttributeToken::Character),
                global::STR_I => self.inline().map(AttributeToken::Text),
                global::STR_T => self.referenced().map(AttributeToken::Text),
                global::OPAQUE => self.opaque().map(AttributeToken::Opaque),
                global::LITERAL => self.referenced().map(AttributeToken::Literal),
                _ if token & 0x3f <= global::LITERAL => {
                    Err(self.unsupported(Unsupported::Extension))
                }
                _ => Ok(AttributeToken::Known {
                    page: self.attribute_page,
                    token,
                }),
            };
        }
    }

    /// Reads a list of attributes to its end.
    pub(super) fn skip_attributes(&mut self) -> Result<(), Error> {
        while !matches!(self.attribute()?, AttributeToken::End) {}
        Ok(())
    }

    fn octet(&mut self) -> Result<u8, Error> {
        self.input.octet().ok_or_else(|| self.cut())
    }

    fn entity(&mut self) -> Result<char, Error> {
        let number = self.input.number().ok_or_else(|| self.cut())?;
        char::from_u32(number)
            .filter(|c| xml::is_char(*c))
            .ok_or_else(|| self.malformed(Malformed::Character))
    }

    fn inline(&mut self) -> Result<&'a str, Error> {
        let octets = self.input.terminated().ok_or_else(|| self.cut())?;
        self.text(octets)
    }

    fn opaque(&mut self) -> Result<&'a [u8], Error> {
        let length = self.input.number().ok_or_else(|| self.cut())?;
        self.input.take(length).ok_or_else(|| self.cut())
    }

    /// A string of the table. The last one may lack its NUL.
    fn referenced(&mut self) -> Result<&'a str, Error> {
        let index = self.input.number().ok_or_else(|| self.cut())?;
        let Some(octets) = at_index(self.header.table, index) else {
            // Some clients give the namespace as an attribute whose name is a
            // reference into a table that they don't have.
            return if self.header.table.is_empty() && index == 0 {
                Ok("xmlns")
            } else {
                Err(self.malformed(Malformed::StringTable))
            };
        };
        let Some(left) = self.expansion.checked_sub(octets.len()) else {
            return Err(Error::Limit {
                at: place(self.at),
                limit: Limit::Expansion,
            });
        };
        self.expansion = left;
        self.text(octets)
    }

    fn text(&self, octets: &'a [u8]) -> Result<&'a str, Error> {
        let text = std::str::from_utf8(octets).map_err(|_| self.malformed(Malformed::NotUtf8))?;
        match xml::first_forbidden(text) {
            None => Ok(text),
            Some(_) => Err(self.malformed(Malformed::Character)),
        }
    }

    fn cut(&self) -> Error {
        self.malformed(Malformed::Cut)
    }

    fn malformed(&self, cause: Malformed) -> Error {
        Error::Malformed {
            at: place(self.at),
            cause,
        }
    }

    fn unsupported(&self, cause: Unsupported) -> Error {
        Error::Unsupported {
            at: place(self.at),
            cause,
        }
    }
}

const fn place(offset: usize) -> Place {
    Place {
        offset,
        path: String::new(),
    }
}

fn at_index(table: &[u8], index: u32) -> Option<&[u8]> {
    let rest = table.get(usize::try_from(index).ok()?..)?;
    if rest.is_empty() {
        return None;
    }
    rest.split(|octet| *octet == 0).next()
}

/// Version, public identifier, character set and string table. Version 1.0 has
/// no character set.
fn header<'a>(input: &mut Input<'a>) -> Result<Header<'a>, Error> {
    let malformed = |input: &Input<'_>, cause| Error::Malformed {
        at: place(input.position()),
        cause,
    };
    let unsupported = |input: &Input<'_>, cause| Error::Unsupported {
        at: place(input.position()),
        cause,
    };
    let cut = |input: &Input<'_>| malformed(input, Malformed::Cut);
    let version = input.octet().ok_or_else(|| cut(input))?;
    if version > 0x0f {
        return Err(unsupported(input, Unsupported::Version));
    }
    let public_id = input.number().ok_or_else(|| cut(input))?;
    let index = match public_id {
        0 => Some(input.number().ok_or_else(|| cut(input))?),
        _ => None,
    };
    if version > 0 {
        let charset = input.number().ok_or_else(|| cut(input))?;
        // Unknown, US-ASCII and UTF-8 (IANA MIBenum).
        if !matches!(charset, 0 | 3 | 106) {
            return Err(unsupported(input, Unsupported::Encoding));
        }
    }
    let length = input.number().ok_or_else(|| cut(input))?;
    let table = input.take(length).ok_or_else(|| cut(input))?;
    let language = match index {
        Some(index) => {
            let octets =
                at_index(table, index).ok_or_else(|| malformed(input, Malformed::StringTable))?;
            let named = std::str::from_utf8(octets).ok().and_then(Language::named);
            Some(named.ok_or_else(|| unsupported(input, Unsupported::Language))?)
        }
        None if public_id == 1 => None,
        None => {
            let numbered = Language::numbered(public_id);
            Some(numbered.ok_or_else(|| unsupported(input, Unsupported::Language))?)
        }
    };
    Ok(Header { language, table })
}
