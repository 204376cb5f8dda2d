//! Steps 5 to 9 and 12 as OMA DM sessions (TR 33.812 B.2.3.4;
//! docs/operator-change.md section 6): what the device says and holds in its
//! tree, and what the DPF asks. Both ends are engines over those of crate `dm`;
//! what they change is stored before their next message leaves.

mod account;
mod device;
mod names;
mod object;
mod server;

pub use dm::session::{Encoding, Received, Transmit};

pub use account::DeviceAccount;
pub use device::{DeviceSession, SessionEnd};
/// The transport's header beside a message (OMA DM Security 1.2 clause 5.4.3).
pub use dm::auth::MAC_HEADER;
pub use names::{ALERT_CONFIRMATION, ALERT_INSTALL, ALERT_READY, MO_M2MCIMM, MO_M2MM};
pub use server::{DpfSession, Question};
