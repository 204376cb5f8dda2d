//! DM accounts from files (OMA DM StdObj 1.2 clause 5.3.1): a small TOML file,
//! or a provisioning document with an APPLICATION `w7` (OMA DM Bootstrap 1.2
//! clause 5.3). Both hold secrets, so both are the owner's alone, and no error
//! shows a line of them.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use data_encoding::BASE64;
use dm::bootstrap::{DocumentLimits, ProvisioningDoc};
use dm::objects::dm_account::{Account, Address, AddressType, AuthLevel, AuthSetting, AuthType};
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
    ];
    let mut auth = Vec::new();
    for (level, setting) in levels {
        if let Some(setting) = setting {
            auth.push(setting.into_setting(level)?);
        }
    }
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
            type_: match self.type_ {
                AuthChoice::Basic => AuthType::Basic,
                AuthChoice::Digest => AuthType::Digest,
            },
            name: Some(self.name),
            secret: Some(SecretBytes::new(self.secret.into_bytes())),
            data: nonce.map(SecretBytes::new),
        })
    }
}

/// The accounts of a provisioning document in XML.
pub(super) fn from_document(path: &Path) -> Result<Vec<Account>> {
    let octets = key_file::read(path)?;
    let shown = || path.display().to_string();
    let document = ProvisioningDoc::read(octets.expose(), &DocumentLimits::default());
    let accounts = document.and_then(|document| document.accounts());
    let accounts = accounts.with_context(shown)?;
    if accounts.is_empty() {
        bail!("{}: no APPLICATION with the APPID w7", shown());
    }
    accounts
        .iter()
        .map(|account| Account::try_from(account).with_context(shown))
        .collect()
}

/// The name of the account's node: the server's identifier with what a URI has
/// no place for replaced.
pub(super) fn node_name(account: &Account) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let text = account.server_id.as_str();
    text.chars()
        .map(|c| if fits(c) { c } else { '_' })
        .collect()
}
