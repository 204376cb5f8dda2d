//! What can be wrong in the operator change, and who is to blame. Each cause
//! has one reason code, the same on the wire, in the order and in the API.

use thiserror::Error;

use crate::Reason;

/// A refusal by this crate.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProvisioningError {
    /// Malformed: octets or a field that can't be what they should.
    #[error("malformed: {0}")]
    Malformed(&'static str),
    /// Unsupported: well-formed, but not part of this version.
    #[error("unsupported: {0}")]
    Unsupported(&'static str),
    /// Peer violation or denial: a rule of the operator change says no.
    #[error("refused: {0}")]
    Refused(Reason),
    /// Misuse: the caller asked for a step that its state does not allow.
    #[error("not now: {0}")]
    OutOfOrder(&'static str),
    /// A signature or a signed document was refused.
    #[error(transparent)]
    Signature(#[from] xmldsig::XmlDsigError),
    /// A certificate was refused.
    #[error(transparent)]
    Trust(#[from] trust::TrustError),
    /// The TRE refused or failed.
    #[error(transparent)]
    Tre(#[from] ::tre::TreError),
    /// Authentication and key agreement refused.
    #[error(transparent)]
    Aka(#[from] aka::AkaError),
    /// The DM engines refused.
    #[error(transparent)]
    Dm(#[from] dm::Error),
    /// Bug: our own state can't be written or read.
    #[error("state can't be encoded: {0}")]
    State(#[from] serde_json::Error),
}

impl ProvisioningError {
    /// A refusal with this code.
    #[must_use]
    pub const fn refused(code: &'static str) -> Self {
        Self::Refused(Reason::new(code))
    }

    /// The reason code for the order, the wire and the API.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::Malformed(_) => Reason::new("malformed"),
            Self::Unsupported(_) => Reason::new("unsupported"),
            Self::Refused(reason) => reason.clone(),
            Self::OutOfOrder(_) => Reason::new("out-of-order"),
            Self::Signature(error) => Reason::new(error.code()),
            Self::Trust(error) => Reason::new(error.code()),
            Self::Tre(error) => Reason::new(error.code()),
            Self::Aka(error) => Reason::new(error.code()),
            Self::Dm(error) => Reason::new(error.code()),
            Self::State(_) => Reason::new("state-encoding"),
        }
    }
}
