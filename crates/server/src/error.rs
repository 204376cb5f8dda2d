//! Why a node did not do what it was asked. Each variant's first word says who
//! is to blame.

use provisioning::donor::Denial;
use provisioning::ports::StoreError;
use provisioning::{ProvisioningError, Reason};
use thiserror::Error as ThisError;

/// A failure of a node.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// Denied or malformed: the engines refused.
    #[error(transparent)]
    Refused(#[from] ProvisioningError),
    /// Denied: a donor said no.
    #[error("denied: {}", .0.reason)]
    Denied(Denial),
    /// Misuse: there is no such device, order or subscriber here.
    #[error("unknown: {0}")]
    Unknown(&'static str),
    /// Denied: a message in the name of another device than its transport's.
    #[error("the message is in the name of another device")]
    OtherDevice,
    /// Denied: a device without the certificate or the pre-shared key that its
    /// account wants.
    #[error("the device's transport has not shown what its account wants")]
    LoginMissing,
    /// Misuse: a configuration that contradicts itself.
    #[error("configuration: {0}")]
    Configuration(String),
    /// Misuse: the certificate was revoked before.
    #[error("the certificate was revoked before")]
    AlreadyRevoked,
    /// Unsupported: a reason for revocation that is none, or that is taken back
    /// later.
    #[error("not a reason for a revocation that stays")]
    ReasonUnsupported,
    /// Environment: the store.
    #[error("store: {0}")]
    Store(#[from] StoreError),
    /// Environment: the store, when it is opened or listed.
    #[error("store: {0}")]
    StoreFailed(#[from] store::Error),
    /// Environment: the store of a management server.
    #[error("store: {0}")]
    Queue(#[from] dm::queue::StoreError),
    /// Peer or environment: a TLS connection or an HTTP exchange.
    #[error("connection: {0}")]
    Tls(#[from] tls::Error),
    /// Peer: a GSUP connection.
    #[error("GSUP: {0}")]
    Gsup(#[from] gsup::GsupError),
    /// Environment or peer: an HLR outside of this program.
    #[error(transparent)]
    Hlr(#[from] provisioning::ports::hlr::HlrError),
    /// Peer: no answer in time.
    #[error("no answer in time")]
    Timeout,
    /// Misuse: a certificate or a name in the configuration.
    #[error(transparent)]
    Trust(#[from] trust::TrustError),
    /// Denied or malformed: a handover, or a key.
    #[error(transparent)]
    Token(#[from] tokens::TokenError),
    /// Environment: a socket.
    #[error("socket: {0}")]
    Io(#[from] std::io::Error),
}

impl Error {
    /// The reason code for API, order and logs.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::Refused(error) => error.reason(),
            Self::Denied(denial) => denial.reason.clone(),
            Self::Unknown(_) => Reason::new("unknown"),
            Self::OtherDevice => Reason::new("transport-of-another-device"),
            Self::LoginMissing => Reason::new("transport-login-missing"),
            Self::Configuration(_) => Reason::new("configuration"),
            Self::AlreadyRevoked => Reason::new("certificate-revoked-before"),
            Self::ReasonUnsupported => Reason::new("revocation-reason-unsupported"),
            Self::Store(StoreError::Full) => Reason::new("store-full"),
            Self::Store(StoreError::Refused(reason)) => reason.clone(),
            Self::Store(_) => Reason::new("store-failed"),
            Self::Queue(dm::queue::StoreError::Full) => Reason::new("store-full"),
            Self::Queue(_) => Reason::new("store-failed"),
            Self::StoreFailed(error) => Reason::new(error.code()),
            Self::Tls(error) => Reason::new(error.code()),
            Self::Gsup(error) => Reason::new(error.code()),
            Self::Hlr(error) => Reason::new(error.code()),
            Self::Timeout => Reason::new("timeout"),
            Self::Trust(error) => Reason::new(error.code()),
            Self::Token(error) => Reason::new(error.code()),
            Self::Io(_) => Reason::new("io"),
        }
    }
}

impl From<Denial> for Error {
    fn from(denial: Denial) -> Self {
        Self::Denied(denial)
    }
}
