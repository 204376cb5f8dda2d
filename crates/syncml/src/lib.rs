//! SyncML 1.2 as OMA Device Management 1.2 uses it: the messages as types and
//! their XML and WBXML forms (OMA-TS-SyncML-RepPro-V1_2, OMA-TS-DM-RepPro-V1_2,
//! OMA-TS-SyncML-MetaInfo-V1_2).
//!
//! [`model`] holds the types, which no representation shapes. One reader and
//! one writer know which element may stand where; [`xml`] and [`wbxml`] give
//! them the elements of `application/vnd.syncml.dm+xml` and `…+wbxml`. Documents
//! of other vocabularies (trees of OMA DM, provisioning documents) are
//! [`infoset`] trees in either form. What the messages mean (sessions, the
//! management tree, authentication) is the caller's.

mod element;
mod error;
pub mod infoset;
mod limits;
mod mask;
pub mod model;
mod read;
mod scan;
pub mod wbxml;
mod write;
pub mod xml;

pub use error::{Class, Error, Malformed, Place, Unsupported, Unwritable};
pub use limits::{Limit, Limits};
pub use model::{
    Alert, AlertCode, Anchor, Chal, CmdId, Command, Cred, Data, Exec, Format, Group, Item,
    ItemCommand, Location, Message, Meta, MsgId, NextNonce, Rare, RareMeta, Results, SessionId,
    Status, StatusCode, SyncBody, SyncHdr, UnsupportedCommand,
};
