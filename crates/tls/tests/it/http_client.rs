//! The client: reuse, limits, refusals, and what it never does (RFC 9110
//! clause 3, RFC 9112 clause 9).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tls::http::{
    Address, Client, ClientLimits, ClientRequest, Hosts, Method, Request, Response, ServerLimits,
    StatusCode, Transport, header, serve,
};
use tls::{Alert, Error};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::certificates::Authority;
use crate::support::http::{client, echo, echo_tls};
use crate::support::{HOST, World, client_config, deadline, listener, within};

fn get(target: &str) -> ClientRequest {
    ClientRequest::new(Method::GET, HOST, target)
}

fn post(body: impl Into<tls::http::Bytes>) -> ClientRequest {
    ClientRequest::new(Method::POST, HOST, "/").with_body(body)
}

#[tokio::test]
async fn requests_in_turn_share_one_connection() {
    within(async {
        let world = World::new();
        let running = echo_tls(world.strict_server()).await;
        let client = client(running.server.address(), ClientLimits::default());
        let config = world.client_config();
        for number in 0..20 {
            let answer = client.send(&config, post(format!("{number}"))).await;
            let answer = answer.unwrap();
            assert_eq!(answer.status, StatusCode::OK);
            assert_eq!(answer.body, format!("{number}"));
        }
        assert_eq!(running.log.connections(), 1);
        let requests = running.log.requests.lock().unwrap();
        for request in requests.iter() {
            assert_eq!(request.peer.as_ref().unwrap().name(), "peer.example");
            assert_eq!(request.headers[header::HOST], HOST);
        }
    })
    .await;
}

#[tokio::test]
async fn another_configuration_has_other_connections() {
    within(async {
        let world = World::new();
        let running = echo_tls(world.strict_server()).await;
        let client = client(running.server.address(), ClientLimits::default());
        let second = world.authority.leaf("second.example");
        let first = world.client_config();
        let second = client_config(Some(&second), world.authority.judge());
        for config in [&first, &second, &first, &second] {
            client.send(config, get("/")).await.unwrap();
        }
        assert_eq!(running.log.connections(), 2);
        let requests = running.log.requests.lock().unwrap();
        let names: Vec<_> = requests
            .iter()
            .map(|request| request.peer.as_ref().unwrap().name().to_owned())
            .collect();
        assert_eq!(
            names,
            [
                "peer.example",
                "second.example",
                "peer.example",
                "second.example"
            ]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_requests_at_once_keep_to_the_limit() {
    within(async {
        let world = World::new();
        let running = echo_tls(world.strict_server()).await;
        let limits = ClientLimits {
            connections_per_host: 8,
            request: Duration::from_secs(50),
            ..ClientLimits::default()
        };
        let client = client(running.server.address(), limits);
        let config = world.client_config();
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..200u32 {
            let (client, config) = (client.clone(), config.clone());
            tasks.spawn(async move {
                let body = number.to_be_bytes().repeat(2000);
                let answer = client.send(&config, post(body.clone())).await.unwrap();
                assert_eq!(answer.body, body);
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
        }
        assert_eq!(running.log.count(), 200);
        let connections = running.log.connections();
        assert!((1..=8).contains(&connections), "{connections}");
    })
    .await;
}

#[tokio::test]
async fn a_refused_server_hears_no_request() {
    within(async {
        let world = World::new();
        let mut running = echo_tls(world.strict_server()).await;
        let client = client(running.server.address(), ClientLimits::default());
        let suspicious = client_config(Some(&world.client), Authority::new("other").judge());
        let error = client.send(&suspicious, post("secret")).await.unwrap_err();
        assert_eq!(error.code(), "certificate-chain-invalid");
        let alert = Alert::UNKNOWN_CA;
        assert_eq!(
            running.failures.recv().await,
            Some(Error::RefusedByPeer { alert })
        );
        assert_eq!(running.log.count(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_refused_client_learns_the_alert_and_is_not_served() {
    within(async {
        let world = World::new();
        let mut running = echo_tls(world.strict_server()).await;
        let client = client(running.server.address(), ClientLimits::default());
        let stranger = Authority::new("stranger").leaf("peer.example");
        let alert = Alert::UNKNOWN_CA;
        let config = client_config(Some(&stranger), world.authority.judge());
        let error = client.send(&config, post("x")).await.unwrap_err();
        assert_eq!(error, Error::RefusedByPeer { alert });
        let refused = running.failures.recv().await.unwrap();
        assert_eq!(refused.code(), "certificate-chain-invalid");

        let alert = Alert::CERTIFICATE_REQUIRED;
        let config = client_config(None, world.authority.judge());
        let error = client.send(&config, post("x")).await.unwrap_err();
        assert_eq!(error, Error::RefusedByPeer { alert });
        let refused = running.failures.recv().await.unwrap();
        assert_eq!(refused.code(), "certificate-missing");
        assert_eq!(running.log.count(), 0);
    })
    .await;
}

#[tokio::test]
async fn only_the_table_of_hosts_is_connected_to() {
    within(async {
        let world = World::new();
        let config = world.client_config();
        let client = Client::new(Hosts::default(), ClientLimits::default());
        // A name that every system resolves, and one that is an address.
        for host in ["localhost", "127.0.0.1", HOST] {
            let request = ClientRequest::new(Method::GET, host, "/");
            let error = client.send(&config, request).await.unwrap_err();
            assert_eq!(error, Error::HostUnknown(host.to_owned()));
        }
        for name in ["x:443", "", "a b"] {
            let address = Address::Dns { port: 443 };
            assert!(Hosts::new([(name, address)]).is_err(), "{name:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn names_are_looked_up_without_regard_to_case_and_in_dns_where_the_table_says_so() {
    within(async {
        let world = World::new();
        let running = echo_tls(world.strict_server()).await;
        let address = running.server.address();
        let upper = HOST.to_ascii_uppercase();
        let client = Client::new(
            Hosts::new([(upper.as_str(), Address::At(address))]).unwrap(),
            ClientLimits::default(),
        );
        let config = world.client_config();
        client.send(&config, get("/")).await.unwrap();
        let request = ClientRequest::new(Method::GET, &upper, "/");
        client.send(&config, request).await.unwrap();
        assert_eq!(running.log.connections(), 1);

        let port = address.port();
        let hosts = Hosts::new([("localhost", Address::Dns { port })]).unwrap();
        let client = Client::new(hosts, ClientLimits::default());
        let request = ClientRequest::new(Method::GET, "localhost", "/");
        // It got as far as the server's certificate, which has another name.
        let error = client.send(&config, request).await.unwrap_err();
        assert_eq!(error.code(), "certificate-host-wrong");
    })
    .await;
}

#[tokio::test]
async fn a_redirect_is_an_answer_like_others() {
    within(async {
        let world = World::new();
        let handler = |_: Request| async {
            let mut response = Response::new(StatusCode::FOUND);
            let elsewhere = header::HeaderValue::from_static("https://elsewhere.example/");
            response.headers.insert(header::LOCATION, elsewhere);
            response
        };
        let transport = Transport::Tls(world.strict_server());
        let limits = ServerLimits::default();
        let server = serve(listener().await, transport, limits, handler).unwrap();
        let client = client(server.address(), ClientLimits::default());
        let answer = client.send(&world.client_config(), get("/")).await.unwrap();
        assert_eq!(answer.status, StatusCode::FOUND);
        assert_eq!(
            answer.headers[header::LOCATION],
            "https://elsewhere.example/"
        );
    })
    .await;
}

#[tokio::test]
async fn requests_that_could_be_read_in_two_ways_are_not_sent() {
    within(async {
        let world = World::new();
        let running = echo_tls(world.strict_server()).await;
        let client = client(running.server.address(), ClientLimits::default());
        let config = world.client_config();
        let mut requests = vec![ClientRequest::new(Method::CONNECT, HOST, "/")];
        for target in ["", "x", "*", "https://x/", "/a b", "/\r\nX: y", "/\0"] {
            requests.push(get(target));
        }
        for name in ["host", "content-length", "transfer-encoding", "connection"] {
            let mut request = get("/");
            let name = header::HeaderName::from_static(name);
            request.headers.insert(name, "1".parse().unwrap());
            requests.push(request);
        }
        for request in requests {
            let error = client.send(&config, request.clone()).await.unwrap_err();
            assert!(matches!(error, Error::RequestInvalid(_)), "{request:?}");
        }
        assert_eq!(running.log.count(), 0);
    })
    .await;
}

/// A TLS server whose HTTP is written by hand: reads a request's head, writes
/// `answer`, says goodbye if asked, and closes.
async fn by_hand(world: &World, answer: Vec<u8>, goodbye: bool) -> SocketAddr {
    let (listener, config) = (listener().await, world.strict_server());
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let mut stream = tls::accept(&config, tcp, deadline()).await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let _ = stream.write_all(&answer).await;
            if goodbye {
                let _ = stream.shutdown().await;
            }
        }
    });
    address
}

#[tokio::test]
async fn answers_beyond_a_limit_or_malformed_are_refused() {
    within(async {
        let world = World::new();
        let config = world.client_config();
        let limits = ClientLimits {
            body_octets: 10,
            head_octets: 200,
            ..ClientLimits::default()
        };
        let long = "a".repeat(300);
        let is_malformed = |error: &Error| matches!(error, Error::HttpMalformed(_));
        let is_too_large = |error: &Error| *error == Error::BodyTooLarge { limit: 10 };
        let is_head = |error: &Error| *error == Error::HeadTooLarge;
        let is_cut = |error: &Error| *error == Error::Closed;
        type Check<'a> = &'a dyn Fn(&Error) -> bool;
        let cases: [(&str, bool, Check<'_>); 9] = [
            ("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n01234567890", true, &is_too_large),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n",
             true, &is_too_large),
            ("HTTP/1.1 200 OK\r\n\r\n01234567890", true, &is_too_large),
            (&format!("HTTP/1.1 200 OK\r\nX: {long}\r\n\r\n"), true, &is_head),
            ("SMTP ready\r\n\r\n", true, &is_malformed),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhalf", true, &is_cut),
            // Without a length the answer ends with the connection: it counts
            // as whole only after a goodbye.
            ("HTTP/1.1 200 OK\r\n\r\nhalf", false, &is_cut),
            ("HTTP/1.1 200", true, &is_cut),
            ("", false, &is_cut),
        ];
        for (answer, goodbye, check) in cases {
            let address = by_hand(&world, answer.into(), goodbye).await;
            let client = client(address, limits.clone());
            let error = client.send(&config, get("/")).await.unwrap_err();
            assert!(check(&error), "{answer:?}: {error:?}");
        }
        let address = by_hand(&world, "HTTP/1.1 200 OK\r\n\r\n0123456789".into(), true).await;
        let answer = client(address, limits).send(&config, get("/")).await;
        assert_eq!(answer.unwrap().body, "0123456789");
    })
    .await;
}

#[tokio::test]
async fn a_request_has_one_time_for_everything() {
    within(async {
        let world = World::new();
        let config = world.client_config();
        let limits = ClientLimits {
            request: Duration::from_secs(1),
            connections_per_host: 1,
            ..ClientLimits::default()
        };
        let handler = |_| std::future::pending::<Response>();
        let transport = Transport::Tls(world.strict_server());
        let server = serve(
            listener().await,
            transport,
            ServerLimits::default(),
            handler,
        )
        .unwrap();
        let slow = client(server.address(), limits.clone());
        let (first, second) = tokio::join!(
            slow.send(&config, get("/")),
            slow.send(&config, get("/waits-for-the-first"))
        );
        for error in [first.unwrap_err(), second.unwrap_err()] {
            assert!(matches!(error, Error::Timeout(_)), "{error:?}");
        }

        // A server that takes the connection and never speaks.
        let silent = listener().await;
        let silent_client = client(silent.local_addr().unwrap(), limits);
        let error = silent_client.send(&config, get("/")).await.unwrap_err();
        assert!(matches!(error, Error::Timeout(_)), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_replaced() {
    within(async {
        let world = World::new();
        let limits = ServerLimits {
            keep_alive: false,
            ..ServerLimits::default()
        };
        let running = echo(Transport::Tls(world.strict_server()), limits).await;
        let client = client(running.server.address(), ClientLimits::default());
        let config = world.client_config();
        for _ in 0..5 {
            client.send(&config, post("again")).await.unwrap();
        }
        assert_eq!(running.log.connections(), 5);
    })
    .await;
}

#[tokio::test]
async fn an_idle_connection_too_many_or_too_old_is_not_kept() {
    within(async {
        let world = World::new();
        for limits in [
            ClientLimits {
                idle_connections: 0,
                ..ClientLimits::default()
            },
            ClientLimits {
                idle: Duration::ZERO,
                ..ClientLimits::default()
            },
        ] {
            let running = echo_tls(world.strict_server()).await;
            let client = client(running.server.address(), limits);
            let config = world.client_config();
            for _ in 0..3 {
                client.send(&config, get("/")).await.unwrap();
            }
            assert_eq!(running.log.connections(), 3);
        }
    })
    .await;
}

#[tokio::test]
async fn dropping_the_client_closes_its_connections() {
    within(async {
        let world = World::new();
        let (listener, config) = (listener().await, world.strict_server());
        let client = client(listener.local_addr().unwrap(), ClientLimits::default());
        let client_config = Arc::new(world.client_config());
        let server = async {
            let (tcp, _) = listener.accept().await.unwrap();
            let mut stream = tls::accept(&config, tcp, deadline()).await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
            stream.write_all(answer).await.unwrap();
            stream
        };
        let (answer, mut stream) = tokio::join!(client.send(&client_config, get("/")), server);
        assert_eq!(answer.unwrap().status, StatusCode::NO_CONTENT);
        drop(client);
        // With a goodbye, else this were an error.
        assert_eq!(stream.read(&mut [0; 1]).await.unwrap(), 0);
    })
    .await;
}
