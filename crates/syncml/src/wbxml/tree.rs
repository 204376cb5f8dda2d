//! Whole documents of any language as trees (WBXML 1.3 clause 5), with the
//! documents that stand in the OPAQUE data of others opened.

use super::input::write_number;
use super::language::Language;
use super::nested;
use super::tokens::{AttributeToken, Tag, Token, Tokens, global};
use crate::infoset::{Attribute, Content, Element};
use crate::{Error, Limit, Limits, Malformed, Place, Unsupported, write};

/// Documents inside each other: a message, and a tree in it.
const DEEPEST_DOCUMENT: usize = 2;

/// Reads a document of any language that has tokens here.
///
/// Octets in it that are a document of such a language are given as its root
/// element, with the media type of their XML form in the Meta beside them; those
/// that are text as text.
///
/// # Errors
/// [`Error::Malformed`], [`Error::Unsupported`] and [`Error::Limit`].
pub fn read_tree(octets: &[u8], limits: &Limits) -> Result<Element, Error> {
    read_document(octets, limits, DEEPEST_DOCUMENT)
}

fn read_document(octets: &[u8], limits: &Limits, documents: usize) -> Result<Element, Error> {
    let mut tokens = Tokens::new(octets, limits)?;
    let language = tokens.header.language.unwrap_or(Language::SyncMl);
    let Token::Start(root) = tokens.content()? else {
        return Err(error(&tokens, Malformed::Root));
    };
    let mut reader = TreeReader {
        tokens: &mut tokens,
        language,
        documents,
    };
    let mut root = reader.element(root, 1)?;
    if tokens.is_at_end() {
        nested::retype(&mut root, nested::AS_WBXML, nested::AS_XML);
        Ok(root)
    } else {
        Err(error(&tokens, Malformed::Text))
    }
}

fn error(tokens: &Tokens<'_>, cause: Malformed) -> Error {
    Error::Malformed {
        at: place(tokens),
        cause,
    }
}

fn place(tokens: &Tokens<'_>) -> Place {
    Place {
        offset: tokens.at(),
        path: String::new(),
    }
}

/// Reads elements as trees.
pub(super) struct TreeReader<'a, 'b> {
    pub(super) tokens: &'b mut Tokens<'a>,
    pub(super) language: Language,
    /// How many documents may still stand inside each other.
    pub(super) documents: usize,
}

impl TreeReader<'_, '_> {
    /// The element that `tag` opened; `depth` counts it.
    pub(super) fn element(&mut self, tag: Tag<'_>, depth: usize) -> Result<Element, Error> {
        let element = self.start(tag, depth)?;
        self.content(tag, depth, element)
    }

    /// The same without its content.
    fn start(&mut self, tag: Tag<'_>, depth: usize) -> Result<Element, Error> {
        if depth > self.tokens.limits.max_depth.min(write::DEEPEST) {
            return Err(Error::Limit {
                at: place(self.tokens),
                limit: Limit::Depth,
            });
        }
        let mut element = self.named(tag)?;
        if tag.has_attributes
            && let Err(error) = self.attributes(&mut element)
        {
            return Err(error.within(&element.name));
        }
        Ok(element)
    }

    /// [`element`](Self::element), its attributes read already.
    pub(super) fn element_after_attributes(
        &mut self,
        tag: Tag<'_>,
        depth: usize,
    ) -> Result<Element, Error> {
        let element = self.named(tag)?;
        self.content(tag, depth, element)
    }

    /// The content of `element` at `depth`. A list of what is open, so that
    /// depth costs no stack.
    fn content(&mut self, tag: Tag<'_>, depth: usize, element: Element) -> Result<Element, Error> {
        if !tag.has_content {
            return Ok(element);
        }
        let mut open = vec![element];
        loop {
            match self.piece(depth, &mut open) {
                Ok(None) => {}
                Ok(Some(element)) => return Ok(element),
                Err(error) => {
                    let inwards = open.iter().rev();
                    return Err(inwards.fold(error, |error, open| error.within(&open.name)));
                }
            }
        }
    }

    /// Takes the next token into the innermost of the elements in `open`; the
    /// outermost one once it has ended.
    fn piece(&mut self, depth: usize, open: &mut Vec<Element>) -> Result<Option<Element>, Error> {
        let token = self.tokens.content()?;
        let levels = open.len();
        let Some(element) = open.last_mut() else {
            return Ok(None);
        };
        match token {
            Token::End => {
                let ended = open.pop();
                return Ok(match (open.last_mut(), ended) {
                    (Some(parent), Some(ended)) => {
                        parent.content.push(Content::Element(ended));
                        None
                    }
                    (_, ended) => ended,
                });
            }
            Token::Start(tag) => {
                let child = self.start(tag, depth + levels)?;
                if tag.has_content {
                    open.push(child);
                } else {
                    element.content.push(Content::Element(child));
                }
            }
            Token::Text(text) => element.push_text(text),
            Token::Character(c) => element.push_text(c.encode_utf8(&mut [0; 4])),
            Token::Opaque(octets) => self.opaque(octets, element),
        }
        Ok(None)
    }

    fn named(&self, tag: Tag<'_>) -> Result<Element, Error> {
        let name = match tag.literal {
            Some(name) => Some(name),
            None => self.language.name(tag.page, tag.token),
        };
        let unknown = || Error::Unsupported {
            at: place(self.tokens),
            cause: Unsupported::NoToken(format!("token {} of page {}", tag.token, tag.page)),
        };
        let namespace = match tag.literal {
            // It stands where the elements of page 0 do.
            Some(_) => self.language.namespace(0),
            None => self.language.namespace(tag.page),
        };
        Ok(Element::new(namespace, name.ok_or_else(unknown)?))
    }

    /// Octets that are a document, text, or neither.
    fn opaque(&self, octets: &[u8], element: &mut Element) {
        let document = self
            .documents
            .checked_sub(1)
            .filter(|left| *left > 0 && octets.len() > 4)
            .and_then(|left| read_document(octets, &self.tokens.limits, left).ok());
        if let Some(document) = document {
            return element.content.push(Content::Element(document));
        }
        match text(octets) {
            Some(text) => element.push_text(text),
            None => element.content.push(Content::Opaque(octets.to_vec())),
        }
    }

    fn attributes(&mut self, element: &mut Element) -> Result<(), Error> {
        let mut attributes: Vec<Attribute> = Vec::new();
        loop {
            let token = self.tokens.attribute()?;
            let current = attributes.last_mut();
            match (token, current) {
                (AttributeToken::End, _) => break,
                (AttributeToken::Literal(name), _) => attributes.push(Attribute {
                    name: name.to_owned(),
                    value: String::new(),
                }),
                (AttributeToken::Known { page, token }, _) if token < 0x80 => {
                    let (name, value) = self
                        .language
                        .attribute_start(page, token)
                        .ok_or_else(|| self.no_token("attribute", page, token))?;
                    attributes.push(Attribute {
                        name: name.to_owned(),
                        value: value.to_owned(),
                    });
                }
                (_, None) => return Err(error(self.tokens, Malformed::Text)),
                (AttributeToken::Known { page, token }, Some(current)) => {
                    let value = self
                        .language
                        .attribute_value(page, token)
                        .ok_or_else(|| self.no_token("value", page, token))?;
                    current.value.push_str(value);
                }
                (AttributeToken::Text(text), Some(current)) => current.value.push_str(text),
                (AttributeToken::Character(c), Some(current)) => current.value.push(c),
                (AttributeToken::Opaque(octets), Some(current)) => {
                    let text =
                        text(octets).ok_or_else(|| error(self.tokens, Malformed::NotUtf8))?;
                    current.value.push_str(text);
                }
            }
            if attributes.len() > self.tokens.limits.max_attributes {
                return Err(Error::Limit {
                    at: place(self.tokens),
                    limit: Limit::Attributes,
                });
            }
        }
        attributes.retain(|attribute| attribute.name != "xmlns");
        element.attributes = attributes;
        Ok(())
    }

    fn no_token(&self, what: &str, page: u8, token: u8) -> Error {
        Error::Unsupported {
            at: place(self.tokens),
            cause: Unsupported::NoToken(format!("{what} {token} of page {page}")),
        }
    }
}

/// Octets as text, if XML could carry it.
pub(super) fn text(octets: &[u8]) -> Option<&str> {
    std::str::from_utf8(octets)
        .ok()
        .filter(|text| crate::xml::first_forbidden(text).is_none())
}

/// Writes a document of the language that its root element belongs to, WBXML
/// 1.2 in UTF-8 with strings inline. A root of another language in a `Data` is
/// written as a document of its own in OPAQUE data, the media type in the Meta
/// beside it changed to match.
///
/// # Errors
/// [`Error::Unsupported`] for a root that is of no language, and for an element
/// or attribute without a token; [`Error::Unwritable`] for characters that XML
/// forbids.
pub fn write_tree(root: &Element) -> Result<Vec<u8>, Error> {
    let language = Language::rooted(&root.name).ok_or(Error::Unsupported {
        at: Place::default(),
        cause: Unsupported::Language,
    })?;
    let mut writer = TreeWriter {
        out: header(language),
        language,
        page: 0,
        attribute_page: 0,
    };
    if language == Language::SyncMl {
        let mut root = root.clone();
        nested::retype(&mut root, nested::AS_XML, nested::AS_WBXML);
        writer.element(&root, 1)?;
    } else {
        writer.element(root, 1)?;
    }
    Ok(writer.out)
}

/// Version, public identifier, character set, string table.
pub(super) fn header(language: Language) -> Vec<u8> {
    const WBXML_1_2: u8 = 0x02;
    const UTF_8: u8 = 0x6a;
    let mut out = vec![WBXML_1_2];
    match language.public_id() {
        (0, text) => {
            out.extend([0, 0, UTF_8]);
            write_number(text.len() + 1, |octet| out.push(octet));
            out.extend(text.bytes());
            out.push(0);
        }
        (number, _) => {
            let number = usize::try_from(number).unwrap_or(1);
            write_number(number, |octet| out.push(octet));
            out.extend([UTF_8, 0]);
        }
    }
    out
}

struct TreeWriter {
    out: Vec<u8>,
    language: Language,
    page: u8,
    attribute_page: u8,
}

impl TreeWriter {
    fn element(&mut self, element: &Element, depth: usize) -> Result<(), Error> {
        self.whole(element, depth)
            .map_err(|error| error.within(&element.name))
    }

    fn whole(&mut self, element: &Element, depth: usize) -> Result<(), Error> {
        if depth > write::DEEPEST {
            return Err(Error::Limit {
                at: Place::default(),
                limit: Limit::Depth,
            });
        }
        let no_token = |name: &str| Error::Unsupported {
            at: Place::default(),
            cause: Unsupported::NoToken(name.to_owned()),
        };
        let (page, token) = self
            .language
            .token(&element.name)
            .ok_or_else(|| no_token(&element.name))?;
        if page != self.page {
            self.out.extend([global::SWITCH_PAGE, page]);
            self.page = page;
        }
        let mut flags = 0;
        if !element.content.is_empty() {
            flags |= global::CONTENT;
        }
        if !element.attributes.is_empty() {
            flags |= global::ATTRIBUTES;
        }
        self.out.push(token | flags);
        if !element.attributes.is_empty() {
            for attribute in &element.attributes {
                self.attribute(attribute)
                    .ok_or_else(|| no_token(&attribute.name))?;
            }
            self.out.push(global::END);
        }
        if element.content.is_empty() {
            return Ok(());
        }
        for content in &element.content {
            match content {
                Content::Element(child) if self.is_document(child) => {
                    let document = write_tree(child)?;
                    self.opaque(&document);
                }
                Content::Element(child) => self.element(child, depth + 1)?,
                Content::Text(text) => self.inline(text)?,
                Content::Opaque(octets) => self.opaque(octets),
            }
        }
        self.out.push(global::END);
        Ok(())
    }

    /// Whether it is the root of another language.
    fn is_document(&self, child: &Element) -> bool {
        self.language == Language::SyncMl && nested::is_document(child)
    }

    /// `None` if its name has no token.
    fn attribute(&mut self, attribute: &Attribute) -> Option<()> {
        let Attribute { name, value } = attribute;
        let start = self.language.start_of(self.attribute_page, name, value)?;
        self.attribute_page(start.page);
        self.out.push(start.token);
        let rest = value.strip_prefix(start.value).unwrap_or(value);
        if rest.is_empty() {
            return Some(());
        }
        if let Some((page, token)) = self.language.value_of(self.attribute_page, rest) {
            self.attribute_page(page);
            self.out.push(token);
            return Some(());
        }
        self.inline(rest).ok()
    }

    fn attribute_page(&mut self, page: u8) {
        if page != self.attribute_page {
            self.out.extend([global::SWITCH_PAGE, page]);
            self.attribute_page = page;
        }
    }

    fn inline(&mut self, text: &str) -> Result<(), Error> {
        if crate::xml::first_forbidden(text).is_some() {
            return Err(Error::Unwritable {
                element: "a text",
                cause: crate::Unwritable::Character,
            });
        }
        self.out.push(global::STR_I);
        self.out.extend(text.bytes());
        self.out.push(0);
        Ok(())
    }

    fn opaque(&mut self, octets: &[u8]) {
        self.out.push(global::OPAQUE);
        write_number(octets.len(), |octet| self.out.push(octet));
        self.out.extend(octets);
    }
}
