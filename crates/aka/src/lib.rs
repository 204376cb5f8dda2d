//! Authentication and key agreement, TS 33.102 and TS 35.206: MILENAGE,
//! authentication vectors, sequence numbers, resynchronisation, and the
//! decisions of an AuC and of a USIM. Pure: the caller passes in randomness and
//! stores what changes before it answers.

pub mod auc;
mod auts;
mod error;
mod gsm;
mod identity;
mod milenage;
mod sqn;
pub mod usim;
mod vector;

pub use auts::Auts;
pub use error::AkaError;
pub use gsm::{GsmTriplet, SresConversion};
pub use identity::{Imsi, PlmnId};
pub use milenage::{Constants, Milenage, Operator, Outputs};
pub use sqn::{Ind, Seq, Sqn};
pub use vector::{Amf, AuthenticationVector, Autn, Rand};
