//! The device as a process: with a scripted network on one side and DPF and DRF
//! over TLS on the other.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::allow_attributes,
    unreachable_pub,
    reason = "tests"
)]

mod changes;
mod managed;
mod pcids;
mod servers;
mod status;
mod world;
