//! A simulated UICC, for tests and tools of remote management: files with access
//! conditions (ETSI TS 102 221), key sets with counters and target applications (TS 102
//! 225, TS 102 226), proofs of receipt (3GPP TS 31.115), a registry of applications
//! (GlobalPlatform Card Specification 2.3).
//!
//! [`Profile`] makes a [`State`]; [`Card`] is a state under power, a value that changes
//! in memory; [`StoredCard`] keeps it in a directory and stores before it answers.
//! [`deliver`] is a mobile that gives it a message and brings back the receipt.
//!
//! A card has no clock and draws nothing: the same commands give the same answers.

mod access;
mod commands;
mod download;
mod error;
mod files;
mod keys;
mod mobile;
mod octets;
mod outbox;
mod profile;
mod registry;
mod script;
mod session;
mod state;
mod store;
mod target;
mod terminal;
mod waiting;

pub use access::{Condition, Granted, Rules};
pub use error::CardError;
pub use files::{Content, File, FileSystem, holds_keys};
pub use keys::{Cipher, Mac, StoredKeySet};
pub use mobile::{Chip, Delivered, deliver, start};
pub use octets::{Hidden, Octets};
pub use outbox::Outbox;
pub use profile::Profile;
pub use registry::{Application, Loading, Package, Registry};
pub use state::State;
pub use store::{NewCard, StoredCard};
pub use target::{Kind, Target};
pub use terminal::Card;
pub use waiting::Waiting;
