//! The certificate request of a TRE (operator-change profile, section 1;
//! PKCS#10, RFC 2986): subject empty, SAN URI = TRE_id, key usage, and the
//! CertTRE extension, signed by the key in question.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::{ID_CE_KEY_USAGE, ID_CE_SUBJECT_ALT_NAME};
use const_oid::db::rfc5912::{ECDSA_WITH_SHA_256, SHA_256_WITH_RSA_ENCRYPTION};
use der::asn1::{Any, BitString, Ia5String, OctetString, SetOfVec};
use der::{Decode, Encode};
use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::attr::Attribute;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{KeyUsage, KeyUsages, SubjectAltName};
use x509_cert::name::Name;
use x509_cert::request::{CertReq, CertReqInfo, ExtensionReq, Version};

use crate::{Backend, CERT_TRE_OID, CertTre, KeyKind, KeySlot, PublicKey, TreError, TreId};

/// What a CertTRE is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyUse {
    /// The certificate of the signature key.
    Signature,
    /// The certificate of the key that opens envelopes: key agreement (EC) or
    /// encipherment (RSA).
    Envelope,
    /// One certificate for a single key pair with both uses.
    Both,
}

impl KeyUse {
    const fn slot(self) -> KeySlot {
        match self {
            Self::Signature | Self::Both => KeySlot::Signature,
            Self::Envelope => KeySlot::Envelope,
        }
    }

    fn key_usage(self, kind: KeyKind) -> KeyUsage {
        let signs = KeyUsages::DigitalSignature;
        let opens = match kind {
            KeyKind::EcP256 => KeyUsages::KeyAgreement,
            KeyKind::Rsa => KeyUsages::KeyEncipherment,
        };
        KeyUsage(match self {
            Self::Signature => signs.into(),
            Self::Envelope => opens.into(),
            Self::Both => signs | opens,
        })
    }
}

/// Makes a certificate request in DER for the key that `key_use` names.
///
/// The request is signed by that very key: for [`KeyUse::Envelope`] this is
/// the only signature that the envelope key ever makes. A token that forbids
/// it says [`TreError::KeyOperationUnsupported`].
///
/// # Errors
/// [`TreError::KeyPairsDiffer`] for [`KeyUse::Both`] over two key pairs;
/// [`TreError::CertTreMalformed`] for contents that can't be encoded; whatever
/// the backend says.
pub fn certificate_request(
    backend: &mut dyn Backend,
    key_use: KeyUse,
    tre_id: &TreId,
    cert_tre: &CertTre,
) -> Result<Vec<u8>, TreError> {
    let spki = backend.public_key(key_use.slot())?;
    if key_use == KeyUse::Both && backend.public_key(KeySlot::Envelope)? != spki {
        return Err(TreError::KeyPairsDiffer);
    }
    let kind = PublicKey::from_spki(&spki)?.kind();
    let value = cert_tre.encode()?;
    let info =
        request_info(&spki, key_use.key_usage(kind), tre_id, value).map_err(TreError::Encoding)?;
    let message = info.to_der().map_err(TreError::Encoding)?;
    let signature = x509_signature(kind, &backend.sign(key_use.slot(), &message)?)?;
    let request = CertReq {
        info,
        algorithm: signature_algorithm(kind),
        signature: BitString::from_bytes(&signature).map_err(TreError::Encoding)?,
    };
    request.to_der().map_err(TreError::Encoding)
}

fn request_info(
    spki: &[u8],
    key_usage: KeyUsage,
    tre_id: &TreId,
    cert_tre: Vec<u8>,
) -> der::Result<CertReqInfo> {
    let uri = GeneralName::UniformResourceIdentifier(Ia5String::new(tre_id.as_str())?);
    let name = SubjectAltName(vec![uri]).to_der()?;
    let extensions = ExtensionReq(vec![
        extension(ID_CE_KEY_USAGE, true, key_usage.to_der()?)?,
        // Critical, since the subject is empty (RFC 5280 clause 4.2.1.6).
        extension(ID_CE_SUBJECT_ALT_NAME, true, name)?,
        extension(CERT_TRE_OID, false, cert_tre)?,
    ]);
    let mut attributes = SetOfVec::new();
    attributes.insert(Attribute::try_from(extensions)?)?;
    Ok(CertReqInfo {
        version: Version::V1,
        subject: Name::default(),
        public_key: SubjectPublicKeyInfoOwned::from_der(spki)?,
        attributes,
    })
}

fn extension(oid: ObjectIdentifier, critical: bool, value: Vec<u8>) -> der::Result<Extension> {
    Ok(Extension {
        extn_id: oid,
        critical,
        extn_value: OctetString::new(value)?,
    })
}

/// ecdsa-with-SHA256 with absent parameters (RFC 5758 clause 3.2), or
/// sha256WithRSAEncryption with NULL (RFC 4055 clause 5).
fn signature_algorithm(kind: KeyKind) -> AlgorithmIdentifierOwned {
    match kind {
        KeyKind::EcP256 => AlgorithmIdentifierOwned {
            oid: ECDSA_WITH_SHA_256,
            parameters: None,
        },
        KeyKind::Rsa => AlgorithmIdentifierOwned {
            oid: SHA_256_WITH_RSA_ENCRYPTION,
            parameters: Some(Any::null()),
        },
    }
}

/// A backend's r‖s as ECDSA-Sig-Value (RFC 3279 clause 2.2.3); RSA as it is.
fn x509_signature(kind: KeyKind, signature: &[u8]) -> Result<Vec<u8>, TreError> {
    if kind == KeyKind::Rsa {
        return Ok(signature.to_vec());
    }
    let (r, s) = signature.split_at(signature.len() / 2);
    let value = EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?;
    Ok(value.to_der()?)
}
