//! The verification of a CertTRE (docs/operator-change.md, section 1): issued by
//! the supplier's PVA, for the expected TRE_id, for the wanted use.

use crate::anchor::{check_dates, check_issued};
use crate::{Certificate, PvaAnchor, SupplierName, TimePolicy, TreUse, TrustError};

/// A CertTRE that [`verify_tre`] accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedTre {
    certificate: Certificate,
    tre_id: String,
    supplier: SupplierName,
}

impl VerifiedTre {
    /// The CertTRE.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The TRE_id, `urn:x-rehome:tre:SUPPLIER:ID`.
    #[must_use]
    pub fn tre_id(&self) -> &str {
        &self.tre_id
    }

    /// The supplier.
    #[must_use]
    pub fn supplier(&self) -> &SupplierName {
        &self.supplier
    }
}

/// Verifies that `leaf` is the CertTRE of `tre_id` for `wanted`, issued by the
/// PVA of its supplier and in date by `policy`. A certificate with both uses
/// serves each of them. The contents of the extension A.16 are not looked at.
///
/// # Errors
/// In this order: [`TrustError::ChainInvalid`];
/// [`TrustError::LeafIsAuthority`]; [`TrustError::PurposeWrong`] for a wrong key
/// usage, or any extended key usage, which CertTRE has not;
/// [`TrustError::TreIdMalformed`]; [`TrustError::PvaSupplierMismatch`] if the
/// TRE_id names another supplier, compared whole; [`TrustError::IdentityWrong`]
/// for another TRE_id; [`TrustError::TreExtensionMissing`];
/// [`TrustError::LeafDate`]; [`TrustError::AnchorDate`].
pub fn verify_tre(
    leaf: &Certificate,
    pva: &PvaAnchor,
    wanted: TreUse,
    tre_id: &str,
    policy: TimePolicy,
) -> Result<VerifiedTre, TrustError> {
    check_issued(leaf, pva.certificate())?;
    check_use(leaf, wanted)?;
    let carried = leaf.only_uri().ok_or(TrustError::IdentityWrong)?;
    let supplier = SupplierName::of_tre_id(carried)?;
    if supplier != *pva.supplier() {
        return Err(TrustError::PvaSupplierMismatch);
    }
    if carried != tre_id {
        return Err(TrustError::IdentityWrong);
    }
    if leaf.tre_extension().is_none() {
        return Err(TrustError::TreExtensionMissing);
    }
    check_dates(leaf, pva.certificate(), policy)?;
    Ok(VerifiedTre {
        certificate: leaf.clone(),
        tre_id: carried.to_owned(),
        supplier,
    })
}

fn check_use(leaf: &Certificate, wanted: TreUse) -> Result<(), TrustError> {
    let extensions = leaf.extensions();
    if extensions.extended_key_usages.is_some() {
        return Err(TrustError::PurposeWrong(
            "a CertTRE has no extended key usage",
        ));
    }
    let rule = wanted.key_usage(leaf.public_key().kind());
    if !extensions.key_usage.is_some_and(|usage| rule.admits(usage)) {
        return Err(TrustError::PurposeWrong("key usage does not fit"));
    }
    Ok(())
}
