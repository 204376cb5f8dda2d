//! The nodes over real sockets: an operator's, a supplier's and a visited
//! network's, with a device around the agent of the crate `provisioning`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::allow_attributes,
    unreachable_pub,
    reason = "tests"
)]

mod card;
mod external;
mod gsup_node;
mod hlr;
mod hlr_auc;
mod hlr_moves;
mod hlr_who;
mod management;
mod moves;
mod peers;
mod pools;
mod pva;
mod real_client;
mod status;
mod strangers;
mod vno;
mod world;
