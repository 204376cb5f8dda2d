//! Writing header, credentials, challenges and meta-information (SyncML RepPro
//! 1.2 DTD, `SyncHdr`, `Cred`, `Chal`; SyncML MetaInfo 1.2 DTD).

use super::{Sink, Writer, unwritable};
use crate::{Chal, Cred, Error, Format, Location, Meta, NextNonce, SyncHdr, Unwritable};

const META_INF: &str = r#" xmlns="syncml:metinf">"#;

impl<S: Sink> Writer<S> {
    pub(super) fn header(&mut self, header: &SyncHdr) -> Result<(), Error> {
        self.open("SyncHdr");
        self.filled("VerDTD", &header.ver_dtd)?;
        self.filled("VerProto", &header.ver_proto)?;
        self.filled("SessionID", header.session_id.as_str())?;
        self.filled("MsgID", header.msg_id.as_str())?;
        for (element, location) in [("Target", &header.target), ("Source", &header.source)] {
            if location.uri.is_empty() {
                return Err(unwritable(element, Unwritable::Empty));
            }
            self.location(element, Some(location))?;
        }
        self.optional("RespURI", header.resp_uri.as_deref())?;
        self.flag("NoResp", header.no_resp);
        self.cred(header.cred.as_ref())?;
        self.meta(header.meta.as_ref())?;
        self.close("SyncHdr");
        Ok(())
    }

    pub(super) fn location(
        &mut self,
        element: &'static str,
        location: Option<&Location>,
    ) -> Result<(), Error> {
        let Some(location) = location else {
            return Ok(());
        };
        self.open(element);
        self.text("LocURI", &location.uri)?;
        self.optional("LocName", location.name.as_deref())?;
        self.close(element);
        Ok(())
    }

    pub(super) fn cred(&mut self, cred: Option<&Cred>) -> Result<(), Error> {
        let Some(cred) = cred else {
            return Ok(());
        };
        self.open("Cred");
        self.meta(cred.meta.as_ref())?;
        self.text("Data", &cred.data)?;
        self.close("Cred");
        Ok(())
    }

    pub(super) fn chal(&mut self, chal: Option<&Chal>) -> Result<(), Error> {
        let Some(chal) = chal else {
            return Ok(());
        };
        self.open("Chal");
        self.open("Meta");
        self.met_inf("Format", chal.format.as_ref().map(Format::as_str))?;
        self.met_inf("Type", chal.type_.as_deref())?;
        let nonce = chal.next_nonce.as_ref().map(NextNonce::as_written);
        self.met_inf("NextNonce", nonce)?;
        self.close("Meta");
        self.close("Chal");
        Ok(())
    }

    pub(super) fn meta(&mut self, meta: Option<&Meta>) -> Result<(), Error> {
        let Some(meta) = meta else {
            return Ok(());
        };
        self.open("Meta");
        self.met_inf("Format", meta.format.as_ref().map(Format::as_str))?;
        self.met_inf("Type", meta.type_.as_deref())?;
        self.met_inf("Mark", meta.mark.as_deref())?;
        self.met_inf_number("Size", meta.size)?;
        if let Some(anchor) = &meta.anchor {
            self.open_met_inf("Anchor");
            self.optional("Last", anchor.last.as_deref())?;
            self.text("Next", &anchor.next)?;
            self.close("Anchor");
        }
        self.met_inf("Version", meta.version.as_deref())?;
        let nonce = meta.next_nonce.as_ref().map(NextNonce::as_written);
        self.met_inf("NextNonce", nonce)?;
        self.met_inf_number("MaxMsgSize", meta.max_msg_size)?;
        self.met_inf_number("MaxObjSize", meta.max_obj_size)?;
        for emi in &meta.emi {
            self.met_inf("EMI", Some(emi))?;
        }
        self.close("Meta");
        Ok(())
    }

    fn open_met_inf(&mut self, element: &str) {
        self.out.put("<");
        self.out.put(element);
        self.out.put(META_INF);
    }

    fn met_inf(&mut self, element: &'static str, text: Option<&str>) -> Result<(), Error> {
        let Some(text) = text else {
            return Ok(());
        };
        self.open_met_inf(element);
        self.characters(element, text)?;
        self.close(element);
        Ok(())
    }

    fn met_inf_number(&mut self, element: &'static str, number: Option<u64>) -> Result<(), Error> {
        self.met_inf(element, number.map(|number| number.to_string()).as_deref())
    }
}
