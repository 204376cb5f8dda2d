//! The C libraries that we are measured against, called as their headers say.
//! This is the one module with `unsafe`; each use says why it is sound.

pub(crate) mod expat;
pub(crate) mod libwbxml;
