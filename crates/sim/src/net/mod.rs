//! Two or more engines over a bad network, in virtual time and from one seed.
//!
//! An engine is wrapped into an [`Endpoint`]. [`Pair`] runs two of them,
//! [`Net`] any number. [`for_each_seed`] runs a test over many seeds and, when
//! one of them fails, prints the command that replays it.

mod conditions;
mod endpoint;
mod pair;
mod random;
mod seeds;
mod world;

pub use conditions::{Conditions, PerMille};
pub use endpoint::{Address, Datagram, Endpoint};
pub use pair::{Pair, Side};
pub use random::SimRandom;
pub use seeds::{SEED_VARIABLE, for_each_seed, replay_line};
pub use world::{Moment, Net, Outcome, Traffic};
