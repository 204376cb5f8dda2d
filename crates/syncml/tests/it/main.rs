//! Tests of the SyncML crate against the samples of a real client, the OMA DM
//! 1.2 RepPro's examples, and documents that break one rule each.
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

mod document;
mod fixpoint;
mod generate;
mod libwbxml;
mod limits;
mod mask;
mod refused;
mod samples;
mod scanned;
mod tolerated;
mod values;
mod vocabulary;
mod wbxml;
mod written;
