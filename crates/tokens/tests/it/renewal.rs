//! The DPF's leaf renewed, with its old key or a new one, whole after a crash,
//! and directories from before there was a key for OCSP.

use std::fs;
use std::path::Path;
use std::time::Duration;

use tokens::{OperatorKeyDir, OperatorKeyPlace, Protection, RenewedKey, TlsIdentity};
use trust::issue::Validity;
use trust::{Certificate, Purpose, TimeInterval, TimePolicy, verify_leaf};

use crate::support::{OCSP_URL, TestDir, code, mode, names, node_key, noon, operator_plan, random};

fn week() -> Validity {
    let begin = noon().minus(Duration::from_secs(3600));
    Validity::new(begin, begin.plus(Duration::from_secs(7 * 86_400))).unwrap()
}

fn make(path: &Path) -> OperatorKeyPlace {
    let key = node_key(1);
    let plan = operator_plan("001-01");
    OperatorKeyDir::create(path, &plan, Protection::Encrypted(&key), &mut random(1)).unwrap();
    OperatorKeyPlace::new(path.to_owned(), Some(key))
}

fn load(path: &Path) -> OperatorKeyDir {
    OperatorKeyDir::load(path, Protection::Encrypted(&node_key(1))).unwrap()
}

fn spki(identity: &TlsIdentity) -> Vec<u8> {
    identity.key.public_key_to_der().unwrap()
}

fn fits(identity: &TlsIdentity) -> bool {
    let leaf = Certificate::from_der(&identity.leaf).unwrap();
    leaf.public_key().spki_der() == spki(identity)
}

#[test]
fn a_renewed_leaf_has_the_names_the_url_and_the_key_of_the_old_one() {
    let dir = TestDir::new();
    let path = dir.join("operator");
    let place = make(&path);
    let old = place.dpf().unwrap();
    let before = names(&path);
    let new = place
        .renew_dpf(week(), RenewedKey::Same, &mut random(2))
        .unwrap();
    assert_ne!(new.leaf, old.leaf);
    assert_eq!(spki(&new), spki(&old));
    let read = |identity: &TlsIdentity| Certificate::from_der(&identity.leaf).unwrap();
    let (old, leaf) = (read(&old), read(&new));
    assert_ne!(leaf.serial(), old.serial());
    assert_eq!(leaf.ocsp_url(), Some(OCSP_URL));
    assert!(leaf.dns_names().eq(old.dns_names()));
    assert_eq!(
        leaf.not_after().since(leaf.not_before()),
        Duration::from_secs(7 * 86_400)
    );
    let loaded = load(&path);
    assert_eq!(loaded.dpf.leaf, new.leaf);
    let policy = TimePolicy::Trusted(TimeInterval::exactly(noon()));
    let (anchor, sho_id) = (&loaded.anchor, loaded.anchor.sho_id());
    verify_leaf(&leaf, anchor, Purpose::DpfServer, sho_id, policy).unwrap();
    assert_eq!(names(&path), before);
    assert_eq!(mode(&path.join("dpf.pem")), 0o600);
}

#[test]
fn a_new_key_takes_the_place_of_the_old_one() {
    let dir = TestDir::new();
    let path = dir.join("operator");
    let place = make(&path);
    let old = place.dpf().unwrap();
    let before = names(&path);
    let new = place
        .renew_dpf(week(), RenewedKey::New, &mut random(2))
        .unwrap();
    assert_ne!(spki(&new), spki(&old));
    assert!(fits(&new));
    let loaded = load(&path).dpf;
    assert_eq!((&loaded.leaf, spki(&loaded)), (&new.leaf, spki(&new)));
    assert_eq!(names(&path), before);
    assert_eq!(mode(&path.join("dpf.key")), 0o600);
}

/// The files as a crash leaves them at each point between two of the writes.
#[test]
fn a_crash_in_a_renewal_leaves_a_leaf_with_its_key() {
    let dir = TestDir::new();
    let path = dir.join("operator");
    let place = make(&path);
    let file = |name: &str| path.join(name);
    let (old_pem, old_key) = (fs::read(file("dpf.pem")), fs::read(file("dpf.key")));
    let (old_pem, old_key) = (old_pem.unwrap(), old_key.unwrap());
    let old = place.dpf().unwrap();
    let new = place.renew_dpf(week(), RenewedKey::New, &mut random(2));
    let new = new.unwrap();
    let new_pem = fs::read(file("dpf.pem")).unwrap();
    // A file opens under its own name only, so that the next key is made by
    // turning the renewal back to where it lay.
    let plain = dir.join("plain");
    let plan = operator_plan("001-01");
    OperatorKeyDir::create(&plain, &plan, Protection::Plain, &mut random(3)).unwrap();
    let plain_place = OperatorKeyPlace::new(plain.clone(), None);
    let first = (
        fs::read(plain.join("dpf.pem")).unwrap(),
        fs::read(plain.join("dpf.key")).unwrap(),
    );
    let renewed = plain_place
        .renew_dpf(week(), RenewedKey::New, &mut random(4))
        .unwrap();
    let second = (
        fs::read(plain.join("dpf.pem")).unwrap(),
        fs::read(plain.join("dpf.key")).unwrap(),
    );
    let put = |name: &str, octets: &[u8]| {
        tokens::key_file::replace(&plain.join(name), octets).unwrap();
    };
    // Only the next key is there.
    put("dpf.pem", &first.0);
    put("dpf.key", &first.1);
    put("dpf.next.key", &second.1);
    let found = plain_place.dpf().unwrap();
    assert!(fits(&found));
    assert_ne!(spki(&found), spki(&renewed));
    // The leaf is there too.
    put("dpf.pem", &second.0);
    let found = plain_place.dpf().unwrap();
    assert!(fits(&found));
    assert_eq!(found.leaf, renewed.leaf);
    assert!(fits(
        &OperatorKeyDir::load(&plain, Protection::Plain).unwrap().dpf
    ));
    // The next renewal tidies up.
    let again = plain_place.renew_dpf(week(), RenewedKey::Same, &mut random(5));
    assert_eq!(spki(&again.unwrap()), spki(&renewed));
    assert!(!names(&plain).contains(&"dpf.next.key".to_owned()));
    assert!(fits(&plain_place.dpf().unwrap()));
    // A leaf with a key of neither file is refused.
    tokens::key_file::replace(&file("dpf.key"), &old_key).unwrap();
    assert_eq!(code(place.dpf()), "key-certificate-mismatch");
    tokens::key_file::replace(&file("dpf.pem"), &old_pem).unwrap();
    assert_eq!(place.dpf().unwrap().leaf, old.leaf);
    assert_ne!(old_pem, new_pem);
    assert!(fits(&new));
}

#[test]
fn without_the_issuer_s_key_nothing_is_renewed() {
    let dir = TestDir::new();
    let path = dir.join("operator");
    let place = make(&path);
    let old = place.dpf().unwrap();
    fs::remove_file(path.join("issuer.key")).unwrap();
    let refused = place.renew_dpf(week(), RenewedKey::New, &mut random(2));
    assert_eq!(code(refused), "key-file-missing");
    assert_eq!(place.dpf().unwrap().leaf, old.leaf);
}

#[test]
fn a_directory_from_before_ocsp_loads_without_a_signer() {
    let dir = TestDir::new();
    let path = dir.join("operator");
    make(&path);
    let whole = load(&path);
    let signer = whole.ocsp.unwrap();
    assert_eq!(signer.leaf.purpose(), Some(Purpose::OcspSigning));
    assert_eq!(signer.key.public_key(), signer.leaf.public_key());
    assert_eq!(whole.leaves.len(), 8);
    fs::remove_file(path.join("ocsp.pem")).unwrap();
    fs::remove_file(path.join("ocsp.key")).unwrap();
    let older = load(&path);
    assert!(older.ocsp.is_none());
    assert_eq!(older.leaves.len(), 7);
    assert!(older.leaves.iter().all(|leaf| leaf.name != "ocsp"));
}
