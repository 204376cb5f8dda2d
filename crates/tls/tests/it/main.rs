//! TLS and HTTP over real loopback sockets (TS 33.210 clause 6.2; RFC 8446,
//! RFC 5246, RFC 9112). Peers are this crate, the `openssl` crate used directly,
//! Debian's `openssl` program, and octets written by hand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::allow_attributes,
    reason = "tests"
)]

mod assurance;
mod audit;
mod certificates;
mod configuration;
mod gnutls;
mod groups;
mod handshake;
mod http_auth;
mod http_client;
mod http_reload;
mod http_server;
mod http_time;
mod http_upgrade;
mod mismatch;
#[cfg(not(feature = "ssl3"))]
mod no_ssl3;
mod openssl_program;
mod psk;
mod refusals;
mod resumption;
mod resumption_openssl;
#[cfg(feature = "ssl3")]
mod ssl3;
mod staples;
mod suites;
mod support;
mod versions;
