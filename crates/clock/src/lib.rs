//! The two kinds of time and the random source, as engines see them: passed in
//! by the caller, never read from the system. A [`Tick`] is monotonic and
//! belongs to session timers; a [`Timestamp`] is UTC and belongs to durable
//! deadlines. They have no conversion into each other on purpose.

mod random;
mod tick;
mod timestamp;

pub use random::Random;
pub use tick::Tick;
pub use timestamp::{Timestamp, TimestampError};
