//! A supplier's keys on disk.

use std::fs;
use std::path::Path;

use tokens::{Protection, SupplierKeyDir, TokenError};

use crate::support::{TestDir, code, names, node_key, random, set_mode, supplier_plan};

fn make(path: &Path, name: &str) {
    let key = node_key(1);
    let plan = supplier_plan(name);
    SupplierKeyDir::create(path, &plan, Protection::Encrypted(&key), &mut random(1)).unwrap();
}

fn load(path: &Path) -> Result<SupplierKeyDir, TokenError> {
    SupplierKeyDir::load(path, Protection::Encrypted(&node_key(1)))
}

#[test]
fn a_supplier_loads_as_it_was_made() {
    let dir = TestDir::new();
    let path = dir.join("supplier");
    make(&path, "acme");
    let expected = [
        "issuer.key",
        "pva-document.key",
        "pva-document.pem",
        "pva-encipherment.key",
        "pva-encipherment.pem",
        "pva-server.key",
        "pva-server.pem",
        "pva.pem",
        "supplier.txt",
    ];
    assert_eq!(names(&path), expected);
    let loaded = load(&path).unwrap();
    let server = trust::Certificate::from_der(&loaded.server.leaf).unwrap();
    let hosts: Vec<&str> = server.dns_names().collect();
    assert_eq!(hosts, ["pva.acme.example"]);
    let undated = trust::TimePolicy::Floor(clock::Timestamp::default());
    trust::verify_pva_server(&server, &loaded.pva, "pva.acme.example", undated).unwrap();
    assert!(trust::verify_pva_server(&server, &loaded.pva, "acme.example", undated).is_err());
    assert_eq!(loaded.pva.supplier().as_str(), "acme");
    let certified = loaded.pva.certificate().public_key();
    assert_eq!(certified, loaded.issuer.public_key());
}

#[test]
fn the_name_cannot_be_changed_beside_the_key() {
    let dir = TestDir::new();
    let path = dir.join("supplier");
    make(&path, "acme");
    for (text, expected) in [
        ("emca\n", "key-file-not-opened"),
        ("acme2\n", "key-file-not-opened"),
        ("Acme\n", "key-file-malformed"),
        ("\n", "key-file-malformed"),
        ("acme\nemca\n", "key-file-malformed"),
        ("acme", "accepted"),
    ] {
        fs::write(path.join("supplier.txt"), text).unwrap();
        assert_eq!(code(load(&path)), expected, "{text:?}");
    }
    fs::write(path.join("supplier.txt"), [0xff, 0xfe]).unwrap();
    assert_eq!(code(load(&path)), "key-file-malformed");
}

#[test]
fn another_suppliers_parts_are_refused() {
    let dir = TestDir::new();
    let (own, other) = (dir.join("own"), dir.join("other"));
    make(&own, "acme");
    make(&other, "emca");
    for name in ["issuer.key", "pva.pem"] {
        let kept = fs::read(own.join(name)).unwrap();
        fs::copy(other.join(name), own.join(name)).unwrap();
        assert_eq!(code(load(&own)), "key-file-not-opened", "{name}");
        fs::write(own.join(name), kept).unwrap();
    }
    assert_eq!(code(load(&own)), "accepted");
}

#[test]
fn a_plain_key_must_be_the_certificates() {
    let dir = TestDir::new();
    let (own, other) = (dir.join("own"), dir.join("other"));
    let plan = supplier_plan("acme");
    for path in [&own, &other] {
        SupplierKeyDir::create(path, &plan, Protection::Plain, &mut random(2)).unwrap();
    }
    fs::copy(other.join("issuer.key"), own.join("issuer.key")).unwrap();
    let loaded = SupplierKeyDir::load(&own, Protection::Plain);
    assert_eq!(code(loaded), "key-certificate-mismatch");
}

#[test]
fn rights_of_others_missing_parts_and_an_existing_directory_are_refused() {
    let dir = TestDir::new();
    let path = dir.join("supplier");
    make(&path, "acme");
    let plan = supplier_plan("acme");
    let again = SupplierKeyDir::create(&path, &plan, Protection::Plain, &mut random(3));
    assert_eq!(code(again), "key-file-exists");
    set_mode(&path.join("issuer.key"), 0o660);
    assert_eq!(code(load(&path)), "key-file-readable-by-others");
    fs::remove_file(path.join("issuer.key")).unwrap();
    assert_eq!(code(load(&path)), "key-file-missing");
    set_mode(&path, 0o711);
    assert_eq!(code(load(&path)), "key-directory-open-to-others");
    assert_eq!(code(load(&dir.join("none"))), "key-file-missing");
}
