//! Over-the-air management of a UICC: secured packets (ETSI TS 102 225, 3GPP TS
//! 31.115), both ends. A server wraps commands and reads responses, a card opens
//! commands and answers.
//!
//! No I/O, no clock, no storage: whoever calls keeps keys and counters, and stores a
//! counter before it acts on what the counter let in.

pub mod packet;
pub mod sms;

mod error;

pub use error::UiccError;
