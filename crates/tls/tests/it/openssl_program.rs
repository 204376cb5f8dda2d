//! Debian's `openssl s_client` and `s_server` as the other side: another version
//! of the library, another program (RFC 8446, RFC 5246).

use std::ffi::OsStr;

use tls::http::{ClientLimits, ClientRequest, Method, StatusCode};
use tls::{Alert, Error};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::http::{client, echo_tls};
use crate::support::program::{OpenSsl, accepting_port, ended, find};
use crate::support::{HOST, World, client_config, deadline, listener, within};

#[test]
fn a_missing_program_fails_in_ci_and_is_skipped_elsewhere() {
    let nowhere = OsStr::new("/nonexistent");
    assert!(find("openssl", nowhere, true).is_err());
    assert_eq!(find("openssl", nowhere, false), Ok(None));
}

/// The files that both of the program's roles need.
fn files(openssl: &OpenSsl, world: &World) {
    openssl.certificate("ca.pem", &world.authority.certificate);
    openssl.certificate("client.pem", &world.client.certificate);
    openssl.key("client.key", &world.client.key);
    openssl.certificate("server.pem", &world.server.certificate);
    openssl.key("server.key", &world.server.key);
}

#[tokio::test]
async fn s_client_talks_to_our_server_in_both_versions() {
    let Some(openssl) = OpenSsl::new("s_client") else {
        return;
    };
    within(async {
        let world = World::new();
        files(&openssl, &world);
        let running = echo_tls(world.strict_server()).await;
        let address = running.server.address().to_string();
        for (flag, protocol) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
            let mut child = openssl.start(&[
                "s_client",
                "-connect",
                &address,
                "-servername",
                HOST,
                flag,
                "-CAfile",
                "ca.pem",
                "-verify_return_error",
                "-verify_hostname",
                HOST,
                "-cert",
                "client.pem",
                "-key",
                "client.key",
                "-ign_eof",
            ]);
            let mut stdin = child.stdin.take().unwrap();
            let request =
                b"POST / HTTP/1.1\nHost: x\nConnection: close\nContent-Length: 5\n\nhello";
            stdin.write_all(request).await.unwrap();
            stdin.flush().await.unwrap();
            let (well, text) = ended(child).await;
            assert!(well, "{text}");
            for wanted in [
                "Verify return code: 0 (ok)",
                "Compression: NONE",
                "HTTP/1.1 200 OK",
                &format!("New, {protocol}, Cipher is"),
            ] {
                assert!(text.contains(wanted), "no {wanted:?} in {text}");
            }
        }
        assert_eq!(running.log.count(), 2);
        for request in running.log.requests.lock().unwrap().iter() {
            assert_eq!(request.peer.as_ref().unwrap().name(), "peer.example");
            assert_eq!(request.body, "hello");
        }
    })
    .await;
}

#[tokio::test]
async fn s_client_with_an_old_version_is_refused_by_name() {
    let Some(openssl) = OpenSsl::new("old-versions") else {
        return;
    };
    within(async {
        let world = World::new();
        let mut running = echo_tls(world.strict_server()).await;
        let address = running.server.address().to_string();
        for (flag, offered) in [("-tls1", "TLS 1.0"), ("-tls1_1", "TLS 1.1")] {
            let line = [
                "s_client",
                "-connect",
                &address,
                flag,
                "-cipher",
                "DEFAULT@SECLEVEL=0",
            ];
            let (well, text) = openssl.run(&line).await;
            assert!(!well, "{text}");
            assert!(text.contains("alert protocol version"), "{text}");
            let offered = offered.to_owned();
            assert_eq!(
                running.failures.recv().await,
                Some(Error::VersionMismatch { offered })
            );
        }
    })
    .await;
}

#[tokio::test]
async fn s_client_can_not_renegotiate() {
    let Some(openssl) = OpenSsl::new("renegotiation") else {
        return;
    };
    within(async {
        let world = World::new();
        files(&openssl, &world);
        let (listener, config) = (listener().await, world.strict_server());
        let address = listener.local_addr().unwrap().to_string();
        let mut child = openssl.start(&[
            "s_client",
            "-connect",
            &address,
            "-tls1_2",
            "-cert",
            "client.pem",
            "-key",
            "client.key",
        ]);
        let (tcp, _) = listener.accept().await.unwrap();
        let mut stream = tls::accept(&config, tcp, deadline()).await.unwrap();
        // A line that is R alone makes s_client ask for a renegotiation.
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(b"R\n").await.unwrap();
        stdin.flush().await.unwrap();
        let mut heard = Vec::new();
        // The refusal is a warning; s_client gives up over it.
        let _ = stream.read_to_end(&mut heard).await;
        assert_eq!(heard, b"");
        drop(stream);
        let (_, text) = ended(child).await;
        assert!(text.contains("RENEGOTIATING"), "{text}");
        assert!(text.contains("no renegotiation"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn s_server_can_not_make_our_client_renegotiate() {
    let Some(openssl) = OpenSsl::new("hello-request") else {
        return;
    };
    within(async {
        let world = World::new();
        files(&openssl, &world);
        let mut child = openssl.start(&[
            "s_server",
            "-accept",
            "127.0.0.1:0",
            "-tls1_2",
            "-cert",
            "server.pem",
            "-key",
            "server.key",
            "-state",
        ]);
        let port = accepting_port(&mut child).await;
        let config = world.client_config();
        let tcp = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let mut stream = tls::connect(&config, tcp, HOST, deadline()).await.unwrap();
        // A line that begins with r makes s_server send a HelloRequest.
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(b"r\n").await.unwrap();
        stdin.flush().await.unwrap();
        // Our client says no with a warning, and s_server gives up over it.
        let error = stream.read(&mut [0; 64]).await.unwrap_err();
        let alert = Alert::HANDSHAKE_FAILURE;
        assert_eq!(Error::from(error), Error::RefusedByPeer { alert });
        child.start_kill().unwrap();
        let (_, text) = ended(child).await;
        assert!(text.contains("write hello request"), "{text}");
        assert!(
            text.contains("alert read:warning:no renegotiation"),
            "{text}"
        );
    })
    .await;
}

#[tokio::test]
async fn our_client_talks_to_s_server_in_both_versions() {
    let Some(openssl) = OpenSsl::new("s_server") else {
        return;
    };
    within(async {
        let world = World::new();
        files(&openssl, &world);
        for (flag, protocol) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
            let mut child = openssl.start(&[
                "s_server",
                "-accept",
                "127.0.0.1:0",
                flag,
                "-cert",
                "server.pem",
                "-key",
                "server.key",
                "-CAfile",
                "ca.pem",
                "-Verify",
                "2",
                "-verify_return_error",
                "-www",
            ]);
            let address = ([127, 0, 0, 1], accepting_port(&mut child).await).into();
            let config = world.client_config();
            let client = client(address, ClientLimits::default());
            let request = ClientRequest::new(Method::GET, HOST, "/");
            let answer = client.send(&config, request).await.unwrap();
            assert_eq!(answer.status, StatusCode::OK);
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(
                text.contains(&format!("New, {protocol}, Cipher is")),
                "{text}"
            );
            // It prints the certificate that it verified; with how many spaces
            // depends on its version.
            let squeezed = text.replace(' ', "");
            assert!(squeezed.contains("Subject:CN=peer.example"), "{text}");
            // Of our groups it knows all but the hybrid one.
            let groups = "Sharedgroups:x25519:secp256r1:secp384r1\n";
            assert!(squeezed.contains(groups), "{text}");
            if flag == "-tls1_2" {
                assert!(squeezed.contains("Extendedmastersecret:yes"), "{text}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn s_server_is_refused_by_what_its_certificate_says() {
    let Some(openssl) = OpenSsl::new("wrong-name") else {
        return;
    };
    within(async {
        let world = World::new();
        files(&openssl, &world);
        let mut child = openssl.start(&[
            "s_server",
            "-accept",
            "127.0.0.1:0",
            "-cert",
            "server.pem",
            "-key",
            "server.key",
        ]);
        let port = accepting_port(&mut child).await;
        let config = client_config(None, world.authority.judge());
        let tcp = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let name = "dpf.mnc002.mcc001.rehome.test";
        let error = tls::connect(&config, tcp, name, deadline()).await;
        assert_eq!(error.unwrap_err().code(), "certificate-host-wrong");
        child.start_kill().unwrap();
        let (_, text) = ended(child).await;
        assert!(text.contains("alert handshake failure"), "{text}");
    })
    .await;
}
