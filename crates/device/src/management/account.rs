//! What a DM account means for a session (OMA DM StdObj 1.2 clause 5.3.1; OMA
//! DM Security 1.2 clause 5.3).
//!
//! A server has to prove who it is, one way or another: by TLS, or by its
//! credentials in every message. Without TLS nobody's secret is shown: Basic is
//! refused then.

use dm::auth::{Credentials, Nonce, Nonces, Requirement, Scheme, Scope};
use dm::objects::dm_account::{Account, AddressType, AuthLevel, AuthType, TransportKey};
use dm::tree::ServerId;
use tls::http::auth::{HttpLogin, LoginScheme};
use trust::status::Pin;
use zeroize::Zeroizing;

use super::endpoint::Endpoint;
use super::{network, pinned};
use crate::Error;

/// How a session with an account's server is held.
pub(super) struct Route {
    pub(super) server_id: ServerId,
    /// The server's address as messages name it.
    pub(super) uri: String,
    pub(super) endpoint: Endpoint,
    pub(super) prove: Option<Credentials>,
    pub(super) verify: Requirement,
    pub(super) scope: Scope,
    pub(super) nonces: Nonces,
    /// What it answers a server with that asks in HTTP.
    pub(super) login: Option<HttpLogin>,
    /// What it shows in TLS.
    pub(super) transport: Option<TransportKey>,
    /// The one certificate or key that the server may have.
    pub(super) pin: Option<Pin>,
}

impl Route {
    /// The route to the account's first address.
    pub(super) fn of(account: &Account) -> Result<Self, Error> {
        let uri = address(account)?;
        let endpoint =
            Endpoint::parse(&uri).ok_or(Error::Account("its address is no http or https URL"))?;
        let prove = credentials(account, AuthLevel::Client)?;
        let server = credentials(account, AuthLevel::Server)?;
        if !endpoint.secure {
            check_plain(account, prove.as_ref(), server.as_ref())?;
        }
        if let Some(TransportKey::Certificate { chain, key }) = &account.transport {
            network::credentials(chain, key)?;
        }
        let pin = account.pin.as_deref().map(pinned::read).transpose()?;
        let by_key = matches!(account.transport, Some(TransportKey::Psk { .. }));
        if pin.is_some() && by_key {
            return Err(Error::Account(
                "a pin is of a certificate, and with a pre-shared key there is none",
            ));
        }
        Ok(Self {
            server_id: account.server_id.clone(),
            // A connection is bound to its server by TLS alone.
            scope: match endpoint.secure {
                true => Scope::Session,
                false => Scope::Message,
            },
            uri,
            endpoint,
            prove,
            verify: server.map_or(Requirement::Transport, Requirement::Credentials),
            nonces: Nonces {
                prove: nonce(account, AuthLevel::Client),
                verify: nonce(account, AuthLevel::Server),
            },
            login: login(account)?,
            transport: account.transport.clone(),
            pin,
        })
    }
}

/// The first address; a port of its own goes into a URL that has none.
fn address(account: &Account) -> Result<String, Error> {
    let address = account
        .addresses
        .first()
        .ok_or(Error::Account("it has no address"))?;
    if address.type_ != AddressType::Uri {
        return Err(Error::Account("its address is not of the type URI"));
    }
    let Some(port) = address.ports.first() else {
        return Ok(address.address.clone());
    };
    let (scheme, rest) = address
        .address
        .split_once("://")
        .ok_or(Error::Account("its address is no http or https URL"))?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(end);
    // What follows the brackets of an IPv6 address is the port too.
    let host_ends = authority.rfind(']').unwrap_or(0);
    let has_port = authority.rfind(':').is_some_and(|colon| colon > host_ends);
    if has_port {
        return Ok(address.address.clone());
    }
    Ok(format!("{scheme}://{authority}:{port}{target}"))
}

/// What a side proves itself with; nothing where the transport does.
fn credentials(account: &Account, level: AuthLevel) -> Result<Option<Credentials>, Error> {
    match account.auth(level) {
        None => Ok(None),
        Some(auth) if matches!(auth.type_, AuthType::Transport | AuthType::X509) => Ok(None),
        Some(auth) => Ok(Some(auth.credentials()?)),
    }
}

/// The login of AAuthLevel HTTP (OMA DM session security clause 9.2.1).
fn login(account: &Account) -> Result<Option<HttpLogin>, Error> {
    let Some(setting) = account.auth(AuthLevel::Http) else {
        return Ok(None);
    };
    let scheme = match setting.type_ {
        AuthType::HttpBasic => LoginScheme::Basic,
        AuthType::HttpDigest => LoginScheme::Digest,
        _ => return Ok(None),
    };
    let (Some(name), Some(secret)) = (&setting.name, &setting.secret) else {
        return Err(Error::Account("its login of HTTP has no name or secret"));
    };
    let secret = Zeroizing::new(secret.expose().clone());
    let login = HttpLogin::new(scheme, name, secret);
    login
        .map(Some)
        .map_err(|_| Error::Account("its login of HTTP has a name of another form"))
}

fn check_plain(
    account: &Account,
    prove: Option<&Credentials>,
    server: Option<&Credentials>,
) -> Result<(), Error> {
    if account.transport.is_some() {
        return Err(Error::Account("what it shows in TLS wants an https URL"));
    }
    if account.pin.is_some() {
        return Err(Error::Account("its pin wants an https URL"));
    }
    let http = account.auth(AuthLevel::Http);
    if http.is_some_and(|setting| setting.type_ == AuthType::HttpBasic) {
        return Err(Error::Account(
            "HTTP Basic without TLS would show the secret",
        ));
    }
    if server.is_none() {
        return Err(Error::Account(
            "without TLS its server must have credentials",
        ));
    }
    let shows = |side: Option<&Credentials>| side.is_some_and(|it| it.scheme() == Scheme::Basic);
    if shows(prove) || shows(server) {
        return Err(Error::Account("Basic without TLS would show the secret"));
    }
    Ok(())
}

fn nonce(account: &Account, level: AuthLevel) -> Option<Nonce> {
    account.auth(level)?.nonce()
}
