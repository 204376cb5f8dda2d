//! Making a list (RFC 5280 clause 5.1).

use std::collections::BTreeSet;

use clock::Timestamp;
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::{ID_CE_AUTHORITY_KEY_IDENTIFIER, ID_CE_CRL_NUMBER, ID_CE_CRL_REASONS};
use der::asn1::{BitString, OctetString, Uint};
use der::{Decode, Encode};
use x509_cert::certificate::Version;
use x509_cert::crl::{CertificateList, RevokedCert, TbsCertList};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, CrlNumber};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;

use super::{CrlFault, MAX_CRL};
use crate::anchor::check_issuer_key;
use crate::issue::IssuerKey;
use crate::{Certificate, PublicKey, Revocation, RevocationReason, TrustError, moment};

/// What a list says.
#[derive(Clone, Copy, Debug)]
pub struct CrlContents<'a> {
    /// Higher than that of every list before.
    pub number: u64,
    /// When it is made.
    pub this_update: Timestamp,
    /// When the next one is made at the latest.
    pub next_update: Timestamp,
    /// The revoked certificates, each once.
    pub revoked: &'a [RevokedCertificate],
}

/// A line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokedCertificate {
    /// As [`Certificate::serial`] gives it.
    pub serial: Vec<u8>,
    /// When and why.
    pub revocation: Revocation,
}

/// Makes a list in DER, signed by `key`, which is that of `issuer`.
///
/// # Errors
/// [`TrustError::IssuerKeyMismatch`] if it is not; [`CrlFault::ContentsWrong`] for
/// a certificate twice, the reason removeFromCRL, an end before the beginning, or
/// more than [`MAX_CRL`] octets; [`TrustError::IssuerKeyFailed`] if the key
/// doesn't sign.
pub fn issue_crl(
    key: &dyn IssuerKey,
    issuer: &Certificate,
    contents: &CrlContents<'_>,
) -> Result<Vec<u8>, TrustError> {
    let public = PublicKey::from_spki_der(&key.public_key_der())?;
    check_issuer_key(issuer, &public)?;
    check_contents(contents)?;
    let algorithm = key.algorithm().identifier();
    let revoked = contents
        .revoked
        .iter()
        .map(line)
        .collect::<Result<Vec<_>, _>>()?;
    let number = CrlNumber(Uint::new(&contents.number.to_be_bytes()).map_err(encoding)?);
    let authority = AuthorityKeyIdentifier {
        key_identifier: Some(OctetString::new(issuer.key_identifier()).map_err(encoding)?),
        ..AuthorityKeyIdentifier::default()
    };
    let tbs = TbsCertList {
        version: Version::V2,
        signature: algorithm.clone(),
        issuer: Name::from_der(issuer.subject_der()).map_err(encoding)?,
        this_update: moment::time(contents.this_update)?,
        next_update: Some(moment::time(contents.next_update)?),
        // RFC 5280 clause 5.1.2.6: absent when there is none.
        revoked_certificates: (!revoked.is_empty()).then_some(revoked),
        crl_extensions: Some(vec![
            extension(ID_CE_AUTHORITY_KEY_IDENTIFIER, &authority)?,
            extension(ID_CE_CRL_NUMBER, &number)?,
        ]),
    };
    let signature = key
        .sign(&tbs.to_der().map_err(encoding)?)
        .map_err(|error| TrustError::IssuerKeyFailed(error.0))?;
    let list = CertificateList {
        tbs_cert_list: tbs,
        signature_algorithm: algorithm,
        signature: BitString::from_bytes(&signature).map_err(encoding)?,
    };
    let der = list.to_der().map_err(encoding)?;
    if der.len() > MAX_CRL {
        return Err(CrlFault::ContentsWrong("longer than 1048576 octets").into());
    }
    Ok(der)
}

fn check_contents(contents: &CrlContents<'_>) -> Result<(), TrustError> {
    let wrong = |what| Err(CrlFault::ContentsWrong(what).into());
    if contents.next_update < contents.this_update {
        return wrong("ends before it begins");
    }
    let mut seen = BTreeSet::new();
    for line in contents.revoked {
        if !seen.insert(&line.serial) {
            return wrong("a certificate twice");
        }
        if line.revocation.reason == Some(RevocationReason::RemoveFromCrl) {
            return wrong("removeFromCRL is for delta lists");
        }
    }
    Ok(())
}

fn line(line: &RevokedCertificate) -> Result<RevokedCert, TrustError> {
    // RFC 5280 clause 5.3.1: unspecified is left out.
    let reason = line
        .revocation
        .reason
        .filter(|reason| *reason != RevocationReason::Unspecified)
        .map(|reason| extension(ID_CE_CRL_REASONS, &reason))
        .transpose()?;
    Ok(RevokedCert {
        serial_number: SerialNumber::new(&line.serial).map_err(encoding)?,
        revocation_date: moment::time(line.revocation.at)?,
        crl_entry_extensions: reason.map(|reason| vec![reason]),
    })
}

fn extension(oid: ObjectIdentifier, value: &impl Encode) -> Result<Extension, TrustError> {
    let value = value.to_der().map_err(encoding)?;
    Ok(Extension {
        extn_id: oid,
        critical: false,
        extn_value: OctetString::new(value).map_err(encoding)?,
    })
}

fn encoding(_: der::Error) -> TrustError {
    TrustError::EncodingFailed
}
