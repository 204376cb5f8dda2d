//! Handshakes that succeed, in both versions and both roles (TS 33.210 clause
//! 6.2; RFC 8446 clause 4, RFC 5246 clause 7.3).

use openssl::ssl::SslVersion;
use tls::{ClientAuthentication, Error};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::raw::Raw;
use crate::support::{HOST, World, client_config, deadline, shake, tcp_pair, within};

#[tokio::test]
async fn both_sides_learn_who_the_other_is() {
    within(async {
        let world = World::new();
        let (client, server) = shake(&world.client_config(), &world.strict_server()).await;
        let (mut client, mut server) = (client.unwrap(), server.unwrap());
        assert_eq!(client.version(), "TLSv1.3");
        assert_eq!(client.cipher_suite(), Some("TLS_AES_128_GCM_SHA256"));
        assert_eq!(client.peer().unwrap().name(), HOST);
        assert_eq!(client.peer().unwrap().leaf(), world.server.der());
        assert_eq!(server.peer().unwrap().name(), "peer.example");
        assert_eq!(server.peer().unwrap().leaf(), world.client.der());
        assert_eq!(server.server_name(), Some(HOST));

        client.write_all(b"question").await.unwrap();
        let mut heard = [0; 8];
        server.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"question");
        server.write_all(b"answer").await.unwrap();
        server.shutdown().await.unwrap();
        let mut heard = Vec::new();
        client.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, b"answer");
    })
    .await;
}

#[tokio::test]
async fn our_server_takes_a_client_of_either_version() {
    within(async {
        let world = World::new();
        for (version, name) in VERSIONS {
            let (ours, theirs) = tcp_pair().await;
            let raw = Raw::new().only(version).showing(&world.client, &[]);
            let config = world.strict_server();
            let (client, server) =
                tokio::join!(raw.connect(theirs), tls::accept(&config, ours, deadline()));
            let (client, server) = (client.unwrap(), server.unwrap());
            assert_eq!(server.version(), name);
            assert_eq!(server.peer().unwrap().name(), "peer.example");
            assert_is_modern(server.cipher_suite().unwrap());
            assert_eq!(
                client.ssl().peer_certificate().unwrap().to_der().unwrap(),
                world.server.der()
            );
        }
    })
    .await;
}

#[tokio::test]
async fn our_client_takes_a_server_of_either_version() {
    within(async {
        let world = World::new();
        for (version, name) in VERSIONS {
            let (ours, theirs) = tcp_pair().await;
            let raw = Raw::new().only(version).showing(&world.server, &[]);
            let config = client_config(None, world.authority.judge());
            let (client, server) = tokio::join!(
                tls::connect(&config, ours, HOST, deadline()),
                raw.accept(theirs)
            );
            let (client, _server) = (client.unwrap(), server.unwrap());
            assert_eq!(client.version(), name);
            assert_eq!(client.peer().unwrap().name(), HOST);
            assert_is_modern(client.cipher_suite().unwrap());
        }
    })
    .await;
}

#[tokio::test]
async fn a_client_may_stay_anonymous_where_the_server_lets_it() {
    within(async {
        let world = World::new();
        let judge = world.authority.judge();
        for clients in [
            ClientAuthentication::None,
            ClientAuthentication::Optional(judge.clone()),
        ] {
            let config = world.server_config(clients);
            let anonymous = client_config(None, world.authority.judge());
            let (client, server) = shake(&anonymous, &config).await;
            client.unwrap();
            assert_eq!(server.unwrap().peer(), None);
        }
        assert_eq!(judge.calls(), 0);

        let config = world.server_config(ClientAuthentication::Optional(judge));
        let (_client, server) = shake(&world.client_config(), &config).await;
        assert_eq!(server.unwrap().peer().unwrap().name(), "peer.example");
    })
    .await;
}

#[tokio::test]
async fn an_address_is_no_server_name_but_is_judged() {
    within(async {
        let world = World::new();
        let by_address = world.authority.leaf("127.0.0.1");
        let (ours, theirs) = tcp_pair().await;
        let raw = Raw::new().showing(&by_address, &[]);
        let config = client_config(None, world.authority.judge());
        let (client, server) = tokio::join!(
            tls::connect(&config, ours, "127.0.0.1", deadline()),
            raw.accept(theirs)
        );
        assert_eq!(client.unwrap().peer().unwrap().name(), "127.0.0.1");
        let indicated = openssl::ssl::NameType::HOST_NAME;
        assert_eq!(server.unwrap().ssl().servername(indicated), None);
    })
    .await;
}

#[tokio::test]
async fn a_cut_connection_is_told_from_a_finished_one() {
    within(async {
        let world = World::new();
        for (version, _) in VERSIONS {
            for finishes in [true, false] {
                let (ours, theirs) = tcp_pair().await;
                let raw = Raw::new().only(version).showing(&world.client, &[]);
                let config = world.strict_server();
                let (client, server) =
                    tokio::join!(raw.connect(theirs), tls::accept(&config, ours, deadline()));
                let (mut client, mut server) = (client.unwrap(), server.unwrap());
                client.write_all(b"all of it?").await.unwrap();
                if finishes {
                    client.shutdown().await.unwrap();
                } else {
                    client.get_mut().shutdown().await.unwrap();
                }
                let mut heard = Vec::new();
                let ended = server.read_to_end(&mut heard).await;
                assert_eq!(heard, b"all of it?");
                let wanted = if finishes { Ok(10) } else { Err(Error::Closed) };
                assert_eq!(ended.map_err(Error::from), wanted);
                // And it stays what it was.
                let again = server.read(&mut [0; 1]).await.map_err(Error::from);
                assert_eq!(again.is_ok(), finishes);
            }
        }
    })
    .await;
}

const VERSIONS: [(SslVersion, &str); 2] = [
    (SslVersion::TLS1_2, "TLSv1.2"),
    (SslVersion::TLS1_3, "TLSv1.3"),
];

/// TS 33.210 clause 6.2: forward secrecy and AEAD.
fn assert_is_modern(suite: &str) {
    assert!(
        suite.starts_with("TLS_ECDHE_") || !suite.contains("_WITH_"),
        "{suite}"
    );
    assert!(
        suite.contains("_GCM_") || suite.contains("_CHACHA20_POLY1305_"),
        "{suite}"
    );
}
