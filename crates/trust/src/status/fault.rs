//! Why a validation policy refuses a certificate, with a stable code for each.
//! Dates have the codes of [`DateFault`](crate::DateFault), wrong answers those
//! of [`OcspFault`](crate::ocsp::OcspFault).

use thiserror::Error;

use crate::Revocation;

/// A refusal by [`crate::status`]. Each variant's first word says who is to
/// blame.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum StatusFault {
    /// Peer violation: another certificate or key than the pinned one.
    #[error("the certificate is not the pinned one")]
    PinWrong,
    /// Misuse: a text that is no pin.
    #[error("a pin is sha256: or spki: and 64 hexadecimal digits")]
    PinMalformed,
    /// Peer violation: revoked.
    #[error("the certificate was revoked at {}", .0.at)]
    Revoked(Revocation),
    /// Peer violation: the responder does not know it.
    #[error("the certificate is unknown to the OCSP responder")]
    Unknown,
    /// Peer violation: longer than a clock alone can answer for.
    #[error("the certificate is valid for longer than the policy clock allows")]
    ValidityTooLong,
    /// No answer from the responder, or nothing stapled.
    #[error("there is no answer about the certificate's status")]
    NoAnswer,
    /// The clock has no time: it was not set since the device started.
    #[error("the secure clock is not set")]
    ClockNotSet,
    /// Misuse: a question without a nonce of 16 octets can't tell the time.
    #[error("the OCSP request has no nonce of 16 octets or more")]
    NonceTooShort,
    /// Misuse: not the name of a policy.
    #[error("a validation policy is ocsp, ocsp-nonce-time, clock, clock+ocsp or staple")]
    PolicyUnknown,
}

impl StatusFault {
    /// The stable reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::PinWrong => "certificate-pin-wrong",
            Self::PinMalformed => "pin-malformed",
            Self::Revoked(_) => "certificate-revoked",
            Self::Unknown => "certificate-status-unknown",
            Self::ValidityTooLong => "certificate-validity-too-long",
            Self::NoAnswer => "certificate-status-no-answer",
            Self::ClockNotSet => "clock-not-set",
            Self::NonceTooShort => "ocsp-nonce-too-short",
            Self::PolicyUnknown => "validation-policy-unknown",
        }
    }
}
