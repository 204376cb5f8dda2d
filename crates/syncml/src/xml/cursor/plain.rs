//! What nearly all of a message is: tags without anything special and text
//! without references (XML 1.0 clauses 2.4 and 3.1). It is read at a glance; what
//! is anything else is left to [`Cursor::token`], which alone knows what is wrong.

use super::Cursor;
use crate::element::Element;
use crate::scan;
use crate::write::DEEPEST;
use crate::xml::char;

/// What stands in nearly every tag with attributes.
const MET_INF: &[u8] = br#" xmlns="syncml:metinf""#;
const MET_INF_SINGLE: &[u8] = b" xmlns='syncml:metinf'";

impl<'a> Cursor<'a> {
    /// The start tag or end tag that comes next, white space before it left
    /// out, if it is one of a message's own and has nothing special; `None`
    /// where it is neither, of which nothing is read then. The end is given as
    /// `Some(None)`.
    #[inline]
    pub(in crate::xml) fn plain_tag(&mut self) -> Option<Option<Element>> {
        self.close_ended();
        let depth = self.names.depth();
        if self.empty || depth == 0 {
            return None;
        }
        let rest = self.source.as_bytes().get(self.position..)?;
        let blank = rest
            .iter()
            .position(|octet| !char::is_space_octet(*octet))?;
        let tag = rest.get(blank..)?.strip_prefix(b"<")?;
        if let Some(end) = tag.strip_prefix(b"/") {
            let open = self.names.innermost();
            if !open.is_ended_by(end) {
                return None;
            }
            self.at = self.position + blank;
            self.position += blank + 2 + open.name().len() + 1;
            self.end();
            return Some(None);
        }
        let (element, length) = Element::starting(tag);
        let after = tag.get(length..)?;
        let is_declared = |written: &[u8]| after.starts_with(written);
        let declares =
            after.first() == Some(&b' ') && (is_declared(MET_INF) || is_declared(MET_INF_SINGLE));
        let skip = if declares { MET_INF.len() } else { 0 };
        if element == Element::Foreign
            || after.get(skip) != Some(&b'>')
            || depth >= self.limits.max_depth.min(DEEPEST)
        {
            return None;
        }
        if !self.names.open_plain(element, declares) {
            return None;
        }
        self.at = self.position + blank;
        self.position += blank + 1 + length + skip + 1;
        Some(Some(element))
    }

    /// The text of the open element, if it has no references, carriage returns,
    /// elements or sections in it and its end tag follows; read up to and with
    /// that.
    #[inline]
    pub(in crate::xml) fn plain_text(&mut self) -> Option<&'a str> {
        if self.empty {
            return None;
        }
        let rest = self.rest();
        let length = scan::find(rest.as_bytes(), |word| {
            word.is(b'<') | word.is(b'&') | word.is(b'\r') | word.is(b']')
        })?;
        let open = self.names.innermost();
        let end = rest.as_bytes().get(length..)?.strip_prefix(b"</")?;
        if !open.is_ended_by(end) {
            return None;
        }
        self.at = self.position + length;
        self.position += length + 2 + open.name().len() + 1;
        self.end();
        rest.get(..length)
    }
}
