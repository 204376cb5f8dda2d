//! Elements and their values, read from a document's tokens (SyncML RepPro
//! 1.2, "Data": the only element with markup of another vocabulary in it).

use std::borrow::Cow;

use super::char;
use super::cursor::{Cursor, Token};
use crate::element::Element;
use crate::read::Source;
use crate::{Data, Error, Limit, Limits, Malformed, Place};

impl Cursor<'_> {
    /// Opens the root, which must be `name`.
    pub(super) fn root(&mut self, name: Element) -> Result<(), Error> {
        loop {
            match self.token()? {
                Token::Start(found) if found == name => return Ok(()),
                Token::Start(_) => return Err(self.malformed(Malformed::Root)),
                _ => {}
            }
        }
    }

    /// Reads what may follow the root.
    pub(super) fn finish(&mut self) -> Result<(), Error> {
        while !matches!(self.token()?, Token::Eof) {}
        Ok(())
    }

    fn check_length(&self, octets: usize) -> Result<(), Error> {
        if octets > self.limits.max_text {
            return Err(self.limit(Limit::Text));
        }
        Ok(())
    }
}

impl<'a> Cursor<'a> {
    /// [`Source::child`] for any content.
    #[inline(never)]
    fn any_child(&mut self) -> Result<Option<Element>, Error> {
        loop {
            match self.token()? {
                Token::Start(element) => return Ok(Some(element)),
                Token::End | Token::Eof => return Ok(None),
                Token::Text(text) if text.bytes().all(char::is_space_octet) => {}
                Token::Character(c) if char::is_space(c) => {}
                Token::Text(_) | Token::Character(_) => {
                    return Err(self.malformed(Malformed::Text));
                }
            }
        }
    }

    /// [`Source::text_value`] for any content.
    #[inline(never)]
    fn any_text(&mut self) -> Result<Cow<'a, str>, Error> {
        let mut out = Cow::Borrowed("");
        loop {
            match self.token()? {
                Token::Start(_) => return Err(self.unexpected()),
                Token::End | Token::Eof => break,
                Token::Text(text) if out.is_empty() => out = text,
                Token::Text(text) => out.to_mut().push_str(&text),
                Token::Character(c) => out.to_mut().push(c),
            }
        }
        self.check_length(out.len())?;
        Ok(match out {
            Cow::Borrowed(text) => Cow::Borrowed(char::trim(text)),
            Cow::Owned(text) => Cow::Owned(char::trim(&text).to_owned()),
        })
    }

    /// [`Source::data_value`] for any content.
    #[inline(never)]
    fn any_data(&mut self) -> Result<Data, Error> {
        let depth = self.names.depth();
        let start = self.position();
        let mut text = Cow::Borrowed("");
        let mut markup = false;
        self.boundary = depth;
        loop {
            match self.token()? {
                Token::Start(_) => markup = true,
                Token::End if self.names.depth() == depth => break,
                Token::End => {}
                Token::Eof => break,
                Token::Text(part) if text.is_empty() => text = part,
                Token::Text(part) => text.to_mut().push_str(&part),
                Token::Character(c) => text.to_mut().push(c),
            }
        }
        self.boundary = 0;
        let data = if markup {
            Data::Xml(self.since(start).to_owned())
        } else {
            Data::Text(text.into_owned())
        };
        self.check_length(data.as_str().map_or(0, str::len))?;
        Ok(data)
    }
}

impl Source for Cursor<'_> {
    fn child(&mut self) -> Result<Option<Element>, Error> {
        match self.plain_tag() {
            Some(child) => Ok(child),
            None => self.any_child(),
        }
    }

    fn text_value(&mut self) -> Result<Cow<'_, str>, Error> {
        match self.plain_text() {
            Some(text) => {
                self.check_length(text.len())?;
                Ok(Cow::Borrowed(char::trim(text)))
            }
            None => self.any_text(),
        }
    }

    fn flag(&mut self) -> Result<(), Error> {
        match self.child()? {
            None => Ok(()),
            Some(_) => Err(self.unexpected()),
        }
    }

    fn skip(&mut self) -> Result<(), Error> {
        let depth = self.names.depth();
        loop {
            match self.token()? {
                Token::End if self.names.depth() == depth => return Ok(()),
                Token::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    /// Text, or markup if there is an element in it.
    fn data_value(&mut self) -> Result<Data, Error> {
        match self.plain_text() {
            Some(text) => {
                self.check_length(text.len())?;
                Ok(Data::Text(text.to_owned()))
            }
            None => self.any_data(),
        }
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn place(&self) -> Place {
        self.current_place()
    }

    fn unexpected(&self) -> Error {
        const LONGEST: usize = 40;
        let name = self.names.current().chars().take(LONGEST).collect();
        self.malformed(Malformed::Element(name))
    }
}

/// Whether `text` is markup that means the same wherever it stands: elements
/// that are well-formed and declare the prefixes that they use.
pub(super) fn stands_alone(text: &str) -> bool {
    const OPEN: &str = "<Data>";
    const CLOSE: &str = "</Data>";
    let document = [OPEN, text, CLOSE].concat();
    let limits = crate::Limits {
        max_octets: document.len(),
        max_text: document.len(),
        max_depth: crate::write::DEEPEST,
        ..crate::Limits::default()
    };
    let read = || -> Result<Data, Error> {
        let mut cursor = Cursor::new(document.as_bytes(), &limits)?;
        cursor.root(Element::Data)?;
        cursor.data_value()
    };
    matches!(read(), Ok(Data::Xml(kept)) if kept == text)
}
