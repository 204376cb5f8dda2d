//! LocationCancel (TS 29.002 clause 8.1.3; GSUP): a node that has a subscriber no
//! more is told, after that is durable: it came up at another node, it was
//! disabled, or deleted. A node that is not connected then, or that does not
//! answer, is not told again: it gets no vectors for a subscriber that is
//! disabled in any case.

use std::sync::Arc;
use std::time::Duration;

use aka::Imsi;
use gsup::{Body, CancelType, CnDomain, Header, Message};
use provisioning::hlr::{Domain, Location};
use provisioning::ports::{Commit, OperatorStore, StoreError};
use secret::MaskedImsi;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::Shared;
use crate::gsup_link::Nodes;

/// Cancellations that wait to be sent.
pub(super) const WAITING: usize = 4096;
/// Cancellations under way at one time.
const UNDER_WAY: usize = 256;

/// A node to be told.
pub(super) struct Cancel {
    imsi: Imsi,
    domain: Domain,
    there: Location,
    why: CancelType,
}

/// GSUP's word for a domain.
pub(super) fn cn_domain(domain: Domain) -> CnDomain {
    match domain {
        Domain::Packet => CnDomain::Ps,
        Domain::Circuit => CnDomain::Cs,
    }
}

/// Where the subscribers are that a commit leaves nowhere.
pub(super) type Leaving = Vec<(Imsi, Vec<(Domain, Location)>)>;

impl Shared {
    /// The subscriber is elsewhere now.
    pub(super) fn moved_away(&self, imsi: &Imsi, domain: Domain, left: Location) {
        self.cancel(Cancel {
            imsi: imsi.clone(),
            domain,
            there: left,
            why: CancelType::Update,
        });
    }

    /// To be asked before the commit.
    pub(super) async fn leaving(&self, commit: &Commit) -> Result<Leaving, StoreError> {
        let disabled = commit
            .subscribers
            .iter()
            .filter(|change| change.version > 0 && !change.value.is_enabled())
            .map(|change| change.value.imsi());
        let withdrawn = commit
            .effects
            .iter()
            .filter_map(|effect| effect.withdrawn());
        let mut leaving = Leaving::new();
        for imsi in disabled.chain(withdrawn) {
            if let Some(known) = self.store.subscriber(imsi).await? {
                leaving.push((imsi.clone(), known.value.locations()));
            }
        }
        Ok(leaving)
    }

    /// They were disabled or deleted.
    pub(super) fn withdrawn(&self, leaving: Leaving) {
        for (imsi, locations) in leaving {
            for (domain, there) in locations {
                self.cancel(Cancel {
                    imsi: imsi.clone(),
                    domain,
                    there,
                    why: CancelType::Withdraw,
                });
            }
        }
    }

    fn cancel(&self, cancel: Cancel) {
        if self.cancels.try_send(cancel).is_err() {
            tracing::warn!("too many locations to cancel: one is not");
        }
    }
}

/// Sends them until it is dropped.
pub(super) async fn run(
    nodes: Arc<Nodes>,
    patience: Duration,
    mut cancels: mpsc::Receiver<Cancel>,
) {
    let slots = Arc::new(Semaphore::new(UNDER_WAY));
    let mut tasks = JoinSet::new();
    while let Some(cancel) = cancels.recv().await {
        while tasks.try_join_next().is_some() {}
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else {
            return;
        };
        let nodes = Arc::clone(&nodes);
        tasks.spawn(async move {
            tell(&nodes, &cancel, patience).await;
            drop(slot);
        });
    }
}

async fn tell(nodes: &Nodes, cancel: &Cancel, patience: Duration) {
    let Ok(imsi) = cancel.imsi.digits().parse() else {
        return;
    };
    let request = Message {
        header: Header {
            cn_domain: Some(cn_domain(cancel.domain)),
            ..Header::new(imsi)
        },
        body: Body::LocationCancelRequest {
            cancel_type: Some(cancel.why),
        },
    };
    // A record from before units were kept has none: the node's own matter then.
    let unit = Some(cancel.there.unit.as_str()).filter(|unit| !unit.is_empty());
    let mut told = false;
    for caller in nodes.of(&cancel.there.node, unit) {
        let answer = caller.ask(request.clone(), patience).await;
        told |= answer.is_ok_and(|answer| answer.body == Body::LocationCancelResult);
    }
    let imsi = MaskedImsi(cancel.imsi.digits());
    tracing::info!(%imsi, node = cancel.there.node, why = ?cancel.why, told, "cancels a location");
}
