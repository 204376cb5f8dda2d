//! Another operator, as this one knows it (docs/operator-change.md section 4).

use trust::{Anchor, Purpose, ShoId, TimePolicy};
use xmldsig::{Unverified, VerifyingKey};

use crate::ProvisioningError;
use crate::documents::{Signed, SignedDocument};

/// A peer operator: registered by hand, with its fingerprint compared.
#[derive(Clone)]
pub struct Peer {
    /// Its CertSHO, bound to its SHO_id.
    pub anchor: Anchor,
    /// The domains in which its PROVURLs may be.
    pub domains: Vec<String>,
}

impl Peer {
    /// Its SHO_id.
    #[must_use]
    pub fn sho_id(&self) -> &ShoId {
        self.anchor.sho_id()
    }

    /// Verifies a document that this peer must have signed for `purpose`.
    ///
    /// # Errors
    /// A leaf that does not chain to the peer's anchor for this purpose, or a
    /// wrong signature.
    pub fn verify<D: SignedDocument>(
        &self,
        octets: &[u8],
        purpose: Purpose,
        time: TimePolicy,
    ) -> Result<Signed<D>, ProvisioningError> {
        let document = crate::documents::unverified::<D>(octets)?;
        let key = self.key_of(&document, purpose, time)?;
        Signed::verify(document, &key)
    }

    fn key_of(
        &self,
        document: &Unverified,
        purpose: Purpose,
        time: TimePolicy,
    ) -> Result<VerifyingKey, ProvisioningError> {
        let leaf = trust::Certificate::from_der(document.leaf().unwrap_or_default())?;
        let leaf = trust::verify_leaf(&leaf, &self.anchor, purpose, self.sho_id(), time)?;
        Ok(VerifyingKey::from_spki_der(
            leaf.certificate().public_key().spki_der(),
        )?)
    }

    /// Checks a PROVURL: `https://HOST/PATH`, the host in one of the peer's
    /// domains, no port, no user, no query.
    ///
    /// # Errors
    /// `policy`.
    pub fn check_url(&self, url: &str) -> Result<(), ProvisioningError> {
        let host = https_host(url).ok_or(ProvisioningError::refused("policy"))?;
        let inside = self.domains.iter().any(|domain| {
            host == domain
                || host
                    .strip_suffix(domain.as_str())
                    .is_some_and(|front| front.ends_with('.'))
        });
        if inside {
            Ok(())
        } else {
            Err(ProvisioningError::refused("policy"))
        }
    }
}

/// The host of a URL of the one form that the operator change uses:
/// `https://HOST/PATH` in lower case, without port, user, query or fragment.
#[must_use]
pub fn https_host(url: &str) -> Option<&str> {
    let (host, path) = url.strip_prefix("https://")?.split_once('/')?;
    let host_is_plain = !host.is_empty()
        && !host.starts_with(['.', '-'])
        && !host.ends_with('.')
        && host
            .bytes()
            .all(|o| o.is_ascii_lowercase() || o.is_ascii_digit() || o == b'.' || o == b'-');
    let path_is_plain = path
        .bytes()
        .all(|o| o.is_ascii_alphanumeric() || b"/-_.~".contains(&o));
    (host_is_plain && path_is_plain && url.len() <= 255).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::https_host;

    #[test]
    fn only_the_one_form_of_url_has_a_host() {
        assert_eq!(
            https_host("https://dpf.mnc002.mcc001.rehome.test/dm"),
            Some("dpf.mnc002.mcc001.rehome.test")
        );
        for bad in [
            "http://dpf.test/dm",
            "https://dpf.test",
            "https://dpf.test:443/dm",
            "https://user@dpf.test/dm",
            "https://dpf.test/dm?x=1",
            "https://dpf.test/dm#x",
            "https:///dm",
            "https://DPF.test/dm",
            "https://.test/dm",
            "https://dpf.test./dm",
            "https://[::1]/dm",
        ] {
            assert_eq!(https_host(bad), None, "{bad}");
        }
    }
}
