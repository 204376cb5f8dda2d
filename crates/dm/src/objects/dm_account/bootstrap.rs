//! A provisioned account as an account in the tree (OMA DM StdObj 1.2 appendix
//! B, mapping of the w7 APPLICATION to DMAcc).

use secret::SecretBytes;

use super::{Account, Address, AddressType, AuthLevel, AuthSetting, AuthType};
use crate::Error;
use crate::bootstrap::{self, DmAccount};

impl TryFrom<&DmAccount> for Account {
    type Error = Error;

    /// # Errors
    /// [`Error::Account`] without an identifier, without an address, and for
    /// credentials that are incomplete or of an unknown type.
    fn try_from(account: &DmAccount) -> Result<Self, Error> {
        let provider = account.provider_id.as_deref();
        let server_id = provider.ok_or(Error::Account("PROVIDER-ID is missing"))?;
        let connections = account.to_napids.iter().chain(&account.to_proxies);
        let levels = [
            (AuthLevel::Client, &account.device),
            (AuthLevel::Server, &account.server),
        ];
        let mut auth = Vec::new();
        for (level, setting) in levels {
            if let Some(setting) = setting {
                auth.push(convert(level, setting)?);
            }
        }
        let account = Self {
            server_id: server_id
                .parse()
                .map_err(|_| Error::Account("PROVIDER-ID can't be in an ACL"))?,
            name: account.name.clone(),
            preferred_connection: None,
            connections: connections.cloned().collect(),
            addresses: account.addresses.iter().map(address).collect(),
            preferred_auth: None,
            auth,
            transport: None,
            pin: None,
        };
        account.check()?;
        Ok(account)
    }
}

fn address(address: &bootstrap::AccountAddress) -> Address {
    Address {
        address: address.address.clone(),
        type_: AddressType::Uri,
        ports: address.port.into_iter().collect(),
    }
}

fn convert(level: AuthLevel, setting: &bootstrap::AccountAuth) -> Result<AuthSetting, Error> {
    let type_ = match &setting.type_ {
        bootstrap::AuthType::Basic => Some(AuthType::Basic),
        bootstrap::AuthType::Digest => Some(AuthType::Digest),
        bootstrap::AuthType::Hmac => Some(AuthType::Hmac),
        bootstrap::AuthType::Other(text) => text.as_deref().and_then(AuthType::of_text),
    };
    let nonce = setting.nonce.as_ref();
    Ok(AuthSetting {
        level,
        type_: type_.ok_or(Error::Account("unknown AAUTHTYPE"))?,
        name: setting.name.clone(),
        secret: setting.secret.clone(),
        data: nonce.map(|nonce| SecretBytes::new(nonce.octets().to_vec())),
    })
}
