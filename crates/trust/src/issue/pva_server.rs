//! The TLS server leaf of a PVA (docs/operator-change.md, sections 1 and 6).

use clock::Random;

use super::leaf::check_hosts;
use super::tbs::{self, Draft};
use super::{IssuerKey, Validity};
use crate::anchor::check_issuer_key;
use crate::{Certificate, PublicKey, Purpose, PvaAnchor, TrustError};

/// Issues the PVA's own TLS server leaf. `public_key` is the server's; 1 to 15
/// hosts.
///
/// # Errors
/// [`TrustError::IssuerKeyMismatch`] if `key` is not the PVA's;
/// [`TrustError::DnsNamesWrong`]; [`TrustError::IssuerKeyFailed`] if it doesn't
/// sign.
pub fn issue_pva_server(
    key: &dyn IssuerKey,
    pva: &PvaAnchor,
    public_key: &PublicKey,
    dns_names: &[String],
    validity: Validity,
    rng: &mut dyn Random,
) -> Result<Certificate, TrustError> {
    let issuer_public = PublicKey::from_spki_der(&key.public_key_der())?;
    check_issuer_key(pva.certificate(), &issuer_public)?;
    let purpose = Purpose::DpfServer;
    check_hosts(purpose, dns_names)?;
    let supplier = pva.supplier();
    let mut extensions = vec![
        tbs::key_usage(purpose.key_usage(public_key.kind()).issued)?,
        tbs::extended_key_usage(purpose.extended_key_usages())?,
        tbs::alternative_name(&supplier.pva_uri(), dns_names)?,
    ];
    extensions.extend(tbs::key_identifiers(public_key, Some(pva.certificate()))?);
    let draft = Draft {
        issuer: tbs::subject_of(pva.certificate())?,
        subject: tbs::name(Some(supplier.as_str()), &format!("PVA {supplier} server"))?,
        validity,
        key: public_key,
        extensions,
    };
    tbs::sign(draft, key, &issuer_public, rng)
}
