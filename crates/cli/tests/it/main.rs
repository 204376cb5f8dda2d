//! The commands as a user types them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::allow_attributes,
    reason = "tests"
)]

mod aka;
mod audit;
mod by_hand;
mod canary;
mod certificates;
mod clock;
mod command;
mod crashes;
mod demo;
mod envelope;
mod hlr;
mod hlr_kill;
mod manage;
mod manage_crashes;
mod management;
mod notify;
mod ota;
mod ota_card;
mod ota_response;
mod ota_script;
mod pools;
mod ssl3;
mod syncml;
mod verifier;
