//! Keys that outlive the process, in files (docs/operator-change.md sections 1
//! and 7; TR 33.812 clause B.2.2.1): an operator's, a supplier's, and those of
//! a TRE with its sealing key and counter. What engines are given from the
//! outside world, randomness and time, is here too ([`os`]).
//!
//! A private key lies in a file of mode 0600 in a directory of mode 0700,
//! encrypted under a [`NodeKey`] unless its owner chose [`Protection::Plain`].
//! The node key itself is such a file, better kept where backups of the rest
//! don't reach it.

mod counter;
mod error;
mod file_backend;
mod file_counter;
mod file_key;
pub mod handover;
pub mod key_file;
mod node_key;
mod operator;
pub mod os;
mod protection;
mod renewal;
mod staged;
mod supplier;
mod tre_package;
mod vault;

pub use error::TokenError;
pub use file_backend::FileBackend;
pub use file_counter::FileCounter;
pub use file_key::FileKey;
pub use node_key::NodeKey;
pub use operator::{
    Encipherment, NamedLeaf, OcspSigner, OperatorKeyDir, OperatorPlan, TlsIdentity,
};
pub use protection::Protection;
pub use renewal::{OperatorKeyPlace, RenewedKey};
pub use supplier::{SupplierKeyDir, SupplierPlan};
pub use tre_package::{TrePackage, TrePlan};
