//! The recipient as a certificate gives it (RFC 5280 clause 4.2.1.2).

use der::Encode;
use der::asn1::OctetString;
use tre::{KeyIdentifier, KeyKind, Recipient};

use crate::support::{Certificate, KINDS, code, key};

const SUBJECT_KEY_IDENTIFIER: &str = "2.5.29.14";

fn octet_string(octets: &[u8]) -> Vec<u8> {
    OctetString::new(octets).unwrap().to_der().unwrap()
}

/// OpenSSL's `subjectKeyIdentifier = hash` is method 1 too.
#[test]
fn without_the_extension_the_identifier_is_method_1() {
    for kind in KINDS {
        let key = key(kind);
        let with = Certificate::of(&key).identified().build();
        let extension = with.subject_key_id().unwrap().as_slice().to_vec();
        let spki = key.public_key().as_spki();
        let without = Certificate::of(&key).der();
        for recipient in [
            Recipient::from_certificate(&with.to_der().unwrap()).unwrap(),
            Recipient::from_certificate(&without).unwrap(),
            Recipient::from_public_key(spki).unwrap(),
        ] {
            assert_eq!(recipient.identifier().as_octets(), extension);
            assert_eq!(recipient.public_key().as_spki(), spki);
            assert_eq!(recipient.kind(), kind);
        }
    }
}

#[test]
fn the_extension_overrules_the_hash() {
    let key = key(KeyKind::EcP256);
    for identifier in [&[7u8][..], &[9; 20], &[1; 64]] {
        let der = Certificate::of(&key)
            .with(SUBJECT_KEY_IDENTIFIER, &octet_string(identifier))
            .der();
        let recipient = Recipient::from_certificate(&der).unwrap();
        assert_eq!(recipient.identifier().as_octets(), identifier);
    }
}

#[test]
fn certificates_that_cannot_be_read_are_malformed() {
    let key = key(KeyKind::EcP256);
    let ski = |value: &[u8]| {
        Certificate::of(&key)
            .with(SUBJECT_KEY_IDENTIFIER, value)
            .der()
    };
    let good = Certificate::of(&key).identified().der();
    let twice = Certificate::of(&key)
        .with(SUBJECT_KEY_IDENTIFIER, &octet_string(&[1; 20]))
        .with(SUBJECT_KEY_IDENTIFIER, &octet_string(&[2; 20]))
        .der();
    for (name, bad) in [
        ("empty", Vec::new()),
        ("cut", good[..good.len() - 1].to_vec()),
        ("trailing", [&good[..], &[0]].concat()),
        ("no certificate", vec![0x30, 0]),
        ("too long", vec![0x30; 16 * 1024 + 1]),
        ("two identifiers", twice),
        ("an empty identifier", ski(&octet_string(&[]))),
        ("an identifier of 65 octets", ski(&octet_string(&[3; 65]))),
        ("an identifier that is no OCTET STRING", ski(&[2, 1, 5])),
        ("an identifier with something behind", ski(&[4, 1, 5, 0])),
    ] {
        assert_eq!(
            code(Recipient::from_certificate(&bad)),
            "certificate-malformed",
            "{name}"
        );
    }
}

#[test]
fn a_certificate_of_another_kind_of_key_is_unsupported() {
    let key = openssl::pkey::PKey::ec_gen("P-384").unwrap();
    let der = Certificate::of_pkey(key).identified().der();
    assert_eq!(code(Recipient::from_certificate(&der)), "key-unsupported");
}

#[test]
fn identifiers_have_1_to_64_octets() {
    assert_eq!(code(KeyIdentifier::new(&[])), "certificate-malformed");
    assert_eq!(code(KeyIdentifier::new(&[0; 65])), "certificate-malformed");
    assert_eq!(KeyIdentifier::new(&[5; 64]).unwrap().as_octets(), [5; 64]);
}
