//! Files made by an independent model (tests/fixtures/model.py).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use data_encoding::HEXLOWER;
use secret::Secret;
use tokens::{FileBackend, NodeKey, Protection};
use tre::{Backend, KeySlot};

use crate::support::{TestDir, code, random, set_mode};

const SLOT: usize = 4096;

fn model() -> BTreeMap<&'static str, Vec<u8>> {
    include_str!("../fixtures/model-tre.txt")
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(name, hex)| (name, HEXLOWER.decode(hex.as_bytes()).unwrap()))
        .collect()
}

fn key(rows: &BTreeMap<&str, Vec<u8>>) -> NodeKey {
    NodeKey::from_octets(Secret::new(rows["node_key"].clone().try_into().unwrap()))
}

fn write(dir: &Path, rows: &BTreeMap<&str, Vec<u8>>, slots: [&str; 2]) {
    fs::create_dir(dir).unwrap();
    set_mode(dir, 0o700);
    let counter: Vec<u8> = slots
        .iter()
        .flat_map(|name| {
            let mut slot = rows.get(name).cloned().unwrap_or_default();
            slot.resize(SLOT, 0);
            slot
        })
        .collect();
    let files = ["signature.key", "envelope.key", "seal.key"]
        .map(|name| (name, rows[name].clone()))
        .into_iter()
        .chain([("counter", counter)]);
    for (name, octets) in files {
        fs::write(dir.join(name), octets).unwrap();
        set_mode(&dir.join(name), 0o600);
    }
}

#[test]
fn the_models_directory_opens_and_counts_on() {
    let (dir, rows) = (TestDir::new(), model());
    let (path, key) = (dir.join("tre"), key(&rows));
    write(&path, &rows, ["slot_42", "slot_41"]);
    let protection = Protection::Encrypted(&key);
    let mut backend = FileBackend::open(&path, protection, random(1)).unwrap();
    assert_eq!(
        backend.public_key(KeySlot::Signature).unwrap(),
        rows["signature_spki"]
    );
    assert_eq!(
        backend.public_key(KeySlot::Envelope).unwrap(),
        rows["envelope_spki"]
    );
    let state = backend.unseal(&rows["sealed"]).unwrap();
    assert_eq!(state.expose(), b"state of a TRE");
    assert_eq!(backend.counter().unwrap(), 42);
    assert_eq!(backend.increment_counter().unwrap(), 43);
    // 42 is untouched, byte for byte; 43 took the place of 41.
    let octets = fs::read(path.join("counter")).unwrap();
    let mut slot = rows["slot_42"].clone();
    slot.resize(SLOT, 0);
    assert_eq!(octets[..SLOT], slot);
    assert_eq!(octets[SLOT..SLOT + 8], 43u64.to_be_bytes());
}

#[test]
fn the_models_slots_count_in_their_own_places_only() {
    let (dir, rows) = (TestDir::new(), model());
    let key = key(&rows);
    for (slots, expected) in [
        (["slot_42", "slot_41"], Some(42)),
        (["slot_42", "none"], Some(42)),
        (["none", "slot_41"], Some(41)),
        (["slot_41", "slot_42"], None),
        (["none", "slot_42"], None),
        (["slot_41", "none"], None),
        (["none", "none"], None),
    ] {
        let path = dir.join(&slots.join("-"));
        write(&path, &rows, slots);
        let opened = FileBackend::open(&path, Protection::Encrypted(&key), random(2));
        match expected {
            Some(value) => assert_eq!(opened.unwrap().counter().unwrap(), value, "{slots:?}"),
            None => assert_eq!(code(opened), "counter-file-malformed", "{slots:?}"),
        }
    }
}
