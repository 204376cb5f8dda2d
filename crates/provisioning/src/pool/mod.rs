//! Pools of PCIDs (TR 33.812 B.2.2.1 and B.2.2.2; docs/pcids.md): ranges of
//! numbers in the format of an IMSI, who has each, and when it may be used
//! again. A number is given again only after its TRE's signed `pcid-dropped`, or
//! after its validity and the pool's retention, and always with a new K.

mod batch;
mod level;
mod port;
mod record;

pub use batch::{Batch, BatchId, BatchRow};
pub use level::Level;
pub use port::{Draw, Drawn, PoolStatus, PoolStore, Stock};
pub use record::{Holder, PcidRecord, PcidState, Timeout};

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use ::tre::TreId;
use aka::Imsi;
use clock::Timestamp;
use trust::ShoId;

use crate::ProvisioningError;

/// Digits of a PCID.
const DIGITS: usize = 15;
/// The longest name.
const MAX_NAME: usize = 32;

/// A pool's or a group's name: 1 to 32 of `a-z`, `0-9` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PoolName(String);

impl PoolName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PoolName {
    type Err = ProvisioningError;

    fn from_str(text: &str) -> Result<Self, ProvisioningError> {
        let shape = (1..=MAX_NAME).contains(&text.len())
            && text
                .bytes()
                .all(|o| o.is_ascii_lowercase() || o.is_ascii_digit() || o == b'-');
        if shape {
            Ok(Self(text.to_owned()))
        } else {
            Err(ProvisioningError::Malformed("the name of a pool or group"))
        }
    }
}

impl fmt::Display for PoolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a pool is made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolPlan {
    /// Its name.
    pub name: PoolName,
    /// The first number, 15 digits.
    pub first: Imsi,
    /// The last one, itself in the pool.
    pub last: Imsi,
    /// From when its numbers may be given.
    pub from: Timestamp,
    /// When every PCID out of it expires.
    pub until: Timestamp,
    /// How long a number rests after its PCID expired, in whole seconds.
    pub retention: Duration,
}

/// A range of numbers and how far it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    plan: PoolPlan,
    /// No number of this value or above was ever given.
    next: u64,
}

/// What [`Pool::take`] gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The number's record, reserved.
    pub record: PcidRecord,
    /// Whether an earlier PCID had the number: its subscriber goes first.
    pub again: bool,
}

impl Pool {
    /// A new pool.
    ///
    /// # Errors
    /// `imsi-not-of-sho`; `pool-range-invalid` unless both ends have 15 digits
    /// and are in order; `pool-validity-invalid` if it ends before it begins.
    pub fn new(plan: PoolPlan, sho_id: &ShoId) -> Result<Self, ProvisioningError> {
        let prefix = sho_id.prefix();
        let (first, last) = (plan.first.digits(), plan.last.digits());
        if !first.starts_with(&prefix) || !last.starts_with(&prefix) {
            return Err(ProvisioningError::refused("imsi-not-of-sho"));
        }
        if first.len() != DIGITS || last.len() != DIGITS || first > last {
            return Err(ProvisioningError::refused("pool-range-invalid"));
        }
        if plan.from >= plan.until {
            return Err(ProvisioningError::refused("pool-validity-invalid"));
        }
        let next = value(&plan.first)?;
        Ok(Self { plan, next })
    }

    /// A pool as it was stored.
    ///
    /// # Errors
    /// A range that no pool has, or a number outside of it.
    pub fn stored(plan: PoolPlan, next: u64) -> Result<Self, ProvisioningError> {
        let (first, last) = (value(&plan.first)?, value(&plan.last)?);
        if first <= last && (first..=last.saturating_add(1)).contains(&next) {
            Ok(Self { plan, next })
        } else {
            Err(ProvisioningError::Malformed("a pool"))
        }
    }

    /// What it was made with.
    #[must_use]
    pub fn plan(&self) -> &PoolPlan {
        &self.plan
    }

    /// No number of this value or above was ever given.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.next
    }

    /// How many numbers it has.
    #[must_use]
    pub fn total(&self) -> u64 {
        let ends = (value(&self.plan.first), value(&self.plan.last));
        let (Ok(first), Ok(last)) = ends else {
            return 0;
        };
        last.saturating_sub(first).saturating_add(1)
    }

    /// How short it runs, with `used` numbers that may not be given now.
    #[must_use]
    pub fn level(&self, used: u64) -> Level {
        Level::of(used, self.total())
    }

    /// The next number that was never given, if there is one.
    #[must_use]
    pub fn candidate(&self) -> Option<Imsi> {
        let end = value(&self.plan.last).unwrap_or(0);
        let digits = format!("{:0DIGITS$}", self.next);
        (self.next <= end).then(|| digits.parse().ok()).flatten()
    }

    /// Passes over the candidate: somebody else chose it.
    pub fn skip(&mut self) {
        self.next = self.next.saturating_add(1);
    }

    /// Whether two pools have a number in common.
    #[must_use]
    pub fn overlaps(&self, other: &PoolPlan) -> bool {
        self.plan.first.digits() <= other.last.digits()
            && other.first.digits() <= self.plan.last.digits()
    }

    /// Whether a number is one of this pool's.
    #[must_use]
    pub fn contains(&self, imsi: &Imsi) -> bool {
        let digits = imsi.digits();
        digits.len() == DIGITS
            && self.plan.first.digits() <= digits
            && digits <= self.plan.last.digits()
    }

    /// A number to give: the candidate, else `free`, the one that has been free
    /// for longest.
    ///
    /// # Errors
    /// `pcid-not-valid` outside of the pool's validity; `pcids-exhausted`.
    pub fn take(
        &mut self,
        now: Timestamp,
        holder: Holder,
        free: Option<PcidRecord>,
    ) -> Result<Taken, ProvisioningError> {
        self.check_valid(now)?;
        if let Some(imsi) = self.candidate() {
            self.skip();
            let record = PcidRecord::new(imsi, &self.plan, holder);
            return Ok(Taken {
                record,
                again: false,
            });
        }
        let exhausted = ProvisioningError::refused("pcids-exhausted");
        let record = free.ok_or(exhausted)?.reused(&self.plan, holder)?;
        Ok(Taken {
            record,
            again: true,
        })
    }

    /// A number that a supplier chose out of this range, for a PCID that it made.
    ///
    /// # Errors
    /// `pcid-not-valid`; `imsi-not-of-pool`.
    pub fn claim(
        &self,
        now: Timestamp,
        imsi: &Imsi,
        tre_id: &TreId,
    ) -> Result<PcidRecord, ProvisioningError> {
        self.check_valid(now)?;
        if !self.contains(imsi) {
            return Err(ProvisioningError::refused("imsi-not-of-pool"));
        }
        let holder = Holder::Tre(tre_id.clone());
        Ok(PcidRecord::new(imsi.clone(), &self.plan, holder))
    }

    fn check_valid(&self, now: Timestamp) -> Result<(), ProvisioningError> {
        if self.plan.from <= now && now < self.plan.until {
            Ok(())
        } else {
            Err(ProvisioningError::refused("pcid-not-valid"))
        }
    }
}

fn value(imsi: &Imsi) -> Result<u64, ProvisioningError> {
    imsi.digits()
        .parse()
        .map_err(|_| ProvisioningError::Malformed("a PCID"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(first: &str, last: &str) -> PoolPlan {
        PoolPlan {
            name: "one".parse().unwrap(),
            first: first.parse().unwrap(),
            last: last.parse().unwrap(),
            from: Timestamp::from_unix_seconds(100),
            until: Timestamp::from_unix_seconds(200),
            retention: Duration::from_secs(50),
        }
    }

    fn refused<T>(result: Result<T, ProvisioningError>) -> Option<String> {
        result.err().map(|error| error.reason().code().to_owned())
    }

    #[test]
    fn a_pool_is_of_its_operator_in_order_and_ends_after_it_begins() {
        let sho = "001-01".parse().unwrap();
        let cases = [
            ("001010000000000", "001010000000009", None),
            (
                "001010000000000",
                "001020000000009",
                Some("imsi-not-of-sho"),
            ),
            (
                "001020000000000",
                "001020000000009",
                Some("imsi-not-of-sho"),
            ),
            (
                "001010000000009",
                "001010000000000",
                Some("pool-range-invalid"),
            ),
            (
                "00101000000000",
                "00101000000009",
                Some("pool-range-invalid"),
            ),
        ];
        for (first, last, code) in cases {
            let made = Pool::new(plan(first, last), &sho);
            assert_eq!(refused(made).as_deref(), code, "{first} {last}");
        }
        let mut empty = plan("001010000000000", "001010000000009");
        empty.until = empty.from;
        let code = refused(Pool::new(empty, &sho));
        assert_eq!(code.as_deref(), Some("pool-validity-invalid"));
    }

    #[test]
    fn numbers_are_given_within_the_validity_alone_and_each_once() {
        let sho = "001-01".parse().unwrap();
        let mut pool = Pool::new(plan("001010000000000", "001010000000001"), &sho).unwrap();
        let holder = || Holder::Supplier("acme".parse().unwrap());
        let mut take = |at| pool.take(Timestamp::from_unix_seconds(at), holder(), None);
        assert_eq!(refused(take(99)).as_deref(), Some("pcid-not-valid"));
        assert_eq!(refused(take(200)).as_deref(), Some("pcid-not-valid"));
        assert_eq!(take(100).unwrap().record.imsi.digits(), "001010000000000");
        assert_eq!(take(199).unwrap().record.imsi.digits(), "001010000000001");
        assert_eq!(refused(take(199)).as_deref(), Some("pcids-exhausted"));
        let tre_id = "urn:x-rehome:tre:acme:00000000000000000000000000000001"
            .parse()
            .unwrap();
        let now = Timestamp::from_unix_seconds(150);
        let inside = "001010000000001".parse().unwrap();
        assert!(pool.claim(now, &inside, &tre_id).is_ok());
        for outside in ["001010000000002", "00101000000000"] {
            let claimed = pool.claim(now, &outside.parse().unwrap(), &tre_id);
            assert_eq!(refused(claimed).as_deref(), Some("imsi-not-of-pool"));
        }
    }
}
