//! Secured packets against known answers of other programs and against changes
//! (ETSI TS 102 225, 3GPP TS 31.115; `vectors/secured-packets.json`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::allow_attributes,
    reason = "a test"
)]

mod cap;
mod faults;
mod files;
mod messages;
mod model;
mod properties;
mod push;
mod reports;
mod script;
mod scripts;
mod support;
mod toolkit;
mod tshark;
mod ussd;
mod vectors;
