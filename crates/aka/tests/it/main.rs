//! MILENAGE against TS 35.207 and TS 35.208, AKA between an AuC and a USIM.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    reason = "tests"
)]

mod agreement;
mod support;
mod vectors;
