//! Software keys: operations against published values and libcrypto's own
//! verifier, and keys that are refused.

use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{Asn1Flag, EcGroup, EcKey, EcPoint};
use openssl::ecdsa::EcdsaSig;
use openssl::encrypt::Encrypter;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sha::sha256;
use openssl::sign::Verifier;
use openssl::symm::Cipher;
use secret::{Secret, SecretBytes};
use tre::{Backend, KeyKind, KeyPairs, KeySlot, MemoryBackend, PublicKey, SealKey, SoftwareKey};

use crate::support::{KINDS, SplitMix, code, key, pkey};

fn hex(text: &str) -> Vec<u8> {
    let text: String = text.split_whitespace().collect();
    data_encoding::HEXUPPER.decode(text.as_bytes()).unwrap()
}

fn of_scalar(octets: &[u8]) -> SoftwareKey {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let scalar = BigNum::from_slice(octets).unwrap();
    let mut context = BigNumContext::new().unwrap();
    let mut point = EcPoint::new(&group).unwrap();
    point.mul_generator2(&group, &scalar, &mut context).unwrap();
    let key = EcKey::from_private_components(&group, &scalar, &point).unwrap();
    software(&PKey::from_ec_key(key).unwrap()).unwrap()
}

fn software(key: &PKey<Private>) -> Result<SoftwareKey, tre::TreError> {
    SoftwareKey::from_pkcs8(&Secret::new(key.private_key_to_pkcs8().unwrap()))
}

fn point(key: &SoftwareKey) -> Vec<u8> {
    let spki = key.public_key().as_spki();
    spki[spki.len() - 65..].to_vec()
}

/// RFC 5903 clause 8.1: i, r, their public points and the shared x-coordinate.
#[test]
fn agreement_gives_the_x_coordinate_of_rfc_5903() {
    let i = hex("C88F01F5 10D9AC3F 70A292DA A2316DE5 44E9AAB8 AFE84049 C62A9C57 862D1433");
    let r = hex("C6EF9C5D 78AE012A 011164AC B397CE20 88685D8F 06BF9BE0 B283AB46 476BEE53");
    let gix = hex("DAD0B653 94221CF9 B051E1FE CA5787D0 98DFE637 FC90B9EF 945D0C37 72581180");
    let girx = hex("D6840F6B 42F6EDAF D13116E0 E1256520 2FEF8E9E CE7DCE03 812464D0 4B9442DE");
    let (i, r) = (of_scalar(&i), of_scalar(&r));
    assert_eq!(point(&i)[1..33], gix);
    assert_eq!(*i.agree(&point(&r)).unwrap().expose(), girx);
    assert_eq!(*r.agree(&point(&i)).unwrap().expose(), girx);
}

#[test]
fn points_in_another_form_or_off_the_curve_are_refused() {
    let key = key(KeyKind::EcP256);
    let good = point(&key);
    let mut off_curve = good.clone();
    off_curve[64] ^= 1;
    let mut hybrid = good.clone();
    hybrid[0] = 6 | (good[64] & 1);
    let mut compressed = good[..33].to_vec();
    compressed[0] = 2 | (good[64] & 1);
    let mut beyond_field = vec![0xff; 65];
    beyond_field[0] = 4;
    let mut zero = vec![0; 65];
    zero[0] = 4;
    let longer = [&good[..], &[0]].concat();
    for bad in [
        off_curve,
        hybrid,
        compressed,
        beyond_field,
        zero,
        longer,
        good[..64].to_vec(),
        vec![0],
        vec![],
    ] {
        assert_eq!(code(key.agree(&bad)), "key-operation-refused", "{bad:02x?}");
    }
}

#[test]
fn signatures_verify_and_ecdsa_has_64_octets() {
    let mut random = SplitMix(1);
    let verifies =
        |key: &SoftwareKey, signature: &[u8], message: &[u8]| match key.public_key().kind() {
            KeyKind::EcP256 => {
                let (r, s) = signature.split_at(32);
                let [r, s] = [r, s].map(|half| BigNum::from_slice(half).unwrap());
                let value = EcdsaSig::from_private_components(r, s).unwrap();
                let key = pkey(key).ec_key().unwrap();
                value.verify(&sha256(message), &key).unwrap()
            }
            KeyKind::Rsa => {
                let key = pkey(key);
                let mut verifier = Verifier::new(MessageDigest::sha256(), &key).unwrap();
                verifier.verify_oneshot(signature, message).unwrap()
            }
        };
    for (kind, length) in [(KeyKind::EcP256, 64), (KeyKind::Rsa, 384)] {
        let key = key(kind);
        for _ in 0..40 {
            let message = format!("message {}", random.below(1 << 30));
            let signature = key.sign(message.as_bytes()).unwrap();
            assert_eq!(signature.len(), length);
            assert!(verifies(&key, &signature, message.as_bytes()));
            assert!(!verifies(&key, &signature, b"another message"));
        }
    }
}

fn encrypt(key: &PKey<Private>, digest: MessageDigest, mask: MessageDigest) -> Vec<u8> {
    let mut encrypter = Encrypter::new(key).unwrap();
    encrypter.set_rsa_padding(Padding::PKCS1_OAEP).unwrap();
    encrypter.set_rsa_oaep_md(digest).unwrap();
    encrypter.set_rsa_mgf1_md(mask).unwrap();
    let mut out = vec![0; encrypter.encrypt_len(b"key").unwrap()];
    let length = encrypter.encrypt(b"key", &mut out).unwrap();
    out.truncate(length);
    out
}

#[test]
fn oaep_decrypts_sha_256_alone() {
    let key = key(KeyKind::Rsa);
    let public = pkey(&key);
    let (sha1, sha256) = (MessageDigest::sha1(), MessageDigest::sha256());
    let good = encrypt(&public, sha256, sha256);
    assert_eq!(*key.oaep_decrypt(&good).unwrap().expose(), b"key");
    let mut pkcs1 = vec![0; 384];
    let rsa = public.rsa().unwrap();
    rsa.public_encrypt(b"key", &mut pkcs1, Padding::PKCS1)
        .unwrap();
    let mut changed = good.clone();
    changed[383] ^= 1;
    for bad in [
        encrypt(&public, sha1, sha1),
        encrypt(&public, sha256, sha1),
        encrypt(&public, sha1, sha256),
        pkcs1,
        changed,
        vec![0xff; 384],
        vec![0; 384],
        good[..383].to_vec(),
        [&good[..], &[0]].concat(),
        vec![],
    ] {
        assert_eq!(code(key.oaep_decrypt(&bad)), "key-operation-refused");
    }
}

#[test]
fn a_key_has_the_operations_of_its_kind_only() {
    let (ec, rsa) = (key(KeyKind::EcP256), key(KeyKind::Rsa));
    assert_eq!(code(rsa.agree(&point(&ec))), "key-operation-unsupported");
    assert_eq!(
        code(ec.oaep_decrypt(&[0; 384])),
        "key-operation-unsupported"
    );
}

#[test]
fn a_key_survives_its_storage() {
    for kind in KINDS {
        let key = key(kind);
        let again = SoftwareKey::from_pkcs8(&key.to_pkcs8().unwrap()).unwrap();
        assert_eq!(again.public_key().as_spki(), key.public_key().as_spki());
        assert_eq!(again.public_key().kind(), kind);
    }
}

#[test]
fn a_generated_rsa_key_has_3072_bits() {
    let key = SoftwareKey::generate(KeyKind::Rsa).unwrap();
    assert_eq!(pkey(&key).bits(), 3072);
}

fn curve(nid: Nid) -> PKey<Private> {
    let group = EcGroup::from_curve_name(nid).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

#[test]
fn other_kinds_of_key_are_unsupported() {
    let three = BigNum::from_u32(3).unwrap();
    let refused = [
        curve(Nid::SECP384R1),
        curve(Nid::SECP256K1),
        PKey::generate_ed25519().unwrap(),
        PKey::generate_x25519().unwrap(),
        PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap(),
        PKey::from_rsa(Rsa::generate_with_e(3072, &three).unwrap()).unwrap(),
    ];
    for key in &refused {
        assert_eq!(code(software(key)), "key-unsupported", "{:?}", key.id());
        let spki = key.public_key_to_der().unwrap();
        assert_eq!(code(PublicKey::from_spki(&spki)), "key-unsupported");
    }
}

#[test]
fn octets_that_are_no_key_are_unsupported() {
    let (ec, cipher) = (pkey(&key(KeyKind::EcP256)), Cipher::aes_256_cbc());
    let locked = ec
        .private_key_to_pem_pkcs8_passphrase(cipher, b"secret")
        .unwrap();
    for pem in [&b""[..], b"-----BEGIN PRIVATE KEY-----\n", &locked] {
        assert_eq!(code(SoftwareKey::from_pem(pem)), "key-unsupported");
    }
    let mut cut = key(KeyKind::EcP256).to_pkcs8().unwrap().expose().clone();
    cut.pop();
    for der in [Vec::new(), vec![0x30, 0], cut] {
        let der: SecretBytes = Secret::new(der);
        assert_eq!(code(SoftwareKey::from_pkcs8(&der)), "key-unsupported");
    }
}

/// The same key has one SubjectPublicKeyInfo only.
#[test]
fn public_keys_in_another_encoding_are_unsupported() {
    let key = key(KeyKind::EcP256);
    let good = key.public_key().as_spki().to_vec();
    assert!(PublicKey::from_spki(&good).is_ok());
    let trailing = [&good[..], &[0]].concat();
    let mut off_curve = good.clone();
    *off_curve.last_mut().unwrap() ^= 1;
    let ec = pkey(&key).ec_key().unwrap();
    let x = &good[27..59];
    let algorithm = &good[2..23];
    let sign = 2 | (good[90] & 1);
    let compressed = [&[0x30, 0x39], algorithm, &[0x03, 0x22, 0x00, sign], x].concat();
    assert!(PKey::public_key_from_der(&compressed).is_ok());
    let mut group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    group.set_asn1_flag(Asn1Flag::EXPLICIT_CURVE);
    let explicit = EcKey::from_public_key(&group, ec.public_key()).unwrap();
    let explicit = explicit.public_key_to_der().unwrap();
    assert!(explicit.len() > good.len());
    for bad in [
        trailing,
        off_curve,
        compressed,
        explicit,
        good[..50].to_vec(),
        vec![],
    ] {
        assert_eq!(code(PublicKey::from_spki(&bad)), "key-unsupported");
    }
}

#[test]
fn sealed_octets_open_only_unchanged_and_only_with_their_key() {
    let mut random = SplitMix(8);
    let sealing = SealKey::generate(&mut random);
    let other = SealKey::generate(&mut random);
    for plain in [&b""[..], b"x", &[7; 1000]] {
        let sealed = sealing.seal(plain, &mut random).unwrap();
        assert_eq!(sealed.len(), plain.len() + 29);
        assert_ne!(sealed, sealing.seal(plain, &mut random).unwrap());
        let stored = SealKey::from_octets(sealing.to_octets());
        assert_eq!(*stored.unseal(&sealed).unwrap().expose(), plain);
        assert_eq!(code(other.unseal(&sealed)), "sealed-invalid");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(code(sealing.unseal(&changed)), "sealed-invalid");
            assert_eq!(code(sealing.unseal(&sealed[..at])), "sealed-invalid");
        }
    }
}

#[test]
fn sealed_octets_are_aes_256_gcm_under_the_version_octet() {
    let sealing = SealKey::from_octets(Secret::new([9; 32]));
    let sealed = sealing.seal(b"state", &mut SplitMix(4)).unwrap();
    assert_eq!(sealed[0], 1);
    let (body, tag) = sealed[13..].split_at(sealed.len() - 13 - 16);
    let plain = openssl::symm::decrypt_aead(
        Cipher::aes_256_gcm(),
        &[9; 32],
        Some(&sealed[1..13]),
        &[1],
        body,
        tag,
    );
    assert_eq!(plain.unwrap(), b"state");
}

#[test]
fn a_backend_in_memory_answers_for_its_keys() {
    let (signature, opening) = (key(KeyKind::EcP256), key(KeyKind::Rsa));
    let keys = KeyPairs::Two {
        signature: signature.clone(),
        envelope: opening.clone(),
    };
    let mut backend = MemoryBackend::new(keys, SplitMix(2));
    let backend: &mut dyn Backend = &mut backend;
    let spki = |key: &SoftwareKey| key.public_key().as_spki().to_vec();
    assert_eq!(
        backend.public_key(KeySlot::Signature).unwrap(),
        spki(&signature)
    );
    assert_eq!(
        backend.public_key(KeySlot::Envelope).unwrap(),
        spki(&opening)
    );
    assert_eq!(backend.sign(KeySlot::Signature, b"m").unwrap().len(), 64);
    assert_eq!(backend.sign(KeySlot::Envelope, b"m").unwrap().len(), 384);
    assert!(
        backend
            .agree(KeySlot::Signature, &point(&signature))
            .is_ok()
    );
    let agreed = backend.agree(KeySlot::Envelope, &point(&signature));
    assert_eq!(code(agreed), "key-operation-unsupported");
    let sealed = backend.seal(b"octets").unwrap();
    assert_eq!(*backend.unseal(&sealed).unwrap().expose(), b"octets");
    assert_eq!(backend.counter().unwrap(), 0);
    assert_eq!(backend.increment_counter().unwrap(), 1);
    assert_eq!(backend.counter().unwrap(), 1);
}

#[test]
fn generated_pairs_differ() {
    let keys = KeyPairs::generate(KeyKind::EcP256).unwrap();
    let [a, b] = [KeySlot::Signature, KeySlot::Envelope].map(|slot| point(keys.key(slot)));
    assert_ne!(a, b);
}

/// What libcrypto's lenient reader takes is still no second name for a key.
#[test]
fn an_rsa_key_with_octets_behind_it_is_unsupported() {
    let good = key(KeyKind::Rsa).public_key().as_spki().to_vec();
    let mut longer = [&good[..], &[0]].concat();
    // SEQUENCE of 0x1a2 octets with a BIT STRING of 0x18f at 19.
    assert_eq!(longer[..4], [0x30, 0x82, 0x01, 0xa2]);
    assert_eq!(longer[19..23], [0x03, 0x82, 0x01, 0x8f]);
    longer[3] += 1;
    longer[22] += 1;
    assert!(PKey::public_key_from_der(&longer).is_ok());
    assert_eq!(code(PublicKey::from_spki(&longer)), "key-unsupported");
}
