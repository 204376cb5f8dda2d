//! What a management server is made with.

use std::time::Duration;

use dm::queue::Policy;
use tls::Credentials;
use tls::http::ServerLimits;
use tokio::net::TcpListener;

/// A management server's configuration.
pub struct ManagementConfig {
    /// Its name in devices' trees, unless an account has another.
    pub server_id: String,
    /// Where devices find it: the Target LocURI of their messages, and the path
    /// that it answers on.
    pub server_uri: String,
    /// Other Target LocURIs that devices may use.
    pub other_targets: Vec<String>,
    /// The leaf that it shows in TLS. Without one it speaks plain HTTP, on a
    /// loopback address only: something else ends TLS then.
    pub tls: Option<Credentials>,
    /// How queues are worked off.
    pub policy: Policy,
    /// How long a session waits for its device.
    pub idle: Duration,
    /// Limits of each listener.
    pub limits: ServerLimits,
    /// SHA-256 of the token that its API wants.
    pub api_token: [u8; 32],
}

/// The sockets on which it listens, bound already.
pub struct ManagementListeners {
    /// For devices.
    pub dm: TcpListener,
    /// The API, on a loopback address.
    pub api: TcpListener,
}
