//! An operator's keys on disk.

use std::fs;
use std::path::Path;

use tokens::{FileKey, OperatorKeyDir, Protection, TokenError};
use trust::issue::{LeafRequest, issue_leaf, issue_sho_anchor};
use trust::{Certificate, Purpose, TimeInterval, TimePolicy, verify_leaf};
use xmldsig::{BootstrapType, Limits, UnverifiedDetached, VerifyingKey, sign_detached};

use crate::support::{
    OCSP_URL, TestDir, code, mode, names, node_key, noon, operator_plan, random, rsa, set_mode,
    swap, validity,
};

const NAMES: [&str; 8] = [
    "bootstrap",
    "decision",
    "dpf",
    "object",
    "peer",
    "peer-document",
    "encipherment",
    "ocsp",
];

fn make(path: &Path, sho_id: &str, octet: u8) {
    let (key, plan) = (node_key(octet), operator_plan(sho_id));
    OperatorKeyDir::create(path, &plan, Protection::Encrypted(&key), &mut random(1)).unwrap();
}

fn load(path: &Path, octet: u8) -> Result<OperatorKeyDir, TokenError> {
    OperatorKeyDir::load(path, Protection::Encrypted(&node_key(octet)))
}

fn noon_policy() -> TimePolicy {
    TimePolicy::Trusted(TimeInterval::exactly(noon()))
}

#[test]
fn each_loaded_key_signs_what_its_leaf_verifies() {
    let dir = TestDir::new();
    let path = dir.join("operator");
    make(&path, "001-01", 1);
    let loaded = load(&path, 1).unwrap();
    assert_eq!(loaded.anchor.sho_id().to_string(), "001-01");
    assert_eq!(loaded.keys.anchor, loaded.anchor.certificate().der());
    for (key, purpose) in [
        (&loaded.keys.bootstrap, Purpose::Bootstrap),
        (&loaded.keys.object, Purpose::Object),
        (&loaded.keys.peer_document, Purpose::PeerDocument),
        (&loaded.keys.decision, Purpose::Decision),
    ] {
        let leaf = Certificate::from_der(key.leaf()).unwrap();
        let (anchor, sho_id) = (&loaded.anchor, loaded.anchor.sho_id());
        verify_leaf(&leaf, anchor, purpose, sho_id, noon_policy()).unwrap();
        assert_eq!(leaf.ocsp_url(), None, "asked at a connection only");
        let (kind, document) = (BootstrapType::Xml, b"<a></a>");
        let signature = sign_detached(document, kind, key.signer(), key.leaf()).unwrap();
        let read =
            UnverifiedDetached::parse(&signature, document, kind, &Limits::default()).unwrap();
        let public = VerifyingKey::from_spki_der(leaf.public_key().spki_der()).unwrap();
        assert!(read.verify(&public).is_ok(), "{purpose:?}");
    }
    for (identity, purpose) in [
        (&loaded.dpf, Purpose::DpfServer),
        (&loaded.peer, Purpose::Peer),
    ] {
        let leaf = Certificate::from_der(&identity.leaf).unwrap();
        let (anchor, sho_id) = (&loaded.anchor, loaded.anchor.sho_id());
        let leaf = verify_leaf(&leaf, anchor, purpose, sho_id, noon_policy()).unwrap();
        let spki = identity.key.public_key_to_der().unwrap();
        assert_eq!(leaf.certificate().public_key().spki_der(), spki);
        let plan = operator_plan("001-01");
        let expected = match purpose {
            Purpose::DpfServer => plan.dpf_names,
            _ => plan.peer_names,
        };
        let found: Vec<_> = leaf.certificate().dns_names().collect();
        assert_eq!(found, expected);
        assert_eq!(leaf.certificate().ocsp_url(), Some(OCSP_URL));
    }
}

#[test]
fn every_key_is_another_and_the_directory_is_private() {
    let dir = TestDir::new();
    let path = dir.join("operator");
    make(&path, "001-01", 1);
    assert_eq!(mode(&path), 0o700);
    let mut expected: Vec<_> = NAMES
        .iter()
        .flat_map(|name| [format!("{name}.key"), format!("{name}.pem")])
        .chain(["anchor.pem".to_owned(), "issuer.key".to_owned()])
        .collect();
    expected.sort();
    assert_eq!(names(&path), expected);
    for name in &expected {
        assert_eq!(mode(&path.join(name)), 0o600, "{name}");
    }
    let mut keys: Vec<_> = expected
        .iter()
        .filter(|name| name.ends_with(".pem"))
        .map(|name| {
            let pem = fs::read(path.join(name)).unwrap();
            let certificate = openssl::x509::X509::from_pem(&pem).unwrap();
            let key = certificate.public_key().unwrap();
            key.public_key_to_der().unwrap()
        })
        .collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), NAMES.len() + 1);
}

#[test]
fn the_issuer_issues_another_leaf() {
    let dir = TestDir::new();
    let path = dir.join("operator");
    make(&path, "001-01", 1);
    let key = node_key(1);
    let protection = Protection::Encrypted(&key);
    let (anchor, issuer) = OperatorKeyDir::load_issuer(&path, protection).unwrap();
    let fresh = FileKey::generate(tre::KeyKind::EcP256).unwrap();
    let request = LeafRequest {
        purpose: Purpose::OcspSigning,
        public_key: fresh.public_key(),
        dns_names: &[],
        validity: validity(),
        ocsp_url: None,
    };
    let leaf = issue_leaf(&issuer, &anchor, &request, &mut random(2)).unwrap();
    let (purpose, sho_id) = (Purpose::OcspSigning, anchor.sho_id());
    verify_leaf(&leaf, &anchor, purpose, sho_id, noon_policy()).unwrap();
    // The node runs without the issuer's key.
    fs::remove_file(path.join("issuer.key")).unwrap();
    assert_eq!(code(load(&path, 1)), "accepted");
    let without = OperatorKeyDir::load_issuer(&path, protection);
    assert_eq!(code(without), "key-file-missing");
}

#[test]
fn an_rsa_key_issues_and_signs() {
    let key = FileKey::new(rsa()).unwrap();
    let sho_id = "001-01".parse().unwrap();
    let anchor = issue_sho_anchor(&key, &sho_id, validity(), &mut random(3)).unwrap();
    assert_eq!(anchor.certificate().public_key(), key.public_key());
    let signature = xmldsig::Signer::sign(&key, b"message").unwrap();
    assert_eq!(signature.len(), 384);
    assert!(key.public_key().verifies(b"message", &signature));
    let pkey = key.to_pkey().unwrap();
    let spki = pkey.public_key_to_der().unwrap();
    assert_eq!(spki, key.public_key().spki_der());
}

#[test]
fn keys_that_changed_places_are_refused_encrypted_or_plain() {
    let dir = TestDir::new();
    let (closed, plain) = (dir.join("closed"), dir.join("plain"));
    make(&closed, "001-01", 1);
    let plan = operator_plan("001-01");
    OperatorKeyDir::create(&plain, &plan, Protection::Plain, &mut random(4)).unwrap();
    let load_plain = || OperatorKeyDir::load(&plain, Protection::Plain);
    for (a, b) in NAMES.iter().zip(NAMES.iter().skip(1)) {
        let (a, b) = (format!("{a}.key"), format!("{b}.key"));
        swap(&closed, &a, &b);
        assert_eq!(code(load(&closed, 1)), "key-file-not-opened", "{a}, {b}");
        swap(&closed, &a, &b);
        swap(&plain, &a, &b);
        assert_eq!(code(load_plain()), "key-certificate-mismatch", "{a}, {b}");
        swap(&plain, &a, &b);
    }
    assert_eq!(code(load(&closed, 1)), "accepted");
    assert_eq!(code(load_plain()), "accepted");
}

#[test]
fn a_leaf_of_another_purpose_is_refused_even_with_its_key() {
    let dir = TestDir::new();
    let path = dir.join("operator");
    let plan = operator_plan("001-01");
    OperatorKeyDir::create(&path, &plan, Protection::Plain, &mut random(5)).unwrap();
    for a in NAMES {
        for b in NAMES.iter().filter(|b| **b > a) {
            for end in ["key", "pem"] {
                swap(&path, &format!("{a}.{end}"), &format!("{b}.{end}"));
            }
            let loaded = OperatorKeyDir::load(&path, Protection::Plain);
            assert_eq!(code(loaded), "certificate-purpose-wrong", "{a}, {b}");
            for end in ["key", "pem"] {
                swap(&path, &format!("{a}.{end}"), &format!("{b}.{end}"));
            }
        }
    }
}

#[test]
fn what_belongs_to_another_operator_is_refused() {
    let dir = TestDir::new();
    let (own, other) = (dir.join("own"), dir.join("other"));
    make(&own, "001-01", 1);
    make(&other, "001-02", 1);
    for (name, expected) in [
        ("object.key", "key-file-not-opened"),
        ("object.pem", "certificate-chain-invalid"),
        ("anchor.pem", "certificate-chain-invalid"),
    ] {
        let kept = fs::read(own.join(name)).unwrap();
        fs::copy(other.join(name), own.join(name)).unwrap();
        assert_eq!(code(load(&own, 1)), expected, "{name}");
        fs::write(own.join(name), kept).unwrap();
    }
    assert_eq!(code(load(&own, 1)), "accepted");
}

#[test]
fn a_leaf_is_no_anchor() {
    let dir = TestDir::new();
    let path = dir.join("operator");
    make(&path, "001-01", 1);
    fs::copy(path.join("peer.pem"), path.join("anchor.pem")).unwrap();
    assert_eq!(code(load(&path, 1)), "anchor-invalid");
}

#[test]
fn another_node_key_or_another_form_is_refused() {
    let dir = TestDir::new();
    let (closed, plain) = (dir.join("closed"), dir.join("plain"));
    make(&closed, "001-01", 1);
    let plan = operator_plan("001-01");
    OperatorKeyDir::create(&plain, &plan, Protection::Plain, &mut random(6)).unwrap();
    assert_eq!(code(load(&closed, 2)), "key-file-not-opened");
    assert_eq!(code(load(&plain, 1)), "key-file-not-encrypted");
    let without = OperatorKeyDir::load(&closed, Protection::Plain);
    assert_eq!(code(without), "key-file-encrypted");
}

#[test]
fn rights_of_others_on_the_directory_or_any_key_are_refused() {
    let dir = TestDir::new();
    let path = dir.join("operator");
    make(&path, "001-01", 1);
    for name in NAMES {
        let key = path.join(format!("{name}.key"));
        set_mode(&key, 0o640);
        assert_eq!(code(load(&path, 1)), "key-file-readable-by-others");
        set_mode(&key, 0o600);
    }
    // Certificates are public.
    set_mode(&path.join("object.pem"), 0o644);
    assert_eq!(code(load(&path, 1)), "accepted");
    set_mode(&path, 0o755);
    assert_eq!(code(load(&path, 1)), "key-directory-open-to-others");
}

#[test]
fn certificate_files_have_exactly_one_certificate() {
    let dir = TestDir::new();
    let path = dir.join("operator");
    make(&path, "001-01", 1);
    let file = path.join("object.pem");
    let good = fs::read(&file).unwrap();
    let cases: [(&str, Vec<u8>); 5] = [
        ("empty", Vec::new()),
        ("two", [good.as_slice(), &good].concat()),
        ("cut", good[..good.len() / 2].to_vec()),
        ("a key", include_bytes!("../fixtures/rsa-3072.pem").to_vec()),
        ("endless", [good.as_slice(), &[b'\n'; 20_000]].concat()),
    ];
    for (case, octets) in cases {
        fs::write(&file, octets).unwrap();
        assert_eq!(code(load(&path, 1)), "key-file-malformed", "{case}");
    }
    fs::remove_file(&file).unwrap();
    assert_eq!(code(load(&path, 1)), "key-file-missing");
}

#[test]
fn a_key_of_another_kind_or_form_is_refused() {
    let dir = TestDir::new();
    let path = dir.join("operator");
    let plan = operator_plan("001-01");
    OperatorKeyDir::create(&path, &plan, Protection::Plain, &mut random(7)).unwrap();
    let group = openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::SECP384R1).unwrap();
    let p384 = openssl::ec::EcKey::generate(&group).unwrap();
    let p384 = openssl::pkey::PKey::from_ec_key(p384).unwrap();
    let pem = include_bytes!("../fixtures/rsa-3072.pem").to_vec();
    let cases = [
        ("P-384", p384.private_key_to_pkcs8().unwrap()),
        ("PEM", pem),
        ("empty", Vec::new()),
    ];
    for (case, octets) in cases {
        fs::write(path.join("object.key"), octets).unwrap();
        let loaded = OperatorKeyDir::load(&path, Protection::Plain);
        assert_eq!(code(loaded), "key-file-malformed", "{case}");
    }
}

#[test]
fn creation_that_fails_leaves_nothing_behind() {
    let dir = TestDir::new();
    let path = dir.join("operator");
    let mut plan = operator_plan("001-01");
    plan.dpf_names = vec!["*.rehome.test".to_owned()];
    let made = OperatorKeyDir::create(&path, &plan, Protection::Plain, &mut random(8));
    assert_eq!(code(made), "dns-names-wrong");
    assert!(dir.names().is_empty(), "{:?}", dir.names());
    fs::write(&path, b"a file").unwrap();
    let plan = operator_plan("001-01");
    let made = OperatorKeyDir::create(&path, &plan, Protection::Plain, &mut random(9));
    assert_eq!(code(made), "key-file-exists");
    assert_eq!(dir.names(), ["operator"]);
}
