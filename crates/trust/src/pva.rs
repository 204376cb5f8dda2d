//! The TLS identity of a PVA, which operators ask about TREs
//! (docs/operator-change.md, sections 1 and 6): a leaf that the PVA issued to
//! itself, for a TLS server and nothing else.

use crate::anchor::{check_dates, check_issued};
use crate::verify::{check_purpose, is_dns_name};
use crate::{Certificate, Purpose, PvaAnchor, TimePolicy, TrustError};

/// Verifies that `leaf` is the TLS server certificate of a PVA, issued by it, for
/// `host`, and in date by `policy`.
///
/// # Errors
/// In this order: [`TrustError::ChainInvalid`];
/// [`TrustError::LeafIsAuthority`]; [`TrustError::PurposeWrong`] unless the
/// extended key usage is id-kp-serverAuth alone and the key usage fits, or if
/// it is a CertTRE; [`TrustError::IdentityWrong`] unless its only URI is the
/// supplier's; [`TrustError::HostWrong`] unless a dNSName equals the host;
/// [`TrustError::LeafDate`]; [`TrustError::AnchorDate`].
pub fn verify_pva_server(
    leaf: &Certificate,
    pva: &PvaAnchor,
    host: &str,
    policy: TimePolicy,
) -> Result<(), TrustError> {
    check_issued(leaf, pva.certificate())?;
    // The same usages as a DPF's; issuer and URI tell them apart.
    check_purpose(leaf, Purpose::DpfServer)?;
    if leaf.tre_extension().is_some() {
        return Err(TrustError::PurposeWrong("a CertTRE is no server's"));
    }
    if leaf.only_uri() != Some(pva.supplier().pva_uri().as_str()) {
        return Err(TrustError::IdentityWrong);
    }
    let carried = |name: &str| name.eq_ignore_ascii_case(host);
    if !is_dns_name(host) || !leaf.dns_names().any(carried) {
        return Err(TrustError::HostWrong);
    }
    check_dates(leaf, pva.certificate(), policy)
}
