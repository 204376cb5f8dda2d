//! CertTRE, from the TRE's own request (docs/operator-change.md, section 1).

use clock::{Random, Timestamp};

use super::tbs::{self, Draft};
use super::{CertificateRequest, IssuerKey, Validity};
use crate::anchor::check_issuer_key;
use crate::names::split_tre_id;
use crate::{Certificate, PublicKey, PvaAnchor, TRE_EXTENSION, TreUse, TrustError};

/// Issues a CertTRE without an end (99991231235959Z) for the key, the TRE_id
/// and the extension A.16 of a verified request. The use is the PVA's to say.
///
/// # Errors
/// [`TrustError::IssuerKeyMismatch`] if `key` is not the PVA's;
/// [`TrustError::PvaSupplierMismatch`] if the TRE_id names another supplier,
/// compared whole; [`TrustError::IssuerKeyFailed`] if the key doesn't sign.
pub fn issue_tre(
    key: &dyn IssuerKey,
    pva: &PvaAnchor,
    request: &CertificateRequest,
    granted: TreUse,
    not_before: Timestamp,
    rng: &mut dyn Random,
) -> Result<Certificate, TrustError> {
    let issuer_public = PublicKey::from_spki_der(&key.public_key_der())?;
    check_issuer_key(pva.certificate(), &issuer_public)?;
    if request.supplier() != pva.supplier() {
        return Err(TrustError::PvaSupplierMismatch);
    }
    let (supplier, digits) = split_tre_id(request.tre_id())?;
    let usage = granted.key_usage(request.public_key().kind()).issued;
    let mut extensions = vec![
        tbs::key_usage(usage)?,
        tbs::alternative_name(request.tre_id(), &[])?,
        tbs::opaque(TRE_EXTENSION, request.tre_extension())?,
    ];
    extensions.extend(tbs::key_identifiers(
        request.public_key(),
        Some(pva.certificate()),
    )?);
    let draft = Draft {
        issuer: tbs::subject_of(pva.certificate())?,
        subject: tbs::name(Some(supplier.as_str()), digits)?,
        validity: Validity::new(not_before, Timestamp::NO_EXPIRY)?,
        key: request.public_key(),
        extensions,
    };
    tbs::sign(draft, key, &issuer_public, rng)
}
