//! HTTP/1.1 over TLS (RFC 9110, RFC 9112): a [`Client`] with a small pool of
//! connections, and [`serve`], a server loop with limits. Messages are whole:
//! bodies are octets in memory, bounded on both sides; only [`exchange`] gives a
//! body piece by piece. TS 33.210 clause 6.2 forbids the upgrade of RFC 2817; the
//! profile `dm` alone has it, switched on at each end.

pub mod auth;
mod client;
mod connection;
mod exchange;
mod hosts;
mod limits;
mod message;
mod phase;
mod pool;
mod server;
mod stop;
mod transport;
mod upgrade;

pub use client::Client;
pub(crate) use exchange::converse;
pub use exchange::{Answer, ClientTransport, exchange};
pub use hosts::{Address, Hosts};
pub use hyper::body::Bytes;
pub use hyper::header;
pub use hyper::{HeaderMap, Method, StatusCode};
pub use limits::{ClientLimits, ServerLimits};
pub use message::{ClientRequest, Request, Response};
pub use server::{Handler, Server, Transport, serve};

use std::error::Error as _;
use std::io;

use crate::Error;

/// What hyper's failure means; a TLS alert may be at the bottom of it.
fn failure(error: &hyper::Error) -> Error {
    if error.is_parse_too_large() {
        return Error::HeadTooLarge;
    }
    if error.is_parse() {
        return Error::HttpMalformed(error.to_string());
    }
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(error) = inner.downcast_ref::<io::Error>() {
            return of_io(error);
        }
        cause = inner.source();
    }
    if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        Error::Closed
    } else {
        Error::HttpMalformed(error.to_string())
    }
}

fn of_io(error: &io::Error) -> Error {
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(ours) => Error::clone(ours),
        None => Error::from(io::Error::new(error.kind(), error.to_string())),
    }
}
