//! What a management server is made with.

use std::sync::Arc;
use std::time::Duration;

use dm::queue::Policy;
use tls::http::ServerLimits;
use tls::{Credentials, Profile, Staples};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// A management server's configuration.
pub struct ManagementConfig {
    /// Its name in devices' trees, unless an account has another.
    pub server_id: String,
    /// Where devices find it: the Target LocURI of their messages, and the path
    /// that it answers on.
    pub server_uri: String,
    /// Other Target LocURIs that devices may use.
    pub other_targets: Vec<String>,
    /// How it speaks TLS. Without it, it speaks plain HTTP, on a loopback address
    /// only: something else ends TLS then.
    pub tls: Option<ManagementTls>,
    /// What devices show in HTTP beside what they show in DM.
    pub http_authentication: HttpAuthentication,
    /// How queues are worked off.
    pub policy: Policy,
    /// How long a session waits for its device.
    pub idle: Duration,
    /// Limits of each listener.
    pub limits: ServerLimits,
    /// SHA-256 of the token that its API wants.
    pub api_token: [u8; 32],
}

/// How a management server speaks TLS.
pub struct ManagementTls {
    /// Versions and suites.
    pub profile: Profile,
    /// What it shows of itself.
    pub shown: Shown,
    /// Whether devices may come with the pre-shared keys of their accounts.
    pub keys: bool,
    /// The same at each moment, if it is renewed while the server runs: new
    /// handshakes see it, connections go on.
    pub renewed: Option<watch::Receiver<Shown>>,
    /// Whether the listener begins with HTTP, and serves nothing before a device
    /// has asked for TLS in there (RFC 2817); in the profile `dm` only.
    pub upgrade: bool,
    /// Whether devices show certificates.
    pub clients: ManagementClients,
}

/// What a management server shows of itself.
#[derive(Clone, Default)]
pub struct Shown {
    /// Its leaves, one for each kind of key; none where all devices have pre-shared
    /// keys.
    pub credentials: Vec<Credentials>,
    /// Their status, for devices that ask for it in the handshake (RFC 6066 clause
    /// 8).
    pub staples: Option<Arc<dyn Staples>>,
}

/// Whether devices show certificates, and whose count beside those that accounts
/// name.
#[derive(Clone, Default)]
pub struct ManagementClients {
    /// Whether they are asked.
    pub certificates: ClientCertificates,
    /// Authorities in PEM. A certificate of theirs is of the device whose Source
    /// LocURI, or named subject, is a URI of its subjectAltName.
    pub authorities: Option<Vec<u8>>,
}

/// Whether devices are asked for certificates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientCertificates {
    /// They are not.
    #[default]
    None,
    /// They are; one that has none proves itself otherwise, one whose certificate
    /// is refused is turned away.
    Optional,
    /// A device without a certificate needs a pre-shared key.
    Required,
}

impl ManagementTls {
    /// The default profile with one leaf.
    #[must_use]
    pub fn new(credentials: Credentials) -> Self {
        Self {
            profile: Profile::default(),
            shown: Shown {
                credentials: vec![credentials],
                staples: None,
            },
            keys: false,
            renewed: None,
            upgrade: false,
            clients: ManagementClients::default(),
        }
    }
}

/// Whether devices prove themselves in HTTP (OMA DM session security clause
/// 9.2.1). One that did so by its pre-shared key is not asked, nor one by its
/// certificate, unless its account has a login of HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HttpAuthentication {
    /// They don't.
    #[default]
    None,
    /// By Digest, with SHA-256 or MD5.
    Digest,
    /// By Digest or Basic, as their accounts say.
    DigestOrBasic,
}

/// The sockets on which it listens, bound already.
pub struct ManagementListeners {
    /// For devices.
    pub dm: TcpListener,
    /// The API, on a loopback address.
    pub api: TcpListener,
}
