//! Reading the header, credentials and challenges (SyncML RepPro 1.2,
//! "SyncHdr", "Cred", "Chal", "Target", "Source").

use super::{MessageReader, Source};
use crate::element::Element;
use crate::{Chal, Cred, Error, Location, Meta, SyncHdr};

impl<S: Source> MessageReader<S> {
    pub(super) fn header(&mut self) -> Result<SyncHdr, Error> {
        let (mut ver_dtd, mut ver_proto) = (None, None);
        let (mut session_id, mut msg_id) = (None, None);
        let (mut target, mut source, mut resp_uri) = (None, None, None);
        let (mut no_resp, mut cred, mut meta) = (false, None, None);
        while let Some(child) = self.source.child()? {
            match child {
                Element::VerDtd => self.text(child, &mut ver_dtd)?,
                Element::VerProto => self.text(child, &mut ver_proto)?,
                Element::SessionId => self.text(child, &mut session_id)?,
                Element::MsgId => self.text(child, &mut msg_id)?,
                Element::Target => self.location(child, &mut target, None)?,
                Element::Source => self.location(child, &mut source, None)?,
                Element::RespUri => self.text(child, &mut resp_uri)?,
                Element::NoResp => self.flag(child, &mut no_resp)?,
                Element::Cred => self.cred(&mut cred)?,
                Element::Meta => self.meta(&mut meta)?,
                _ => return Err(self.source.unexpected()),
            }
        }
        Ok(SyncHdr {
            ver_dtd: self.need(Element::VerDtd, ver_dtd)?,
            ver_proto: self.need(Element::VerProto, ver_proto)?,
            session_id: self.need(Element::SessionId, session_id)?.into(),
            msg_id: self.need(Element::MsgId, msg_id)?.into(),
            target: self.need(Element::Target, target)?,
            source: self.need(Element::Source, source)?,
            resp_uri,
            no_resp,
            cred,
            meta,
        })
    }

    /// Reads the open `Target` or `Source`. A `Filter`, which only data
    /// synchronisation has, goes to `foreign` or is refused without it.
    pub(super) fn location(
        &mut self,
        name: Element,
        slot: &mut Option<Location>,
        mut foreign: Option<&mut Option<&'static str>>,
    ) -> Result<(), Error> {
        self.first(name, slot.as_ref())?;
        let (mut uri, mut loc_name) = (None, None);
        while let Some(child) = self.source.child()? {
            match child {
                Element::LocUri => self.text(child, &mut uri)?,
                Element::LocName => self.text(child, &mut loc_name)?,
                Element::Filter => match foreign.as_deref_mut() {
                    Some(foreign) => self.skip_foreign(child, foreign)?,
                    None => return Err(self.source.unexpected()),
                },
                _ => return Err(self.source.unexpected()),
            }
        }
        *slot = Some(Location {
            uri: self.need(Element::LocUri, uri)?,
            name: loc_name,
        });
        Ok(())
    }

    pub(super) fn cred(&mut self, slot: &mut Option<Cred>) -> Result<(), Error> {
        self.first(Element::Cred, slot.as_ref())?;
        let (mut meta, mut data) = (None, None);
        while let Some(child) = self.source.child()? {
            match child {
                Element::Meta => self.meta(&mut meta)?,
                Element::Data => self.text(child, &mut data)?,
                _ => return Err(self.source.unexpected()),
            }
        }
        *slot = Some(Cred {
            meta,
            data: self.need(Element::Data, data)?,
        });
        Ok(())
    }

    pub(super) fn chal(&mut self, slot: &mut Option<Chal>) -> Result<(), Error> {
        self.first(Element::Chal, slot.as_ref())?;
        let mut meta = None;
        while let Some(child) = self.source.child()? {
            match child {
                Element::Meta => self.meta(&mut meta)?,
                _ => return Err(self.source.unexpected()),
            }
        }
        let meta: Meta = meta.unwrap_or_default();
        *slot = Some(Chal {
            type_: meta.type_,
            format: meta.format,
            next_nonce: meta.rare.into_inner().next_nonce,
        });
        Ok(())
    }
}
