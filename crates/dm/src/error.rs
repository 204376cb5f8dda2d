//! Everything that can go wrong in this crate, and whose fault it is. The
//! status codes are those of OMA DM RepPro 1.2 clause 6.6 (the tables of each
//! command) and SyncML RepPro 1.2 clause 10.

use syncml::StatusCode;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A message that can't be read, or that its representation can't carry.
    #[error(transparent)]
    Message(#[from] syncml::Error),
    /// A text that is not the URI of a node (OMA DM TND 1.2 clause 5).
    #[error("malformed node URI: {0}")]
    Uri(&'static str),
    /// A URI, a segment of it, or the number of its segments past the limit.
    #[error("node URI too long")]
    UriTooLong,
    /// A text that is not an access control list (OMA DM TND 1.2 clause
    /// 7.7.1.5).
    #[error("malformed ACL: {0}")]
    Acl(&'static str),
    /// A text that can't name a server in an ACL.
    #[error("malformed server identifier")]
    ServerId,
    /// A command that lacks what it needs, or has what it must not have.
    #[error("malformed command: {0}")]
    Command(&'static str),
    /// A transport's header that is not the HMAC's of DM Security 1.2 clause
    /// 5.4.3.
    #[error("malformed HMAC header: {0}")]
    MacHeader(&'static str),
    /// A provisioning document that can't be read.
    #[error("malformed provisioning document at octet {at}: {cause}")]
    Document {
        /// Octets before the place.
        at: usize,
        /// What is wrong there.
        cause: &'static str,
    },
    /// A provisioning document whose content can't be.
    #[error("wrong provisioning document: {0}")]
    DocumentContent(&'static str),
    /// A provisioning document past its limits.
    #[error("provisioning document too large: {0}")]
    DocumentTooLarge(&'static str),

    /// A serialised tree or a device description that can't be read.
    #[error("malformed tree document at octet {at}: {cause}")]
    TreeDocument {
        /// Octets before the place.
        at: usize,
        /// What is wrong there.
        cause: &'static str,
    },
    /// A serialised tree or a device description whose content can't be.
    #[error("wrong tree document: {0}")]
    TreeDocumentContent(&'static str),
    /// A serialised tree or a device description past its limits.
    #[error("tree document too large: {0}")]
    TreeDocumentTooLarge(&'static str),
    /// Octets that are not a notification.
    #[error("malformed notification: {0}")]
    Notification(&'static str),
    /// A notification whose digest is not that of its server.
    #[error("notification with a wrong digest")]
    NotificationDigest,
    /// A text that is not the URL of a download (OMA FUMO 1.0 clause 5.1,
    /// PkgURL).
    #[error("malformed download URL: {0}")]
    DownloadUrl(&'static str),
    /// A DM account in the tree that lacks a node or whose values can't be
    /// (OMA DM StdObj 1.2 clause 5.3.1).
    #[error("incomplete DM account: {0}")]
    Account(&'static str),

    /// An optional feature of OMA DM that is not there.
    #[error("not supported: {0}")]
    Unsupported(&'static str),
    /// A command that device management does not have.
    #[error("command outside device management")]
    NotImplemented,
    /// A media type or format that is not taken.
    #[error("media type or format not supported")]
    MediaType,

    /// No such node.
    #[error("no such node")]
    NotFound,
    /// A node that can't be what the command asks for, for other reasons than
    /// rights.
    #[error("forbidden: {0}")]
    Forbidden(&'static str),
    /// A property that this device does not have.
    #[error("no such property")]
    Property,
    /// The node does not take this command.
    #[error("command not allowed on this node")]
    NotAllowed,
    /// The node is there already.
    #[error("node already exists")]
    AlreadyExists,
    /// A value past the limit.
    #[error("value too large")]
    TooLarge,
    /// No room for more.
    #[error("tree is full")]
    Full,
    /// Too much is under way already.
    #[error("busy with other large objects")]
    Busy,
    /// The server's rights do not suffice.
    #[error("denied by an ACL")]
    Denied,
    /// A management object could not do what it was told.
    #[error("command failed: {0}")]
    Failed(&'static str),

    /// A message of another session.
    #[error("message has another SessionID")]
    WrongSession,
    /// A message from somebody else.
    #[error("message has another Source")]
    WrongSource,
    /// A message for somebody else.
    #[error("message has another Target")]
    WrongTarget,
    /// A version of SyncML or of device management that is not spoken.
    #[error("version of the message not supported")]
    Version,
    /// A MsgID that is not a decimal number.
    #[error("MsgID is not a number")]
    MsgId,
    /// The MsgID of an earlier message with other octets.
    #[error("MsgID was used for another message")]
    MsgIdReused,
    /// A message older than the last one.
    #[error("MsgID is not higher than the last")]
    MsgIdStale,
    /// A message while this side's answer is still due.
    #[error("message out of turn")]
    OutOfTurn,

    /// The session has ended.
    #[error("the session is over")]
    SessionOver,
    /// The caller asked for what can't be.
    #[error("misuse: {0}")]
    Misuse(&'static str),
}

/// Whose fault an [`Error`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Blame {
    /// The sender broke a format.
    Malformed,
    /// The sender asked for something that is not done here.
    Unsupported,
    /// The sender asked for something that it may not have.
    Denied,
    /// The peer broke the rules of the session.
    PeerViolation,
    /// The caller of this crate.
    Misuse,
    /// What stands behind a management object.
    Failure,
}

impl Error {
    /// Whose fault it is.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::Message(error) => match error.class() {
                syncml::Class::Unsupported => Blame::Unsupported,
                syncml::Class::Misuse => Blame::Misuse,
                _ => Blame::Malformed,
            },
            Self::Uri(_)
            | Self::UriTooLong
            | Self::Acl(_)
            | Self::ServerId
            | Self::Command(_)
            | Self::MacHeader(_)
            | Self::Document { .. }
            | Self::DocumentContent(_)
            | Self::DocumentTooLarge(_)
            | Self::TreeDocument { .. }
            | Self::TreeDocumentContent(_)
            | Self::TreeDocumentTooLarge(_)
            | Self::Notification(_)
            | Self::DownloadUrl(_)
            | Self::Account(_)
            | Self::MsgId => Blame::Malformed,
            Self::Unsupported(_) | Self::NotImplemented | Self::MediaType | Self::Version => {
                Blame::Unsupported
            }
            Self::NotFound
            | Self::Forbidden(_)
            | Self::Property
            | Self::NotAllowed
            | Self::AlreadyExists
            | Self::TooLarge
            | Self::Full
            | Self::Busy
            | Self::Denied
            | Self::NotificationDigest => Blame::Denied,
            Self::WrongSession
            | Self::WrongSource
            | Self::WrongTarget
            | Self::MsgIdReused
            | Self::MsgIdStale
            | Self::OutOfTurn => Blame::PeerViolation,
            Self::SessionOver | Self::Misuse(_) => Blame::Misuse,
            Self::Failed(_) => Blame::Failure,
        }
    }

    /// The status that a command gets which ended in this error.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Message(_)
            | Self::Uri(_)
            | Self::Acl(_)
            | Self::ServerId
            | Self::MacHeader(_)
            | Self::Document { .. }
            | Self::DocumentContent(_)
            | Self::TreeDocument { .. }
            | Self::TreeDocumentContent(_)
            | Self::Notification(_)
            | Self::DownloadUrl(_)
            | Self::Account(_)
            | Self::MsgId => StatusCode::BAD_REQUEST,
            Self::Command(_) => StatusCode::INCOMPLETE_COMMAND,
            Self::UriTooLong => StatusCode::URI_TOO_LONG,
            Self::Unsupported(_) => StatusCode::OPTIONAL_FEATURE_NOT_SUPPORTED,
            Self::NotImplemented => StatusCode::COMMAND_NOT_IMPLEMENTED,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE_OR_FORMAT,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::Property => StatusCode::OPTIONAL_FEATURE_NOT_SUPPORTED,
            Self::NotAllowed => StatusCode::COMMAND_NOT_ALLOWED,
            Self::AlreadyExists => StatusCode::ALREADY_EXISTS,
            Self::TooLarge | Self::DocumentTooLarge(_) | Self::TreeDocumentTooLarge(_) => {
                StatusCode::REQUEST_ENTITY_TOO_LARGE
            }
            Self::NotificationDigest => StatusCode::UNAUTHORIZED,
            Self::Full => StatusCode::DEVICE_FULL,
            Self::Busy => StatusCode::RETRY_LATER,
            Self::Denied => StatusCode::PERMISSION_DENIED,
            Self::Version => StatusCode::PROTOCOL_VERSION_NOT_SUPPORTED,
            _ => StatusCode::COMMAND_FAILED,
        }
    }

    /// The stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Message(error) => error.code(),
            Self::Uri(_) => "dm-uri-malformed",
            Self::UriTooLong => "dm-uri-too-long",
            Self::Acl(_) => "dm-acl-malformed",
            Self::ServerId => "dm-server-id-malformed",
            Self::Command(_) => "dm-command-incomplete",
            Self::MacHeader(_) => "dm-mac-header-malformed",
            Self::Document { .. } => "provisioning-document-malformed",
            Self::DocumentContent(_) => "provisioning-content-wrong",
            Self::DocumentTooLarge(_) => "provisioning-document-too-large",
            Self::TreeDocument { .. } => "dm-tree-document-malformed",
            Self::TreeDocumentContent(_) => "dm-tree-document-wrong",
            Self::TreeDocumentTooLarge(_) => "dm-tree-document-too-large",
            Self::Notification(_) => "dm-notification-malformed",
            Self::NotificationDigest => "dm-notification-digest-wrong",
            Self::DownloadUrl(_) => "dm-download-url-malformed",
            Self::Account(_) => "dm-account-incomplete",
            Self::Unsupported(_) => "dm-unsupported",
            Self::NotImplemented => "dm-command-foreign",
            Self::MediaType => "dm-media-type-unsupported",
            Self::NotFound => "dm-node-not-found",
            Self::Forbidden(_) => "dm-forbidden",
            Self::Property => "dm-property-unknown",
            Self::NotAllowed => "dm-command-not-allowed",
            Self::AlreadyExists => "dm-node-exists",
            Self::TooLarge => "dm-value-too-large",
            Self::Full => "dm-tree-full",
            Self::Busy => "dm-busy",
            Self::Denied => "dm-permission-denied",
            Self::Failed(_) => "dm-command-failed",
            Self::WrongSession => "dm-session-id-differs",
            Self::WrongSource => "dm-source-differs",
            Self::WrongTarget => "dm-target-differs",
            Self::Version => "dm-version-unsupported",
            Self::MsgId => "dm-msgid-malformed",
            Self::MsgIdReused => "dm-msgid-reused",
            Self::MsgIdStale => "dm-msgid-stale",
            Self::OutOfTurn => "dm-message-out-of-turn",
            Self::SessionOver => "dm-session-over",
            Self::Misuse(_) => "dm-misuse",
        }
    }
}
