//! DM accounts from files (OMA DM StdObj 1.2 clause 5.3.1): a small TOML file,
//! or a provisioning document with an APPLICATION `w7` (OMA DM Bootstrap 1.2
//! clause 5.3). Both hold secrets, so both are the owner's alone, and no error
//! shows a line of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use device::management::NAPS;
use dm::bootstrap::{DocumentLimits, ProvisioningDoc};
use dm::objects::dm_account::{
    Account, Address, AddressType, AuthLevel, AuthSetting, AuthType, TransportKey,
};
use dm::objects::nap::Nap;
use secret::SecretBytes;
use serde::Deserialize;
use tokens::key_file;

/// An account file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountFile {
    server_id: String,
    #[serde(default)]
    name: Option<String>,
    address: String,
    /// What the device proves itself with.
    #[serde(default)]
    client: Option<AuthFile>,
    /// What the server proves itself with.
    #[serde(default)]
    server: Option<AuthFile>,
    /// What the device answers a server with that asks in HTTP.
    #[serde(default)]
    http: Option<AuthFile>,
    /// What its connections show in TLS.
    #[serde(default)]
    psk: Option<PskFile>,
    #[serde(default)]
    certificate: Option<CertificateFile>,
    /// The one certificate or key that the server may have.
    #[serde(default)]
    pin: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PskFile {
    identity: String,
    /// In hexadecimal digits.
    key: String,
}

/// Paths relative to the account's file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CertificateFile {
    file: PathBuf,
    key: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthFile {
    #[serde(rename = "type", default)]
    type_: AuthChoice,
    name: String,
    secret: String,
    /// The first nonce, in base64.
    #[serde(default)]
    nonce: Option<String>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum AuthChoice {
    Basic,
    #[default]
    Digest,
}

/// The account of a TOML file.
pub(super) fn from_toml(path: &Path) -> Result<Account> {
    let octets = key_file::read(path)?;
    let text = std::str::from_utf8(octets.expose()).context("an account file is UTF-8")?;
    // The library's own words would quote the line.
    let file: AccountFile = toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.unwrap_or_default().matches('\n').count() + 1;
        anyhow!(
            "{}: line {line} is not what an account file has",
            path.display()
        )
    })?;
    let levels = [
        (AuthLevel::Client, file.client),
        (AuthLevel::Server, file.server),
        (AuthLevel::Http, file.http),
    ];
    let mut auth = Vec::new();
    for (level, setting) in levels {
        if let Some(setting) = setting {
            auth.push(setting.into_setting(level)?);
        }
    }
    let dir = path.parent().unwrap_or(Path::new("."));
    let transport = match (file.psk, file.certificate) {
        (None, None) => None,
        (Some(given), None) => Some(psk(&given.identity, &given.key)?),
        (None, Some(given)) => {
            let (file, key) = (dir.join(given.file), dir.join(given.key));
            Some(certificate(&file, &key)?)
        }
        (Some(_), Some(_)) => bail!("{}: psk or certificate, not both", path.display()),
    };
    let account = Account {
        server_id: file.server_id.parse().context("server_id")?,
        name: file.name,
        preferred_connection: None,
        connections: Vec::new(),
        addresses: vec![Address {
            address: file.address,
            type_: AddressType::Uri,
            ports: Vec::new(),
        }],
        preferred_auth: None,
        auth,
        transport,
        pin: file.pin,
    };
    account
        .check()
        .with_context(|| path.display().to_string())?;
    Ok(account)
}

impl AuthFile {
    fn into_setting(self, level: AuthLevel) -> Result<AuthSetting> {
        let nonce = self.nonce.map(|nonce| BASE64.decode(nonce.as_bytes()));
        let nonce = nonce
            .transpose()
            .map_err(|_| anyhow!("nonce is not base64"))?;
        Ok(AuthSetting {
            level,
            type_: match (self.type_, level) {
                (AuthChoice::Basic, AuthLevel::Http) => AuthType::HttpBasic,
                (AuthChoice::Digest, AuthLevel::Http) => AuthType::HttpDigest,
                (AuthChoice::Basic, _) => AuthType::Basic,
                (AuthChoice::Digest, _) => AuthType::Digest,
            },
            name: Some(self.name),
            secret: Some(SecretBytes::new(self.secret.into_bytes())),
            data: nonce.map(SecretBytes::new),
        })
    }
}

/// A pre-shared key of an identity and hexadecimal digits.
fn psk(identity: &str, key: &str) -> Result<TransportKey> {
    let key = HEXLOWER_PERMISSIVE.decode(key.trim().as_bytes());
    let key = key.map_err(|_| anyhow!("a pre-shared key is in hexadecimal digits"))?;
    Ok(TransportKey::Psk {
        identity: identity.to_owned(),
        key: SecretBytes::new(key),
    })
}

/// A pre-shared key from a file of mode 0600 with `IDENTITY:HEX`.
pub(super) fn psk_file(path: &Path) -> Result<TransportKey> {
    let octets = key_file::read(path)?;
    let text = std::str::from_utf8(octets.expose()).ok();
    let parts = text.and_then(|text| text.trim().rsplit_once(':'));
    let parts = parts.with_context(|| format!("{} is not IDENTITY:HEX", path.display()))?;
    psk(parts.0, parts.1)
}

/// A certificate, with those above it, and its key of mode 0600, all in PEM.
pub(super) fn certificate(file: &Path, key: &Path) -> Result<TransportKey> {
    let chain = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    Ok(TransportKey::Certificate {
        chain,
        key: key_file::read(key)?,
    })
}

/// What a provisioning document in XML has for a device.
pub(super) struct Provisioned {
    pub(super) accounts: Vec<Account>,
    /// Access points with the names of their nodes.
    pub(super) naps: Vec<(String, Nap)>,
}

/// The accounts and access points of a provisioning document. What an account says
/// of its access point becomes the point's node.
pub(super) fn from_document(path: &Path, names: &mut Names) -> Result<Provisioned> {
    let octets = key_file::read(path)?;
    let shown = || path.display().to_string();
    let document = ProvisioningDoc::read(octets.expose(), &DocumentLimits::default());
    let document = document.with_context(shown)?;
    let accounts = document.accounts().with_context(shown)?;
    if accounts.is_empty() {
        bail!("{}: no APPLICATION with the APPID w7", shown());
    }
    let naps = document.naps().with_context(shown)?;
    let naps: Vec<(String, Nap)> = naps
        .iter()
        .map(|nap| (names.name(&nap.id), Nap::from(nap)))
        .collect();
    let node_of = |id: &String| {
        let found = naps.iter().find(|(_, nap)| nap.id == *id);
        found.map_or_else(|| id.clone(), |(name, _)| format!("{NAPS}/{name}"))
    };
    let accounts = accounts.iter().map(|account| {
        let mut account = Account::try_from(account).with_context(shown)?;
        account.connections = account.connections.iter().map(node_of).collect();
        Ok(account)
    });
    Ok(Provisioned {
        accounts: accounts.collect::<Result<_>>()?,
        naps,
    })
}

/// The names of the nodes in one place (OMA DM StdObj 1.2, mapping of w7: each node
/// has a name of its own).
#[derive(Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// A name that no other node has: an identifier, with what a URI has no place for
    /// replaced, and a number behind it where that is taken.
    pub(super) fn name(&mut self, identifier: &str) -> String {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        let replaced = identifier.chars().map(|c| if fits(c) { c } else { '_' });
        let first: String = replaced.collect();
        let mut name = first.clone();
        let mut number = 1_u32;
        while !self.0.insert(name.clone()) {
            number += 1;
            name = format!("{first}_{number}");
        }
        name
    }
}
