//! Peers with which there is nothing in common, peers that speak something
//! else, and peers that say nothing (TS 33.210 clause 6.2; RFC 8446 clause 4.1).

use std::time::Duration;

use openssl::ssl::SslVersion;
use tls::{ClientAuthentication, Error};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

use crate::support::raw::Raw;
use crate::support::{HOST, World, client_config, deadline, tcp_pair, within};

/// What our server, which asks for no certificate, says of a raw client.
async fn refused(raw: Raw) -> (Error, String) {
    let world = World::new();
    let config = world.server_config(ClientAuthentication::None);
    let (ours, theirs) = tcp_pair().await;
    let (client, server) =
        tokio::join!(raw.connect(theirs), tls::accept(&config, ours, deadline()));
    (server.map(drop).unwrap_err(), client.map(drop).unwrap_err())
}

#[tokio::test]
async fn a_client_of_an_old_version_is_refused_by_name() {
    within(async {
        for (version, offered) in [
            (SslVersion::TLS1, "TLS 1.0"),
            (SslVersion::TLS1_1, "TLS 1.1"),
        ] {
            let (error, heard) = refused(Raw::new().only(version)).await;
            let offered = offered.to_owned();
            assert_eq!(error, Error::VersionMismatch { offered });
            assert!(heard.contains("alert protocol version"), "{heard}");
        }
    })
    .await;
}

/// A ServerHello of TLS 1.0 or 1.1 as RFC 4346 clause 7.4.1.3 lays it out,
/// with TLS_RSA_WITH_AES_128_CBC_SHA.
fn old_server_hello(minor: u8) -> Vec<u8> {
    let mut hello = vec![22, 3, minor, 0, 42, 2, 0, 0, 38, 3, minor];
    hello.extend([7; 32]);
    hello.extend([0, 0x00, 0x2f, 0]);
    hello
}

#[tokio::test]
async fn a_server_that_chooses_an_old_version_is_refused_by_name() {
    within(async {
        let world = World::new();
        let config = client_config(None, world.authority.judge());
        for (minor, offered) in [(1, "TLS 1.0"), (2, "TLS 1.1")] {
            let (ours, mut theirs) = tcp_pair().await;
            let server = async {
                let mut first = [0; 5];
                theirs.read_exact(&mut first).await.unwrap();
                theirs.write_all(&old_server_hello(minor)).await.unwrap();
                let mut rest = Vec::new();
                theirs.read_to_end(&mut rest).await.unwrap();
                rest
            };
            let (client, sent) =
                tokio::join!(tls::connect(&config, ours, HOST, deadline()), server);
            let offered = offered.to_owned();
            assert_eq!(
                client.map(drop).unwrap_err(),
                Error::VersionMismatch { offered }
            );
            // A fatal alert protocol_version ends what the client sent.
            assert_eq!(sent[sent.len() - 2..], [2, 70]);
        }
    })
    .await;
}

#[tokio::test]
async fn suites_without_forward_secrecy_or_aead_are_refused_by_name() {
    within(async {
        for (suites, offered) in [
            ("AES128-GCM-SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256"),
            (
                "ECDHE-ECDSA-AES128-SHA256:DHE-RSA-AES128-GCM-SHA256",
                "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
            ),
            (
                "ECDHE-ECDSA-AES128-SHA",
                "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
            ),
        ] {
            let raw = Raw::new().only(SslVersion::TLS1_2).suites(suites);
            let (error, heard) = refused(raw).await;
            let offered = offered.to_owned();
            assert_eq!(error, Error::SuiteMismatch { offered });
            assert!(heard.contains("alert handshake failure"), "{heard}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_suite_that_the_library_does_not_know_is_named_by_its_number() {
    within(async {
        let world = World::new();
        let config = world.server_config(ClientAuthentication::None);
        let (ours, mut theirs) = tcp_pair().await;
        // A ClientHello of TLS 1.2 with the suites 0x0003 (RC4 with 40 bits, in
        // no build) and 0x00ff (no suite, RFC 5746), without extensions.
        let mut hello = vec![22, 3, 1, 0, 47, 1, 0, 0, 43, 3, 3];
        hello.extend([7; 32]);
        hello.extend([0, 0, 4, 0x00, 0x03, 0x00, 0xff, 1, 0]);
        let client = async {
            theirs.write_all(&hello).await.unwrap();
            let mut answer = Vec::new();
            theirs.read_to_end(&mut answer).await.unwrap();
            answer
        };
        let (answer, server) = tokio::join!(client, tls::accept(&config, ours, deadline()));
        let offered = "0x0003".to_owned();
        assert_eq!(
            server.map(drop).unwrap_err(),
            Error::SuiteMismatch { offered }
        );
        assert_eq!(answer, [21, 3, 3, 0, 2, 2, 40]);
    })
    .await;
}

#[tokio::test]
async fn foreign_groups_and_weak_signature_algorithms_are_refused() {
    within(async {
        let (error, _) = refused(Raw::new().only(SslVersion::TLS1_3).groups("P-521")).await;
        assert_eq!(error, Error::ParameterMismatch("group"));
        let weak = "ecdsa_sha1:rsa_pkcs1_sha1";
        let raw = Raw::new()
            .only(SslVersion::TLS1_2)
            .signature_algorithms(weak);
        let (error, _) = refused(raw).await;
        assert_eq!(error, Error::ParameterMismatch("signature algorithm"));
    })
    .await;
}

#[tokio::test]
async fn other_protocols_are_refused() {
    within(async {
        let world = World::new();
        let config = world.server_config(ClientAuthentication::None);
        for (octets, words) in [
            (&b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..], "http request"),
            (&[0xff; 64], "wrong version number"),
            (&[22, 3, 1, 0, 4, 9, 0, 0, 0], "unexpected message"),
        ] {
            let (ours, mut theirs) = tcp_pair().await;
            theirs.write_all(octets).await.unwrap();
            theirs.shutdown().await.unwrap();
            let error = tls::accept(&config, ours, deadline()).await.unwrap_err();
            let Error::PeerViolation(text) = error else {
                panic!("{error:?}");
            };
            assert_eq!(text, words);
        }
    })
    .await;
}

/// ClientHellos of SSL 2.0 (draft-hickman-netscape-ssl-00, CLIENT-HELLO) for
/// that version, for 3.0 and for TLS 1.0 (RFC 5246 appendix E.2), and one of SSL
/// 3.0 in a record of its own (RFC 6101 clause 5.6.1.2).
fn ssl_hellos() -> [(Vec<u8>, &'static str); 4] {
    let of_two = |version: [u8; 2]| {
        // Type, version, lengths of suites, session identifier and challenge.
        let mut hello = vec![0x80, 31, 1, version[0], version[1], 0, 6, 0, 0, 0, 16];
        // SSL_CK_RC4_128_WITH_MD5 and TLS_RSA_WITH_3DES_EDE_CBC_SHA.
        hello.extend([0x01, 0x00, 0x80, 0x00, 0x00, 0x0a]);
        hello.extend([7; 16]);
        hello
    };
    let mut of_three = vec![22, 3, 0, 0, 45, 1, 0, 0, 41, 3, 0];
    of_three.extend([7; 32]);
    // TLS_RSA_WITH_RC4_128_SHA and the suite with 3DES.
    of_three.extend([0, 0, 4, 0x00, 0x05, 0x00, 0x0a, 1, 0]);
    of_three[4] = u8::try_from(of_three.len() - 5).unwrap();
    of_three[8] = u8::try_from(of_three.len() - 9).unwrap();
    [
        (of_two([0, 2]), "SSL 2.0"),
        (of_two([3, 0]), "SSL 3.0 as SSL 2.0 has it"),
        (of_two([3, 1]), "TLS 1.0 as SSL 2.0 has it"),
        (of_three, "SSL 3.0"),
    ]
}

#[tokio::test]
async fn nobody_gets_a_session_of_ssl() {
    within(async {
        let world = World::new();
        let config = world.server_config(ClientAuthentication::None);
        for (hello, name) in ssl_hellos() {
            let (ours, mut theirs) = tcp_pair().await;
            let client = async {
                theirs.write_all(&hello).await.unwrap();
                let mut answer = Vec::new();
                theirs.read_to_end(&mut answer).await.unwrap();
                answer
            };
            let (answer, server) = tokio::join!(client, tls::accept(&config, ours, deadline()));
            let error = server.map(drop).unwrap_err();
            let refused = matches!(
                error,
                Error::VersionMismatch { .. } | Error::PeerViolation(_)
            );
            assert!(refused, "{name}: {error:?}");
            // An alert of the level fatal is all that comes back, if anything does:
            // no ServerHello, which is of the type 22, or 4 in SSL 2.0.
            match answer.as_slice() {
                [] | [21, 3, _, 0, 2, 2, _] => {}
                other => panic!("{name}: {other:?}"),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_silent_peer_runs_into_the_deadline_in_both_roles() {
    within(async {
        let world = World::new();
        let soon = || Instant::now() + Duration::from_millis(50);
        let (ours, _silent) = tcp_pair().await;
        let error = tls::accept(&world.strict_server(), ours, soon()).await;
        assert_eq!(error.map(drop), Err(Error::Timeout("handshake")));
        let (ours, _silent) = tcp_pair().await;
        let error = tls::connect(&world.client_config(), ours, HOST, soon()).await;
        assert_eq!(error.map(drop), Err(Error::Timeout("handshake")));
    })
    .await;
}

#[tokio::test]
async fn a_peer_that_leaves_in_the_middle_is_told_from_one_that_refuses() {
    within(async {
        let world = World::new();
        for half_hello in [&[][..], &[22, 3, 1, 0, 100, 1]] {
            let (ours, mut theirs) = tcp_pair().await;
            theirs.write_all(half_hello).await.unwrap();
            drop(theirs);
            let error = tls::accept(&world.strict_server(), ours, deadline()).await;
            assert_eq!(error.map(drop), Err(Error::Closed));
        }
    })
    .await;
}
