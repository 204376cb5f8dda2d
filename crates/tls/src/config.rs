//! The two roles' configurations: cheap to clone, made once, used for any
//! number of connections (TS 33.210 clause 6.2).

use std::net::SocketAddr;
use std::sync::Arc;

use openssl::ssl::{Ssl, SslContext, SslMethod, SslRef, SslVerifyMode, StatusType};

use crate::profile::Rules;
use crate::psk::{self, Psk, PskKeys};
use crate::resumption::{self, Keeper, Sessions, Taken};
use crate::staple::{self, Staples};
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
    /// It asks, and a client with neither a certificate nor a pre-shared key is
    /// turned away.
    Required(Arc<dyn PeerVerifier>),
}

/// All that a server can be made with.
#[derive(Clone)]
pub struct ServerSettings {
    /// Versions, suites and the rest.
    pub profile: Profile,
    /// What it shows of itself: at most one with each kind of key, none where
    /// clients have pre-shared keys.
    pub credentials: Vec<Credentials>,
    /// Whether clients show certificates.
    pub clients: ClientAuthentication,
    /// Its pre-shared keys.
    pub keys: Option<Arc<dyn PskKeys>>,
    /// The status of its certificates, for clients that ask for it.
    pub staples: Option<Arc<dyn Staples>>,
    /// Whether sessions may be resumed, for two hours each; never those of a
    /// server with pre-shared keys.
    pub resumption: bool,
}

impl ServerSettings {
    /// A server that shows these credentials to anybody.
    #[must_use]
    pub fn new(profile: Profile, credentials: Vec<Credentials>) -> Self {
        Self {
            profile,
            credentials,
            clients: ClientAuthentication::None,
            keys: None,
            staples: None,
            resumption: true,
        }
    }
}

/// All that a client can be made with.
#[derive(Clone)]
pub struct ClientSettings {
    /// Versions, suites and the rest.
    pub profile: Profile,
    /// What it shows if a server asks.
    pub credentials: Option<Credentials>,
    /// Who judges servers. Without it only a pre-shared key makes a connection.
    pub verifier: Option<Arc<dyn PeerVerifier>>,
    /// A key that it shares with the server.
    pub psk: Option<Psk>,
    /// Whether it resumes sessions, for two hours each; never with a pre-shared
    /// key, nor where its verifier wants a staple, which no resumed handshake has
    /// (RFC 6066 clause 8, RFC 8446 clause 4.4.2.1).
    pub resumption: bool,
    /// Whether [`http`](crate::http) begins without TLS and asks for it (RFC 2817
    /// clause 3.2), for servers that have nothing else; in the profile `dm` only.
    pub upgrade: bool,
}

impl ClientSettings {
    /// An anonymous client without a verifier and a key, which can't connect
    /// before it has one of them.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self {
            profile,
            credentials: None,
            verifier: None,
            psk: None,
            resumption: true,
            upgrade: false,
        }
    }
}

/// What a server needs for [`accept`](crate::accept).
#[derive(Clone)]
pub struct ServerConfig(Arc<Role>);

/// What a client needs for [`connect`](crate::connect).
#[derive(Clone)]
pub struct ClientConfig(Arc<Role>, Arc<ClientSettings>);

struct Role {
    context: SslContext,
    rules: Arc<Rules>,
    mode: SslVerifyMode,
    verifier: Option<Arc<dyn PeerVerifier>>,
    /// A client's, if it keeps any.
    sessions: Option<Arc<Sessions>>,
    /// The profile's name.
    profile: &'static str,
    /// A client's.
    upgrades: bool,
}

/// TS 33.210 clause 6.2 has no upgrade inside HTTP, and only `dm` goes beyond it.
fn check_upgrade(profile: &str) -> Result<(), Error> {
    if profile == Profile::Dm.name() {
        return Ok(());
    }
    Err(Error::ConfigurationWrong(format!(
        "the profile {profile} has no upgrade to TLS inside HTTP, only dm has"
    )))
}

/// One connection before its handshake.
pub(crate) struct Session {
    pub(crate) ssl: Ssl,
    pub(crate) verdict: Option<Arc<Verdict>>,
    pub(crate) rules: Arc<Rules>,
    /// Whether the handshake is nothing without a judged certificate or a
    /// pre-shared key.
    pub(crate) proof_required: bool,
    /// Keeps a client's sessions.
    pub(crate) keeper: Option<Arc<Keeper>>,
    /// The session that a client offers, with what was decided about its
    /// certificates today.
    pub(crate) offered: Option<(Taken, Verdict)>,
}

impl ServerConfig {
    /// A server that shows `credentials`.
    ///
    /// # Errors
    /// As for [`of`](Self::of).
    pub fn new(
        profile: Profile,
        credentials: &Credentials,
        clients: ClientAuthentication,
    ) -> Result<Self, Error> {
        let mut settings = ServerSettings::new(profile, vec![credentials.clone()]);
        settings.clients = clients;
        Self::of(&settings)
    }

    /// A server.
    ///
    /// # Errors
    /// [`Error::ConfigurationWrong`] for credentials below the profile's
    /// strength, two of one kind, or nothing to show and no keys;
    /// [`Error::LibraryFailed`].
    pub fn of(settings: &ServerSettings) -> Result<Self, Error> {
        if settings.credentials.is_empty() && settings.keys.is_none() {
            return Err(Error::ConfigurationWrong(
                "a server without a certificate needs pre-shared keys".to_owned(),
            ));
        }
        let rules = settings.profile.rules();
        let method = SslMethod::tls_server();
        let mut context = context::from_rules(&rules, method, &settings.credentials)?;
        context::install_dh(&mut context)?;
        context.set_client_hello_callback(offer::remember);
        if let Some(keys) = &settings.keys {
            // To the library a key of TLS 1.3 is a session, which belongs to a
            // context where clients show certificates.
            context.set_session_id_context(b"rehome")?;
            psk::install_server(&mut context, Arc::clone(keys));
        }
        if settings.resumption && settings.keys.is_none() {
            let judges = !matches!(settings.clients, ClientAuthentication::None);
            resumption::install_server(&mut context, judges)?;
        }
        if let Some(staples) = &settings.staples {
            staple::install(&mut context, Arc::clone(staples))?;
        }
        let (mode, verifier) = match settings.clients.clone() {
            ClientAuthentication::None => (SslVerifyMode::NONE, None),
            ClientAuthentication::Optional(verifier) => (SslVerifyMode::PEER, Some(verifier)),
            ClientAuthentication::Required(verifier) => (
                SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT,
                Some(verifier),
            ),
        };
        Ok(Self(Arc::new(Role {
            context: context.build(),
            rules: Arc::new(rules),
            mode,
            verifier,
            sessions: None,
            profile: settings.profile.name(),
            upgrades: false,
        })))
    }

    /// Whether it may be upgraded to inside HTTP.
    pub(crate) fn check_upgrade(&self) -> Result<(), Error> {
        check_upgrade(self.0.profile)
    }

    pub(crate) fn session(&self) -> Result<Session, Error> {
        let required = self.0.mode.contains(SslVerifyMode::FAIL_IF_NO_PEER_CERT);
        self.0.session(None, required)
    }
}

impl ClientConfig {
    /// A client that shows `credentials` if a server asks, and whose servers
    /// `verifier` judges.
    ///
    /// # Errors
    /// As for [`of`](Self::of).
    pub fn new(
        profile: Profile,
        credentials: Option<&Credentials>,
        verifier: Arc<dyn PeerVerifier>,
    ) -> Result<Self, Error> {
        let mut settings = ClientSettings::new(profile);
        settings.credentials = credentials.cloned();
        settings.verifier = Some(verifier);
        Self::of(&settings)
    }

    /// A client.
    ///
    /// # Errors
    /// [`Error::ConfigurationWrong`] for credentials below the profile's
    /// strength, with neither a verifier nor a key, and for an upgrade in a profile
    /// that has none; [`Error::LibraryFailed`].
    pub fn of(settings: &ClientSettings) -> Result<Self, Error> {
        if settings.upgrade {
            check_upgrade(settings.profile.name())?;
        }
        let mut rules = settings.profile.rules();
        match (&settings.verifier, &settings.psk) {
            (None, None) => {
                return Err(Error::ConfigurationWrong(
                    "a client needs a verifier or a pre-shared key".to_owned(),
                ));
            }
            // What nobody would judge is not asked for.
            (None, Some(_)) => rules.keep_without_certificates(),
            (Some(_), _) => {}
        }
        let method = SslMethod::tls_client();
        let mut context = context::from_rules(&rules, method, settings.credentials.as_slice())?;
        if let Some(psk) = &settings.psk {
            psk::install_client(&mut context, psk.clone());
        }
        let mode = match settings.verifier {
            Some(_) => SslVerifyMode::PEER,
            None => SslVerifyMode::NONE,
        };
        let resumes = settings.resumption && settings.psk.is_none();
        if resumes {
            resumption::install_client(&mut context);
        }
        let context = context.build();
        let sessions = resumes.then(|| Arc::new(Sessions::new(context.clone())));
        Ok(Self(
            Arc::new(Role {
                context,
                rules: Arc::new(rules),
                mode,
                verifier: settings.verifier.clone(),
                sessions,
                profile: settings.profile.name(),
                upgrades: settings.upgrade,
            }),
            Arc::new(settings.clone()),
        ))
    }

    /// What it was made with, to make another one that differs in something.
    #[must_use]
    pub fn settings(&self) -> &ClientSettings {
        &self.1
    }

    /// Whether connections begin with HTTP.
    pub(crate) fn upgrades(&self) -> bool {
        self.0.upgrades
    }

    /// Whether both are the same configuration, not merely equal ones.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn session(&self, server_name: &str, remote: SocketAddr) -> Result<Session, Error> {
        let mut session = self.0.session(Some(server_name), true)?;
        let verdict = session.verdict.as_deref();
        if verdict.is_some_and(Verdict::wants_staple) {
            session.ssl.set_status_type(StatusType::OCSP)?;
        } else if let (Some(verdict), Some(sessions)) = (verdict, &self.0.sessions) {
            let keeper = Keeper::new(sessions, server_name, remote);
            keeper.watch(&mut session.ssl);
            session.offered = offer(&mut session.ssl, verdict, &keeper)?;
            session.keeper = Some(keeper);
        }
        // RFC 6066 clause 3: an address is not sent as a server name.
        if server_name.parse::<std::net::IpAddr>().is_err() {
            session.ssl.set_hostname(server_name)?;
        }
        Ok(session)
    }
}

impl Role {
    fn session(&self, server_name: Option<&str>, proof_required: bool) -> Result<Session, Error> {
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
            rules: Arc::clone(&self.rules),
            proof_required,
            keeper: None,
            offered: None,
        })
    }
}

/// Offers a session whose certificates pass today. Where they don't, none is
/// left, and the server shows in a full handshake what it has.
fn offer(
    ssl: &mut SslRef,
    verdict: &Verdict,
    keeper: &Keeper,
) -> Result<Option<(Taken, Verdict)>, Error> {
    let Some(taken) = keeper.take() else {
        return Ok(None);
    };
    let proof = taken.proof();
    let verdict = verdict.again(&proof.leaf, proof.chain.clone());
    if !matches!(verdict.decision(), Some(Ok(_))) {
        keeper.failed();
        return Ok(None);
    }
    keeper.offer(ssl, &taken)?;
    Ok(Some((taken, verdict)))
}
