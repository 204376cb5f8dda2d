//! What a certificate must be to be read at all (RFC 5280 clause 4.1; TS 33.310
//! clause 6.1): strict DER, version 3, a positive serial of up to 20 octets,
//! no unknown critical extension, nothing twice.

use trust::{Certificate, Purpose};

use crate::support::build::{ALTERNATIVE_NAME, Draft, KEY_USAGE, generalized, key_usage, utc};
use crate::support::der::{extension, tlv};
use crate::support::leaf;
use crate::support::test_keys::p256;

type Change = fn(&mut Draft);

fn read(draft: &Draft) -> Result<Certificate, &'static str> {
    Certificate::from_der(&draft.signed_by(&p256(1))).map_err(|error| error.code())
}

#[test]
fn the_unchanged_leaf_is_read() {
    assert!(read(&leaf("001-01", Purpose::Object)).is_ok());
}

#[test]
fn other_forms_are_refused() {
    let changes: [(&str, Change); 9] = [
        ("version 1", |draft| draft.version = Vec::new()),
        ("version 2", |draft| {
            draft.version = tlv(0xa0, &[0x02, 0x01, 0x01])
        }),
        ("serial 0", |draft| draft.serial = vec![0]),
        ("negative serial", |draft| draft.serial = vec![0x80]),
        ("serial of 21 octets", |draft| draft.serial = vec![0x11; 21]),
        ("issuer unique identifier", |draft| {
            draft.unique = tlv(0x81, &[0, 1])
        }),
        ("ends before it begins", |draft| {
            draft.not_after = utc("200101000000Z")
        }),
        ("time without seconds", |draft| {
            draft.not_after = utc("3001010000Z")
        }),
        ("time with an offset", |draft| {
            draft.not_after = generalized("20300101000000+0100")
        }),
    ];
    for (what, change) in changes {
        let draft = leaf("001-01", Purpose::Object).changed(change);
        assert!(read(&draft).is_err(), "{what}");
    }
}

#[test]
fn an_unknown_critical_extension_is_refused_and_another_passed_over() {
    let with = |critical| {
        leaf("001-01", Purpose::Object).with("1.2.3.4", extension("1.2.3.4", critical, &[0x05, 0]))
    };
    assert_eq!(
        read(&with(Some(0xff))).err(),
        Some("certificate-extension-unsupported")
    );
    assert!(read(&with(None)).is_ok());
}

#[test]
fn an_extension_twice_is_refused() {
    let draft = leaf("001-01", Purpose::Object)
        .changed(|draft| draft.extensions.push((KEY_USAGE, key_usage(0x80))));
    assert!(read(&draft).is_err());
    let draft = leaf("001-01", Purpose::Object).changed(|draft| {
        let name = draft
            .extensions
            .iter()
            .find(|(oid, _)| *oid == ALTERNATIVE_NAME)
            .unwrap()
            .clone();
        draft.extensions.push(name);
    });
    assert!(read(&draft).is_err());
}

#[test]
fn every_truncation_and_any_trailing_octet_is_refused() {
    let whole = leaf("001-01", Purpose::Object).signed_by(&p256(1));
    for end in 0..whole.len() {
        assert!(
            Certificate::from_der(&whole[..end]).is_err(),
            "{end} octets"
        );
    }
    assert!(Certificate::from_der(&[whole.as_slice(), &[0]].concat()).is_err());
}

#[test]
fn octets_that_are_no_certificate_are_refused() {
    let nested = [0x30, 0x80].repeat(10_000);
    let long = [&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff][..], &[0; 64]].concat();
    for octets in [&[][..], &[0x30, 0x00], &[0xff; 100], &nested, &long] {
        assert!(Certificate::from_der(octets).is_err());
    }
}
