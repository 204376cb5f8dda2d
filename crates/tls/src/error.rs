//! Why a handshake, a connection or an HTTP exchange failed, with stable codes
//! (RFC 8446 clause 6 for what both sides may refuse).

use std::io;

use openssl::error::ErrorStack;
use thiserror::Error as ThisError;

use crate::{Alert, Refusal};

/// A failure in this crate. Each variant's first word says who is to blame.
#[derive(Clone, Debug, ThisError, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Denied by us: the verifier or the profile refused the peer.
    #[error("peer refused ({code}): {text}")]
    RefusedByUs {
        /// The refusal's reason code.
        code: &'static str,
        /// The refusal in words.
        text: String,
    },
    /// Denied by the peer, or it broke off: it sent this alert.
    #[error("the peer broke off with the alert {alert}")]
    RefusedByPeer {
        /// The alert.
        alert: Alert,
    },

    /// Unsupported: the peer has no version that the profile allows.
    #[error("no common TLS version: the peer offers {offered}")]
    VersionMismatch {
        /// What the peer offered or chose.
        offered: String,
    },
    /// Unsupported: the peer has no cipher suite that the profile allows.
    #[error("no common cipher suite: the peer offers {offered}")]
    SuiteMismatch {
        /// The suites that the peer offered, by their registered names.
        offered: String,
    },
    /// Unsupported: no group or no signature algorithm in common.
    #[error("no common {0}")]
    ParameterMismatch(&'static str),

    /// Peer violation: octets that are not TLS, or against its rules.
    #[error("TLS violated by the peer: {0}")]
    PeerViolation(String),
    /// Peer violation: octets that are not HTTP/1.1, or against its rules.
    #[error("HTTP malformed: {0}")]
    HttpMalformed(String),
    /// Unsupported: the server did not go on with TLS where it was to (RFC 2817).
    #[error("the server answers {status} to the request for an upgrade to TLS")]
    UpgradeRefused {
        /// Its answer's status.
        status: u16,
    },
    /// Peer violation: the head of a message is longer than the limit.
    #[error("the head of the HTTP message is longer than the limit")]
    HeadTooLarge,
    /// Peer violation: a body is longer than the limit.
    #[error("the body is longer than {limit} octets")]
    BodyTooLarge {
        /// The limit in octets.
        limit: usize,
    },
    /// Peer violation or load: the listener serves as many connections as it may.
    #[error("too many connections")]
    TooManyConnections,

    /// Network or peer: not done by the deadline.
    #[error("{0} did not end in time")]
    Timeout(&'static str),
    /// Network or peer: closed in the middle.
    #[error("the peer closed the connection too early")]
    Closed,
    /// Network: the system reported a failure.
    #[error("input or output failed: {text}")]
    Io {
        /// The kind of the failure.
        kind: io::ErrorKind,
        /// The system's words.
        text: String,
    },

    /// Misuse: certificates or keys that don't fit together or the profile.
    #[error("TLS configuration wrong: {0}")]
    ConfigurationWrong(String),
    /// Misuse: a request that can't be sent as HTTP/1.1.
    #[error("HTTP request invalid: {0}")]
    RequestInvalid(&'static str),
    /// Misuse: a host that the table of hosts doesn't have.
    #[error("host {0} is not in the table of hosts")]
    HostUnknown(String),

    /// Bug, or no memory: the library failed where it should not.
    #[error("the TLS library failed: {0}")]
    LibraryFailed(String),
}

impl Error {
    /// The stable reason code; for [`Error::RefusedByUs`] the refusal's own.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::RefusedByUs { code, .. } => code,
            Self::RefusedByPeer { .. } => "tls-refused-by-peer",
            Self::VersionMismatch { .. } => "tls-version-mismatch",
            Self::SuiteMismatch { .. } => "tls-suite-mismatch",
            Self::ParameterMismatch(_) => "tls-parameter-mismatch",
            Self::PeerViolation(_) => "tls-peer-violation",
            Self::HttpMalformed(_) => "http-malformed",
            Self::UpgradeRefused { .. } => "http-upgrade-refused",
            Self::HeadTooLarge => "http-head-too-large",
            Self::BodyTooLarge { .. } => "http-body-too-large",
            Self::TooManyConnections => "too-many-connections",
            Self::Timeout(_) => "timeout",
            Self::Closed => "connection-closed",
            Self::Io { .. } => "io-failed",
            Self::ConfigurationWrong(_) => "tls-configuration-wrong",
            Self::RequestInvalid(_) => "http-request-invalid",
            Self::HostUnknown(_) => "host-unknown",
            Self::LibraryFailed(_) => "tls-library-failed",
        }
    }

    /// As an [`io::Error`] that [`Error::from`] turns back.
    pub(crate) fn into_io(self) -> io::Error {
        let kind = match &self {
            Self::Closed => io::ErrorKind::UnexpectedEof,
            Self::Io { kind, .. } => *kind,
            Self::Timeout(_) => io::ErrorKind::TimedOut,
            Self::RefusedByPeer { .. } => io::ErrorKind::ConnectionAborted,
            _ => io::ErrorKind::Other,
        };
        io::Error::new(kind, self)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(ours) => Self::clone(ours),
            None if error.kind() == io::ErrorKind::UnexpectedEof => Self::Closed,
            None => Self::Io {
                kind: error.kind(),
                text: error.to_string(),
            },
        }
    }
}

impl From<ErrorStack> for Error {
    fn from(stack: ErrorStack) -> Self {
        Self::LibraryFailed(stack.to_string())
    }
}

impl From<&Refusal> for Error {
    fn from(refusal: &Refusal) -> Self {
        Self::RefusedByUs {
            code: refusal.code,
            text: refusal.text.clone(),
        }
    }
}
