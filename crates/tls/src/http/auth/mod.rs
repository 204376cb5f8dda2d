//! HTTP authentication on both sides: Basic (RFC 7617) and Digest (RFC 7616,
//! with MD5 for clients of RFC 2617). OMA DM session security clause 9.2.1 wants
//! both of a server, and Basic of a client.
//!
//! A server has an [`Authenticator`]; a client an [`HttpLogin`]. Digest takes
//! `auth` and `auth-int`; `-sess` algorithms, user name hashes and the form of
//! RFC 2069 without `qop` are refused.

mod authenticator;
mod client;
mod digest;
mod grammar;
mod nonces;

pub use authenticator::{Accepted, Authenticator, Claim, Denied, Offer};
pub use client::{Challenge, HttpLogin, LoginRefused, LoginScheme};
pub use digest::DigestAlgorithm;
