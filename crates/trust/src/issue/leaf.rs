//! Leaves under a CertSHO, one purpose each (docs/operator-change.md,
//! section 1).

use clock::Random;

use super::tbs::{self, Draft};
use super::{IssuerKey, Validity};
use crate::anchor::check_issuer_key;
use crate::verify::is_dns_name;
use crate::{Anchor, Certificate, PublicKey, Purpose, TrustError};

const MAX_DNS_NAMES: usize = 15;

/// What a leaf is to say. Its operator is the anchor's.
#[derive(Clone, Debug)]
pub struct LeafRequest<'a> {
    /// The one thing that it is for.
    pub purpose: Purpose,
    /// The key that it certifies, which the operator holds itself.
    pub public_key: &'a PublicKey,
    /// Hosts: 1 to 15 for [`Purpose::DpfServer`], 0 to 15 for
    /// [`Purpose::Peer`], none for the others. No wildcards.
    pub dns_names: &'a [String],
    /// Its validity.
    pub validity: Validity,
    /// Where its status is asked: a URL of http or https, at most 255 octets,
    /// without user and fragment.
    pub ocsp_url: Option<&'a str>,
}

/// Issues a leaf under `anchor`, whose key `key` is.
///
/// # Errors
/// [`TrustError::IssuerKeyMismatch`] if it is not; [`TrustError::DnsNamesWrong`]
/// for names that the purpose can't have; [`TrustError::OcspUrlWrong`];
/// [`TrustError::IssuerKeyFailed`] if it doesn't sign.
pub fn issue_leaf(
    key: &dyn IssuerKey,
    anchor: &Anchor,
    request: &LeafRequest<'_>,
    rng: &mut dyn Random,
) -> Result<Certificate, TrustError> {
    let issuer_public = PublicKey::from_spki_der(&key.public_key_der())?;
    check_issuer_key(anchor.certificate(), &issuer_public)?;
    check_hosts(request.purpose, request.dns_names)?;
    let purpose = request.purpose;
    let sho_id = anchor.sho_id();
    let usage = purpose.key_usage(request.public_key.kind()).issued;
    let mut extensions = vec![
        tbs::key_usage(usage)?,
        tbs::extended_key_usage(purpose.extended_key_usages())?,
        tbs::alternative_name(&sho_id.uri(), request.dns_names)?,
    ];
    if purpose == Purpose::OcspSigning {
        extensions.push(tbs::ocsp_no_check()?);
    }
    if let Some(url) = request.ocsp_url {
        extensions.push(tbs::ocsp_responder(url)?);
    }
    extensions.extend(tbs::key_identifiers(
        request.public_key,
        Some(anchor.certificate()),
    )?);
    let draft = Draft {
        issuer: tbs::subject_of(anchor.certificate())?,
        subject: tbs::name(None, &format!("SHO {sho_id} {}", purpose.label()))?,
        validity: request.validity,
        key: request.public_key,
        extensions,
    };
    tbs::sign(draft, key, &issuer_public, rng)
}

/// As many hosts as the purpose has, each of them one.
pub(super) fn check_hosts(purpose: Purpose, names: &[String]) -> Result<(), TrustError> {
    let allowed = match purpose {
        Purpose::DpfServer => 1..=MAX_DNS_NAMES,
        Purpose::Peer => 0..=MAX_DNS_NAMES,
        _ => 0..=0,
    };
    if !allowed.contains(&names.len()) {
        return Err(TrustError::DnsNamesWrong(
            "too few or too many for the purpose",
        ));
    }
    if !names.iter().all(|name| is_dns_name(name)) {
        return Err(TrustError::DnsNamesWrong("not a host's name"));
    }
    Ok(())
}
