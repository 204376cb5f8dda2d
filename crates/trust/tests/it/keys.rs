//! Keys and algorithms that this profile does not take (facts: RSA of 3072 bits
//! or more, P-256, P-384; no SHA-1).

use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use trust::{Certificate, PublicKey, Purpose, verify_leaf};

use crate::support::build::RSA_SHA1;
use crate::support::der::algorithm_null;
use crate::support::test_keys::{ec, p256, p384, rsa2048, rsa3072, spki};
use crate::support::{anchor, in_date, leaf, sho};

#[test]
fn only_strong_keys_are_read() {
    for key in [p256(1), p384(1), rsa3072()] {
        assert!(PublicKey::from_spki_der(&spki(&key)).is_ok());
    }
    for key in [
        rsa2048(),
        ec(Nid::SECP521R1, 1),
        ec(Nid::X9_62_PRIME192V1, 1),
    ] {
        let error = PublicKey::from_spki_der(&spki(&key))
            .err()
            .map(|error| error.code());
        assert_eq!(error, Some("certificate-key-unsupported"));
    }
}

#[test]
fn a_leaf_with_a_weak_key_or_signature_is_refused() {
    let weak = leaf("001-01", Purpose::Object).changed(|draft| draft.spki = spki(&rsa2048()));
    assert!(Certificate::from_der(&weak.signed_by(&p256(1))).is_err());
    let sha1 = leaf("001-01", Purpose::Object);
    let sha1 = sha1.signed_with(&rsa3072(), MessageDigest::sha1(), &algorithm_null(RSA_SHA1));
    let refused = Certificate::from_der(&sha1).and_then(|leaf| {
        verify_leaf(
            &leaf,
            &anchor("001-01"),
            Purpose::Object,
            &sho("001-01"),
            in_date(),
        )
    });
    assert_eq!(
        refused.err().map(|error| error.code()),
        Some("certificate-algorithm-unsupported")
    );
}
