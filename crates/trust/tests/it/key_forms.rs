//! Public keys (RFC 5480, RFC 3279 clause 2.3; FIPS 186-5 for RSA's exponent).

use openssl::bn::BigNum;
use openssl::ec::{Asn1Flag, EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Public};
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use trust::{KeyKind, PublicKey, SignatureAlgorithm};

use crate::support::der::{algorithm, algorithm_null, bits, bits_with_unused, oid, sequence, tlv};
use crate::support::test_keys::{ec, p256, p384, rsa2048, rsa3072, spki};

const EC: &str = "1.2.840.10045.2.1";
const P256: &str = "1.2.840.10045.3.1.7";

fn code(der: &[u8]) -> Result<KeyKind, &'static str> {
    PublicKey::from_spki_der(der)
        .map(|key| key.kind())
        .map_err(|error| error.code())
}

fn rsa_public(n: &openssl::bn::BigNumRef, e: u32) -> Vec<u8> {
    let e = BigNum::from_u32(e).unwrap();
    let rsa = Rsa::from_public_components(n.to_owned().unwrap(), e).unwrap();
    let key: PKey<Public> = PKey::from_rsa(rsa).unwrap();
    key.public_key_to_der().unwrap()
}

#[test]
fn the_three_kinds_are_taken() {
    for (key, kind, algorithm) in [
        (p256(1), KeyKind::P256, SignatureAlgorithm::EcdsaP256Sha256),
        (p384(1), KeyKind::P384, SignatureAlgorithm::EcdsaP384Sha384),
        (rsa3072(), KeyKind::Rsa, SignatureAlgorithm::RsaSha256),
    ] {
        let der = spki(&key);
        let public = PublicKey::from_spki_der(&der).unwrap();
        assert_eq!(public.kind(), kind);
        assert_eq!(public.spki_der(), der);
        assert_eq!(public.spki_sha256(), openssl::sha::sha256(&der));
        assert_eq!(SignatureAlgorithm::of_key(kind), algorithm);
        assert_eq!(PublicKey::from_pkey(&key).unwrap(), public);
    }
    assert_ne!(
        PublicKey::from_pkey(&p256(1)).unwrap(),
        PublicKey::from_pkey(&p256(2)).unwrap()
    );
}

#[test]
fn other_curves_sizes_and_algorithms_are_not() {
    let rsa = rsa3072().rsa().unwrap();
    let even = {
        let mut n = rsa.n().to_owned().unwrap();
        n.sub_word(1).unwrap();
        n
    };
    for (what, der) in [
        ("P-521", spki(&ec(Nid::SECP521R1, 1))),
        ("secp256k1", spki(&ec(Nid::SECP256K1, 1))),
        ("P-224", spki(&ec(Nid::SECP224R1, 1))),
        ("RSA-2048", spki(&rsa2048())),
        ("RSA with e = 3", rsa_public(rsa.n(), 3)),
        ("RSA with e = 1", rsa_public(rsa.n(), 1)),
        ("RSA with e = 65535", rsa_public(rsa.n(), 65_535)),
        ("RSA with an even e", rsa_public(rsa.n(), 65_538)),
        ("RSA with an even modulus", rsa_public(&even, 65_537)),
        (
            "Ed25519",
            sequence(&[algorithm("1.3.101.112"), bits(&[1; 32])]),
        ),
        ("no curve", sequence(&[algorithm(EC), bits(&[4; 65])])),
        (
            "curve NULL",
            sequence(&[algorithm_null(EC), bits(&[4; 65])]),
        ),
        (
            "RSA without NULL",
            sequence(&[algorithm("1.2.840.113549.1.1.1"), bits(&[1])]),
        ),
        (
            "RSASSA-PSS",
            sequence(&[algorithm("1.2.840.113549.1.1.10"), bits(&[1])]),
        ),
    ] {
        assert_eq!(code(&der), Err("certificate-key-unsupported"), "{what}");
    }
}

#[test]
fn explicit_parameters_and_compressed_points_are_not_taken() {
    let key = p256(1);
    let point = &spki(&key)[26..];
    assert_eq!((point.len(), point[0]), (65, 4));
    let named = sequence(&[oid(EC), oid(P256)]);
    let compressed = [&[2 + (point[64] & 1)], &point[1..33]].concat();
    let hybrid = [&[6 + (point[64] & 1)], &point[1..]].concat();
    for octets in [compressed, hybrid] {
        let der = sequence(&[named.clone(), bits(&octets)]);
        assert_eq!(code(&der), Err("certificate-key-unsupported"));
    }
    let mut group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    group.set_asn1_flag(Asn1Flag::EXPLICIT_CURVE);
    let public = key.ec_key().unwrap();
    let explicit = EcKey::from_public_key(&group, public.public_key()).unwrap();
    let der = PKey::from_ec_key(explicit)
        .unwrap()
        .public_key_to_der()
        .unwrap();
    assert_eq!(code(&der), Err("certificate-key-unsupported"));
}

#[test]
fn octets_that_are_no_key_are_malformed() {
    let right = spki(&p256(1));
    let named = sequence(&[oid(EC), oid(P256)]);
    let rsa = algorithm_null("1.2.840.113549.1.1.1");
    let mut off_curve = right.clone();
    *off_curve.last_mut().unwrap() ^= 1;
    for (what, der) in [
        ("nothing", Vec::new()),
        ("off the curve", off_curve),
        ("trailing octet", [right.clone(), vec![0]].concat()),
        ("cut", right[..right.len() - 1].to_vec()),
        (
            "unused bits",
            sequence(&[named.clone(), bits_with_unused(1, &right[26..])]),
        ),
        ("no bits", sequence(std::slice::from_ref(&named))),
        ("RSA of junk", sequence(&[rsa.clone(), bits(&[1, 2, 3])])),
        ("RSA of nothing", sequence(&[rsa, bits(&[])])),
        ("not a sequence", tlv(0x31, &right[2..])),
    ] {
        assert_eq!(code(&der), Err("public-key-malformed"), "{what}");
    }
    let infinity = sequence(&[named, bits(&[0])]);
    assert_eq!(code(&infinity), Err("certificate-key-unsupported"));
}

#[test]
fn a_signature_verifies_with_its_own_key_message_and_digest_only() {
    for (key, other, digest) in [
        (p256(1), p256(2), MessageDigest::sha256()),
        (p384(1), p384(2), MessageDigest::sha384()),
        (rsa3072(), p256(1), MessageDigest::sha256()),
    ] {
        let sign = |digest| {
            let mut signer = Signer::new(digest, &key).unwrap();
            signer.sign_oneshot_to_vec(b"message").unwrap()
        };
        let public = PublicKey::from_pkey(&key).unwrap();
        let signature = sign(digest);
        assert!(public.verifies(b"message", &signature));
        assert!(!public.verifies(b"messag", &signature));
        assert!(!public.verifies(b"message", &signature[1..]));
        assert!(!public.verifies(b"message", &[]));
        assert!(!public.verifies(b"message", &[signature.clone(), vec![0]].concat()));
        assert!(!public.verifies(b"message", &sign(MessageDigest::sha512())));
        assert!(
            !PublicKey::from_pkey(&other)
                .unwrap()
                .verifies(b"message", &signature)
        );
    }
}
