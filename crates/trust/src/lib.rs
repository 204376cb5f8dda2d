//! Who may say what in the operator change: names, purposes, certificates and
//! their anchors (docs/operator-change.md, section 1; certificates by RFC 5280
//! and TS 33.310 clause 6.1).
//!
//! A [`Certificate`] is parsed once, strictly. An [`Anchor`] or [`PvaAnchor`]
//! is a certificate authority bound to the one name that it may speak for.
//! [`verify_leaf`] and [`verify_tre`] judge a leaf against such an anchor for
//! one purpose and one expected name; only they make a [`VerifiedLeaf`] or a
//! [`VerifiedTre`]. [`issue`] makes the certificates, with the key behind a
//! trait. Time is always the caller's: a [`TimePolicy`] holds an interval of a
//! trusted clock, or the floor below which no date can lie.
//!
//! Whether a certificate was revoked is asked by [`ocsp`] or read in a [`crl`];
//! [`status`] decides for a device, and [`secure_clock`] tells it the time.

mod anchor;
mod certificate;
pub mod crl;
mod error;
mod freshness;
pub mod issue;
mod key;
mod moment;
mod names;
pub mod ocsp;
mod purpose;
mod pva;
mod revocation;
mod routing;
pub mod secure_clock;
pub mod status;
mod time;
mod tre;
mod verify;

pub use anchor::{Anchor, PvaAnchor};
pub use certificate::Certificate;
pub use error::{DateFault, TrustError};
pub use key::{KeyKind, PublicKey, SignatureAlgorithm};
pub use names::{ShoId, SupplierName};
pub use purpose::{Purpose, TRE_EXTENSION, TreUse};
pub use pva::{verify_pva_leaf, verify_pva_server};
pub use revocation::{Revocation, RevocationReason};
pub use routing::RoutingTable;
pub use time::{TimeInterval, TimePolicy};
pub use tre::{VerifiedTre, verify_tre};
pub use verify::{VerifiedLeaf, dpf_name_matches, peer_name_matches, verify_leaf};
