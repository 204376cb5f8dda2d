//! Dates by a trusted interval and by the floor (docs/operator-change.md,
//! section 5; RFC 5280 clause 4.1.2.5: both ends belong to the validity).

use clock::Timestamp;
use std::time::Duration;
use trust::{Anchor, Purpose, ShoId, TimeInterval, TimePolicy, TrustError, verify_leaf};

use crate::support::build::{Draft, generalized, utc};
use crate::support::test_keys::p256;
use crate::support::{ANCHOR_KEY, at, exactly, parsed, sho};

const SHO: &str = "001-01";

fn judged(leaf: &Draft, anchor: &Draft, policy: TimePolicy) -> Result<(), &'static str> {
    let key = p256(ANCHOR_KEY);
    let sho_id: ShoId = sho(SHO);
    let anchor = Anchor::new(sho_id.clone(), parsed(&anchor.signed_by(&key))).unwrap();
    let leaf = parsed(&leaf.signed_by(&key));
    verify_leaf(&leaf, &anchor, Purpose::Object, &sho_id, policy)
        .map(drop)
        .map_err(|error| error.code())
}

fn between(earliest: &str, latest: &str) -> TimePolicy {
    TimePolicy::Trusted(TimeInterval::new(at(earliest), at(latest)).unwrap())
}

/// The leaf of 2026 under an anchor without end.
fn leaf_judged(policy: TimePolicy) -> Result<(), &'static str> {
    let anchor = Draft::anchor(SHO).changed(|draft| {
        draft.not_before = utc("700101000000Z");
        draft.not_after = generalized("99991231235959Z");
    });
    judged(&Draft::leaf(SHO, Purpose::Object), &anchor, policy)
}

#[test]
fn a_leaf_is_in_date_only_if_the_whole_interval_says_so() {
    for (earliest, latest, verdict) in [
        ("2026-01-01T00:00:00Z", "2026-12-31T23:59:59Z", Ok(())),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", Ok(())),
        ("2026-12-31T23:59:59Z", "2026-12-31T23:59:59Z", Ok(())),
        (
            "2025-12-31T23:59:58Z",
            "2025-12-31T23:59:59Z",
            Err("certificate-not-yet-valid"),
        ),
        (
            "1970-01-01T00:00:00Z",
            "1970-01-01T00:00:00Z",
            Err("certificate-not-yet-valid"),
        ),
        (
            "2027-01-01T00:00:00Z",
            "2027-01-01T00:00:00Z",
            Err("certificate-expired"),
        ),
        (
            "2099-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            Err("certificate-expired"),
        ),
        (
            "2025-12-31T23:59:59Z",
            "2026-06-01T00:00:00Z",
            Err("certificate-date-uncertain"),
        ),
        (
            "2026-06-01T00:00:00Z",
            "2027-01-01T00:00:00Z",
            Err("certificate-date-uncertain"),
        ),
        (
            "1970-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            Err("certificate-date-uncertain"),
        ),
    ] {
        assert_eq!(
            leaf_judged(between(earliest, latest)),
            verdict,
            "{earliest} {latest}"
        );
    }
}

#[test]
fn the_last_second_counts_to_its_end() {
    let last = at("2026-12-31T23:59:59Z");
    let within = last.plus(Duration::from_millis(999));
    let after = last.plus(Duration::from_millis(1000));
    let policy = |moment: Timestamp| TimePolicy::Trusted(TimeInterval::exactly(moment));
    assert_eq!(leaf_judged(policy(within)), Ok(()));
    assert_eq!(leaf_judged(policy(after)), Err("certificate-expired"));
    let first = at("2026-01-01T00:00:00Z");
    let before = first.minus(Duration::from_millis(1));
    assert_eq!(
        leaf_judged(policy(before)),
        Err("certificate-not-yet-valid")
    );
}

#[test]
fn without_a_trusted_clock_only_the_floor_counts() {
    for (floor, verdict) in [
        ("1970-01-01T00:00:00Z", Ok(())),
        // Not yet valid by the floor says nothing: now may be any later moment.
        ("2020-01-01T00:00:00Z", Ok(())),
        ("2026-12-31T23:59:59Z", Ok(())),
        ("2027-01-01T00:00:00Z", Err("certificate-expired")),
        ("9999-12-31T23:59:59Z", Err("certificate-expired")),
    ] {
        assert_eq!(
            leaf_judged(TimePolicy::Floor(at(floor))),
            verdict,
            "{floor}"
        );
    }
}

#[test]
fn an_anchor_is_judged_by_the_trusted_clock_alone() {
    let leaf = Draft::leaf(SHO, Purpose::Object).changed(|draft| {
        draft.not_before = utc("700101000000Z");
        draft.not_after = generalized("99991231235959Z");
    });
    let anchor = Draft::anchor(SHO);
    for (policy, verdict) in [
        (exactly("2026-06-01T00:00:00Z"), Ok(())),
        (exactly("2025-12-31T23:59:59Z"), Err("anchor-not-yet-valid")),
        (exactly("2027-01-01T00:00:00Z"), Err("anchor-expired")),
        (
            between("2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"),
            Err("anchor-date-uncertain"),
        ),
        (TimePolicy::Floor(at("2099-01-01T00:00:00Z")), Ok(())),
        (TimePolicy::Floor(at("1970-01-01T00:00:00Z")), Ok(())),
    ] {
        assert_eq!(judged(&leaf, &anchor, policy), verdict, "{policy:?}");
    }
}

#[test]
fn no_expiry_is_the_last_second_of_9999() {
    let leaf = Draft::leaf(SHO, Purpose::Object)
        .changed(|draft| draft.not_after = generalized("99991231235959Z"));
    let certificate = parsed(&leaf.signed_by(&p256(ANCHOR_KEY)));
    assert_eq!(certificate.not_after(), Timestamp::NO_EXPIRY);
    assert_eq!(certificate.not_before(), at("2026-01-01T00:00:00Z"));
    let latest = Timestamp::from_unix_millis(u64::MAX);
    let anchor = Draft::anchor(SHO);
    assert_eq!(judged(&leaf, &anchor, TimePolicy::Floor(latest)), Ok(()));
}

#[test]
fn an_interval_ends_no_earlier_than_it_begins() {
    let (early, late) = (at("2026-01-01T00:00:00Z"), at("2026-01-01T00:00:01Z"));
    let interval = TimeInterval::new(early, late).unwrap();
    assert_eq!((interval.earliest(), interval.latest()), (early, late));
    assert_eq!(
        TimeInterval::new(late, early),
        Err(TrustError::IntervalInverted)
    );
}
