//! Authentication at the application layer (OMA DM Protocol 1.2 clause 9, OMA
//! DM Security 1.2 clauses 5.1 to 5.3), the same in both directions.
//!
//! One side proves who it is with the [`Prover`], the other checks with the
//! [`Verifier`]. A session has both on both sides: client to server and server
//! to client are two independent runs with credentials and nonces of their
//! own.
//!
//! What each rule guards against:
//!
//! - A nonce that came from a peer who has not proved itself is used in this
//!   session and never stored: else anybody could put both sides out of step
//!   (DM Security clause 5.3.4).
//! - A nonce that this side gave out in a challenge is stored only once it has
//!   been used rightly, for the same reason.
//! - A challenge of another scheme ends the session. An attacker who could
//!   turn MD5 into Basic would be told the secret.
//! - Basic is off unless an account is made with it on purpose, since
//!   it shows the secret to whoever ends the TLS connection. An account of the
//!   MD5 scheme refuses Basic credentials, and never answers a challenge for
//!   them.
//! - The HMAC scheme is refused as unsupported.

mod credentials;
mod nonce;
mod prover;
mod verifier;

pub use credentials::{Credentials, Scheme};
pub use nonce::{Nonce, Nonces};
pub use prover::{Answer, ProofRefused, Prover};
pub use verifier::{Requirement, Scope, Verdict, Verifier};
