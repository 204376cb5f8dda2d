//! The online certificate status protocol: questions, answers, and a responder
//! that makes them (RFC 6960; nonces by RFC 9654; pre-signed answers after RFC
//! 5019). No sockets: octets go in and out, and time is the caller's.
//!
//! A client makes a [`Request`] with a fresh [`Nonce`], sends
//! [`Request::to_der`] (or [`Request::to_path`]) and gives what comes back to
//! [`Answer::verify`]. [`Answer::time`] is the one place where an answer becomes
//! a time, and only an answer that repeats the nonce of this very question has
//! one. A [`Responder`] answers for one issuer out of a [`StatusSource`]; an
//! [`AnswerCache`] keeps what it signed without a nonce.

mod answer;
mod asn1;
mod cert_id;
mod fault;
mod nonce;
mod request;
mod responder;
mod signer;

pub use answer::{ANSWER_TYPE, Answer, CertificateStatus, Check, ExpectedNonce, MAX_ANSWER};
pub use cert_id::{CertId, IssuerHash};
pub use fault::{OcspFault, ResponderError};
pub use nonce::Nonce;
pub use request::{REQUEST_TYPE, Request};
pub use responder::{
    AnswerCache, ExpiryPolicy, Record, Reply, Responder, ResponderConfig, SourceError, StatusSource,
};
