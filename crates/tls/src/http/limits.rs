//! Limits of size, time and count, for both roles, in force from the first
//! connection on (house rule: every listener has limits).

use std::time::Duration;

/// What a server allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerLimits {
    /// Connections at one time, those in their handshake included; one more is
    /// closed at once.
    pub connections: usize,
    /// From the TCP connection to the end of the handshake.
    pub handshake: Duration,
    /// Octets of a request's head, request line included; more is answered
    /// with 431.
    pub head_octets: usize,
    /// Header fields of a request; more are answered with 431.
    pub header_fields: usize,
    /// Octets of a request's body; more are answered with 413.
    pub body_octets: usize,
    /// From a request's first octet to its handler's answer. A body that is
    /// late is answered with 408, a late handler is dropped and answered with
    /// 503; a late head closes the connection. The client then has the same
    /// time to take the answer.
    pub request: Duration,
    /// How long a connection may stay without a request.
    pub idle: Duration,
    /// Whether a connection serves more than one request.
    pub keep_alive: bool,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connections: 1024,
            handshake: Duration::from_secs(10),
            head_octets: 16 * 1024,
            header_fields: 64,
            body_octets: 1 << 20,
            request: Duration::from_secs(30),
            idle: Duration::from_secs(60),
            keep_alive: true,
        }
    }
}

/// What a client allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientLimits {
    /// Connections to one host under one configuration; further requests wait.
    pub connections_per_host: usize,
    /// Idle connections kept in all.
    pub idle_connections: usize,
    /// How long an idle connection is kept for reuse; less than the server's.
    pub idle: Duration,
    /// From the call to the last octet of the answer, with all waiting,
    /// connecting and the handshake.
    pub request: Duration,
    /// Octets of a response's head.
    pub head_octets: usize,
    /// Octets of a response's body.
    pub body_octets: usize,
}

impl Default for ClientLimits {
    fn default() -> Self {
        Self {
            connections_per_host: 8,
            idle_connections: 64,
            idle: Duration::from_secs(30),
            request: Duration::from_secs(30),
            head_octets: 16 * 1024,
            body_octets: 1 << 20,
        }
    }
}

/// hyper panics below this size of its buffer; the head has its own limit.
pub(crate) const LEAST_BUFFER: usize = 8192;
