//! What nodes know of the time: the system's UTC, which an operator keeps right,
//! and a monotonic clock for sessions.

use clock::Timestamp;
use trust::{TimeInterval, TimePolicy};

/// UTC by the system's clock.
pub(crate) fn now() -> Timestamp {
    tokens::os::now()
}

/// An operator's own clock is a trusted one: it is set by the operator.
pub(crate) fn time() -> TimePolicy {
    TimePolicy::Trusted(TimeInterval::exactly(now()))
}
