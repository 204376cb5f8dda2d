//! Which public keys may verify.

use data_encoding::BASE64;
use openssl::bn::BigNum;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use serde::Deserialize;
use xmldsig::{SignatureAlgorithm, VerifyingKey};

use crate::support::Key;

#[derive(Deserialize)]
struct Refused {
    keys: Vec<RefusedKey>,
}

#[derive(Deserialize)]
struct RefusedKey {
    name: String,
    spki: String,
}

#[test]
fn the_two_kinds_are_taken() {
    let key = VerifyingKey::from_spki_der(&Key::p256().spki()).unwrap();
    assert_eq!(key.algorithm(), SignatureAlgorithm::EcdsaP256Sha256);
    let key = VerifyingKey::from_spki_der(&Key::rsa().spki()).unwrap();
    assert_eq!(key.algorithm(), SignatureAlgorithm::RsaPkcs1Sha256);
}

#[test]
fn others_are_refused() {
    let refused: Refused = serde_json::from_str(include_str!("../data/refused-keys.json")).unwrap();
    assert!(refused.keys.len() >= 12);
    for RefusedKey { name, spki } in refused.keys {
        let der = BASE64.decode(spki.as_bytes()).unwrap();
        let algorithm_known_to_libcrypto = PKey::public_key_from_der(&der).is_ok();
        assert!(
            algorithm_known_to_libcrypto,
            "{name}: refused for another reason"
        );
        let error = VerifyingKey::from_spki_der(&der).map(drop).unwrap_err();
        assert_eq!(error.code(), "signature-key-not-allowed", "{name}");
    }
}

#[test]
fn the_bounds_on_the_modulus_are_exact() {
    // 2^bits - 1 is no product of two primes of half its size; only its length
    // is looked at.
    let taken = |bits: i32| {
        let mut modulus = BigNum::new().unwrap();
        modulus.set_bit(bits).unwrap();
        modulus.sub_word(1).unwrap();
        assert_eq!(modulus.num_bits(), bits);
        let exponent = BigNum::from_u32(65_537).unwrap();
        let rsa = Rsa::from_public_components(modulus, exponent).unwrap();
        let der = PKey::from_rsa(rsa).unwrap().public_key_to_der().unwrap();
        VerifyingKey::from_spki_der(&der).is_ok()
    };
    assert!(!taken(3_071));
    assert!(taken(3_072));
    assert!(taken(4_096));
    assert!(taken(16_384));
    assert!(!taken(16_385));
}

#[test]
fn an_even_exponent_is_refused() {
    let private = Key::rsa().0.rsa().unwrap();
    let modulus = private.n().to_owned().unwrap();
    let exponent = BigNum::from_u32(65_538).unwrap();
    let rsa = Rsa::from_public_components(modulus, exponent).unwrap();
    let der = PKey::from_rsa(rsa).unwrap().public_key_to_der().unwrap();
    assert!(VerifyingKey::from_spki_der(&der).is_err());
}

#[test]
fn damaged_encodings_are_refused() {
    for key in [Key::p256(), Key::rsa()] {
        let spki = key.spki();
        assert!(
            VerifyingKey::from_spki_der(&[&spki[..], b"\0"].concat()).is_err(),
            "trailing"
        );
        for end in 0..spki.len() {
            assert!(
                VerifyingKey::from_spki_der(&spki[..end]).is_err(),
                "first {end} octets"
            );
        }
    }
    // The point's coordinates: a point that is not on the curve.
    let mut spki = Key::p256().spki();
    *spki.last_mut().unwrap() ^= 1;
    assert!(VerifyingKey::from_spki_der(&spki).is_err());
    // A length octet in the long form where the short one does.
    let spki = Key::p256().spki();
    let lax = [&[0x30, 0x81, 0x59], &spki[2..]].concat();
    assert!(VerifyingKey::from_spki_der(&lax).is_err());
}
