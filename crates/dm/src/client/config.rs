//! What a session must know of account, device and policy (OMA DM StdObj 1.2,
//! DMAcc).

use std::time::Duration;

use syncml::SessionId;

use super::Interactions;
use crate::auth::{Credentials, Nonces, Requirement, Scope};
use crate::session::{Encoding, Initiation, Profile};
use crate::tree::{NodeUri, ServerId};

/// Where a server may have its answers sent by RespURI. Anything else ends the
/// session: to go on at the old address could mean to talk to somebody who
/// lost it.
#[derive(Default)]
pub enum RespUris {
    /// Nowhere but to the address that the session began with.
    #[default]
    Refused,
    /// To these addresses, compared octet by octet.
    Listed(Vec<String>),
    /// As the function says.
    Judged(Box<dyn Fn(&str) -> bool + Send>),
}

impl RespUris {
    pub(super) fn allow(&self, uri: &str) -> bool {
        match self {
            Self::Refused => false,
            Self::Listed(uris) => uris.iter().any(|listed| listed == uri),
            Self::Judged(judge) => judge(uri),
        }
    }
}

/// How long a session waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// After this time without an answer a message goes out again.
    pub retransmit_after: Duration,
    /// How often a message goes out at most.
    pub transmissions: u32,
    /// How long the owner may take for the result of an asynchronous Exec once
    /// the server waits for nothing else.
    pub patience: Duration,
}

impl Default for Timing {
    /// 30 s, five times, 5 min.
    fn default() -> Self {
        Self {
            retransmit_after: Duration::from_secs(30),
            transmissions: 5,
            patience: Duration::from_secs(300),
        }
    }
}

/// One session's setting.
pub struct Config {
    /// The server's name in ACLs.
    pub server_id: ServerId,
    /// Where messages are posted, and their Target LocURI.
    pub server_uri: String,
    /// The Source LocURI that the server's messages must have.
    pub server_source: String,
    /// This device's Source LocURI.
    pub device_uri: String,
    /// The session identifier: that of the notification, else one that is new
    /// for this device.
    pub session_id: SessionId,
    /// Who wanted the session.
    pub initiation: Initiation,
    /// What this device proves itself with; `None` where the transport does.
    pub prove: Option<Credentials>,
    /// What the server has to prove.
    pub verify: Requirement,
    /// How long the server's proof holds.
    pub scope: Scope,
    /// The account's nonces, as last stored.
    pub nonces: Nonces,
    /// The node whose leaves are the device information.
    pub device_info: NodeUri,
    /// How messages are written.
    pub encoding: Encoding,
    /// Which RespURIs are followed.
    pub resp_uris: RespUris,
    /// How long to wait.
    pub timing: Timing,
    /// Which client to be like.
    pub profile: Profile,
    /// The largest object that is taken in chunks, in octets; no larger than
    /// a value of the tree may be, it is announced as `MaxObjSize`. `None`
    /// takes none and sends none. A device with large objects says so in
    /// DevDetail too (OMA DM Protocol 1.2 clause 7, `LrgObj`).
    pub max_object: Option<usize>,
    /// What the user can be asked.
    pub interactions: Interactions,
    /// Whether a challenge goes out in a message that holds nothing else. Clause
    /// 9 of the protocol forbids it, so it is off; but without it a server that
    /// has lost the nonce and has no commands never proves itself.
    pub challenge_alone: bool,
    /// Nodes that the server changes only after both sides have proved themselves by
    /// credentials of DM, and that it never adds ([`Tree::set_guard`]).
    ///
    /// [`Tree::set_guard`]: crate::tree::Tree::set_guard
    pub guarded: Vec<NodeUri>,
}

impl Config {
    /// A client-initiated session in XML with a server that both transport and
    /// address identify; no credentials, no RespURI, no user, no
    /// large objects, `device_info` as
    /// the node with the device information (`./DevInfo`).
    #[must_use]
    pub fn new(
        server_id: ServerId,
        server_uri: impl Into<String>,
        device_uri: impl Into<String>,
        session_id: SessionId,
        device_info: NodeUri,
    ) -> Self {
        let server_uri = server_uri.into();
        Self {
            server_id,
            server_source: server_uri.clone(),
            server_uri,
            device_uri: device_uri.into(),
            session_id,
            initiation: Initiation::Client,
            prove: None,
            verify: Requirement::Transport,
            scope: Scope::Session,
            nonces: Nonces::default(),
            device_info,
            encoding: Encoding::Xml,
            resp_uris: RespUris::Refused,
            timing: Timing::default(),
            profile: Profile::Default,
            max_object: None,
            interactions: Interactions::none(),
            challenge_alone: false,
            guarded: Vec::new(),
        }
    }
}
