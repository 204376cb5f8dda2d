//! Elements as XML text, kept or only counted against a peer's `MaxMsgSize`
//! (SyncML MetaInfo 1.2).

use data_encoding::BASE64;

use super::{char, element};
use crate::element::Element;
use crate::write::{Sink, unwritable};
use crate::{Data, Error, Format, Unwritable};

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>"#;

/// Where text goes.
pub(super) trait Text {
    fn put(&mut self, text: &str);
}

impl Text for String {
    fn put(&mut self, text: &str) {
        self.push_str(text);
    }
}

/// Counts the octets of the text.
#[derive(Default)]
pub(super) struct Length(pub(super) usize);

impl Text for Length {
    fn put(&mut self, text: &str) {
        self.0 += text.len();
    }
}

/// Writes elements to a text.
#[derive(Default)]
pub(super) struct XmlSink<T>(pub(super) T);

impl<T: Text> XmlSink<T> {
    /// A start tag that `end` closes.
    fn tag(&mut self, element: Element, end: &str) {
        let namespace = match element {
            Element::SyncMl => r#" xmlns="SYNCML:SYNCML1.2""#,
            // They stand in elements that have declared it.
            Element::Last | Element::Next => "",
            _ if element.is_met_inf() => r#" xmlns="syncml:metinf""#,
            _ => "",
        };
        self.0.put("<");
        self.0.put(element.name());
        self.0.put(namespace);
        self.0.put(end);
    }

    /// `text` with what XML reads otherwise as references. `>` is always one,
    /// so that `]]>` can't arise; a carriage return would be read as a line
    /// feed.
    fn characters(&mut self, element: Element, text: &str) -> Result<(), Error> {
        if char::first_forbidden(text).is_some() {
            return Err(unwritable(element, Unwritable::Character));
        }
        let mut rest = text;
        let marked = |octet: u8| matches!(octet, b'&' | b'<' | b'>' | b'\r');
        while let Some(at) = rest.bytes().position(marked) {
            let (plain, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
            self.0.put(plain);
            let mut tail = tail.chars();
            self.0.put(match tail.next() {
                Some('&') => "&amp;",
                Some('<') => "&lt;",
                Some('>') => "&gt;",
                _ => "&#13;",
            });
            rest = tail.as_str();
        }
        self.0.put(rest);
        Ok(())
    }
}

impl<T: Text> Sink for XmlSink<T> {
    fn begin(&mut self) {
        self.0.put(HEAD);
    }

    fn open(&mut self, element: Element) {
        if element.is_met_inf() || element == Element::SyncMl {
            self.tag(element, ">");
        } else {
            self.0.put(element.start_tag());
        }
    }

    fn close(&mut self, element: Element) {
        self.0.put(element.end_tag());
    }

    fn empty(&mut self, element: Element) {
        self.tag(element, "/>");
    }

    fn text(&mut self, element: Element, text: &str) -> Result<(), Error> {
        self.characters(element, text)
    }

    fn data(&mut self, data: &Data, format: Option<&Format>) -> Result<(), Error> {
        match data {
            Data::Text(text) => self.characters(Element::Data, text),
            Data::Xml(text) if element::stands_alone(text) => {
                self.0.put(text);
                Ok(())
            }
            Data::Xml(_) => Err(unwritable(Element::Data, Unwritable::Markup)),
            Data::Opaque(octets) if format.is_some_and(Format::is_base64_in_xml) => {
                self.0.put(&BASE64.encode(octets));
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
