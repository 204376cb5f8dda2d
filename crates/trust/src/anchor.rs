//! Anchors: certificate authorities bound to the one name that they speak for
//! (docs/operator-change.md, sections 1 and 5). Dates are not judged here, but
//! each time that a leaf is verified.

use x509_cert::ext::pkix::KeyUsages;

use crate::{Certificate, PublicKey, ShoId, SupplierName, TimePolicy, TrustError};

/// A CertSHO and the operator that it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    sho_id: ShoId,
    certificate: Certificate,
}

/// The certificate authority of a PVA and the supplier that it is registered
/// for. The name comes from the registration, not from the certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PvaAnchor {
    supplier: SupplierName,
    certificate: Certificate,
}

impl Anchor {
    /// Binds a CertSHO to its operator. That it is *the* CertSHO of that
    /// operator is for the caller to know: it came by hand, or in a bootstrap
    /// that the current SHO signed.
    ///
    /// # Errors
    /// [`TrustError::AnchorInvalid`] unless it is a CA with path length 0 that
    /// may sign certificates, and no leaf of any purpose;
    /// [`TrustError::AnchorIdentityWrong`] unless its only URI is that of
    /// `sho_id`.
    pub fn new(sho_id: ShoId, certificate: Certificate) -> Result<Self, TrustError> {
        check_authority(&certificate)?;
        let constraints = certificate.extensions().authority;
        if constraints.and_then(|authority| authority.path_length) != Some(0) {
            return Err(TrustError::AnchorInvalid("path length is not 0"));
        }
        if certificate.only_uri() != Some(sho_id.uri().as_str()) {
            return Err(TrustError::AnchorIdentityWrong);
        }
        Ok(Self {
            sho_id,
            certificate,
        })
    }

    /// Takes the CA certificate that a handshake brought, when the bootstrap
    /// announced only the SHA-256 of its SubjectPublicKeyInfo (section 5).
    ///
    /// # Errors
    /// [`TrustError::AnchorKeyWrong`] for another key, otherwise as
    /// [`Self::new`]. The announced key must have signed the certificate
    /// itself: only then is it the key's owner who set its name and limits.
    pub fn with_announced_key(
        sho_id: ShoId,
        spki_sha256: &[u8; 32],
        certificate: Certificate,
    ) -> Result<Self, TrustError> {
        if certificate.public_key().spki_sha256() != *spki_sha256 {
            return Err(TrustError::AnchorKeyWrong);
        }
        if !certificate.is_signed_by(certificate.public_key()) {
            return Err(TrustError::AnchorInvalid("not signed by its own key"));
        }
        Self::new(sho_id, certificate)
    }

    /// The operator.
    #[must_use]
    pub fn sho_id(&self) -> &ShoId {
        &self.sho_id
    }

    /// The CertSHO.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }
}

impl PvaAnchor {
    /// Registers a PVA's certificate for a supplier (`rehome peer
    /// add-supplier`).
    ///
    /// # Errors
    /// [`TrustError::AnchorInvalid`] unless it is a CA that may sign
    /// certificates. Its path length doesn't matter, since only what the PVA
    /// issued itself is ever accepted.
    pub fn new(supplier: SupplierName, certificate: Certificate) -> Result<Self, TrustError> {
        check_authority(&certificate)?;
        Ok(Self {
            supplier,
            certificate,
        })
    }

    /// The supplier.
    #[must_use]
    pub fn supplier(&self) -> &SupplierName {
        &self.supplier
    }

    /// The PVA's certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }
}

/// What every authority needs. One that names itself as issuer must have
/// signed itself; one under some other root is taken on the caller's word.
fn check_authority(certificate: &Certificate) -> Result<(), TrustError> {
    let extensions = certificate.extensions();
    let fault = match (extensions.authority, extensions.key_usage) {
        (None, _) => Some("not a certificate authority"),
        (Some(authority), _) if !authority.critical => Some("basic constraints are not critical"),
        (_, None) => Some("no key usage"),
        (_, Some(usage)) if !usage.0.contains(KeyUsages::KeyCertSign) => {
            Some("may not sign certificates")
        }
        // A CA's extended key usages would limit its leaves' (a rule that
        // libraries have and RFC 5280 has not); none is the same for all.
        _ if extensions.extended_key_usages.is_some() => Some("has extended key usages"),
        _ if certificate.is_self_issued()
            && !certificate.is_signed_by(certificate.public_key()) =>
        {
            Some("its own signature is wrong")
        }
        _ => None,
    };
    fault.map_or(Ok(()), |fault| Err(TrustError::AnchorInvalid(fault)))
}

/// Checks that `authority` issued `leaf`, and that it is a leaf: names as in
/// RFC 5280 clause 6.1.3 (a), the key identifier if there is one, the signature.
pub(crate) fn check_issued(leaf: &Certificate, authority: &Certificate) -> Result<(), TrustError> {
    if leaf.issuer_der() != authority.subject_der() {
        return Err(TrustError::ChainInvalid("another issuer"));
    }
    let named = leaf.extensions().authority_key_identifier.as_deref();
    if named.is_some_and(|identifier| identifier != authority.key_identifier()) {
        return Err(TrustError::ChainInvalid("another authority key identifier"));
    }
    if !leaf.is_signed_by(authority.public_key()) {
        return Err(TrustError::ChainInvalid("signature wrong"));
    }
    let may_sign = leaf.extensions().key_usage.is_some_and(|usage| {
        usage.0.contains(KeyUsages::KeyCertSign) || usage.0.contains(KeyUsages::CRLSign)
    });
    if leaf.extensions().authority.is_some() || may_sign {
        return Err(TrustError::LeafIsAuthority);
    }
    Ok(())
}

/// Judges the dates of a leaf and its authority.
pub(crate) fn check_dates(
    leaf: &Certificate,
    authority: &Certificate,
    policy: TimePolicy,
) -> Result<(), TrustError> {
    leaf.period().judge_leaf(policy)?;
    authority.period().judge_anchor(policy)
}

/// Checks that the key which is about to sign is the authority's.
pub(crate) fn check_issuer_key(authority: &Certificate, key: &PublicKey) -> Result<(), TrustError> {
    if authority.public_key() == key {
        Ok(())
    } else {
        Err(TrustError::IssuerKeyMismatch)
    }
}
