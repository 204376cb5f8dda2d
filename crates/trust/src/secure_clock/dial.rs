//! One reading that the tick carries on, and how readings are put together.

use std::time::Duration;

use clock::{Tick, Timestamp};

use super::ClockFault;
use crate::{TimeInterval, TimePolicy};

/// What was known at a tick.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dial {
    at: Tick,
    known: TimePolicy,
}

impl Dial {
    pub(super) const fn floor(floor: Timestamp, at: Tick) -> Self {
        Self {
            at,
            known: TimePolicy::Floor(floor),
        }
    }

    pub(super) const fn set(now: TimeInterval, at: Tick) -> Self {
        Self {
            at,
            known: TimePolicy::Trusted(now),
        }
    }

    pub(super) const fn new(known: TimePolicy, at: Tick) -> Self {
        Self { at, known }
    }

    /// What is known at a later tick. A tick that went back has lost count, so
    /// only the floor is left.
    pub(super) fn read(self, now: Tick, drift_ppm: u32) -> TimePolicy {
        if now < self.at {
            return TimePolicy::Floor(self.known.floor());
        }
        let elapsed = now.since(self.at);
        let slack = slack(elapsed, drift_ppm);
        let least = elapsed.saturating_sub(slack);
        let most = elapsed.saturating_add(slack);
        let earliest = self.known.floor().plus(least);
        match self.known {
            TimePolicy::Trusted(was) => TimeInterval::new(earliest, was.latest().plus(most))
                .map_or(TimePolicy::Floor(earliest), TimePolicy::Trusted),
            TimePolicy::Floor(_) => TimePolicy::Floor(earliest),
        }
    }
}

/// How far the tick may be wrong after this time, rounded up to milliseconds,
/// with one more for a [`Timestamp`]'s own rounding.
fn slack(elapsed: Duration, drift_ppm: u32) -> Duration {
    let micros = elapsed
        .as_micros()
        .saturating_mul(u128::from(drift_ppm))
        .div_ceil(1_000_000);
    let millis = u64::try_from(micros.div_ceil(1000)).unwrap_or(u64::MAX);
    if elapsed.is_zero() {
        Duration::ZERO
    } else {
        Duration::from_millis(millis.saturating_add(1))
    }
}

/// What two readings say together; `None` if they contradict each other.
pub(super) fn combined(one: TimePolicy, other: TimePolicy) -> Option<TimePolicy> {
    let floor = one.floor().max(other.floor());
    let latest = match (one, other) {
        (TimePolicy::Floor(_), TimePolicy::Floor(_)) => return Some(TimePolicy::Floor(floor)),
        (TimePolicy::Trusted(now), TimePolicy::Floor(_))
        | (TimePolicy::Floor(_), TimePolicy::Trusted(now)) => now.latest(),
        (TimePolicy::Trusted(one), TimePolicy::Trusted(other)) => one.latest().min(other.latest()),
    };
    TimeInterval::new(floor, latest)
        .ok()
        .map(TimePolicy::Trusted)
}

/// What is known after hearing a source: what it says, within what was known
/// before. A source that misses that by no more than the tolerance is widened
/// by it.
pub(crate) fn reconciled(
    known: TimePolicy,
    observed: TimeInterval,
    tolerance: Duration,
) -> Result<TimeInterval, ClockFault> {
    if observed.latest().plus(tolerance) < known.floor() {
        return Err(ClockFault::SetBack);
    }
    let (TimePolicy::Trusted(now), floor) = (known, known.floor()) else {
        let floor = known.floor();
        let (earliest, latest) = (observed.earliest().max(floor), observed.latest().max(floor));
        return interval(earliest, latest);
    };
    let overlap = |by: Duration| {
        interval(
            observed.earliest().minus(by).max(floor),
            observed.latest().plus(by).min(now.latest()),
        )
    };
    overlap(Duration::ZERO).or_else(|_| overlap(tolerance))
}

fn interval(earliest: Timestamp, latest: Timestamp) -> Result<TimeInterval, ClockFault> {
    TimeInterval::new(earliest, latest).map_err(|_| ClockFault::SourcesDisagree)
}
