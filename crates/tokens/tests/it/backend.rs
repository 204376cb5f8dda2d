//! The file backend as a `tre::Backend`: the same keys after reopening, and
//! nobody else's.

use std::fs;
use std::path::Path;

use openssl::pkey::PKey;
use openssl::sign::Verifier;
use tokens::{FileBackend, Protection, TokenError};
use tre::{Backend, KeyKind, KeyPairs, KeySlot};

use crate::support::{TestDir, code, mode, names, node_key, random, rsa, set_mode, swap};

fn pairs() -> KeyPairs {
    KeyPairs::generate(KeyKind::EcP256).unwrap()
}

fn open(path: &Path, octet: u8) -> Result<FileBackend<sim::net::SimRandom>, TokenError> {
    let key = node_key(octet);
    FileBackend::open(path, Protection::Encrypted(&key), random(5))
}

fn make(path: &Path, octet: u8) -> KeyPairs {
    let (pairs, key) = (pairs(), node_key(octet));
    FileBackend::create(path, &pairs, Protection::Encrypted(&key), random(6)).unwrap();
    pairs
}

#[test]
fn keys_and_sealing_key_are_the_same_after_reopening() {
    let dir = TestDir::new();
    let path = dir.join("tre");
    let pairs = make(&path, 1);
    assert_eq!(mode(&path), 0o700);
    let files = ["counter", "envelope.key", "seal.key", "signature.key"];
    assert_eq!(names(&path), files);
    for name in files {
        assert_eq!(mode(&path.join(name)), 0o600, "{name}");
    }
    let sealed = open(&path, 1).unwrap().seal(b"state").unwrap();
    let mut backend = open(&path, 1).unwrap();
    for slot in [KeySlot::Signature, KeySlot::Envelope] {
        let expected = pairs.key(slot).public_key().as_spki();
        assert_eq!(backend.public_key(slot).unwrap(), expected);
    }
    assert_eq!(backend.unseal(&sealed).unwrap().expose(), b"state");
    let message = b"what the TRE says";
    let signature = backend.sign(KeySlot::Signature, message).unwrap();
    assert_eq!(signature.len(), 64);
    let public = PKey::public_key_from_der(&backend.public_key(KeySlot::Signature).unwrap());
    let (r, s) = signature.split_at(32);
    let number = |octets| openssl::bn::BigNum::from_slice(octets).unwrap();
    let der = openssl::ecdsa::EcdsaSig::from_private_components(number(r), number(s))
        .unwrap()
        .to_der()
        .unwrap();
    let public = public.unwrap();
    let mut verifier = Verifier::new(openssl::hash::MessageDigest::sha256(), &public).unwrap();
    assert!(verifier.verify_oneshot(&der, message).unwrap());
}

#[test]
fn agreement_is_with_the_envelope_key() {
    let dir = TestDir::new();
    let path = dir.join("tre");
    let pairs = make(&path, 1);
    let mut backend = open(&path, 1).unwrap();
    let peer = tre::SoftwareKey::generate(KeyKind::EcP256).unwrap();
    // The last 65 octets of a P-256 SubjectPublicKeyInfo are its point.
    let point = |spki: &[u8]| spki[spki.len() - 65..].to_vec();
    let ours = backend
        .agree(KeySlot::Envelope, &point(peer.public_key().as_spki()))
        .unwrap();
    let envelope = pairs.key(KeySlot::Envelope).public_key().as_spki();
    let theirs = peer.agree(&point(envelope)).unwrap();
    assert!(ours.ct_eq(&theirs));
    let error = backend.oaep_decrypt(KeySlot::Envelope, &[0; 384]).err();
    assert_eq!(error.unwrap().code(), "key-operation-unsupported");
}

#[test]
fn a_single_rsa_key_serves_both_uses() {
    let dir = TestDir::new();
    let path = dir.join("tre");
    let (key, node) = (rsa(), node_key(1));
    let pairs = KeyPairs::One(key.clone());
    FileBackend::create(&path, &pairs, Protection::Encrypted(&node), random(7)).unwrap();
    assert_eq!(names(&path), ["both.key", "counter", "seal.key"]);
    let mut backend = open(&path, 1).unwrap();
    let spki = backend.public_key(KeySlot::Signature).unwrap();
    assert_eq!(spki, backend.public_key(KeySlot::Envelope).unwrap());
    assert_eq!(spki, key.public_key().as_spki());
    let public = PKey::public_key_from_der(&spki).unwrap();
    let mut encrypter = openssl::encrypt::Encrypter::new(&public).unwrap();
    let sha256 = openssl::hash::MessageDigest::sha256();
    encrypter
        .set_rsa_padding(openssl::rsa::Padding::PKCS1_OAEP)
        .unwrap();
    encrypter.set_rsa_oaep_md(sha256).unwrap();
    encrypter.set_rsa_mgf1_md(sha256).unwrap();
    let mut ciphertext = vec![0; 384];
    let length = encrypter.encrypt(b"PIK and PCK", &mut ciphertext).unwrap();
    ciphertext.truncate(length);
    let plain = backend.oaep_decrypt(KeySlot::Envelope, &ciphertext);
    assert_eq!(plain.unwrap().expose(), b"PIK and PCK");
    drop(backend);
    // Both layouts at once would leave the choice to chance.
    fs::copy(path.join("both.key"), path.join("signature.key")).unwrap();
    assert_eq!(code(open(&path, 1)), "key-file-malformed");
}

#[test]
fn another_node_key_or_another_form_is_refused() {
    let dir = TestDir::new();
    let (closed, plain) = (dir.join("closed"), dir.join("plain"));
    make(&closed, 1);
    FileBackend::create(&plain, &pairs(), Protection::Plain, random(8)).unwrap();
    assert_eq!(code(open(&closed, 2)), "key-file-not-opened");
    assert_eq!(code(open(&plain, 1)), "key-file-not-encrypted");
    let without = FileBackend::open(&closed, Protection::Plain, random(9));
    assert_eq!(code(without), "key-file-encrypted");
    // One plain file among encrypted ones is somebody else's choice of a key.
    fs::copy(plain.join("seal.key"), closed.join("seal.key")).unwrap();
    assert_eq!(code(open(&closed, 1)), "key-file-not-encrypted");
}

#[test]
fn files_that_changed_places_do_not_open() {
    let dir = TestDir::new();
    let (a, b) = (dir.join("a"), dir.join("b"));
    make(&a, 1);
    make(&b, 1);
    for (one, other) in [
        ("signature.key", "envelope.key"),
        ("signature.key", "seal.key"),
        ("envelope.key", "seal.key"),
    ] {
        swap(&a, one, other);
        assert_eq!(code(open(&a, 1)), "key-file-not-opened", "{one}, {other}");
        swap(&a, one, other);
        assert_eq!(code(open(&a, 1)), "accepted");
    }
    // Nor do those of another TRE of the same node.
    for name in ["signature.key", "envelope.key", "seal.key"] {
        let own = fs::read(a.join(name)).unwrap();
        fs::copy(b.join(name), a.join(name)).unwrap();
        assert_eq!(code(open(&a, 1)), "key-file-not-opened", "{name}");
        fs::write(a.join(name), own).unwrap();
    }
    assert_eq!(code(open(&a, 1)), "accepted");
}

#[test]
fn plain_files_that_changed_places_have_the_wrong_contents() {
    let dir = TestDir::new();
    let path = dir.join("tre");
    FileBackend::create(&path, &pairs(), Protection::Plain, random(10)).unwrap();
    let open = || FileBackend::open(&path, Protection::Plain, random(11));
    swap(&path, "envelope.key", "seal.key");
    assert_eq!(code(open()), "key-file-malformed");
    swap(&path, "envelope.key", "seal.key");
    fs::write(path.join("seal.key"), [7; 31]).unwrap();
    assert_eq!(code(open()), "key-file-malformed");
    // The counter knows whose it is without encryption too.
    let other = tre::SoftwareKey::generate(KeyKind::EcP256).unwrap();
    fs::write(path.join("seal.key"), [7; 32]).unwrap();
    assert_eq!(code(open()), "accepted");
    let der = other.to_pkcs8().unwrap();
    fs::write(path.join("signature.key"), der.expose()).unwrap();
    assert_eq!(code(open()), "counter-file-malformed");
}

#[test]
fn an_encrypted_file_that_was_altered_or_cut_is_refused() {
    let dir = TestDir::new();
    let path = dir.join("tre");
    make(&path, 1);
    let file = path.join("seal.key");
    let good = fs::read(&file).unwrap();
    // "rehome-key", version, nonce 12, the key's 32, tag 16.
    assert_eq!(good.len(), 10 + 1 + 12 + 32 + 16);
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&file, bad).unwrap();
        let expected = match at {
            0..10 => "key-file-not-encrypted",
            10 => "key-file-unsupported-version",
            _ => "key-file-not-opened",
        };
        assert_eq!(code(open(&path, 1)), expected, "octet {at}");
    }
    for length in 10..good.len() {
        fs::write(&file, &good[..length]).unwrap();
        assert_eq!(code(open(&path, 1)), "key-file-not-opened", "{length}");
    }
    fs::write(&file, [good.as_slice(), &[0]].concat()).unwrap();
    assert_eq!(code(open(&path, 1)), "key-file-not-opened");
}

#[test]
fn rights_of_others_on_any_part_are_refused() {
    let dir = TestDir::new();
    let path = dir.join("tre");
    make(&path, 1);
    for name in names(&path) {
        for bad in [0o640, 0o604, 0o620] {
            set_mode(&path.join(&name), bad);
            assert_eq!(
                code(open(&path, 1)),
                "key-file-readable-by-others",
                "{name}"
            );
        }
        set_mode(&path.join(&name), 0o600);
    }
    set_mode(&path, 0o750);
    assert_eq!(code(open(&path, 1)), "key-directory-open-to-others");
    set_mode(&path, 0o700);
    assert_eq!(code(open(&path, 1)), "accepted");
}

#[test]
fn a_missing_part_is_named_and_none_is_made_anew() {
    let dir = TestDir::new();
    for name in ["signature.key", "envelope.key", "seal.key", "counter"] {
        let path = dir.join(name);
        make(&path, 1);
        fs::remove_file(path.join(name)).unwrap();
        let error = open(&path, 1).err().unwrap();
        assert_eq!(error.code(), "key-file-missing");
        assert!(error.to_string().contains(name), "{error}");
        assert!(!path.join(name).exists());
    }
}

#[test]
fn creation_is_whole_or_nothing_and_overwrites_nothing() {
    let dir = TestDir::new();
    let path = dir.join("tre");
    make(&path, 1);
    let before = fs::read(path.join("seal.key")).unwrap();
    let key = node_key(1);
    let create = |path: &Path| {
        let protection = Protection::Encrypted(&key);
        code(FileBackend::create(path, &pairs(), protection, random(12)))
    };
    assert_eq!(create(&path), "key-file-exists");
    assert_eq!(fs::read(path.join("seal.key")).unwrap(), before);
    let empty = dir.join("empty");
    fs::create_dir(&empty).unwrap();
    assert_eq!(create(&empty), "key-file-exists");
    assert_eq!(create(&dir.join("none/tre")), "key-file-missing");
    assert_eq!(dir.names(), ["empty", "tre"]);
    // What a crash in the middle of another making left does not matter.
    fs::create_dir(dir.join(".second.0123456789abcdef.tmp")).unwrap();
    assert_eq!(create(&dir.join("second")), "accepted");
}
