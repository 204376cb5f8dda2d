//! The operator's store: one behaviour for every backend, and what SQLite adds.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::allow_attributes,
    reason = "tests"
)]

mod behaviour;
mod files;
mod support;
