//! Why a revocation list is refused (RFC 5280 clauses 5 and 6.3), with a stable
//! code for each.

use thiserror::Error;

/// A refusal by [`crate::crl`]. Each variant's first word says who is to blame.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum CrlFault {
    /// Malformed: not DER, or against a rule of RFC 5280.
    #[error("revocation list malformed: {0}")]
    Malformed(&'static str),
    /// Unsupported: a list that is not complete or not the issuer's own.
    #[error("revocation list not supported: {0}")]
    Unsupported(&'static str),
    /// Unsupported: another critical extension.
    #[error("critical extension {0} of a revocation list is not supported")]
    ExtensionUnsupported(String),
    /// Peer violation: another issuer's, or one that may not sign lists.
    #[error("revocation list of a wrong issuer: {0}")]
    IssuerWrong(&'static str),
    /// Peer violation: not signed by its issuer.
    #[error("the revocation list's signature is wrong")]
    SignatureWrong,
    /// Peer violation: made later than now.
    #[error("the revocation list is from the future")]
    Future,
    /// Peer violation: over.
    #[error("the revocation list is stale")]
    Stale,
    /// Peer violation: perhaps over.
    #[error("the revocation list is not surely current by this clock")]
    Uncertain,
    /// Misuse: what is to be listed can't be.
    #[error("revocation list contents wrong: {0}")]
    ContentsWrong(&'static str),
}

impl CrlFault {
    /// The stable reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "crl-malformed",
            Self::Unsupported(_) => "crl-unsupported",
            Self::ExtensionUnsupported(_) => "crl-extension-unsupported",
            Self::IssuerWrong(_) => "crl-issuer-wrong",
            Self::SignatureWrong => "crl-signature-wrong",
            Self::Future => "crl-from-future",
            Self::Stale => "crl-stale",
            Self::Uncertain => "crl-date-uncertain",
            Self::ContentsWrong(_) => "crl-contents-wrong",
        }
    }
}
