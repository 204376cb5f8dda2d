//! Network access points: NAPDEF (OMA Provisioning Content 1.1, NAPDEF).

use secret::SecretBytes;

use super::{Characteristic, ProvisioningDoc};
use crate::Error;

/// A network access point as provisioned.
#[derive(Clone)]
pub struct NapDef {
    /// NAPID, by which others in the document name it.
    pub id: String,
    /// NAME, for people.
    pub name: Option<String>,
    /// BEARER: the networks that it is for, in order.
    pub bearers: Vec<String>,
    /// NAP-ADDRESS: for a packet network the access point name.
    pub address: Option<String>,
    /// NAP-ADDRTYPE: `APN` for an access point name; E164 is the default.
    pub address_type: Option<String>,
    /// NAPAUTHINFO: how the network authenticates, in order of preference.
    pub auth: Vec<NapAuth>,
}

/// NAPAUTHINFO. There is no `Debug`.
#[derive(Clone)]
pub struct NapAuth {
    /// AUTHTYPE: `PAP`, `CHAP` and others.
    pub type_: String,
    /// AUTHNAME.
    pub name: Option<String>,
    /// AUTHSECRET.
    pub secret: Option<SecretBytes>,
}

impl ProvisioningDoc {
    /// The network access points, in order.
    ///
    /// # Errors
    /// [`Error::DocumentContent`] for one without NAPID, two with the same, a parm
    /// that is there twice, or NAPAUTHINFO without AUTHTYPE.
    pub fn naps(&self) -> Result<Vec<NapDef>, Error> {
        let mut naps: Vec<NapDef> = Vec::new();
        for napdef in self.all("NAPDEF") {
            let nap = read_nap(napdef)?;
            if naps.iter().any(|other| other.id == nap.id) {
                return Err(Error::DocumentContent("a NAPID is there twice"));
            }
            naps.push(nap);
        }
        Ok(naps)
    }
}

fn read_nap(napdef: &Characteristic) -> Result<NapDef, Error> {
    let auth = napdef
        .all("NAPAUTHINFO")
        .map(|info| {
            Ok(NapAuth {
                type_: info.required("AUTHTYPE")?.to_owned(),
                name: info.value("AUTHNAME")?.map(str::to_owned),
                secret: info
                    .value("AUTHSECRET")?
                    .map(|secret| SecretBytes::new(secret.as_bytes().to_vec())),
            })
        })
        .collect::<Result<_, Error>>()?;
    Ok(NapDef {
        id: napdef.required("NAPID")?.to_owned(),
        name: napdef.value("NAME")?.map(str::to_owned),
        bearers: napdef.values("BEARER").map(str::to_owned).collect(),
        address: napdef.value("NAP-ADDRESS")?.map(str::to_owned),
        address_type: napdef.value("NAP-ADDRTYPE")?.map(str::to_owned),
        auth,
    })
}
