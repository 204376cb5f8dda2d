//! Elements and their values, read from a document's tokens (SyncML RepPro
//! 1.2, "Data": the only element with markup of another vocabulary in it).

use super::char;
use super::cursor::{Cursor, Token};
use crate::{Data, Error, Limit, Malformed};

impl<'a> Cursor<'a> {
    /// Opens the root, which must have the local name `name`.
    pub(super) fn root(&mut self, name: &str) -> Result<(), Error> {
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

    /// Opens the next child of the open element and returns its local name,
    /// which is empty in a foreign namespace; `None` at the element's end.
    /// The child is to be read to its end before the next call.
    pub(super) fn child(&mut self) -> Result<Option<&'a str>, Error> {
        loop {
            match self.token()? {
                Token::Start(name) => return Ok(Some(name)),
                Token::End | Token::Eof => return Ok(None),
                Token::Text(text) if text.chars().all(char::is_space) => {}
                Token::Character(c) if char::is_space(c) => {}
                Token::Text(_) | Token::Character(_) => {
                    return Err(self.malformed(Malformed::Text));
                }
            }
        }
    }

    /// Reads the open element to its end as text, without the white space
    /// around it.
    pub(super) fn text_value(&mut self) -> Result<String, Error> {
        let mut out = String::new();
        loop {
            match self.token()? {
                Token::Start(_) => return Err(self.unexpected()),
                Token::End | Token::Eof => break,
                Token::Text(text) => out.push_str(&text),
                Token::Character(c) => out.push(c),
            }
        }
        self.check_length(out.len())?;
        Ok(out.trim_matches(char::is_space).to_owned())
    }

    /// Reads the open element to its end as a decimal number.
    pub(super) fn number_value<T: std::str::FromStr>(
        &mut self,
        name: &'static str,
    ) -> Result<T, Error> {
        let text = self.text_value()?;
        let digits = text.bytes().all(|octet| octet.is_ascii_digit());
        let number = text.parse().ok().filter(|_| digits);
        number.ok_or_else(|| self.malformed(Malformed::Number(name)))
    }

    /// Reads the open element to its end; it must be empty.
    pub(super) fn flag(&mut self) -> Result<(), Error> {
        match self.child()? {
            None => Ok(()),
            Some(_) => Err(self.unexpected()),
        }
    }

    /// Reads the open element to its end and drops what is in it.
    pub(super) fn skip(&mut self) -> Result<(), Error> {
        let depth = self.names.depth();
        loop {
            match self.token()? {
                Token::End if self.names.depth() == depth => return Ok(()),
                Token::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    /// Reads the open element to its end as the value of an item: text, or
    /// markup if there is an element in it.
    pub(super) fn data_value(&mut self) -> Result<Data, Error> {
        let depth = self.names.depth();
        let start = self.position();
        let mut text = String::new();
        let mut markup = false;
        self.boundary = depth;
        loop {
            match self.token()? {
                Token::Start(_) => markup = true,
                Token::End if self.names.depth() == depth => break,
                Token::End => {}
                Token::Eof => break,
                Token::Text(part) => text.push_str(&part),
                Token::Character(c) => text.push(c),
            }
        }
        self.boundary = 0;
        let data = if markup {
            Data::Xml(self.since(start).to_owned())
        } else {
            Data::Text(text)
        };
        self.check_length(data.as_str().map_or(0, str::len))?;
        Ok(data)
    }

    /// The innermost open element may not stand where it does.
    pub(super) fn unexpected(&self) -> Error {
        const LONGEST: usize = 40;
        let name = self.names.current().chars().take(LONGEST).collect();
        self.malformed(Malformed::Element(name))
    }

    fn check_length(&self, octets: usize) -> Result<(), Error> {
        if octets > self.limits.max_text {
            return Err(self.limit(Limit::Text));
        }
        Ok(())
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
        max_depth: super::cursor::DEEPEST,
        ..crate::Limits::default()
    };
    let read = || -> Result<Data, Error> {
        let mut cursor = Cursor::new(document.as_bytes(), &limits)?;
        cursor.root("Data")?;
        cursor.data_value()
    };
    matches!(read(), Ok(Data::Xml(kept)) if kept == text)
}
