//! Over-the-air management of a UICC: secured packets (ETSI TS 102 225, 3GPP TS
//! 31.115), both ends. A server wraps commands and reads responses, a card opens
//! commands and answers. What they carry are commands of a card ([`apdu`]) in scripts
//! ([`remote`]), which people write in a language of their own ([`script`]).
//!
//! No I/O, no clock, no storage: whoever calls keeps keys and counters, and stores a
//! counter before it acts on what the counter let in.

pub mod apdu;
pub mod cap;
pub mod files;
pub mod packet;
pub mod remote;
pub mod script;
pub mod sms;
pub mod toolkit;
pub mod ussd;

mod ber;
mod error;

pub use error::UiccError;
