//! What nearly all of a message is: tags without attributes and elements with one
//! string in them (WBXML 1.3 clause 5.8). It is read at a glance; what is anything
//! else is left to [`Cursor::token`], which alone knows what is wrong.

use super::Cursor;
use crate::element::Element;
use crate::wbxml::tokens::global;

impl<'a> Cursor<'a> {
    /// The next child where the next token is a tag without anything
    /// special, or an end; `None` where it is neither, of which nothing is read
    /// then.
    #[inline]
    pub(super) fn plain_child(&mut self) -> Option<Option<Element>> {
        if self.empty || self.open.is_empty() || self.open.len() >= self.deepest {
            return None;
        }
        if self.tokens.is_end() {
            self.open.pop();
            return Some(None);
        }
        let (page, token) = self.tokens.plain_tag()?;
        self.open.push((page, token & 0x3f));
        self.empty = token & global::CONTENT == 0;
        Some(Some(Element::tokened(page, token & 0x3f)))
    }

    /// The text of the open element, if it is one string and nothing else.
    #[inline]
    pub(super) fn plain_text(&mut self) -> Option<&'a str> {
        if self.empty {
            return None;
        }
        let text = self.tokens.only_string()?;
        self.open.pop();
        Some(text)
    }
}
