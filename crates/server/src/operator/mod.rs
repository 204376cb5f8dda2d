//! An operator's node: registration operator and selected home operator in one
//! (TR 33.812 B.2.2.1). Its parts share one store; each file is one interface
//! or one job.

mod allowed;
mod api;
mod cancel;
mod config;
mod dpf;
mod drf;
mod external;
mod hlr;
mod hlr_gsup;
mod known;
mod limits;
mod node;
mod outbox;
mod peer_api;
mod pool_api;
mod pools;
mod portal;
mod pva;
mod sessions;
mod status;
mod steps;
mod timers;
mod who;

use std::sync::Arc;

use provisioning::StepWatch;
use provisioning::ports::{Commit, OperatorStore, StoreError};
use store::Store;
use tls::ClientConfig;
use tls::http::Client;
use tokio::sync::Notify;
use trust::{Anchor, PvaAnchor, ShoId};

pub(crate) use external::VNO_PREFIX;

pub use allowed::{AllowedEntry, AllowedView, OwnAddresses, allowed_for};
pub use config::{HlrSettings, OperatorConfig, OperatorListeners};
pub use limits::Rate;
pub use node::OperatorNode;
pub(crate) use node::credentials;
pub(crate) use outbox::PUSH;
pub use pool_api::{entry as audit_entry_json, pool as pool_json, stock as stock_json};
pub use pools::{SealedBatch, Wanted};
pub use portal::MadeDevice;
pub use status::{CertificateSettings, WallClock};
pub use who::HlrCounts;

/// How often a step is repeated when somebody else changed its aggregate.
const CONFLICTS: usize = 32;

/// An operator. Clones are the same one.
#[derive(Clone)]
pub struct Operator(Arc<Shared>);

/// What all parts of the node use.
struct Shared {
    config: OperatorConfig,
    store: Store,
    /// The anchors of the PVAs in the configuration.
    pvas: Vec<PvaAnchor>,
    /// HTTPS to peers and PVAs.
    client: Client,
    /// How we show ourselves to operators, and judge them.
    to_peers: ClientConfig,
    /// The same for PVAs.
    to_pvas: ClientConfig,
    /// Subscribers of the HLR in memory.
    hlr: Arc<known::Known>,
    /// Subscribers on their way to an HLR outside of this program.
    external: external::UnderWay,
    /// Which node may ask the HLR for whom.
    who: who::Who,
    /// Nodes that are to forget a subscriber.
    cancels: tokio::sync::mpsc::Sender<cancel::Cancel>,
    sessions: sessions::Sessions,
    ticks: tokens::os::Monotonic,
    /// Something was put into the outbox, or can be sent again.
    outbox: Notify,
    watch: Arc<dyn StepWatch>,
    /// Where its own servers are, and the host of its responder.
    own: OwnAddresses,
    own_responder: Option<String>,
    /// Looks after its certificates.
    keeper: status::Keeper,
}

impl Operator {
    /// The operator's name.
    #[must_use]
    pub fn sho_id(&self) -> &ShoId {
        self.0.config.sho_id()
    }

    /// Its CertSHO, with which its devices are made.
    #[must_use]
    pub fn anchor(&self) -> &Anchor {
        &self.0.config.keys.anchor
    }

    /// Its store, for lists and counts.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }
}

impl Shared {
    /// Stores a step's changes, and wakes whoever sends.
    async fn commit(&self, mut commit: Commit) -> Result<(), StoreError> {
        if self.config.connector.is_some() {
            commit.provision = external::touched(&commit);
        }
        let asked = [commit.reachable.len(), commit.provision.len()];
        let sends = !commit.effects.is_empty() || asked != [0, 0];
        let leaving = self.leaving(&commit).await?;
        self.store.commit(commit).await?;
        self.withdrawn(leaving);
        if sends {
            self.outbox.notify_one();
        }
        Ok(())
    }
}
