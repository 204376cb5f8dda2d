//! OCSP (RFC 6960, RFC 9654): requests, answers, the responder, and Debian's
//! `openssl ocsp` on either side.

mod answers;
mod cache;
mod damage;
mod dates;
mod openssl_client;
mod openssl_responder;
mod requests;
mod responder;
mod signers;
