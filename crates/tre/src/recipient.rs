//! Whom an envelope is for (operator-change profile, section 2: recipient by
//! subject key identifier), as taken from CertTRE.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::ID_CE_SUBJECT_KEY_IDENTIFIER;
use der::asn1::OctetString;
use der::{Decode, Encode};
use openssl::sha::sha1;
use x509_cert::Certificate;

use crate::{Backend, KeyKind, KeySlot, PublicKey, TreError};

/// A certificate of the operator change has one or two thousand octets.
const MAX_CERTIFICATE: usize = 16 * 1024;
/// RFC 5280 sets no limit; digests of up to 512 bits are in use.
const MAX_IDENTIFIER: usize = 64;

/// A subject key identifier (RFC 5280 clause 4.2.1.2): 1 to 64 octets.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyIdentifier(Vec<u8>);

impl KeyIdentifier {
    /// Takes the identifier's octets.
    ///
    /// # Errors
    /// [`TreError::CertificateMalformed`] if it is empty or has more than 64.
    pub fn new(octets: &[u8]) -> Result<Self, TreError> {
        if octets.is_empty() || octets.len() > MAX_IDENTIFIER {
            return Err(TreError::CertificateMalformed);
        }
        Ok(Self(octets.to_vec()))
    }

    /// The octets.
    #[must_use]
    pub fn as_octets(&self) -> &[u8] {
        &self.0
    }
}

/// A TRE's envelope key and the identifier that its certificate gives it.
#[derive(Clone)]
pub struct Recipient {
    key: PublicKey,
    identifier: KeyIdentifier,
}

impl Recipient {
    /// Takes key and identifier from a certificate in DER. Whether the
    /// certificate is to be trusted, and for this use, is for the caller to
    /// have checked.
    ///
    /// Without a subjectKeyIdentifier extension the identifier is that of
    /// [`Recipient::from_public_key`].
    ///
    /// # Errors
    /// [`TreError::CertificateMalformed`], [`TreError::KeyUnsupported`].
    pub fn from_certificate(der: &[u8]) -> Result<Self, TreError> {
        let certificate = read_certificate(der)?;
        let spki = certificate
            .tbs_certificate
            .subject_public_key_info
            .to_der()
            .map_err(TreError::Encoding)?;
        let plain = Self::from_public_key(&spki)?;
        match extension(&certificate, ID_CE_SUBJECT_KEY_IDENTIFIER)? {
            None => Ok(plain),
            Some(value) => {
                let octets =
                    OctetString::from_der(value).map_err(|_| TreError::CertificateMalformed)?;
                Ok(Self {
                    identifier: KeyIdentifier::new(octets.as_bytes())?,
                    ..plain
                })
            }
        }
    }

    /// A bare SubjectPublicKeyInfo: its identifier is the SHA-1 of the
    /// subjectPublicKey bits (RFC 5280 clause 4.2.1.2 method 1).
    ///
    /// # Errors
    /// [`TreError::KeyUnsupported`].
    pub fn from_public_key(spki: &[u8]) -> Result<Self, TreError> {
        let key = PublicKey::from_spki(spki)?;
        let identifier = KeyIdentifier(sha1(key.bits()).to_vec());
        Ok(Self { key, identifier })
    }

    /// A SubjectPublicKeyInfo with an identifier known from elsewhere.
    ///
    /// # Errors
    /// [`TreError::KeyUnsupported`].
    pub fn with_identifier(spki: &[u8], identifier: KeyIdentifier) -> Result<Self, TreError> {
        let key = PublicKey::from_spki(spki)?;
        Ok(Self { key, identifier })
    }

    /// The identifier by which envelopes name the recipient.
    #[must_use]
    pub fn identifier(&self) -> &KeyIdentifier {
        &self.identifier
    }

    /// The public key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// The key's kind decides between key transport and key agreement.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.key.kind()
    }

    /// That `backend` holds this key in its envelope slot.
    pub(crate) fn is_in(&self, backend: &dyn Backend) -> Result<(), TreError> {
        if backend.public_key(KeySlot::Envelope)? == self.key.as_spki() {
            Ok(())
        } else {
            Err(TreError::RecipientMismatch)
        }
    }
}

/// Reads a certificate of a sensible size.
pub(crate) fn read_certificate(der: &[u8]) -> Result<Certificate, TreError> {
    if der.len() > MAX_CERTIFICATE {
        return Err(TreError::CertificateMalformed);
    }
    Certificate::from_der(der).map_err(|_| TreError::CertificateMalformed)
}

/// The value of the one extension `oid`; twice the same is refused
/// (RFC 5280 clause 4.2).
pub(crate) fn extension(
    certificate: &Certificate,
    oid: ObjectIdentifier,
) -> Result<Option<&[u8]>, TreError> {
    let mut found = certificate
        .tbs_certificate
        .extensions
        .iter()
        .flatten()
        .filter(|extension| extension.extn_id == oid);
    let first = found.next();
    if found.next().is_some() {
        return Err(TreError::CertificateMalformed);
    }
    Ok(first.map(|extension| extension.extn_value.as_bytes()))
}
