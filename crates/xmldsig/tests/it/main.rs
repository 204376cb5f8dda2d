//! Tests of the signature profile (docs/operator-change.md sections 3 and 5)
//! against data files, against xmlsec1 and xmllint, and octet by octet.
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

mod c14n;
mod detached;
mod documents;
mod flips;
mod keys;
mod programs;
mod refusals;
mod robustness;
mod support;
mod wrapping;
mod writer;
mod xmlsec;
