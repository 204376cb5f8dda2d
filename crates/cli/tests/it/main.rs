//! The commands as a user types them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::allow_attributes,
    reason = "tests"
)]

mod aka;
mod command;
mod demo;
mod envelope;
