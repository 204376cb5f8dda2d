//! The CertTRE extension in octets written by hand from X.690, and the choice
//! of a suite.

use tre::{CertTre, KeyKind, Suite, choose_suite};

use crate::support::{Certificate, code, key};

const OID: &str = "1.3.6.1.4.1.32473.7.16";
/// SEQUENCE {1, {1, 2}, 1, {1, 2}, 4, 600, 300}.
const DER: &[u8] = &[
    0x30, 0x1d, 2, 1, 1, 0x30, 6, 2, 1, 1, 2, 1, 2, 2, 1, 1, 0x30, 6, 2, 1, 1, 2, 1, 2, 2, 1, 4, 2,
    2, 2, 0x58, // t_ack_min follows
];
const T_ACK: &[u8] = &[2, 2, 1, 0x2c];

fn der() -> Vec<u8> {
    let mut der = [DER, T_ACK].concat();
    der[1] = u8::try_from(der.len() - 2).unwrap();
    der
}

fn value() -> CertTre {
    CertTre {
        suites: vec![1, 2],
        min_suite: 1,
        algorithms: vec![1, 2],
        slots: 4,
        t_attach_min: 600,
        t_ack_min: 300,
    }
}

#[test]
fn the_extension_has_the_octets_of_its_asn_1() {
    assert_eq!(value().encode().unwrap(), der());
    assert_eq!(CertTre::decode(&der()).unwrap(), value());
    assert_eq!(tre::CERT_TRE_OID.to_string(), OID);
}

#[test]
fn numbers_of_later_versions_are_kept() {
    let later = CertTre {
        suites: vec![2, 3, 200],
        min_suite: 3,
        algorithms: vec![1, 255],
        slots: 255,
        t_attach_min: u32::MAX,
        t_ack_min: 1,
    };
    assert_eq!(CertTre::decode(&later.encode().unwrap()).unwrap(), later);
}

#[test]
fn contents_that_contradict_themselves_are_refused_both_ways() {
    let change = |change: fn(&mut CertTre)| {
        let mut value = value();
        change(&mut value);
        value
    };
    for bad in [
        change(|value| value.suites.clear()),
        change(|value| value.suites = vec![2, 1]),
        change(|value| value.suites = vec![1, 1]),
        change(|value| value.suites = (1..=17).collect()),
        change(|value| value.min_suite = 3),
        change(|value| value.algorithms.clear()),
        change(|value| value.algorithms = vec![2, 1]),
        change(|value| value.slots = 0),
        change(|value| value.t_attach_min = 0),
        change(|value| value.t_ack_min = 0),
    ] {
        assert_eq!(code(bad.encode()), "cert-tre-malformed", "{bad:?}");
    }
    // The same in DER, by hand.
    let patch = |at: usize, octet: u8| {
        let mut der = der();
        der[at] = octet;
        der
    };
    for bad in [
        patch(9, 2),     // suites {2, 2}
        patch(12, 1),    // suites {1, 1}
        patch(15, 3),    // minSuite above every suite
        patch(20, 3),    // algs {3, 2}
        patch(26, 0),    // no slot
        patch(12, 0x80), // a negative INTEGER
    ] {
        assert_eq!(
            code(CertTre::decode(&bad)),
            "cert-tre-malformed",
            "{bad:02x?}"
        );
    }
}

#[test]
fn other_encodings_are_malformed() {
    let good = der();
    let mut trailing_member = [&good[..], &[2, 1, 0]].concat();
    trailing_member[1] += 3;
    let mut missing_member = good[..good.len() - 4].to_vec();
    missing_member[1] -= 4;
    let mut padded = [&good[..2], &[2, 2, 0, 1], &good[5..]].concat();
    padded[1] += 1;
    let mut long_length = vec![0x30, 0x81, good[1]];
    long_length.extend(&good[2..]);
    let mut a_set = good.clone();
    a_set[5] = 0x31;
    for bad in [
        vec![],
        vec![0x30, 0],
        vec![5, 0],
        [&good[..], &[0]].concat(),
        good[..good.len() - 1].to_vec(),
        trailing_member,
        missing_member,
        padded,
        long_length,
        a_set,
        [&[0x30, 0x80], &good[2..], &[0, 0]].concat(),
    ] {
        assert_eq!(
            code(CertTre::decode(&bad)),
            "cert-tre-malformed",
            "{bad:02x?}"
        );
    }
}

#[test]
fn another_version_is_unsupported_whatever_follows() {
    for version in [0, 2, 127] {
        let mut der = der();
        der[4] = version;
        assert_eq!(code(CertTre::decode(&der)), "cert-tre-unsupported-version");
        let short = [0x30, 3, 2, 1, version];
        assert_eq!(
            code(CertTre::decode(&short)),
            "cert-tre-unsupported-version"
        );
    }
}

#[test]
fn the_extension_is_found_in_a_certificate() {
    let key = key(KeyKind::EcP256);
    let with = Certificate::of(&key).with(OID, &der()).der();
    assert_eq!(CertTre::from_certificate(&with).unwrap(), value());
    let without = Certificate::of(&key).identified().der();
    assert_eq!(
        code(CertTre::from_certificate(&without)),
        "cert-tre-malformed"
    );
    let twice = Certificate::of(&key)
        .with(OID, &der())
        .with(OID, &der())
        .der();
    assert_eq!(
        code(CertTre::from_certificate(&twice)),
        "certificate-malformed"
    );
    assert_eq!(
        code(CertTre::from_certificate(&[])),
        "certificate-malformed"
    );
}

#[test]
fn the_highest_suite_that_all_share_is_chosen() {
    const BOTH: &[Suite] = &[Suite::One, Suite::Two];
    let chosen: &[(&[u8], u8, &[Suite], Suite)] = &[
        (&[1, 2], 1, BOTH, Suite::Two),
        (&[1, 2], 2, BOTH, Suite::Two),
        (&[1, 2], 1, &[Suite::One], Suite::One),
        (&[1, 2], 0, &[Suite::Two, Suite::One], Suite::Two),
        (&[1], 1, BOTH, Suite::One),
        (&[2], 1, BOTH, Suite::Two),
        (&[1, 2, 3], 1, BOTH, Suite::Two),
    ];
    for (listed, min_suite, policy, expected) in chosen {
        assert_eq!(choose_suite(listed, *min_suite, policy).unwrap(), *expected);
    }
    let refused: &[(&[u8], u8, &[Suite])] = &[
        (&[], 1, BOTH),
        (&[1, 2], 3, BOTH),
        (&[1], 2, BOTH),
        (&[1], 1, &[Suite::Two]),
        (&[2], 1, &[Suite::One]),
        (&[1, 2], 2, &[Suite::One]),
        (&[1, 2], 1, &[]),
        (&[0, 3, 255], 1, BOTH),
    ];
    for (listed, min_suite, policy) in refused {
        let chosen = choose_suite(listed, *min_suite, policy);
        assert_eq!(
            code(chosen),
            "no-common-suite",
            "{listed:?} {min_suite} {policy:?}"
        );
    }
    assert_eq!(value().choose_suite(BOTH).unwrap(), Suite::Two);
    assert_eq!(code(value().choose_suite(&[])), "no-common-suite");
}
