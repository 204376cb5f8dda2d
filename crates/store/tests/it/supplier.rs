//! A PVA's record of its certificates: what it never issued it does not know,
//! and what it revoked it never takes back.

use clock::Timestamp;
use store::{CertificateStatus, Error, SupplierStore};
use tre::TreId;

use crate::scratch::{Scratch, key};

fn tre_id(n: u32) -> TreId {
    format!("urn:x-rehome:tre:acme:{n:032x}").parse().unwrap()
}

#[test]
fn certificates_are_good_until_their_tre_is_revoked_and_after_a_restart() {
    let scratch = Scratch::new("supplier");
    let path = scratch.path();
    let now = Timestamp::from_unix_millis(1_000);
    let mut store = SupplierStore::open(&path).unwrap();
    let issued = [
        (tre_id(1), "01".to_owned()),
        (tre_id(1), "02".to_owned()),
        (tre_id(2), "03".to_owned()),
    ];
    store.record(now, &issued).unwrap();
    assert_eq!(store.revoke(now, &tre_id(1)).unwrap(), 2);
    assert_eq!(store.revoke(now, &tre_id(1)).unwrap(), 0);
    assert_eq!(store.revoke(now, &tre_id(3)).unwrap(), 0);
    // Recorded once more, as after a lost answer: it stays revoked.
    store.record(now, &issued).unwrap();
    drop(store);
    let store = SupplierStore::open(&path).unwrap();
    let expected = [
        (1, "01", Some(CertificateStatus::Revoked)),
        (1, "02", Some(CertificateStatus::Revoked)),
        (2, "03", Some(CertificateStatus::Good)),
        (2, "01", None),
        (1, "03", None),
        (3, "01", None),
        (1, "", None),
    ];
    for (tre, serial, status) in expected {
        assert_eq!(
            store.status(&tre_id(tre), serial).unwrap(),
            status,
            "{tre} {serial}"
        );
    }
}

#[test]
fn another_partys_database_is_refused() {
    let scratch = Scratch::new("supplier-foreign");
    let path = scratch.path();
    drop(store::DeviceStore::open(&path, key()).unwrap());
    assert!(matches!(SupplierStore::open(&path), Err(Error::NotOurs(_))));
}

/// A batch of PCIDs is taken once, whoever asks again and after a restart too.
#[test]
fn a_batch_is_taken_once_for_ever() {
    let scratch = Scratch::new("supplier-batch");
    let path = scratch.path();
    let (now, operator) = (
        "2026-01-01T00:00:00Z".parse().unwrap(),
        "001-01".parse().unwrap(),
    );
    let batch = |octet| provisioning::pool::BatchId([octet; 16]);
    let mut store = SupplierStore::open(&path).unwrap();
    assert!(store.take_batch(now, batch(1), &operator).unwrap());
    assert!(!store.take_batch(now, batch(1), &operator).unwrap());
    assert!(store.take_batch(now, batch(2), &operator).unwrap());
    drop(store);
    let mut store = SupplierStore::open(&path).unwrap();
    assert!(!store.take_batch(now, batch(1), &operator).unwrap());
}
