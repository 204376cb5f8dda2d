//! thisUpdate, producedAt and nextUpdate against what is known of the time (RFC
//! 6960 clause 3.2; the tolerance is OpenSSL's `-validity_period`).

use std::time::Duration;

use trust::ocsp::{Answer, ExpectedNonce};
use trust::{TimeInterval, TimePolicy};

use crate::support::at;
use crate::support::ocsp::{AnswerDraft, World, code, nonce};

/// The verdict about an answer of 2026-06-01, from 00:00 to 01:00.
fn verdict(bound: bool, time: TimePolicy, tolerance: u64, round_trip: u64) -> Option<&'static str> {
    verdict_of(&AnswerDraft::new(), bound, time, tolerance, round_trip)
}

fn verdict_of(
    draft: &AnswerDraft,
    bound: bool,
    time: TimePolicy,
    tolerance: u64,
    round_trip: u64,
) -> Option<&'static str> {
    let world = World::new();
    let ours = nonce(1);
    let (draft, nonce) = if bound {
        (
            draft.clone().with_nonce(&ours),
            ExpectedNonce::Required(&ours),
        )
    } else {
        (draft.clone(), ExpectedNonce::NotAsked)
    };
    let mut check = world.check(nonce);
    check.time = time;
    check.tolerance = Duration::from_secs(tolerance);
    check.round_trip = Duration::from_secs(round_trip);
    code(Answer::verify(&draft.signed(), &check))
}

fn between(earliest: &str, latest: &str) -> TimePolicy {
    let day = |time: &str| at(&format!("2026-{time}Z"));
    TimePolicy::Trusted(TimeInterval::new(day(earliest), day(latest)).unwrap())
}

#[test]
fn an_answer_that_may_be_an_old_one_is_surely_current() {
    let stale = Some("ocsp-answer-stale");
    let uncertain = Some("ocsp-answer-date-uncertain");
    let future = Some("ocsp-answer-from-future");
    for (earliest, latest, tolerance, expected) in [
        ("06-01T00:00:00", "06-01T01:00:00", 0, None),
        ("05-31T23:00:00", "06-01T00:00:00", 0, None),
        ("05-31T23:00:00", "05-31T23:59:59", 0, future),
        ("05-31T23:00:00", "05-31T23:59:59", 1, None),
        ("06-01T01:00:01", "06-01T02:00:00", 0, stale),
        ("06-01T01:00:01", "06-01T01:00:01", 1, None),
        ("06-01T01:00:01", "06-01T01:00:02", 1, uncertain),
        ("06-01T00:30:00", "06-01T01:00:01", 0, uncertain),
    ] {
        let time = between(earliest, latest);
        let was = verdict(false, time, tolerance, 0);
        assert_eq!(was, expected, "{earliest} {latest} {tolerance}");
    }
}

#[test]
fn an_answer_to_our_nonce_is_new_and_only_the_clocks_may_disagree() {
    let stale = Some("ocsp-answer-stale");
    let future = Some("ocsp-answer-from-future");
    for (earliest, latest, tolerance, round_trip, expected) in [
        ("06-01T00:00:00", "06-01T00:00:00", 0, 0, None),
        ("05-01T00:00:00", "07-01T00:00:00", 0, 0, None),
        ("05-31T23:59:00", "05-31T23:59:59", 0, 0, future),
        ("05-31T23:59:00", "05-31T23:59:59", 1, 0, None),
        // It was made before the round trip began.
        ("06-01T00:00:03", "06-01T00:00:03", 0, 0, stale),
        ("06-01T00:00:03", "06-01T00:00:03", 0, 3, None),
        ("06-01T00:00:03", "06-01T00:00:03", 3, 0, None),
        ("06-01T01:00:01", "06-01T02:00:00", 0, 7200, stale),
    ] {
        let time = between(earliest, latest);
        let was = verdict(true, time, tolerance, round_trip);
        assert_eq!(
            was, expected,
            "{earliest} {latest} {tolerance} {round_trip}"
        );
    }
}

#[test]
fn what_is_not_yet_made_is_refused() {
    // Its status has been known for an hour, but it was signed three seconds on.
    let ahead = AnswerDraft::new().changed(|draft| {
        draft.this_update = "20260531230000Z";
        draft.produced_at = "20260601000003Z";
    });
    let now = between("06-01T00:00:00", "06-01T00:00:00");
    for bound in [false, true] {
        let was = verdict_of(&ahead, bound, now, 0, 0);
        assert_eq!(was, Some("ocsp-answer-from-future"));
        assert_eq!(verdict_of(&ahead, bound, now, 3, 0), None);
    }
}

#[test]
fn below_a_floor_only_what_is_over_is_refused() {
    for bound in [false, true] {
        for (floor, expected) in [
            ("2020-01-01T00:00:00Z", None),
            ("2026-06-01T00:00:00Z", None),
            ("2026-06-01T01:00:01Z", Some("ocsp-answer-stale")),
        ] {
            let was = verdict(bound, TimePolicy::Floor(at(floor)), 0, 0);
            assert_eq!(was, expected, "{floor} {bound}");
        }
    }
    // An answer that repeats our nonce can't be older than the floor.
    let floor = TimePolicy::Floor(at("2026-06-01T00:30:00Z"));
    assert_eq!(verdict(true, floor, 0, 0), Some("ocsp-answer-stale"));
    assert_eq!(verdict(false, floor, 0, 0), None);
}

#[test]
fn without_an_end_only_the_nonce_makes_it_current() {
    let endless = AnswerDraft::new().changed(|draft| draft.next_update = None);
    let now = between("06-01T00:00:00", "06-01T00:00:00");
    assert_eq!(verdict_of(&endless, true, now, 0, 0), None);
    let was = verdict_of(&endless, false, now, 0, 0);
    assert_eq!(was, Some("ocsp-answer-endless"));
    let floor = TimePolicy::Floor(at("2020-01-01T00:00:00Z"));
    let was = verdict_of(&endless, false, floor, 0, 0);
    assert_eq!(was, Some("ocsp-answer-endless"));
}

#[test]
fn its_own_dates_are_in_order() {
    let floor = TimePolicy::Floor(at("2020-01-01T00:00:00Z"));
    let early = AnswerDraft::new().changed(|draft| draft.produced_at = "20260531235959Z");
    let was = verdict_of(&early, false, floor, 0, 0);
    assert_eq!(was, Some("ocsp-answer-malformed"));
    let inverted = AnswerDraft::new().changed(|draft| draft.next_update = Some("20260531235959Z"));
    let was = verdict_of(&inverted, false, floor, 0, 0);
    assert_eq!(was, Some("ocsp-answer-malformed"));
}
