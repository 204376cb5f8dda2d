//! Authentication at the application layer (OMA DM Protocol 1.2 clause 9, OMA
//! DM Security 1.2 clauses 5.1 to 5.4), the same in both directions.
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
//! - A challenge of another scheme ends the session, and so does an answer of
//!   another scheme to a challenge. An attacker who could turn MD5 into Basic
//!   would be told the secret. The one choice there is, MD5 or HMAC, is the
//!   account's ([`Credentials::or_mac`]), and it is over once the peer has
//!   accepted either.
//! - Basic is off unless an account is made with it on purpose, since
//!   it shows the secret to whoever ends the TLS connection. An account of the
//!   MD5 scheme refuses Basic credentials, and never answers a challenge for
//!   them.
//! - The HMAC scheme ([`Scheme::Mac`]) has no `Cred`; its proof stands in the
//!   transport's header [`MAC_HEADER`] and covers the message octet by octet.
//!   Each message is proved over a nonce of its own, and is answered with 200
//!   and the next nonce, whatever the [`Scope`]. Once a message was accepted,
//!   the first that is not ends the session (DM Security clauses 5.4.3 and
//!   5.4.4).
//! - An MD5 digest over a nonce that ends in `:` and a digest in base64 would
//!   be an HMAC of the message with that digest. No such nonce is taken from
//!   anybody.

mod credentials;
mod mac;
mod nonce;
mod prover;
mod shown;
mod verifier;

pub use credentials::{Credentials, Scheme};
pub use mac::{MAC_HEADER, MacHeader};
pub use nonce::{Nonce, Nonces};
pub use prover::{Answer, ProofRefused, Prover};
pub use shown::Shown;
pub use verifier::{Requirement, Scope, Verdict, Verifier};
