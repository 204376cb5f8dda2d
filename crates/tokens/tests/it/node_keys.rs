//! The node key's file.

use std::fs;

use tokens::{NodeKey, key_file};

use crate::support::{TestDir, code, mode, random, set_mode};

#[test]
fn a_created_key_is_drawn_written_in_hex_and_loads_as_itself() {
    let dir = TestDir::new();
    let path = dir.join("node.key");
    let made = NodeKey::create(&path, &mut random(1)).unwrap();
    assert_eq!(mode(&path), 0o600);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.len(), 65);
    assert!(text.ends_with('\n'));
    let loaded = NodeKey::load(&path).unwrap();
    assert!(loaded.secret().ct_eq(made.secret()));
    let other = NodeKey::create(&dir.join("other.key"), &mut random(2)).unwrap();
    assert!(!other.secret().ct_eq(made.secret()));
    let again = NodeKey::create(&path, &mut random(3));
    assert_eq!(code(again), "key-file-exists");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn raw_and_hex_files_load() {
    let dir = TestDir::new();
    let raw: Vec<u8> = (0xa0..0xc0).collect();
    let hex = "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf";
    let forms = [
        raw.clone(),
        hex.as_bytes().to_vec(),
        hex.to_uppercase().into_bytes(),
        format!("{hex}\n").into_bytes(),
        format!("{hex}\r\n").into_bytes(),
    ];
    for (form, n) in forms.iter().zip(0..) {
        let path = dir.join(&format!("{n}.key"));
        key_file::create(&path, form).unwrap();
        let key = NodeKey::load(&path).unwrap();
        assert_eq!(key.secret().expose().as_slice(), raw, "form {n}");
    }
}

#[test]
fn other_contents_are_refused() {
    let dir = TestDir::new();
    let hex = "ab".repeat(32);
    let forms = [
        String::new(),
        "ab".repeat(15) + "a",
        "ab".repeat(31),
        "ab".repeat(33),
        hex.clone() + "\n\n",
        hex.clone() + " ",
        " ".to_owned() + &hex,
        "0x".to_owned() + &hex,
        "zz".repeat(32),
    ];
    for (form, n) in forms.iter().zip(0..) {
        let path = dir.join(&format!("{n}.key"));
        key_file::create(&path, form.as_bytes()).unwrap();
        assert_eq!(code(NodeKey::load(&path)), "key-file-malformed", "{form:?}");
    }
    assert_eq!(code(NodeKey::load(&dir.join("none"))), "key-file-missing");
}

#[test]
fn a_node_key_that_others_may_read_is_refused() {
    let dir = TestDir::new();
    let path = dir.join("node.key");
    NodeKey::create(&path, &mut random(4)).unwrap();
    set_mode(&path, 0o640);
    assert_eq!(code(NodeKey::load(&path)), "key-file-readable-by-others");
}
