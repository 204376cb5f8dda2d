//! What client and server sessions share (OMA DM Protocol 1.2 clauses 6 and
//! 8): messages in and out, their order, and the statuses that answer
//! commands.
//!
//! The engines take a [`Received`], which is a message *and* the octets that
//! it was read from: a repeated message is known by its octets, and the HMAC
//! covers them. They give octets, since they keep the last
//! answer to send it again unchanged and since a message must be measured
//! against its receiver's `MaxMsgSize` as written.
//!
//! `NoResp` is not used by device management and has no effect (OMA DM RepPro
//! 1.2 clause 6.1.14): everything is answered.

mod draft;
mod inbox;
mod incoming;
mod object;
mod profile;
mod status;
mod wire;

pub(crate) use draft::Draft;
pub(crate) use inbox::{Arrival, Inbox};
pub(crate) use incoming::{Chunk, Incoming, Key, Terms};
pub(crate) use object::Object;
pub use profile::Profile;
pub(crate) use status::{
    command_status, each_command, header_status, item_value, refuse_all, wire_item,
};
pub use wire::{Encoding, Handled, MAX_MESSAGE, Received, Transmit};

/// The most answers that wait to be sent. A peer with a small MaxMsgSize that
/// keeps asking would make them pile up without end.
pub(crate) const MAX_PENDING: usize = 10_000;

/// Who wanted a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Initiation {
    /// The device: alert 1201.
    #[default]
    Client,
    /// The server, by a notification: alert 1200.
    Server,
}

/// Why a session ended before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AbortReason {
    /// The caller asked for it.
    ByUs,
    /// The peer sent alert 1223.
    ByPeer,
    /// The peer did not answer in time, whatever was repeated.
    TimedOut,
    /// The peer did not prove who it is.
    PeerNotAuthenticated,
    /// The peer did not accept this side's proof.
    ProofRefused(crate::auth::ProofRefused),
    /// The peer wants answers sent to a place that policy does not allow.
    RespUri,
    /// The peer's `MaxMsgSize` has no room for the smallest message.
    MaxMsgSize,
    /// A version of SyncML or device management that is not spoken.
    Version,
    /// The peer asks for more answers than it takes.
    Overload,
    /// A message could not be written.
    Unwritable,
}

impl AbortReason {
    /// The stable reason code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ByUs => "dm-aborted",
            Self::ByPeer => "dm-aborted-by-peer",
            Self::TimedOut => "dm-session-timed-out",
            Self::PeerNotAuthenticated => "dm-peer-not-authenticated",
            Self::ProofRefused(why) => why.code(),
            Self::RespUri => "dm-respuri-refused",
            Self::MaxMsgSize => "dm-max-message-too-small",
            Self::Version => "dm-version-unsupported",
            Self::Overload => "dm-session-overload",
            Self::Unwritable => "dm-message-unwritable",
        }
    }
}

/// An accepted message that breaks a rule which the session can live with. For
/// logs and audit; nothing else comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// No Status for the header of this side's last message.
    HeaderStatusMissing,
    /// A Status or Results for a command that was not sent.
    UnknownReference,
    /// A command that the peer must not send.
    CommandNotAllowed,
    /// The first package lacks alert 1200 or 1201.
    SessionAlertMissing,
    /// The first package lacks the device information.
    DeviceInfoMissing,
    /// Data that is not the base64 that its Format says.
    DataUnreadable,
    /// A large object ended without its last chunk (alert 1225).
    ObjectUnfinished,
    /// A large object that this side sent was not taken.
    ObjectRefused,
    /// A chunk was answered as if it were the whole.
    ChunkTakenForWhole,
}

impl Violation {
    /// The stable reason code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::HeaderStatusMissing => "dm-header-status-missing",
            Self::UnknownReference => "dm-reference-unknown",
            Self::CommandNotAllowed => "dm-command-from-client",
            Self::SessionAlertMissing => "dm-session-alert-missing",
            Self::DeviceInfoMissing => "dm-device-info-missing",
            Self::DataUnreadable => "dm-data-unreadable",
            Self::ObjectUnfinished => "dm-object-unfinished",
            Self::ObjectRefused => "dm-object-refused",
            Self::ChunkTakenForWhole => "dm-chunk-taken-for-whole",
        }
    }
}
