//! What the tests share: a DER writer and a certificate writer of their own,
//! fixed keys, a seeded random source, and the `openssl` program.

pub(crate) mod build;
pub(crate) mod crl;
pub(crate) mod der;
pub(crate) mod ocsp;
pub(crate) mod program;
pub(crate) mod random;
pub(crate) mod records;
pub(crate) mod test_keys;

use clock::Timestamp;
use trust::{Anchor, Certificate, Purpose, PvaAnchor, ShoId, TimeInterval, TimePolicy};

use build::Draft;
use test_keys::p256;

/// The seed of the key of every anchor here.
pub(crate) const ANCHOR_KEY: u32 = 1;
/// The seed of the key of every leaf here.
pub(crate) const LEAF_KEY: u32 = 2;
/// The TRE_id of every CertTRE here, unless a test says otherwise.
pub(crate) const TRE_ID: &str = "urn:x-rehome:tre:acme:000102030405060708090a0b0c0d0e0f";

/// An RFC 3339 text as a moment.
pub(crate) fn at(text: &str) -> Timestamp {
    text.parse()
        .expect("a time of the form 2026-01-31T23:59:59Z")
}

/// A trusted clock that shows exactly this moment.
pub(crate) fn exactly(text: &str) -> TimePolicy {
    TimePolicy::Trusted(TimeInterval::exactly(at(text)))
}

/// A time within the validity of everything that `build` writes.
pub(crate) fn in_date() -> TimePolicy {
    exactly("2026-06-01T00:00:00Z")
}

pub(crate) fn sho(text: &str) -> ShoId {
    text.parse().expect("a SHO_id")
}

/// The CertSHO of this operator, signed by the anchors' key.
pub(crate) fn anchor(sho_id: &str) -> Anchor {
    let certificate = parsed(&Draft::anchor(sho_id).signed_by(&p256(ANCHOR_KEY)));
    Anchor::new(sho(sho_id), certificate).expect("an anchor")
}

/// The PVA of this supplier, with the anchors' key.
pub(crate) fn pva(supplier: &str) -> PvaAnchor {
    let certificate = parsed(&Draft::pva().signed_by(&p256(ANCHOR_KEY)));
    PvaAnchor::new(supplier.parse().expect("a supplier's name"), certificate).expect("a PVA")
}

/// A right leaf of this operator, before anything is changed in it.
pub(crate) fn leaf(sho_id: &str, purpose: Purpose) -> Draft {
    Draft::leaf(sho_id, purpose)
}

pub(crate) fn parsed(der: &[u8]) -> Certificate {
    Certificate::from_der(der).expect("a certificate that parses")
}
