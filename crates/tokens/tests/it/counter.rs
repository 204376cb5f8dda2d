//! The counter: never lower, whatever a power failure left of a write.

use std::fs;
use std::path::Path;

use secret::Secret;
use tokens::{FileBackend, FileCounter, NodeKey, Protection};
use tre::{Backend, KeyPairs, SoftwareKey};

use crate::support::{TestDir, code, copy_dir, random, set_mode};

const SLOT: usize = 4096;
/// Value and digest.
const RECORD: usize = 40;

type Opened = FileBackend<sim::net::SimRandom>;

fn make(path: &Path) {
    let key = SoftwareKey::generate(tre::KeyKind::EcP256).unwrap();
    FileBackend::create(path, &KeyPairs::One(key), Protection::Plain, random(1)).unwrap();
}

fn open(path: &Path) -> Result<Opened, tokens::TokenError> {
    FileBackend::open(path, Protection::Plain, random(2))
}

fn raise_to(path: &Path, value: u64) {
    let mut backend = open(path).unwrap();
    while backend.counter().unwrap() < value {
        backend.increment_counter().unwrap();
    }
}

#[test]
fn the_counter_survives_every_reopening() {
    let dir = TestDir::new();
    let path = dir.join("tre");
    make(&path);
    for expected in 0..20 {
        let mut backend = open(&path).unwrap();
        assert_eq!(backend.counter().unwrap(), expected);
        assert_eq!(backend.increment_counter().unwrap(), expected + 1);
        assert_eq!(backend.counter().unwrap(), expected + 1);
    }
}

#[test]
fn a_write_torn_anywhere_leaves_the_old_value_or_the_new_one() {
    let dir = TestDir::new();
    let path = dir.join("tre");
    make(&path);
    for value in [0, 1, 2, 255, 256] {
        raise_to(&path, value);
        let file = path.join("counter");
        let before = fs::read(&file).unwrap();
        raise_to(&path, value + 1);
        let after = fs::read(&file).unwrap();
        let start = (value as usize + 1) % 2 * SLOT;
        for written in 0..=RECORD {
            let mut torn = before.clone();
            torn[start..start + written].copy_from_slice(&after[start..start + written]);
            fs::write(&file, &torn).unwrap();
            let found = open(&path).unwrap().counter().unwrap();
            // Where the last octets are alike, the record is whole earlier.
            let whole = torn[start..start + RECORD] == after[start..start + RECORD];
            let expected = if whole { value + 1 } else { value };
            assert_eq!(found, expected, "{written} octets of {}", value + 1);
        }
        // The disk may lose the whole block that it was writing.
        let mut lost = before.clone();
        lost[start..start + SLOT].fill(0xff);
        fs::write(&file, &lost).unwrap();
        let mut backend = open(&path).unwrap();
        assert_eq!(backend.counter().unwrap(), value);
        assert_eq!(backend.increment_counter().unwrap(), value + 1);
        drop(backend);
        assert_eq!(fs::read(&file).unwrap(), after);
    }
}

#[test]
fn a_counter_that_cannot_be_read_is_refused() {
    let dir = TestDir::new();
    let path = dir.join("tre");
    make(&path);
    raise_to(&path, 5);
    let file = path.join("counter");
    let good = fs::read(&file).unwrap();
    let mut both = good.clone();
    both[7] ^= 1;
    both[SLOT + 7] ^= 1;
    let mut long = good.clone();
    long.push(0);
    let cases: [(&str, Vec<u8>); 6] = [
        ("empty", Vec::new()),
        ("zeros", vec![0; 2 * SLOT]),
        ("one octet short", good[..2 * SLOT - 1].to_vec()),
        ("one slot", good[..SLOT].to_vec()),
        ("one octet long", long),
        ("both slots altered", both),
    ];
    for (case, octets) in cases {
        fs::write(&file, octets).unwrap();
        assert_eq!(code(open(&path)), "counter-file-malformed", "{case}");
    }
    fs::write(&file, good).unwrap();
    assert_eq!(open(&path).unwrap().counter().unwrap(), 5);
}

#[test]
fn every_altered_octet_of_a_slot_voids_it() {
    let dir = TestDir::new();
    let path = dir.join("tre");
    make(&path);
    raise_to(&path, 9);
    let file = path.join("counter");
    let good = fs::read(&file).unwrap();
    for at in (0..RECORD).chain([RECORD, SLOT - 1]) {
        let mut altered = good.clone();
        altered[SLOT + at] ^= 0x40;
        fs::write(&file, altered).unwrap();
        assert_eq!(open(&path).unwrap().counter().unwrap(), 8, "octet {at}");
    }
}

#[test]
fn another_tres_counter_is_refused() {
    let dir = TestDir::new();
    let (a, b) = (dir.join("a"), dir.join("b"));
    make(&a);
    make(&b);
    raise_to(&b, 3);
    fs::copy(b.join("counter"), a.join("counter")).unwrap();
    assert_eq!(code(open(&a)), "counter-file-malformed");
}

#[test]
fn a_counter_that_others_may_write_or_that_is_gone_is_refused() {
    let dir = TestDir::new();
    let path = dir.join("tre");
    make(&path);
    let file = path.join("counter");
    set_mode(&file, 0o602);
    assert_eq!(code(open(&path)), "key-file-readable-by-others");
    fs::remove_file(&file).unwrap();
    assert_eq!(code(open(&path)), "key-file-missing");
    assert!(!file.exists());
}

#[test]
fn one_holder_at_a_time() {
    let dir = TestDir::new();
    let path = dir.join("tre");
    make(&path);
    let mut first = open(&path).unwrap();
    assert_eq!(code(open(&path)), "tre-in-use");
    assert_eq!(first.increment_counter().unwrap(), 1);
    drop(first);
    assert_eq!(open(&path).unwrap().counter().unwrap(), 1);
    // A copy is another TRE as far as locks go: a clone.
    let copy = dir.join("copy");
    copy_dir(&path, &copy);
    let _original = open(&path).unwrap();
    assert_eq!(code(open(&copy)), "accepted");
}

#[test]
fn the_last_value_is_the_end() {
    let dir = TestDir::new();
    let path = dir.join("tre");
    make(&path);
    // The one value that no test can count up to, written as the file's
    // description says: an odd value, hence the second slot.
    let der = fs::read(path.join("both.key")).unwrap();
    let key = openssl::pkey::PKey::private_key_from_der(&der).unwrap();
    let owner = openssl::sha::sha256(&key.public_key_to_der().unwrap());
    let value = u64::MAX.to_be_bytes();
    let mut octets = fs::read(path.join("counter")).unwrap();
    octets[SLOT..SLOT + 8].copy_from_slice(&value);
    let digest = openssl::sha::sha256(&[owner.as_slice(), &value].concat());
    octets[SLOT + 8..SLOT + RECORD].copy_from_slice(&digest);
    fs::write(path.join("counter"), octets).unwrap();
    let mut backend = open(&path).unwrap();
    assert_eq!(backend.counter().unwrap(), u64::MAX);
    let error = backend.increment_counter().err().unwrap();
    assert_eq!(error.code(), "counter-exhausted");
    assert_eq!(backend.counter().unwrap(), u64::MAX);
}

/// A counter of its own: bound to the key and to what it counts.
#[test]
fn a_counter_in_a_file_of_its_own() {
    let dir = TestDir::new();
    let path = dir.join("clock.counter");
    let key = |octet| NodeKey::from_octets(Secret::new([octet; 32]));
    assert_eq!(FileCounter::peek(&path, &key(1), "clock").unwrap(), 0);
    let mut counter = FileCounter::open(&path, &key(1), "clock").unwrap();
    assert_eq!(counter.value().unwrap(), 0);
    counter.raise_to(3).unwrap();
    counter.raise_to(2).unwrap();
    assert_eq!(counter.value().unwrap(), 3);
    let refused = |key, label| code(FileCounter::open(&path, &key, label));
    assert_eq!(refused(key(1), "clock"), "tre-in-use");
    // Whoever only looks may, meanwhile.
    assert_eq!(FileCounter::peek(&path, &key(1), "clock").unwrap(), 3);
    drop(counter);
    assert_eq!(refused(key(2), "clock"), "counter-file-malformed");
    assert_eq!(refused(key(1), "other"), "counter-file-malformed");
    set_mode(&path, 0o644);
    assert_eq!(refused(key(1), "clock"), "key-file-readable-by-others");
    set_mode(&path, 0o600);
    let counter = FileCounter::open(&path, &key(1), "clock").unwrap();
    assert_eq!(counter.value().unwrap(), 3);
}
