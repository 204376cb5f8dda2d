//! Tests of the stores: one behaviour suite for every backend of an operator's
//! store, and what is SQLite's and the device's own.

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

mod behaviour;
#[cfg(feature = "crash-points")]
mod crash;
mod device;
mod full;
mod issued;
mod lists;
mod managed;
mod management;
mod pools;
mod provision;
mod schema;
mod scratch;
mod secrets;
mod supplier;
mod upkeep;
mod world;
