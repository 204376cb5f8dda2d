//! Elements as WBXML 1.2: strings inline, values of items as strings or OPAQUE
//! data, code pages switched where they change (SyncML RepPro 1.2, "WBXML
//! Definition").

use data_encoding::BASE64;

use super::input::write_number;
use super::nested;
use super::tokens::global;
use crate::element::Element;
use crate::write::{Octets, Sink, unwritable};
use crate::{Data, Error, Format, Item, Meta, Unwritable, xml};

/// Writes elements to octets.
pub(super) struct WbxmlSink<T> {
    pub(super) out: T,
    page: u8,
}

impl<T: Octets> WbxmlSink<T> {
    pub(super) const fn new(out: T) -> Self {
        Self { out, page: 0 }
    }

    fn page(&mut self, page: u8) {
        if page != self.page {
            self.out.put(&[global::SWITCH_PAGE, page]);
            self.page = page;
        }
    }

    fn tag(&mut self, element: Element, flags: u8) {
        let (page, token) = element.token();
        self.page(page);
        self.out.put(&[token | flags]);
    }

    fn opaque(&mut self, octets: &[u8]) {
        self.out.put(&[global::OPAQUE]);
        write_number(octets.len(), |octet| self.out.put(&[octet]));
        self.out.put(octets);
    }
}

impl<T: Octets> Sink for WbxmlSink<T> {
    fn begin(&mut self) {
        // Version 1.2, SyncML 1.2, UTF-8, no string table.
        self.out.put(&[0x02, 0xa4, 0x01, 0x6a, 0x00]);
    }

    fn open(&mut self, element: Element) {
        self.tag(element, global::CONTENT);
    }

    fn close(&mut self, _element: Element) {
        self.out.put(&[global::END]);
    }

    fn empty(&mut self, element: Element) {
        self.tag(element, 0);
    }

    fn text(&mut self, element: Element, text: &str) -> Result<(), Error> {
        if xml::first_forbidden(text).is_some() {
            return Err(unwritable(element, Unwritable::Character));
        }
        if !text.is_empty() {
            self.out.put(&[global::STR_I]);
            self.out.put(text.as_bytes());
            self.out.put(&[0]);
        }
        Ok(())
    }

    fn data(&mut self, data: &Data, format: Option<&Format>) -> Result<(), Error> {
        match (data, format) {
            // In WBXML the octets themselves travel (SyncML MetaInfo 1.2,
            // "Format").
            (Data::Text(_), Some(Format::Bin)) => {
                let octets = data.octets(format)?;
                self.opaque(&octets);
                Ok(())
            }
            (Data::Xml(text), Some(Format::Bin)) => {
                self.opaque(text.as_bytes());
                Ok(())
            }
            (Data::Text(text) | Data::Xml(text), _) => self.text(Element::Data, text),
            (Data::Opaque(octets), Some(Format::B64)) => {
                self.text(Element::Data, &BASE64.encode(octets))
            }
            (Data::Opaque(octets), _) => {
                self.opaque(octets);
                Ok(())
            }
        }
    }

    fn exchange(&self, item: &Item, command: Option<&Meta>) -> Option<(Meta, Data)> {
        nested::closed(item, command)
    }

    fn settle(&mut self) {
        self.page(0);
    }
}
