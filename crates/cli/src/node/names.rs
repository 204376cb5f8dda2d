//! How hosts are called, after TS 23.003 clause 19.2: a domain for each
//! operator, under a top-level name that nobody can own (RFC 6761).

use trust::ShoId;

/// An operator's domain.
pub(crate) fn domain(sho_id: &ShoId) -> String {
    format!("mnc{:0>3}.mcc{}.rehome.test", sho_id.mnc(), sho_id.mcc())
}

/// The host of a supplier's PVA.
pub(crate) fn pva_host(supplier: &str) -> String {
    format!("pva.{supplier}.rehome.test")
}
