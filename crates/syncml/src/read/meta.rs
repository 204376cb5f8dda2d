//! Reading meta-information (SyncML MetaInfo 1.2, "MetInf").

use super::{MessageReader, Source, Written};
use crate::element::Element;
use crate::{Anchor, Error, Format, Meta, NextNonce};

impl<S: Source> MessageReader<S> {
    /// Reads the open `Meta`. Its children may stand in a `MetInf`; unknown
    /// ones are skipped.
    pub(super) fn meta(&mut self, slot: &mut Option<Meta>) -> Result<(), Error> {
        self.first(Element::Meta, slot.as_ref())?;
        let meta = slot.insert(Meta::default());
        // Its Format may come behind it.
        let mut nonce = None;
        let mut met_inf = None;
        while let Some(child) = self.source.child()? {
            if child == Element::MetInf {
                self.first(Element::MetInf, met_inf.as_ref())?;
                met_inf = Some(());
                while let Some(child) = self.source.child()? {
                    self.met_inf(child, meta, &mut nonce)?;
                }
            } else {
                self.met_inf(child, meta, &mut nonce)?;
            }
        }
        if let Some(written) = nonce {
            let format = meta.format.as_ref();
            meta.rare.next_nonce = Some(match written {
                Written::Text(text) => NextNonce::read(text, format),
                Written::Octets(octets) => NextNonce::read_octets(octets, format),
            });
        }
        Ok(())
    }

    fn met_inf(
        &mut self,
        child: Element,
        meta: &mut Meta,
        nonce: &mut Option<Written>,
    ) -> Result<(), Error> {
        match child {
            Element::Format => {
                self.first(child, meta.format.as_ref())?;
                meta.format = Some(Format::read(&self.source.text_value()?));
                Ok(())
            }
            Element::Type => self.text(child, &mut meta.type_),
            Element::Mark => self.text(child, &mut meta.rare.mark),
            Element::Size => self.number(child, &mut meta.size),
            Element::Anchor => self.anchor(&mut meta.rare.anchor),
            Element::Version => self.text(child, &mut meta.rare.version),
            Element::NextNonce => {
                self.first(child, nonce.as_ref())?;
                *nonce = Some(self.source.nonce_value()?);
                Ok(())
            }
            Element::MaxMsgSize => self.number(child, &mut meta.rare.max_msg_size),
            Element::MaxObjSize => self.number(child, &mut meta.rare.max_obj_size),
            Element::Emi => {
                self.count_item()?;
                meta.rare.emi.push(self.source.text_value()?.into_owned());
                Ok(())
            }
            _ => self.source.skip(),
        }
    }

    fn anchor(&mut self, slot: &mut Option<Anchor>) -> Result<(), Error> {
        self.first(Element::Anchor, slot.as_ref())?;
        let (mut last, mut next) = (None, None);
        while let Some(child) = self.source.child()? {
            match child {
                Element::Last => self.text(child, &mut last)?,
                Element::Next => self.text(child, &mut next)?,
                _ => self.source.skip()?,
            }
        }
        *slot = Some(Anchor {
            last,
            next: self.need(Element::Next, next)?,
        });
        Ok(())
    }
}
