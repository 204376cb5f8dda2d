//! What a list says, and which lists are refused (RFC 5280 clauses 5.1 to 5.3
//! and 6.3.3). Lists come from our issuer and from a second writer.

use std::time::Duration;

use trust::crl::{Crl, CrlContents, MAX_CRL, RevokedCertificate, issue_crl};
use trust::issue::SoftwareIssuer;
use trust::{Certificate, Revocation, RevocationReason, TimeInterval, TimePolicy, TrustError};

use crate::support::build::{Draft, KEY_CERT_SIGN, KEY_USAGE, generalized, key_usage, utc};
use crate::support::crl::{
    AUTHORITY_KEY, CERTIFICATE_ISSUER, CrlDraft, DELTA, DISTRIBUTION_POINT, REASON, entry, number,
    reason,
};
use crate::support::der::{algorithm, common_name, extension, sequence, tlv};
use crate::support::ocsp::{code, issuer};
use crate::support::random::Seeded;
use crate::support::test_keys::{p256, p384, rsa3072, spki};
use crate::support::{ANCHOR_KEY, at, in_date, parsed};

fn judged(der: &[u8], time: TimePolicy) -> Result<Crl, TrustError> {
    Crl::verify(der, &issuer(), time, Duration::ZERO)
}

fn refused(change: impl FnOnce(&mut CrlDraft)) -> Option<&'static str> {
    let der = CrlDraft::new().changed(change).signed_by(&p256(ANCHOR_KEY));
    code(judged(&der, in_date()))
}

fn line(serial: &[u8], at_text: &str, reason: Option<RevocationReason>) -> RevokedCertificate {
    RevokedCertificate {
        serial: serial.to_vec(),
        revocation: Revocation {
            at: at(at_text),
            reason,
        },
    }
}

fn contents(revoked: &[RevokedCertificate]) -> CrlContents<'_> {
    CrlContents {
        number: 7,
        this_update: at("2026-06-01T00:00:00Z"),
        next_update: at("2026-07-01T00:00:00Z"),
        revoked,
    }
}

/// A CA with this key, from 2020 to 2099.
fn authority(key: &openssl::pkey::PKey<openssl::pkey::Private>) -> Certificate {
    let draft = crate::support::ocsp::issuer_draft().changed(|draft| draft.spki = spki(key));
    parsed(&draft.signed_by(key))
}

#[test]
fn what_we_list_is_what_we_read() {
    let lines = [
        line(
            &[5],
            "2026-05-01T12:00:00Z",
            Some(RevocationReason::KeyCompromise),
        ),
        line(&[0, 0x80], "2026-05-02T12:00:00Z", None),
        line(
            &[6],
            "2060-05-02T12:00:00Z",
            Some(RevocationReason::Superseded),
        ),
        line(
            &[7],
            "2026-05-03T12:00:00Z",
            Some(RevocationReason::Unspecified),
        ),
    ];
    for key in [p256(ANCHOR_KEY), p384(ANCHOR_KEY), rsa3072()] {
        let ca = authority(&key);
        let key = SoftwareIssuer::new(key).unwrap();
        for listed in [&lines[..], &[]] {
            let der = issue_crl(&key, &ca, &contents(listed)).unwrap();
            let list = Crl::verify(&der, &ca, in_date(), Duration::ZERO).unwrap();
            assert_eq!(
                (list.len(), list.is_empty()),
                (listed.len(), listed.is_empty())
            );
            assert_eq!(list.number(), [7]);
            assert_eq!(list.this_update(), at("2026-06-01T00:00:00Z"));
            assert_eq!(list.next_update(), at("2026-07-01T00:00:00Z"));
            for line in listed {
                let said = list.revocation(&line.serial).unwrap();
                assert_eq!(said.at, line.revocation.at);
                let told = line
                    .revocation
                    .reason
                    .filter(|reason| *reason != RevocationReason::Unspecified);
                assert_eq!(said.reason, told);
            }
            assert_eq!(list.revocation(&[9]), None);
        }
    }
}

#[test]
fn the_second_writers_list_is_read() {
    let der = CrlDraft::new().signed_by(&p256(ANCHOR_KEY));
    let list = judged(&der, in_date()).unwrap();
    let said = Revocation {
        at: at("2026-05-01T12:00:00Z"),
        reason: Some(RevocationReason::KeyCompromise),
    };
    assert_eq!(list.revocation(&[5]), Some(said));
    assert_eq!(list.number(), [1]);
    let ours = CrlContents {
        number: 1,
        ..contents(&[])
    };
    let key = SoftwareIssuer::new(p256(ANCHOR_KEY)).unwrap();
    let der = issue_crl(&key, &issuer(), &ours).unwrap();
    assert_eq!(judged(&der, in_date()).unwrap().number(), [1]);
}

#[test]
fn numbers_are_compared_as_numbers() {
    let list = |octets: &[u8]| {
        let der = CrlDraft::new()
            .changed(|draft| draft.extensions = vec![number(octets)])
            .signed_by(&p256(ANCHOR_KEY));
        judged(&der, in_date()).unwrap()
    };
    let rising = [
        list(&[0]),
        list(&[2]),
        list(&[0, 0xff]),
        list(&[1, 0]),
        list(&[0x7f; 20]),
    ];
    for (place, one) in rising.iter().enumerate() {
        for (other_place, other) in rising.iter().enumerate() {
            assert_eq!(one.is_older_than(other), place < other_place);
        }
    }
}

#[test]
fn a_list_is_current_or_refused() {
    let der = CrlDraft::new().signed_by(&p256(ANCHOR_KEY));
    let exactly = |text: &str| TimePolicy::Trusted(TimeInterval::exactly(at(text)));
    let between = |one: &str, other: &str| {
        TimePolicy::Trusted(TimeInterval::new(at(one), at(other)).unwrap())
    };
    let floor = |text: &str| TimePolicy::Floor(at(text));
    for (time, verdict) in [
        (exactly("2026-05-31T23:59:59Z"), Some("crl-from-future")),
        (exactly("2026-06-01T00:00:00Z"), None),
        (exactly("2026-07-01T00:00:00Z"), None),
        (exactly("2026-07-01T00:00:01Z"), Some("crl-stale")),
        (
            between("2026-06-15T00:00:00Z", "2026-07-01T00:00:01Z"),
            Some("crl-date-uncertain"),
        ),
        (floor("2020-01-01T00:00:00Z"), None),
        (floor("2026-07-01T00:00:01Z"), Some("crl-stale")),
    ] {
        assert_eq!(code(judged(&der, time)), verdict, "{time:?}");
    }
    let tolerant = |time| code(Crl::verify(&der, &issuer(), time, Duration::from_secs(1)));
    assert_eq!(tolerant(exactly("2026-05-31T23:59:59Z")), None);
    assert_eq!(tolerant(exactly("2026-07-01T00:00:01Z")), None);
    assert_eq!(tolerant(exactly("2026-07-01T00:00:02Z")), Some("crl-stale"));
}

#[test]
fn only_the_issuer_signs_its_lists() {
    let stranger = CrlDraft::new().signed_by(&p256(9));
    assert_eq!(
        code(judged(&stranger, in_date())),
        Some("crl-signature-wrong")
    );
    let other = |draft: &mut CrlDraft| draft.issuer = common_name("other");
    assert_eq!(refused(other), Some("crl-issuer-wrong"));
    let key = |octets: &[u8]| extension(AUTHORITY_KEY, None, &sequence(&[tlv(0x80, octets)]));
    let own = issuer().key_identifier();
    assert_eq!(refused(|draft| draft.extensions.push(key(&own))), None);
    let wrong = refused(|draft| draft.extensions.push(key(&[1; 20])));
    assert_eq!(wrong, Some("crl-issuer-wrong"));
    let no_lists = Draft::anchor("001-01").with(KEY_USAGE, key_usage(KEY_CERT_SIGN));
    let no_lists = parsed(&no_lists.signed_by(&p256(ANCHOR_KEY)));
    let der = CrlDraft::new().signed_by(&p256(ANCHOR_KEY));
    let verdict = Crl::verify(&der, &no_lists, in_date(), Duration::ZERO);
    assert_eq!(code(verdict), Some("crl-issuer-wrong"));
    let sha1 = algorithm("1.2.840.10045.4.1");
    let verdict = refused(|draft| (draft.inner, draft.outer) = (sha1.clone(), sha1));
    assert_eq!(verdict, Some("certificate-algorithm-unsupported"));
    let other = refused(|draft| draft.outer = algorithm("1.2.840.10045.4.3.3"));
    assert_eq!(other, Some("crl-malformed"));
}

#[test]
fn delta_indirect_and_partial_lists_are_unsupported() {
    let point = |octet| {
        extension(
            DISTRIBUTION_POINT,
            Some(octet),
            &sequence(&[tlv(0x84, &[0xff])]),
        )
    };
    let delta = extension(DELTA, Some(0xff), &tlv(0x02, &[1]));
    for (name, extension) in [("delta", delta), ("indirect", point(0xff))] {
        let verdict = refused(|draft| draft.extensions.push(extension));
        assert_eq!(verdict, Some("crl-unsupported"), "{name}");
    }
    let other = extension(CERTIFICATE_ISSUER, Some(0xff), &sequence(&[]));
    let verdict =
        refused(|draft| draft.entries = Some(vec![entry(&[5], "260501120000Z", &[other])]));
    assert_eq!(verdict, Some("crl-unsupported"));
    for (critical, verdict) in [
        (Some(0xff), Some("crl-extension-unsupported")),
        (None, None),
    ] {
        let strange = extension("1.3.6.1.4.1.32473.7.99", critical, &tlv(0x05, &[]));
        let around = refused(|draft| draft.extensions.push(strange.clone()));
        assert_eq!(around, verdict);
        let lines = vec![entry(&[5], "260501120000Z", &[strange])];
        assert_eq!(refused(|draft| draft.entries = Some(lines)), verdict);
    }
}

#[test]
fn other_forms_are_refused() {
    assert_eq!(refused(filled(MAX_CRL - 1000)), None);
    let lines = |lines: Vec<Vec<u8>>| move |draft: &mut CrlDraft| draft.entries = Some(lines);
    let one = |extensions: &[Vec<u8>]| lines(vec![entry(&[5], "260501120000Z", extensions)]);
    let verdicts = [
        ("version 1", refused(|draft| draft.version = Vec::new())),
        (
            "version 3",
            refused(|draft| draft.version = tlv(0x02, &[2])),
        ),
        ("an empty list", refused(lines(Vec::new()))),
        (
            "no nextUpdate",
            refused(|draft| draft.next_update = Vec::new()),
        ),
        (
            "ends before",
            refused(|draft| draft.next_update = utc("260531235959Z")),
        ),
        (
            "GeneralizedTime before 2050",
            refused(|draft| draft.next_update = generalized("20260701000000Z")),
        ),
        ("no number", refused(|draft| draft.extensions.clear())),
        (
            "two numbers",
            refused(|draft| draft.extensions.push(number(&[2]))),
        ),
        (
            "21 octets of number",
            refused(|draft| draft.extensions = vec![number(&[1; 21])]),
        ),
        (
            "a certificate twice",
            refused(lines(vec![entry(&[5], "260501120000Z", &[]); 2])),
        ),
        ("removeFromCRL", refused(one(&[reason(8)]))),
        ("reason 7", refused(one(&[reason(7)]))),
        ("reason 11", refused(one(&[reason(11)]))),
        ("two reasons", refused(one(&[reason(1), reason(1)]))),
        (
            "a reason that is none",
            refused(one(&[extension(REASON, None, &[1])])),
        ),
        ("one octet more", {
            let der = CrlDraft::new().signed_by(&p256(ANCHOR_KEY));
            code(judged(&[der, vec![0]].concat(), in_date()))
        }),
        ("too long", refused(filled(MAX_CRL))),
    ];
    for (name, verdict) in verdicts {
        assert_eq!(verdict, Some("crl-malformed"), "{name}");
    }
}

/// Adds an extension of so many octets.
fn filled(octets: usize) -> impl FnOnce(&mut CrlDraft) {
    let filler = extension("1.3.6.1.4.1.32473.7.99", None, &vec![0; octets]);
    move |draft| draft.extensions.push(filler)
}

#[test]
fn what_must_not_be_listed_is_refused() {
    let key = SoftwareIssuer::new(p256(ANCHOR_KEY)).unwrap();
    let made = |revoked: &[RevokedCertificate], end: &str| {
        let contents = CrlContents {
            next_update: at(end),
            ..contents(revoked)
        };
        code(issue_crl(&key, &issuer(), &contents))
    };
    let one = line(&[5], "2026-05-01T12:00:00Z", None);
    let back = line(
        &[5],
        "2026-05-01T12:00:00Z",
        Some(RevocationReason::RemoveFromCrl),
    );
    let end = "2026-07-01T00:00:00Z";
    assert_eq!(made(std::slice::from_ref(&one), end), None);
    let wrong = Some("crl-contents-wrong");
    assert_eq!(made(&[one.clone(), one.clone()], end), wrong);
    assert_eq!(made(&[back], end), wrong);
    assert_eq!(made(&[one], "2026-05-31T00:00:00Z"), wrong);
    let stranger = SoftwareIssuer::new(p256(9)).unwrap();
    let verdict = issue_crl(&stranger, &issuer(), &contents(&[]));
    assert_eq!(code(verdict), Some("issuer-key-mismatch"));
}

#[test]
fn a_damaged_list_is_refused() {
    let whole = CrlDraft::new().signed_by(&p256(ANCHOR_KEY));
    let ca = issuer();
    let accepted = |der: &[u8]| Crl::verify(der, &ca, in_date(), Duration::ZERO).is_ok();
    assert!(accepted(&whole));
    for length in 0..whole.len() {
        assert!(!accepted(&whole[..length]), "{length}");
    }
    for bit in 0..whole.len() * 8 {
        let mut changed = whole.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(!accepted(&changed), "bit {bit}");
    }
    let mut random = Seeded::new(5280);
    for _ in 0..5000 {
        let mut changed = whole.clone();
        for _ in 0..=random.below(4) {
            let at = random.below(changed.len());
            match random.below(3) {
                0 => changed[at] = random.next() as u8,
                1 => drop(changed.remove(at)),
                _ => changed.insert(at, random.next() as u8),
            }
        }
        assert!(changed == whole || !accepted(&changed));
    }
}
