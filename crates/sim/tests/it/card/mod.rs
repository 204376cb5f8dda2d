//! The simulated card: what it answers, what it keeps, what it refuses.

mod files;
mod support;
