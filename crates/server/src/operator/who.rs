//! Which serving node may ask the HLR for which subscriber, denied by default
//! (docs/hlr.md), and what became of the requests, counted.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use aka::Imsi;
use secret::MaskedImsi;

use super::Operator;
use crate::serving::PlainClients;
use crate::{PeerBook, Serves};

/// What became of what serving nodes asked, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HlrCounts {
    /// Requests for subscribers that their node may not ask for.
    pub denied: u64,
    /// Connections from addresses that no GSUP client has.
    pub turned_away: u64,
}

/// Who may ask for whom.
pub(super) struct Who {
    nodes: HashMap<String, Serves>,
    denied: AtomicU64,
    turned_away: AtomicU64,
}

impl Who {
    /// Operators as visited networks, and the clients of the plain listener.
    /// Their names are apart: `plain_clients` sees to it.
    pub(super) fn new(peers: &PeerBook, plain: &PlainClients) -> Self {
        let operators = peers
            .iter()
            .map(|(sho_id, peer)| (sho_id.to_string(), peer.serves.clone()));
        let clients = plain
            .values()
            .map(|client| (client.name.clone(), client.serves.clone()));
        Self {
            nodes: operators.chain(clients).collect(),
            denied: AtomicU64::new(0),
            turned_away: AtomicU64::new(0),
        }
    }

    /// Whether the node may ask for the subscriber. Decided by prefixes alone:
    /// it says nothing of whether there is such a subscriber.
    pub(super) fn may_ask(&self, node: &str, imsi: &Imsi) -> bool {
        let serves = self.nodes.get(node);
        let may = serves.is_some_and(|serves| serves.covers(imsi.digits()));
        if !may {
            self.denied.fetch_add(1, Ordering::Relaxed);
            tracing::info!(node, imsi = %MaskedImsi(imsi.digits()),
                "asks for a subscriber that it does not serve");
        }
        may
    }

    /// Somebody of no known address came.
    pub(super) fn turned_away(&self) {
        self.turned_away.fetch_add(1, Ordering::Relaxed);
    }
}

impl Operator {
    /// What became of what serving nodes asked its HLR.
    #[must_use]
    pub fn hlr_counts(&self) -> HlrCounts {
        let count = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let who = &self.0.who;
        HlrCounts {
            denied: count(&who.denied),
            turned_away: count(&who.turned_away),
        }
    }
}
