//! The DM account: APPLICATION with the APPID `w7` (OMA DM w7 application
//! characteristic 1.0; OMA DM StdObj 1.2 appendix B for its mapping to DMAcc).

use data_encoding::BASE64;
use secret::SecretBytes;

use super::{Characteristic, ProvisioningDoc};
use crate::Error;
use crate::auth::{Credentials, Nonce};

/// A DM account as provisioned.
#[derive(Clone)]
pub struct DmAccount {
    /// PROVIDER-ID: the server's identifier in ACLs.
    pub provider_id: Option<String>,
    /// NAME, for people.
    pub name: Option<String>,
    /// Where the server is, in order.
    pub addresses: Vec<AccountAddress>,
    /// TO-NAPID: network access points, in order.
    pub to_napids: Vec<String>,
    /// TO-PROXY: proxies, in order.
    pub to_proxies: Vec<String>,
    /// INIT: the device is to start a session.
    pub init: bool,
    /// APPAUTH of the level APPSRV: what the device proves itself with.
    pub device: Option<AccountAuth>,
    /// APPAUTH of the level CLIENT: what the server proves itself with.
    pub server: Option<AccountAuth>,
}

/// An address of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountAddress {
    /// ADDR, as a rule a URI.
    pub address: String,
    /// PORTNBR.
    pub port: Option<u16>,
}

/// AAUTHTYPE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthType {
    /// `BASIC`.
    Basic,
    /// `DIGEST`: MD5.
    Digest,
    /// `HMAC`.
    Hmac,
    /// Anything else, or nothing.
    Other(Option<String>),
}

/// APPAUTH. There is no `Debug`.
#[derive(Clone)]
pub struct AccountAuth {
    /// AAUTHTYPE.
    pub type_: AuthType,
    /// AAUTHNAME.
    pub name: Option<String>,
    /// AAUTHSECRET.
    pub secret: Option<SecretBytes>,
    /// AAUTHDATA: for DIGEST and HMAC the first nonce, base64 decoded.
    pub nonce: Option<Nonce>,
}

impl AccountAuth {
    /// The credentials of the MD5 or the HMAC scheme. BASIC is not taken from
    /// a document, because it shows the secret.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for another type; [`Error::DocumentContent`] without a
    /// name or a secret; [`Error::Misuse`] for a name that can't be.
    pub fn credentials(&self) -> Result<Credentials, Error> {
        let unsupported = Error::Unsupported("authentication type of the account");
        match (&self.type_, &self.name, &self.secret) {
            (AuthType::Basic | AuthType::Other(_), ..) => Err(unsupported),
            (AuthType::Digest, Some(name), Some(secret)) => Credentials::md5(name.clone(), secret),
            (AuthType::Hmac, Some(name), Some(secret)) => Credentials::mac(name.clone(), secret),
            _ => Err(Error::DocumentContent("APPAUTH without name or secret")),
        }
    }
}

impl ProvisioningDoc {
    /// The DM accounts, in order.
    ///
    /// # Errors
    /// [`Error::DocumentContent`] for a parm that is there twice or a value that can't
    /// be.
    pub fn accounts(&self) -> Result<Vec<DmAccount>, Error> {
        let mut accounts = Vec::new();
        for application in self.all("APPLICATION") {
            if application.value("APPID")? == Some("w7") {
                accounts.push(read_account(application)?);
            }
        }
        Ok(accounts)
    }
}

fn read_account(application: &Characteristic) -> Result<DmAccount, Error> {
    let mut addresses: Vec<AccountAddress> = application
        .values("ADDR")
        .map(|address| AccountAddress {
            address: address.to_owned(),
            port: None,
        })
        .collect();
    for appaddr in application.all("APPADDR") {
        addresses.push(read_address(appaddr)?);
    }
    let (mut device, mut server) = (None, None);
    for appauth in application.all("APPAUTH") {
        let place = match appauth.value("AAUTHLEVEL")? {
            Some("APPSRV") => &mut device,
            Some("CLIENT") => &mut server,
            // Other levels (OBEX) authenticate something else.
            _ => continue,
        };
        if place.replace(read_auth(appauth)?).is_some() {
            return Err(Error::DocumentContent("two APPAUTH of one level"));
        }
    }
    let owned = |values: &mut dyn Iterator<Item = &str>| values.map(str::to_owned).collect();
    Ok(DmAccount {
        provider_id: application.value("PROVIDER-ID")?.map(str::to_owned),
        name: application.value("NAME")?.map(str::to_owned),
        addresses,
        to_napids: owned(&mut application.values("TO-NAPID")),
        to_proxies: owned(&mut application.values("TO-PROXY")),
        init: application.has("INIT"),
        device,
        server,
    })
}

fn read_address(appaddr: &Characteristic) -> Result<AccountAddress, Error> {
    let mut port = None;
    for characteristic in appaddr.all("PORT") {
        let number = characteristic.required("PORTNBR")?.parse();
        let number = number.map_err(|_| Error::DocumentContent("PORTNBR is not a port"))?;
        if port.replace(number).is_some() {
            return Err(Error::DocumentContent("two PORTs of one address"));
        }
    }
    Ok(AccountAddress {
        address: appaddr.required("ADDR")?.to_owned(),
        port,
    })
}

fn read_auth(appauth: &Characteristic) -> Result<AccountAuth, Error> {
    let type_ = match appauth.value("AAUTHTYPE")? {
        Some("BASIC") => AuthType::Basic,
        Some("DIGEST") => AuthType::Digest,
        Some("HMAC") => AuthType::Hmac,
        other => AuthType::Other(other.map(str::to_owned)),
    };
    let nonce = match (appauth.value("AAUTHDATA")?, &type_) {
        (Some(data), AuthType::Digest | AuthType::Hmac) => {
            let octets = BASE64.decode(data.as_bytes()).ok();
            let nonce = octets.and_then(|octets| Nonce::from_octets(octets).ok());
            Some(nonce.ok_or(Error::DocumentContent("AAUTHDATA is not a nonce in base64"))?)
        }
        _ => None,
    };
    Ok(AccountAuth {
        type_,
        name: appauth.value("AAUTHNAME")?.map(str::to_owned),
        secret: appauth
            .value("AAUTHSECRET")?
            .map(|secret| SecretBytes::new(secret.as_bytes().to_vec())),
        nonce,
    })
}
