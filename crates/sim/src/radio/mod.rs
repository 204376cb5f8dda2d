//! A simulated radio between devices and a visited network: length-framed,
//! versioned TCP in place of TS 24.008's and TS 24.301's messages. It carries
//! what authentication and key agreement need (TS 33.102 clause 6.3.3), pushes
//! to the device, and the device's word that it has stored them. The user plane
//! is not part of it: a device's IP traffic takes the machine's own network.

mod client;
mod coverage;
mod frame;
mod station;
mod wire;

pub use client::{Heard, RadioClient};
pub use coverage::Coverage;
pub use frame::{Down, MAX_PUSH, RadioError, Up, VERSION};
pub use station::{
    Admission, Challenge, CoreNetwork, NotTaken, PushChannel, Station, StationLimits,
};
