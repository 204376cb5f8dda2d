//! The Firmware Update Management Object (OMA FUMO 1.0).
//!
//! ```text
//! Exec Download, DownloadAndUpdate    Replace PkgData
//!              │                            │
//!   20 ◄──── 30 ────► 40 ─────────────────► 50 ── Exec Update ──► 60 ──► 70 80
//!                      └──── DownloadAndUpdate ───────────────────►  └─► 90 100
//! ```
//!
//! Choices where the text leaves one:
//! - a package that fails its check right after the download is a failed
//!   download (20); PkgData is checked when its update begins, and a failure
//!   there leaves no data (80);
//! - Update is taken in the states 50 and 70, so a server can try the same
//!   package again; Download and DownloadAndUpdate in every state at rest;
//! - a new PkgURL, length or digest drops the package at hand (10), as PkgURL
//!   and PkgData exclude each other (appendix, recommendation c);
//! - an Exec without a PkgURL is accepted and reported as 411. A PkgURL that
//!   can't be one is refused when it is written.
//!
//! The length and the SHA-256 digest of the package, which FUMO has no node
//! for, stand in `Ext/rehome`.

mod handle;
mod machine;
mod object;
mod result;
mod state;
mod store;

pub use handle::{Effect, Expected, Fumo, Leftover, Package};
pub use result::ResultCode;
pub use state::{Operation, State};
