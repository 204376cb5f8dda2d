//! Why a name, a certificate or a request for one is refused, with the stable
//! codes that order records and API problems carry (docs/operator-change.md,
//! section 1).

use thiserror::Error;

use crate::crl::CrlFault;
use crate::ocsp::OcspFault;
use crate::secure_clock::ClockFault;
use crate::status::StatusFault;

/// A refusal by this crate. Each variant's first word says who is to blame.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrustError {
    /// Malformed: not a SHO_id or its URI.
    #[error("a SHO_id is written MCC-MNC with 3 and 2 or 3 decimal digits, for example 001-01")]
    ShoIdMalformed,
    /// Malformed: not a supplier's name.
    #[error("a supplier's name has 4 to 16 characters out of a-z and 0-9")]
    SupplierNameMalformed,
    /// Malformed: not a TRE_id.
    #[error("a TRE_id is urn:x-rehome:tre:SUPPLIER:ID with 32 lower-case hexadecimal digits")]
    TreIdMalformed,
    /// Malformed: not DER, or against a rule of RFC 5280.
    #[error("certificate malformed: {0}")]
    CertificateMalformed(&'static str),
    /// Malformed: not DER, or against a rule of RFC 2986.
    #[error("certificate request malformed: {0}")]
    RequestMalformed(&'static str),
    /// Malformed: octets that are no SubjectPublicKeyInfo of their algorithm.
    #[error("public key malformed")]
    KeyMalformed,

    /// Unsupported: signed by anything but ECDSA on P-256 with SHA-256, ECDSA
    /// on P-384 with SHA-384 or RSA PKCS#1 v1.5 with SHA-256.
    #[error("signature algorithm {0} is not supported")]
    AlgorithmUnsupported(String),
    /// Unsupported: a key other than P-256, P-384 and RSA of 3072 to 8192 bits.
    #[error("only P-256, P-384 and RSA keys of 3072 to 8192 bits are supported")]
    KeyUnsupported,
    /// Unsupported: a critical extension that this crate doesn't process.
    #[error("critical extension {0} is not supported")]
    ExtensionUnsupported(String),
    /// Unsupported: a subject alternative name that is neither URI nor dNSName.
    #[error("only URI and dNSName are supported as subject alternative names")]
    NameFormUnsupported,

    /// Peer violation: a certificate that can't be an anchor.
    #[error("anchor invalid: {0}")]
    AnchorInvalid(&'static str),
    /// Peer violation: an anchor whose URI is not that of its SHO_id.
    #[error("the anchor does not carry the SHO_id that it stands for")]
    AnchorIdentityWrong,
    /// Peer violation: a CA certificate with another key than the announced one.
    #[error("the anchor's key does not have the announced digest")]
    AnchorKeyWrong,
    /// Peer violation: the anchor is out of date by the trusted clock.
    #[error("the anchor is {0}")]
    AnchorDate(DateFault),
    /// Peer violation: not issued by this anchor.
    #[error("certificate not issued by this anchor: {0}")]
    ChainInvalid(&'static str),
    /// Peer violation: a certificate authority where a leaf belongs.
    #[error("a certificate authority stands where a leaf belongs")]
    LeafIsAuthority,
    /// Peer violation: made for something else.
    #[error("certificate purpose wrong: {0}")]
    PurposeWrong(&'static str),
    /// Peer violation: made for somebody else.
    #[error("the certificate carries another name than the expected one")]
    IdentityWrong,
    /// Peer violation: no dNSName equals the host.
    #[error("the certificate does not carry the host's name")]
    HostWrong,
    /// Peer violation: the leaf is out of date.
    #[error("the certificate is {0}")]
    LeafDate(DateFault),
    /// Peer violation: a PVA speaks for its own supplier only.
    #[error("the TRE_id names another supplier than the one that the PVA is registered for")]
    PvaSupplierMismatch,
    /// Peer violation: a TRE's certificate or request without the extension A.16.
    #[error("the TRE's extension is missing")]
    TreExtensionMissing,
    /// Peer violation: a request that its own key did not sign.
    #[error("the certificate request is not signed by its own key")]
    RequestSignatureInvalid,

    /// An OCSP question or answer; see there who is to blame.
    #[error(transparent)]
    Ocsp(#[from] OcspFault),
    /// A revocation list; see there who is to blame.
    #[error(transparent)]
    Crl(#[from] CrlFault),
    /// A certificate that the validation policy refuses.
    #[error(transparent)]
    Status(#[from] StatusFault),
    /// A time that the secure clock refuses.
    #[error(transparent)]
    Clock(#[from] ClockFault),

    /// Misuse: IMSIs of one network would begin with the other's digits.
    #[error("networks {shorter} and {longer} can't be told apart by an IMSI's first digits")]
    RouteAmbiguous {
        /// The network whose digits the other's begin with.
        shorter: String,
        /// The other.
        longer: String,
    },
    /// Misuse: an interval or a validity that ends before it begins.
    #[error("a time interval ends before it begins")]
    IntervalInverted,
    /// Misuse: the issuing key is not the anchor's.
    #[error("the issuing key is not the anchor's")]
    IssuerKeyMismatch,
    /// Misuse: DNS names that this purpose can't carry, or not a DNS name.
    #[error("DNS names wrong: {0}")]
    DnsNamesWrong(&'static str),
    /// Misuse: not a responder's URL.
    #[error("a responder's URL is of http or https, at most 255 octets, without user and fragment")]
    OcspUrlWrong,

    /// Failure of the key that issues, in the words of its owner.
    #[error("the issuing key failed: {0}")]
    IssuerKeyFailed(String),
    /// Bug: a structure of ours could not be encoded.
    #[error("DER encoding failed")]
    EncodingFailed,
}

/// How a validity period and the caller's time disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DateFault {
    /// Surely not begun.
    #[error("not yet valid")]
    NotYetValid,
    /// Surely over.
    #[error("expired")]
    Expired,
    /// The clock's interval reaches over a limit: a better clock would know.
    #[error("not surely in date by this clock")]
    Uncertain,
}

impl TrustError {
    /// The stable reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::ShoIdMalformed => "sho-id-malformed",
            Self::SupplierNameMalformed => "supplier-name-malformed",
            Self::TreIdMalformed => "tre-id-malformed",
            Self::CertificateMalformed(_) => "certificate-malformed",
            Self::RequestMalformed(_) => "certificate-request-malformed",
            Self::KeyMalformed => "public-key-malformed",
            Self::AlgorithmUnsupported(_) => "certificate-algorithm-unsupported",
            Self::KeyUnsupported => "certificate-key-unsupported",
            Self::ExtensionUnsupported(_) => "certificate-extension-unsupported",
            Self::NameFormUnsupported => "certificate-name-unsupported",
            Self::AnchorInvalid(_) => "anchor-invalid",
            Self::AnchorIdentityWrong => "anchor-identity-wrong",
            Self::AnchorKeyWrong => "anchor-key-wrong",
            Self::AnchorDate(fault) => fault.anchor_code(),
            Self::ChainInvalid(_) => "certificate-chain-invalid",
            Self::LeafIsAuthority => "certificate-is-authority",
            Self::PurposeWrong(_) => "certificate-purpose-wrong",
            Self::IdentityWrong => "certificate-identity-wrong",
            Self::HostWrong => "certificate-host-wrong",
            Self::LeafDate(fault) => fault.leaf_code(),
            Self::PvaSupplierMismatch => "pva-supplier-mismatch",
            Self::TreExtensionMissing => "tre-extension-missing",
            Self::RequestSignatureInvalid => "certificate-request-signature-invalid",
            Self::Ocsp(fault) => fault.code(),
            Self::Crl(fault) => fault.code(),
            Self::Status(fault) => fault.code(),
            Self::Clock(fault) => fault.code(),
            Self::RouteAmbiguous { .. } => "route-ambiguous",
            Self::IntervalInverted => "time-interval-inverted",
            Self::IssuerKeyMismatch => "issuer-key-mismatch",
            Self::DnsNamesWrong(_) => "dns-names-wrong",
            Self::OcspUrlWrong => "ocsp-url-wrong",
            Self::IssuerKeyFailed(_) => "issuer-key-failed",
            Self::EncodingFailed => "certificate-encoding-failed",
        }
    }
}

impl DateFault {
    const fn leaf_code(self) -> &'static str {
        match self {
            Self::NotYetValid => "certificate-not-yet-valid",
            Self::Expired => "certificate-expired",
            Self::Uncertain => "certificate-date-uncertain",
        }
    }

    const fn anchor_code(self) -> &'static str {
        match self {
            Self::NotYetValid => "anchor-not-yet-valid",
            Self::Expired => "anchor-expired",
            Self::Uncertain => "anchor-date-uncertain",
        }
    }
}
