//! Tests of the certificates of the operator change (docs/operator-change.md,
//! section 1; RFC 5280). Certificates come from our issuer, from a second DER
//! writer in `support`, and from the `openssl` program.
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

mod access;
mod anchors;
mod crl;
mod damage;
mod dates;
mod form;
mod form_faults;
mod hosts;
mod issuing;
mod issuing_limits;
mod key_forms;
mod keys;
mod leaves;
mod mutation;
mod names;
mod ocsp;
mod openssl_fields;
mod openssl_program;
mod pva_leaves;
mod request_forms;
mod requests;
mod routing;
mod secure_clock;
mod status;
mod support;
mod tre;
