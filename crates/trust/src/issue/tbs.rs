//! The TBSCertificate and its signature (RFC 5280 clause 4.1).

use clock::Random;
use const_oid::ObjectIdentifier;
use const_oid::db::rfc4519::{COMMON_NAME, ORGANIZATION_NAME};
use const_oid::db::rfc5280::{
    ID_CE_AUTHORITY_KEY_IDENTIFIER, ID_CE_BASIC_CONSTRAINTS, ID_CE_EXT_KEY_USAGE, ID_CE_KEY_USAGE,
    ID_CE_SUBJECT_ALT_NAME, ID_CE_SUBJECT_KEY_IDENTIFIER, ID_PE_AUTHORITY_INFO_ACCESS,
};
use const_oid::db::rfc5912::ID_AD_OCSP;
use const_oid::db::rfc6960::ID_PKIX_OCSP_NOCHECK;
use der::asn1::{Any, BitString, Ia5String, Null, OctetString, Utf8StringRef};
use der::{Decode, Encode};
use spki::SubjectPublicKeyInfoOwned;
use x509_cert::TbsCertificate;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::certificate::Version;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AccessDescription, AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints,
    ExtendedKeyUsage, KeyUsage, SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;

use super::{IssuerKey, Validity};
use crate::certificate::is_http_url;
use crate::{Certificate, PublicKey, SignatureAlgorithm, TrustError, moment};

/// Everything of a certificate but its serial number and signature.
pub(super) struct Draft<'a> {
    pub(super) issuer: Name,
    pub(super) subject: Name,
    pub(super) validity: Validity,
    pub(super) key: &'a PublicKey,
    pub(super) extensions: Vec<Extension>,
}

/// Gives the draft a serial number, signs it and reads it back. A signature
/// that the key's public half doesn't verify is a failure of the key.
pub(super) fn sign(
    draft: Draft<'_>,
    issuer: &dyn IssuerKey,
    issuer_public: &PublicKey,
    rng: &mut dyn Random,
) -> Result<Certificate, TrustError> {
    let algorithm = SignatureAlgorithm::of_key(issuer_public.kind());
    if issuer.algorithm() != algorithm {
        return Err(TrustError::IssuerKeyMismatch);
    }
    let tbs = TbsCertificate {
        version: Version::V3,
        serial_number: serial_number(rng)?,
        signature: algorithm.identifier(),
        issuer: draft.issuer,
        validity: x509_cert::time::Validity {
            not_before: moment::time(draft.validity.0.not_before)?,
            not_after: moment::time(draft.validity.0.not_after)?,
        },
        subject: draft.subject,
        subject_public_key_info: SubjectPublicKeyInfoOwned::from_der(draft.key.spki_der())
            .map_err(encoding)?,
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(draft.extensions),
    };
    let octets = tbs.to_der().map_err(encoding)?;
    let signature = issuer
        .sign(&octets)
        .map_err(|error| TrustError::IssuerKeyFailed(error.0))?;
    let certificate = x509_cert::Certificate {
        tbs_certificate: tbs,
        signature_algorithm: algorithm.identifier(),
        signature: BitString::from_bytes(&signature).map_err(encoding)?,
    };
    let certificate = Certificate::from_der(&certificate.to_der().map_err(encoding)?)?;
    if !certificate.is_signed_by(issuer_public) {
        return Err(TrustError::IssuerKeyFailed(
            "its signature does not verify".to_owned(),
        ));
    }
    Ok(certificate)
}

/// An X.501 name of O, if given, and CN.
pub(super) fn name(organization: Option<&str>, common_name: &str) -> Result<Name, TrustError> {
    let part = |oid, text: &str| -> der::Result<RelativeDistinguishedName> {
        let value = Any::encode_from(&Utf8StringRef::new(text)?)?;
        RelativeDistinguishedName::try_from(vec![AttributeTypeAndValue { oid, value }])
    };
    organization
        .map(|text| part(ORGANIZATION_NAME, text))
        .into_iter()
        .chain([part(COMMON_NAME, common_name)])
        .collect::<der::Result<Vec<_>>>()
        .map(RdnSequence)
        .map_err(encoding)
}

/// The name that a certificate has as its subject.
pub(super) fn subject_of(certificate: &Certificate) -> Result<Name, TrustError> {
    Name::from_der(certificate.subject_der()).map_err(encoding)
}

pub(super) fn basic_constraints() -> Result<Extension, TrustError> {
    let constraints = BasicConstraints {
        ca: true,
        path_len_constraint: Some(0),
    };
    extension(ID_CE_BASIC_CONSTRAINTS, true, &constraints)
}

pub(super) fn key_usage(usage: KeyUsage) -> Result<Extension, TrustError> {
    extension(ID_CE_KEY_USAGE, true, &usage)
}

pub(super) fn extended_key_usage(usages: &[ObjectIdentifier]) -> Result<Extension, TrustError> {
    extension(
        ID_CE_EXT_KEY_USAGE,
        false,
        &ExtendedKeyUsage(usages.to_vec()),
    )
}

pub(super) fn alternative_name(uri: &str, dns_names: &[String]) -> Result<Extension, TrustError> {
    let uri = Ia5String::new(uri).map(GeneralName::UniformResourceIdentifier);
    let dns_names = dns_names
        .iter()
        .map(|name| Ia5String::new(name).map(GeneralName::DnsName));
    let names = std::iter::once(uri)
        .chain(dns_names)
        .collect::<der::Result<Vec<_>>>()
        .map_err(encoding)?;
    extension(ID_CE_SUBJECT_ALT_NAME, true, &SubjectAltName(names))
}

/// The identifiers of the certificate's own key and, but for one that signs
/// itself (RFC 5280 clause 4.2.1.1), of its issuer's.
pub(super) fn key_identifiers(
    own: &PublicKey,
    issuer: Option<&Certificate>,
) -> Result<Vec<Extension>, TrustError> {
    let octets = |identifier: &[u8]| OctetString::new(identifier).map_err(encoding);
    let mut list = vec![extension(
        ID_CE_SUBJECT_KEY_IDENTIFIER,
        false,
        &SubjectKeyIdentifier(octets(&own.key_identifier())?),
    )?];
    if let Some(issuer) = issuer {
        let identifier = AuthorityKeyIdentifier {
            key_identifier: Some(octets(&issuer.key_identifier())?),
            ..AuthorityKeyIdentifier::default()
        };
        list.push(extension(
            ID_CE_AUTHORITY_KEY_IDENTIFIER,
            false,
            &identifier,
        )?);
    }
    Ok(list)
}

/// Where the status of this certificate is asked (RFC 6960 clause 3.1).
pub(super) fn ocsp_responder(url: &str) -> Result<Extension, TrustError> {
    if !is_http_url(url) {
        return Err(TrustError::OcspUrlWrong);
    }
    let description = AccessDescription {
        access_method: ID_AD_OCSP,
        access_location: Ia5String::new(url)
            .map(GeneralName::UniformResourceIdentifier)
            .map_err(encoding)?,
    };
    extension(
        ID_PE_AUTHORITY_INFO_ACCESS,
        false,
        &AuthorityInfoAccessSyntax(vec![description]),
    )
}

/// An extension around octets that are DER already.
pub(super) fn opaque(oid: ObjectIdentifier, value: &[u8]) -> Result<Extension, TrustError> {
    Ok(Extension {
        extn_id: oid,
        critical: false,
        extn_value: OctetString::new(value).map_err(encoding)?,
    })
}

/// Says that the status of this certificate is not asked: it signs status
/// answers itself (RFC 6960 clause 4.2.2.2.1).
pub(super) fn ocsp_no_check() -> Result<Extension, TrustError> {
    extension(ID_PKIX_OCSP_NOCHECK, false, &Null)
}

fn extension(
    oid: ObjectIdentifier,
    critical: bool,
    value: &impl Encode,
) -> Result<Extension, TrustError> {
    Ok(Extension {
        critical,
        ..opaque(oid, &value.to_der().map_err(encoding)?)?
    })
}

/// 16 random octets, made positive and never shortened by DER: the two highest
/// bits are 01.
fn serial_number(rng: &mut dyn Random) -> Result<SerialNumber, TrustError> {
    let mut octets = [0; 16];
    rng.fill(&mut octets);
    let [first, ..] = &mut octets;
    *first = (*first & 0x3f) | 0x40;
    SerialNumber::new(&octets).map_err(encoding)
}

fn encoding(_: der::Error) -> TrustError {
    TrustError::EncodingFailed
}
