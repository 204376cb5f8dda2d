//! Whom an operator knows: peers registered by hand with their fingerprints
//! compared, and the PVAs of suppliers (docs/operator-change.md sections 1 and
//! 4). The route to a home network comes from here, never from a message.

use std::net::SocketAddr;

use provisioning::peer::Peer;
use trust::{Certificate, PvaAnchor, RoutingTable, ShoId};

use crate::{Error, Serves};

/// Where a peer's HLR is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GsupAddress {
    /// GSUP inside mutual TLS: a host of the table of hosts.
    Tls(String),
    /// Plain GSUP over TCP, for an HLR that can't do better.
    Plain(SocketAddr),
}

/// Another operator.
#[derive(Clone)]
pub struct RegisteredPeer {
    /// Its CertSHO and its domains.
    pub peer: Peer,
    /// The host of its peer interface.
    pub host: String,
    /// Its HLR, where it has one that we may ask.
    pub gsup: Option<GsupAddress>,
    /// Whom it may ask our HLR for, as a visited network.
    pub serves: Serves,
}

/// All other operators that this one knows.
#[derive(Clone)]
pub struct PeerBook(RoutingTable<RegisteredPeer>);

/// A supplier's PVA.
#[derive(Clone)]
pub struct RegisteredPva {
    /// Its certificate authority, bound to the supplier.
    pub anchor: PvaAnchor,
    /// The host of its status interface.
    pub host: String,
    /// The leaf with which it signs handovers of initial credentials, where
    /// it makes any for us.
    pub document: Option<Certificate>,
    /// The leaf for which batches of PCIDs are enciphered, where we make any for
    /// it.
    pub encipherment: Option<Certificate>,
}

impl PeerBook {
    /// A book of these peers.
    ///
    /// # Errors
    /// [`Error::Trust`] if the digits of one begin the digits of another.
    pub fn new(peers: impl IntoIterator<Item = RegisteredPeer>) -> Result<Self, Error> {
        let pairs = peers
            .into_iter()
            .map(|peer| (peer.peer.sho_id().clone(), peer));
        Ok(Self(RoutingTable::new(pairs)?))
    }

    /// A peer by its name.
    #[must_use]
    pub fn by_sho_id(&self, sho_id: &ShoId) -> Option<&RegisteredPeer> {
        self.0.by_sho_id(sho_id)
    }

    /// The home operator of a subscriber.
    #[must_use]
    pub fn by_imsi(&self, imsi: &str) -> Option<(&ShoId, &RegisteredPeer)> {
        self.0.by_imsi(imsi)
    }

    /// All peers.
    pub fn iter(&self) -> impl Iterator<Item = (&ShoId, &RegisteredPeer)> {
        self.0.iter()
    }
}
