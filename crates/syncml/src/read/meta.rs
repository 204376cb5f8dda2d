//! Reading meta-information (SyncML MetaInfo 1.2, "MetInf").

use super::{MessageReader, Source, Written};
use crate::element::Element;
use crate::{Anchor, Error, Format, Meta, NextNonce};

/// `Meta` while its `Format` may still come behind its `NextNonce`.
#[derive(Default)]
struct Parts {
    meta: Meta,
    format: Option<String>,
    next_nonce: Option<Written>,
    met_inf: Option<()>,
}

impl<S: Source> MessageReader<S> {
    /// Reads the open `Meta`. Its children may stand in a `MetInf`; unknown
    /// ones are skipped.
    pub(super) fn meta(&mut self, slot: &mut Option<Meta>) -> Result<(), Error> {
        self.first(Element::Meta, slot.as_ref())?;
        let mut parts = Parts::default();
        while let Some(child) = self.source.child()? {
            if child == Element::MetInf {
                self.first(Element::MetInf, parts.met_inf.as_ref())?;
                parts.met_inf = Some(());
                while let Some(child) = self.source.child()? {
                    self.met_inf(child, &mut parts)?;
                }
            } else {
                self.met_inf(child, &mut parts)?;
            }
        }
        let format = parts.format.as_deref().map(Format::read);
        *slot = Some(Meta {
            next_nonce: parts.next_nonce.map(|written| match written {
                Written::Text(text) => NextNonce::read(text, format.as_ref()),
                Written::Octets(octets) => NextNonce::read_octets(octets, format.as_ref()),
            }),
            format,
            ..parts.meta
        });
        Ok(())
    }

    fn met_inf(&mut self, child: Element, parts: &mut Parts) -> Result<(), Error> {
        let meta = &mut parts.meta;
        match child {
            Element::Format => self.text(child, &mut parts.format),
            Element::Type => self.text(child, &mut meta.type_),
            Element::Mark => self.text(child, &mut meta.mark),
            Element::Size => self.number(child, &mut meta.size),
            Element::Anchor => self.anchor(&mut meta.anchor),
            Element::Version => self.text(child, &mut meta.version),
            Element::NextNonce => {
                self.first(child, parts.next_nonce.as_ref())?;
                parts.next_nonce = Some(self.source.nonce_value()?);
                Ok(())
            }
            Element::MaxMsgSize => self.number(child, &mut meta.max_msg_size),
            Element::MaxObjSize => self.number(child, &mut meta.max_obj_size),
            Element::Emi => {
                self.count_item()?;
                meta.emi.push(self.source.text_value()?);
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
