//! Where an operator's node keeps what the engines decide: SQLite, embedded.
//! Implements `provisioning::ports` (house rule "store, then answer"). K, OPc
//! and passwords are encrypted under the node's key from the first schema on.

mod cipher;
mod sqlite;

pub use sqlite::{OrderRow, SqliteStore};
