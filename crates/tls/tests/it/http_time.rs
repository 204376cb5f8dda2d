//! The server's limits of time (RFC 9112 clause 9.5). No test measures a time:
//! each waits for what only the limit can bring about, under the hang limit.

use std::net::SocketAddr;
use std::time::Duration;

use tls::http::{Handler, Request, Response, ServerLimits, StatusCode, Transport, serve};
use tls::{Error, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::support::http::{echo, read_to_end, status, talk};
use crate::support::raw::Raw;
use crate::support::{World, listener, within};

/// Beyond the hang limit, so that it is never the one that acts.
const NEVER: Duration = Duration::from_secs(3600);

fn patient() -> ServerLimits {
    ServerLimits {
        handshake: NEVER,
        request: NEVER,
        idle: NEVER,
        ..ServerLimits::default()
    }
}

fn hurried() -> ServerLimits {
    ServerLimits {
        request: Duration::from_secs(1),
        ..patient()
    }
}

/// Feeds one octet at a time for as long as the server takes them.
async fn drip(tcp: &mut TcpStream, start: &[u8]) -> String {
    tcp.write_all(start).await.unwrap();
    let (mut from, mut to) = tcp.split();
    let mut answer = String::new();
    let feed = async {
        let mut pace = tokio::time::interval(Duration::from_millis(5));
        while to.write_all(b"a").await.is_ok() {
            pace.tick().await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        ended = from.read_to_string(&mut answer) => {
            // A reset instead of an end is what an impolite client earns.
            let _ = ended;
        }
        () = feed => {}
    }
    answer
}

#[tokio::test]
async fn a_head_that_drips_in_is_cut_off() {
    within(async {
        let mut running = echo(Transport::Plain, hurried()).await;
        let mut tcp = TcpStream::connect(running.server.address()).await.unwrap();
        let answer = drip(&mut tcp, b"GET / HTTP/1.1\r\nHost: x\r\nX: ").await;
        assert_eq!(answer, "");
        assert_eq!(
            running.failures.recv().await,
            Some(Error::Timeout("request"))
        );
        assert_eq!(running.log.count(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_body_that_drips_in_is_answered_408() {
    within(async {
        let running = echo(Transport::Plain, hurried()).await;
        let mut tcp = TcpStream::connect(running.server.address()).await.unwrap();
        let start = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\n";
        let answer = drip(&mut tcp, start).await;
        assert_eq!(status(&answer), "408");
        assert!(answer.contains("connection: close"), "{answer}");
        assert_eq!(running.log.count(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_handler_that_takes_too_long_is_dropped_and_answered_503() {
    within(async {
        let handler = |_| std::future::pending::<Response>();
        let server = serve(listener().await, Transport::Plain, hurried(), handler).unwrap();
        let octets = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
        assert_eq!(status(&talk(server.address(), octets, false).await), "503");
    })
    .await;
}

#[tokio::test]
async fn a_pipelined_request_has_a_time_of_its_own() {
    within(async {
        let handler = |request: Request| async move {
            if request.path == "/slow" {
                std::future::pending::<()>().await;
            }
            Response::new(StatusCode::NO_CONTENT)
        };
        let server = serve(listener().await, Transport::Plain, hurried(), handler).unwrap();
        // Both in one piece: no octets come in that could begin the second.
        let octets = b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /slow HTTP/1.1\r\nHost: x\r\n\r\n";
        let answer = talk(server.address(), octets, false).await;
        let statuses: Vec<_> = answer.split("HTTP/1.1 ").map(|one| one.get(..3)).collect();
        assert_eq!(statuses, [None, Some("204"), Some("503")]);
    })
    .await;
}

/// Answers with more than the buffers of both sockets hold.
struct Flood(mpsc::UnboundedSender<Error>);

impl Handler for Flood {
    async fn handle(&self, _: Request) -> Response {
        Response::new(StatusCode::OK).with_body(vec![b'b'; 64 << 20])
    }

    fn connection_failed(&self, _: SocketAddr, error: &Error) {
        self.0.send(error.clone()).unwrap();
    }
}

#[tokio::test]
async fn a_client_that_does_not_take_its_answer_is_cut_off() {
    within(async {
        let (sender, mut failures) = mpsc::unbounded_channel();
        let handler = Flood(sender);
        let server = serve(listener().await, Transport::Plain, hurried(), handler).unwrap();
        let mut tcp = TcpStream::connect(server.address()).await.unwrap();
        tcp.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            .await
            .unwrap();
        assert_eq!(failures.recv().await, Some(Error::Timeout("answer")));
    })
    .await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_before_and_after_a_request() {
    within(async {
        let limits = ServerLimits {
            idle: Duration::from_secs(1),
            ..patient()
        };
        let running = echo(Transport::Plain, limits).await;
        let address = running.server.address();
        assert_eq!(talk(address, b"", false).await, "");
        let octets = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
        assert_eq!(status(&talk(address, octets, false).await), "200");
    })
    .await;
}

#[tokio::test]
async fn a_new_request_has_its_own_time() {
    within(async {
        // The second request would be late by the first one's clock.
        let limits = ServerLimits {
            request: Duration::from_secs(2),
            ..patient()
        };
        let running = echo(Transport::Plain, limits).await;
        let mut tcp = TcpStream::connect(running.server.address()).await.unwrap();
        let mut pace = tokio::time::interval(Duration::from_millis(250));
        for _ in 0..12 {
            pace.tick().await;
            tcp.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                .await
                .unwrap();
            let mut answer = [0; 512];
            let count = tcp.read(&mut answer).await.unwrap();
            assert!(answer[..count].starts_with(b"HTTP/1.1 200 OK\r\n"));
        }
    })
    .await;
}

fn hurried_handshake() -> ServerLimits {
    ServerLimits {
        handshake: Duration::from_millis(50),
        ..patient()
    }
}

#[tokio::test]
async fn a_silent_client_does_not_keep_its_place() {
    within(async {
        let world = World::new();
        let config: ServerConfig = world.strict_server();
        let mut running = echo(Transport::Tls(config), hurried_handshake()).await;
        let mut tcp = TcpStream::connect(running.server.address()).await.unwrap();
        assert_eq!(read_to_end(&mut tcp).await, "");
        assert_eq!(
            running.failures.recv().await,
            Some(Error::Timeout("handshake"))
        );
    })
    .await;
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_a_handshake_or_an_idle_tls_client() {
    within(async {
        let world = World::new();
        let running = echo(Transport::Tls(world.strict_server()), patient()).await;
        let address = running.server.address();
        let mut silent = TcpStream::connect(address).await.unwrap();
        let raw = Raw::new().showing(&world.client, &[]);
        let mut idle = raw
            .connect(TcpStream::connect(address).await.unwrap())
            .await
            .unwrap();
        idle.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            .await
            .unwrap();
        let mut answer = [0; 512];
        assert!(idle.read(&mut answer).await.unwrap() > 0);
        let ending = tokio::spawn(running.server.shutdown(NEVER));
        assert_eq!(idle.read(&mut answer).await.unwrap(), 0);
        assert_eq!(read_to_end(&mut silent).await, "");
        drop(idle);
        ending.await.unwrap();
    })
    .await;
}
