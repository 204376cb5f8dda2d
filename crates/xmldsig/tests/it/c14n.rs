//! Canonical octets against `xmllint --exc-c14n` (libxml2): those that the
//! writer writes, and those that are computed from other ways to write the same.

use std::process::Command;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngSeed, TestRunner};
use xmldsig::{DocumentType, Limits, ObjectWriter, Unverified};

use crate::programs::{program, run_well};
use crate::support::{Key, Scratch, sample, signed};

/// What `xmllint` makes of a document, or nothing when it is not there.
fn xmllint(what: &str, document: &[u8]) -> Option<Vec<u8>> {
    let xmllint = program("xmllint", what)?;
    let scratch = Scratch::new();
    let file = scratch.file("object.xml", document);
    Some(run_well(Command::new(xmllint).arg("--exc-c14n").arg(file)).stdout)
}

#[test]
fn the_writer_writes_canonical_form() {
    for document_type in DocumentType::ALL {
        let object = sample(document_type);
        let Some(canonical) = xmllint("canonical form of written objects", object.octets()) else {
            return;
        };
        assert_eq!(
            String::from_utf8(canonical).unwrap(),
            String::from_utf8_lossy(object.octets())
        );
    }
}

#[test]
fn the_writer_writes_canonical_form_for_any_text() {
    const SEED: u64 = 20_330_812;
    println!("seed {SEED}");
    let mut runner = TestRunner::new(Config {
        rng_seed: RngSeed::Fixed(SEED),
        ..Config::default()
    });
    let text = "[^&<>\\pC\u{feff}\u{85}]{0,40}";
    for _ in 0..40 {
        let text = text.new_tree(&mut runner).unwrap().current();
        let mut object = ObjectWriter::new(DocumentType::Refusal);
        object.field("Reason", &text).unwrap();
        object
            .group("Group", |group| group.field("Quoted", &text).map(drop))
            .unwrap();
        let object = object.finish();
        let Some(canonical) = xmllint("canonical form of any text", object.octets()) else {
            return;
        };
        assert_eq!(
            String::from_utf8(canonical).unwrap(),
            String::from_utf8_lossy(object.octets()),
        );
    }
}

/// Other ways to write the sample object, each on its own a whole document.
const REWRITTEN: [(&str, &str); 6] = [
    ("<Cause></Cause>", "<Cause/>"),
    ("<Cause></Cause>", "<Cause  ></Cause  >"),
    (
        "xmlns=\"urn:x-rehome:m2mmobj:1\" Id=\"o\"",
        "Id='o'  xmlns='urn:x-rehome:m2mmobj:1' ",
    ),
    (" Id=\"o\"", " Id = \"o\""),
    ("<TreInfo>", "<TreInfo xmlns=\"urn:x-rehome:m2mmobj:1\">"),
    (
        "<TreInfo>",
        "<TreInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">",
    ),
];

#[test]
fn rewritten_objects_have_the_same_canonical_form() {
    let key = Key::p256();
    let original = sample(DocumentType::M2mmObj);
    let object = std::str::from_utf8(original.octets()).unwrap();
    let document = String::from_utf8(signed(DocumentType::M2mmObj, &key, &[])).unwrap();
    for (find, replace) in REWRITTEN {
        assert_eq!(object.matches(find).count(), 1, "{find}");
        let rewritten = object.replace(find, replace);
        let document = document.replace(object, &rewritten);
        let read = Unverified::parse(
            document.as_bytes(),
            DocumentType::M2mmObj,
            &Limits::default(),
        );
        let verified = read.unwrap().verify(&key.verifying()).unwrap();
        assert_eq!(verified.canonical_octets(), original.octets());
        assert_eq!(verified.document_octets(), document.as_bytes());
        if let Some(canonical) =
            xmllint("canonical form of rewritten objects", rewritten.as_bytes())
        {
            assert_eq!(canonical, verified.canonical_octets(), "{rewritten}");
        }
    }
}

/// An object that inherits its namespace from the root is the same object.
#[test]
fn an_inherited_namespace_is_part_of_the_canonical_form() {
    let key = Key::p256();
    let document = String::from_utf8(signed(DocumentType::M2mmObj, &key, &[])).unwrap();
    let inherited = document.replace(
        "<M2MMobj xmlns=\"urn:x-rehome:m2mmobj:1\" Id=\"o\">",
        "<M2MMobj Id=\"o\">",
    );
    assert_ne!(document, inherited);
    let read = Unverified::parse(
        inherited.as_bytes(),
        DocumentType::M2mmObj,
        &Limits::default(),
    );
    let verified = read.unwrap().verify(&key.verifying()).unwrap();
    assert_eq!(
        verified.canonical_octets(),
        sample(DocumentType::M2mmObj).octets()
    );
}
