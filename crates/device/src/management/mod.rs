//! A general OMA DM client for devices, beside the operator change
//! (OMA-TS-DM_Protocol-V1_2, OMA-TS-DM_StdObj-V1_2; OMA-TS-SyncML_HTTPBinding
//! for the transport; OMA FUMO 1.0 for firmware, OMA SCOMO 1.0 for software).
//!
//! A managed device is a directory: `management.db` with the management tree,
//! its nonces and the states of its objects, `package` with the firmware that is
//! being fetched or installed, `packages` with those of software, `lock` so that one process at a time works on it.
//! [`Setup`] makes it, [`Client`] works on it, [`Outline`] shows it.
//!
//! Nothing leaves the device before the state that it rests on is stored: what
//! a server's message changes is stored before that message is answered, each
//! step of a download or an update before the next one begins. A device that is
//! killed at any moment goes on from what was stored.
//!
//! What a server starts with Exec is done after the session, and its result is
//! reported in a session of the device's own, until the server has said 200.

mod account;
mod accounts;
mod client;
mod config;
mod download;
mod endpoint;
pub(crate) use endpoint::Endpoint;
mod exchange;
mod firmware;
mod hook;
mod inbox;
mod kept;
mod network;
mod notified;
mod outline;
mod package;
mod pinned;
mod program;
mod reporter;
mod rows;
mod session;
mod setup;
mod software;
mod validator;
mod way;

pub use client::{Client, Round};
pub use config::{Config, DownloadLimits, Initiation, MAX_OBJECT, VendorObject};
pub use hook::{
    Answering, Outcome, Phase, SoftwareHook, SoftwareOutcome, SoftwareTask, UpdateHook,
};
pub use inbox::INBOX;
pub use notified::NotificationSocket;
pub use outline::{Entry, Outline};
pub use program::ProgramHook;
pub use session::{Ended, ExecutedCommand, SessionReport};
pub use setup::{FIRMWARE, NAPS, SOFTWARE, Setup};

/// The number of the store's key: a device has one.
const KEY: u32 = 1;
/// The store in the device's directory.
const STORE: &str = "management.db";
