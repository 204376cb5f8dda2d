//! The node whole: its listeners and jobs, started together and ended together.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gsup::Message;
use provisioning::StepWatch;
use provisioning::peer::https_host;
use store::Store;
use tls::http::{Client, ClientLimits, Handler, Request, Response, Transport, serve};
use tls::{
    ClientAuthentication, ClientConfig, Credentials, Profile, ServerConfig, ServerSettings, Staples,
};
use tokens::TlsIdentity;
use tokens::os::Monotonic;
use trust::Certificate;

use super::allowed::{OwnAddresses, http_host};
use super::{
    Operator, OperatorConfig, OperatorListeners, Shared, cancel, external, outbox, status, timers,
};
use crate::Error;
use crate::gsup_link::{Caller, Door, GsupServer, NodeHandler, Nodes};
use crate::identity::{OperatorVerifier, PvaVerifier};
use crate::problem::refusal;
use crate::running::Running;
use crate::serving::plain_clients;

/// How long requests under way may go on when the node ends.
const GRACE: Duration = Duration::from_secs(2);

/// A running operator.
pub struct OperatorNode {
    operator: Operator,
    dm: tls::http::Server,
    peer: tls::http::Server,
    gsup: GsupServer,
    gsup_plain: Option<GsupServer>,
    api: Option<tls::http::Server>,
    ocsp: Option<tls::http::Server>,
    jobs: Running,
}

impl OperatorNode {
    /// Starts listening, sending what the store says is still to be sent, and
    /// looking at deadlines.
    ///
    /// # Errors
    /// [`Error::Configuration`] for PROVURLs or a DRFURL that no device would
    /// take; [`Error::Tls`] for keys below the profile's strength.
    pub fn start(
        mut config: OperatorConfig,
        store: Store,
        listeners: OperatorListeners,
        watch: Arc<dyn StepWatch>,
    ) -> Result<Self, Error> {
        check_urls(&config)?;
        let own = credentials(&config.keys.peer)?;
        let plain = Arc::new(plain_clients(&config.hlr.clients)?);
        let operators = Arc::new(OperatorVerifier::new(config.peers.clone()));
        let pvas = Arc::new(PvaVerifier::new(config.pvas.clone()));
        let Certificates {
            keeper,
            responder,
            staples,
        } = certificates(&mut config)?;
        let mut for_peers = ServerSettings::new(Profile::ThreeGpp, vec![own.clone()]);
        for_peers.clients = ClientAuthentication::Required(operators.clone());
        for_peers.staples = Some(staples);
        let for_peers = ServerConfig::of(&for_peers)?;
        let for_devices = keeper.dpf.config();
        let limits = config.limits.clone();
        let known = Arc::new(super::known::Known::default());
        let changed = Arc::clone(&known);
        store.watch_subscribers(Box::new(move |imsi| changed.changed(imsi)));
        let (cancels, to_cancel) = tokio::sync::mpsc::channel(cancel::WAITING);
        let ocsp = listeners.ocsp.as_ref();
        let addresses = OwnAddresses {
            dm: Some(listeners.dm.local_addr()?),
            ocsp: ocsp.map(tokio::net::TcpListener::local_addr).transpose()?,
        };
        let dpf = Certificate::from_der(&config.keys.dpf.leaf)?;
        let own_responder = dpf.ocsp_url().and_then(http_host);
        let shared = Arc::new(Shared {
            pvas: config.pvas.iter().map(|pva| pva.anchor.clone()).collect(),
            client: Client::new(config.hosts.clone(), ClientLimits::default()),
            to_peers: ClientConfig::new(Profile::ThreeGpp, Some(&own), operators)?,
            to_pvas: ClientConfig::new(Profile::ThreeGpp, Some(&own), pvas)?,
            own: addresses,
            own_responder,
            hlr: Arc::clone(&known),
            external: external::UnderWay::default(),
            who: super::who::Who::new(&config.peers, &plain, &config.hlr),
            cancels,
            sessions: super::sessions::Sessions::default(),
            outbox: tokio::sync::Notify::new(),
            ticks: Monotonic::start(),
            config,
            store,
            watch,
            keeper,
        });
        let devices = Devices::new(&shared);
        let mut jobs = Running::default();
        jobs.spawn(outbox::run(Arc::clone(&shared)));
        jobs.spawn(timers::run(Arc::clone(&shared)));
        jobs.spawn(status::run(Arc::clone(&shared)));
        let dm = serve(
            listeners.dm,
            Transport::Reloadable(for_devices),
            limits.clone(),
            devices,
        )?;
        let (nodes, hlr) = (Arc::new(Nodes::default()), Arc::new(Hlr(shared.clone())));
        let patience = shared.config.hlr.patience;
        jobs.spawn(cancel::run(Arc::clone(&nodes), patience, to_cancel));
        let start = |listener, door| {
            let (nodes, hlr) = (Arc::clone(&nodes), Arc::clone(&hlr));
            GsupServer::start(listener, door, nodes, hlr)
        };
        let gsup = start(listeners.gsup, Door::Tls(for_peers.clone()))?;
        let gsup_plain = match listeners.gsup_plain {
            Some(listener) => Some(start(listener, Door::Plain(plain))?),
            None => None,
        };
        let api = match listeners.api {
            None => None,
            Some(listener) if listener.local_addr()?.ip().is_loopback() => {
                let handler = Api(shared.clone());
                Some(serve(listener, Transport::Plain, limits.clone(), handler)?)
            }
            Some(_) => {
                let text = "the API speaks plain HTTP, so it listens on a loopback address only";
                return Err(Error::Configuration(text.to_owned()));
            }
        };
        let ocsp = match (listeners.ocsp, responder) {
            (Some(listener), Some(responder)) => {
                let narrow = status::limits(&limits);
                Some(serve(listener, Transport::Plain, narrow, responder)?)
            }
            _ => None,
        };
        let peer = serve(
            listeners.peer,
            Transport::Tls(for_peers),
            limits,
            Peers(shared.clone()),
        )?;
        Ok(Self {
            operator: Operator(shared),
            dm,
            peer,
            gsup,
            gsup_plain,
            api,
            ocsp,
            jobs,
        })
    }

    /// The operator, for what its people and subscribers ask.
    #[must_use]
    pub fn operator(&self) -> &Operator {
        &self.operator
    }

    /// Where DPF and DRF listen.
    #[must_use]
    pub fn dm_address(&self) -> SocketAddr {
        self.dm.address()
    }

    /// Where the peer interface listens.
    #[must_use]
    pub fn peer_address(&self) -> SocketAddr {
        self.peer.address()
    }

    /// Where the HLR listens.
    #[must_use]
    pub fn gsup_address(&self) -> SocketAddr {
        self.gsup.address()
    }

    /// Where the HLR listens for clients without TLS, if it does.
    #[must_use]
    pub fn gsup_plain_address(&self) -> Option<SocketAddr> {
        self.gsup_plain.as_ref().map(GsupServer::address)
    }

    /// Where the API listens, if there is one.
    #[must_use]
    pub fn api_address(&self) -> Option<SocketAddr> {
        self.api.as_ref().map(tls::http::Server::address)
    }

    /// Where the responder listens, if there is one.
    #[must_use]
    pub fn ocsp_address(&self) -> Option<SocketAddr> {
        self.ocsp.as_ref().map(tls::http::Server::address)
    }

    /// Ends listeners and jobs; what was not sent is sent after the next start.
    pub async fn shutdown(self) {
        self.jobs.shutdown().await;
        if let Some(api) = self.api {
            api.shutdown(GRACE).await;
        }
        if let Some(ocsp) = self.ocsp {
            ocsp.shutdown(GRACE).await;
        }
        if let Some(plain) = self.gsup_plain {
            plain.shutdown().await;
        }
        tokio::join!(
            self.dm.shutdown(GRACE),
            self.peer.shutdown(GRACE),
            self.gsup.shutdown()
        );
    }
}

/// What the node has for its certificates.
struct Certificates {
    keeper: status::Keeper,
    responder: Option<status::StatusListener>,
    staples: Arc<dyn Staples>,
}

fn certificates(config: &mut OperatorConfig) -> Result<Certificates, Error> {
    let settings = std::mem::take(&mut config.certificates);
    let (keys, place) = (&mut config.keys, settings.place.map(Arc::new));
    let issuer = keys.anchor.certificate().clone();
    let end = issuer.not_after();
    let records = Arc::new(status::Records::default());
    let shelf = Arc::new(status::Shelf::new(Arc::clone(&settings.clock)));
    let answers = match keys.ocsp.take() {
        Some(signer) => Some(Arc::new(status::Answers::new(
            signer,
            issuer,
            settings.responder,
            Arc::clone(&records),
            Arc::clone(&settings.clock),
        )?)),
        None => {
            tracing::warn!(plmn = %keys.anchor.sho_id(),
                "there is no key for OCSP: nobody is told of this operator's certificates");
            None
        }
    };
    let dpf = Certificate::from_der(&keys.dpf.leaf)?;
    let responder = answers.clone().map(|answers| {
        let list = status::RevocationList::new(place.clone(), Arc::clone(&records));
        status::StatusListener::new(answers, list, dpf.ocsp_url())
    });
    Ok(Certificates {
        responder,
        staples: Arc::clone(&shelf) as Arc<dyn Staples>,
        keeper: status::Keeper {
            place,
            wanted: settings.dpf_validity,
            look: settings.look,
            clock: settings.clock,
            end,
            records,
            answers,
            dpf: status::DpfLeaf::new(&keys.dpf, &shelf)?,
            shelf,
            others: vec![keys.peer.leaf.clone()],
            own: std::mem::take(&mut keys.leaves),
            changing: tokio::sync::Mutex::default(),
        },
    })
}

pub(crate) fn credentials(identity: &TlsIdentity) -> Result<Credentials, Error> {
    Ok(Credentials::new(&identity.leaf, &[], identity.key.clone())?)
}

fn check_urls(config: &OperatorConfig) -> Result<(), Error> {
    let urls = config.prov_urls.iter().chain([&config.drf_url]);
    for url in urls {
        if https_host(url).is_none() {
            let text = format!("{url} is not of the form https://HOST/PATH");
            return Err(Error::Configuration(text));
        }
    }
    if (1..=3).contains(&config.prov_urls.len()) {
        Ok(())
    } else {
        Err(Error::Configuration("one to three PROVURLs".to_owned()))
    }
}

/// DPF and DRF behind one listener, told apart by path.
struct Devices {
    shared: Arc<Shared>,
    dpf: Vec<String>,
    drf: String,
}

impl Devices {
    fn new(shared: &Arc<Shared>) -> Self {
        let config = &shared.config;
        Self {
            shared: Arc::clone(shared),
            dpf: config.prov_urls.iter().map(|url| path_of(url)).collect(),
            drf: path_of(&config.drf_url),
        }
    }
}

fn path_of(url: &str) -> String {
    let rest = url.strip_prefix("https://").unwrap_or(url);
    rest.split_once('/')
        .map_or_else(|| "/".to_owned(), |(_, path)| format!("/{path}"))
}

impl Handler for Devices {
    async fn handle(&self, request: Request) -> Response {
        if self.dpf.contains(&request.path) {
            self.shared.answer_device(&request).await
        } else if request.path == self.drf {
            self.shared.answer_drf(&request).await
        } else {
            refusal(404, &provisioning::Reason::new("unknown-path"))
        }
    }

    fn connection_failed(&self, remote: SocketAddr, error: &tls::Error) {
        tracing::debug!(%remote, %error, "a device's connection failed");
    }
}

struct Peers(Arc<Shared>);

impl Handler for Peers {
    async fn handle(&self, request: Request) -> Response {
        self.0.answer_peer(&request).await
    }

    fn connection_failed(&self, remote: SocketAddr, error: &tls::Error) {
        tracing::info!(%remote, %error, "a peer's connection failed");
    }
}

struct Api(Arc<Shared>);

impl Handler for Api {
    async fn handle(&self, request: Request) -> Response {
        let operator = Operator(self.0.clone());
        operator.answer_api(&request).await
    }
}

struct Hlr(Arc<Shared>);

impl NodeHandler for Hlr {
    async fn answer(&self, from: &Arc<Caller>, message: &Message) -> Option<Message> {
        if self.0.config.connector.is_some() {
            return external::elsewhere(message);
        }
        self.0.answer_node(from, message).await
    }

    fn turned_away(&self) {
        self.0.who.turned_away();
    }
}
