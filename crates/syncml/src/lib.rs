//! SyncML 1.2 as OMA Device Management 1.2 uses it: the messages as types and
//! their XML form (OMA-TS-SyncML-RepPro-V1_2, OMA-TS-DM-RepPro-V1_2,
//! OMA-TS-SyncML-MetaInfo-V1_2).
//!
//! [`model`] holds the types, which no representation shapes; [`xml`] reads
//! and writes them as `application/vnd.syncml.dm+xml`; another representation is
//! a module beside it over the same types. What the messages mean
//! (sessions, the management tree, authentication) is the caller's.

mod error;
mod limits;
mod mask;
pub mod model;
pub mod xml;

pub use error::{Class, Error, Malformed, Place, Unsupported, Unwritable};
pub use limits::{Limit, Limits};
pub use model::{
    Alert, AlertCode, Anchor, Chal, CmdId, Command, Cred, Data, Exec, Format, Group, Item,
    ItemCommand, Location, Message, Meta, MsgId, NextNonce, Results, SessionId, Status, StatusCode,
    SyncBody, SyncHdr, UnsupportedCommand,
};
