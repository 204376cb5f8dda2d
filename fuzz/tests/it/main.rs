//! Every target over its corpus and over changed inputs, and the claims on
//! memory and depth where they are hardest.
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

mod depth;
mod driver;
mod memory;
mod targets;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The allocator counts for all threads, so that one test runs at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}
