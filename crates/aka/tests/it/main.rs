//! MILENAGE against TS 35.207 and TS 35.208, TUAK against TS 35.233, the keys of
//! EPS and 5G against a model, AKA between an AuC and a USIM.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    reason = "tests"
)]

mod agreement;
mod both;
mod constants;
mod differential;
mod model;
mod secrets;
mod support;
mod tuak;
mod vectors;
