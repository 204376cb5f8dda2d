//! Keys in files: who may read them, what a crash leaves, and whose they are.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::allow_attributes,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

mod backend;
mod counter;
mod handover;
mod key_files;
mod model;
mod node_keys;
mod openssl_program;
mod operator;
mod os;
mod renewal;
mod supplier;
mod support;
mod tre_packages;
mod tre_state;
