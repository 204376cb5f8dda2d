//! Signed documents of every type, both algorithms, and what is read from them.

use data_encoding::BASE64;
use openssl::sha::sha256;
use xmldsig::{
    DocumentType, FieldProblem, Limits, Object, ObjectWriter, SignatureAlgorithm, Signer,
    SignerError, Unverified, XmlDsigError, sign_object,
};

use crate::support::{Key, between, chain, sample, signed};

/// docs/operator-change.md section 3, by hand: root, object, namespace, leaf.
const NAMES: [(DocumentType, &str, &str, &str, bool); 10] = [
    (
        DocumentType::M2mmObj,
        "SignedM2MMobj",
        "M2MMobj",
        "m2mmobj",
        false,
    ),
    (
        DocumentType::M2mmcimmObj,
        "SignedM2MMCIMMobj",
        "M2MMCIMMobj",
        "m2mmcimmobj",
        true,
    ),
    (
        DocumentType::Announcement,
        "SignedAnnouncement",
        "Announcement",
        "announcement",
        true,
    ),
    (
        DocumentType::Release,
        "SignedRelease",
        "Release",
        "release",
        true,
    ),
    (
        DocumentType::Confirmation,
        "SignedConfirmation",
        "Confirmation",
        "confirmation",
        false,
    ),
    (
        DocumentType::Decision,
        "SignedDecision",
        "Decision",
        "decision",
        true,
    ),
    (
        DocumentType::Outcome,
        "SignedOutcome",
        "Outcome",
        "outcome",
        false,
    ),
    (
        DocumentType::Refusal,
        "SignedRefusal",
        "Refusal",
        "refusal",
        false,
    ),
    (
        DocumentType::Status,
        "SignedStatus",
        "Status",
        "status",
        false,
    ),
    (
        DocumentType::PcidDropped,
        "SignedPcidDropped",
        "PcidDropped",
        "pcid-dropped",
        false,
    ),
];

#[test]
fn every_type_has_its_names() {
    assert_eq!(NAMES.map(|row| row.0), DocumentType::ALL);
    for (document_type, root, object, namespace, leaf) in NAMES {
        assert_eq!(document_type.root_name(), root);
        assert_eq!(document_type.object_name(), object);
        assert_eq!(
            document_type.namespace(),
            format!("urn:x-rehome:{namespace}:1")
        );
        assert_eq!(document_type.carries_leaf(), leaf);
    }
}

#[test]
fn every_type_signs_and_verifies_with_both_algorithms() {
    for key in [Key::p256(), Key::rsa()] {
        let leaf = chain(&key).leaf;
        for document_type in DocumentType::ALL {
            let document = signed(document_type, &key, &leaf);
            let read = Unverified::parse(&document, document_type, &Limits::default()).unwrap();
            assert_eq!(
                read.leaf(),
                document_type.carries_leaf().then_some(leaf.as_slice())
            );
            assert_eq!(read.algorithm(), key.algorithm());
            let verified = read.verify(&key.verifying()).unwrap();
            let object = sample(document_type);
            assert_eq!(verified.canonical_octets(), object.octets());
            assert_eq!(verified.digest(), object.digest());
            assert_eq!(verified.digest(), sha256(object.octets()));
            assert_eq!(verified.document_octets(), document);
            assert_eq!(verified.document_type(), document_type);
        }
    }
}

#[test]
fn fields_are_read_by_name() {
    let key = Key::p256();
    let document = signed(DocumentType::M2mmObj, &key, &[]);
    let read = Unverified::parse(&document, DocumentType::M2mmObj, &Limits::default()).unwrap();
    let object = read.verify(&key.verifying()).unwrap();
    assert_eq!(
        object.field("TreId").unwrap(),
        "urn:x-rehome:tre:acme:00112233445566778899aabbccddeeff"
    );
    assert_eq!(object.field("Cause").unwrap(), "");
    assert_eq!(object.fields().optional("Model").unwrap(), None);
    let info = object.group("TreInfo").unwrap();
    assert_eq!(info.field("Model").unwrap(), "A1");
    assert_eq!(info.names().collect::<Vec<_>>(), ["Type", "Model"]);
    assert_eq!(
        object.fields().repeated("Url").unwrap(),
        [
            "https://dpf.mnc001.mcc001.rehome.test/dm",
            "https://dpf2.mnc001.mcc001.rehome.test/dm"
        ]
    );
    let names = ["TreId", "OrderId", "Url", "Url", "TreInfo", "Cause"];
    assert_eq!(object.fields().names().collect::<Vec<_>>(), names);
    object.fields().expect_only(&names).unwrap();

    let refused = |result: Result<(), XmlDsigError>, expected| match result {
        Err(XmlDsigError::Field { problem, .. }) => assert_eq!(problem, expected),
        other => panic!("{other:?} in place of {expected:?}"),
    };
    let fields = object.fields();
    refused(object.field("Model").map(drop), FieldProblem::Missing);
    refused(object.field("treId").map(drop), FieldProblem::Missing);
    refused(object.field("TreInfo").map(drop), FieldProblem::Missing);
    refused(fields.repeated("TreInfo").map(drop), FieldProblem::Missing);
    refused(object.field("Url").map(drop), FieldProblem::Repeated);
    refused(fields.optional("Url").map(drop), FieldProblem::Repeated);
    refused(object.group("TreId").map(drop), FieldProblem::Missing);
    refused(object.group("Cause").map(drop), FieldProblem::Missing);
    refused(object.group("Url").map(drop), FieldProblem::Repeated);
    refused(fields.expect_only(&names[1..]), FieldProblem::Unknown);
    refused(info.expect_only(&["Type"]), FieldProblem::Unknown);
}

#[test]
fn a_document_is_of_one_type_only() {
    let key = Key::p256();
    let leaf = chain(&key).leaf;
    for signed_as in DocumentType::ALL {
        let document = signed(signed_as, &key, &leaf);
        for read_as in DocumentType::ALL {
            let read = Unverified::parse(&document, read_as, &Limits::default());
            assert_eq!(
                read.is_ok(),
                signed_as == read_as,
                "{signed_as:?} as {read_as:?}"
            );
        }
    }
}

#[test]
fn the_key_must_be_the_signers() {
    let (key, rsa) = (Key::p256(), Key::rsa());
    let read = |document: &[u8]| {
        Unverified::parse(document, DocumentType::Status, &Limits::default()).unwrap()
    };
    let document = signed(DocumentType::Status, &key, &[]);
    let error = read(&document)
        .verify(&Key::p256().verifying())
        .unwrap_err();
    assert_eq!(error.code(), "signature-invalid");
    let error = read(&document).verify(&rsa.verifying()).unwrap_err();
    assert_eq!(error.code(), "algorithm-not-allowed");
    let document = signed(DocumentType::Status, &rsa, &[]);
    let error = read(&document).verify(&key.verifying()).unwrap_err();
    assert_eq!(error.code(), "algorithm-not-allowed");
    let other =
        Key(openssl::pkey::PKey::from_rsa(openssl::rsa::Rsa::generate(3072).unwrap()).unwrap());
    let error = read(&document).verify(&other.verifying()).unwrap_err();
    assert_eq!(error.code(), "signature-invalid");
}

/// Values that have the shape of an RSA signature and are none of this key's.
#[test]
fn impossible_rsa_values_are_invalid() {
    let key = Key::rsa();
    let document = String::from_utf8(signed(DocumentType::Status, &key, &[])).unwrap();
    let value = between(&document, "<ds:SignatureValue>", "</ds:SignatureValue>");
    for impossible in [
        vec![0; 384],
        vec![0xff; 384],
        vec![1; 385],
        vec![1; 512],
        vec![1; 2048],
        [&[0], BASE64.decode(value.as_bytes()).unwrap().as_slice()].concat(),
    ] {
        let changed = document.replace(value, &BASE64.encode(&impossible));
        let read = Unverified::parse(changed.as_bytes(), DocumentType::Status, &Limits::default())
            .unwrap();
        let error = read.verify(&key.verifying()).unwrap_err();
        assert_eq!(
            error.code(),
            "signature-invalid",
            "{} octets",
            impossible.len()
        );
    }
    for impossible in [vec![1; 383], vec![1; 256], vec![1; 2049]] {
        let changed = document.replace(value, &BASE64.encode(&impossible));
        let read = Unverified::parse(changed.as_bytes(), DocumentType::Status, &Limits::default());
        let error = read.map(drop).unwrap_err();
        assert_eq!(
            error.code(),
            "signed-document-malformed",
            "{} octets",
            impossible.len()
        );
    }
}

#[test]
fn a_repeated_group_is_not_one() {
    let key = Key::p256();
    let mut object = ObjectWriter::new(DocumentType::Status);
    for _ in 0..2 {
        object
            .group("Twice", |group| group.field("a", "1").map(drop))
            .unwrap();
    }
    let document = sign_object(&object.finish(), &key, None).unwrap();
    let read = Unverified::parse(&document, DocumentType::Status, &Limits::default()).unwrap();
    let error = read
        .verify(&key.verifying())
        .unwrap()
        .group("Twice")
        .map(drop)
        .unwrap_err();
    assert_eq!(error.code(), "signed-field-repeated");
}

#[test]
fn limits_are_exact() {
    let key = Key::p256();
    let document = signed(DocumentType::M2mmObj, &key, &[]);
    let elements = document.windows(1).filter(|octet| octet == b"<").count()
        - document.windows(2).filter(|octets| octets == b"</").count();
    let exact = Limits {
        octets: document.len(),
        elements,
    };
    let parse = |limits| Unverified::parse(&document, DocumentType::M2mmObj, &limits).map(drop);
    parse(exact).unwrap();
    let shorter = Limits {
        octets: exact.octets - 1,
        ..exact
    };
    assert_eq!(
        parse(shorter).unwrap_err().code(),
        "signed-document-too-large"
    );
    let fewer = Limits {
        elements: elements - 1,
        ..exact
    };
    assert_eq!(
        parse(fewer).unwrap_err().code(),
        "signed-document-too-large"
    );
}

#[test]
fn what_could_not_be_read_is_not_signed() {
    let key = Key::p256();
    let mut object = ObjectWriter::new(DocumentType::Status);
    for _ in 0..300 {
        object.field("Seq", "1").unwrap();
    }
    let error = sign_object(&object.finish(), &key, None).unwrap_err();
    assert_eq!(error.code(), "signed-document-too-large");
    let mut object = ObjectWriter::new(DocumentType::Status);
    object.field("Seq", &"1".repeat(256 * 1024)).unwrap();
    let error = sign_object(&object.finish(), &key, None).unwrap_err();
    assert_eq!(error.code(), "signed-document-too-large");
}

#[test]
fn the_leaf_fits_the_type() {
    let key = Key::p256();
    let sign = |document_type, leaf: Option<&[u8]>| {
        sign_object(&sample(document_type), &key, leaf)
            .unwrap_err()
            .code()
    };
    assert_eq!(sign(DocumentType::M2mmObj, Some(b"leaf")), "signing-misuse");
    assert_eq!(sign(DocumentType::Decision, None), "signing-misuse");
    assert_eq!(sign(DocumentType::Decision, Some(b"")), "signing-misuse");
    // An empty leaf is no leaf, and must not end up as an empty KeyInfo.
    assert_eq!(sign(DocumentType::M2mmObj, Some(b"")), "signing-misuse");
}

/// A signer that returns whatever it was told to.
struct Told(SignatureAlgorithm, Result<Vec<u8>, &'static str>);

impl Signer for Told {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.0
    }

    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.1.clone().map_err(SignerError::new)
    }
}

#[test]
fn a_signer_that_fails_or_gives_a_wrong_shape_signs_nothing() {
    let object: Object = sample(DocumentType::Status);
    let ecdsa = SignatureAlgorithm::EcdsaP256Sha256;
    let rsa = SignatureAlgorithm::RsaPkcs1Sha256;
    for told in [
        Told(ecdsa, Err("locked")),
        Told(ecdsa, Ok(vec![])),
        Told(ecdsa, Ok(vec![0; 64])),
        Told(ecdsa, Ok(vec![0xff; 64])),
        Told(ecdsa, Ok(vec![1; 63])),
        Told(ecdsa, Ok(vec![0x30, 6, 2, 1, 1, 2, 1, 1])),
        Told(rsa, Ok(vec![1; 383])),
        Told(rsa, Ok(vec![1; 256])),
    ] {
        let error = sign_object(&object, &told, None).unwrap_err();
        assert_eq!(error.code(), "signer-failed");
    }
    let locked = sign_object(&object, &Told(ecdsa, Err("locked")), None).unwrap_err();
    let XmlDsigError::SignerFailed(cause) = locked else {
        panic!("{locked:?}");
    };
    assert_eq!(cause.to_string(), "locked");
}
