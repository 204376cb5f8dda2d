//! What a managed device's client is run with, and what an embedding program
//! plugs in.

use std::sync::Arc;
use std::time::Duration;

use dm::client::Timing;
use dm::notification::{ResyncNonce, SessionId};
use dm::session::Encoding;
use dm::tree::{Acl, ManagementObject, NodeUri};
use secret::SecretBytes;
use tls::http::Hosts;
use tls::{ClientConfig, Profile};
use tokens::NodeKey;

use super::{SoftwareHook, UpdateHook};
use crate::Validation;

/// Octets of a large object unless the configuration says otherwise: 1 MiB.
pub const MAX_OBJECT: usize = 1 << 20;

/// A client's configuration.
pub struct Config {
    /// The key under which the store is encrypted.
    pub key: NodeKey,
    /// How servers are judged, and what the device shows them, in TLS; not beside
    /// authorities in the store ([`Setup::authorities`](super::Setup::authorities)).
    /// Without either no server is reached by HTTPS.
    pub tls: Option<ClientConfig>,
    /// How the status of servers under the authorities in the store is judged.
    pub validation: Option<Validation>,
    /// Versions and suites for accounts with pre-shared keys, and for servers under
    /// the authorities in the store, where there is no `tls`.
    pub profile: Profile,
    /// Where these hosts are reached; any other is asked of DNS.
    pub hosts: Hosts,
    /// Whether servers and packages may be reached without TLS.
    pub allow_http: bool,
    /// How messages are written; answers are taken in any encoding.
    pub encoding: Encoding,
    /// How long sessions wait for answers, and how often they repeat.
    pub timing: Timing,
    /// The largest object in octets that is taken, and given, in chunks;
    /// announced as `MaxObjSize`. `None` for a device without large objects.
    pub max_object: Option<usize>,
    /// How the nonce `0x00000000` of a server that has lost its own is read in
    /// notifications. `None` takes no such notification.
    pub resync: Option<ResyncNonce>,
    /// After this time a session is given up.
    pub session_time: Duration,
    /// What a download may take.
    pub download: DownloadLimits,
    /// What installs firmware; without it every update is reported as not
    /// implemented.
    pub hook: Option<Arc<dyn UpdateHook>>,
    /// What installs software; without it everything is reported as not
    /// implemented.
    pub software: Option<Arc<dyn SoftwareHook>>,
    /// Objects of the device's maker.
    pub objects: Vec<Box<dyn VendorObject>>,
}

impl Config {
    /// HTTPS alone is allowed, but there is no TLS configuration yet; no hooks, no
    /// objects of makers, WBXML, the engine's times, large objects of up to
    /// [`MAX_OBJECT`], ten minutes for a session.
    #[must_use]
    pub fn new(key: NodeKey) -> Self {
        Self {
            key,
            tls: None,
            validation: None,
            profile: Profile::default(),
            hosts: Hosts::default(),
            allow_http: false,
            encoding: Encoding::Wbxml,
            timing: Timing::default(),
            max_object: Some(MAX_OBJECT),
            resync: None,
            session_time: Duration::from_secs(600),
            download: DownloadLimits::default(),
            hook: None,
            software: None,
            objects: Vec::new(),
        }
    }
}

/// What a download may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DownloadLimits {
    /// Octets of a package.
    pub octets: u64,
    /// Time for all of it, counted anew after a restart.
    pub time: Duration,
    /// Attempts in a row that bring no octet.
    pub attempts: u32,
    /// Between two attempts.
    pub pause: Duration,
    /// How long nothing may come.
    pub patience: Duration,
    /// After so many octets the progress is stored.
    pub store_every: u64,
}

impl Default for DownloadLimits {
    /// 1 GiB, an hour, five attempts with ten seconds between them, 30 seconds
    /// of silence, progress at each MiB.
    fn default() -> Self {
        Self {
            octets: 1 << 30,
            time: Duration::from_secs(3600),
            attempts: 5,
            pause: Duration::from_secs(10),
            patience: Duration::from_secs(30),
            store_every: 1 << 20,
        }
    }
}

/// Who wanted a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initiation {
    /// The device.
    Client,
    /// The server, by a notification for this session.
    Server(SessionId),
}

/// A management object of the device's maker, with its place and its state.
pub trait VendorObject: Send {
    /// Where it is mounted; what is missing above it is made.
    fn uri(&self) -> NodeUri;

    /// Its object identifier.
    fn type_(&self) -> String;

    /// Its ACL at the first start; later the stored one counts. `None`
    /// inherits.
    fn acl(&self) -> Option<Acl> {
        None
    }

    /// Makes the object that answers the servers, from the last
    /// [`snapshot`](Self::snapshot) that was stored.
    ///
    /// # Errors
    /// If the stored octets can't be read.
    fn object(
        &mut self,
        stored: Option<&SecretBytes>,
    ) -> Result<Box<dyn ManagementObject>, dm::Error>;

    /// The object's state, stored in one transaction with the tree before a
    /// message is answered. `None` for an object that has none, or that keeps
    /// it itself.
    fn snapshot(&self) -> Option<SecretBytes> {
        None
    }
}
