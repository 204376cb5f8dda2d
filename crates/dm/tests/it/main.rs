//! Tests of the crate `dm` from outside: tree and ACLs (OMA DM TND 1.2),
//! authentication (OMA DM Security 1.2), whole sessions (OMA DM Protocol 1.2)
//! provisioning documents (OMA Provisioning Content 1.1), notifications (OMA DM
//! Notification 1.2), serialised trees (OMA DM TNDS 1.2) and device
//! descriptions (OMA DM TND 1.2 clause 9).
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

mod accounts;
mod acl;
mod asynchronous;
mod atomic;
mod auth;
mod auth_matrix;
mod bootstrap;
mod challenges;
mod commands;
mod conversation;
mod ddf;
mod ddf_objects;
mod described;
mod errors;
mod fake;
mod fumo;
mod garbage;
mod inbox;
mod interaction;
mod interaction_flow;
mod kit;
mod large;
mod large_again;
mod large_cut;
mod large_in;
mod large_out;
mod large_server;
mod lossy;
mod lossy_large;
mod mac;
mod mac_session;
mod matrix;
mod model;
mod nap;
mod notification;
mod objects;
mod order;
mod peers;
mod pins;
mod properties;
mod queue;
mod requests;
mod scomo;
mod scripted;
mod second;
mod size;
mod tnds;
mod transport_keys;
mod tree;
mod uri;
