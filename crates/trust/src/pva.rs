//! The leaves of a PVA (docs/operator-change.md, sections 1 and 6): the TLS
//! server that operators ask about TREs, and the key that signs what the
//! supplier hands over with its devices. Each is issued by the PVA and carries
//! the supplier's URI.

use crate::anchor::{check_dates, check_issued};
use crate::verify::{check_purpose, is_dns_name};
use crate::{Certificate, Purpose, PvaAnchor, TimePolicy, TrustError};

/// Verifies that `leaf` is the TLS server certificate of a PVA, issued by it, for
/// `host`, and in date by `policy`.
///
/// # Errors
/// As [`verify_pva_leaf`], and [`TrustError::HostWrong`] unless a dNSName equals
/// the host.
pub fn verify_pva_server(
    leaf: &Certificate,
    pva: &PvaAnchor,
    host: &str,
    policy: TimePolicy,
) -> Result<(), TrustError> {
    // The same usages as a DPF's; issuer and URI tell them apart.
    verify_pva_leaf(leaf, pva, Purpose::DpfServer, policy)?;
    let carried = |name: &str| name.eq_ignore_ascii_case(host);
    if is_dns_name(host) && leaf.dns_names().any(carried) {
        Ok(())
    } else {
        Err(TrustError::HostWrong)
    }
}

/// Verifies that `leaf` is a PVA's own for `purpose`: [`Purpose::DpfServer`] for
/// its server, [`Purpose::PeerDocument`] for what it hands over,
/// [`Purpose::PeerEncipherment`] for what is handed to it.
///
/// # Errors
/// In this order: [`TrustError::ChainInvalid`];
/// [`TrustError::LeafIsAuthority`]; [`TrustError::PurposeWrong`] unless the
/// extended key usages equal the purpose's and the key usage fits, or if it is
/// a CertTRE; [`TrustError::IdentityWrong`] unless its only URI is the
/// supplier's; [`TrustError::LeafDate`]; [`TrustError::AnchorDate`].
pub fn verify_pva_leaf(
    leaf: &Certificate,
    pva: &PvaAnchor,
    purpose: Purpose,
    policy: TimePolicy,
) -> Result<(), TrustError> {
    check_issued(leaf, pva.certificate())?;
    check_purpose(leaf, purpose)?;
    if leaf.tre_extension().is_some() {
        return Err(TrustError::PurposeWrong("a CertTRE is for nothing else"));
    }
    if leaf.only_uri() != Some(pva.supplier().pva_uri().as_str()) {
        return Err(TrustError::IdentityWrong);
    }
    check_dates(leaf, pva.certificate(), policy)
}
