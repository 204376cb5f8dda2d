//! The verification of an operator's leaf for one purpose, and of a host's name
//! (docs/operator-change.md, sections 1, 3, 4 and 5).

use crate::anchor::{check_dates, check_issued};
use crate::{Anchor, Certificate, Purpose, ShoId, TimePolicy, TrustError};

/// The longest dNSName, RFC 1035 clause 2.3.4 without the root's dot.
const MAX_HOST: usize = 253;

/// A leaf that [`verify_leaf`] accepted: for this operator, for this purpose,
/// at the time of the call. Keep the certificate, not the verdict, and verify
/// again when it is used again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedLeaf {
    certificate: Certificate,
    sho_id: ShoId,
    purpose: Purpose,
}

impl VerifiedLeaf {
    /// The leaf.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The operator that it belongs to.
    #[must_use]
    pub fn sho_id(&self) -> &ShoId {
        &self.sho_id
    }

    /// What it was verified for.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }
}

/// Verifies that `leaf` is `expected`'s certificate for `purpose`, issued by
/// `anchor` and in date by `policy`. The signature comes first, so that nothing
/// unsigned decides the refusal.
///
/// # Errors
/// In this order: [`TrustError::IdentityWrong`] if the anchor is another
/// operator's; [`TrustError::ChainInvalid`]; [`TrustError::LeafIsAuthority`];
/// [`TrustError::PurposeWrong`] unless the extended key usages equal the
/// purpose's and the key usage fits; [`TrustError::IdentityWrong`] unless the
/// leaf's only URI is `expected`'s; [`TrustError::LeafDate`];
/// [`TrustError::AnchorDate`].
pub fn verify_leaf(
    leaf: &Certificate,
    anchor: &Anchor,
    purpose: Purpose,
    expected: &ShoId,
    policy: TimePolicy,
) -> Result<VerifiedLeaf, TrustError> {
    if anchor.sho_id() != expected {
        return Err(TrustError::IdentityWrong);
    }
    check_issued(leaf, anchor.certificate())?;
    check_purpose(leaf, purpose)?;
    if leaf.only_uri() != Some(expected.uri().as_str()) {
        return Err(TrustError::IdentityWrong);
    }
    check_dates(leaf, anchor.certificate(), policy)?;
    Ok(VerifiedLeaf {
        certificate: leaf.clone(),
        sho_id: expected.clone(),
        purpose,
    })
}

/// Checks that a DPF's leaf carries `host`, the host of the PROVURL: a dNSName
/// equal to it but for ASCII case. A wildcard matches nothing.
///
/// # Errors
/// [`TrustError::PurposeWrong`] if the leaf was verified for something else;
/// [`TrustError::HostWrong`] if no dNSName equals the host, or the host is no
/// DNS name.
pub fn dpf_name_matches(leaf: &VerifiedLeaf, host: &str) -> Result<(), TrustError> {
    check_host(leaf, Purpose::DpfServer, host)
}

/// The same for the leaf of another operator's peer interface (section 4).
///
/// # Errors
/// As for [`dpf_name_matches`].
pub fn peer_name_matches(leaf: &VerifiedLeaf, host: &str) -> Result<(), TrustError> {
    check_host(leaf, Purpose::Peer, host)
}

fn check_host(leaf: &VerifiedLeaf, purpose: Purpose, host: &str) -> Result<(), TrustError> {
    if leaf.purpose != purpose {
        return Err(TrustError::PurposeWrong("verified for another purpose"));
    }
    let carried = |name: &str| name.eq_ignore_ascii_case(host);
    if is_dns_name(host) && leaf.certificate.dns_names().any(carried) {
        Ok(())
    } else {
        Err(TrustError::HostWrong)
    }
}

pub(crate) fn check_purpose(leaf: &Certificate, purpose: Purpose) -> Result<(), TrustError> {
    let extensions = leaf.extensions();
    if !extensions.has_exactly(purpose.extended_key_usages()) {
        return Err(TrustError::PurposeWrong(
            "extended key usages are not the purpose's",
        ));
    }
    let rule = purpose.key_usage(leaf.public_key().kind());
    if !extensions.key_usage.is_some_and(|usage| rule.admits(usage)) {
        return Err(TrustError::PurposeWrong("key usage does not fit"));
    }
    Ok(())
}

/// Whether a text is a host's DNS name: letters, digits and inner hyphens in
/// labels of 1 to 63, and a last label that no IPv4 address can have.
pub(crate) fn is_dns_name(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
    };
    let last = text.rsplit('.').next().unwrap_or_default();
    text.len() <= MAX_HOST
        && text.split('.').all(label)
        && !last.bytes().all(|octet| octet.is_ascii_digit())
}
