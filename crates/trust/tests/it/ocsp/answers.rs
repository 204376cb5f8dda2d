//! What an answer may say, and which ones are refused whatever they say (RFC 6960
//! clauses 3.2 and 4.2.1, RFC 9654 clause 2.1). Answers come from a second writer.

use std::time::Duration;

use trust::ocsp::{Answer, CertificateStatus, ExpectedNonce, Nonce};
use trust::{Revocation, RevocationReason};

use crate::support::der::{common_name, extension, sequence, tlv};
use crate::support::ocsp::{
    AnswerDraft, NOW, SERIAL, World, cert_id, cert_id_256, code, good, issuer_draft, nonce,
    nonce_extension, revoked, successful, unknown,
};
use crate::support::test_keys::{p256, spki};
use crate::support::{ANCHOR_KEY, at, parsed};

fn judged(der: &[u8], nonce: ExpectedNonce<'_>) -> Result<Answer, trust::TrustError> {
    let world = World::new();
    Answer::verify(der, &world.check(nonce))
}

fn refused(draft: &AnswerDraft) -> Option<&'static str> {
    code(judged(&draft.signed(), ExpectedNonce::NotAsked))
}

#[test]
fn each_status_is_read() {
    let since = Revocation {
        at: at("2026-05-01T12:00:00Z"),
        reason: Some(RevocationReason::KeyCompromise),
    };
    for (status, expected) in [
        (good(), CertificateStatus::Good),
        (unknown(), CertificateStatus::Unknown),
        (
            revoked("20260501120000Z"),
            CertificateStatus::Revoked(since),
        ),
    ] {
        let draft = AnswerDraft::new().changed(|draft| draft.status = status);
        let answer = judged(&draft.signed(), ExpectedNonce::NotAsked).unwrap();
        assert_eq!(answer.status(), expected);
        assert_eq!(answer.produced_at(), at(NOW));
        assert_eq!(answer.this_update(), at(NOW));
        assert_eq!(answer.next_update(), Some(at("2026-06-01T01:00:00Z")));
        assert!(!answer.is_delegated() && !answer.repeats_nonce());
        assert_eq!(answer.time(), None);
    }
}

#[test]
fn an_answer_for_another_certificate_is_refused() {
    let world = World::new();
    let other_key = issuer_draft().changed(|draft| draft.spki = spki(&p256(9)));
    let other_key = parsed(&other_key.signed_by(&p256(9)));
    let other_name = issuer_draft().changed(|draft| draft.subject = common_name("other"));
    let other_name = parsed(&other_name.signed_by(&p256(ANCHOR_KEY)));
    for (name, id) in [
        ("another key of the issuer", cert_id(&other_key, SERIAL)),
        (
            "the issuer's key by another name",
            cert_id(&other_name, SERIAL),
        ),
        ("another key, SHA-256", cert_id_256(&other_key, SERIAL)),
        ("another name, SHA-256", cert_id_256(&other_name, SERIAL)),
        (
            "another serial number",
            cert_id(&world.issuer, &[0x11, 0x23]),
        ),
        ("another issuer", cert_id(&world.server, SERIAL)),
        (
            "a hash that we don't know",
            sequence(&[
                crate::support::der::algorithm("2.16.840.1.101.3.4.2.2"),
                tlv(0x04, &[0; 48]),
                tlv(0x04, &[0; 48]),
                tlv(0x02, SERIAL),
            ]),
        ),
    ] {
        let draft = AnswerDraft::new().changed(|draft| draft.cert_id = id);
        assert_eq!(refused(&draft), Some("ocsp-certificate-other"), "{name}");
    }
    // By any hash that we know, and among others.
    let other = AnswerDraft::new().changed(|draft| draft.cert_id = cert_id(&world.issuer, &[5]));
    let draft = AnswerDraft::new().changed(|draft| {
        draft.cert_id = cert_id_256(&world.issuer, SERIAL);
        draft.others = vec![other.single()];
    });
    assert_eq!(refused(&draft), None);
    let twice = AnswerDraft::new().changed(|draft| {
        draft.others = vec![AnswerDraft::new().single()];
    });
    assert_eq!(refused(&twice), Some("ocsp-answer-malformed"));
}

#[test]
fn the_nonce_is_ours_or_the_answer_is_refused() {
    let (ours, old) = (nonce(1), nonce(2));
    let with = |nonce: &Nonce| AnswerDraft::new().with_nonce(nonce).signed();
    let without = AnswerDraft::new().signed();
    for (der, expected, verdict, repeats) in [
        (with(&ours), ExpectedNonce::Required(&ours), None, true),
        (with(&ours), ExpectedNonce::IfRepeated(&ours), None, true),
        (with(&ours), ExpectedNonce::NotAsked, None, false),
        (
            with(&old),
            ExpectedNonce::Required(&ours),
            Some("ocsp-nonce-wrong"),
            false,
        ),
        (
            with(&old),
            ExpectedNonce::IfRepeated(&ours),
            Some("ocsp-nonce-wrong"),
            false,
        ),
        (
            without.clone(),
            ExpectedNonce::Required(&ours),
            Some("ocsp-nonce-missing"),
            false,
        ),
        (
            without.clone(),
            ExpectedNonce::IfRepeated(&ours),
            None,
            false,
        ),
        (without, ExpectedNonce::NotAsked, None, false),
    ] {
        let answer = judged(&der, expected);
        let repeated = answer.as_ref().is_ok_and(Answer::repeats_nonce);
        let time = answer.as_ref().ok().and_then(Answer::time);
        assert_eq!(code(answer), verdict, "{expected:?}");
        assert_eq!(repeated, repeats, "{expected:?}");
        assert_eq!(time.is_some(), repeats, "{expected:?}");
    }
}

#[test]
fn time_is_produced_at_and_the_round_trip_behind_it() {
    let world = World::new();
    let ours = nonce(1);
    let der = AnswerDraft::new().with_nonce(&ours).signed();
    let mut check = world.check(ExpectedNonce::Required(&ours));
    check.round_trip = Duration::from_millis(1500);
    let time = Answer::verify(&der, &check).unwrap().time().unwrap();
    assert_eq!(time.earliest(), at(NOW));
    // The second that producedAt names may have been at its end.
    let latest = at(NOW).plus(Duration::from_millis(999 + 1500));
    assert_eq!(time.latest(), latest);
    let short = Nonce::new(&[7; 15]).unwrap();
    let der = AnswerDraft::new().with_nonce(&short).signed();
    let answer = judged(&der, ExpectedNonce::Required(&short)).unwrap();
    assert!(answer.repeats_nonce());
    assert_eq!(
        answer.time(),
        None,
        "a nonce that can be guessed tells no time"
    );
}

#[test]
fn critical_extensions_are_refused_and_others_ignored() {
    let whole = |critical| extension("1.3.6.1.5.5.7.48.1.6", critical, &[5, 0]);
    for (critical, verdict) in [
        (Some(0xff), Some("ocsp-extension-unsupported")),
        (None, None),
    ] {
        let around = AnswerDraft::new().changed(|draft| draft.extensions.push(whole(critical)));
        assert_eq!(refused(&around), verdict);
        let inside =
            AnswerDraft::new().changed(|draft| draft.single_extensions.push(whole(critical)));
        assert_eq!(refused(&inside), verdict);
    }
    for (name, extensions) in [
        (
            "two nonces",
            vec![nonce_extension(&[1; 16]), nonce_extension(&[1; 16])],
        ),
        ("an empty nonce", vec![nonce_extension(&[])]),
        ("129 octets", vec![nonce_extension(&[1; 129])]),
    ] {
        let draft = AnswerDraft::new().changed(|draft| draft.extensions = extensions);
        assert_eq!(refused(&draft), Some("ocsp-answer-malformed"), "{name}");
    }
    let inside =
        AnswerDraft::new().changed(|draft| draft.single_extensions = vec![nonce_extension(&[1])]);
    assert_eq!(refused(&inside), Some("ocsp-answer-malformed"));
}

#[test]
fn an_error_instead_of_an_answer_has_its_own_code() {
    for (status, verdict) in [
        (1, "ocsp-responder-malformed-request"),
        (2, "ocsp-responder-internal-error"),
        (3, "ocsp-responder-try-later"),
        (4, "ocsp-answer-malformed"),
        (5, "ocsp-responder-signature-required"),
        (6, "ocsp-responder-unauthorized"),
        (7, "ocsp-answer-malformed"),
        (0, "ocsp-answer-malformed"),
    ] {
        let der = sequence(&[tlv(0x0a, &[status])]);
        let verdict_was = code(judged(&der, ExpectedNonce::NotAsked));
        assert_eq!(verdict_was, Some(verdict), "{status}");
    }
}

#[test]
fn other_forms_are_refused() {
    let world = World::new();
    let right = AnswerDraft::new().signed();
    let basic = AnswerDraft::new().basic_by(&p256(ANCHOR_KEY));
    let typed = |id: &str, basic: &[u8]| {
        let bytes = sequence(&[crate::support::der::oid(id), tlv(0x04, basic)]);
        sequence(&[tlv(0x0a, &[0]), tlv(0xa0, &bytes)])
    };
    let others = |count: u8| {
        AnswerDraft::new().changed(|draft| {
            let other = |serial| {
                let other = AnswerDraft::new();
                let id = cert_id(&world.issuer, &[serial]);
                other.changed(|draft| draft.cert_id = id).single()
            };
            draft.others = (1..=count).map(other).collect();
        })
    };
    let certificates = |count: usize| {
        AnswerDraft::new().changed(|draft| {
            draft.certificates = vec![world.issuer.der().to_vec(); count];
        })
    };
    let typed_right = typed("1.3.6.1.5.5.7.48.1.1", &basic);
    assert!(judged(&typed_right, ExpectedNonce::NotAsked).is_ok());
    // The largest that are taken.
    for right in [others(31), certificates(8), filled(65_000)] {
        assert_eq!(refused(&right), None);
    }
    for (name, der) in [
        (
            "another response type",
            typed("1.3.6.1.5.5.7.48.1.4", &basic),
        ),
        ("no basic response", typed("1.3.6.1.5.5.7.48.1.1", &right)),
        ("an empty basic response", successful(&[])),
        ("33 certificates asked", others(32).signed()),
        ("nine certificates", certificates(9).signed()),
        ("one octet more", [right.clone(), vec![0]].concat()),
        ("longer than 65536 octets", filled(65_400).signed()),
    ] {
        let verdict = code(judged(&der, ExpectedNonce::NotAsked));
        assert_eq!(verdict, Some("ocsp-answer-malformed"), "{name}");
    }
}

/// An answer with an extension of so many octets.
fn filled(octets: usize) -> AnswerDraft {
    AnswerDraft::new().changed(|draft| {
        draft.extensions = vec![extension("1.3.6.1.5.5.7.48.1.6", None, &vec![0; octets])];
    })
}
