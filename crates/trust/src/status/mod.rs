//! Whether a device accepts a server's certificate: its dates and its status, by
//! one of five validation policies (the papers on certificate validation for
//! machine devices, clause 7.7.1: OCSP, OCSP with the time from a nonce-bound
//! answer, or a secure clock with short-lived certificates; docs/
//! certificate-status.md says which to choose).

mod decide;
mod fault;
mod policy;

pub use decide::{Case, Decision, Evidence, Outcome, decide};
pub use fault::StatusFault;
pub use policy::{Pin, StatusConfig, ValidationPolicy};
