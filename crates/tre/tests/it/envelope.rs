//! Sealing and opening: sizes, tags, one and two key pairs, and the CMS
//! structure of WK by its object identifiers.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Reader, SliceReader, Tag, Tagged};
use secret::SecretBytes;
use tre::envelope::{Content, ContentTag, MAX_PAYLOAD};
use tre::{
    KeyKind, KeyPairs, KeySlot, MemoryBackend, Recipient, SoftwareKey, Suite, TreError, envelope,
};

use crate::support::{KINDS, SUITES, SplitMix, backend, code, key};

fn content(payload: &[u8]) -> Content<'_> {
    Content {
        tag: ContentTag::Mcim,
        version: 0x0102,
        payload,
    }
}

fn recipient_of(key: &SoftwareKey) -> Recipient {
    Recipient::from_public_key(key.public_key().as_spki()).unwrap()
}

#[test]
fn payloads_of_every_boundary_size_come_back() {
    for kind in KINDS {
        let key = key(kind);
        let (recipient, mut backend) = (recipient_of(&key), backend(key));
        for suite in SUITES {
            for size in [0, 1, 8, 9, 10, 15, 16, 17, 25, MAX_PAYLOAD - 1, MAX_PAYLOAD] {
                let payload = vec![0x5a; size];
                let mut random = SplitMix(3);
                let octets =
                    envelope::seal(&recipient, suite, &content(&payload), &mut random).unwrap();
                assert_eq!(envelope::suite(&octets).unwrap(), suite);
                let opened =
                    envelope::open(&mut backend, &recipient, &octets, &mut random).unwrap();
                assert!(
                    *opened.payload.expose() == payload,
                    "{kind:?} {suite:?} {size}"
                );
                assert_eq!(opened.suite, suite);
                assert_eq!(opened.tag, ContentTag::Mcim);
                assert_eq!(opened.version, 0x0102);
            }
        }
    }
}

#[test]
fn ct_is_the_shortest_that_holds_the_data() {
    let key = key(KeyKind::EcP256);
    for (suite, mac) in [(Suite::One, 20), (Suite::Two, 32)] {
        for (payload, ct) in [(0, 16), (9, 16), (10, 32), (25, 32), (26, 48)] {
            let payload = vec![0; payload];
            let octets = envelope::seal(
                &recipient_of(&key),
                suite,
                &content(&payload),
                &mut SplitMix(3),
            )
            .unwrap();
            let wrapped = envelope::wrapped_key(&octets).unwrap().len();
            assert_eq!(octets.len(), 1 + wrapped + 16 + ct + mac);
        }
    }
}

#[test]
fn a_payload_above_64_kib_is_not_sealed() {
    let recipient = recipient_of(&key(KeyKind::EcP256));
    for size in [MAX_PAYLOAD + 1, MAX_PAYLOAD + 9, 2 * MAX_PAYLOAD] {
        let payload = vec![0; size];
        let sealed = envelope::seal(&recipient, Suite::Two, &content(&payload), &mut SplitMix(3));
        assert_eq!(code(sealed), "payload-too-long");
    }
}

#[test]
fn every_tag_has_the_octet_of_section_2() {
    let table = [
        (1, ContentTag::Mcim),
        (2, ContentTag::Algorithm),
        (3, ContentTag::Update),
        (4, ContentTag::Credentials),
    ];
    for (octet, tag) in table {
        assert_eq!(tag.octet(), octet);
        assert_eq!(ContentTag::from_octet(octet), Some(tag));
    }
    for octet in (0..=255).filter(|octet| !(1..=4).contains(octet)) {
        assert_eq!(ContentTag::from_octet(octet), None);
    }
}

#[test]
fn one_key_pair_serves_both_slots_and_two_do_not_mix() {
    let (signature, envelope_key) = (key(KeyKind::EcP256), key(KeyKind::EcP256));
    let two = KeyPairs::Two {
        signature: signature.clone(),
        envelope: envelope_key.clone(),
    };
    let spki = |key: &SoftwareKey| key.public_key().as_spki().to_vec();
    assert_eq!(spki(two.key(KeySlot::Signature)), spki(&signature));
    assert_eq!(spki(two.key(KeySlot::Envelope)), spki(&envelope_key));
    let mut two = MemoryBackend::new(two, SplitMix(5));
    let mut one = backend(signature.clone());
    let open_with = |backend: &mut MemoryBackend<SplitMix>, key: &SoftwareKey| {
        let (recipient, mut random) = (recipient_of(key), SplitMix(6));
        let octets = envelope::seal(&recipient, Suite::Two, &content(b"k"), &mut random).unwrap();
        envelope::open(backend, &recipient, &octets, &mut random)
    };
    assert!(open_with(&mut two, &envelope_key).is_ok());
    assert!(open_with(&mut one, &signature).is_ok());
    // Sealed to the signature key of a TRE that has two.
    assert_eq!(code(open_with(&mut two, &signature)), "recipient-mismatch");
}

#[test]
fn nothing_repeats_between_two_sealings() {
    let key = key(KeyKind::EcP256);
    let (recipient, mut random) = (recipient_of(&key), SplitMix(9));
    let mut seal =
        || envelope::seal(&recipient, Suite::Two, &content(b"same"), &mut random).unwrap();
    let (a, b) = (seal(), seal());
    let tail = |octets: &[u8]| {
        let wrapped = envelope::wrapped_key(octets).unwrap().len();
        octets[1 + wrapped..].to_vec()
    };
    assert_ne!(
        envelope::wrapped_key(&a).unwrap(),
        envelope::wrapped_key(&b).unwrap()
    );
    for (a, b) in tail(&a).chunks(16).zip(tail(&b).chunks(16)) {
        assert_ne!(a, b);
    }
}

#[test]
fn a_random_source_stuck_at_ones_makes_no_ephemeral_key() {
    struct Stuck;
    impl clock::Random for Stuck {
        fn fill(&mut self, out: &mut [u8]) {
            out.fill(0xff);
        }
    }
    let recipient = recipient_of(&key(KeyKind::EcP256));
    let sealed = envelope::seal(&recipient, Suite::Two, &content(b""), &mut Stuck);
    assert_eq!(code(sealed), "random-source-failed");
}

#[test]
fn the_payload_comes_out_as_a_secret() {
    let key = key(KeyKind::EcP256);
    let recipient = recipient_of(&key);
    let octets = envelope::seal(&recipient, Suite::Two, &content(b"K"), &mut SplitMix(2)).unwrap();
    let opened = envelope::open(&mut backend(key), &recipient, &octets, &mut SplitMix(2));
    let payload: SecretBytes = opened.unwrap().payload;
    assert!(payload.ct_eq(&SecretBytes::new(b"K".to_vec())));
}

/// Object identifiers of `der` in the order of their appearance.
fn oids(der: &[u8], found: &mut Vec<ObjectIdentifier>) {
    let mut reader = SliceReader::new(der).unwrap();
    while !reader.is_finished() {
        let any = AnyRef::decode(&mut reader).unwrap();
        match any.tag() {
            Tag::ObjectIdentifier => found.push(any.decode_as().unwrap()),
            tag if tag.is_constructed() => oids(any.value(), found),
            _ => {}
        }
    }
}

const ENVELOPED_DATA: &str = "1.2.840.113549.1.7.3";
const AUTH_ENVELOPED_DATA: &str = "1.2.840.113549.1.9.16.1.23";
const DATA: &str = "1.2.840.113549.1.7.1";
const RSAES_OAEP: &str = "1.2.840.113549.1.1.7";
const MGF1: &str = "1.2.840.113549.1.1.8";
const SHA256: &str = "2.16.840.1.101.3.4.2.1";
const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
const STD_DH_SHA256_KDF: &str = "1.3.132.1.11.1";
const AES128_WRAP: &str = "2.16.840.1.101.3.4.1.5";
const AES256_WRAP: &str = "2.16.840.1.101.3.4.1.45";
const AES128_CBC: &str = "2.16.840.1.101.3.4.1.2";
const AES256_GCM: &str = "2.16.840.1.101.3.4.1.46";

/// RFC 5652, 5083, 4055, 5753, 3565 and 5084 give the numbers.
#[test]
fn wk_names_exactly_the_algorithms_of_its_suite() {
    let oaep = vec![RSAES_OAEP, SHA256, MGF1, SHA256];
    let ecdh = |wrap| vec![EC_PUBLIC_KEY, STD_DH_SHA256_KDF, wrap];
    let table = [
        (
            Suite::One,
            KeyKind::Rsa,
            ENVELOPED_DATA,
            oaep.clone(),
            AES128_CBC,
        ),
        (
            Suite::Two,
            KeyKind::Rsa,
            AUTH_ENVELOPED_DATA,
            oaep,
            AES256_GCM,
        ),
        (
            Suite::One,
            KeyKind::EcP256,
            ENVELOPED_DATA,
            ecdh(AES128_WRAP),
            AES128_CBC,
        ),
        (
            Suite::Two,
            KeyKind::EcP256,
            AUTH_ENVELOPED_DATA,
            ecdh(AES256_WRAP),
            AES256_GCM,
        ),
    ];
    for (suite, kind, container, transport, cipher) in table {
        let recipient = recipient_of(&key(kind));
        let octets = envelope::seal(&recipient, suite, &content(b""), &mut SplitMix(4)).unwrap();
        let mut found = Vec::new();
        oids(envelope::wrapped_key(&octets).unwrap(), &mut found);
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        let mut expected = vec![container];
        expected.extend(transport);
        expected.extend([DATA, cipher]);
        assert_eq!(found, expected, "{suite:?} {kind:?}");
    }
}

#[test]
fn the_suite_is_told_from_the_first_octet_alone() {
    assert_eq!(envelope::suite(&[1]).unwrap(), Suite::One);
    assert_eq!(envelope::suite(&[2, 0xff]).unwrap(), Suite::Two);
    assert_eq!(code(envelope::suite(&[])), "envelope-malformed");
    for octet in (0..=255).filter(|octet| ![1, 2].contains(octet)) {
        let error = envelope::suite(&[octet]).unwrap_err();
        assert!(matches!(error, TreError::EnvelopeUnsupportedSuite(found) if found == octet));
    }
}

#[test]
fn a_wrapped_key_is_cut_at_its_own_length() {
    assert_eq!(
        envelope::wrapped_key(&[2, 0x30, 1, 7, 9, 9]).unwrap(),
        [0x30, 1, 7]
    );
    for octets in [
        &[2u8][..],
        &[2, 0x30],
        &[2, 0x30, 2, 7],
        &[2, 0x30, 0x80, 0, 0],
    ] {
        assert_eq!(code(envelope::wrapped_key(octets)), "envelope-malformed");
    }
    let mut long = vec![2, 0x30, 0x82, 0x10, 0x00];
    long.resize(5 + 0x1000, 0);
    assert_eq!(code(envelope::wrapped_key(&long)), "envelope-malformed");
}
