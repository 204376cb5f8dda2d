//! Damaged CertTREs, requests and keys: nothing panics, nothing damaged is
//! accepted (RFC 5280 clause 4, RFC 2986).

use trust::issue::CertificateRequest;
use trust::{Certificate, PublicKey, Purpose, TreUse, verify_tre};

use crate::support::build::{DIGITAL_SIGNATURE, Draft};
use crate::support::random::Seeded;
use crate::support::test_keys::p256;
use crate::support::{ANCHOR_KEY, TRE_ID, in_date, leaf, pva};

/// Each octet with each bit turned, and with all of them.
fn flips(der: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    (0..der.len()).flat_map(move |at| {
        (0..8).map(|bit| 1 << bit).chain([0xff]).map(move |mask| {
            let mut damaged = der.to_vec();
            damaged[at] ^= mask;
            (at, damaged)
        })
    })
}

#[test]
fn a_cert_tre_with_one_octet_changed_is_never_accepted() {
    let der = Draft::tre(DIGITAL_SIGNATURE).signed_by(&p256(ANCHOR_KEY));
    let pva = pva("acme");
    let accepted = |der: &[u8]| {
        Certificate::from_der(der)
            .and_then(|leaf| verify_tre(&leaf, &pva, TreUse::Signature, TRE_ID, in_date()))
            .is_ok()
    };
    assert!(accepted(&der));
    for (at, damaged) in flips(&der) {
        assert!(!accepted(&damaged), "octet {at}");
    }
}

#[test]
fn random_damage_is_survived() {
    let mut rng = Seeded::new(20_260_601);
    let der = leaf("001-01", Purpose::Peer).signed_by(&p256(ANCHOR_KEY));
    let mut read = 0;
    for _ in 0..20_000 {
        let mut damaged = der.clone();
        for _ in 0..=rng.below(4) {
            let at = rng.below(damaged.len());
            match rng.below(3) {
                0 => damaged[at] = rng.next() as u8,
                1 => drop(damaged.remove(at)),
                _ => damaged.insert(at, rng.next() as u8),
            }
        }
        // What parses is what was given, octet by octet.
        if let Ok(certificate) = Certificate::from_der(&damaged) {
            assert_eq!(certificate.der(), damaged);
            read += 1;
        }
        assert!(CertificateRequest::from_der(&damaged).is_err());
        assert!(PublicKey::from_spki_der(&damaged).is_err());
    }
    assert!(
        read > 0,
        "damage that only the signature shows was among it"
    );
}

#[test]
fn nested_and_empty_structures_are_survived() {
    for octet in [0x30, 0x31, 0x80, 0xa0, 0xa3, 0x00, 0xff] {
        for length in [1, 2, 3, 127, 128, 1000, 8192] {
            let same = vec![octet; length];
            assert!(Certificate::from_der(&same).is_err());
            assert!(CertificateRequest::from_der(&same).is_err());
        }
    }
    let mut nested = Vec::new();
    for _ in 0..2000 {
        let length = nested.len();
        let head = match length {
            0..=127 => vec![0x30, length as u8],
            _ => vec![0x30, 0x82, (length >> 8) as u8, length as u8],
        };
        nested.splice(0..0, head);
    }
    assert!(nested.len() <= 8192);
    assert!(Certificate::from_der(&nested).is_err());
    assert!(CertificateRequest::from_der(&nested).is_err());
}
