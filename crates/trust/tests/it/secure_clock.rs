//! The secure clock: it never goes back, grows less sure, and no responder of
//! one operator moves it for the others (the papers on certificate validation
//! for machine devices, clause 7.7.1; docs/certificate-status.md).

use std::collections::BTreeMap;
use std::time::Duration;

use clock::{Tick, Timestamp};
use trust::secure_clock::{ClockConfig, ClockState, Reach, SecureClock, TimeSource};
use trust::{TimeInterval, TimePolicy, TrustError};

use crate::support::at;
use crate::support::ocsp::code;

const BUILT: &str = "2026-01-01T00:00:00Z";
const DAY: u64 = 86_400;

fn config() -> ClockConfig {
    ClockConfig::new(at(BUILT))
}

fn clock() -> SecureClock {
    SecureClock::anew(config(), 0, Tick::ZERO)
}

fn tick(seconds: u64) -> Tick {
    Tick::from_origin(Duration::from_secs(seconds))
}

fn operator(name: &str) -> TimeSource {
    TimeSource::Operator(name.to_owned())
}

fn exactly(text: &str) -> TimeInterval {
    TimeInterval::exactly(at(text))
}

fn between(earliest: &str, latest: &str) -> TimeInterval {
    TimeInterval::new(at(earliest), at(latest)).unwrap()
}

fn floor(text: &str) -> TimePolicy {
    TimePolicy::Floor(at(text))
}

fn after(text: &str, by: Duration) -> Timestamp {
    at(text).plus(by)
}

#[test]
fn a_new_clock_shows_the_build_time_as_a_floor() {
    assert_eq!(clock().read(None, Tick::ZERO), floor(BUILT));
    assert_eq!(clock().read(Some("001-01"), Tick::ZERO), floor(BUILT));
    // The tick carries the floor on, less what it may be wrong by: 100 ppm of a
    // day are 8.64 s, and a millisecond for rounding.
    let later = clock().read(None, tick(DAY));
    let expected = after(BUILT, Duration::from_millis(DAY * 1000 - 8640 - 1));
    assert_eq!(later, TimePolicy::Floor(expected));
}

#[test]
fn uncertainty_grows_with_the_drift() {
    let mut clock = clock();
    let heard = between("2026-06-01T00:00:00Z", "2026-06-01T00:00:02Z");
    clock.hear(&TimeSource::Hardware, heard, tick(10)).unwrap();
    assert_eq!(clock.read(None, tick(10)), TimePolicy::Trusted(heard));
    let ten_days = Duration::from_secs(10 * DAY);
    let slack = Duration::from_millis(86_400 + 1);
    let expected = TimeInterval::new(
        after("2026-06-01T00:00:00Z", ten_days - slack),
        after("2026-06-01T00:00:02Z", ten_days + slack),
    )
    .unwrap();
    let read = clock.read(None, tick(10).plus(ten_days));
    assert_eq!(read, TimePolicy::Trusted(expected));
    // The next source narrows it.
    let again = between("2026-06-11T00:00:00Z", "2026-06-11T00:00:01Z");
    let now = tick(10).plus(ten_days);
    clock.hear(&TimeSource::Hardware, again, now).unwrap();
    assert_eq!(clock.read(None, now), TimePolicy::Trusted(again));
}

#[test]
fn sources_are_put_together_by_what_they_have_in_common() {
    let mut clock = clock();
    let first = between("2026-06-01T00:00:00Z", "2026-06-01T00:10:00Z");
    let second = between("2026-06-01T00:05:00Z", "2026-06-01T00:20:00Z");
    clock.hear(&TimeSource::Hardware, first, tick(1)).unwrap();
    clock.hear(&TimeSource::Hardware, second, tick(1)).unwrap();
    let both = between("2026-06-01T00:05:00Z", "2026-06-01T00:10:00Z");
    assert_eq!(clock.read(None, tick(1)), TimePolicy::Trusted(both));
    // Nothing in common, but within five minutes: still within what was known.
    let near = between("2026-06-01T00:14:00Z", "2026-06-01T00:15:00Z");
    clock.hear(&TimeSource::Hardware, near, tick(1)).unwrap();
    let known = between("2026-06-01T00:09:00Z", "2026-06-01T00:10:00Z");
    assert_eq!(clock.read(None, tick(1)), TimePolicy::Trusted(known));
    for (said, verdict) in [
        ("2026-06-01T00:15:01Z", "clock-sources-disagree"),
        ("2026-06-01T00:03:59Z", "clock-set-back"),
    ] {
        let refused = clock.hear(&TimeSource::Hardware, exactly(said), tick(1));
        assert_eq!(code(refused), Some(verdict));
        assert_eq!(clock.read(None, tick(1)), TimePolicy::Trusted(known));
    }
}

#[test]
fn a_clock_set_back_by_a_year_is_refused() {
    for source in [TimeSource::Hardware, operator("001-01")] {
        let mut clock = clock();
        let now = exactly("2027-06-01T00:00:00Z");
        clock.hear(&source, now, tick(1)).unwrap();
        let before = clock.read(Some("001-01"), tick(2));
        let refused = clock.hear(&source, exactly("2026-06-01T00:00:00Z"), tick(2));
        assert_eq!(code(refused), Some("clock-set-back"));
        assert_eq!(clock.read(Some("001-01"), tick(2)), before);
    }
    // Before the build time nothing was.
    let refused = clock().hear(
        &TimeSource::Hardware,
        exactly("2025-06-01T00:00:00Z"),
        tick(1),
    );
    assert_eq!(code(refused), Some("clock-set-back"));
}

#[test]
fn a_responder_that_says_2099_harms_its_own_chain_alone() {
    let mut clock = clock();
    let liar = operator("001-01");
    let reach = clock.hear(&liar, exactly("2099-01-01T00:00:00Z"), tick(1));
    assert_eq!(reach, Ok(Reach::OwnChain));
    let own = clock.read(Some("001-01"), tick(1));
    assert_eq!(own, TimePolicy::Trusted(exactly("2099-01-01T00:00:00Z")));
    let all = TimePolicy::Floor(after(BUILT, Duration::from_millis(1000 - 2)));
    assert_eq!(clock.read(None, tick(1)), all);
    assert_eq!(clock.read(Some("002-02"), tick(1)), all);
    // Another operator's responder is heard as if nothing had been.
    let honest = operator("002-02");
    let reach = clock.hear(&honest, exactly("2026-06-01T00:00:00Z"), tick(2));
    assert_eq!(reach, Ok(Reach::OwnChain));
    let other = clock.read(Some("002-02"), tick(2));
    assert_eq!(other, TimePolicy::Trusted(exactly("2026-06-01T00:00:00Z")));
    // The liar's own chain stays there, until a clock in hardware knows better
    // or the owner says so.
    let today = exactly("2026-06-01T00:00:00Z");
    let back = clock.hear(&liar, today, tick(2));
    assert_eq!(code(back), Some("clock-set-back"));
    let mut forgetful = clock.clone();
    forgetful.forget_chain("001-01");
    assert_eq!(forgetful.hear(&liar, today, tick(2)), Ok(Reach::OwnChain));
    clock.hear(&TimeSource::Hardware, today, tick(2)).unwrap();
    // For ever: the honest operator's chain is all that is stored.
    let chains: Vec<_> = clock.state(tick(2)).chains.into_keys().collect();
    assert_eq!(chains, ["002-02"]);
    for chain in [Some("001-01"), None] {
        assert_eq!(clock.read(chain, tick(2)), TimePolicy::Trusted(today));
    }
    assert_eq!(clock.hear(&liar, today, tick(2)), Ok(Reach::OwnChain));
}

#[test]
fn a_responder_that_says_too_early_shuts_nobody_out() {
    let mut clock = clock();
    let reach = clock.hear(
        &operator("001-01"),
        exactly("2026-01-01T01:00:00Z"),
        tick(0),
    );
    assert_eq!(reach, Ok(Reach::Everywhere));
    assert_eq!(clock.read(None, tick(0)), floor("2026-01-01T01:00:00Z"));
    let today = exactly("2026-06-01T00:00:00Z");
    clock.hear(&operator("002-02"), today, tick(0)).unwrap();
    let other = clock.read(Some("002-02"), tick(0));
    assert_eq!(other, TimePolicy::Trusted(today));
}

#[test]
fn operators_move_the_global_dial_by_a_day_in_all() {
    let mut clock = clock();
    // Half a day ahead of the floor, then restarts, each half a day ahead again.
    let reach: Vec<_> = (1..=4)
        .map(|half_days| {
            let said = after(BUILT, Duration::from_secs(half_days * DAY / 2));
            let heard = clock.hear(&operator("001-01"), TimeInterval::exactly(said), Tick::ZERO);
            let state = clock.state(Tick::ZERO);
            let counter = state.generation;
            clock = SecureClock::start(config(), Some(&state), counter, Tick::ZERO).unwrap();
            heard.unwrap()
        })
        .collect();
    assert_eq!(
        reach,
        [
            Reach::Everywhere,
            Reach::Everywhere,
            Reach::OwnChain,
            Reach::OwnChain
        ]
    );
    assert_eq!(clock.read(None, Tick::ZERO), floor("2026-01-02T00:00:00Z"));
    assert_eq!(
        clock.read(Some("001-01"), Tick::ZERO),
        floor("2026-01-03T00:00:00Z")
    );
    // What the tick has counted is no lead.
    let week = tick(7 * DAY);
    let now = clock.read(None, week).floor();
    let reach = clock.hear(&operator("001-01"), TimeInterval::exactly(now), week);
    assert_eq!(
        code(reach),
        Some("clock-set-back"),
        "its own chain is a day ahead"
    );
    let reach = clock.hear(&operator("002-02"), TimeInterval::exactly(now), week);
    assert_eq!(reach, Ok(Reach::Everywhere));
    // A clock in hardware gives the day back.
    let mut clock = SecureClock::anew(config(), 0, Tick::ZERO);
    let said = exactly("2026-01-02T00:00:00Z");
    assert_eq!(
        clock.hear(&operator("001-01"), said, Tick::ZERO),
        Ok(Reach::Everywhere)
    );
    assert_eq!(clock.state(Tick::ZERO).lead, Duration::from_secs(DAY));
    clock.hear(&TimeSource::Hardware, said, Tick::ZERO).unwrap();
    assert_eq!(clock.state(Tick::ZERO).lead, Duration::ZERO);
}

#[test]
fn after_a_restart_the_clock_is_a_floor() {
    let mut running = clock();
    let now = exactly("2026-06-01T00:00:00Z");
    running.hear(&TimeSource::Hardware, now, tick(1)).unwrap();
    running.hear(&operator("001-01"), now, tick(1)).unwrap();
    let state = running.state(tick(1));
    assert_eq!(
        state,
        ClockState {
            generation: 1,
            floor: at("2026-06-01T00:00:00Z"),
            lead: Duration::ZERO,
            chains: BTreeMap::from([("001-01".to_owned(), at("2026-06-01T00:00:00Z"))]),
        }
    );
    let restarted = SecureClock::start(config(), Some(&state), 1, Tick::ZERO).unwrap();
    assert_eq!(
        restarted.read(None, Tick::ZERO),
        floor("2026-06-01T00:00:00Z")
    );
    // Newer firmware knows more than an old state.
    let newer = ClockConfig::new(at("2026-09-01T00:00:00Z"));
    let restarted = SecureClock::start(newer, Some(&state), 1, Tick::ZERO).unwrap();
    for chain in [None, Some("001-01")] {
        assert_eq!(
            restarted.read(chain, Tick::ZERO),
            floor("2026-09-01T00:00:00Z")
        );
    }
    // A tick that went back has lost count.
    let lost = running.read(None, Tick::ZERO);
    assert_eq!(lost, floor("2026-06-01T00:00:00Z"));
}

/// A process that starts anew while the ticks count on knows what was known, an
/// hour of drift later; with ticks that went back it has a floor.
#[test]
fn a_process_goes_on_from_the_dials_of_another() {
    let mut first = clock();
    let known = between("2026-06-01T00:00:00Z", "2026-06-01T00:00:10Z");
    first.hear(&operator("001-01"), known, tick(100)).unwrap();
    let (state, dials) = (first.state(tick(100)), first.dials(tick(100)));
    let resume = |counter, now| SecureClock::resume(config(), &state, &dials, counter, now);
    let second = resume(1, tick(3700)).unwrap();
    assert_eq!(
        second.read(Some("001-01"), tick(3700)),
        first.read(Some("001-01"), tick(3700))
    );
    assert!(matches!(
        second.read(Some("001-01"), tick(3700)),
        TimePolicy::Trusted(_)
    ));
    let restarted = resume(1, tick(99)).unwrap();
    assert_eq!(
        restarted.read(Some("001-01"), tick(99)),
        floor("2026-06-01T00:00:00Z")
    );
    let refused = code(resume(2, tick(3700)).map(|clock| clock.generation()));
    assert_eq!(refused, Some("clock-state-restored"));
    // Newer firmware knows more than old dials.
    let built =
        Timestamp::from_unix_seconds(first.read(None, tick(100)).floor().unix_seconds() + 99);
    let newer = SecureClock::resume(ClockConfig::new(built), &state, &dials, 1, tick(100)).unwrap();
    assert_eq!(newer.read(None, tick(100)), TimePolicy::Floor(built));
}

#[test]
fn restored_and_missing_states_are_refused() {
    let mut clock = clock();
    let mut states = Vec::new();
    for month in ["05", "06", "07"] {
        let now = exactly(&format!("2026-{month}-01T00:00:00Z"));
        let ticks = tick(states.len() as u64 * 31 * DAY);
        clock.hear(&TimeSource::Hardware, now, ticks).ok();
        let state = clock.state(ticks);
        clock.stored(state.generation);
        states.push(state);
    }
    let start = |state: Option<&ClockState>, counter: u64| -> Result<u64, TrustError> {
        SecureClock::start(config(), state, counter, Tick::ZERO).map(|clock| clock.generation())
    };
    // The counter stands at 3 after three states.
    assert_eq!(start(Some(&states[2]), 3), Ok(3));
    // The power failed between the store and the counter.
    assert_eq!(start(Some(&states[2]), 2), Ok(3));
    for (state, counter) in [
        (&states[1], 3),
        (&states[0], 3),
        (&states[2], 1),
        (&states[2], 4),
    ] {
        let refused = code(start(Some(state), counter));
        assert_eq!(refused, Some("clock-state-restored"), "{counter}");
    }
    assert_eq!(start(None, 0), Ok(0));
    assert_eq!(code(start(None, 3)), Some("clock-state-missing"));
    // The owner goes on from the build time, and old states stay refused.
    let anew = SecureClock::anew(config(), 3, Tick::ZERO);
    assert_eq!(anew.read(None, Tick::ZERO), floor(BUILT));
    let state = anew.state(Tick::ZERO);
    assert_eq!(state.generation, 4);
    assert_eq!(
        code(start(Some(&states[2]), 4)),
        Some("clock-state-restored")
    );
    assert_eq!(start(Some(&state), 4), Ok(4));
}

#[test]
fn extreme_values_are_survived() {
    let last = TimeInterval::exactly(Timestamp::from_unix_millis(u64::MAX));
    let mut wide = config();
    wide.drift_ppm = u32::MAX;
    wide.max_lead = Duration::MAX;
    wide.tolerance = Duration::MAX;
    let mut clock = SecureClock::anew(wide, u64::MAX, Tick::ZERO);
    assert_eq!(
        clock.hear(&operator("001-01"), last, Tick::ZERO),
        Ok(Reach::Everywhere)
    );
    let late = Tick::from_origin(Duration::MAX);
    let read = clock.read(Some("001-01"), late);
    assert_eq!(read.floor(), last.earliest());
    assert_eq!(clock.state(late).generation, u64::MAX);
}
