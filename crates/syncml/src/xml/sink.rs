//! Elements as XML text.

use data_encoding::BASE64;

use super::cursor::DECLARATION;
use super::{char, element, tags};
use crate::element::Element;
use crate::scan::{self, Word};
use crate::write::{Octets, Sink, unwritable};
use crate::{Data, Error, Format, Unwritable};

/// Writes elements as UTF-8.
#[derive(Default)]
pub(super) struct XmlSink<T>(pub(super) T);

impl<T: Octets> XmlSink<T> {
    /// `text` with what XML reads otherwise as references. `>` is always one,
    /// so that `]]>` can't arise; a carriage return would be read as a line
    /// feed.
    fn characters(&mut self, element: Element, text: &str) -> Result<(), Error> {
        let mut rest = text.as_bytes();
        let marked = |word: Word| word.is(b'&') | word.with(b'<' ^ b'>').is(b'>');
        if scan::find(rest, |word| marked(word) | char::seems_forbidden(word)).is_none() {
            self.0.put(rest);
            return Ok(());
        }
        if char::first_forbidden(text).is_some() {
            return Err(unwritable(element, Unwritable::Character));
        }
        while let Some(at) = scan::find(rest, |word| marked(word) | word.is(b'\r')) {
            let (plain, tail) = rest.split_at_checked(at).unwrap_or((rest, &[]));
            let (marked, tail) = tail.split_first().unwrap_or((&0, &[]));
            self.0.put(plain);
            self.0.put(match marked {
                b'&' => b"&amp;",
                b'<' => b"&lt;",
                b'>' => b"&gt;",
                _ => b"&#13;",
            });
            rest = tail;
        }
        self.0.put(rest);
        Ok(())
    }
}

impl<T: Octets> Sink for XmlSink<T> {
    fn begin(&mut self) {
        self.0.put(DECLARATION.as_bytes());
    }

    #[inline]
    fn open(&mut self, element: Element) {
        let tag = tags::start(element);
        self.0.put_start(&tag.block, tag.length);
    }

    #[inline]
    fn close(&mut self, element: Element) {
        let tag = tags::end(element);
        self.0.put_start(&tag.block, tag.length);
    }

    fn empty(&mut self, element: Element) {
        let tag = tags::start(element);
        self.0.put_start(&tag.block, tag.length - 1);
        self.0.put(b"/>");
    }

    fn text(&mut self, element: Element, text: &str) -> Result<(), Error> {
        self.characters(element, text)
    }

    fn data(&mut self, data: &Data, format: Option<&Format>) -> Result<(), Error> {
        match data {
            Data::Text(text) => self.characters(Element::Data, text),
            Data::Xml(text) if element::stands_alone(text) => {
                self.0.put(text.as_bytes());
                Ok(())
            }
            Data::Xml(_) => Err(unwritable(Element::Data, Unwritable::Markup)),
            Data::Opaque(octets) if format.is_some_and(Format::is_base64_in_xml) => {
                self.0.put(BASE64.encode(octets).as_bytes());
                Ok(())
            }
            Data::Opaque(octets) => {
                let text = std::str::from_utf8(octets);
                let text = text.map_err(|_| unwritable(Element::Data, Unwritable::Octets))?;
                self.characters(Element::Data, text)
            }
        }
    }
}
