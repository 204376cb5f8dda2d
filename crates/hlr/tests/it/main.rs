//! The connector beside a real OsmoHLR of its own for each test, and beside peers
//! that are none.
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

mod faults;
mod life;
mod node;
mod repeated;
mod world;
