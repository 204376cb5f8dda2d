//! Detached signatures over bootstrap documents.

use openssl::sha::sha256;
use xmldsig::{
    BootstrapType, DocumentType, Limits, Signer, Unverified, UnverifiedDetached, sign_detached,
};

use crate::support::{Key, chain, signed};

/// Octets that any canonicalisation, decoding or line-end handling would change.
const DOCUMENT: &[u8] = b"\xef\xbb\xbf<?xml version='1.0'?>\r\n<!-- c --><a  b='1'/>\0\xff\r";

#[test]
fn both_types_and_algorithms_sign_and_verify() {
    for key in [Key::p256(), Key::rsa()] {
        let leaf = chain(&key).leaf;
        for bootstrap_type in [BootstrapType::Xml, BootstrapType::Wbxml] {
            let signature = sign_detached(DOCUMENT, bootstrap_type, &key, &leaf).unwrap();
            let read =
                UnverifiedDetached::parse(&signature, DOCUMENT, bootstrap_type, &Limits::default())
                    .unwrap();
            assert_eq!(read.leaf(), leaf);
            assert_eq!(read.algorithm(), key.algorithm());
            let verified = read.verify(&key.verifying()).unwrap();
            assert_eq!(verified.document_octets(), DOCUMENT);
            assert_eq!(verified.bootstrap_type(), bootstrap_type);
            assert_eq!(verified.digest(), sha256(DOCUMENT));
        }
    }
}

#[test]
fn the_type_is_signed_with_the_document() {
    let key = Key::p256();
    let signature = sign_detached(DOCUMENT, BootstrapType::Xml, &key, b"leaf").unwrap();
    let read = |bootstrap_type, signature: &[u8]| {
        UnverifiedDetached::parse(signature, DOCUMENT, bootstrap_type, &Limits::default())
            .and_then(|read| read.verify(&key.verifying()).map(drop))
    };
    let error = read(BootstrapType::Wbxml, &signature).unwrap_err();
    assert_eq!(error.code(), "signed-document-malformed");
    let renamed = String::from_utf8(signature).unwrap();
    let renamed = renamed.replace("cid:rehome-bootstrap-1", "cid:rehome-bootstrap-2");
    let error = read(BootstrapType::Wbxml, renamed.as_bytes()).unwrap_err();
    assert_eq!(error.code(), "signature-invalid");
}

#[test]
fn every_octet_of_the_document_counts() {
    let key = Key::p256();
    let signature = sign_detached(DOCUMENT, BootstrapType::Xml, &key, b"leaf").unwrap();
    let verify = |document: &[u8]| {
        UnverifiedDetached::parse(&signature, document, BootstrapType::Xml, &Limits::default())
            .unwrap()
            .verify(&key.verifying())
            .map(drop)
            .unwrap_err()
            .code()
    };
    for at in 0..DOCUMENT.len() {
        let mut changed = DOCUMENT.to_vec();
        changed[at] ^= 1;
        assert_eq!(verify(&changed), "digest-mismatch", "octet {at}");
        changed.remove(at);
        assert_eq!(verify(&changed), "digest-mismatch", "without octet {at}");
    }
    assert_eq!(verify(&[DOCUMENT, b"\n"].concat()), "digest-mismatch");
    assert_eq!(verify(b""), "digest-mismatch");
}

#[test]
fn the_two_forms_are_not_exchangeable() {
    let key = Key::p256();
    let document = String::from_utf8(signed(DocumentType::Decision, &key, b"leaf")).unwrap();
    let start = document.find("<ds:Signature ").unwrap();
    let end = document.rfind("</SignedDecision>").unwrap();
    let (object_signature, object) = (&document[start..end], b"<Decision/>");
    let error = UnverifiedDetached::parse(
        object_signature.as_bytes(),
        object,
        BootstrapType::Xml,
        &Limits::default(),
    );
    assert_eq!(
        error.map(drop).unwrap_err().code(),
        "signed-document-malformed"
    );
    let detached = sign_detached(b"x", BootstrapType::Xml, &key, b"leaf").unwrap();
    let swapped = document.replace(object_signature, std::str::from_utf8(&detached).unwrap());
    let error = Unverified::parse(
        swapped.as_bytes(),
        DocumentType::Decision,
        &Limits::default(),
    );
    assert_eq!(
        error.map(drop).unwrap_err().code(),
        "signed-document-malformed"
    );
}

#[test]
fn type_numbers_are_one_and_two() {
    for number in 0..=u8::MAX {
        match BootstrapType::try_from(number) {
            Ok(bootstrap_type) => {
                assert!(matches!(number, 1 | 2));
                assert_eq!(bootstrap_type.number(), number);
                assert_eq!(
                    bootstrap_type.reference_uri(),
                    format!("cid:rehome-bootstrap-{number}")
                );
            }
            Err(error) => {
                assert!(!matches!(number, 1 | 2));
                assert_eq!(error.code(), "signed-document-malformed");
            }
        }
    }
}

#[test]
fn a_leaf_is_needed_and_bounded() {
    let key = Key::p256();
    let error = sign_detached(DOCUMENT, BootstrapType::Xml, &key, b"").unwrap_err();
    assert_eq!(error.code(), "signing-misuse");
    let error = sign_detached(DOCUMENT, BootstrapType::Xml, &key, &[0; 200_000]).unwrap_err();
    assert_eq!(error.code(), "signed-document-too-large");
}
