//! Self-signed certificate authorities: CertSHO and the PVA's (docs/
//! operator-change.md, section 1).

use clock::Random;
use x509_cert::ext::pkix::{KeyUsage, KeyUsages};
use x509_cert::name::Name;

use super::tbs::{self, Draft};
use super::{IssuerKey, Validity};
use crate::{Anchor, Certificate, PublicKey, PvaAnchor, ShoId, SupplierName, TrustError};

/// Makes a CertSHO: CA with path length 0 and the operator's URI.
///
/// # Errors
/// [`TrustError::KeyUnsupported`] or [`TrustError::KeyMalformed`] for the key;
/// [`TrustError::IssuerKeyFailed`] if it doesn't sign.
pub fn issue_sho_anchor(
    key: &dyn IssuerKey,
    sho_id: &ShoId,
    validity: Validity,
    rng: &mut dyn Random,
) -> Result<Anchor, TrustError> {
    let subject = tbs::name(None, &format!("CertSHO {sho_id}"))?;
    let certificate = self_signed(key, subject, Some(&sho_id.uri()), validity, rng)?;
    Anchor::new(sho_id.clone(), certificate)
}

/// Makes the certificate of a supplier's PVA: CA with path length 0. It has no
/// URI, since the supplier's name comes from its registration.
///
/// # Errors
/// As for [`issue_sho_anchor`].
pub fn issue_pva_anchor(
    key: &dyn IssuerKey,
    supplier: &SupplierName,
    validity: Validity,
    rng: &mut dyn Random,
) -> Result<PvaAnchor, TrustError> {
    let subject = tbs::name(Some(supplier.as_str()), &format!("PVA {supplier}"))?;
    let certificate = self_signed(key, subject, None, validity, rng)?;
    PvaAnchor::new(supplier.clone(), certificate)
}

fn self_signed(
    key: &dyn IssuerKey,
    subject: Name,
    uri: Option<&str>,
    validity: Validity,
    rng: &mut dyn Random,
) -> Result<Certificate, TrustError> {
    let public = PublicKey::from_spki_der(&key.public_key_der())?;
    let usage = KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign);
    let mut extensions = vec![tbs::basic_constraints()?, tbs::key_usage(usage)?];
    if let Some(uri) = uri {
        extensions.push(tbs::alternative_name(uri, &[])?);
    }
    extensions.extend(tbs::key_identifiers(&public, None)?);
    let draft = Draft {
        issuer: subject.clone(),
        subject,
        validity,
        key: &public,
        extensions,
    };
    tbs::sign(draft, key, &public, rng)
}
