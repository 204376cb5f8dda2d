//! Why a device could not do something. Each variant's first word says who is
//! to blame.

use std::path::{Path, PathBuf};

use provisioning::ProvisioningError;
use thiserror::Error as ThisError;

/// A failure of a device.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// Environment: the bearer.
    #[error("bearer: {0}")]
    Bearer(String),
    /// Denied or malformed: the TRE or one of the engines.
    #[error(transparent)]
    Refused(#[from] ProvisioningError),
    /// Environment: the device's store.
    #[error("store: {0}")]
    Store(#[from] store::Error),
    /// Environment or misuse: the TRE's files.
    #[error("TRE: {0}")]
    Token(#[from] tokens::TokenError),
    /// Peer or environment: a TLS connection or an HTTP exchange.
    #[error("connection: {0}")]
    Tls(#[from] tls::Error),
    /// Peer violation: the DPF's or DRF's answer.
    #[error("the server's answer: {0}")]
    Answer(&'static str),
    /// Denied: what the device and its server show each other below DM.
    #[error("{text}")]
    Login {
        /// Stable kebab-case reason code.
        code: &'static str,
        /// The same in words.
        text: &'static str,
    },
    /// Malformed or denied: device management.
    #[error("device management: {0}")]
    Dm(#[from] dm::Error),
    /// Misuse: a DM account that no session is held with.
    #[error("the DM account can't be used: {0}")]
    Account(&'static str),
    /// Misuse or environment: the state or the configuration of a managed
    /// device.
    #[error("{0}")]
    Management(&'static str),
    /// Environment: a file of a managed device.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Misuse: the device has another clock than a secure one.
    #[error("the device has no secure clock")]
    NoSecureClock,
    /// Network or responder: no answer to a question about the time.
    #[error(transparent)]
    Ask(#[from] crate::AskFault),
    /// Storage or peer: the secure clock's state was restored, or is missing; or
    /// what a responder says is refused.
    #[error("{0}")]
    Clock(trust::TrustError),
    /// Bug: the host's memory can't be written or read.
    #[error("the host's memory: {0}")]
    Memory(#[from] serde_json::Error),
}

impl Error {
    /// A stable code for logs and scripts.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::Bearer(_) => "bearer-failed".to_owned(),
            Self::Refused(error) => error.reason().code().to_owned(),
            Self::Store(error) => error.code().to_owned(),
            Self::Token(error) => error.code().to_owned(),
            Self::Tls(error) => error.code().to_owned(),
            Self::Answer(_) => "answer-refused".to_owned(),
            Self::Login { code, .. } => (*code).to_owned(),
            Self::Dm(error) => error.code().to_owned(),
            Self::Account(_) => "dm-account-unusable".to_owned(),
            Self::Management(_) => "management-refused".to_owned(),
            Self::File { .. } => "management-file".to_owned(),
            Self::NoSecureClock => "clock-not-secure".to_owned(),
            Self::Ask(fault) => fault.code().to_owned(),
            Self::Clock(error) => error.code().to_owned(),
            Self::Memory(_) => "memory-encoding".to_owned(),
        }
    }

    /// For a file that could not be worked on.
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::File {
            path: path.to_owned(),
            source,
        }
    }
}
