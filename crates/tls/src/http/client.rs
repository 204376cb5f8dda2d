//! The client: one request, one answer, over a pooled connection (RFC 9110
//! clause 3, RFC 9112 clause 9). No redirects, no DNS but by the table.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout, timeout_at};

use super::limits::LEAST_BUFFER;
use super::message::Whole;
use super::pool::{Connection, Key, Pool};
use super::upgrade::open;
use super::{ClientLimits, ClientRequest, Hosts, Response, failure};
use crate::{ClientConfig, Error, TlsStream};

/// How long a used connection may take to become ready again, or to close.
const SETTLE: Duration = Duration::from_secs(1);

/// An HTTPS client. Clones share the table of hosts and the pool.
#[derive(Clone)]
pub struct Client(Arc<Shared>);

struct Shared {
    hosts: Hosts,
    limits: ClientLimits,
    pool: Pool,
}

impl Client {
    /// A client that reaches the hosts of this table and no others.
    #[must_use]
    pub fn new(hosts: Hosts, limits: ClientLimits) -> Self {
        let pool = Pool::new(limits.clone());
        Self(Arc::new(Shared {
            hosts,
            limits,
            pool,
        }))
    }

    /// Sends a request under `config` and waits for the whole answer, whatever
    /// its status.
    ///
    /// A request of which not one octet was written, because a pooled connection
    /// had just been closed, is sent once more over another one. After any
    /// other failure the server may or may not have acted on it.
    ///
    /// # Errors
    /// [`Error::RequestInvalid`], [`Error::HostUnknown`]; those of
    /// [`connect`](crate::connect); [`Error::UpgradeRefused`], [`Error::BodyTooLarge`], [`Error::HeadTooLarge`],
    /// [`Error::HttpMalformed`], [`Error::Closed`]; [`Error::Timeout`] when the
    /// limit for all of it has passed.
    pub async fn send(
        &self,
        config: &ClientConfig,
        request: ClientRequest,
    ) -> Result<Response, Error> {
        let key = Key {
            host: request.host.to_ascii_lowercase(),
            config: config.clone(),
        };
        let request = request.into_wire(&key.host)?;
        let deadline = Instant::now() + self.0.limits.request;
        timeout_at(deadline, self.0.exchange(&key, request, deadline))
            .await
            .map_err(|_| Error::Timeout("request"))?
    }
}

impl Shared {
    async fn exchange(
        &self,
        key: &Key,
        mut request: hyper::Request<Whole>,
        deadline: Instant,
    ) -> Result<Response, Error> {
        let addresses = self.hosts.resolve(&key.host).await?;
        let _permit = self.pool.permit(key).await?;
        while let Some(mut connection) = self.pool.take(key) {
            match connection.sender.try_send_request(request).await {
                Ok(answer) => return self.finish(key, connection, answer).await,
                Err(mut failed) => match failed.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(failure(failed.error())),
                },
            }
        }
        let tcp = TcpStream::connect(addresses.as_slice()).await?;
        let stream = open(&key.config, tcp, &key.host, &key.host, deadline).await?;
        let (connection, answer) = self.open(stream, request).await?;
        self.finish(key, connection, answer).await
    }

    /// Starts HTTP on a new connection with its first request, which is queued
    /// before anything is read: what a server of TLS 1.3 says of our certificate
    /// comes at any time, and is told to a request alone. The connection's task ends
    /// with it: when the server closes, or soon after [`Connection`] is dropped.
    async fn open(
        &self,
        stream: TlsStream,
        request: hyper::Request<Whole>,
    ) -> Result<(Connection, hyper::Response<Incoming>), Error> {
        let (mut sender, mut driver) = http1::Builder::new()
            .max_buf_size(self.limits.head_octets.max(LEAST_BUFFER))
            .max_header_size(self.limits.head_octets)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| failure(&error))?;
        let answer = sender.send_request(request);
        let (open, dropped) = oneshot::channel::<()>();
        tokio::spawn(async move {
            // Failures reach whoever waits for an answer; here they end a task.
            tokio::select! {
                // First, so that a dropped connection says goodbye if it can.
                biased;
                _ = &mut driver => {}
                _ = dropped => {
                    let _ = timeout(SETTLE, driver).await;
                }
            }
        });
        let answer = answer.await.map_err(|error| failure(&error))?;
        let connection = Connection {
            sender,
            _open: open,
        };
        Ok((connection, answer))
    }

    async fn finish(
        &self,
        key: &Key,
        mut connection: Connection,
        answer: hyper::Response<Incoming>,
    ) -> Result<Response, Error> {
        let (head, body) = answer.into_parts();
        let limit = self.limits.body_octets;
        let body = Limited::new(body, limit)
            .collect()
            .await
            .map_err(|error| body_failure(error.as_ref(), limit))?
            .to_bytes();
        // It is not ready if the server answered before it had read everything,
        // and then it is not worth keeping.
        if let Ok(Ok(())) = timeout(SETTLE, connection.sender.ready()).await {
            self.pool.keep(key.clone(), connection);
        }
        Ok(Response {
            status: head.status,
            headers: head.headers,
            body,
        })
    }
}

fn body_failure(error: &(dyn std::error::Error + Send + Sync + 'static), limit: usize) -> Error {
    if error.is::<LengthLimitError>() {
        return Error::BodyTooLarge { limit };
    }
    match error.downcast_ref() {
        Some(error) => failure(error),
        None => Error::HttpMalformed(error.to_string()),
    }
}
