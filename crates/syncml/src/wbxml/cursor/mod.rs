//! A message's elements, read from its tokens (SyncML RepPro 1.2, "WBXML
//! Definition").

mod plain;

use std::borrow::Cow;

use super::language::Language;
use super::nested;
use super::tokens::{Tag, Token, Tokens};
use super::tree::{self, TreeReader};
use crate::element::Element;
use crate::infoset::{self, Content};
use crate::read::{Source, Written};
use crate::{Data, Error, Format, Item, Limit, Limits, Malformed, Meta, Place, write, xml};

/// Reads a message's elements in order.
pub(super) struct Cursor<'a> {
    tokens: Tokens<'a>,
    /// Code page and token of each open element.
    open: Vec<(u8, u8)>,
    /// The innermost element has no content; its end is due.
    empty: bool,
    /// The most open elements that are allowed.
    deepest: usize,
}

impl<'a> Cursor<'a> {
    /// Opens the root.
    pub(super) fn new(octets: &'a [u8], limits: &Limits) -> Result<Self, Error> {
        let mut cursor = Self {
            tokens: Tokens::new(octets, limits)?,
            open: Vec::with_capacity(8),
            empty: false,
            deepest: limits.max_depth.min(write::DEEPEST),
        };
        let named = cursor.tokens.header.language;
        if named.is_some_and(|language| language != Language::SyncMl) {
            return Err(cursor.malformed(Malformed::Root));
        }
        match cursor.token()? {
            Some(Token::Start(tag)) if element(tag) == Element::SyncMl => Ok(cursor),
            Some(Token::Start(_)) => Err(cursor.malformed(Malformed::Root)),
            _ => Err(cursor.malformed(Malformed::Text)),
        }
    }

    /// Nothing may follow the root.
    pub(super) fn finish(&self) -> Result<(), Error> {
        if self.tokens.is_at_end() {
            Ok(())
        } else {
            Err(self.malformed(Malformed::Text))
        }
    }

    /// The next token; `None` at the end of the open element.
    fn token(&mut self) -> Result<Option<Token<'a>>, Error> {
        if std::mem::take(&mut self.empty) {
            self.open.pop();
            return Ok(None);
        }
        match self.tokens.content()? {
            Token::End => {
                if self.open.pop().is_none() {
                    return Err(self.malformed(Malformed::Root));
                }
                Ok(None)
            }
            Token::Start(tag) => {
                self.start(tag)?;
                Ok(Some(Token::Start(tag)))
            }
            token => Ok(Some(token)),
        }
    }

    fn start(&mut self, tag: Tag<'a>) -> Result<(), Error> {
        if self.open.len() >= self.deepest {
            return Err(Error::Limit {
                at: self.place(),
                limit: Limit::Depth,
            });
        }
        self.open.push((tag.page, tag.token));
        // Some clients write their namespace as an attribute.
        if tag.has_attributes {
            self.tokens.skip_attributes()?;
        }
        self.empty = !tag.has_content;
        Ok(())
    }

    fn malformed(&self, cause: Malformed) -> Error {
        Error::Malformed {
            at: self.place(),
            cause,
        }
    }

    /// Why the value of the innermost element is no text.
    fn no_text(&self, value: &Value<'_>) -> Error {
        self.malformed(match std::str::from_utf8(&value.octets) {
            Ok(_) => Malformed::Character,
            Err(_) => Malformed::NotUtf8,
        })
    }

    fn check_length(&self, octets: usize) -> Result<(), Error> {
        if octets > self.tokens.limits.max_text {
            return Err(Error::Limit {
                at: self.place(),
                limit: Limit::Text,
            });
        }
        Ok(())
    }

    /// What is in the open element, which has no elements in it.
    fn value(&mut self) -> Result<Value<'a>, Error> {
        let mut value = Value::default();
        while let Some(token) = self.token()? {
            if let Token::Start(_) = token {
                return Err(self.unexpected());
            }
            value.push(token);
            self.check_length(value.octets.len())?;
        }
        Ok(value)
    }

    /// The rest of a `Data` in which `tag` has just begun, as markup.
    fn markup(&mut self, before: infoset::Element, tag: Tag<'a>) -> Result<Data, Error> {
        // The tree's reader takes it from the tag on.
        let depth = self.open.len();
        self.open.pop();
        self.empty = false;
        let mut data = before;
        let mut next = Some(tag);
        loop {
            if let Some(tag) = next.take() {
                let mut reader = TreeReader {
                    language: language_of(tag),
                    tokens: &mut self.tokens,
                    documents: 0,
                };
                let child = reader.element_after_attributes(tag, depth)?;
                data.content.push(Content::Element(child));
            }
            match self.tokens.content()? {
                Token::End => break,
                Token::Start(tag) => {
                    if tag.has_attributes {
                        self.tokens.skip_attributes()?;
                    }
                    next = Some(tag);
                }
                Token::Text(text) => data.push_text(text),
                Token::Character(c) => data.push_text(c.encode_utf8(&mut [0; 4])),
                Token::Opaque(octets) => {
                    let text = tree::text(octets);
                    let text = text.ok_or_else(|| self.malformed(Malformed::NotUtf8))?;
                    data.push_text(text);
                }
            }
        }
        self.open.pop();
        let mut text = String::new();
        xml::write_content(&data.content, &mut text)?;
        self.check_length(text.len())?;
        Ok(Data::Xml(text))
    }
}

impl Cursor<'_> {
    /// [`Source::child`] for any content.
    #[inline(never)]
    fn any_child(&mut self) -> Result<Option<Element>, Error> {
        let blank = |text: &[u8]| text.iter().all(u8::is_ascii_whitespace);
        loop {
            match self.token()? {
                None => return Ok(None),
                Some(Token::Start(tag)) => return Ok(Some(element(tag))),
                Some(Token::Text(text)) if blank(text.as_bytes()) => {}
                Some(Token::Opaque(octets)) if blank(octets) => {}
                Some(Token::Character(c)) if c.is_ascii_whitespace() => {}
                Some(_) => return Err(self.malformed(Malformed::Text)),
            }
        }
    }

    /// [`Source::text_value`] for any content.
    #[inline(never)]
    fn any_text(&mut self) -> Result<String, Error> {
        let value = self.value()?;
        let text = value.text().ok_or_else(|| self.no_text(&value))?;
        Ok(xml::trim(&text).to_owned())
    }

    /// [`Source::data_value`] for any content.
    #[inline(never)]
    fn any_data(&mut self) -> Result<Data, Error> {
        let mut value = Value::default();
        while let Some(token) = self.token()? {
            if let Token::Start(tag) = token {
                let mut before = infoset::Element::default();
                before.push_text(&value.text().ok_or_else(|| self.no_text(&value))?);
                return self.markup(before, tag);
            }
            value.push(token);
            self.check_length(value.octets.len())?;
        }
        if value.has_opaque {
            return Ok(Data::Opaque(value.octets.into_owned()));
        }
        let text = value.text().ok_or_else(|| self.no_text(&value))?;
        Ok(Data::Text(text.into_owned()))
    }
}

impl Source for Cursor<'_> {
    fn child(&mut self) -> Result<Option<Element>, Error> {
        match self.plain_child() {
            Some(child) => Ok(child),
            None => self.any_child(),
        }
    }

    fn text_value(&mut self) -> Result<Cow<'_, str>, Error> {
        match self.plain_text() {
            Some(text) => Ok(Cow::Borrowed(xml::trim(text))),
            None => self.any_text().map(Cow::Owned),
        }
    }

    fn nonce_value(&mut self) -> Result<Written, Error> {
        let value = self.value()?;
        if value.has_opaque {
            return Ok(Written::Octets(value.octets.into_owned()));
        }
        let text = value.text().ok_or_else(|| self.no_text(&value))?;
        Ok(Written::Text(xml::trim(&text).to_owned()))
    }

    fn flag(&mut self) -> Result<(), Error> {
        match self.child()? {
            None => Ok(()),
            Some(_) => Err(self.unexpected()),
        }
    }

    fn skip(&mut self) -> Result<(), Error> {
        let depth = self.open.len();
        while self.open.len() >= depth {
            self.token()?;
        }
        Ok(())
    }

    fn data_value(&mut self) -> Result<Data, Error> {
        if let Some(text) = self.plain_text() {
            return Ok(Data::Text(text.to_owned()));
        }
        if !self.empty
            && let Some(octets) = self.tokens.only_opaque()
        {
            self.open.pop();
            return Ok(Data::Opaque(octets.to_owned()));
        }
        self.any_data()
    }

    /// Octets become the document, the text or the octets that they are.
    fn settle(&self, item: &mut Item, command: Option<&Meta>) {
        let Some(Data::Opaque(octets)) = &item.data else {
            return;
        };
        if let Some((type_, markup)) = nested::opened(item, command, octets, &self.tokens.limits) {
            item.meta.get_or_insert_default().type_ = Some(type_);
            item.data = Some(Data::Xml(markup));
            return;
        }
        let format = item.format(command);
        let keeps_octets = match format {
            Some(Format::Bin) => true,
            Some(Format::B64) => crate::model::decode_base64_octets(octets).is_none(),
            _ => false,
        };
        if !keeps_octets && let Some(Data::Opaque(octets)) = item.data.take() {
            item.data = Some(match String::from_utf8(octets) {
                Ok(text) if xml::first_forbidden(&text).is_none() => Data::Text(text),
                Ok(text) => Data::Opaque(text.into_bytes()),
                Err(octets) => Data::Opaque(octets.into_bytes()),
            });
        }
    }

    fn limits(&self) -> &Limits {
        &self.tokens.limits
    }

    fn place(&self) -> Place {
        const ELEMENTS: usize = 16;
        let names: Vec<&str> = self.open.iter().take(ELEMENTS).map(name).collect();
        let mut path = names.join("/");
        if self.open.len() > ELEMENTS {
            path.push_str("/…");
        }
        Place {
            offset: self.tokens.at(),
            path,
        }
    }

    fn unexpected(&self) -> Error {
        let name = self.open.last().map_or("", name);
        self.malformed(Malformed::Element(name.to_owned()))
    }
}

/// The content of an element without elements in it.
#[derive(Default)]
struct Value<'a> {
    octets: Cow<'a, [u8]>,
    /// The whole of `octets`, where one string gave it.
    whole: Option<&'a str>,
    /// OPAQUE data is in it.
    has_opaque: bool,
}

impl<'a> Value<'a> {
    fn push(&mut self, token: Token<'a>) {
        let first = self.octets.is_empty();
        self.whole = None;
        match token {
            Token::Text(text) if first => {
                self.octets = Cow::Borrowed(text.as_bytes());
                self.whole = Some(text);
            }
            Token::Text(text) => self.octets.to_mut().extend_from_slice(text.as_bytes()),
            Token::Character(c) => {
                let mut octets = [0; 4];
                let text = c.encode_utf8(&mut octets);
                self.octets.to_mut().extend_from_slice(text.as_bytes());
            }
            Token::Opaque(octets) => {
                self.has_opaque = true;
                if first {
                    self.octets = Cow::Borrowed(octets);
                } else {
                    self.octets.to_mut().extend_from_slice(octets);
                }
            }
            Token::Start(_) | Token::End => {}
        }
    }

    /// The octets as text, if XML could carry it.
    fn text(&self) -> Option<Cow<'_, str>> {
        match self.whole {
            Some(text) => Some(Cow::Borrowed(text)),
            None => tree::text(&self.octets).map(Cow::Borrowed),
        }
    }
}

/// Which element of a message a tag opens.
fn element(tag: Tag<'_>) -> Element {
    match tag.literal {
        Some(name) => Element::named(name.as_bytes()),
        None => Element::tokened(tag.page, tag.token),
    }
}

/// The name of an open element for places.
fn name(open: &(u8, u8)) -> &'static str {
    match Element::tokened(open.0, open.1) {
        Element::Foreign => "?",
        known => known.name(),
    }
}

/// The language of markup in `Data`: code page 2 is that of trees.
const fn language_of(tag: Tag<'_>) -> Language {
    match tag.page {
        2 => Language::DmDdf,
        _ => Language::SyncMl,
    }
}
