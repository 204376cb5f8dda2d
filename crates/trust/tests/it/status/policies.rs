//! Each policy with each thing that may be wrong, by its code. Answers come from
//! the second writer.

use std::time::Duration;

use trust::ocsp::{ExpectedNonce, Nonce};
use trust::status::{Case, Evidence, Outcome, Pin, StatusConfig, ValidationPolicy, decide};
use trust::{Certificate, TimeInterval, TimePolicy};

use crate::support::at;
use crate::support::build::{Draft, EXTENDED_KEY_USAGE, utc};
use crate::support::der::{sequence, tlv};
use crate::support::ocsp::{
    AnswerDraft, NOW, RESPONDER_KEY, World, cert_id, code, nonce, responder_draft, revoked,
    server_draft, unknown,
};
use crate::support::test_keys::p256;
use crate::support::{ANCHOR_KEY, parsed};
use openssl::sha::sha256;

type Verdict = Result<Outcome, &'static str>;

const ASKING: [ValidationPolicy; 3] = [
    ValidationPolicy::Ocsp,
    ValidationPolicy::OcspNonceTime,
    ValidationPolicy::ClockOcsp,
];

fn now() -> TimePolicy {
    TimePolicy::Trusted(TimeInterval::exactly(at(NOW)))
}

fn long_lived(policy: ValidationPolicy) -> StatusConfig {
    let mut config = StatusConfig::new(policy);
    config.max_validity = Duration::from_secs(366 * 86_400);
    config
}

fn verdict(
    config: &StatusConfig,
    server: &Certificate,
    now: TimePolicy,
    evidence: Evidence<'_>,
) -> Verdict {
    let issuer = World::new().issuer;
    let case = Case {
        certificate: server,
        issuer: &issuer,
        now,
        evidence,
    };
    decide(config, &case).verdict.map_err(|error| error.code())
}

/// Judges the usual server at [`NOW`] by an answer to nonce 1.
fn answered(policy: ValidationPolicy, der: &[u8]) -> Verdict {
    let ours = nonce(1);
    let evidence = Evidence::Answer {
        der,
        nonce: Some(&ours),
        round_trip: Duration::ZERO,
    };
    verdict(&long_lived(policy), &World::new().server, now(), evidence)
}

fn ours() -> AnswerDraft {
    AnswerDraft::new().with_nonce(&nonce(1))
}

#[test]
fn policies_have_names() {
    let names = ["ocsp", "ocsp-nonce-time", "clock", "clock+ocsp", "staple"];
    for (policy, name) in ValidationPolicy::ALL.into_iter().zip(names) {
        assert_eq!(policy.to_string(), name);
        assert_eq!(name.parse(), Ok(policy));
    }
    for name in ["", "OCSP", "ocsp+clock", "none"] {
        let refused = name
            .parse::<ValidationPolicy>()
            .map_err(|fault| fault.code());
        assert_eq!(refused, Err("validation-policy-unknown"));
    }
}

#[test]
fn what_the_answer_says_counts() {
    let status = |status: Vec<u8>| ours().changed(|draft| draft.status = status).signed();
    for policy in ASKING {
        assert_eq!(answered(policy, &ours().signed()), Ok(Outcome::Good));
        let was = answered(policy, &status(revoked("20260501120000Z")));
        assert_eq!(was, Err("certificate-revoked"), "{policy}");
        let was = answered(policy, &status(unknown()));
        assert_eq!(was, Err("certificate-status-unknown"), "{policy}");
    }
}

#[test]
fn a_wrong_answer_has_its_own_code_under_each_policy() {
    let old = AnswerDraft::new().with_nonce(&nonce(2)).signed();
    let missing = AnswerDraft::new().signed();
    let other = ours().changed(|draft| draft.cert_id = cert_id(&World::new().issuer, &[5]));
    let in_year = |year: &'static str| {
        ours().changed(|draft| {
            draft.produced_at = year;
            draft.this_update = year;
            draft.next_update = None;
        })
    };
    let no_usage = AnswerDraft::delegated(&responder_draft().without(EXTENDED_KEY_USAGE))
        .with_nonce(&nonce(1));
    for policy in ASKING {
        let without = match policy {
            ValidationPolicy::OcspNonceTime => Err("ocsp-nonce-missing"),
            _ => Ok(Outcome::Good),
        };
        for (name, der, expected) in [
            ("old nonce", old.clone(), Err("ocsp-nonce-wrong")),
            ("no nonce", missing.clone(), without),
            (
                "another certificate",
                other.signed(),
                Err("ocsp-certificate-other"),
            ),
            (
                "a stranger's",
                ours().signed_by(&p256(9)),
                Err("ocsp-signature-wrong"),
            ),
            (
                "a wrong responder's",
                no_usage.signed_by(&p256(RESPONDER_KEY)),
                Err("ocsp-responder-wrong"),
            ),
            (
                "of last year",
                in_year("20250601000000Z").signed(),
                Err("ocsp-answer-stale"),
            ),
            (
                "of next year",
                in_year("20270601000000Z").signed(),
                Err("ocsp-answer-from-future"),
            ),
            (
                "cut",
                ours().signed()[..100].to_vec(),
                Err("ocsp-answer-malformed"),
            ),
        ] {
            assert_eq!(answered(policy, &der), expected, "{policy}: {name}");
        }
    }
}

#[test]
fn no_answer_is_a_refusal_unless_the_configuration_says_otherwise() {
    let server = World::new().server;
    let ours = nonce(1);
    let later = sequence(&[tlv(0x0a, &[3])]);
    let garbled = [0x30, 0x00];
    let wrong = AnswerDraft::new().with_nonce(&nonce(2)).signed();
    let answer = |der| Evidence::Answer {
        der,
        nonce: Some(&ours),
        round_trip: Duration::ZERO,
    };
    for policy in ASKING {
        let mut config = long_lived(policy);
        for (evidence, code, soft) in [
            (
                Evidence::Nothing,
                "certificate-status-no-answer",
                Ok(Outcome::Unanswered),
            ),
            (
                answer(&later),
                "ocsp-responder-try-later",
                Ok(Outcome::Unanswered),
            ),
            (
                answer(&garbled),
                "ocsp-answer-malformed",
                Err("ocsp-answer-malformed"),
            ),
            (answer(&wrong), "ocsp-nonce-wrong", Err("ocsp-nonce-wrong")),
        ] {
            config.soft_fail = false;
            assert_eq!(
                verdict(&config, &server, now(), evidence),
                Err(code),
                "{policy}"
            );
            config.soft_fail = true;
            assert_eq!(verdict(&config, &server, now(), evidence), soft, "{policy}");
        }
        // Without an answer the dates count all the same.
        let floor = TimePolicy::Floor(at("2027-01-01T00:00:00Z"));
        if policy != ValidationPolicy::ClockOcsp {
            let was = verdict(&config, &server, floor, Evidence::Nothing);
            assert_eq!(was, Err("certificate-expired"));
        }
    }
    let mut config = StatusConfig::new(ValidationPolicy::Staple);
    let was = verdict(&config, &server, now(), Evidence::Nothing);
    assert_eq!(was, Err("certificate-status-no-answer"));
    config.soft_fail = true;
    let was = verdict(&config, &server, now(), Evidence::Nothing);
    assert_eq!(was, Ok(Outcome::Unanswered));
}

#[test]
fn a_stapled_answer_needs_a_clock_and_is_no_answer_to_a_question() {
    let server = World::new().server;
    let stapled = AnswerDraft::new().signed();
    let ours = nonce(1);
    let asked = Evidence::Answer {
        der: &stapled,
        nonce: Some(&ours),
        round_trip: Duration::ZERO,
    };
    let floor = TimePolicy::Floor(at(NOW));
    let staple = Evidence::Staple(&stapled);
    for (policy, evidence, now, expected) in [
        (ValidationPolicy::Staple, staple, now(), Ok(Outcome::Good)),
        (
            ValidationPolicy::Staple,
            staple,
            floor,
            Err("clock-not-set"),
        ),
        (
            ValidationPolicy::Staple,
            asked,
            now(),
            Err("certificate-status-no-answer"),
        ),
        (
            ValidationPolicy::ClockOcsp,
            staple,
            now(),
            Ok(Outcome::Good),
        ),
        (
            ValidationPolicy::ClockOcsp,
            staple,
            floor,
            Err("clock-not-set"),
        ),
        (ValidationPolicy::Clock, staple, floor, Err("clock-not-set")),
        (
            ValidationPolicy::Ocsp,
            staple,
            now(),
            Err("certificate-status-no-answer"),
        ),
        (
            ValidationPolicy::OcspNonceTime,
            staple,
            now(),
            Err("certificate-status-no-answer"),
        ),
    ] {
        let was = verdict(&long_lived(policy), &server, now, evidence);
        assert_eq!(was, expected, "{policy}");
    }
    let revoked = AnswerDraft::new().changed(|draft| draft.status = revoked("20260501120000Z"));
    let was = verdict(
        &long_lived(ValidationPolicy::Staple),
        &server,
        now(),
        Evidence::Staple(&revoked.signed()),
    );
    assert_eq!(was, Err("certificate-revoked"));
    let stale = TimePolicy::Trusted(TimeInterval::exactly(at("2026-06-01T02:00:00Z")));
    let was = verdict(
        &long_lived(ValidationPolicy::Staple),
        &server,
        stale,
        staple,
    );
    assert_eq!(was, Err("ocsp-answer-stale"));
}

#[test]
fn under_clock_a_certificate_lives_for_seven_days_at_most() {
    let lives = |until: &str| {
        let draft: Draft = server_draft().changed(|draft| {
            draft.not_before = utc("260530000000Z");
            draft.not_after = utc(until);
        });
        let server = parsed(&draft.signed_by(&p256(ANCHOR_KEY)));
        let config = StatusConfig::new(ValidationPolicy::Clock);
        verdict(&config, &server, now(), Evidence::Nothing)
    };
    assert_eq!(lives("260606000000Z"), Ok(Outcome::InDate));
    assert_eq!(lives("260606000001Z"), Err("certificate-validity-too-long"));
    // Where an answer ends it, it may live longer.
    assert_eq!(
        answered(ValidationPolicy::ClockOcsp, &ours().signed()),
        Ok(Outcome::Good)
    );
    let mut strict = StatusConfig::new(ValidationPolicy::ClockOcsp);
    strict.max_validity = Duration::ZERO;
    let staple = AnswerDraft::new().signed();
    let was = verdict(
        &strict,
        &World::new().server,
        now(),
        Evidence::Staple(&staple),
    );
    assert_eq!(was, Ok(Outcome::Good));
}

#[test]
fn a_pin_is_of_the_certificate_or_its_key() {
    let server = World::new().server;
    let renewed = server_draft().changed(|draft| draft.serial = vec![0x12]);
    let renewed = parsed(&renewed.signed_by(&p256(ANCHOR_KEY)));
    let key = Pin::Spki(sha256(server.public_key().spki_der()));
    let certificate = Pin::Certificate(sha256(server.der()));
    for (pin, of, expected) in [
        (key, &server, Ok(Outcome::InDate)),
        (key, &renewed, Ok(Outcome::InDate)),
        (certificate, &server, Ok(Outcome::InDate)),
        (certificate, &renewed, Err("certificate-pin-wrong")),
        (Pin::Spki([0; 32]), &server, Err("certificate-pin-wrong")),
        (
            Pin::Spki(sha256(server.der())),
            &server,
            Err("certificate-pin-wrong"),
        ),
    ] {
        let mut config = long_lived(ValidationPolicy::Clock);
        config.pin = Some(pin);
        assert_eq!(verdict(&config, of, now(), Evidence::Nothing), expected);
    }
}

#[test]
fn another_issuers_certificate_is_refused_first() {
    let stranger = parsed(&server_draft().signed_by(&p256(9)));
    for policy in ValidationPolicy::ALL {
        let was = verdict(&long_lived(policy), &stranger, now(), Evidence::Nothing);
        assert_eq!(was, Err("certificate-chain-invalid"), "{policy}");
    }
}

#[test]
fn what_each_policy_needs_is_told() {
    let needs = |policy: ValidationPolicy| (policy.asks(), policy.wants_staple());
    assert_eq!(needs(ValidationPolicy::Ocsp), (true, false));
    assert_eq!(needs(ValidationPolicy::OcspNonceTime), (true, false));
    assert_eq!(needs(ValidationPolicy::Clock), (false, false));
    assert_eq!(needs(ValidationPolicy::ClockOcsp), (true, true));
    assert_eq!(needs(ValidationPolicy::Staple), (false, true));
}

#[test]
fn a_short_nonce_tells_no_time() {
    let short = Nonce::new(&[7; 15]).unwrap();
    let der = AnswerDraft::new().with_nonce(&short).signed();
    let evidence = Evidence::Answer {
        der: &der,
        nonce: Some(&short),
        round_trip: Duration::ZERO,
    };
    let server = World::new().server;
    let was = verdict(
        &long_lived(ValidationPolicy::OcspNonceTime),
        &server,
        now(),
        evidence,
    );
    assert_eq!(was, Err("ocsp-nonce-too-short"));
    let was = verdict(
        &long_lived(ValidationPolicy::Ocsp),
        &server,
        now(),
        evidence,
    );
    assert_eq!(was, Ok(Outcome::Good));
    // A question by GET has no nonce at all.
    let der = AnswerDraft::new().signed();
    let evidence = Evidence::Answer {
        der: &der,
        nonce: None,
        round_trip: Duration::ZERO,
    };
    let asked = [
        (ValidationPolicy::OcspNonceTime, Err("ocsp-nonce-too-short")),
        (ValidationPolicy::Ocsp, Ok(Outcome::Good)),
        (ValidationPolicy::ClockOcsp, Ok(Outcome::Good)),
    ];
    for (policy, expected) in asked {
        let was = verdict(&long_lived(policy), &server, now(), evidence);
        assert_eq!(was, expected, "{policy}");
    }
    // The check by itself, too.
    let der = AnswerDraft::new().with_nonce(&short).signed();
    let world = World::new();
    let check = world.check(ExpectedNonce::Required(&short));
    assert_eq!(code(trust::ocsp::Answer::verify(&der, &check)), None);
}
