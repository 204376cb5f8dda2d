//! The commands of a message (SyncML RepPro 1.2 and OMA DM RepPro 1.2,
//! "Protocol Management Elements" and "Protocol Command Elements").

use super::{AlertCode, Chal, CmdId, Cred, Item, Meta, MsgId, StatusCode};

/// One command in a `SyncBody`, an `Atomic` or a `Sequence`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// Creates nodes.
    Add(ItemCommand),
    /// Notifies the other side.
    Alert(Alert),
    /// Commands that succeed together or not at all.
    Atomic(Group),
    /// Copies a leaf onto another.
    Copy(ItemCommand),
    /// Removes nodes with what is below them.
    Delete(ItemCommand),
    /// Runs the process behind a node.
    Exec(Exec),
    /// Reads nodes.
    Get(ItemCommand),
    /// Overwrites the values of nodes.
    Replace(ItemCommand),
    /// What a `Get` read.
    Results(Results),
    /// Commands to be run in order.
    Sequence(Group),
    /// What became of a command.
    Status(Box<Status>),
    /// A command outside device management; it is only ever read.
    Unsupported(UnsupportedCommand),
}

impl Command {
    /// The element's name, as `Cmd` of a Status gives it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Add(_) => "Add",
            Self::Alert(_) => "Alert",
            Self::Atomic(_) => "Atomic",
            Self::Copy(_) => "Copy",
            Self::Delete(_) => "Delete",
            Self::Exec(_) => "Exec",
            Self::Get(_) => "Get",
            Self::Replace(_) => "Replace",
            Self::Results(_) => "Results",
            Self::Sequence(_) => "Sequence",
            Self::Status(_) => "Status",
            Self::Unsupported(command) => command.name,
        }
    }

    /// The command's identifier.
    #[must_use]
    pub const fn cmd_id(&self) -> &CmdId {
        match self {
            Self::Add(command)
            | Self::Copy(command)
            | Self::Delete(command)
            | Self::Get(command)
            | Self::Replace(command) => &command.cmd_id,
            Self::Alert(command) => &command.cmd_id,
            Self::Atomic(group) | Self::Sequence(group) => &group.cmd_id,
            Self::Exec(command) => &command.cmd_id,
            Self::Results(results) => &results.cmd_id,
            Self::Status(status) => &status.cmd_id,
            Self::Unsupported(command) => &command.cmd_id,
        }
    }

    /// The items of the command itself; none for a group.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        match self {
            Self::Add(command)
            | Self::Copy(command)
            | Self::Delete(command)
            | Self::Get(command)
            | Self::Replace(command) => &command.items,
            Self::Alert(command) => &command.items,
            Self::Exec(command) => &command.items,
            Self::Results(results) => &results.items,
            Self::Status(status) => &status.items,
            Self::Atomic(_) | Self::Sequence(_) | Self::Unsupported(_) => &[],
        }
    }
}

/// The content of `Add`, `Copy`, `Delete`, `Get` and `Replace`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemCommand {
    /// The command in its message.
    pub cmd_id: CmdId,
    /// `NoResp`, which OMA DM does not use.
    pub no_resp: bool,
    /// Meta-information for all items.
    pub meta: Option<Meta>,
    /// What the command works on. Written with one item or more; a peer's
    /// command may lack them.
    pub items: Vec<Item>,
}

impl ItemCommand {
    /// A command without meta-information of its own.
    pub fn new(cmd_id: impl Into<CmdId>, items: Vec<Item>) -> Self {
        Self {
            cmd_id: cmd_id.into(),
            items,
            ..Self::default()
        }
    }
}

/// The element `Exec`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exec {
    /// The command in its message.
    pub cmd_id: CmdId,
    /// `NoResp`, which OMA DM does not use.
    pub no_resp: bool,
    /// Meta-information for all items.
    pub meta: Option<Meta>,
    /// Comes back in the generic alert that reports an asynchronous result.
    pub correlator: Option<String>,
    /// The process's node and its argument.
    pub items: Vec<Item>,
}

/// The elements `Atomic` and `Sequence`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// The command in its message.
    pub cmd_id: CmdId,
    /// `NoResp`, which OMA DM does not use.
    pub no_resp: bool,
    /// Meta-information for the group.
    pub meta: Option<Meta>,
    /// The commands in order.
    pub commands: Vec<Command>,
}

/// The element `Alert`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alert {
    /// The command in its message.
    pub cmd_id: CmdId,
    /// `NoResp`, which OMA DM does not use.
    pub no_resp: bool,
    /// `Data`: which alert it is. OMA DM demands it; a peer's may lack it.
    pub code: Option<AlertCode>,
    /// The correlator of the `Exec` that this alert answers.
    pub correlator: Option<String>,
    /// What the alert says.
    pub items: Vec<Item>,
}

impl Alert {
    /// An alert without correlator or items.
    pub fn new(cmd_id: impl Into<CmdId>, code: AlertCode) -> Self {
        Self {
            cmd_id: cmd_id.into(),
            code: Some(code),
            ..Self::default()
        }
    }
}

/// The element `Status`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The command in its message.
    pub cmd_id: CmdId,
    /// The message that held the command.
    pub msg_ref: MsgId,
    /// The command, or `0` for the header.
    pub cmd_ref: CmdId,
    /// The name of the command, or `SyncHdr`.
    pub cmd: String,
    /// The targets that the status is about.
    pub target_refs: Vec<String>,
    /// The sources that the status is about.
    pub source_refs: Vec<String>,
    /// Credentials; OMA DM has them in the header only.
    pub cred: Option<Cred>,
    /// A challenge to the originator of the command.
    pub chal: Option<Chal>,
    /// `Data`: what became of the command.
    pub code: StatusCode,
    /// More about it.
    pub items: Vec<Item>,
}

impl Status {
    /// The status of the command `cmd` with the identifier `cmd_ref` in the
    /// message `msg_ref`.
    pub fn new(
        cmd_id: impl Into<CmdId>,
        msg_ref: impl Into<MsgId>,
        cmd_ref: impl Into<CmdId>,
        cmd: impl Into<String>,
        code: StatusCode,
    ) -> Self {
        Self {
            cmd_id: cmd_id.into(),
            msg_ref: msg_ref.into(),
            cmd_ref: cmd_ref.into(),
            cmd: cmd.into(),
            target_refs: Vec::new(),
            source_refs: Vec::new(),
            cred: None,
            chal: None,
            code,
            items: Vec::new(),
        }
    }
}

/// The element `Results`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Results {
    /// The command in its message.
    pub cmd_id: CmdId,
    /// The message that held the `Get`; `1` is meant where it is missing
    /// (SyncML RepPro 1.2, "Results").
    pub msg_ref: Option<MsgId>,
    /// The `Get`.
    pub cmd_ref: CmdId,
    /// Meta-information for all items.
    pub meta: Option<Meta>,
    /// The target of the `Get`.
    pub target_ref: Option<String>,
    /// The source of the `Get`.
    pub source_ref: Option<String>,
    /// The values read, each with its node as `source`.
    pub items: Vec<Item>,
}

/// A command that was read but that device management does not have, or that
/// uses a part of SyncML which device management does not use. Its content is
/// dropped. An answer to it is 406 or 501.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsupportedCommand {
    /// The element's name: `Put`, `Map`, `Search`, `Sync` or `Move`, or a
    /// device management command with an `element` that is not one.
    pub name: &'static str,
    /// The command in its message.
    pub cmd_id: CmdId,
    /// The child that made it so: `Archive`, `SftDel`, `Cred`, `Filter`,
    /// `SourceParent` or `TargetParent`; `None` if the command itself is
    /// foreign.
    pub element: Option<&'static str>,
}
