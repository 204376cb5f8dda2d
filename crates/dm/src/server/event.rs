//! What a session tells the server's logic.

use syncml::{AlertCode, Item, StatusCode};

use super::CommandId;
use crate::auth::Nonces;
use crate::session::{AbortReason, Initiation, Violation};
use crate::tree::{NodeUri, Value};

/// An alert that the device sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertId(pub(super) u32);

/// One item of an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertItem {
    /// The node that it is about.
    pub source: Option<String>,
    /// The type, for a generic alert a URN.
    pub type_: Option<String>,
    /// The importance.
    pub mark: Option<String>,
    /// The data, octets decoded; `None` without any.
    pub value: Option<Value>,
}

/// Something that happened in the session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The device is who it should be. Comes once, before anything that the
    /// device says.
    Authenticated,
    /// The device accepted this server's credentials.
    Proved,
    /// The account's nonces, to be stored before the next
    /// [`poll_transmit`](super::Session::poll_transmit).
    NoncesChanged(Nonces),
    /// The device opened the session.
    Started(Initiation),
    /// The leaves of the device information.
    DeviceInfo(Vec<(NodeUri, Value)>),
    /// An alert that the server's logic is to answer with
    /// [`answer_alert`](super::Session::answer_alert) before the next
    /// [`poll_transmit`](super::Session::poll_transmit). Without an answer the
    /// device gets 415 for a generic alert and 406 for any other.
    Alert {
        /// For the answer.
        alert: AlertId,
        /// The kind of alert: 1224 or 1226.
        code: AlertCode,
        /// The correlator of the Exec that it reports on.
        correlator: Option<String>,
        /// What it says.
        items: Vec<AlertItem>,
    },
    /// What became of a command; for a command with several statuses, one
    /// event for each.
    Status {
        /// Which command.
        command: CommandId,
        /// What became of it.
        status: StatusCode,
        /// What the device adds.
        items: Vec<Item>,
    },
    /// What a Get read, one event for each item. Comes before or after the
    /// Status, as the device likes.
    Results {
        /// Which Get.
        command: CommandId,
        /// The node, as the device names it.
        source: Option<String>,
        /// Its value; for an interior node the names of its children. Without
        /// octets for `?list=Struct`.
        value: Value,
    },
    /// The device closed its package without a Status for this command, or it
    /// lost a part of it.
    Unanswered {
        /// Which command.
        command: CommandId,
    },
    /// What a Get read came in chunks and was refused: larger than this side
    /// takes (413), or not what its first chunk said (411, 424).
    ResultsRefused {
        /// Which Get.
        command: CommandId,
        /// What the device was told.
        status: StatusCode,
    },
    /// A command was not sent: it does not fit into the device's MaxMsgSize,
    /// and the device does not take it in chunks, or a value in it is larger
    /// than its MaxObjSize.
    TooLarge {
        /// Which command.
        command: CommandId,
    },
    /// The device closed its package: time to push the next commands.
    PackageReceived,
    /// The device broke a rule that the session can live with.
    Violation(Violation),
    /// Nothing is left to be said. The session stays to repeat its last answer
    /// and to hear a late alert until it is dropped or times out; after such
    /// an alert this event comes again.
    Finished,
    /// The session ended otherwise.
    Aborted(AbortReason),
}
