//! The algorithms of docs/operator-change.md section 3 and their URIs (W3C XML
//! Signature 1.1 section 6, RFC 4051 sections 2.3.2 and 2.3.6).

use crate::error::{Fault, XmlDsigError};

/// Namespace of the `ds:` elements.
pub(crate) const DSIG_NAMESPACE: &str = "http://www.w3.org/2000/09/xmldsig#";
/// Exclusive canonicalisation without comments, the only one.
pub(crate) const EXCLUSIVE_C14N: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
/// SHA-256, the only digest.
pub(crate) const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

const ECDSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

/// The order n of the group of P-256, big-endian (FIPS 186-5, SP 800-186
/// section 3.2.1.3).
const P256_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];
/// The smallest RSA modulus, in bits.
pub(crate) const MIN_RSA_BITS: u32 = 3072;
/// The largest RSA modulus that libcrypto computes with, in bits.
pub(crate) const MAX_RSA_BITS: u32 = 16_384;

/// A signature algorithm of the profile. There are two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// ECDSA over P-256 with SHA-256; the value is r‖s, 64 octets.
    EcdsaP256Sha256,
    /// RSASSA-PKCS1-v1_5 with SHA-256 and a modulus of 3072 bits or more; the
    /// value is as long as the modulus.
    RsaPkcs1Sha256,
}

impl SignatureAlgorithm {
    /// The `Algorithm` attribute of `ds:SignatureMethod`.
    #[must_use]
    pub const fn uri(self) -> &'static str {
        match self {
            Self::EcdsaP256Sha256 => ECDSA_SHA256,
            Self::RsaPkcs1Sha256 => RSA_SHA256,
        }
    }

    /// The algorithm that a URI names.
    pub(crate) fn from_uri(uri: &str) -> Result<Self, XmlDsigError> {
        match uri {
            ECDSA_SHA256 => Ok(Self::EcdsaP256Sha256),
            RSA_SHA256 => Ok(Self::RsaPkcs1Sha256),
            _ => Err(XmlDsigError::AlgorithmNotAllowed("SignatureMethod")),
        }
    }

    /// Refuses a value that no key of this algorithm can have made.
    pub(crate) fn check_value(self, value: &[u8]) -> Result<(), XmlDsigError> {
        let possible = match self {
            Self::EcdsaP256Sha256 => match value.split_at_checked(P256_ORDER.len()) {
                Some((r, s)) => is_p256_scalar(r) && is_p256_scalar(s),
                None => false,
            },
            Self::RsaPkcs1Sha256 => {
                let bits = value.len().saturating_mul(8);
                (MIN_RSA_BITS as usize..=MAX_RSA_BITS as usize).contains(&bits)
            }
        };
        if possible {
            Ok(())
        } else {
            Err(Fault::SignatureValue.into())
        }
    }
}

/// Whether `octets` is a number from 1 to n-1 in exactly 32 octets.
fn is_p256_scalar(octets: &[u8]) -> bool {
    octets.len() == P256_ORDER.len()
        && octets.iter().any(|octet| *octet != 0)
        && octets < P256_ORDER.as_slice()
}
