//! The two roles' configurations: cheap to clone, made once, used for any
//! number of connections (TS 33.210 clause 6.2).

use std::sync::Arc;

use openssl::ssl::{Ssl, SslContext, SslMethod, SslVerifyMode};

use crate::profile::Rules;
use crate::verify::Verdict;
use crate::{Credentials, Error, PeerVerifier, Profile, context, offer};

/// Whether a server asks its clients for certificates, and who judges them.
#[derive(Clone)]
pub enum ClientAuthentication {
    /// It does not ask.
    None,
    /// It asks; a client without one stays anonymous, and one whose certificate
    /// is refused is turned away.
    Optional(Arc<dyn PeerVerifier>),
    /// It asks, and a client without one is turned away.
    Required(Arc<dyn PeerVerifier>),
}

/// What a server needs for [`accept`](crate::accept).
#[derive(Clone)]
pub struct ServerConfig(Arc<Role>);

/// What a client needs for [`connect`](crate::connect).
#[derive(Clone)]
pub struct ClientConfig(Arc<Role>);

struct Role {
    context: SslContext,
    rules: &'static Rules,
    mode: SslVerifyMode,
    verifier: Option<Arc<dyn PeerVerifier>>,
}

/// One connection before its handshake.
pub(crate) struct Session {
    pub(crate) ssl: Ssl,
    pub(crate) verdict: Option<Arc<Verdict>>,
    pub(crate) rules: &'static Rules,
    /// Whether the handshake is nothing without a judged certificate.
    pub(crate) certificate_required: bool,
}

impl ServerConfig {
    /// A server that shows `credentials`.
    ///
    /// # Errors
    /// [`Error::ConfigurationWrong`] for credentials below the profile's
    /// strength; [`Error::LibraryFailed`].
    pub fn new(
        profile: Profile,
        credentials: &Credentials,
        clients: ClientAuthentication,
    ) -> Result<Self, Error> {
        let rules = profile.rules();
        let mut context = context::from_rules(rules, SslMethod::tls_server(), Some(credentials))?;
        context.set_client_hello_callback(offer::remember);
        let (mode, verifier) = match clients {
            ClientAuthentication::None => (SslVerifyMode::NONE, None),
            ClientAuthentication::Optional(verifier) => (SslVerifyMode::PEER, Some(verifier)),
            ClientAuthentication::Required(verifier) => (
                SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT,
                Some(verifier),
            ),
        };
        Ok(Self(Arc::new(Role {
            context: context.build(),
            rules,
            mode,
            verifier,
        })))
    }

    pub(crate) fn session(&self) -> Result<Session, Error> {
        self.0.session(None)
    }
}

impl ClientConfig {
    /// A client that shows `credentials` if a server asks, and whose servers
    /// `verifier` judges.
    ///
    /// # Errors
    /// As for [`ServerConfig::new`].
    pub fn new(
        profile: Profile,
        credentials: Option<&Credentials>,
        verifier: Arc<dyn PeerVerifier>,
    ) -> Result<Self, Error> {
        let rules = profile.rules();
        let context = context::from_rules(rules, SslMethod::tls_client(), credentials)?;
        Ok(Self(Arc::new(Role {
            context: context.build(),
            rules,
            mode: SslVerifyMode::PEER,
            verifier: Some(verifier),
        })))
    }

    /// Whether both are the same configuration, not merely equal ones.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn session(&self, server_name: &str) -> Result<Session, Error> {
        let mut session = self.0.session(Some(server_name))?;
        // RFC 6066 clause 3: an address is not sent as a server name.
        if server_name.parse::<std::net::IpAddr>().is_err() {
            session.ssl.set_hostname(server_name)?;
        }
        session.certificate_required = true;
        Ok(session)
    }
}

impl Role {
    fn session(&self, server_name: Option<&str>) -> Result<Session, Error> {
        let mut ssl = Ssl::new(&self.context)?;
        let verdict = self
            .verifier
            .clone()
            .map(|verifier| Arc::new(Verdict::new(verifier, server_name.map(str::to_owned))));
        if let Some(verdict) = verdict.clone() {
            ssl.set_verify_callback(self.mode, move |passed, context| {
                verdict.on_certificate(passed, context)
            });
        }
        Ok(Session {
            ssl,
            verdict,
            rules: self.rules,
            certificate_required: self.mode.contains(SslVerifyMode::FAIL_IF_NO_PEER_CERT),
        })
    }
}
