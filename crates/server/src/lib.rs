//! The nodes of the operator change (TR 33.812 B.2.2; docs/operator-change.md):
//! an operator (RO and SHO: DPF, DRF, HLR, peer interface), a TRE supplier with
//! its PVA, and a visited network. Each node puts sockets, clocks and a store
//! around the engines of the crate `provisioning`.
//!
//! Beside it there is a management server for people ([`management`]).
//!
//! Every handler loads an aggregate, calls the engine, commits what it changed
//! together with what is to be sent, and only then answers. A handler whose
//! answer was lost may be called again.

mod bearer;
mod binding;
mod error;
mod gsup_link;
mod identity;
pub mod management;
pub mod operator;
mod peers;
mod problem;
mod running;
mod serving;
pub mod supplier;
mod time;
pub mod vno;

pub use error::Error;
pub use identity::{OperatorVerifier, PvaVerifier};
pub use peers::{GsupAddress, PeerBook, RegisteredPeer, RegisteredPva};
pub use serving::{PlainClient, Serves};
