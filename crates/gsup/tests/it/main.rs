//! GSUP and IPA against octets of other programs (vectors/gsup.json) and
//! against the clauses that they break.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::allow_attributes,
    reason = "tests"
)]

mod frames;
mod handshake;
mod heartbeat;
mod properties;
mod secrecy;
mod support;
mod types;
mod vectors;
