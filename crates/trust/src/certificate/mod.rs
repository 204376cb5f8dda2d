//! One X.509 certificate, read once and strictly (RFC 5280 clause 4; TS 33.310
//! clause 6.1: version 3, serial number of at most 20 octets).

mod access;
mod extensions;

use std::fmt;

use clock::Timestamp;
use der::Encode;
use openssl::sha::sha256;
use x509_cert::TbsCertificate;
use x509_cert::certificate::Version;
use x509_cert::time::{Time, Validity};

use crate::key::{PublicKey, SignatureAlgorithm};
use crate::moment;
use crate::time::Period;
use crate::{Purpose, TrustError};
pub(crate) use access::is_http_url;
pub(crate) use extensions::{ExtensionSet, alternative_names, strictly};

/// The longest certificate that is looked at, in octets.
pub(crate) const MAX_DER: usize = 8192;
const MAX_SERIAL: usize = 20;

/// A certificate whose form is right; whether anybody should trust it is for
/// [`verify_leaf`](crate::verify_leaf) and its like to say. Two are equal if
/// their octets are.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    /// The octets that are signed.
    tbs: Vec<u8>,
    algorithm: SignatureAlgorithm,
    signature: Vec<u8>,
    serial: Vec<u8>,
    /// Names as DER: they are compared octet by octet, which is stricter than
    /// RFC 5280 clause 7.1 and enough for what one issuer wrote twice.
    issuer: Vec<u8>,
    subject: Vec<u8>,
    period: Period,
    key: PublicKey,
    extensions: ExtensionSet,
}

impl Certificate {
    /// Reads one certificate in DER, at most 8192 octets, nothing behind it.
    ///
    /// # Errors
    /// [`TrustError::CertificateMalformed`] for what RFC 5280 forbids,
    /// [`TrustError::AlgorithmUnsupported`], [`TrustError::KeyMalformed`],
    /// [`TrustError::KeyUnsupported`], [`TrustError::ExtensionUnsupported`] and
    /// [`TrustError::NameFormUnsupported`] for what this profile doesn't take.
    pub fn from_der(der: &[u8]) -> Result<Self, TrustError> {
        if der.len() > MAX_DER {
            return Err(malformed("longer than 8192 octets"));
        }
        // Since the whole re-encodes to the same octets, so does each part: the
        // encoded parts below are the received ones.
        let certificate: x509_cert::Certificate =
            strictly(der).ok_or(malformed("not a certificate in DER"))?;
        let tbs = &certificate.tbs_certificate;
        if tbs.signature != certificate.signature_algorithm {
            return Err(malformed("two different signature algorithms"));
        }
        check_fixed_fields(tbs)?;
        let signature = certificate.signature.as_bytes();
        let extensions = tbs.extensions.as_deref().unwrap_or_default();
        Ok(Self {
            der: der.to_vec(),
            tbs: encoded(tbs)?,
            algorithm: SignatureAlgorithm::from_identifier(&tbs.signature)?,
            signature: signature
                .ok_or(malformed("signature with unused bits"))?
                .to_vec(),
            serial: tbs.serial_number.as_bytes().to_vec(),
            issuer: encoded(&tbs.issuer)?,
            subject: encoded(&tbs.subject)?,
            period: period_of(&tbs.validity)?,
            key: PublicKey::from_spki_der(&encoded(&tbs.subject_public_key_info)?)?,
            extensions: ExtensionSet::read(extensions)?,
        })
    }

    /// The certificate as received.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of the certificate: the fingerprint that people compare.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        sha256(&self.der)
    }

    /// The serial number, big-endian, positive, 1 to 20 octets, with the
    /// leading zero octet if DER needs one.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// The issuer's distinguished name in DER.
    #[must_use]
    pub fn issuer_der(&self) -> &[u8] {
        &self.issuer
    }

    /// The subject's distinguished name in DER, possibly empty.
    #[must_use]
    pub fn subject_der(&self) -> &[u8] {
        &self.subject
    }

    /// The first second of the validity.
    #[must_use]
    pub fn not_before(&self) -> Timestamp {
        self.period.not_before
    }

    /// The last second of the validity; [`Timestamp::NO_EXPIRY`] for none.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.period.not_after
    }

    /// The subject's public key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// The URIs of the subject alternative name, in order.
    pub fn uris(&self) -> impl Iterator<Item = &str> {
        self.extensions.names.uris.iter().map(String::as_str)
    }

    /// The dNSNames of the subject alternative name, in order, as written.
    pub fn dns_names(&self) -> impl Iterator<Item = &str> {
        self.extensions.names.dns_names.iter().map(String::as_str)
    }

    /// The purpose that the extended key usages are those of, if any.
    #[must_use]
    pub fn purpose(&self) -> Option<Purpose> {
        Purpose::ALL
            .into_iter()
            .find(|purpose| self.extensions.has_exactly(purpose.extended_key_usages()))
    }

    /// The subject key identifier, or if there is none, the one that method (1)
    /// of RFC 5280 clause 4.2.1.2 makes of the key.
    #[must_use]
    pub fn key_identifier(&self) -> Vec<u8> {
        self.extensions
            .subject_key_identifier
            .clone()
            .unwrap_or_else(|| self.key.key_identifier().to_vec())
    }

    /// The contents of the extension A.16 of a CertTRE, in DER.
    #[must_use]
    pub fn tre_extension(&self) -> Option<&[u8]> {
        self.extensions.tre.as_deref()
    }

    /// The URL of the responder that its authority information access names
    /// (RFC 6960 clause 3.1): http or https, at most 255 octets.
    #[must_use]
    pub fn ocsp_url(&self) -> Option<&str> {
        self.extensions.ocsp_url.as_deref()
    }

    pub(crate) fn extensions(&self) -> &ExtensionSet {
        &self.extensions
    }

    pub(crate) fn period(&self) -> Period {
        self.period
    }

    /// The URI, if there is exactly one.
    pub(crate) fn only_uri(&self) -> Option<&str> {
        self.extensions.names.only_uri()
    }

    pub(crate) fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }

    /// Whether `key` signed this certificate, by the algorithm that it names.
    pub(crate) fn is_signed_by(&self, key: &PublicKey) -> bool {
        self.algorithm == SignatureAlgorithm::of_key(key.kind())
            && key.verifies(&self.tbs, &self.signature)
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("uris", &self.extensions.names.uris)
            .field("purpose", &self.purpose())
            .finish_non_exhaustive()
    }
}

fn malformed(what: &'static str) -> TrustError {
    TrustError::CertificateMalformed(what)
}

fn encoded(part: &impl Encode) -> Result<Vec<u8>, TrustError> {
    part.to_der().map_err(|_| TrustError::EncodingFailed)
}

fn check_fixed_fields(tbs: &TbsCertificate) -> Result<(), TrustError> {
    if tbs.version != Version::V3 {
        return Err(malformed("not version 3"));
    }
    let serial = tbs.serial_number.as_bytes();
    let positive =
        serial.first().is_some_and(|octet| *octet < 0x80) && serial.iter().any(|octet| *octet != 0);
    if !positive || serial.len() > MAX_SERIAL {
        return Err(malformed("serial number not positive or over 20 octets"));
    }
    if tbs.issuer.is_empty() {
        return Err(malformed("no issuer"));
    }
    if tbs.issuer_unique_id.is_some() || tbs.subject_unique_id.is_some() {
        return Err(malformed("unique identifiers"));
    }
    if tbs.extensions.as_ref().is_some_and(Vec::is_empty) {
        return Err(malformed("an empty list of extensions"));
    }
    Ok(())
}

fn period_of(validity: &Validity) -> Result<Period, TrustError> {
    let moment = |time: &Time| {
        moment::of_time(time).ok_or(malformed("GeneralizedTime for a year before 2050"))
    };
    let period = Period {
        not_before: moment(&validity.not_before)?,
        not_after: moment(&validity.not_after)?,
    };
    if period.not_after < period.not_before {
        return Err(malformed("ends before it begins"));
    }
    Ok(period)
}
