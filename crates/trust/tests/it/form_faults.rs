//! The form of a certificate: what RFC 5280 clause 4 and this profile forbid,
//! one fault at a time in an otherwise right certificate.

use openssl::hash::MessageDigest;
use trust::{Certificate, KeyKind, Purpose, TrustError};

use crate::support::build::{
    A16, ALTERNATIVE_NAME, AUTHORITY_KEY, BASIC_CONSTRAINTS, CRITICAL, Draft, ECDSA_SHA256,
    EXTENDED_KEY_USAGE, KEY_USAGE, RSA_SHA1, RSA_SHA256, SUBJECT_KEY, alternative_name,
    generalized, key_usage, utc,
};
use crate::support::der::{
    algorithm, algorithm_null, bits_with_unused, extension, oid, sequence, set, tlv,
};
use crate::support::test_keys::{p256, rsa2048, rsa3072};
use crate::support::{ANCHOR_KEY, LEAF_KEY, at, leaf, parsed};

const SHO: &str = "001-01";

fn right() -> Draft {
    leaf(SHO, Purpose::DpfServer)
}

fn read(draft: &Draft) -> Result<Certificate, TrustError> {
    Certificate::from_der(&draft.signed_by(&p256(ANCHOR_KEY)))
}

/// The words of a `certificate-malformed`, or the code of another refusal.
fn fault(result: Result<Certificate, TrustError>) -> &'static str {
    match result.expect_err("a refusal") {
        TrustError::CertificateMalformed(what) => what,
        other => other.code(),
    }
}

#[test]
fn a_right_certificate_is_read_as_it_was_written() {
    let names = [(6, "urn:x-rehome:sho:001-01"), (2, "dpf.rehome.test")];
    let draft = right()
        .with(ALTERNATIVE_NAME, alternative_name(&names))
        .with(SUBJECT_KEY, extension(SUBJECT_KEY, None, &tlv(0x04, b"id")));
    let der = draft.signed_by(&p256(ANCHOR_KEY));
    let certificate = parsed(&der);
    assert_eq!(certificate.der(), der);
    assert_eq!(certificate.fingerprint(), openssl::sha::sha256(&der));
    assert_eq!(certificate.serial(), [0x11, 0x22]);
    assert_eq!(certificate.issuer_der(), draft.issuer);
    assert_eq!(certificate.subject_der(), draft.subject);
    assert_eq!(certificate.not_before(), at("2026-01-01T00:00:00Z"));
    assert_eq!(certificate.not_after(), at("2026-12-31T23:59:59Z"));
    assert_eq!(certificate.public_key().spki_der(), draft.spki);
    assert_eq!(certificate.public_key().kind(), KeyKind::P256);
    assert_eq!(
        certificate.uris().collect::<Vec<_>>(),
        ["urn:x-rehome:sho:001-01"]
    );
    assert_eq!(
        certificate.dns_names().collect::<Vec<_>>(),
        ["dpf.rehome.test"]
    );
    assert_eq!(certificate.key_identifier(), b"id");
    assert_eq!(certificate.tre_extension(), None);
    assert_eq!(certificate.purpose(), Some(Purpose::DpfServer));
}

#[test]
fn fixed_fields_follow_rfc_5280() {
    let version = |number| tlv(0xa0, &tlv(0x02, &[number]));
    let late = || utc("270101000000Z");
    let form = "not a certificate in DER";
    let serial = "serial number not positive or over 20 octets";
    type Change = Box<dyn FnOnce(&mut Draft)>;
    let table: Vec<(&str, Change)> = vec![
        ("not version 3", Box::new(move |d| d.version = version(1))),
        ("not version 3", Box::new(|d| d.version = Vec::new())),
        (form, Box::new(move |d| d.version = version(0))),
        (form, Box::new(move |d| d.version = version(3))),
        (serial, Box::new(|d| d.serial = vec![0])),
        (serial, Box::new(|d| d.serial = vec![0x80])),
        (serial, Box::new(|d| d.serial = vec![0xff])),
        (serial, Box::new(|d| d.serial = [vec![0x11; 21]].concat())),
        (
            serial,
            Box::new(|d| d.serial = [vec![0, 0x80], vec![1; 19]].concat()),
        ),
        (form, Box::new(|d| d.serial = vec![1; 22])),
        (form, Box::new(|d| d.serial = vec![0, 0x11])),
        (form, Box::new(|d| d.serial = Vec::new())),
        ("no issuer", Box::new(|d| d.issuer = sequence(&[]))),
        (form, Box::new(|d| d.issuer = set(&[]))),
        (
            "ends before it begins",
            Box::new(move |d| d.not_before = late()),
        ),
        (form, Box::new(|d| d.not_after = utc("2612312359Z"))),
        (form, Box::new(|d| d.not_after = utc("261231235959+0000"))),
        (form, Box::new(|d| d.not_after = utc("260230000000Z"))),
        (
            form,
            Box::new(|d| d.not_after = generalized("20501231235959.5Z")),
        ),
        (
            "GeneralizedTime for a year before 2050",
            Box::new(|d| d.not_after = generalized("20261231235959Z")),
        ),
        (
            "unique identifiers",
            Box::new(|d| d.unique = tlv(0x81, &[0, 1])),
        ),
        (
            "unique identifiers",
            Box::new(|d| d.unique = tlv(0x82, &[0, 1])),
        ),
    ];
    for (index, (expected, change)) in table.into_iter().enumerate() {
        let result = read(&right().changed(change));
        assert_eq!(fault(result), expected, "row {index}");
    }
}

#[test]
fn a_serial_number_has_up_to_20_octets() {
    for serial in [
        vec![1],
        vec![0, 0x80],
        vec![0x7f; 20],
        [vec![0], vec![0x80; 19]].concat(),
    ] {
        let certificate = read(&right().changed(|draft| draft.serial = serial.clone())).unwrap();
        assert_eq!(certificate.serial(), serial);
    }
}

#[test]
fn years_from_2050_on_are_generalized_time() {
    for (time, moment) in [
        (utc("491231235959Z"), "2049-12-31T23:59:59Z"),
        (generalized("20500101000000Z"), "2050-01-01T00:00:00Z"),
        (generalized("99991231235959Z"), "9999-12-31T23:59:59Z"),
    ] {
        let certificate = read(&right().changed(|draft| draft.not_after = time)).unwrap();
        assert_eq!(certificate.not_after(), at(moment));
    }
}

#[test]
fn only_strong_algorithms_of_the_right_form_are_taken() {
    let key = p256(ANCHOR_KEY);
    let refused = [
        algorithm_null(RSA_SHA1),
        algorithm("1.2.840.10045.4.1"),         // ecdsa-with-SHA1
        algorithm("1.2.840.10045.4.3.1"),       // ecdsa-with-SHA224
        algorithm("1.2.840.10045.4.3.4"),       // ecdsa-with-SHA512
        algorithm_null("1.2.840.113549.1.1.4"), // md5WithRSAEncryption
        algorithm_null("1.2.840.113549.1.1.10"),
        algorithm("1.3.101.112"), // Ed25519
        algorithm_null(ECDSA_SHA256),
        algorithm(RSA_SHA256),
    ];
    for named in refused {
        let der = right().signed_with(&key, MessageDigest::sha256(), &named);
        assert_eq!(
            fault(Certificate::from_der(&der)),
            "certificate-algorithm-unsupported",
            "{named:02x?}"
        );
    }
    let inner = right().changed(|draft| draft.algorithm = Some(algorithm(ECDSA_SHA256)));
    let der = inner.signed_with(&key, MessageDigest::sha256(), &algorithm_null(RSA_SHA256));
    assert_eq!(
        fault(Certificate::from_der(&der)),
        "two different signature algorithms"
    );
}

#[test]
fn extensions_are_strict_der_and_stand_there_once() {
    let ca_true = tlv(0x01, &[0xff]);
    let ca_with = |length: Vec<u8>| sequence(&[ca_true.clone(), tlv(0x02, &length)]);
    let usages = |list: &[&str]| sequence(&list.iter().map(|usage| oid(usage)).collect::<Vec<_>>());
    let name = |tag: u8, text: &[u8]| sequence(&[tlv(tag, text)]);
    let server = "1.3.6.1.5.5.7.3.1";
    let san = "subject alternative name";
    let eku = "extended key usage empty, repeated or too long";
    let table: Vec<(&str, &'static str, Vec<u8>)> = vec![
        ("key usage", KEY_USAGE, Vec::new()),
        ("key usage", KEY_USAGE, tlv(0x04, &[7, 0x80])),
        ("key usage", KEY_USAGE, bits_with_unused(0, &[0x80])),
        ("key usage", KEY_USAGE, bits_with_unused(8, &[0x80])),
        ("key usage", KEY_USAGE, bits_with_unused(7, &[0xff])),
        (
            "key usage",
            KEY_USAGE,
            bits_with_unused(0, &[0x80, 0x80, 0x01]),
        ),
        (
            "key usage",
            KEY_USAGE,
            [bits_with_unused(7, &[0x80]), vec![0]].concat(),
        ),
        (
            "key usage without a bit",
            KEY_USAGE,
            bits_with_unused(0, &[]),
        ),
        ("basic constraints", BASIC_CONSTRAINTS, Vec::new()),
        (
            "basic constraints",
            BASIC_CONSTRAINTS,
            sequence(&[tlv(0x01, &[0])]),
        ),
        (
            "basic constraints",
            BASIC_CONSTRAINTS,
            sequence(&[tlv(0x01, &[1])]),
        ),
        ("basic constraints", BASIC_CONSTRAINTS, ca_with(vec![0xff])),
        ("basic constraints", BASIC_CONSTRAINTS, ca_with(vec![1, 0])),
        ("basic constraints", BASIC_CONSTRAINTS, ca_with(vec![0, 0])),
        (
            "a path length without cA",
            BASIC_CONSTRAINTS,
            sequence(&[tlv(0x02, &[0])]),
        ),
        ("extended key usage", EXTENDED_KEY_USAGE, oid(server)),
        (
            "extended key usage",
            EXTENDED_KEY_USAGE,
            sequence(&[tlv(0x06, &[])]),
        ),
        // An arc as long as UUIDs have: x509-cert takes none.
        (
            "extended key usage",
            EXTENDED_KEY_USAGE,
            usages(&["2.25.9223372036854775808"]),
        ),
        (eku, EXTENDED_KEY_USAGE, usages(&[])),
        (eku, EXTENDED_KEY_USAGE, usages(&[server, server])),
        (san, ALTERNATIVE_NAME, Vec::new()),
        (san, ALTERNATIVE_NAME, sequence(&[])),
        (san, ALTERNATIVE_NAME, set(&[tlv(0x86, b"urn:x")])),
        (san, ALTERNATIVE_NAME, name(0x86, b"")),
        (san, ALTERNATIVE_NAME, name(0x86, b"urn:x y")),
        (san, ALTERNATIVE_NAME, name(0x86, b"urn:x\0")),
        (
            san,
            ALTERNATIVE_NAME,
            name(0x82, b"dpf.rehome.test\0.evil.test"),
        ),
        (san, ALTERNATIVE_NAME, name(0x82, &[0xc3, 0xa9])),
        (san, ALTERNATIVE_NAME, name(0x82, &[0xff])),
        (san, ALTERNATIVE_NAME, vec![0x30, 0x81, 0x03, 0x82, 1, b'x']),
        (san, ALTERNATIVE_NAME, [name(0x82, b"x"), vec![0]].concat()),
        (san, ALTERNATIVE_NAME, sequence(&vec![tlv(0x82, b"x"); 17])),
        (
            "certificate-name-unsupported",
            ALTERNATIVE_NAME,
            name(0x81, b"a@b.test"),
        ),
        (
            "certificate-name-unsupported",
            ALTERNATIVE_NAME,
            name(0x87, &[192, 0, 2, 1]),
        ),
        (
            "certificate-name-unsupported",
            ALTERNATIVE_NAME,
            name(0xa4, &sequence(&[])),
        ),
        (
            "certificate-name-unsupported",
            ALTERNATIVE_NAME,
            name(0xa0, &oid("1.2.3")),
        ),
        (
            "certificate-name-unsupported",
            ALTERNATIVE_NAME,
            name(0xa6, b"urn:x"),
        ),
        (
            "certificate-name-unsupported",
            ALTERNATIVE_NAME,
            name(0x16, b"urn:x"),
        ),
        ("subject key identifier", SUBJECT_KEY, Vec::new()),
        ("subject key identifier", SUBJECT_KEY, tlv(0x03, &[0, 1])),
        ("authority key identifier", AUTHORITY_KEY, tlv(0x04, &[1])),
        (
            "authority key identifier",
            AUTHORITY_KEY,
            sequence(&[tlv(0x83, &[1])]),
        ),
    ];
    for (expected, dotted, value) in table {
        let whole = extension(dotted, CRITICAL, &value);
        let result = read(&right().with(dotted, whole));
        assert_eq!(fault(result), expected, "{dotted} {value:02x?}");
    }
}

#[test]
fn the_list_of_extensions_is_bounded_and_has_no_repeats() {
    let mut twice = right();
    twice.extensions.push((KEY_USAGE, key_usage(0x80)));
    assert_eq!(fault(read(&twice)), "an extension twice");
    let unknown = |number: usize| {
        extension(
            &format!("1.3.6.1.4.1.32473.9.{number}"),
            None,
            &tlv(0x05, &[]),
        )
    };
    let own = right().extensions.len();
    for (count, allowed) in [(32 - own, true), (33 - own, false)] {
        let draft = right().changed(|draft| {
            let more = (0..count).map(|number| ("unknown", unknown(number)));
            draft.extensions.extend(more);
        });
        assert_eq!(read(&draft).is_ok(), allowed, "{count} more");
    }
    let empty = right().changed(|draft| {
        draft.extensions.clear();
        draft.unique = tlv(0xa3, &sequence(&[]));
    });
    assert_eq!(fault(read(&empty)), "an empty list of extensions");
}

#[test]
fn an_unknown_extension_is_refused_only_if_critical() {
    let name_constraints = "2.5.29.30";
    for dotted in [
        name_constraints,
        "2.5.29.36",
        "2.5.29.32",
        "1.3.6.1.4.1.32473.7.17",
    ] {
        let draft = |critical| right().with("unknown", extension(dotted, critical, &[0x05, 0]));
        assert!(read(&draft(None)).is_ok(), "{dotted}");
        let refused = read(&draft(CRITICAL)).unwrap_err();
        assert_eq!(refused, TrustError::ExtensionUnsupported(dotted.to_owned()));
    }
    let known = right().with(A16, extension(A16, CRITICAL, b"opaque"));
    assert_eq!(read(&known).unwrap().tre_extension(), Some(&b"opaque"[..]));
    // DER leaves a DEFAULT out, and has one way to write TRUE.
    for octet in [0, 1, 0x7f] {
        let draft = right().with(
            KEY_USAGE,
            extension(KEY_USAGE, Some(octet), &[3, 2, 7, 0x80]),
        );
        assert_eq!(fault(read(&draft)), "not a certificate in DER");
    }
}

#[test]
fn only_one_certificate_in_der_and_nothing_else() {
    let der = right().signed_by(&p256(ANCHOR_KEY));
    let form = "not a certificate in DER";
    assert_eq!(fault(Certificate::from_der(&[])), form);
    assert_eq!(
        fault(Certificate::from_der(&[der.clone(), vec![0]].concat())),
        form
    );
    assert_eq!(
        fault(Certificate::from_der(&[der.clone(), der.clone()].concat())),
        form
    );
    // The same length in one octet more, and the indefinite one.
    assert_eq!(der[..2], [0x30, 0x82]);
    let longer = [&[0x30, 0x83, 0][..], &der[2..]].concat();
    assert_eq!(fault(Certificate::from_der(&longer)), form);
    let indefinite = [&[0x30, 0x80][..], &der[4..], &[0, 0]].concat();
    assert_eq!(fault(Certificate::from_der(&indefinite)), form);
    // Unused bits in the signature's BIT STRING, whose first octet follows.
    let body = der[4..].to_vec();
    let bits_at = body.len() - signature_length(&body);
    let mut unused = body[..bits_at].to_vec();
    unused.extend(bits_with_unused(1, &[0xfe; 70]));
    assert_eq!(
        fault(Certificate::from_der(&sequence(&[unused]))),
        "signature with unused bits"
    );
    assert_eq!(
        fault(Certificate::from_der(&vec![0x30; 8193])),
        "longer than 8192 octets"
    );
}

/// The length of the BIT STRING that ends a certificate's contents.
fn signature_length(body: &[u8]) -> usize {
    (68..=76)
        .find(|length| {
            let at = body.len() - length;
            body[at] == 0x03 && usize::from(body[at + 1]) + 2 == *length && body[at + 2] == 0
        })
        .expect("an ECDSA signature on P-256")
}

#[test]
fn weak_keys_are_refused_in_any_place() {
    let weak = right().changed(|draft| draft.spki = rsa2048().public_key_to_der().unwrap());
    assert_eq!(fault(read(&weak)), "certificate-key-unsupported");
    let strong = right().changed(|draft| draft.spki = rsa3072().public_key_to_der().unwrap());
    assert_eq!(read(&strong).unwrap().public_key().kind(), KeyKind::Rsa);
    let own = right().signed_by(&p256(LEAF_KEY));
    assert!(
        Certificate::from_der(&own).is_ok(),
        "form says nothing of trust"
    );
}

#[test]
fn an_arc_beyond_32_bits_is_not_the_one_it_prints_as() {
    // const-oid prints 2^32 + 2 as 2, but compares octets.
    for (arc, purpose) in [("4294967298", None), ("2", Some(Purpose::Object))] {
        let usage = oid(&format!("1.3.6.1.4.1.32473.7.{arc}"));
        let whole = extension(EXTENDED_KEY_USAGE, None, &sequence(&[usage]));
        let read = read(&right().with(EXTENDED_KEY_USAGE, whole));
        assert_eq!(read.ok().and_then(|leaf| leaf.purpose()), purpose, "{arc}");
    }
}
