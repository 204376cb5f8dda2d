//! Reading the header, credentials and challenges (SyncML RepPro 1.2,
//! "SyncHdr", "Cred", "Chal", "Target", "Source").

use super::MessageReader;
use crate::{Chal, Cred, Error, Location, Meta, SyncHdr};

impl MessageReader<'_> {
    pub(super) fn header(&mut self) -> Result<SyncHdr, Error> {
        let (mut ver_dtd, mut ver_proto) = (None, None);
        let (mut session_id, mut msg_id) = (None, None);
        let (mut target, mut source, mut resp_uri) = (None, None, None);
        let (mut no_resp, mut cred, mut meta) = (false, None, None);
        while let Some(child) = self.xml.child()? {
            match child {
                "VerDTD" => self.text("VerDTD", &mut ver_dtd)?,
                "VerProto" => self.text("VerProto", &mut ver_proto)?,
                "SessionID" => self.text("SessionID", &mut session_id)?,
                "MsgID" => self.text("MsgID", &mut msg_id)?,
                "Target" => self.location("Target", &mut target, None)?,
                "Source" => self.location("Source", &mut source, None)?,
                "RespURI" => self.text("RespURI", &mut resp_uri)?,
                "NoResp" => self.flag("NoResp", &mut no_resp)?,
                "Cred" => self.cred(&mut cred)?,
                "Meta" => self.meta(&mut meta)?,
                _ => return Err(self.xml.unexpected()),
            }
        }
        Ok(SyncHdr {
            ver_dtd: self.need("VerDTD", ver_dtd)?,
            ver_proto: self.need("VerProto", ver_proto)?,
            session_id: self.need("SessionID", session_id)?.into(),
            msg_id: self.need("MsgID", msg_id)?.into(),
            target: self.need("Target", target)?,
            source: self.need("Source", source)?,
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
        name: &'static str,
        slot: &mut Option<Location>,
        mut foreign: Option<&mut Option<&'static str>>,
    ) -> Result<(), Error> {
        self.first(name, slot.as_ref())?;
        let (mut uri, mut loc_name) = (None, None);
        while let Some(child) = self.xml.child()? {
            match child {
                "LocURI" => self.text("LocURI", &mut uri)?,
                "LocName" => self.text("LocName", &mut loc_name)?,
                "Filter" => match foreign.as_deref_mut() {
                    Some(foreign) => self.skip_foreign("Filter", foreign)?,
                    None => return Err(self.xml.unexpected()),
                },
                _ => return Err(self.xml.unexpected()),
            }
        }
        *slot = Some(Location {
            uri: self.need("LocURI", uri)?,
            name: loc_name,
        });
        Ok(())
    }

    pub(super) fn cred(&mut self, slot: &mut Option<Cred>) -> Result<(), Error> {
        self.first("Cred", slot.as_ref())?;
        let (mut meta, mut data) = (None, None);
        while let Some(child) = self.xml.child()? {
            match child {
                "Meta" => self.meta(&mut meta)?,
                "Data" => self.text("Data", &mut data)?,
                _ => return Err(self.xml.unexpected()),
            }
        }
        *slot = Some(Cred {
            meta,
            data: self.need("Data", data)?,
        });
        Ok(())
    }

    pub(super) fn chal(&mut self, slot: &mut Option<Chal>) -> Result<(), Error> {
        self.first("Chal", slot.as_ref())?;
        let mut meta = None;
        while let Some(child) = self.xml.child()? {
            match child {
                "Meta" => self.meta(&mut meta)?,
                _ => return Err(self.xml.unexpected()),
            }
        }
        let meta: Meta = meta.unwrap_or_default();
        *slot = Some(Chal {
            type_: meta.type_,
            format: meta.format,
            next_nonce: meta.next_nonce,
        });
        Ok(())
    }
}
