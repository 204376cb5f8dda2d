//! Servers and hand-written requests for the HTTP tests (RFC 9112).

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tls::http::{
    Address, Client, ClientLimits, Handler, Hosts, Request, Response, Server, ServerLimits,
    StatusCode, Transport, serve,
};
use tls::{Error, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::{HOST, listener};

/// What a server's handler saw.
#[derive(Clone, Default)]
pub(crate) struct Log {
    pub(crate) requests: Arc<Mutex<Vec<Request>>>,
}

impl Log {
    pub(crate) fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    /// Different connections that requests came over.
    pub(crate) fn connections(&self) -> usize {
        let requests = self.requests.lock().unwrap();
        let mut remotes: Vec<SocketAddr> = requests.iter().map(|one| one.remote).collect();
        remotes.sort_unstable();
        remotes.dedup();
        remotes.len()
    }
}

/// Answers 200 with the request's body, and reports failed connections.
pub(crate) struct Echo {
    log: Log,
    failures: mpsc::UnboundedSender<Error>,
}

impl Handler for Echo {
    async fn handle(&self, request: Request) -> Response {
        let body = request.body.clone();
        self.log.requests.lock().unwrap().push(request);
        Response::new(StatusCode::OK).with_body(body)
    }

    fn connection_failed(&self, _: SocketAddr, error: &Error) {
        let _ = self.failures.send(error.clone());
    }
}

/// A running echo server.
pub(crate) struct Running {
    pub(crate) server: Server,
    pub(crate) log: Log,
    pub(crate) failures: mpsc::UnboundedReceiver<Error>,
}

pub(crate) async fn echo(transport: Transport, limits: ServerLimits) -> Running {
    let log = Log::default();
    let (sender, failures) = mpsc::unbounded_channel();
    let handler = Echo {
        log: log.clone(),
        failures: sender,
    };
    let server = serve(listener().await, transport, limits, handler).unwrap();
    Running {
        server,
        log,
        failures,
    }
}

pub(crate) async fn echo_tls(config: ServerConfig) -> Running {
    echo(Transport::Tls(config), ServerLimits::default()).await
}

/// A client that reaches [`HOST`] at `address`.
pub(crate) fn client(address: SocketAddr, limits: ClientLimits) -> Client {
    Client::new(Hosts::new([(HOST, Address::At(address))]).unwrap(), limits)
}

/// Sends octets, half-closes if asked, and reads to the end.
pub(crate) async fn talk(address: SocketAddr, octets: &[u8], half_close: bool) -> String {
    let mut tcp = TcpStream::connect(address).await.unwrap();
    tcp.write_all(octets).await.unwrap();
    if half_close {
        tcp.shutdown().await.unwrap();
    }
    read_to_end(&mut tcp).await
}

pub(crate) async fn read_to_end(tcp: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    tcp.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// The status in an answer's first line.
pub(crate) fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("none")
}
