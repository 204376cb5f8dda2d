//! Who may sign an answer (RFC 6960 clauses 2.6 and 4.2.2.2).

use trust::ocsp::{Answer, ExpectedNonce};
use trust::{Certificate, Purpose, TimePolicy};

use crate::support::build::{
    DIGITAL_SIGNATURE, Draft, EXTENDED_KEY_USAGE, KEY_AGREEMENT, KEY_USAGE, RSA_SHA256,
    extended_key_usage, key_usage, utc,
};
use crate::support::der::{algorithm, algorithm_null, common_name};
use crate::support::ocsp::{
    AnswerDraft, NO_CHECK, NOW, RESPONDER_KEY, World, by_key, by_name, code, issuer_draft,
    responder_draft, without_usage,
};
use crate::support::test_keys::p256;
use crate::support::{ANCHOR_KEY, at};

fn judged_at(der: &[u8], time: TimePolicy) -> Result<Answer, trust::TrustError> {
    let world = World::new();
    let mut check = world.check(ExpectedNonce::NotAsked);
    check.time = time;
    Answer::verify(der, &check)
}

fn judged(der: &[u8]) -> Result<Answer, trust::TrustError> {
    judged_at(der, crate::support::in_date())
}

fn floor(text: &str) -> TimePolicy {
    TimePolicy::Floor(at(text))
}

/// An answer of a delegated responder with this certificate.
fn delegated(responder: &Draft) -> Vec<u8> {
    AnswerDraft::delegated(responder).signed_by(&p256(RESPONDER_KEY))
}

#[test]
fn the_issuer_and_its_delegate_sign_by_key_or_name() {
    let by_names = AnswerDraft::new().changed(|draft| {
        draft.responder_id = by_name(&common_name("root"));
    });
    let issuer_signed = [AnswerDraft::new().signed(), by_names.signed()];
    for der in issuer_signed {
        assert!(!judged(&der).unwrap().is_delegated());
    }
    let by_names = AnswerDraft::delegated(&responder_draft()).changed(|draft| {
        draft.responder_id = by_name(&common_name("responder"));
        // Others before it do no harm, even such as we can't read.
        draft
            .certificates
            .insert(0, issuer_draft().signed_by(&p256(ANCHOR_KEY)));
        draft
            .certificates
            .insert(0, crate::support::der::sequence(&[]));
    });
    for der in [
        delegated(&responder_draft()),
        by_names.signed_by(&p256(RESPONDER_KEY)),
    ] {
        assert!(judged(&der).unwrap().is_delegated());
    }
}

#[test]
fn a_wrong_key_or_algorithm_is_refused() {
    let wrong_algorithm =
        |identifier: Vec<u8>| AnswerDraft::new().changed(|draft| draft.algorithm = identifier);
    for (name, der, verdict) in [
        (
            "a stranger as the issuer",
            AnswerDraft::new().signed_by(&p256(9)),
            "ocsp-signature-wrong",
        ),
        (
            "a stranger as the delegate",
            AnswerDraft::delegated(&responder_draft()).signed_by(&p256(9)),
            "ocsp-signature-wrong",
        ),
        (
            "the issuer as the delegate",
            AnswerDraft::delegated(&responder_draft()).signed(),
            "ocsp-signature-wrong",
        ),
        (
            "an algorithm for another key",
            wrong_algorithm(algorithm_null(RSA_SHA256)).signed(),
            "ocsp-signature-wrong",
        ),
        (
            "ECDSA with SHA-1",
            wrong_algorithm(algorithm("1.2.840.10045.4.1")).signed(),
            "certificate-algorithm-unsupported",
        ),
        (
            "nobody's key",
            AnswerDraft::new()
                .changed(|draft| draft.responder_id = by_key(&p256(9)))
                .signed_by(&p256(9)),
            "ocsp-responder-wrong",
        ),
        (
            "without the delegate's certificate",
            AnswerDraft::delegated(&responder_draft())
                .changed(|draft| draft.certificates.clear())
                .signed_by(&p256(RESPONDER_KEY)),
            "ocsp-responder-wrong",
        ),
    ] {
        assert_eq!(code(judged(&der)), Some(verdict), "{name}");
    }
}

#[test]
fn a_delegate_is_certified_for_this_by_the_same_issuer() {
    let usages =
        |list: &[&str]| responder_draft().with(EXTENDED_KEY_USAGE, extended_key_usage(list));
    let with_usage = |octet| responder_draft().with(KEY_USAGE, key_usage(octet));
    for (name, responder) in [
        ("without EKU", without_usage()),
        ("EKU of a server", usages(&["1.3.6.1.5.5.7.3.1"])),
        ("any EKU", usages(&["2.5.29.37.0"])),
        ("key usage", with_usage(KEY_AGREEMENT)),
        ("without key usage", responder_draft().without(KEY_USAGE)),
        ("without nocheck", responder_draft().without(NO_CHECK)),
        (
            "a CA",
            issuer_draft().changed(|draft| {
                draft.subject = common_name("responder");
                draft.spki = responder_draft().spki;
            }),
        ),
    ] {
        let verdict = code(judged(&delegated(&responder)));
        assert_eq!(verdict, Some("ocsp-responder-wrong"), "{name}");
    }
    // The same certificate by another CA: of the same name, and of another.
    for issuer_name in ["root", "other root"] {
        let responder = responder_draft().changed(|draft| draft.issuer = common_name(issuer_name));
        let der = AnswerDraft::delegated(&responder)
            .changed(|draft| draft.certificates = vec![responder.signed_by(&p256(77))])
            .signed_by(&p256(RESPONDER_KEY));
        assert_eq!(
            code(judged(&der)),
            Some("ocsp-responder-wrong"),
            "{issuer_name}"
        );
    }
    // Other usages beside it are the issuer's business.
    let more = usages(&["1.3.6.1.5.5.7.3.9", "1.3.6.1.5.5.7.3.1"]);
    assert!(judged(&delegated(&more)).is_ok());
    let more = with_usage(DIGITAL_SIGNATURE | crate::support::build::NON_REPUDIATION);
    assert!(judged(&delegated(&more)).is_ok());
}

#[test]
fn the_delegates_certificate_is_in_date_by_clock_floor_and_its_own_word() {
    let ended = responder_draft().changed(|draft| draft.not_after = utc("260531235959Z"));
    let not_begun = responder_draft().changed(|draft| draft.not_before = utc("260601000001Z"));
    let ends_soon = responder_draft().changed(|draft| draft.not_after = utc("260601003000Z"));
    let expired = Some("ocsp-responder-expired");
    let not_yet = Some("ocsp-responder-not-yet-valid");
    let clock = crate::support::exactly;
    for (name, responder, time, verdict) in [
        (
            "its own word",
            &ended,
            floor("2020-01-01T00:00:00Z"),
            expired,
        ),
        ("not begun", &not_begun, clock(NOW), not_yet),
        (
            "not begun, own word",
            &not_begun,
            floor("2020-01-01T00:00:00Z"),
            not_yet,
        ),
        // In date when it signed, but that may have been a while ago.
        ("clock", &ends_soon, clock("2026-06-01T00:45:00Z"), expired),
        ("floor", &ends_soon, floor("2026-06-01T00:45:00Z"), expired),
        (
            "in date by clock",
            &ends_soon,
            clock("2026-06-01T00:15:00Z"),
            None,
        ),
        (
            "in date by floor",
            &ends_soon,
            floor("2026-06-01T00:15:00Z"),
            None,
        ),
    ] {
        let verdict_was = code(judged_at(&delegated(responder), time));
        assert_eq!(verdict_was, verdict, "{name}");
    }
}

#[test]
fn a_delegate_that_says_2099_is_refused_by_its_own_certificate() {
    let in_2099 = |draft: &mut AnswerDraft| {
        draft.produced_at = "20990601000000Z";
        draft.this_update = "20990601000000Z";
        draft.next_update = Some("20990601010000Z");
    };
    let der = AnswerDraft::delegated(&responder_draft())
        .changed(in_2099)
        .signed_by(&p256(RESPONDER_KEY));
    let verdict = judged_at(&der, floor("2020-01-01T00:00:00Z"));
    assert_eq!(code(verdict), Some("ocsp-responder-expired"));
    // The issuer of these tests lives until then, so it may say so itself ...
    let der = AnswerDraft::new().changed(in_2099).signed();
    assert!(judged_at(&der, floor("2020-01-01T00:00:00Z")).is_ok());
    // ... but not a year later.
    let der = AnswerDraft::new().changed(in_2099).changed(|draft| {
        draft.produced_at = "21000101000000Z";
    });
    let verdict = judged_at(&der.signed(), floor("2020-01-01T00:00:00Z"));
    assert_eq!(code(verdict), Some("ocsp-responder-expired"));
}

#[test]
fn what_we_issue_for_ocsp_signing_may_sign() {
    let key = p256(ANCHOR_KEY);
    let issuer = crate::issuing_limits::issuer(key);
    let anchor = crate::issuing_limits::issued_anchor(&issuer);
    let responder = crate::issuing_limits::issued_leaf(
        &issuer,
        &anchor,
        Purpose::OcspSigning,
        &p256(RESPONDER_KEY),
    );
    let server = crate::issuing_limits::issued_leaf(&issuer, &anchor, Purpose::DpfServer, &p256(2));
    let authority: &Certificate = anchor.certificate();
    let der = AnswerDraft::new()
        .changed(|draft| {
            draft.cert_id = crate::support::ocsp::cert_id(authority, server.serial());
            draft.responder_id = by_key(&p256(RESPONDER_KEY));
            draft.certificates = vec![responder.der().to_vec()];
        })
        .signed_by(&p256(RESPONDER_KEY));
    let world = World {
        issuer: authority.clone(),
        server,
    };
    let answer = Answer::verify(&der, &world.check(ExpectedNonce::NotAsked)).unwrap();
    assert!(answer.is_delegated());
}
