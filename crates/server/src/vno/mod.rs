//! A visited network's node (TR 33.812 B.2.2.1, VNO): it authenticates whoever
//! attaches with vectors from the home network, which it finds by MCC and MNC
//! (TS 23.003 clause 2.2), and pushes what the home operator's DRF gives it.
//! It sees no key but session keys, and keeps nothing: a restarted one learns
//! of its subscribers as they attach again.

mod attached;
mod push;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU8;
use std::sync::Arc;
use std::time::Duration;

use aka::Imsi;
use gsup::{AuthTuple, Body, Cause, Header, Message, PeerName, Resync, SendAuthInfoRequest};
use tls::http::{Hosts, ServerLimits, Transport, serve};
use tls::{ClientAuthentication, ClientConfig, Profile, ServerConfig};
use tokens::TlsIdentity;
use tokio::net::TcpListener;
use trust::ShoId;

pub use attached::{Channel, Registration, Undelivered};

use crate::gsup_link::{GsupClient, GsupTarget, Unasked};
use crate::identity::OperatorVerifier;
use crate::operator::{VNO_PREFIX, credentials};
use crate::{Error, PeerBook};
use attached::Attached;

/// How long requests under way may go on when the node ends.
const GRACE: Duration = Duration::from_secs(2);

/// A visited network's configuration.
pub struct VnoConfig {
    /// Its name, under which it is registered with home operators.
    pub sho_id: ShoId,
    /// Its leaf for peers.
    pub peer: TlsIdentity,
    /// The home operators that it knows, with their HLRs.
    pub peers: PeerBook,
    /// Where hosts are reached.
    pub hosts: Hosts,
    /// Limits of its push interface.
    pub limits: ServerLimits,
}

/// A visited network. Clones are the same one.
#[derive(Clone)]
pub struct Vno(Arc<Shared>);

struct Shared {
    sho_id: ShoId,
    peers: PeerBook,
    hlrs: BTreeMap<ShoId, GsupClient>,
    attached: Arc<Attached>,
}

/// A running visited network. The radio is not part of it.
pub struct VnoNode {
    vno: Vno,
    push: tls::http::Server,
}

impl VnoNode {
    /// Starts taking pushes from home operators.
    ///
    /// # Errors
    /// [`Error::Tls`] for keys below the profile's strength; [`Error::Io`].
    pub fn start(config: VnoConfig, listener: TcpListener) -> Result<Self, Error> {
        let own = credentials(&config.peer)?;
        let operators = Arc::new(OperatorVerifier::new(config.peers.clone()));
        let to_peers = ClientConfig::new(Profile::ThreeGpp, Some(&own), operators.clone())?;
        let for_peers = ServerConfig::new(
            Profile::ThreeGpp,
            &own,
            ClientAuthentication::Required(operators),
        )?;
        let attached = Arc::new(Attached::default());
        let name: PeerName = format!("{VNO_PREFIX}{}", config.sho_id).parse()?;
        let hlrs = config
            .peers
            .iter()
            .filter_map(|(sho_id, peer)| {
                let target = GsupTarget {
                    address: peer.gsup.clone()?,
                    hosts: config.hosts.clone(),
                    tls: to_peers.clone(),
                    name: name.clone(),
                };
                let unasked: Arc<dyn Unasked> = attached.clone();
                Some((sho_id.clone(), GsupClient::start(target, unasked)))
            })
            .collect();
        let vno = Vno(Arc::new(Shared {
            sho_id: config.sho_id,
            peers: config.peers,
            hlrs,
            attached,
        }));
        let handler = push::Pushes(vno.clone());
        let push = serve(listener, Transport::Tls(for_peers), config.limits, handler)?;
        Ok(Self { vno, push })
    }

    /// The network, for the radio.
    #[must_use]
    pub fn vno(&self) -> &Vno {
        &self.vno
    }

    /// Where pushes come in.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.push.address()
    }

    /// Ends it.
    pub async fn shutdown(self) {
        self.push.shutdown(GRACE).await;
    }
}

impl Vno {
    /// The network's name, as devices see it.
    #[must_use]
    pub fn sho_id(&self) -> &ShoId {
        &self.0.sho_id
    }

    /// A vector of the subscriber's home network; after a failed
    /// synchronisation with RAND and AUTS of the USIM.
    ///
    /// # Errors
    /// The home network's cause, [`Cause::PlmnNotAllowed`] without one,
    /// [`Cause::NetworkFailure`] where it does not answer.
    pub async fn authentication(
        &self,
        imsi: &Imsi,
        resync: Option<Resync>,
    ) -> Result<AuthTuple, Cause> {
        let request = Body::SendAuthInfoRequest(SendAuthInfoRequest {
            vectors: Some(NonZeroU8::MIN),
            resync,
            current_rat: None,
        });
        match self.ask(imsi, request).await? {
            Body::SendAuthInfoResult(tuples) => tuples
                .into_iter()
                .find(|tuple| tuple.umts.is_some())
                .ok_or(Cause::NetworkFailure),
            other => Err(other.cause().unwrap_or(Cause::NetworkFailure)),
        }
    }

    /// The subscriber has authenticated and is here now, reached by `channel`:
    /// told to the home network before the device is. A channel that the
    /// subscriber had before is given up.
    ///
    /// # Errors
    /// As [`Self::authentication`].
    pub async fn attached(
        &self,
        imsi: &Imsi,
        channel: Arc<dyn Channel>,
    ) -> Result<Registration, Cause> {
        // Before the home network knows: what it pushes at once finds its way.
        let registration = self.0.attached.put(imsi, channel);
        let result = match self.ask(imsi, Body::UpdateLocationRequest).await {
            Ok(Body::UpdateLocationResult(_)) => Ok(registration),
            Ok(other) => Err(other.cause().unwrap_or(Cause::NetworkFailure)),
            Err(cause) => Err(cause),
        };
        if result.is_err() {
            self.0.attached.remove(imsi, registration);
        }
        result
    }

    /// The subscriber is gone, unless it has attached again since: its home
    /// network is told (PurgeMS), unless the runtime is ending.
    pub fn detached(&self, imsi: &Imsi, registration: Registration) {
        if !self.0.attached.remove(imsi, registration) {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let (vno, imsi) = (self.clone(), imsi.clone());
        runtime.spawn(async move {
            let purge = Body::PurgeMsRequest { hlr_number: None };
            if let Err(cause) = vno.ask(&imsi, purge).await {
                tracing::info!(?cause, "a home network did not take a purge");
            }
        });
    }

    async fn ask(&self, imsi: &Imsi, body: Body) -> Result<Body, Cause> {
        let (sho_id, _) = self
            .0
            .peers
            .by_imsi(imsi.digits())
            .ok_or(Cause::PlmnNotAllowed)?;
        let hlr = self.0.hlrs.get(sho_id).ok_or(Cause::PlmnNotAllowed)?;
        let digits = imsi.digits().parse();
        let header = Header::new(digits.map_err(|_| Cause::NetworkFailure)?);
        match hlr.ask(Message { header, body }).await {
            Ok(answer) => Ok(answer.body),
            Err(error) => {
                tracing::warn!(home = %sho_id, reason = %error.reason(), "an HLR did not answer");
                Err(Cause::NetworkFailure)
            }
        }
    }
}
