//! The time that certificates are judged by (docs/operator-change.md,
//! section 5: a trusted clock alone, or a monotonic floor for leaves).

use clock::Timestamp;

use crate::{DateFault, TrustError};

/// The moments that "now" may be, both ends included, as a clock with a known
/// error tells them. Certificates see no other time than this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeInterval {
    earliest: Timestamp,
    latest: Timestamp,
}

impl TimeInterval {
    /// Now lies between `earliest` and `latest`.
    ///
    /// # Errors
    /// [`TrustError::IntervalInverted`] if `latest` comes before `earliest`.
    pub fn new(earliest: Timestamp, latest: Timestamp) -> Result<Self, TrustError> {
        if latest < earliest {
            return Err(TrustError::IntervalInverted);
        }
        Ok(Self { earliest, latest })
    }

    /// Now is exactly `moment`.
    #[must_use]
    pub const fn exactly(moment: Timestamp) -> Self {
        Self {
            earliest: moment,
            latest: moment,
        }
    }

    /// The earliest moment that now may be.
    #[must_use]
    pub const fn earliest(self) -> Timestamp {
        self.earliest
    }

    /// The latest moment that now may be.
    #[must_use]
    pub const fn latest(self) -> Timestamp {
        self.latest
    }
}

/// What is known of the time when a certificate is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimePolicy {
    /// A trusted clock: leaf and anchor are in date only if the whole interval
    /// lies within their validity.
    Trusted(TimeInterval),
    /// No trusted clock, but now can't be before this moment. A leaf that ended
    /// before it is expired; no beginning is judged, and anchors not at all.
    Floor(Timestamp),
}

impl TimePolicy {
    /// The moment that now can't be before.
    #[must_use]
    pub const fn floor(self) -> Timestamp {
        match self {
            Self::Trusted(now) => now.earliest,
            Self::Floor(floor) => floor,
        }
    }
}

/// From notBefore through notAfter, both included, in whole seconds (RFC 5280
/// clause 4.1.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
}

impl Period {
    /// Judges a leaf's dates.
    pub(crate) fn judge_leaf(self, policy: TimePolicy) -> Result<(), TrustError> {
        let fault = self.leaf_fault(policy);
        fault.map_or(Ok(()), |fault| Err(TrustError::LeafDate(fault)))
    }

    /// What is wrong with a leaf's dates.
    pub(crate) fn leaf_fault(self, policy: TimePolicy) -> Option<DateFault> {
        match policy {
            TimePolicy::Trusted(now) => self.fault_at(now),
            TimePolicy::Floor(floor) => self.is_over_at(floor).then_some(DateFault::Expired),
        }
    }

    /// Judges an anchor's dates.
    pub(crate) fn judge_anchor(self, policy: TimePolicy) -> Result<(), TrustError> {
        let fault = match policy {
            TimePolicy::Trusted(now) => self.fault_at(now),
            TimePolicy::Floor(_) => None,
        };
        fault.map_or(Ok(()), |fault| Err(TrustError::AnchorDate(fault)))
    }

    fn fault_at(self, now: TimeInterval) -> Option<DateFault> {
        if now.latest < self.not_before {
            Some(DateFault::NotYetValid)
        } else if self.is_over_at(now.earliest) {
            Some(DateFault::Expired)
        } else if now.earliest < self.not_before || self.is_over_at(now.latest) {
            Some(DateFault::Uncertain)
        } else {
            None
        }
    }

    /// The second that notAfter names belongs to the validity to its end.
    pub(crate) fn is_over_at(self, moment: Timestamp) -> bool {
        self.not_after.unix_seconds() < moment.unix_seconds()
    }
}
