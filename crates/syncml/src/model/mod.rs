//! The message as types, shared by all representations (SyncML RepPro 1.2,
//! "Markup Language Description", restricted by OMA DM RepPro 1.2).
//!
//! Texts are kept as written, without the white space around them; only the
//! `Data` of an item keeps every character. Nothing here judges a value: that
//! a MsgID rises or a LocURI exists is the session's business.

mod alert_code;
mod command;
mod data;
mod format;
mod header;
mod id;
mod item;
mod meta;
mod rare;
mod status_code;

pub use alert_code::AlertCode;
pub use command::{Alert, Command, Exec, Group, ItemCommand, Results, Status, UnsupportedCommand};
pub use data::Data;
pub(crate) use data::decode_base64_octets;
pub use format::Format;
pub use header::{Chal, Cred, SyncHdr};
pub use id::{CmdId, MsgId, SessionId};
pub use item::{Item, Location};
pub use meta::{Anchor, Meta, NextNonce};
pub use rare::{Rare, RareMeta};
pub use status_code::StatusCode;

/// One SyncML message: the element `SyncML` (SyncML RepPro 1.2, "SyncML").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Routing, versions and credentials.
    pub header: SyncHdr,
    /// The commands.
    pub body: SyncBody,
}

/// The element `SyncBody` (SyncML RepPro 1.2, "SyncBody").
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncBody {
    /// The commands in the order of the document.
    pub commands: Vec<Command>,
    /// Whether `Final` says that this message ends its package.
    pub is_final: bool,
}
