//! What stands around the real roles when they are tried out without hardware
//! or a network. So far the part that any crate's tests may use: [`net`], the
//! one harness for engines that talk (loss, duplication, reordering, delay and
//! a virtual clock, all from one seed; after quinn's test `Pair`).

pub mod net;
pub mod radio;
