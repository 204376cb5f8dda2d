//! What stands around the real roles when they are tried out without hardware
//! or a network: [`net`], the one harness for engines that talk (loss, duplication,
//! reordering, delay and a virtual clock, all from one seed; after quinn's test
//! `Pair`); [`radio`], a simulated radio; [`card`], a simulated UICC.

pub mod card;
pub mod net;
pub mod radio;
