//! Whether signed information is current: thisUpdate and nextUpdate of OCSP
//! answers (RFC 6960 clause 3.2) and of revocation lists (RFC 5280 clause 5.1.2),
//! against what is known of the time.

use std::time::Duration;

use clock::Timestamp;

use crate::TimePolicy;

/// From thisUpdate through nextUpdate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Freshness {
    pub(crate) this_update: Timestamp,
    pub(crate) next_update: Option<Timestamp>,
}

/// Why it is not current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FreshnessFault {
    /// Surely made later than now.
    Future,
    /// Surely over.
    Stale,
    /// Perhaps over: a better clock would know.
    Uncertain,
    /// Doesn't say when it is over.
    Endless,
}

impl Freshness {
    /// Judges what may have been recorded and sent again. `tolerance` is what
    /// the signer's clock may differ from ours. Below a floor alone a beginning
    /// can't be judged, and an end only if the floor has passed it.
    pub(crate) fn judge(self, time: TimePolicy, tolerance: Duration) -> Result<(), FreshnessFault> {
        self.judge_new(time, tolerance)?;
        let end = self.next_update.ok_or(FreshnessFault::Endless)?;
        match time {
            TimePolicy::Trusted(now) if end.plus(tolerance) < now.latest() => {
                Err(FreshnessFault::Uncertain)
            }
            _ => Ok(()),
        }
    }

    /// Judges what is known to have been made just now, because it repeats our
    /// nonce: only what is surely wrong counts.
    pub(crate) fn judge_new(
        self,
        time: TimePolicy,
        tolerance: Duration,
    ) -> Result<(), FreshnessFault> {
        if let TimePolicy::Trusted(now) = time
            && now.latest().plus(tolerance) < self.this_update
        {
            return Err(FreshnessFault::Future);
        }
        match self.next_update {
            Some(end) if end.plus(tolerance) < time.floor() => Err(FreshnessFault::Stale),
            _ => Ok(()),
        }
    }
}
