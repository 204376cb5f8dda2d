//! A device's validation policies (the papers on certificate validation for
//! machine devices, clause 7.7.1).

mod policies;
mod story;
mod times;
