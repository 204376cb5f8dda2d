//! CertID: which certificate is meant, by hashes of its issuer's name and key
//! (RFC 6960 clause 4.1.1).

use const_oid::db::rfc5912::{ID_SHA_1, ID_SHA_256};
use der::Encode;
use der::asn1::{Any, OctetString};
use openssl::sha::{sha1, sha256};
use spki::AlgorithmIdentifierOwned;
use x509_cert::serial_number::SerialNumber;

use super::asn1;
use crate::{Certificate, TrustError};

/// The hash that names an issuer. It finds a certificate and proves nothing, so
/// SHA-1 does no harm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IssuerHash {
    /// What every responder knows; RFC 5019 clause 2.1.1 knows no other.
    #[default]
    Sha1,
    /// RFC 6960 leaves the hash open.
    Sha256,
}

/// Names one certificate of one issuer. What was read is written back as it
/// was, whatever its hash algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertId(asn1::CertId);

impl IssuerHash {
    fn of(self, octets: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => sha1(octets).to_vec(),
            Self::Sha256 => sha256(octets).to_vec(),
        }
    }

    /// Parameters are NULL, as everybody writes them, or absent.
    fn from_identifier(identifier: &AlgorithmIdentifierOwned) -> Option<Self> {
        let plain = identifier
            .parameters
            .as_ref()
            .is_none_or(|parameters| *parameters == Any::null());
        match identifier.oid {
            ID_SHA_1 if plain => Some(Self::Sha1),
            ID_SHA_256 if plain => Some(Self::Sha256),
            _ => None,
        }
    }
}

impl CertId {
    /// Names the certificate with this serial number (as
    /// [`Certificate::serial`] gives it) that `issuer` issued.
    ///
    /// # Errors
    /// [`TrustError::EncodingFailed`] for a serial number of more than 20
    /// octets.
    pub fn new(issuer: &Certificate, serial: &[u8], hash: IssuerHash) -> Result<Self, TrustError> {
        let encoding = |_| TrustError::EncodingFailed;
        let octets = |value: &[u8]| OctetString::new(hash.of(value)).map_err(encoding);
        let oid = match hash {
            IssuerHash::Sha1 => ID_SHA_1,
            IssuerHash::Sha256 => ID_SHA_256,
        };
        Ok(Self(asn1::CertId {
            hash_algorithm: AlgorithmIdentifierOwned {
                oid,
                parameters: Some(Any::null()),
            },
            issuer_name_hash: octets(issuer.subject_der())?,
            issuer_key_hash: octets(issuer.public_key().bits())?,
            serial_number: SerialNumber::new(serial).map_err(encoding)?,
        }))
    }

    /// The serial number, as [`Certificate::serial`] gives it.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        self.0.serial_number.as_bytes()
    }

    /// Whether it names a certificate of this issuer. An unknown hash names
    /// nobody's.
    #[must_use]
    pub fn is_of_issuer(&self, issuer: &Certificate) -> bool {
        IssuerHash::from_identifier(&self.0.hash_algorithm).is_some_and(|hash| {
            self.0.issuer_name_hash.as_bytes() == hash.of(issuer.subject_der())
                && self.0.issuer_key_hash.as_bytes() == hash.of(issuer.public_key().bits())
        })
    }

    /// Whether it names this certificate.
    #[must_use]
    pub fn names(&self, certificate: &Certificate, issuer: &Certificate) -> bool {
        self.serial() == certificate.serial() && self.is_of_issuer(issuer)
    }

    pub(super) fn from_asn1(id: asn1::CertId) -> Self {
        Self(id)
    }

    pub(super) fn as_asn1(&self) -> &asn1::CertId {
        &self.0
    }

    /// Two that are written differently are different.
    pub(super) fn der(&self) -> Result<Vec<u8>, TrustError> {
        self.0.to_der().map_err(|_| TrustError::EncodingFailed)
    }
}
