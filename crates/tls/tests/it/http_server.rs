//! The server's limits of size and count, and its answers to requests written
//! by hand (RFC 9112 clauses 2, 3, 6 and 9; statuses by RFC 9110 and RFC 6585).

use std::time::Duration;

use tls::Error;
use tls::http::{Request, Response, ServerLimits, StatusCode, Transport, header, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::support::http::{echo, read_to_end, status, talk};
use crate::support::{listener, within};

fn small() -> ServerLimits {
    ServerLimits {
        head_octets: 500,
        header_fields: 10,
        body_octets: 100,
        ..ServerLimits::default()
    }
}

#[tokio::test]
async fn a_request_arrives_as_it_was_sent() {
    within(async {
        let running = echo(Transport::Plain, small()).await;
        let octets = b"PUT /a%20b?c=d&e HTTP/1.1\r\nHost: x\r\nX-Odd: 1\r\nX-Odd: 2\r\n\
                       Connection: close\r\nContent-Length: 3\r\n\r\nabc";
        let answer = talk(running.server.address(), octets, false).await;
        assert_eq!(status(&answer), "200");
        assert!(answer.ends_with("\r\n\r\nabc"), "{answer}");
        let requests = running.log.requests.lock().unwrap();
        let [request] = requests.as_slice() else {
            panic!("{} requests", requests.len());
        };
        assert_eq!(request.method, "PUT");
        assert_eq!(request.path, "/a%20b");
        assert_eq!(request.query.as_deref(), Some("c=d&e"));
        let odd: Vec<_> = request.headers.get_all("x-odd").iter().collect();
        assert_eq!(odd, ["1", "2"]);
        assert_eq!(request.body, "abc");
        assert_eq!(request.peer, None);
        assert_eq!(request.remote.ip(), running.server.address().ip());
    })
    .await;
}

#[tokio::test]
async fn what_is_beyond_a_limit_or_malformed_never_reaches_the_handler() {
    within(async {
        let fields = "X: 1\r\n".repeat(10);
        let long = "a".repeat(600);
        let body = "b".repeat(101);
        let cases = [
            (
                "long body",
                "413",
                format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n{body}"),
            ),
            (
                "announced only",
                "413",
                "POST / HTTP/1.1\r\nHost: x\r\n\
                Content-Length: 99999999999\r\n\r\n"
                    .to_owned(),
            ),
            (
                "chunked",
                "413",
                format!(
                    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\
                 40\r\n{}\r\n40\r\n{}\r\n0\r\n\r\n",
                    "c".repeat(64),
                    "c".repeat(64)
                ),
            ),
            (
                "long field",
                "431",
                format!("GET / HTTP/1.1\r\nHost: x\r\nX: {long}\r\n\r\n"),
            ),
            (
                "endless field",
                "431",
                format!("GET / HTTP/1.1\r\nHost: x\r\nX: {long}"),
            ),
            (
                "many fields",
                "431",
                format!("GET / HTTP/1.1\r\nHost: x\r\n{fields}\r\n"),
            ),
            (
                "long target",
                "431",
                format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n"),
            ),
            ("no host", "400", "GET / HTTP/1.1\r\n\r\n".to_owned()),
            (
                "two hosts",
                "400",
                "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n".to_owned(),
            ),
            (
                "two lengths",
                "400",
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\
                Content-Length: 2\r\n\r\nab"
                    .to_owned(),
            ),
            (
                "no number",
                "400",
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na".to_owned(),
            ),
            (
                "bad chunk",
                "400",
                "POST / HTTP/1.1\r\nHost: x\r\n\
                Transfer-Encoding: chunked\r\n\r\nzz\r\n"
                    .to_owned(),
            ),
            ("garbage", "400", "\0\0\0\0\r\n\r\n".to_owned()),
            (
                "space in a name",
                "400",
                "GET / HTTP/1.1\r\nHost : x\r\n\r\n".to_owned(),
            ),
        ];
        for (name, wanted, octets) in cases {
            let running = echo(Transport::Plain, small()).await;
            let answer = talk(running.server.address(), octets.as_bytes(), false).await;
            assert_eq!(status(&answer), wanted, "{name}: {answer}");
            assert_eq!(running.log.count(), 0, "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_body_and_a_head_at_the_limit_pass() {
    within(async {
        let running = echo(Transport::Plain, small()).await;
        let body = "b".repeat(100);
        let start = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 100\r\nX: ";
        let filling = "f".repeat(500 - start.len() - 4);
        let octets = format!("{start}{filling}\r\n\r\n{body}");
        let answer = talk(running.server.address(), octets.as_bytes(), false).await;
        assert_eq!(status(&answer), "200");
        assert!(answer.ends_with(&body));
    })
    .await;
}

#[tokio::test]
async fn requests_follow_each_other_on_one_connection() {
    within(async {
        let running = echo(Transport::Plain, small()).await;
        let one = "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1";
        let two = "GET /2 HTTP/1.0\r\n\r\n";
        let address = running.server.address();
        let answer = talk(address, format!("{one}{one}{two}").as_bytes(), false).await;
        assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 2);
        assert_eq!(answer.matches("HTTP/1.0 200 OK").count(), 1);
        assert_eq!(running.log.count(), 3);
        assert_eq!(running.log.connections(), 1);

        let limits = ServerLimits {
            keep_alive: false,
            ..small()
        };
        let running = echo(Transport::Plain, limits).await;
        let address = running.server.address();
        let answer = talk(address, format!("{one}{one}").as_bytes(), false).await;
        assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 1);
        assert_eq!(running.log.count(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_client_that_half_closes_still_gets_its_answer() {
    within(async {
        let (started, mut starts) = mpsc::unbounded_channel();
        let (release, released) = tokio::sync::watch::channel(false);
        let handler = move |request: Request| {
            let (started, mut released) = (started.clone(), released.clone());
            async move {
                if request.path == "/waits" {
                    started.send(()).unwrap();
                    released.wait_for(|yes| *yes).await.unwrap();
                }
                Response::new(StatusCode::OK).with_body(request.body)
            }
        };
        let server = serve(listener().await, Transport::Plain, small(), handler).unwrap();
        let address = server.address();
        let mut tcp = TcpStream::connect(address).await.unwrap();
        let octets = b"POST /waits HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nhalf";
        tcp.write_all(octets).await.unwrap();
        starts.recv().await.unwrap();
        tcp.shutdown().await.unwrap();
        // While others are served, the server has time to see the half-close.
        for _ in 0..20 {
            let other = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
            assert_eq!(status(&talk(address, other, false).await), "200");
        }
        release.send(true).unwrap();
        let answer = read_to_end(&mut tcp).await;
        assert!(answer.ends_with("half"), "{answer}");
    })
    .await;
}

#[tokio::test]
async fn a_body_that_is_cut_never_reaches_the_handler() {
    within(async {
        let mut running = echo(Transport::Plain, small()).await;
        let octets = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhalf";
        let answer = talk(running.server.address(), octets, true).await;
        assert_eq!(status(&answer), "400");
        assert_eq!(running.log.count(), 0);
        let octets = b"POST / HTTP/1.1\r\nHost: x";
        let answer = talk(running.server.address(), octets, true).await;
        assert_ne!(status(&answer), "200");
        assert_eq!(running.failures.recv().await, Some(Error::Closed));
        assert_eq!(running.log.count(), 0);
    })
    .await;
}

#[tokio::test]
async fn one_connection_too_many_is_closed_and_a_freed_place_is_taken() {
    within(async {
        let limits = ServerLimits {
            connections: 2,
            ..small()
        };
        let mut running = echo(Transport::Plain, limits).await;
        let address = running.server.address();
        let mut held = Vec::new();
        for _ in 0..2 {
            let mut tcp = TcpStream::connect(address).await.unwrap();
            // An answer shows that the server has taken it in.
            tcp.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                .await
                .unwrap();
            assert_eq!(tcp.read(&mut [0; 512]).await.unwrap_or(0).min(1), 1);
            held.push(tcp);
        }
        let mut third = TcpStream::connect(address).await.unwrap();
        assert_eq!(read_to_end(&mut third).await, "");
        assert_eq!(
            running.failures.recv().await,
            Some(Error::TooManyConnections)
        );

        drop(held.pop());
        // The place is free soon after, at a moment that only the server knows.
        let octets = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        loop {
            let mut tcp = TcpStream::connect(address).await.unwrap();
            let mut answer = String::new();
            let talked = async {
                tcp.write_all(octets).await?;
                tcp.read_to_string(&mut answer).await
            };
            if talked.await.is_ok() && status(&answer) == "200" {
                break;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_handler_that_panics_ends_its_own_connection_only() {
    within(async {
        let handler = async |request: Request| {
            assert!(request.path != "/panic", "on purpose, by the test");
            Response::new(StatusCode::NO_CONTENT)
        };
        let handler = move |request| handler(request);
        let server = serve(listener().await, Transport::Plain, small(), handler).unwrap();
        let panics = b"GET /panic HTTP/1.1\r\nHost: x\r\n\r\n";
        let mut tcp = TcpStream::connect(server.address()).await.unwrap();
        tcp.write_all(panics).await.unwrap();
        let mut answer = Vec::new();
        let _ = tcp.read_to_end(&mut answer).await;
        assert_eq!(answer, b"");
        let good = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        assert_eq!(status(&talk(server.address(), good, false).await), "204");
    })
    .await;
}

#[tokio::test]
async fn a_handler_can_not_say_another_length_than_the_bodys() {
    within(async {
        let handler = |_| async {
            let mut response = Response::new(StatusCode::OK).with_body("four");
            let wrong = header::HeaderValue::from_static("9");
            response.headers.insert(header::CONTENT_LENGTH, wrong);
            let wrong = header::HeaderValue::from_static("chunked");
            response.headers.insert(header::TRANSFER_ENCODING, wrong);
            response
        };
        let server = serve(listener().await, Transport::Plain, small(), handler).unwrap();
        let octets = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        let answer = talk(server.address(), octets, false).await;
        assert!(answer.contains("content-length: 4\r\n"), "{answer}");
        assert!(!answer.contains("chunked"), "{answer}");
    })
    .await;
}

#[tokio::test]
async fn a_shutdown_lets_requests_finish_and_closes_idle_connections() {
    within(async {
        let (started, mut starts) = mpsc::unbounded_channel();
        let (release, released) = tokio::sync::watch::channel(false);
        let handler = move |_| {
            let (started, mut released) = (started.clone(), released.clone());
            async move {
                started.send(()).unwrap();
                released.wait_for(|yes| *yes).await.unwrap();
                Response::new(StatusCode::OK).with_body("finished")
            }
        };
        let server = serve(listener().await, Transport::Plain, small(), handler).unwrap();
        let address = server.address();
        let mut idle = TcpStream::connect(address).await.unwrap();
        let mut busy = TcpStream::connect(address).await.unwrap();
        busy.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            .await
            .unwrap();
        starts.recv().await.unwrap();
        let ending = tokio::spawn(server.shutdown(Duration::from_secs(50)));
        assert_eq!(read_to_end(&mut idle).await, "");
        // Nobody listens any more, at latest when the next tasks have run.
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        release.send(true).unwrap();
        let answer = read_to_end(&mut busy).await;
        assert!(answer.ends_with("finished"), "{answer}");
        ending.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_shutdown_without_grace_and_a_drop_end_every_task() {
    within(async {
        for drops in [true, false] {
            let (alive, mut ended) = mpsc::channel::<()>(1);
            let (started, mut starts) = mpsc::unbounded_channel();
            let handler = move |_| {
                let (alive, started) = (alive.clone(), started.clone());
                async move {
                    let _alive = alive;
                    started.send(()).unwrap();
                    std::future::pending().await
                }
            };
            let server = serve(listener().await, Transport::Plain, small(), handler).unwrap();
            let mut busy = TcpStream::connect(server.address()).await.unwrap();
            busy.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                .await
                .unwrap();
            starts.recv().await.unwrap();
            if drops {
                drop(server);
            } else {
                server.shutdown(Duration::ZERO).await;
            }
            // Every copy of the sender is gone: handler, tasks and futures.
            assert_eq!(ended.recv().await, None);
        }
    })
    .await;
}
