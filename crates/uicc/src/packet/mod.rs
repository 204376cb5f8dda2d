//! Secured packets (ETSI TS 102 225, 3GPP TS 31.115). A command is
//! `CPL CHL SPI KIc KID TAR CNTR PCNTR CC data padding`; from CNTR on it may be
//! ciphered. A response is `RPL RHL TAR CNTR PCNTR status CC data padding`; from CNTR
//! on it may be ciphered, too.
//!
//! A server makes a command with [`wrap`] and reads the response with
//! [`ReceiptTerms::read`]. A card takes a command apart with [`SealedCommand::parse`],
//! opens it with the key set that it names, lets [`CounterMode::judge`] move the
//! counter, and answers with [`Command::receipt`], or, if it could not be opened, with
//! [`SealedCommand::refusal`], which is never signed or ciphered.

mod agreed;
mod check;
mod cipher;
mod command;
mod counter;
mod framing;
mod key;
mod response;
mod spi;
mod status;

pub use command::{Command, CommandHeader, SealedCommand, wrap};
pub use counter::Cntr;
pub use framing::Framing;
pub use key::{CipherAlgorithm, KeySet, MacAlgorithm, SingleDes};
pub use response::{Proof, ReceiptTerms, Response};
pub use spi::{Carrier, CounterMode, Integrity, Receipt, Spi};
pub use status::Status;

/// A toolkit application reference: whom a command is for (TS 101 220 annex D).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tar(pub [u8; 3]);
