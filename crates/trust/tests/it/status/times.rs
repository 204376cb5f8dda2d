//! Dates by clock, floor and answer: expired, not yet valid, or not surely in
//! date; and what is learnt about the time on the way.

use std::time::Duration;

use trust::ocsp::Nonce;
use trust::status::{Case, Decision, Evidence, Outcome, StatusConfig, ValidationPolicy, decide};
use trust::{TimeInterval, TimePolicy};

use crate::support::at;
use crate::support::ocsp::{AnswerDraft, World, code, nonce, revoked, unknown};

fn decided(policy: ValidationPolicy, draft: &AnswerDraft, now: TimePolicy) -> Decision {
    decided_after(policy, draft, now, Duration::ZERO, &nonce(1))
}

fn decided_after(
    policy: ValidationPolicy,
    draft: &AnswerDraft,
    now: TimePolicy,
    round_trip: Duration,
    ours: &Nonce,
) -> Decision {
    let world = World::new();
    let der = draft.signed();
    let case = Case {
        certificate: &world.server,
        issuer: &world.issuer,
        now,
        evidence: Evidence::Answer {
            der: &der,
            nonce: Some(ours),
            round_trip,
        },
    };
    let mut config = StatusConfig::new(policy);
    config.max_validity = Duration::from_secs(366 * 86_400);
    decide(&config, &case)
}

/// An answer to nonce 1, made at this GeneralizedTime.
fn made(at: &'static str) -> AnswerDraft {
    AnswerDraft::new().with_nonce(&nonce(1)).changed(|draft| {
        draft.produced_at = at;
        draft.this_update = at;
        draft.next_update = None;
    })
}

fn trusted(earliest: &str, latest: &str) -> TimePolicy {
    TimePolicy::Trusted(TimeInterval::new(at(earliest), at(latest)).unwrap())
}

fn floor(text: &str) -> TimePolicy {
    TimePolicy::Floor(at(text))
}

/// The server's certificate is valid in 2026.
#[test]
fn the_answers_time_judges_the_dates() {
    for (produced, expected) in [
        ("20251231235958Z", Some("certificate-not-yet-valid")),
        // To the end of this second, so perhaps already in date.
        ("20260101000000Z", None),
        ("20261231235959Z", None),
        ("20270101000000Z", Some("certificate-expired")),
    ] {
        let decision = decided(
            ValidationPolicy::OcspNonceTime,
            &made(produced),
            floor("2025-06-01T00:00:00Z"),
        );
        assert!(decision.time.is_some());
        assert_eq!(code(decision.verdict), expected, "{produced}");
    }
    // A long round trip over the end: not surely in date.
    let decision = decided_after(
        ValidationPolicy::OcspNonceTime,
        &made("20261231235959Z"),
        floor("2025-06-01T00:00:00Z"),
        Duration::from_secs(2),
        &nonce(1),
    );
    assert_eq!(code(decision.verdict), Some("certificate-date-uncertain"));
}

#[test]
fn the_clock_judges_the_dates() {
    for (earliest, latest, expected) in [
        (
            "2025-12-31T23:59:58Z",
            "2025-12-31T23:59:59Z",
            Some("certificate-not-yet-valid"),
        ),
        (
            "2025-12-31T23:59:59Z",
            "2026-01-01T00:00:00Z",
            Some("certificate-date-uncertain"),
        ),
        ("2026-01-01T00:00:00Z", "2026-12-31T23:59:59Z", None),
        (
            "2026-12-31T23:59:59Z",
            "2027-01-01T00:00:00Z",
            Some("certificate-date-uncertain"),
        ),
        (
            "2027-01-01T00:00:00Z",
            "2027-01-01T00:00:00Z",
            Some("certificate-expired"),
        ),
    ] {
        let now = trusted(earliest, latest);
        let clock = decided(ValidationPolicy::Clock, &made("20260101000000Z"), now);
        assert_eq!(code(clock.verdict), expected, "{earliest}");
        assert_eq!(clock.time, None, "nothing was asked");
    }
    let produced = made("20261231235959Z");
    let now = trusted("2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z");
    let both = decided(ValidationPolicy::ClockOcsp, &produced, now);
    assert_eq!(code(both.verdict), Some("certificate-date-uncertain"));
    assert!(both.time.is_some());
}

#[test]
fn plain_ocsp_knows_a_floor_and_learns_nothing() {
    let produced = made("20260601000000Z");
    let decision = decided(
        ValidationPolicy::Ocsp,
        &produced,
        floor("2025-06-01T00:00:00Z"),
    );
    assert_eq!((decision.verdict, decision.time), (Ok(Outcome::Good), None));
    let late = made("20270601000000Z");
    let decision = decided(ValidationPolicy::Ocsp, &late, floor("2027-01-01T00:00:00Z"));
    assert_eq!(code(decision.verdict), Some("certificate-expired"));
    // A clock that is not sure would be none of its business.
    let unsure = trusted("2025-12-31T23:59:58Z", "2026-01-01T00:00:00Z");
    let decision = decided(ValidationPolicy::Ocsp, &made("20260101000000Z"), unsure);
    assert_eq!(decision.verdict, Ok(Outcome::Good));
}

#[test]
fn the_answers_time_agrees_with_what_is_known() {
    let policy = ValidationPolicy::OcspNonceTime;
    let year_ago = made("20260601000000Z");
    let decision = decided(policy, &year_ago, floor("2027-06-01T00:00:00Z"));
    assert_eq!(code(decision.verdict), Some("ocsp-answer-stale"));
    // Five minutes are the tolerance.
    let decision = decided(policy, &year_ago, floor("2026-06-01T00:05:00Z"));
    assert_eq!(decision.verdict, Ok(Outcome::Good));
    let now = trusted("2026-06-01T01:00:00Z", "2026-06-01T02:00:00Z");
    let decision = decided(policy, &year_ago, now);
    assert_eq!(code(decision.verdict), Some("ocsp-answer-stale"));
    let decision = decided(policy, &made("20260601020501Z"), now);
    assert_eq!(code(decision.verdict), Some("ocsp-answer-from-future"));
    // What both say is narrower than either: the clock knew that 2026 is over.
    let now = trusted("2027-01-01T00:00:00Z", "2027-01-01T00:01:00Z");
    let decision = decided(policy, &made("20261231235959Z"), now);
    assert_eq!(code(decision.verdict), Some("certificate-expired"));
}

#[test]
fn time_is_learnt_from_a_refusal_too() {
    let known = floor("2025-06-01T00:00:00Z");
    for status in [revoked("20260501120000Z"), unknown()] {
        let draft = made("20260601000000Z").changed(|draft| draft.status = status);
        let decision = decided(ValidationPolicy::OcspNonceTime, &draft, known);
        assert!(decision.verdict.is_err());
        let time = decision.time.unwrap();
        assert_eq!(time.earliest(), at("2026-06-01T00:00:00Z"));
    }
    let wrong = AnswerDraft::new().with_nonce(&nonce(2));
    let decision = decided(ValidationPolicy::OcspNonceTime, &wrong, known);
    assert_eq!(decision.time, None);
}
