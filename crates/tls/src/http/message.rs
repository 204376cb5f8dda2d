//! Requests and responses as callers see them (RFC 9110 clause 6).

use std::net::SocketAddr;

use hyper::body::Bytes;
use hyper::header::{self, HeaderName};
use hyper::http::uri::PathAndQuery;
use hyper::{HeaderMap, Method, StatusCode};

use crate::{Error, PeerIdentity};

/// A request as a server's handler gets it.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path as sent, percent-encoded, beginning with `/` (or `*`).
    pub path: String,
    /// What stood after `?`, percent-encoded.
    pub query: Option<String>,
    /// All header fields.
    pub headers: HeaderMap,
    /// The whole body, empty if there was none.
    pub body: Bytes,
    /// Who sent it: the verified client, `None` for an anonymous one and
    /// without TLS.
    pub peer: Option<PeerIdentity>,
    /// Where it came from.
    pub remote: SocketAddr,
}

/// A response, in both roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: StatusCode,
    /// The header fields; a server adds Content-Length and Date.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Response {
    /// A response without a body.
    #[must_use]
    pub fn new(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    /// The same with a body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }
}

/// A request as a client sends it.
#[derive(Clone, Debug)]
pub struct ClientRequest {
    /// The method; CONNECT is refused.
    pub method: Method,
    /// The host's name without a port: looked up in the table of hosts, sent as
    /// Host and as server name, and judged by the verifier.
    pub host: String,
    /// Path and query, beginning with `/`.
    pub target: String,
    /// Header fields; those that frame the message are refused, since they
    /// follow from the other parts.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

/// Fields that say where a message ends or goes: a second opinion on them is
/// how requests are smuggled (RFC 9112 clause 11.2).
const FRAMING: [HeaderName; 7] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::HOST,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

impl ClientRequest {
    /// A request without header fields and body.
    #[must_use]
    pub fn new(method: Method, host: &str, target: &str) -> Self {
        Self {
            method,
            host: host.to_owned(),
            target: target.to_owned(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    /// The same with a body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// As hyper sends it: origin-form, with Host.
    pub(crate) fn into_wire(self, host: &str) -> Result<hyper::Request<Whole>, Error> {
        if self.method == Method::CONNECT {
            return Err(Error::RequestInvalid("CONNECT is not supported"));
        }
        if FRAMING.iter().any(|name| self.headers.contains_key(name)) {
            return Err(Error::RequestInvalid("a header field frames the message"));
        }
        if !self.target.starts_with('/') {
            return Err(Error::RequestInvalid("the target does not begin with /"));
        }
        let target = PathAndQuery::try_from(self.target)
            .map_err(|_| Error::RequestInvalid("the target is not a path and query"))?;
        let host = header::HeaderValue::from_str(host)
            .map_err(|_| Error::RequestInvalid("the host is not a host name"))?;
        let mut request = hyper::Request::new(Whole::new(self.body));
        *request.method_mut() = self.method;
        *request.uri_mut() = target.into();
        *request.headers_mut() = self.headers;
        request.headers_mut().insert(header::HOST, host);
        Ok(request)
    }
}

/// A body in memory.
pub(crate) type Whole = http_body_util::Full<Bytes>;
