//! The operator's side of certificate status (docs/certificate-status.md): what
//! CertSHO issued, a responder that answers about it (RFC 6960), answers stapled
//! to the node's own handshakes, and the DPF's leaf renewed while it runs.

mod answers;
mod api;
mod date;
mod keeper;
mod list;
mod listener;
mod records;
mod staples;

use std::sync::Arc;
use std::time::Duration;

use clock::Timestamp;
use tokens::OperatorKeyPlace;
use trust::ocsp::ResponderConfig;

pub(super) use answers::Answers;
pub(super) use keeper::{DpfLeaf, Keeper, run};
pub(super) use list::RevocationList;
pub(super) use listener::{StatusListener, limits};
pub(super) use records::Records;
pub(super) use staples::Shelf;

/// Tells UTC.
pub type WallClock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How an operator's node deals with its certificates.
pub struct CertificateSettings {
    /// Where its keys lie, so that the DPF's leaf can be renewed and is taken
    /// anew when its file changes. Without it the leaf stays as it is.
    pub place: Option<OperatorKeyPlace>,
    /// The validity with which the DPF's leaf is renewed, when a third of it is
    /// left. Without it nobody renews it but people.
    pub dpf_validity: Option<Duration>,
    /// How the responder answers.
    pub responder: ResponderConfig,
    /// How often files, the leaf's dates and staples are looked at.
    pub look: Duration,
    /// What time it is.
    pub clock: WallClock,
}

impl Default for CertificateSettings {
    /// Nothing is renewed; expired certificates are answered for as revoked, and
    /// an answer is good for an hour.
    fn default() -> Self {
        Self {
            place: None,
            dpf_validity: None,
            responder: ResponderConfig::default(),
            look: Duration::from_secs(5),
            clock: Arc::new(tokens::os::now),
        }
    }
}
