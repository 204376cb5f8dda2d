//! What can be wrong with an envelope, a key or sealed state, and who is to
//! blame (operator-change profile, sections 1, 2 and 7).

use openssl::error::ErrorStack;
use thiserror::Error;

/// A refusal by this crate or by a backend.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TreError {
    /// Malformed: the octets can't be `suite | WK | IV | CT | MAC`: too short,
    /// WK not DER or not CMS (RFC 5652, RFC 5083), CT not whole blocks. Anybody
    /// can see this fault.
    #[error("the octets are not an envelope")]
    EnvelopeMalformed,
    /// Unsupported: the suite octet names no suite of this version.
    #[error("envelope suite {0} is not supported")]
    EnvelopeUnsupportedSuite(u8),
    /// Unsupported: WK is sound CMS, but not the one structure that its suite
    /// and the kind of key fix: other algorithms, attributes, recipients.
    /// Anybody can see this.
    #[error("the wrapped key is not the CMS structure that the suite fixes")]
    EnvelopeAlgorithmRefused,
    /// Denied: WK names another subject key identifier.
    #[error("the envelope is for another key")]
    EnvelopeNotForThisKey,
    /// Peer violation: unwrapping, MAC, padding, tag or length is wrong.
    /// Which of them is never told (section 2).
    #[error("the envelope does not open")]
    EnvelopeInvalid,
    /// Misuse: more than [`envelope::MAX_PAYLOAD`](crate::envelope::MAX_PAYLOAD)
    /// octets to seal.
    #[error("a payload has up to 65536 octets, not {0}")]
    PayloadTooLong(usize),
    /// Misuse: the certificate given is not that of the backend's envelope key.
    #[error("the recipient's certificate is not that of the backend's key")]
    RecipientMismatch,
    /// Denied: certificate, minimum and policy share no suite.
    #[error("CertTRE, its minimum and the policy share no envelope suite")]
    NoCommonSuite,
    /// Malformed: not `urn:x-rehome:tre:<supplier>:<32 hex>`.
    #[error("a TRE_id is urn:x-rehome:tre:<4 to 16 of a-z, 0-9>:<32 of 0-9, a-f>")]
    TreIdMalformed,
    /// Malformed: a certificate that is not DER, or has an extension twice.
    #[error("the certificate can't be read")]
    CertificateMalformed,
    /// Malformed: the CertTRE extension is missing, not strict DER, or
    /// contradicts itself.
    #[error("the CertTRE extension is missing or malformed")]
    CertTreMalformed,
    /// Unsupported: a CertTRE extension of a later version.
    #[error("version {0} of the CertTRE extension is not supported")]
    CertTreUnsupportedVersion(u8),
    /// Unsupported: a key that is neither P-256 nor RSA of 3072 to 8192 bits,
    /// or one that can't be read.
    #[error("a key is EC P-256 or RSA of 3072 to 8192 bits")]
    KeyUnsupported,
    /// Misuse: the slot's kind of key has no such operation, or the backend
    /// forbids it for this slot.
    #[error("the key in this slot has no such operation")]
    KeyOperationUnsupported,
    /// Misuse: one certificate for both uses over two key pairs.
    #[error("a certificate for both uses needs a single key pair")]
    KeyPairsDiffer,
    /// Peer violation: the key operation found ciphertext or point wrong. A
    /// backend returns it for every input that it refuses, whatever the cause;
    /// [`envelope::open`](crate::envelope::open) turns it into
    /// [`TreError::EnvelopeInvalid`].
    #[error("the key operation refused its input")]
    KeyOperationRefused,
    /// Peer violation: sealed octets that this backend did not seal.
    #[error("the sealed octets were not sealed by this backend")]
    SealedInvalid,
    /// Unsupported: sealed state of another version.
    #[error("version {0} of the sealed state is not supported")]
    StateUnsupportedVersion(u8),
    /// Denied: the state is not the last one that was stored (section 7); it
    /// still serves to attach, but takes part in no order.
    #[error("the sealed state is not the last one stored: it was restored from a copy")]
    StateRestored,
    /// Misuse: the counter moved between sealing and storing; two writers.
    #[error("the counter is {found}, expected {expected}: another writer raised it")]
    CounterMoved {
        /// What the caller's state says.
        expected: u64,
        /// What the backend says.
        found: u64,
    },
    /// Denied: the counter has reached its last value.
    #[error("the counter is at its last value")]
    CounterExhausted,
    /// The hardware or storage behind a backend failed; nothing can be said
    /// about the input.
    #[error("the device behind the TRE failed")]
    Device(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Bug: the random source yields nothing usable.
    #[error("the random source yields no usable octets")]
    RandomSource,
    /// Bug: our own structure can't be encoded.
    #[error("a structure can't be encoded")]
    Encoding(#[source] der::Error),
    /// Bug: libcrypto refused what it must accept.
    #[error("libcrypto failed")]
    Library(#[from] ErrorStack),
}

impl TreError {
    /// The stable reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::EnvelopeMalformed => "envelope-malformed",
            Self::EnvelopeUnsupportedSuite(_) => "envelope-unsupported-suite",
            Self::EnvelopeAlgorithmRefused => "envelope-algorithm-refused",
            Self::EnvelopeNotForThisKey => "envelope-not-for-this-key",
            Self::EnvelopeInvalid => "envelope-invalid",
            Self::PayloadTooLong(_) => "payload-too-long",
            Self::RecipientMismatch => "recipient-mismatch",
            Self::NoCommonSuite => "no-common-suite",
            Self::TreIdMalformed => "tre-id-malformed",
            Self::CertificateMalformed => "certificate-malformed",
            Self::CertTreMalformed => "cert-tre-malformed",
            Self::CertTreUnsupportedVersion(_) => "cert-tre-unsupported-version",
            Self::KeyUnsupported => "key-unsupported",
            Self::KeyOperationUnsupported => "key-operation-unsupported",
            Self::KeyPairsDiffer => "key-pairs-differ",
            Self::KeyOperationRefused => "key-operation-refused",
            Self::SealedInvalid => "sealed-invalid",
            Self::StateUnsupportedVersion(_) => "state-unsupported-version",
            Self::StateRestored => "state-restored",
            Self::CounterMoved { .. } => "counter-moved",
            Self::CounterExhausted => "counter-exhausted",
            Self::Device(_) => "tre-device-failed",
            Self::RandomSource => "random-source-failed",
            Self::Encoding(_) => "encoding-failed",
            Self::Library(_) => "crypto-failed",
        }
    }
}
