//! Key operations, envelopes, sealed state, CertTRE and its request: against
//! an independent model (vectors/envelope.json), against OpenSSL's program,
//! and against what each clause refuses.
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

mod cert_tre;
mod envelope;
mod faults;
mod keys;
mod openssl_program;
mod recipient;
mod request;
mod state;
mod support;
mod tre_id;
mod vectors;
