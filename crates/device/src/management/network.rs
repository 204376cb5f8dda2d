//! Ways to servers (RFC 9110; OMA-TS-SyncML_HTTPBinding-V1_2): a connection for
//! each request, by TLS, or without it where that is allowed. Redirects are not
//! followed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use dm::objects::dm_account::TransportKey;
use secret::SecretBytes;
use tls::http::{Answer, ClientLimits, ClientRequest, ClientTransport, Hosts, exchange};
use tls::{ClientConfig, ClientSettings, Credentials, PeerIdentity, Profile, Psk};
use tokio::net::lookup_host;
use trust::status::Pin;
use zeroize::Zeroizing;

use super::endpoint::Endpoint;
use super::pinned::Pinned;
use crate::Error;

const NO_AUTHORITIES: Error = Error::Management("HTTPS without authorities for servers");

/// How servers are reached.
#[derive(Clone)]
pub(super) struct Network {
    pub(super) tls: Option<ClientConfig>,
    pub(super) profile: Profile,
    pub(super) hosts: Hosts,
    pub(super) allow_http: bool,
}

impl Network {
    /// Sends a request and gives the head of the answer, `patience` later at
    /// most.
    pub(super) async fn send(
        &self,
        endpoint: &Endpoint,
        request: ClientRequest,
        patience: Duration,
    ) -> Result<Answer, Error> {
        let transport = self.transport(endpoint)?;
        let addresses = tokio::time::timeout(patience, self.resolve(endpoint))
            .await
            .map_err(|_| tls::Error::Timeout("name resolution"))??;
        let limits = ClientLimits {
            request: patience,
            ..ClientLimits::default()
        };
        let authority = &endpoint.authority;
        Ok(exchange(&transport, &addresses, authority, request, &limits).await?)
    }

    /// The same for an account that shows something in TLS. With a pre-shared key
    /// no certificate stands for the server.
    pub(super) fn showing(&self, transport: &TransportKey, host: &str) -> Result<Self, Error> {
        let mut settings = match &self.tls {
            Some(config) => config.settings().clone(),
            None => ClientSettings::new(self.profile.clone()),
        };
        match transport {
            TransportKey::Psk { identity, key } => {
                let key = Zeroizing::new(key.expose().clone());
                let psk = Psk::new(identity.as_bytes(), key, PeerIdentity::new(host))?;
                settings.verifier = None;
                settings.credentials = None;
                settings.psk = Some(psk);
            }
            TransportKey::Certificate { chain, key } => {
                if settings.verifier.is_none() {
                    return Err(NO_AUTHORITIES);
                }
                settings.credentials = Some(credentials(chain, key)?);
            }
        }
        Ok(Self {
            tls: Some(ClientConfig::of(&settings)?),
            ..self.clone()
        })
    }

    /// The same for an account whose server has to be the pinned one. A session keeps
    /// its pin, so that a server may change certificate and pin between two.
    pub(super) fn pinned(&self, pin: Pin) -> Result<Self, Error> {
        let mut settings = match &self.tls {
            Some(config) => config.settings().clone(),
            None => return Err(NO_AUTHORITIES),
        };
        let verifier = settings.verifier.take().ok_or(NO_AUTHORITIES)?;
        settings.verifier = Some(Arc::new(Pinned { pin, verifier }));
        Ok(Self {
            tls: Some(ClientConfig::of(&settings)?),
            ..self.clone()
        })
    }

    fn transport(&self, endpoint: &Endpoint) -> Result<ClientTransport, Error> {
        match (endpoint.secure, &self.tls) {
            (true, Some(config)) => Ok(ClientTransport::Tls(config.clone())),
            (true, None) => Err(NO_AUTHORITIES),
            (false, _) if self.allow_http => Ok(ClientTransport::Plain),
            (false, _) => Err(Error::Management("plain HTTP is not allowed")),
        }
    }

    async fn resolve(&self, endpoint: &Endpoint) -> Result<Vec<SocketAddr>, tls::Error> {
        match self.hosts.resolve(&endpoint.host).await {
            Err(tls::Error::HostUnknown(_)) => {}
            known => return known,
        }
        let found: Vec<SocketAddr> = lookup_host((endpoint.host.as_str(), endpoint.port))
            .await?
            .collect();
        if found.is_empty() {
            return Err(tls::Error::HostUnknown(endpoint.host.clone()));
        }
        Ok(found)
    }
}

/// A certificate with its key, as an account has them.
pub(super) fn credentials(chain: &str, key: &SecretBytes) -> Result<Credentials, Error> {
    let read = Credentials::from_pem(chain.as_bytes(), key.expose());
    read.map_err(|_| Error::Account("its certificate and key don't fit or can't be read"))
}

/// Whether another try may end better.
pub(super) fn may_pass(error: &Error) -> bool {
    use tls::Error as Tls;
    matches!(
        error,
        Error::Tls(Tls::Timeout(_) | Tls::Closed | Tls::Io { .. } | Tls::HostUnknown(_))
    )
}
