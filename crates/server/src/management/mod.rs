//! A management server for people: an OMA DM 1.2 server with accounts, groups
//! and a queue of commands for each device (OMA-TS-DM_Protocol-V1_2;
//! OMA-TS-SyncML_HTTPBinding-V1_2), beside the operator change and without any
//! part in it.

mod api;
mod asides;
mod certificate;
mod config;
mod dialogue;
mod endpoint;
mod login;
mod message;
mod node;
mod sessions;

use store::Store;
use tls::http::auth::Authenticator;

pub use dm::queue::Policy;

pub use config::{
    ClientCertificates, HttpAuthentication, ManagementClients, ManagementConfig,
    ManagementListeners, ManagementTls, Shown,
};
pub use endpoint::ManagementEndpoint;
pub use node::ManagementNode;

/// What all parts of the server use. Devices need the queue of it alone, people
/// all of the store.
struct Shared<S = Store> {
    config: ManagementConfig,
    store: S,
    sessions: sessions::Sessions,
    ticks: tokens::os::Monotonic,
    /// Asks devices for credentials of HTTP.
    authenticator: Option<Authenticator>,
    /// The path on which devices are answered.
    path: String,
}
