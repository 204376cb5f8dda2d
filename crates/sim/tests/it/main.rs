//! Tests of the harness itself, on a toy that acknowledges numbers: if loss,
//! duplication or replay did not work here, every test built on them would
//! prove nothing.
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

mod card;
mod over_the_air;
mod radio;
mod stop_and_wait;
