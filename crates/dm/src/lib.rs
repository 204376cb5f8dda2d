//! OMA Device Management 1.2 without its transports: what a device and a
//! management server decide, with octets, time and randomness passed in
//! (OMA-TS-DM_Protocol-V1_2, OMA-TS-DM_TND-V1_2, OMA-TS-DM_Security-V1_2,
//! OMA-TS-DM_RepPro-V1_2, OMA-TS-DM_Bootstrap-V1_2, OMA-TS-DM_TNDS-V1_2,
//! OMA-TS-DM_Notification-V1_2).
//!
//! - [`tree`]: the management tree, its access control and the management
//!   objects that a device plugs in;
//! - [`auth`]: who is who, in both directions;
//! - [`client`] and [`server`]: the two ends of a session;
//! - [`interaction`]: what a server asks a device's user;
//! - [`objects`]: standard management objects: accounts, device information,
//!   firmware, software;
//! - [`bootstrap`]: Client Provisioning documents;
//! - [`notification`]: how a server asks a device to begin a session;
//! - [`tnds`]: serialised trees;
//! - [`ddf`]: device descriptions;
//! - [`interaction`]: what a server asks the user;
//! - [`queue`]: commands that wait for their device, on the server's side.

pub mod auth;
pub mod bootstrap;
pub mod client;
pub mod ddf;
mod dmddf;
mod error;
pub mod interaction;
pub mod notification;
pub mod objects;
pub mod queue;
pub mod server;
pub mod session;
pub mod tnds;
pub mod tree;

pub use error::{Blame, Error};
