//! What a server's session must know of the device's account.

use std::time::Duration;

use syncml::SessionId;

use crate::auth::{Credentials, Nonces, Requirement, Scope};
use crate::session::Profile;

/// One session's setting. A server finds account and session by the Source and
/// the SessionID of the first message.
#[derive(Clone)]
pub struct Config {
    /// The Source LocURI of this server's messages, and the Target LocURI of
    /// the device's.
    pub server_uri: String,
    /// Other Target LocURIs that the device may use for this server.
    pub other_targets: Vec<String>,
    /// The Source LocURI of the device, compared octet by octet.
    pub device_uri: String,
    /// The session identifier, compared octet by octet.
    pub session_id: SessionId,
    /// What this server proves itself with; `None` where the transport does.
    pub prove: Option<Credentials>,
    /// What the device has to prove; [`Requirement::Unknown`] for a device
    /// without an account.
    pub verify: Requirement,
    /// How long the device's proof holds.
    pub scope: Scope,
    /// The account's nonces, as last stored.
    pub nonces: Nonces,
    /// The largest object that is taken in chunks, in octets; announced as
    /// `MaxObjSize`.
    pub max_object: usize,
    /// Whether the device takes objects in chunks although it announces no
    /// `MaxObjSize` (`./DevDetail/LrgObj`).
    pub large_objects: bool,
    /// After this time without a message the session is given up. The time
    /// that users get by MAXDT or MINDT comes on top.
    pub idle: Duration,
    /// What is known of the device.
    pub profile: Profile,
}

impl Config {
    /// A session with a device that has to show what `verify` says; no
    /// credentials of this server, objects of up to 1 MiB, five minutes of
    /// patience.
    #[must_use]
    pub fn new(
        server_uri: impl Into<String>,
        device_uri: impl Into<String>,
        session_id: SessionId,
        verify: Requirement,
    ) -> Self {
        Self {
            server_uri: server_uri.into(),
            other_targets: Vec::new(),
            device_uri: device_uri.into(),
            session_id,
            prove: None,
            verify,
            scope: Scope::Session,
            nonces: Nonces::default(),
            max_object: 1 << 20,
            large_objects: false,
            idle: Duration::from_secs(300),
            profile: Profile::Default,
        }
    }
}
