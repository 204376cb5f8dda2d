//! The stores of an operator's node, of a supplier, of a device
//! and of a managed device, on SQLite (TR 33.812
//! clauses B.2.2 and B.2.3; docs/operator-change.md sections 4 and 7). They
//! implement the ports of the crates `provisioning` and `dm`: one transaction for each
//! commit, durable before the call returns ("store, then answer").
//!
//! K, OPc, passwords and transfer tokens are in the aggregates, so each of them
//! is sealed as a whole before SQLite sees it ([`StoreKey`]). In the clear are
//! only identifiers, states, times, certificates and what is to be pushed. A
//! file of an older time put in place of the present one is not noticed.

mod connection;
mod crash;
mod device;
mod error;
mod key;
mod managed;
mod management;
mod schema;
mod sealed;
mod sqlite;
mod store;
mod supplier;
mod wiped;

pub use crash::crash_point;
pub use device::{DeviceState, DeviceStore};
pub use error::Error;
pub use key::StoreKey;
pub use managed::{ManagedChanges, ManagedState, ManagedStore, StoredNode};
pub use sqlite::{
    AccountSummary, AuditRow, CommandPage, CommandQuery, Group, IssuedCertificate, IssuedPage,
    OrderPage, OrderQuery, OrderSummary, SessionPage, SessionQuery, SqliteOptions, SqliteStore,
    SubscriberCounts, SubscriberWatch,
};
pub use store::Store;
pub use supplier::{CertificateStatus, SupplierStore};
