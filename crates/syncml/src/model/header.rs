//! The header and its credentials (SyncML RepPro 1.2 and OMA DM RepPro 1.2,
//! "SyncHdr", "Chal" and "Cred").

use std::fmt;

use super::{Format, Location, Meta, MsgId, NextNonce, SessionId};

/// The element `SyncHdr`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncHdr {
    /// `VerDTD`: `1.2`.
    pub ver_dtd: String,
    /// `VerProto`: `DM/1.2`.
    pub ver_proto: String,
    /// The session.
    pub session_id: SessionId,
    /// This message in the session.
    pub msg_id: MsgId,
    /// Who the message is for.
    pub target: Location,
    /// Who sends it; the MD5 scheme carries the user name in `name`.
    pub source: Location,
    /// Where the sender wants the answer; to be followed only by policy.
    pub resp_uri: Option<String>,
    /// `NoResp`, which OMA DM does not use.
    pub no_resp: bool,
    /// The sender's credentials.
    pub cred: Option<Cred>,
    /// `MaxMsgSize`, `MaxObjSize`, `EMI`.
    pub meta: Option<Meta>,
}

impl SyncHdr {
    /// `VerDTD` of every message that OMA DM 1.2 sends.
    pub const VER_DTD: &'static str = "1.2";
    /// `VerProto` of every message that OMA DM 1.2 sends (OMA DM RepPro 1.2,
    /// "VerProto").
    pub const VER_PROTO: &'static str = "DM/1.2";

    /// A header with the versions of OMA DM 1.2 and nothing optional.
    #[must_use]
    pub fn new(session_id: SessionId, msg_id: MsgId, target: Location, source: Location) -> Self {
        Self {
            ver_dtd: Self::VER_DTD.to_owned(),
            ver_proto: Self::VER_PROTO.to_owned(),
            session_id,
            msg_id,
            target,
            source,
            resp_uri: None,
            no_resp: false,
            cred: None,
            meta: None,
        }
    }
}

/// Credentials of the sender. `Debug` hides the data.
#[derive(Clone, PartialEq, Eq)]
pub struct Cred {
    /// Scheme (`Type`) and `Format` of the data.
    pub meta: Option<Meta>,
    /// The credential as written: with `b64`, base64 text.
    pub data: String,
}

impl Cred {
    /// `Type` of HTTP-like Basic credentials (OMA DM Security 1.2).
    pub const BASIC: &'static str = "syncml:auth-basic";
    /// `Type` of the MD5 digest scheme.
    pub const MD5: &'static str = "syncml:auth-md5";
    /// `Type` of the scheme with a MAC in the transport's header, as challenged.
    pub const MAC: &'static str = "syncml:auth-MAC";

    /// Credentials of the scheme `type_` in Format `b64`; `data` is the base64
    /// text.
    pub fn b64(type_: impl Into<String>, data: impl Into<String>) -> Self {
        Self {
            meta: Some(Meta {
                format: Some(Format::B64),
                type_: Some(type_.into()),
                ..Meta::default()
            }),
            data: data.into(),
        }
    }

    /// The scheme, if the sender named one.
    #[must_use]
    pub fn type_(&self) -> Option<&str> {
        self.meta.as_ref()?.type_.as_deref()
    }
}

impl fmt::Debug for Cred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cred")
            .field("meta", &self.meta)
            .field("data", &"***")
            .finish()
    }
}

/// A challenge: what the peer's next credentials must look like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chal {
    /// The scheme, as [`Cred::MD5`].
    pub type_: Option<String>,
    /// The format of credentials and nonce; OMA DM demands `b64`.
    pub format: Option<Format>,
    /// The nonce for the next credentials.
    pub next_nonce: Option<NextNonce>,
}

impl Chal {
    /// A challenge of the scheme `type_` in Format `b64`.
    pub fn b64(type_: impl Into<String>, next_nonce: Option<NextNonce>) -> Self {
        Self {
            type_: Some(type_.into()),
            format: Some(Format::B64),
            next_nonce,
        }
    }
}
