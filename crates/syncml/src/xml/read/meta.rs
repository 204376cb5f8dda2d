//! Reading meta-information (SyncML MetaInfo 1.2, "MetInf").

use super::MessageReader;
use crate::{Anchor, Error, Format, Meta, NextNonce};

/// `Meta` while its `Format` may still come behind its `NextNonce`.
#[derive(Default)]
struct Parts {
    meta: Meta,
    format: Option<String>,
    next_nonce: Option<String>,
    met_inf: Option<()>,
}

impl MessageReader<'_> {
    /// Reads the open `Meta`. Its children may stand in a `MetInf`; unknown
    /// ones are skipped.
    pub(super) fn meta(&mut self, slot: &mut Option<Meta>) -> Result<(), Error> {
        self.first("Meta", slot.as_ref())?;
        let mut parts = Parts::default();
        while let Some(child) = self.xml.child()? {
            if child == "MetInf" {
                self.first("MetInf", parts.met_inf.as_ref())?;
                parts.met_inf = Some(());
                while let Some(child) = self.xml.child()? {
                    self.met_inf(child, &mut parts)?;
                }
            } else {
                self.met_inf(child, &mut parts)?;
            }
        }
        let format = parts.format.as_deref().map(Format::read);
        *slot = Some(Meta {
            next_nonce: parts
                .next_nonce
                .map(|written| NextNonce::read(written, format.as_ref())),
            format,
            ..parts.meta
        });
        Ok(())
    }

    fn met_inf(&mut self, child: &str, parts: &mut Parts) -> Result<(), Error> {
        let meta = &mut parts.meta;
        match child {
            "Format" => self.text("Format", &mut parts.format),
            "Type" => self.text("Type", &mut meta.type_),
            "Mark" => self.text("Mark", &mut meta.mark),
            "Size" => self.number("Size", &mut meta.size),
            "Anchor" => self.anchor(&mut meta.anchor),
            "Version" => self.text("Version", &mut meta.version),
            "NextNonce" => self.text("NextNonce", &mut parts.next_nonce),
            "MaxMsgSize" => self.number("MaxMsgSize", &mut meta.max_msg_size),
            "MaxObjSize" => self.number("MaxObjSize", &mut meta.max_obj_size),
            "EMI" => {
                self.count_item()?;
                meta.emi.push(self.xml.text_value()?);
                Ok(())
            }
            _ => self.xml.skip(),
        }
    }

    fn anchor(&mut self, slot: &mut Option<Anchor>) -> Result<(), Error> {
        self.first("Anchor", slot.as_ref())?;
        let (mut last, mut next) = (None, None);
        while let Some(child) = self.xml.child()? {
            match child {
                "Last" => self.text("Last", &mut last)?,
                "Next" => self.text("Next", &mut next)?,
                _ => self.xml.skip()?,
            }
        }
        *slot = Some(Anchor {
            last,
            next: self.need("Next", next)?,
        });
        Ok(())
    }
}
