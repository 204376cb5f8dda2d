//! The bootstrap document: `w7` APPLICATIONs, NAPDEF, CertificateStore and the
//! characteristic `REHOME` (docs/operator-change.md section 5). Written in one
//! fixed form; what is read has exactly these characteristics and parms.

use std::str::FromStr;

use ::tre::TreId;
use data_encoding::BASE64;
use trust::ShoId;

use super::characteristic::Characteristic;
use super::{Bootstrap, Change, NetworkAccess};
use crate::documents::MAX_PROV_URLS;
use crate::{ProvisioningError, Terms};

const FORMAT: &str = "1";
const CONTEXT: &str = "mcim";
/// The characteristic for root certificates, as device management in the field
/// has it (TR 33.812 B.2.3.3 NOTE 2).
const STORE: &str = "CertificateStore";
const CONNECTIVITY: [&str; 9] = [
    "FMT", "TYPE", "TREID", "CTX", "CTXVER", "SWITCH", "FROM", "DRFURL", "NAPID",
];
const CHANGE: [&str; 17] = [
    "FMT",
    "TYPE",
    "TREID",
    "CTX",
    "CTXVER",
    "SWITCH",
    "FROM",
    "DRFURL",
    "NAPID",
    "ORDER",
    "TO",
    "REVERT_S",
    "RETENTION_S",
    "T_ATTACH",
    "T_ACK",
    "EXPIRES",
    "CRED",
];

pub(super) fn write(bootstrap: &Bootstrap) -> Result<String, ProvisioningError> {
    let kind = if bootstrap.change.is_some() {
        "change"
    } else {
        "connectivity"
    };
    let mut rehome = Characteristic::new("REHOME")
        .parm("FMT", FORMAT)
        .parm("TYPE", kind)
        .parm("TREID", bootstrap.tre_id.as_str())
        .parm("CTX", CONTEXT)
        .parm("CTXVER", bootstrap.ctx_version.to_string())
        .parm("SWITCH", bootstrap.switch_counter.to_string())
        .parm("FROM", bootstrap.from.to_string())
        .parm("DRFURL", &bootstrap.drf_url)
        .parm("NAPID", &bootstrap.access.id);
    let mut top = vec![
        Characteristic::new("NAPDEF")
            .parm("NAPID", &bootstrap.access.id)
            .parm("BEARER", "GSM-GPRS")
            .parm("NAP-ADDRESS", &bootstrap.access.apn)
            .parm("NAP-ADDRTYPE", "APN"),
    ];
    if let Some(change) = &bootstrap.change {
        rehome = rehome
            .parm("ORDER", change.order_id.to_string())
            .parm("TO", change.to.to_string())
            .parm("REVERT_S", change.terms.revert_s.to_string())
            .parm("RETENTION_S", change.terms.retention_s.to_string())
            .parm("T_ATTACH", change.terms.t_attach.to_string())
            .parm("T_ACK", change.terms.t_ack.to_string())
            .parm("EXPIRES", change.expires.to_string())
            .parm("CRED", BASE64.encode(&change.credentials));
        top.extend(
            change
                .prov_urls
                .iter()
                .map(|url| application(url, &change.to, &bootstrap.access)),
        );
        let certificate =
            Characteristic::new("ROOT").parm("ENCODEDCERTIFICATE", BASE64.encode(&change.anchor));
        top.push(Characteristic::new(STORE).with(certificate));
    }
    top.push(rehome);
    Characteristic::document(top)
}

fn application(url: &str, to: &ShoId, access: &NetworkAccess) -> Characteristic {
    Characteristic::new("APPLICATION")
        .parm("APPID", "w7")
        .parm("PROVIDER-ID", to.to_string())
        .parm("TO-NAPID", &access.id)
        .parm("ADDR", url)
}

pub(super) fn read(octets: &[u8]) -> Result<Bootstrap, ProvisioningError> {
    let top = Characteristic::read(octets)?;
    let rehome = top.one("REHOME")?;
    let is_change = match (
        rehome.value("FMT")?,
        rehome.value("TYPE")?,
        rehome.value("CTX")?,
    ) {
        (FORMAT, "change", CONTEXT) => true,
        (FORMAT, "connectivity", CONTEXT) => false,
        (FORMAT, "rollover" | "revert", CONTEXT) => {
            return Err(ProvisioningError::Unsupported(
                "bootstrap types rollover and revert",
            ));
        }
        (FORMAT, "change" | "connectivity", "m2m-app") => {
            return Err(ProvisioningError::Unsupported("the m2m-app context"));
        }
        (FORMAT, ..) => return Err(ProvisioningError::Malformed("TYPE or CTX")),
        _ => {
            return Err(ProvisioningError::Unsupported(
                "bootstraps of another format",
            ));
        }
    };
    let access = access(top.one("NAPDEF")?)?;
    let change = if is_change {
        top.only(&[], &["NAPDEF", "REHOME", "APPLICATION", STORE])?;
        rehome.only(&CHANGE, &[])?;
        Some(change(&top, rehome)?)
    } else {
        top.only(&[], &["NAPDEF", "REHOME"])?;
        rehome.only(&CONNECTIVITY, &[])?;
        None
    };
    if rehome.value("NAPID")? != access.id {
        return Err(ProvisioningError::Malformed("NAPID"));
    }
    Ok(Bootstrap {
        tre_id: TreId::from_str(rehome.value("TREID")?)?,
        ctx_version: number(rehome, "CTXVER")?,
        switch_counter: number(rehome, "SWITCH")?,
        from: rehome.value("FROM")?.parse()?,
        drf_url: rehome.value("DRFURL")?.to_owned(),
        access,
        change,
    })
}

fn access(napdef: &Characteristic) -> Result<NetworkAccess, ProvisioningError> {
    napdef.only(&["NAPID", "BEARER", "NAP-ADDRESS", "NAP-ADDRTYPE"], &[])?;
    match (napdef.value("BEARER")?, napdef.value("NAP-ADDRTYPE")?) {
        ("GSM-GPRS", "APN") => Ok(NetworkAccess {
            id: napdef.value("NAPID")?.to_owned(),
            apn: napdef.value("NAP-ADDRESS")?.to_owned(),
        }),
        _ => Err(ProvisioningError::Unsupported(
            "a network access point of another kind",
        )),
    }
}

fn change(top: &Characteristic, rehome: &Characteristic) -> Result<Change, ProvisioningError> {
    let to: ShoId = rehome.value("TO")?.parse()?;
    let mut prov_urls = Vec::new();
    for application in top.all("APPLICATION") {
        application.only(&["APPID", "PROVIDER-ID", "TO-NAPID", "ADDR"], &[])?;
        if application.value("APPID")? != "w7"
            || application.value("PROVIDER-ID")? != to.to_string()
        {
            return Err(ProvisioningError::Malformed("APPLICATION"));
        }
        prov_urls.push(application.value("ADDR")?.to_owned());
    }
    if !(1..=MAX_PROV_URLS).contains(&prov_urls.len()) {
        return Err(ProvisioningError::Malformed("one to three APPLICATION"));
    }
    let store = top.one(STORE)?;
    store.only(&[], &["ROOT", "HASH"])?;
    if store.all("HASH").next().is_some() {
        return Err(ProvisioningError::Unsupported("an anchor by its hash"));
    }
    let root = store.one("ROOT")?;
    root.only(&["ENCODEDCERTIFICATE"], &[])?;
    Ok(Change {
        order_id: rehome.value("ORDER")?.parse()?,
        to,
        prov_urls,
        anchor: base64(root, "ENCODEDCERTIFICATE")?,
        terms: Terms {
            t_attach: number(rehome, "T_ATTACH")?,
            t_ack: number(rehome, "T_ACK")?,
            revert_s: number(rehome, "REVERT_S")?,
            retention_s: number(rehome, "RETENTION_S")?,
        },
        expires: rehome
            .value("EXPIRES")?
            .parse()
            .map_err(|_| ProvisioningError::Malformed("EXPIRES"))?,
        credentials: base64(rehome, "CRED")?,
    })
}

fn number<T: FromStr + ToString>(
    from: &Characteristic,
    name: &'static str,
) -> Result<T, ProvisioningError> {
    let text = from.value(name)?;
    text.parse::<T>()
        .ok()
        .filter(|value| value.to_string() == text)
        .ok_or(ProvisioningError::Malformed(name))
}

fn base64(from: &Characteristic, name: &'static str) -> Result<Vec<u8>, ProvisioningError> {
    BASE64
        .decode(from.value(name)?.as_bytes())
        .map_err(|_| ProvisioningError::Malformed(name))
}
