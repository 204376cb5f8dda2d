//! The M2ME as a process (TR 33.812 B.2.2.2; docs/operator-change.md sections 5
//! to 7): the agent of the crate `provisioning` with a TRE in files, one store
//! for the TRE's sealed state and the host's memory, a [`Bearer`] to the network
//! and HTTPS to DPF and DRF.
//!
//! [`management`] is a general OMA DM client beside it, for devices that are
//! managed without being moved.
//!
//! Nothing leaves the device before the state that it rests on is stored. A
//! device that is killed at any moment goes on from what was stored.

mod bearer;
mod clock;
mod config;
mod error;
mod kept;
pub mod management;
mod network;
mod run;
mod session;
mod status;
mod validation;
mod verifier;

pub use bearer::{Bearer, Downlink, Uplink};
pub use clock::ClockSet;
pub use config::{Clock, DeviceConfig};
pub use error::Error;
pub use run::Device;
pub use status::Status;
pub use validation::{
    AskFault, BUILD_TIME, ClockView, HardwareClock, Judged, KeptClock, Reply, Responder,
    StatusWatch, SystemClock, Validation, ask, management_tls,
};
