//! One request over a connection of its own, whose answer's body is read piece
//! by piece (RFC 9112 clause 9.6 for the close, RFC 9110 clause 14 for why:
//! parts of large representations). With TLS or, where the caller's policy has
//! it, without.

use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{HeaderMap, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

use super::limits::LEAST_BUFFER;
use super::message::Whole;
use super::upgrade::open;
use super::{ClientLimits, ClientRequest, failure};
use crate::{ClientConfig, Error};

/// What lies below a client's HTTP.
#[derive(Clone)]
pub enum ClientTransport {
    /// TLS; the request's host is what the verifier judges.
    Tls(ClientConfig),
    /// Nothing.
    Plain,
}

/// An answer whose body is still to be read. Dropping it closes the connection.
pub struct Answer {
    /// The status code.
    pub status: StatusCode,
    /// The header fields.
    pub headers: HeaderMap,
    body: Incoming,
    _driver: Driver,
}

/// The connection's task, which ends with its owner.
struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Sends `request` over a new connection to one of `addresses` and waits for
/// the head of the answer, whatever its status. `authority` is what goes into
/// Host: the name, with the port where it is not the scheme's own. Of `limits`
/// count the time for the request and the octets of the head.
///
/// # Errors
/// [`Error::RequestInvalid`]; those of [`connect`](crate::connect);
/// [`Error::UpgradeRefused`], [`Error::HeadTooLarge`],
/// [`Error::HttpMalformed`], [`Error::Closed`], [`Error::Timeout`].
pub async fn exchange(
    transport: &ClientTransport,
    addresses: &[SocketAddr],
    authority: &str,
    request: ClientRequest,
    limits: &ClientLimits,
) -> Result<Answer, Error> {
    let deadline = Instant::now() + limits.request;
    let host = request.host.clone();
    let request = request.into_wire(authority)?;
    let work = async {
        let tcp = TcpStream::connect(addresses).await?;
        match transport {
            ClientTransport::Tls(config) => {
                let stream = open(config, tcp, &host, authority, deadline).await?;
                converse(stream, request, limits).await
            }
            ClientTransport::Plain => {
                tcp.set_nodelay(true)?;
                converse(tcp, request, limits).await
            }
        }
    };
    timeout_at(deadline, work)
        .await
        .map_err(|_| Error::Timeout("request"))?
}

/// Sends a request over a connection that is there.
pub(crate) async fn converse(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: hyper::Request<Whole>,
    limits: &ClientLimits,
) -> Result<Answer, Error> {
    let (mut sender, driver) = http1::Builder::new()
        .max_buf_size(limits.head_octets.max(LEAST_BUFFER))
        .max_header_size(limits.head_octets)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| failure(&error))?;
    // Queued before the connection is first read from: what a peer says of our
    // certificate in TLS 1.3 comes at any time, and is told to a request alone.
    let answer = sender.send_request(request);
    let driver = Driver(tokio::spawn(async move {
        // Failures reach whoever reads the answer.
        let _ = driver.await;
    }));
    let (head, body) = answer.await.map_err(|error| failure(&error))?.into_parts();
    Ok(Answer {
        status: head.status,
        headers: head.headers,
        body,
        _driver: driver,
    })
}

impl Answer {
    /// The next octets of the body, nothing at its end.
    ///
    /// # Errors
    /// [`Error::Closed`] for a body that ends too early, [`Error::Timeout`] if
    /// nothing comes for `patience`, [`Error::HttpMalformed`], [`Error::Io`].
    pub async fn next(&mut self, patience: Duration) -> Result<Option<Bytes>, Error> {
        loop {
            let frame = timeout(patience, self.body.frame()).await;
            match frame.map_err(|_| Error::Timeout("body"))? {
                None => return Ok(None),
                Some(Err(error)) => return Err(failure(&error)),
                Some(Ok(frame)) => {
                    if let Ok(octets) = frame.into_data() {
                        return Ok(Some(octets));
                    }
                }
            }
        }
    }

    /// The whole body.
    ///
    /// # Errors
    /// As [`next`](Self::next), `patience` for all of it;
    /// [`Error::BodyTooLarge`] past `limit` octets.
    pub async fn whole(mut self, limit: usize, patience: Duration) -> Result<Vec<u8>, Error> {
        let deadline = Instant::now() + patience;
        let mut body = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Some(octets) = self.next(left).await? else {
                return Ok(body);
            };
            if body.len().saturating_add(octets.len()) > limit {
                return Err(Error::BodyTooLarge { limit });
            }
            body.extend_from_slice(&octets);
        }
    }
}
