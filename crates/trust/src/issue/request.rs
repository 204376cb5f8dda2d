//! A TRE's certificate request (PKCS#10, RFC 2986; docs/operator-change.md,
//! section 1; TR 33.812 B.2, step 0).

use const_oid::db::rfc5280::ID_CE_SUBJECT_ALT_NAME;
use const_oid::db::rfc5912::ID_EXTENSION_REQ;
use der::Encode;
use x509_cert::ext::{Extension, Extensions};
use x509_cert::request::{CertReq, CertReqInfo};

use crate::certificate::{MAX_DER, alternative_names, strictly};
use crate::{PublicKey, SignatureAlgorithm, SupplierName, TRE_EXTENSION, TrustError};

/// A request that was signed by the key which it is about, for one TRE_id, with
/// the extension A.16. Other extensions that it asks for are not granted, its
/// subject is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRequest {
    tre_id: String,
    supplier: SupplierName,
    key: PublicKey,
    tre_extension: Vec<u8>,
}

impl CertificateRequest {
    /// Reads a request in DER, at most 8192 octets, and verifies its signature.
    ///
    /// # Errors
    /// [`TrustError::RequestMalformed`]; [`TrustError::KeyMalformed`],
    /// [`TrustError::KeyUnsupported`] or [`TrustError::AlgorithmUnsupported`];
    /// [`TrustError::RequestSignatureInvalid`];
    /// [`TrustError::TreIdMalformed`] if its only URI is no TRE_id;
    /// [`TrustError::TreExtensionMissing`].
    pub fn from_der(der: &[u8]) -> Result<Self, TrustError> {
        if der.len() > MAX_DER {
            return Err(malformed("longer than 8192 octets"));
        }
        let request: CertReq = strictly(der).ok_or(malformed("not a request in DER"))?;
        let key = verified_key(&request)?;
        let extensions = requested_extensions(&request.info)?;
        let names = find(&extensions, ID_CE_SUBJECT_ALT_NAME)?
            .ok_or(malformed("no subject alternative name"))?;
        let names = alternative_names(names.extn_value.as_bytes())
            .map_err(|_| malformed("subject alternative name"))?;
        let tre_id = names
            .only_uri()
            .filter(|_| names.dns_names.is_empty())
            .ok_or(malformed("not exactly one URI"))?;
        let supplier = SupplierName::of_tre_id(tre_id)?;
        let extension = find(&extensions, TRE_EXTENSION)?.ok_or(TrustError::TreExtensionMissing)?;
        Ok(Self {
            tre_id: tre_id.to_owned(),
            supplier,
            key,
            tre_extension: extension.extn_value.as_bytes().to_vec(),
        })
    }

    /// The TRE_id, `urn:x-rehome:tre:SUPPLIER:ID`.
    #[must_use]
    pub fn tre_id(&self) -> &str {
        &self.tre_id
    }

    /// The supplier that the TRE_id names.
    #[must_use]
    pub fn supplier(&self) -> &SupplierName {
        &self.supplier
    }

    /// The TRE's public key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// The contents of the extension A.16, in DER.
    #[must_use]
    pub fn tre_extension(&self) -> &[u8] {
        &self.tre_extension
    }
}

fn malformed(what: &'static str) -> TrustError {
    TrustError::RequestMalformed(what)
}

/// The key of the request, which its signature shows to be the sender's.
fn verified_key(request: &CertReq) -> Result<PublicKey, TrustError> {
    let encoded = |part: der::Result<Vec<u8>>| part.map_err(|_| TrustError::EncodingFailed);
    let key = PublicKey::from_spki_der(&encoded(request.info.public_key.to_der())?)?;
    let algorithm = SignatureAlgorithm::from_identifier(&request.algorithm)?;
    let signature = request
        .signature
        .as_bytes()
        .ok_or(malformed("signature with unused bits"))?;
    // The request was read strictly, so its parts encode as they came.
    let signed = encoded(request.info.to_der())?;
    if algorithm != SignatureAlgorithm::of_key(key.kind()) || !key.verifies(&signed, signature) {
        return Err(TrustError::RequestSignatureInvalid);
    }
    Ok(key)
}

/// The one extensionRequest of RFC 2985 clause 5.4.2; other attributes are
/// ignored.
fn requested_extensions(info: &CertReqInfo) -> Result<Extensions, TrustError> {
    let mut attributes = info
        .attributes
        .iter()
        .filter(|attribute| attribute.oid == ID_EXTENSION_REQ);
    let (Some(attribute), None) = (attributes.next(), attributes.next()) else {
        return Err(malformed("not exactly one extension request"));
    };
    let mut values = attribute.values.iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(malformed("not exactly one list of extensions"));
    };
    let octets = value.to_der().map_err(|_| TrustError::EncodingFailed)?;
    strictly(&octets).ok_or(malformed("extensions"))
}

fn find(
    extensions: &[Extension],
    oid: const_oid::ObjectIdentifier,
) -> Result<Option<&Extension>, TrustError> {
    let mut found = extensions
        .iter()
        .filter(|extension| extension.extn_id == oid);
    let first = found.next();
    if found.next().is_some() {
        return Err(malformed("an extension twice"));
    }
    Ok(first)
}
