//! Commands of a card and what it says to them (ISO/IEC 7816-4, ETSI TS 102 221
//! clause 10), with lengths of one octet: cards need no others for what is here.

mod command;
mod flow;
mod status_word;

pub(crate) use command::from_le;
pub use command::{CommandApdu, ResponseApdu};
pub use flow::Flow;
pub use status_word::{Meaning, StatusWord};
