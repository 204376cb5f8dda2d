//! What CertSHO issued: recorded once, revoked once, kept over restarts and after
//! expiry.

use clock::Timestamp;
use store::IssuedCertificate;
use trust::{Revocation, RevocationReason};

use crate::scratch::Scratch;

fn certificate(serial: u8) -> IssuedCertificate {
    IssuedCertificate {
        serial: vec![0x40, serial],
        name: "dpf".to_owned(),
        not_before: Timestamp::from_unix_seconds(1_000),
        not_after: Timestamp::NO_EXPIRY,
        revocation: None,
    }
}

fn revoked(reason: Option<RevocationReason>) -> Revocation {
    let at = Timestamp::from_unix_seconds(2_000);
    Revocation { at, reason }
}

#[tokio::test]
async fn a_certificate_is_recorded_once_and_revoked_once() {
    let scratch = Scratch::new("issued");
    let store = scratch.open();
    let both = vec![certificate(1), certificate(2)];
    assert_eq!(store.record_issued(both.clone()).await.unwrap(), 2);
    assert_eq!(store.record_issued(both).await.unwrap(), 0);
    let compromised = revoked(Some(RevocationReason::KeyCompromise));
    assert!(store.revoke_issued(&[0x40, 1], compromised).await.unwrap());
    // The first word counts, and a repeated record undoes nothing.
    let other = Revocation {
        at: Timestamp::from_unix_seconds(3_000),
        reason: None,
    };
    assert!(!store.revoke_issued(&[0x40, 1], other).await.unwrap());
    assert!(!store.revoke_issued(&[0x40, 9], other).await.unwrap());
    assert_eq!(store.record_issued(vec![certificate(1)]).await.unwrap(), 0);
    store.close().await;
    let store = scratch.open();
    let page = store.issued(None, 10).await.unwrap();
    let first = IssuedCertificate {
        revocation: Some(compromised),
        ..certificate(1)
    };
    assert_eq!(page.certificates, [certificate(2), first]);
    assert_eq!(page.next, None);
}

#[tokio::test]
async fn every_reason_and_none_is_read_as_it_was_written() {
    let store = Scratch::new("issued-reasons");
    let store = store.open();
    let reasons: Vec<_> = RevocationReason::ALL
        .into_iter()
        .map(Some)
        .chain([None])
        .collect();
    for (serial, reason) in (1..).zip(&reasons) {
        store
            .record_issued(vec![certificate(serial)])
            .await
            .unwrap();
        let revocation = revoked(*reason);
        assert!(
            store
                .revoke_issued(&[0x40, serial], revocation)
                .await
                .unwrap()
        );
    }
    let page = store.issued(None, 100).await.unwrap();
    let found = page.certificates.iter().rev();
    let found: Vec<_> = found.map(|row| row.revocation.unwrap().reason).collect();
    assert_eq!(found, reasons);
}

#[tokio::test]
async fn pages_follow_each_other() {
    let scratch = Scratch::new("issued-pages");
    let store = scratch.open();
    let all: Vec<_> = (1..=5).map(certificate).collect();
    store.record_issued(all.clone()).await.unwrap();
    let (mut found, mut before) = (Vec::new(), None);
    loop {
        let page = store.issued(before, 2).await.unwrap();
        assert!(page.certificates.len() <= 2);
        found.extend(page.certificates);
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    found.reverse();
    assert_eq!(found, all);
}

#[tokio::test]
async fn a_reason_that_is_none_is_damage() {
    let scratch = Scratch::new("issued-damage");
    let store = scratch.open();
    store.record_issued(vec![certificate(1)]).await.unwrap();
    let sql = "UPDATE issued_certificates SET revoked = 1, reason = 7";
    scratch.raw().execute(sql, []).unwrap();
    let refused = store.issued(None, 10).await.unwrap_err();
    assert_eq!(refused.code(), "store-damaged");
}
