//! Short messages as far as they carry secured packets and pushes (3GPP TS 23.040, TS
//! 31.115 clause 4, TS 31.111 clause 7.1, WAP-259-WDP): TPDUs, user data headers, messages of several
//! parts, the ENVELOPE to the card.

pub mod push;

mod address;
mod carried;
mod deliver;
mod envelope;
mod reader;
mod reassembly;
mod report;
mod split;
mod submit;
mod user_data;

pub use address::Address;
pub use carried::{Carried, PacketKind, packet_of, parts};
pub use deliver::{Deliver, Timestamp};
pub use envelope::SmsPpDownload;
pub use reassembly::{Limits, Reassembler, Taken};
pub use report::DeliverReport;
pub use submit::{Submit, Validity};
pub use user_data::{Concatenation, Element, Ports, Reference, UserData};

/// Octets of user data in one message (TS 23.040 clause 9.2.3.24).
pub const USER_DATA: usize = 140;
/// TP-PID of a message for the card (clause 9.2.3.9, (U)SIM data download).
pub const PID_DOWNLOAD: u8 = 0x7f;
/// TP-DCS: 8-bit data of class 2 (TS 23.038 clause 4).
pub const DCS_CARD: u8 = 0xf6;
