//! How bad the simulated network is.

use std::time::Duration;

/// A share in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PerMille(pub u16);

/// What a datagram meets on its way. Reordering comes from the spread of the
/// delays: whatever is sent later may arrive earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conditions {
    /// How many datagrams vanish.
    pub loss: PerMille,
    /// How many of the others arrive twice.
    pub duplication: PerMille,
    /// The shortest time on the way.
    pub min_delay: Duration,
    /// The longest time on the way.
    pub max_delay: Duration,
}

impl Conditions {
    /// Nothing lost, nothing twice, everything in order after 10 ms.
    pub const PERFECT: Self = Self {
        loss: PerMille(0),
        duplication: PerMille(0),
        min_delay: Duration::from_millis(10),
        max_delay: Duration::from_millis(10),
    };

    /// One in five lost, one in five of the others twice, delays between 10 ms
    /// and 2 s.
    pub const BAD: Self = Self {
        loss: PerMille(200),
        duplication: PerMille(200),
        min_delay: Duration::from_millis(10),
        max_delay: Duration::from_secs(2),
    };
}
