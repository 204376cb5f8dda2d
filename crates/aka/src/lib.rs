//! Authentication and key agreement: MILENAGE (TS 35.206) and TUAK (TS 35.231),
//! vectors for UMTS and GSM (TS 33.102), EPS (TS 33.401), 5G (TS 33.501) and
//! EAP-AKA' (RFC 9048), sequence numbers, resynchronisation, and the decisions of
//! an AuC and of a USIM. Pure: the caller passes in randomness and stores what
//! changes before it answers.

mod algorithm;
pub mod auc;
mod auts;
pub mod eap;
pub mod eps;
mod error;
pub mod five_g;
mod gsm;
mod identity;
mod kdf;
mod milenage;
mod network;
mod sqn;
mod tuak;
pub mod usim;
mod value;
mod vector;

pub use algorithm::{Algorithm, AlgorithmSet, Challenge, Keys, Outputs};
pub use auts::Auts;
pub use error::AkaError;
pub use gsm::{GsmTriplet, SresConversion};
pub use identity::{Imsi, PlmnId};
pub use milenage::{Constants, Milenage, Operator};
pub use network::NetworkName;
pub use sqn::{Ind, Seq, Sqn};
pub use tuak::{Tuak, TuakKey, TuakLengths, TuakOperator};
pub use value::{Res, Value};
pub use vector::{Amf, AuthenticationVector, Autn, Rand};
