//! What can be wrong with an AKA input, and who is to blame.

use thiserror::Error;

/// A refusal by this crate.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum AkaError {
    /// Malformed: not 6 to 15 decimal digits (TS 23.003 clause 2.2).
    #[error("an IMSI has 6 to 15 decimal digits")]
    MalformedImsi,
    /// Malformed: not `MCC-MNC` with three and two or three decimal digits.
    #[error("a PLMN is written MCC-MNC with 3 and 2 or 3 decimal digits, for example 001-01")]
    MalformedPlmn,
    /// Malformed: a rotation constant of MILENAGE above 127 (TS 35.206 clause 4.1).
    #[error("a MILENAGE rotation is 0 to 127 bits")]
    MalformedRotation,
    /// Misuse: two of MILENAGE's five outputs would be equal (TS 35.206
    /// clause 5.3 asks for distinct pairs of rotation and constant).
    #[error("two MILENAGE outputs have the same rotation and constant")]
    ConstantsCollide,
    /// Unsupported: a length of TUAK (TS 35.231 clause 5), or one that an
    /// authentication vector does not carry (TS 33.102 clause 6.3.7).
    #[error("unsupported: {what} of {bits} bits")]
    LengthUnsupported {
        /// MAC, RES, CK or IK.
        what: &'static str,
        /// The length.
        bits: u16,
    },
    /// Malformed: a network name without octets, or too long for AT_KDF_INPUT
    /// (RFC 9048 clause 3.1).
    #[error("a network name has 1 to 1016 octets")]
    MalformedNetworkName,
    /// Peer violation, or misuse at home: keys of EPS, 5G or EAP-AKA' from a vector
    /// whose AMF has no separation bit (TS 33.102 annex H).
    #[error("the AMF's separation bit is not set, so the vector is for UMTS and GSM alone")]
    SeparationBitMissing,
    /// Misuse: more vectors asked for than one answer may carry.
    #[error("one answer carries 1 to {max} authentication vectors, not {asked}")]
    VectorCount {
        /// What was asked for.
        asked: usize,
        /// The most that one answer carries.
        max: usize,
    },
    /// Denied: the 43 bits of SEQ are used up; the subscriber needs a new K.
    #[error("the sequence numbers of this K are used up")]
    SequenceExhausted,
    /// Peer violation: the MAC-S of an AUTS is wrong (TS 33.102 clause 6.3.5).
    #[error("the AUTS was not made with this subscriber's key and RAND")]
    AutsInvalid,
    /// Peer violation: the MAC-A of an AUTN is wrong (TS 33.102 clause 6.3.3).
    #[error("the challenge was not made with this subscriber's key")]
    MacFailure,
}

impl AkaError {
    /// The stable reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::MalformedImsi => "imsi-malformed",
            Self::MalformedPlmn => "plmn-malformed",
            Self::MalformedRotation => "milenage-rotation-malformed",
            Self::ConstantsCollide => "milenage-constants-collide",
            Self::LengthUnsupported { .. } => "length-unsupported",
            Self::MalformedNetworkName => "network-name-malformed",
            Self::SeparationBitMissing => "separation-bit-missing",
            Self::VectorCount { .. } => "vector-count",
            Self::SequenceExhausted => "sequence-exhausted",
            Self::AutsInvalid => "auts-invalid",
            Self::MacFailure => "mac-failure",
        }
    }
}
