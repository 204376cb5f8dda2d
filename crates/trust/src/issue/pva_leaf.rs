//! The leaves of a PVA (docs/operator-change.md, sections 1 and 6).

use clock::Random;

use super::IssuerKey;
use super::leaf::{LeafRequest, check_hosts};
use super::tbs::{self, Draft};
use crate::anchor::check_issuer_key;
use crate::{Certificate, PublicKey, Purpose, PvaAnchor, TrustError};

/// Issues a PVA's own leaf under `pva`, whose key `key` is. Its purpose is
/// [`Purpose::DpfServer`] with 1 to 15 hosts, [`Purpose::PeerDocument`] or
/// [`Purpose::PeerEncipherment`].
///
/// # Errors
/// [`TrustError::IssuerKeyMismatch`] if `key` is not the PVA's;
/// [`TrustError::PurposeWrong`] for a purpose that a PVA has not;
/// [`TrustError::DnsNamesWrong`]; [`TrustError::OcspUrlWrong`];
/// [`TrustError::IssuerKeyFailed`] if it doesn't sign.
pub fn issue_pva_leaf(
    key: &dyn IssuerKey,
    pva: &PvaAnchor,
    request: &LeafRequest<'_>,
    rng: &mut dyn Random,
) -> Result<Certificate, TrustError> {
    let purpose = request.purpose;
    if !matches!(
        purpose,
        Purpose::DpfServer | Purpose::PeerDocument | Purpose::PeerEncipherment
    ) {
        return Err(TrustError::PurposeWrong("not a purpose of a PVA"));
    }
    let issuer_public = PublicKey::from_spki_der(&key.public_key_der())?;
    check_issuer_key(pva.certificate(), &issuer_public)?;
    check_hosts(purpose, request.dns_names)?;
    let supplier = pva.supplier();
    let mut extensions = vec![
        tbs::key_usage(purpose.key_usage(request.public_key.kind()).issued)?,
        tbs::extended_key_usage(purpose.extended_key_usages())?,
        tbs::alternative_name(&supplier.pva_uri(), request.dns_names)?,
    ];
    if let Some(url) = request.ocsp_url {
        extensions.push(tbs::ocsp_responder(url)?);
    }
    let authority = Some(pva.certificate());
    extensions.extend(tbs::key_identifiers(request.public_key, authority)?);
    let common_name = format!("PVA {supplier} {}", purpose.label());
    let draft = Draft {
        issuer: tbs::subject_of(pva.certificate())?,
        subject: tbs::name(Some(supplier.as_str()), &common_name)?,
        validity: request.validity,
        key: request.public_key,
        extensions,
    };
    tbs::sign(draft, key, &issuer_public, rng)
}
