//! Why an OCSP question or answer is refused (RFC 6960 clauses 2.3 and 3.2),
//! with a stable code for each.

use thiserror::Error;

use crate::DateFault;

/// A refusal by [`crate::ocsp`]. Each variant's first word says who is to blame.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum OcspFault {
    /// Malformed: not DER, or against a rule of RFC 6960 or RFC 9654.
    #[error("OCSP request malformed: {0}")]
    RequestMalformed(&'static str),
    /// Malformed: not DER, or against a rule of RFC 6960.
    #[error("OCSP answer malformed: {0}")]
    AnswerMalformed(&'static str),
    /// Unsupported: a critical extension.
    #[error("critical OCSP extension {0} is not supported")]
    ExtensionUnsupported(String),

    /// The responder answers with an error, which is not signed.
    #[error("the OCSP responder says {0}")]
    Responder(ResponderError),

    /// Peer violation: neither the issuer nor one that it delegated to.
    #[error("OCSP responder wrong: {0}")]
    ResponderWrong(&'static str),
    /// Peer violation: the responder's certificate does not cover the time.
    #[error("the OCSP responder's certificate is {0}")]
    ResponderDate(DateFault),
    /// Peer violation: not signed by the responder that it names.
    #[error("the OCSP answer's signature is wrong")]
    SignatureWrong,
    /// Peer violation: says nothing about the certificate in question.
    #[error("the OCSP answer is about another certificate")]
    CertificateOther,
    /// Peer violation: the nonce is not repeated, but has to be.
    #[error("the OCSP answer has no nonce")]
    NonceMissing,
    /// Peer violation: another nonce, so an answer to another question.
    #[error("the OCSP answer has another nonce")]
    NonceWrong,
    /// Peer violation: made later than now.
    #[error("the OCSP answer is from the future")]
    Future,
    /// Peer violation: over.
    #[error("the OCSP answer is stale")]
    Stale,
    /// Peer violation: perhaps over.
    #[error("the OCSP answer is not surely current by this clock")]
    Uncertain,
    /// Peer violation: could be repeated for ever.
    #[error("the OCSP answer has neither nonce nor nextUpdate")]
    Endless,

    /// Misuse: the responder's certificate and key don't belong together.
    #[error("the OCSP responder's key is not its certificate's")]
    KeyMismatch,
}

/// OCSPResponseStatus but for `successful`.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum ResponderError {
    /// 1: it could not read the request.
    #[error("malformedRequest")]
    MalformedRequest,
    /// 2: something is wrong with it.
    #[error("internalError")]
    InternalError,
    /// 3: it can't answer now.
    #[error("tryLater")]
    TryLater,
    /// 5: it wants requests to be signed.
    #[error("sigRequired")]
    SigRequired,
    /// 6: it does not answer us, or not about this issuer.
    #[error("unauthorized")]
    Unauthorized,
}

impl OcspFault {
    /// The stable reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::RequestMalformed(_) => "ocsp-request-malformed",
            Self::AnswerMalformed(_) => "ocsp-answer-malformed",
            Self::ExtensionUnsupported(_) => "ocsp-extension-unsupported",
            Self::Responder(error) => error.code(),
            Self::ResponderWrong(_) => "ocsp-responder-wrong",
            Self::ResponderDate(DateFault::NotYetValid) => "ocsp-responder-not-yet-valid",
            Self::ResponderDate(DateFault::Expired) => "ocsp-responder-expired",
            Self::ResponderDate(DateFault::Uncertain) => "ocsp-responder-date-uncertain",
            Self::SignatureWrong => "ocsp-signature-wrong",
            Self::CertificateOther => "ocsp-certificate-other",
            Self::NonceMissing => "ocsp-nonce-missing",
            Self::NonceWrong => "ocsp-nonce-wrong",
            Self::Future => "ocsp-answer-from-future",
            Self::Stale => "ocsp-answer-stale",
            Self::Uncertain => "ocsp-answer-date-uncertain",
            Self::Endless => "ocsp-answer-endless",
            Self::KeyMismatch => "ocsp-key-mismatch",
        }
    }
}

impl ResponderError {
    const fn code(self) -> &'static str {
        match self {
            Self::MalformedRequest => "ocsp-responder-malformed-request",
            Self::InternalError => "ocsp-responder-internal-error",
            Self::TryLater => "ocsp-responder-try-later",
            Self::SigRequired => "ocsp-responder-signature-required",
            Self::Unauthorized => "ocsp-responder-unauthorized",
        }
    }
}
