//! Which serving node may ask the HLR for which subscriber, denied by default,
//! and how often (docs/hlr.md); what became of the requests, counted.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use aka::Imsi;
use clock::Tick;
use secret::MaskedImsi;

use super::limits::Limiter;
use super::{HlrSettings, Operator};
use crate::serving::PlainClients;
use crate::{PeerBook, Serves};

/// What became of what serving nodes asked, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HlrCounts {
    /// Requests for subscribers that their node may not ask for.
    pub denied: u64,
    /// Requests beyond the rate of their node.
    pub node_limited: u64,
    /// Requests beyond the rate of their subscriber.
    pub subscriber_limited: u64,
    /// Connections from addresses that no GSUP client has.
    pub turned_away: u64,
}

/// Why a node gets no answer to what it asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denied {
    /// It does not serve the subscriber.
    NotServed,
    /// It asks too often, or for this subscriber.
    TooOften,
}

/// Who may ask for whom.
pub(super) struct Who {
    nodes: HashMap<String, Serves>,
    of_node: Limiter<String>,
    of_subscriber: Limiter<Imsi>,
    denied: AtomicU64,
    node_limited: AtomicU64,
    subscriber_limited: AtomicU64,
    turned_away: AtomicU64,
}

impl Who {
    /// Operators as visited networks, and the clients of the plain listener.
    /// Their names are apart: `plain_clients` sees to it.
    pub(super) fn new(peers: &PeerBook, plain: &PlainClients, settings: &HlrSettings) -> Self {
        let operators = peers
            .iter()
            .map(|(sho_id, peer)| (sho_id.to_string(), peer.serves.clone()));
        let clients = plain
            .values()
            .map(|client| (client.name.clone(), client.serves.clone()));
        Self {
            nodes: operators.chain(clients).collect(),
            of_node: Limiter::new(settings.node_rate),
            of_subscriber: Limiter::new(settings.subscriber_rate),
            denied: AtomicU64::new(0),
            node_limited: AtomicU64::new(0),
            subscriber_limited: AtomicU64::new(0),
            turned_away: AtomicU64::new(0),
        }
    }

    /// Whether the node may ask for the subscriber now. Whom it serves is decided
    /// by prefixes alone: it says nothing of whether there is such a subscriber.
    pub(super) fn may_ask(&self, node: &str, imsi: &Imsi, now: Tick) -> Result<(), Denied> {
        let serves = self.nodes.get_key_value(node);
        if serves.is_some_and(|(node, _)| !self.of_node.allows(node, now)) {
            self.node_limited.fetch_add(1, Ordering::Relaxed);
            return Err(Denied::TooOften);
        }
        if !serves.is_some_and(|(_, serves)| serves.covers(imsi.digits())) {
            self.denied.fetch_add(1, Ordering::Relaxed);
            tracing::info!(node, imsi = %MaskedImsi(imsi.digits()),
                "asks for a subscriber that it does not serve");
            return Err(Denied::NotServed);
        }
        if !self.of_subscriber.allows(imsi, now) {
            self.subscriber_limited.fetch_add(1, Ordering::Relaxed);
            return Err(Denied::TooOften);
        }
        Ok(())
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
            node_limited: count(&who.node_limited),
            subscriber_limited: count(&who.subscriber_limited),
            turned_away: count(&who.turned_away),
        }
    }
}
