//! What can be wrong with GSUP or IPA input, and who is to blame.

use thiserror::Error;

use crate::{Cause, Imsi};

/// A refusal by this crate. No variant carries octets of a message.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum GsupError {
    /// Malformed: the octets end inside a message type, an element or a tag.
    #[error("the octets end inside {0}")]
    Truncated(&'static str),
    /// Malformed: the length of an information element is outside its range.
    #[error("information element {iei:#04x} can't have {length} octets")]
    ElementLength {
        /// Its identifier.
        iei: u8,
        /// The octets in its value.
        length: usize,
    },
    /// Malformed: the value of an information element is reserved or makes no
    /// sense.
    #[error("information element {iei:#04x} has a value that GSUP does not define")]
    ElementValue {
        /// Its identifier.
        iei: u8,
    },
    /// Malformed: a mandatory information element is absent.
    #[error("message type {message_type:#04x} lacks information element {iei:#04x}")]
    ElementMissing {
        /// The type of the message.
        message_type: u8,
        /// What it lacks.
        iei: u8,
    },
    /// Malformed: one of two elements that only come together is absent (AUTS
    /// and RAND; IK, CK, AUTN and RES).
    #[error("information element {iei:#04x} must come with its companions")]
    ElementIncomplete {
        /// What is absent.
        iei: u8,
    },
    /// Malformed: an information element that comes once came again.
    #[error("information element {iei:#04x} is repeated")]
    ElementRepeated {
        /// Its identifier.
        iei: u8,
    },
    /// Malformed: an information element came more often than GSUP allows.
    #[error("information element {iei:#04x} comes at most {limit} times")]
    ElementCount {
        /// Its identifier.
        iei: u8,
        /// How often it may come.
        limit: usize,
    },
    /// Malformed: not 6 to 15 decimal digits (TS 23.003 clause 2.2).
    #[error("an IMSI has 6 to 15 decimal digits")]
    MalformedImsi,
    /// Malformed: not a telephone number of 1 to 15 decimal digits (E.164).
    #[error("an ISDN number has 1 to 15 decimal digits")]
    MalformedIsdn,
    /// Malformed: not an access point name (TS 23.003 clause 9.1).
    #[error("an APN is 1 to 100 octets of labels of 1 to 63 characters")]
    MalformedApn,
    /// Malformed: a name that is empty, too long or not printable ASCII.
    #[error("a peer name is 1 to {limit} printable ASCII characters", limit = crate::PeerName::MAX)]
    MalformedName,
    /// Malformed: RES outside 4 to 16 octets (TS 33.102 clause 6.3.7).
    #[error("RES has 4 to 16 octets")]
    MalformedRes,
    /// Malformed: a frame without a payload.
    #[error("an IPA frame without payload")]
    EmptyFrame,
    /// Malformed: a connection control message that can't be read.
    #[error("connection control message {message_type:#04x} is malformed")]
    MalformedControl {
        /// Its type.
        message_type: u8,
    },

    /// Unsupported: a GSUP message of a type that this crate does not know.
    /// Type and IMSI are kept, so that a request can be answered.
    #[error("GSUP message type {message_type:#04x} is not supported")]
    UnsupportedMessage {
        /// The type.
        message_type: u8,
        /// Whom it is about.
        imsi: Imsi,
    },
    /// Unsupported: a PDP type other than IPv4, IPv6 or IPv4v6.
    #[error("PDP type {organisation:#03x}/{number:#04x} is not supported")]
    UnsupportedPdpType {
        /// PDP type organisation, 4 bits.
        organisation: u8,
        /// PDP type number.
        number: u8,
    },
    /// Unsupported: a stream that has no place on a GSUP connection.
    #[error("IPA stream {stream:#04x} has no place on a GSUP connection")]
    UnsupportedStream {
        /// The stream identifier.
        stream: u8,
        /// The extension of stream ee.
        extension: Option<u8>,
    },
    /// Unsupported: a connection control message of an unknown type.
    #[error("connection control message {message_type:#04x} is not supported")]
    UnsupportedControl {
        /// Its type.
        message_type: u8,
    },

    /// Peer violation: a frame announced more octets than the limit.
    #[error("a frame of {length} octets, more than {limit}")]
    FrameTooLong {
        /// What the peer announced.
        length: usize,
        /// The connection's limit.
        limit: usize,
    },
    /// Peer violation: a GSUP message before the handshake had come so far.
    #[error("a GSUP message before the identity handshake")]
    MessageBeforeIdentity,
    /// Peer violation: a connection control message that has no place in this
    /// role or state.
    #[error("connection control message {message_type:#04x} is out of place")]
    UnexpectedControl {
        /// Its type.
        message_type: u8,
    },
    /// Peer violation: an ID_RESP without a serial number or unit name.
    #[error("the peer did not name itself")]
    IdentityMissing,
    /// Peer violation: the handshake was not finished in time.
    #[error("the identity handshake was not finished in time")]
    HandshakeTimeout,
    /// Peer violation: a ping was not answered in time.
    #[error("the peer did not answer a ping in time")]
    PongTimeout,
    /// Peer violation: the peer makes us answer and does not read.
    #[error("the peer does not read what it asked for")]
    TransmitOverflow,

    /// Denied: the server refused our name with ID_NACK.
    #[error("the server refused our identity")]
    IdentityRefused,

    /// Misuse: sending before [`Event::Identified`](crate::Event::Identified).
    #[error("the connection is not identified yet")]
    NotIdentified,
    /// Misuse: sending on a connection that is closed.
    #[error("the connection is closed")]
    Closed,
    /// Misuse: more was queued than the transmit limit; poll and send first.
    #[error("the transmit queue is full")]
    TransmitFull,
    /// Misuse: a payload that no IPA frame can carry.
    #[error("{length} octets don't fit into an IPA frame")]
    PayloadTooLong {
        /// The octets to be carried.
        length: usize,
    },
}

impl GsupError {
    /// The stable reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Truncated(_) => "gsup-truncated",
            Self::ElementLength { .. } => "gsup-element-length",
            Self::ElementValue { .. } => "gsup-element-value",
            Self::ElementMissing { .. } => "gsup-element-missing",
            Self::ElementIncomplete { .. } => "gsup-element-incomplete",
            Self::ElementRepeated { .. } => "gsup-element-repeated",
            Self::ElementCount { .. } => "gsup-element-count",
            Self::MalformedImsi => "imsi-malformed",
            Self::MalformedIsdn => "isdn-malformed",
            Self::MalformedApn => "apn-malformed",
            Self::MalformedName => "gsup-name-malformed",
            Self::MalformedRes => "res-malformed",
            Self::EmptyFrame => "ipa-empty-frame",
            Self::MalformedControl { .. } => "ipa-control-malformed",
            Self::UnsupportedMessage { .. } => "gsup-message-unsupported",
            Self::UnsupportedPdpType { .. } => "pdp-type-unsupported",
            Self::UnsupportedStream { .. } => "ipa-stream-unsupported",
            Self::UnsupportedControl { .. } => "ipa-control-unsupported",
            Self::FrameTooLong { .. } => "ipa-frame-too-long",
            Self::MessageBeforeIdentity => "gsup-before-identity",
            Self::UnexpectedControl { .. } => "ipa-control-unexpected",
            Self::IdentityMissing => "ipa-identity-missing",
            Self::HandshakeTimeout => "ipa-handshake-timeout",
            Self::PongTimeout => "ipa-pong-timeout",
            Self::TransmitOverflow => "ipa-peer-not-reading",
            Self::IdentityRefused => "ipa-identity-refused",
            Self::NotIdentified => "gsup-not-identified",
            Self::Closed => "gsup-closed",
            Self::TransmitFull => "gsup-transmit-full",
            Self::PayloadTooLong { .. } => "ipa-payload-too-long",
        }
    }

    /// The cause with which a request that failed this way is answered
    /// (TS 24.008 clause 8, the handling of erroneous protocol data).
    #[must_use]
    pub fn cause(&self) -> Cause {
        match self {
            Self::ElementMissing { .. } | Self::MalformedImsi => Cause::InvalidMandatoryInformation,
            Self::UnsupportedMessage { .. } => Cause::MessageTypeNotImplemented,
            Self::UnsupportedPdpType { .. } => Cause::ElementNotImplemented,
            Self::ElementIncomplete { .. } | Self::ElementCount { .. } => {
                Cause::ConditionalElementError
            }
            _ => Cause::ProtocolErrorUnspecified,
        }
    }
}
