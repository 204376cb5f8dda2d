//! Standard management objects: those that every device has (OMA DM StdObj 1.2
//! clause 5), firmware update (OMA FUMO 1.0) and software components (OMA SCOMO
//! 1.0).
//!
//! Accounts and device information are static nodes that a builder writes into
//! a [`Tree`](crate::tree::Tree). Firmware and software are
//! [`ManagementObject`](crate::tree::ManagementObject)s with an owner: the
//! object answers the server and decides, its owner fetches, checks and
//! installs. Between the two stands a handle that both share:
//!
//! 1. after every call, and after every message that a session has handled, the
//!    owner stores the snapshot;
//! 2. it takes what is to be done from `poll_effect` and says what came of it
//!    through a `handle_…` method;
//! 3. it sends what `report` gives with
//!    [`Session::alert`](crate::client::Session::alert) and calls
//!    `handle_reported` when the server has answered.
//!
//! After a power cut an object restored from its snapshot asks again for what
//! was under way.

mod access;
pub mod dev_detail;
pub mod dev_info;
pub mod dm_account;
pub mod fumo;
pub mod inbox;
pub mod nap;
mod report;
pub mod scomo;
mod shared;
mod snapshot;
mod url;

pub use report::Report;
pub use snapshot::Snapshot;
pub use url::DownloadUrl;
