//! How often serving nodes may ask (docs/hlr.md): a token bucket for each node
//! and for each subscriber, on monotonic time, kept as the one moment at which it
//! is full again (the virtual scheduling algorithm of ITU-T I.371 annex A).

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use clock::Tick;

/// Buckets that are not full, at one time. Beyond them a bucket is not kept: its
/// owner is bounded by the node's bucket alone.
const BUCKETS: usize = 65_536;
/// Between two looks for buckets that are full again, in nanoseconds.
const SWEEP: u64 = 100_000_000;

/// So many a second, and so many at once. Without a limit if `per_s` is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests for each second, in the long run.
    pub per_s: u32,
    /// Requests at once, after a quiet time; at least one.
    pub burst: u32,
}

/// The buckets of all owners of one kind.
pub(super) struct Limiter<K> {
    /// From one request to the next, in nanoseconds.
    step: u64,
    /// How far ahead of now a bucket may be before a request.
    ahead: u64,
    buckets: Mutex<Buckets<K>>,
}

struct Buckets<K> {
    full_at: HashMap<K, u64>,
    swept: u64,
}

impl<K: Clone + Eq + Hash> Limiter<K> {
    pub(super) fn new(rate: Rate) -> Self {
        let step = 1_000_000_000_u64
            .checked_div(rate.per_s.into())
            .unwrap_or(0);
        Self {
            step,
            ahead: step.saturating_mul(rate.burst.saturating_sub(1).into()),
            buckets: Mutex::new(Buckets {
                full_at: HashMap::new(),
                swept: 0,
            }),
        }
    }

    /// Takes a token of `owner`, if it has one.
    pub(super) fn allows(&self, owner: &K, now: Tick) -> bool {
        if self.step == 0 {
            return true;
        }
        let now = u64::try_from(now.since(Tick::ZERO).as_nanos()).unwrap_or(u64::MAX);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(full_at) = buckets.full_at.get_mut(owner) {
            let from = now.max(*full_at);
            let allowed = from - now <= self.ahead;
            if allowed {
                *full_at = from.saturating_add(self.step);
            }
            return allowed;
        }
        if buckets.full_at.len() >= BUCKETS && now >= buckets.swept.saturating_add(SWEEP) {
            buckets.swept = now;
            buckets.full_at.retain(|_, full_at| *full_at > now);
        }
        if buckets.full_at.len() < BUCKETS {
            let full_at = now.saturating_add(self.step);
            buckets.full_at.insert(owner.clone(), full_at);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(millis: u64) -> Tick {
        Tick::ZERO.plus(Duration::from_millis(millis))
    }

    #[test]
    fn a_burst_then_the_rate() {
        let limiter = Limiter::new(Rate {
            per_s: 10,
            burst: 5,
        });
        let allowed = |from: u64, until: u64| {
            (from..until)
                .filter(|millis| limiter.allows(&"a", at(*millis)))
                .count()
        };
        // Five tokens, and one for each tenth of a second.
        assert_eq!(allowed(0, 1), 1);
        assert_eq!((0..20).filter(|_| limiter.allows(&"a", at(0))).count(), 4);
        assert_eq!(allowed(1, 1001), 10);
        // Another owner has a bucket of its own; a full one holds five.
        assert!(limiter.allows(&"b", at(1001)));
        assert_eq!(
            (0..20).filter(|_| limiter.allows(&"a", at(9000))).count(),
            5
        );
    }

    #[test]
    fn without_a_rate_everything_passes() {
        let limiter = Limiter::new(Rate { per_s: 0, burst: 0 });
        assert!((0..1000).all(|_| limiter.allows(&1, at(0))));
    }

    #[test]
    fn memory_is_bounded_and_full_buckets_go() {
        let limiter = Limiter::new(Rate { per_s: 1, burst: 1 });
        for owner in 0..2 * BUCKETS {
            assert!(limiter.allows(&owner, at(200)));
        }
        let kept = || limiter.buckets.lock().unwrap().full_at.len();
        assert_eq!(kept(), BUCKETS);
        assert!(!limiter.allows(&0, at(200)));
        assert!(limiter.allows(&(3 * BUCKETS), at(5000)));
        assert_eq!(kept(), 1);
    }
}
