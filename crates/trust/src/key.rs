//! Public keys and signatures that certificates may have: ECDSA on P-256 and
//! P-384, RSA PKCS#1 v1.5 of 3072 bits or more (RFC 5480, RFC 3279 clause 2.3.1,
//! RFC 5758; TS 33.310 clause 6.1.1 for what is too weak).

use std::fmt;

use const_oid::db::rfc5912;
use der::asn1::{Any, ObjectIdentifier};
use der::{Decode, Encode};
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{HasPublic, PKey, PKeyRef, Public};
use openssl::sha::{sha1, sha256};
use openssl::sign::Verifier;
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use crate::TrustError;

const RSA_BITS: std::ops::RangeInclusive<u32> = 3072..=8192;

/// What a public key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
    /// RSA with a modulus of 3072 to 8192 bits.
    Rsa,
}

/// A signature algorithm for certificates; each kind of key has exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// ECDSA on P-256 with SHA-256, signature in DER.
    EcdsaP256Sha256,
    /// ECDSA on P-384 with SHA-384, signature in DER.
    EcdsaP384Sha384,
    /// RSA PKCS#1 v1.5 with SHA-256, signature as long as the modulus.
    RsaSha256,
}

/// A public key of a supported kind and size, checked to be a point of its
/// curve or an RSA key with an odd exponent above 2^16 (FIPS 186-5 appendix
/// A.1.1).
#[derive(Clone)]
pub struct PublicKey {
    kind: KeyKind,
    spki: Vec<u8>,
    /// The contents of subjectPublicKey.
    bits: Vec<u8>,
    key: PKey<Public>,
}

impl SignatureAlgorithm {
    /// The one algorithm that keys of this kind sign with.
    #[must_use]
    pub const fn of_key(kind: KeyKind) -> Self {
        match kind {
            KeyKind::P256 => Self::EcdsaP256Sha256,
            KeyKind::P384 => Self::EcdsaP384Sha384,
            KeyKind::Rsa => Self::RsaSha256,
        }
    }

    /// The AlgorithmIdentifier as RFC 5758 and RFC 4055 want it: no parameters
    /// for ECDSA, NULL for RSA.
    pub(crate) fn identifier(self) -> AlgorithmIdentifierOwned {
        let (oid, parameters) = match self {
            Self::EcdsaP256Sha256 => (rfc5912::ECDSA_WITH_SHA_256, None),
            Self::EcdsaP384Sha384 => (rfc5912::ECDSA_WITH_SHA_384, None),
            Self::RsaSha256 => (rfc5912::SHA_256_WITH_RSA_ENCRYPTION, Some(Any::null())),
        };
        AlgorithmIdentifierOwned { oid, parameters }
    }

    /// The inverse of [`Self::identifier`].
    pub(crate) fn from_identifier(
        identifier: &AlgorithmIdentifierOwned,
    ) -> Result<Self, TrustError> {
        [
            Self::EcdsaP256Sha256,
            Self::EcdsaP384Sha384,
            Self::RsaSha256,
        ]
        .into_iter()
        .find(|known| known.identifier() == *identifier)
        .ok_or_else(|| TrustError::AlgorithmUnsupported(identifier.oid.to_string()))
    }

    pub(crate) fn digest(self) -> MessageDigest {
        match self {
            Self::EcdsaP256Sha256 | Self::RsaSha256 => MessageDigest::sha256(),
            Self::EcdsaP384Sha384 => MessageDigest::sha384(),
        }
    }
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// [`TrustError::KeyMalformed`] if it is not strict DER or the key is no
    /// key of its algorithm; [`TrustError::KeyUnsupported`] for other
    /// algorithms, compressed points and sizes.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, TrustError> {
        let spki = SubjectPublicKeyInfoOwned::from_der(der)
            .ok()
            .filter(|spki| spki.to_der().is_ok_and(|again| again == der))
            .ok_or(TrustError::KeyMalformed)?;
        let kind = kind_of(&spki)?;
        let bits = spki
            .subject_public_key
            .as_bytes()
            .ok_or(TrustError::KeyMalformed)?;
        let uncompressed = match kind {
            KeyKind::P256 => Some(65),
            KeyKind::P384 => Some(97),
            KeyKind::Rsa => None,
        };
        if uncompressed.is_some_and(|length| bits.len() != length || bits.first() != Some(&4)) {
            return Err(TrustError::KeyUnsupported);
        }
        let key = PKey::public_key_from_der(der).map_err(|_| TrustError::KeyMalformed)?;
        if kind == KeyKind::Rsa {
            check_rsa(&key)?;
        }
        Ok(Self {
            kind,
            bits: bits.to_vec(),
            spki: der.to_vec(),
            key,
        })
    }

    /// The public half of an OpenSSL key.
    ///
    /// # Errors
    /// As for [`Self::from_spki_der`].
    pub fn from_pkey<T: HasPublic>(key: &PKeyRef<T>) -> Result<Self, TrustError> {
        let der = key
            .public_key_to_der()
            .map_err(|_| TrustError::KeyMalformed)?;
        Self::from_spki_der(&der)
    }

    /// What key it is.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The SubjectPublicKeyInfo in DER.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// SHA-256 of the SubjectPublicKeyInfo: the "anchor hash" of orders.
    #[must_use]
    pub fn spki_sha256(&self) -> [u8; 32] {
        sha256(&self.spki)
    }

    /// The key identifier by method (1) of RFC 5280 clause 4.2.1.2, which
    /// TS 33.310 fixes: SHA-1 over the contents of subjectPublicKey. It finds
    /// keys and proves nothing.
    #[must_use]
    pub fn key_identifier(&self) -> [u8; 20] {
        sha1(&self.bits)
    }

    /// The contents of subjectPublicKey without the count of unused bits, of
    /// which others make identifiers.
    pub(crate) fn bits(&self) -> &[u8] {
        &self.bits
    }

    /// Whether this key made `signature` over `message`, by its own algorithm.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let digest = SignatureAlgorithm::of_key(self.kind).digest();
        // A library failure is no proof, so it counts as a wrong signature.
        Verifier::new(digest, &self.key)
            .and_then(|mut verifier| verifier.verify_oneshot(signature, message))
            .unwrap_or(false)
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.spki == other.spki
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({:?})", self.kind)
    }
}

fn kind_of(spki: &SubjectPublicKeyInfoOwned) -> Result<KeyKind, TrustError> {
    let algorithm = &spki.algorithm;
    if algorithm.oid == rfc5912::RSA_ENCRYPTION && algorithm.parameters == Some(Any::null()) {
        return Ok(KeyKind::Rsa);
    }
    let curve = algorithm
        .parameters
        .as_ref()
        .filter(|_| algorithm.oid == rfc5912::ID_EC_PUBLIC_KEY)
        .and_then(|parameters| parameters.decode_as::<ObjectIdentifier>().ok());
    match curve {
        Some(rfc5912::SECP_256_R_1) => Ok(KeyKind::P256),
        Some(rfc5912::SECP_384_R_1) => Ok(KeyKind::P384),
        _ => Err(TrustError::KeyUnsupported),
    }
}

fn check_rsa(key: &PKeyRef<Public>) -> Result<(), TrustError> {
    let rsa = key.rsa().map_err(|_| TrustError::KeyMalformed)?;
    let least = BigNum::from_u32(65_537).map_err(|_| TrustError::KeyMalformed)?;
    let exponent = rsa.e();
    let fits = u32::try_from(rsa.n().num_bits()).is_ok_and(|bits| RSA_BITS.contains(&bits))
        && rsa.n().is_odd()
        && exponent >= &*least
        && exponent.num_bits() <= 256
        && exponent.is_odd();
    if fits {
        Ok(())
    } else {
        Err(TrustError::KeyUnsupported)
    }
}
