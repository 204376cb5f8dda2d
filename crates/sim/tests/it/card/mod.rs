//! The simulated card: what it answers, what it keeps, what it refuses.

mod anything;
mod applications;
mod counters;
mod files;
mod language;
mod messages;
mod mobile;
mod outbox;
mod receipts;
mod refusals;
mod scripts;
mod store;
pub(crate) mod support;
