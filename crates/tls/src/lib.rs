//! TLS for the operator change and for device management, and HTTP/1.1 over it
//! (TS 33.210 clause 6.2; TLS 1.3 by RFC 8446, TLS 1.2 by RFC 5246; HTTP by RFC
//! 9110 and RFC 9112). A [`Profile`] says which versions and suites there are; a
//! key shared beforehand ([`Psk`], [`PskKeys`]) can stand for a certificate.
//!
//! A [`ServerConfig`] or [`ClientConfig`] holds one reusable context of the
//! library; [`accept`] and [`connect`] make a [`TlsStream`] from a TCP stream.
//! Which peer is admitted is the caller's decision alone: a [`PeerVerifier`]
//! judges the leaf once in each handshake. OpenSSL's own chain building, its
//! trust store and the system clock decide nothing.
//!
//! A resumed session shows no certificate. The one that was shown when it began is
//! judged anew, so that a peer whose certificate has expired, or whose anchor was
//! demoted since, does not come in on an old decision (module `resumption`).
//!
//! [`http`] is a client with a small pool and a server loop with limits; [`audit`]
//! finds out what any other server or client supports.

mod alert;
pub mod audit;
mod chain;
mod clients;
mod config;
mod context;
mod credentials;
mod error;
mod failure;
mod handshake;
pub mod http;
mod linger;
mod offer;
mod profile;
mod psk;
mod resumption;
mod roots;
mod ssl3;
mod staple;
mod stream;
mod strength;
mod verify;
mod wire;

pub use alert::Alert;
pub use clients::{ClientLeaf, ClientRoots};
pub use config::{
    ClientAuthentication, ClientConfig, ClientSettings, ServerConfig, ServerSettings,
};
pub use credentials::Credentials;
pub use error::Error;
pub use handshake::{accept, connect};
pub use profile::{
    Assurance, ClientProof, CustomProfile, Profile, Scp81, Suite, SuiteKey, Version,
};
pub use psk::{Psk, PskKey, PskKeys};
pub use roots::Roots;
pub use staple::Staples;
pub use stream::TlsStream;
pub use verify::{Judging, PeerIdentity, PeerRole, PeerVerifier, Refusal};
