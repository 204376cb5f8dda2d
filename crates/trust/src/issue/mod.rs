//! Issuing certificates (docs/operator-change.md, section 1; RFC 5280 clause 4;
//! TS 33.310 clause 6.1). The issuing key stays behind [`IssuerKey`], so that a
//! hardware key can issue as well as one in memory.
//!
//! keyUsage is critical. So is the subject alternative name, though subjects are
//! not empty: TS 33.310 marks it critical, the name in it is the only one that
//! counts, and RFC 5280 clause 4.2.1.6 says no more than SHOULD against it.
//! Extended key usage and key identifiers are not critical. Certificates carry
//! no CRL distribution point: their status is asked by OCSP, at the URL of their
//! authority information access if they have one. Those that sign OCSP answers say
//! that their own is not asked (id-pkix-ocsp-nocheck).

mod authority;
mod leaf;
mod pva_leaf;
mod request;
mod software;
mod tbs;
mod tre;

use clock::Timestamp;
use thiserror::Error;

use crate::time::Period;
use crate::{SignatureAlgorithm, TrustError};

pub use authority::{issue_pva_anchor, issue_sho_anchor};
pub use leaf::{LeafRequest, issue_leaf};
pub use pva_leaf::issue_pva_leaf;
pub use request::CertificateRequest;
pub use software::SoftwareIssuer;
pub use tre::issue_tre;

/// A private key that signs certificates, answers about their status
/// ([`crate::ocsp`]) and revocation lists ([`crate::crl`]).
pub trait IssuerKey {
    /// The public key, a SubjectPublicKeyInfo in DER.
    fn public_key_der(&self) -> Vec<u8>;

    /// The algorithm that [`Self::sign`] uses, the one of its kind of key.
    fn algorithm(&self) -> SignatureAlgorithm;

    /// Signs the octets that the structure has signed, hashing them by
    /// [`Self::algorithm`]: an ECDSA-Sig-Value in DER, or an RSA signature as
    /// long as the modulus.
    ///
    /// # Errors
    /// [`IssuerKeyError`] if the key or its device fails.
    fn sign(&self, tbs: &[u8]) -> Result<Vec<u8>, IssuerKeyError>;
}

/// Why an issuing key could not sign, in the words of its owner.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct IssuerKeyError(pub String);

/// The validity of a certificate, from its first to its last second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity(Period);

impl Validity {
    /// From `not_before` through `not_after`, in whole seconds;
    /// [`Timestamp::NO_EXPIRY`] for no end.
    ///
    /// # Errors
    /// [`TrustError::IntervalInverted`] if it ends before it begins.
    pub fn new(not_before: Timestamp, not_after: Timestamp) -> Result<Self, TrustError> {
        if not_after.unix_seconds() < not_before.unix_seconds() {
            return Err(TrustError::IntervalInverted);
        }
        Ok(Self(Period {
            not_before,
            not_after,
        }))
    }
}
