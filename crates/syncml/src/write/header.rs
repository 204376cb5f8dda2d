//! Writing header, credentials, challenges and meta-information (SyncML RepPro
//! 1.2 DTD, `SyncHdr`, `Cred`, `Chal`; SyncML MetaInfo 1.2 DTD).

use super::{Sink, Writer, unwritable};
use crate::element::Element;
use crate::{Chal, Cred, Error, Format, Location, Meta, NextNonce, RareMeta, SyncHdr, Unwritable};

impl<S: Sink> Writer<'_, S> {
    pub(super) fn header(&mut self, header: &SyncHdr) -> Result<(), Error> {
        self.out.open(Element::SyncHdr);
        self.filled(Element::VerDtd, &header.ver_dtd)?;
        self.filled(Element::VerProto, &header.ver_proto)?;
        self.filled(Element::SessionId, header.session_id.as_str())?;
        self.filled(Element::MsgId, header.msg_id.as_str())?;
        for (element, location) in [
            (Element::Target, &header.target),
            (Element::Source, &header.source),
        ] {
            if location.uri.is_empty() {
                return Err(unwritable(element, Unwritable::Empty));
            }
            self.location(element, Some(location))?;
        }
        self.optional(Element::RespUri, header.resp_uri.as_deref())?;
        self.flag(Element::NoResp, header.no_resp);
        self.cred(header.cred.as_ref())?;
        self.meta(header.meta.as_ref())?;
        self.out.close(Element::SyncHdr);
        Ok(())
    }

    pub(super) fn location(
        &mut self,
        element: Element,
        location: Option<&Location>,
    ) -> Result<(), Error> {
        let Some(location) = location else {
            return Ok(());
        };
        self.out.open(element);
        self.text(Element::LocUri, &location.uri)?;
        self.optional(Element::LocName, location.name.as_deref())?;
        self.out.close(element);
        Ok(())
    }

    pub(super) fn cred(&mut self, cred: Option<&Cred>) -> Result<(), Error> {
        let Some(cred) = cred else {
            return Ok(());
        };
        self.out.open(Element::Cred);
        self.meta(cred.meta.as_ref())?;
        self.text(Element::Data, &cred.data)?;
        self.out.close(Element::Cred);
        Ok(())
    }

    pub(super) fn chal(&mut self, chal: Option<&Chal>) -> Result<(), Error> {
        let Some(chal) = chal else {
            return Ok(());
        };
        self.out.open(Element::Chal);
        self.out.open(Element::Meta);
        self.optional(Element::Format, chal.format.as_ref().map(Format::as_str))?;
        self.optional(Element::Type, chal.type_.as_deref())?;
        let nonce = chal.next_nonce.as_ref().map(NextNonce::as_written);
        self.optional(Element::NextNonce, nonce)?;
        self.out.close(Element::Meta);
        self.out.close(Element::Chal);
        Ok(())
    }

    pub(super) fn meta(&mut self, meta: Option<&Meta>) -> Result<(), Error> {
        let Some(meta) = meta else {
            return Ok(());
        };
        self.out.open(Element::Meta);
        self.optional(Element::Format, meta.format.as_ref().map(Format::as_str))?;
        self.optional(Element::Type, meta.type_.as_deref())?;
        let rare: &RareMeta = &meta.rare;
        self.optional(Element::Mark, rare.mark.as_deref())?;
        self.number(Element::Size, meta.size)?;
        if let Some(anchor) = &rare.anchor {
            self.out.open(Element::Anchor);
            self.optional(Element::Last, anchor.last.as_deref())?;
            self.text(Element::Next, &anchor.next)?;
            self.out.close(Element::Anchor);
        }
        self.optional(Element::Version, rare.version.as_deref())?;
        let nonce = rare.next_nonce.as_ref().map(NextNonce::as_written);
        self.optional(Element::NextNonce, nonce)?;
        self.number(Element::MaxMsgSize, rare.max_msg_size)?;
        self.number(Element::MaxObjSize, rare.max_obj_size)?;
        for emi in &rare.emi {
            self.text(Element::Emi, emi)?;
        }
        self.out.close(Element::Meta);
        Ok(())
    }
}
