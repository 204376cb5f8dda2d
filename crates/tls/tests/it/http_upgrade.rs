//! The upgrade to TLS inside HTTP/1.1, between our ends and peers written from the
//! clauses of RFC 2817.

use std::sync::Arc;
use std::time::Duration;

use tls::http::{
    ClientLimits, ClientRequest, Method, Request, Response, ServerLimits, StatusCode, Transport,
    serve,
};
use tls::{
    ClientAuthentication, ClientConfig, ClientSettings, CustomProfile, Error, Profile, Scp81,
    ServerConfig, Version,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch::{Receiver, channel};

use crate::support::http::{Running, client, echo, read_to_end, talk};
use crate::support::raw::Raw;
use crate::support::{HOST, World, listener, within};

fn server(world: &World, profile: Profile) -> Receiver<ServerConfig> {
    let own = world.server.credentials(&[]);
    let config = ServerConfig::new(profile, &own, ClientAuthentication::None);
    channel(config.unwrap()).1
}

async fn upgrading(world: &World, required: bool) -> Running {
    let tls = server(world, Profile::Dm);
    let transport = Transport::Upgrade { tls, required };
    echo(transport, ServerLimits::default()).await
}

fn settings(world: &World, profile: Profile) -> ClientSettings {
    let mut settings = ClientSettings::new(profile);
    settings.verifier = Some(world.authority.judge());
    settings.upgrade = true;
    settings
}

fn upgrades(world: &World) -> ClientConfig {
    ClientConfig::of(&settings(world, Profile::Dm)).unwrap()
}

/// To the end of a head.
async fn head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut octets = Vec::new();
    while !octets.ends_with(b"\r\n\r\n") {
        octets.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(octets).unwrap()
}

/// Clauses 3.1 and 3.3: the request that asks is answered over TLS.
#[tokio::test]
async fn our_server_goes_on_with_tls_and_answers_there() {
    within(async {
        let world = World::new();
        for (required, asked, token) in [
            (true, "TLS/1.0", "TLS/1.0"),
            (true, "HTTP/2.0, TLS/1.1, TLS/1.2", "TLS/1.2"),
            (false, "tls/1.2", "TLS/1.2"),
        ] {
            let running = upgrading(&world, required).await;
            let tcp = TcpStream::connect(running.server.address()).await;
            let mut tcp = tcp.unwrap();
            let request = format!(
                "GET /first HTTP/1.1\r\nHost: x\r\nUpgrade: {asked}\r\nConnection: Upgrade\r\n\r\n"
            );
            tcp.write_all(request.as_bytes()).await.unwrap();
            let answer = head(&mut tcp).await;
            let wanted = format!(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: {token}, HTTP/1.1\r\n\
                 Connection: Upgrade\r\n\r\n"
            );
            assert_eq!(answer, wanted);
            assert_eq!(running.log.count(), 0, "not before TLS");
            let mut stream = Raw::new().connect(tcp).await.unwrap();
            assert!(head(&mut stream).await.starts_with("HTTP/1.1 200 OK\r\n"));
            let next = b"GET /second HTTP/1.1\r\nHost: x\r\n\r\n";
            stream.write_all(next).await.unwrap();
            assert!(head(&mut stream).await.starts_with("HTTP/1.1 200 OK\r\n"));
            let requests = running.log.requests.lock().unwrap();
            let paths: Vec<_> = requests.iter().map(|one| one.path.clone()).collect();
            assert_eq!(paths, ["/first", "/second"]);
            assert!(!requests[0].headers.contains_key("upgrade"));
        }
    })
    .await;
}

/// Clause 4.2.
#[tokio::test]
async fn where_it_is_required_nothing_is_served_without() {
    within(async {
        let world = World::new();
        let running = upgrading(&world, true).await;
        let address = running.server.address();
        for request in [
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: TLS/1.2\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
            "GET / HTTP/1.0\r\nUpgrade: TLS/1.2\r\nConnection: Upgrade\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: SSL/3.0\r\nConnection: Upgrade\r\n\r\n",
            // The body would come before TLS.
            "POST / HTTP/1.1\r\nHost: x\r\nUpgrade: TLS/1.2\r\nConnection: Upgrade\r\n\
             Content-Length: 6\r\n\r\nsecret",
            "POST / HTTP/1.1\r\nHost: x\r\nUpgrade: TLS/1.2\r\nConnection: Upgrade\r\n\
             Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "no head\r\n\r\n",
        ] {
            let answer = talk(address, request.as_bytes(), false).await;
            let wanted = "HTTP/1.1 426 Upgrade Required\r\n\
                          Upgrade: TLS/1.2, TLS/1.1, TLS/1.0, HTTP/1.1\r\n";
            assert!(answer.starts_with(wanted), "{request}: {answer}");
            assert!(
                answer.contains("\r\nConnection: Upgrade, close\r\n"),
                "{answer}"
            );
        }
        let endless = vec![b'x'; 40_000];
        let answer = talk(address, &endless, false).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        assert_eq!(running.log.count(), 0);
    })
    .await;
}

/// What comes before TLS must not be taken for what comes inside of it.
#[tokio::test]
async fn octets_between_the_request_and_tls_are_refused() {
    within(async {
        let world = World::new();
        for required in [false, true] {
            let running = upgrading(&world, required).await;
            let request = b"GET /a HTTP/1.1\r\nHost: x\r\nUpgrade: TLS/1.2\r\n\
                            Connection: Upgrade\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n";
            let answer = talk(running.server.address(), request, false).await;
            assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
            assert_eq!(running.log.count(), 0);
        }
    })
    .await;
}

#[tokio::test]
async fn where_it_is_not_required_http_goes_on_as_it_was() {
    within(async {
        let world = World::new();
        let running = upgrading(&world, false).await;
        let requests = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello\
                         GET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        let answer = talk(running.server.address(), requests, false).await;
        assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 2, "{answer}");
        assert!(answer.contains("hello"), "{answer}");
        assert_eq!(running.log.count(), 2);
    })
    .await;
}

#[tokio::test]
async fn whoever_asks_nothing_costs_a_bounded_time() {
    within(async {
        let world = World::new();
        let tls = server(&world, Profile::Dm);
        let limits = ServerLimits {
            handshake: Duration::from_millis(300),
            ..ServerLimits::default()
        };
        let transport = Transport::Upgrade {
            tls,
            required: true,
        };
        let mut running = echo(transport, limits).await;
        let ask = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: TLS/1.2\r\nConnection: Upgrade\r\n\r\n";
        for (octets, what) in [("", "request"), ("GET /", "request"), (ask, "handshake")] {
            let tcp = TcpStream::connect(running.server.address()).await;
            let mut tcp = tcp.unwrap();
            tcp.write_all(octets.as_bytes()).await.unwrap();
            let failed = running.failures.recv().await;
            assert_eq!(failed, Some(Error::Timeout(what)));
        }
    })
    .await;
}

/// TS 33.210 clause 6.2 has no such upgrade; what goes beyond it is named.
#[tokio::test]
async fn no_other_profile_has_it() {
    let world = World::new();
    let suites = ["TLS_AES_128_GCM_SHA256"];
    let custom = CustomProfile::new((Version::Tls1_3, Version::Tls1_3), suites, true);
    let custom = Profile::Custom(Arc::new(custom.unwrap()));
    for profile in [Profile::ThreeGpp, custom, Profile::Scp81(Scp81::default())] {
        let name = profile.name();
        let wanted = format!(
            "TLS configuration wrong: the profile {name} has no upgrade to TLS inside HTTP, \
             only dm has"
        );
        let refused = ClientConfig::of(&settings(&world, profile.clone()));
        assert_eq!(refused.map(drop).unwrap_err().to_string(), wanted);
        if let Profile::Scp81(_) = profile {
            continue;
        }
        let transport = Transport::Upgrade {
            tls: server(&world, profile),
            required: true,
        };
        let limits = ServerLimits::default();
        let refused = serve(listener().await, transport, limits, nothing);
        assert_eq!(refused.map(drop).unwrap_err().to_string(), wanted);
    }
}

async fn nothing(_: Request) -> Response {
    panic!("nothing is served")
}

/// Clause 3.2: OPTIONS first, and nothing of the caller's before TLS.
#[tokio::test]
async fn our_client_sends_nothing_of_the_request_before_tls() {
    within(async {
        let world = World::new();
        let listener = listener().await;
        let client = client(listener.local_addr().unwrap(), ClientLimits::default());
        let mut request = ClientRequest::new(Method::POST, HOST, "/secret").with_body("secret");
        let value = "secret".parse().unwrap();
        request.headers.insert("authorization", value);
        let config = upgrades(&world);
        let sending = client.send(&config, request);
        let serving = async {
            let (mut tcp, _) = listener.accept().await.unwrap();
            let asked = head(&mut tcp).await;
            let wanted = format!(
                "OPTIONS * HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: TLS/1.2, TLS/1.1, TLS/1.0\r\n\
                 Connection: Upgrade\r\n\r\n"
            );
            assert_eq!(asked, wanted);
            let answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: TLS/1.0, HTTP/1.1\r\n\
                           Connection: Upgrade\r\n\r\n";
            tcp.write_all(answer).await.unwrap();
            let raw = Raw::new().showing(&world.server, &[]);
            let mut stream = raw.accept(tcp).await.unwrap();
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nof it";
            stream.write_all(answer).await.unwrap();
            let request = head(&mut stream).await;
            assert!(
                request.starts_with("POST /secret HTTP/1.1\r\n"),
                "{request}"
            );
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine";
            stream.write_all(answer).await.unwrap();
            stream
        };
        let (answer, _stream) = tokio::join!(sending, serving);
        let answer = answer.unwrap();
        assert_eq!(
            (answer.status, &*answer.body),
            (StatusCode::OK, &b"mine"[..])
        );
    })
    .await;
}

#[tokio::test]
async fn a_server_that_does_not_go_on_gets_no_request() {
    within(async {
        let world = World::new();
        for (answer, code) in [
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                "http-upgrade-refused",
            ),
            (
                "HTTP/1.1 426 Upgrade Required\r\n\r\n",
                "http-upgrade-refused",
            ),
            (
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
                "http-upgrade-refused",
            ),
            (
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: TLS/1.2\r\n\r\n",
                "http-upgrade-refused",
            ),
            ("HTTP/1.1 OK\r\n\r\n", "http-malformed"),
            ("HTTP/1.1 101 \r\nno field\r\n\r\n", "http-malformed"),
        ] {
            let listener = listener().await;
            let client = client(listener.local_addr().unwrap(), ClientLimits::default());
            let config = upgrades(&world);
            let request = ClientRequest::new(Method::GET, HOST, "/secret");
            let sending = client.send(&config, request);
            let serving = async {
                let (mut tcp, _) = listener.accept().await.unwrap();
                head(&mut tcp).await;
                tcp.write_all(answer.as_bytes()).await.unwrap();
                read_to_end(&mut tcp).await
            };
            let (error, rest) = tokio::join!(sending, serving);
            assert_eq!(error.unwrap_err().code(), code, "{answer}");
            assert_eq!(rest, "", "{answer}");
        }
    })
    .await;
}

#[tokio::test]
async fn both_of_ours_and_one_connection() {
    within(async {
        let world = World::new();
        let running = upgrading(&world, true).await;
        let client = client(running.server.address(), ClientLimits::default());
        let config = upgrades(&world);
        for body in ["one", "two"] {
            let request = ClientRequest::new(Method::POST, HOST, "/").with_body(body);
            let answer = client.send(&config, request).await.unwrap();
            assert_eq!(answer.body, body);
        }
        assert_eq!(running.log.connections(), 1);
        let requests = running.log.requests.lock().unwrap();
        let paths: Vec<_> = requests.iter().map(|one| one.path.clone()).collect();
        assert_eq!(paths, ["*", "/", "/"]);
    })
    .await;
}
