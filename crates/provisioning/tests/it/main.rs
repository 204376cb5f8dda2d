//! The operator change from step 1 to step 12 in memory: any operator to any
//! operator, every refusal, every step repeated and every answer lost.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::allow_attributes,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

mod agents;
mod moves;
mod payloads;
mod pcids;
mod refusals;
mod retention;
mod sessions;
mod world;
