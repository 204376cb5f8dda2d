//! Handshakes that are refused by one side: our code, the peer's alert, and
//! nothing after it (RFC 8446 clauses 4.4.2.4 and 6.2).

use std::sync::Arc;

use openssl::ssl::SslVersion;
use tls::{Alert, ClientAuthentication, Error, PeerIdentity, Refusal, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::certificates::{ALWAYS, Authority, rsa};
use crate::support::judge::Says;
use crate::support::raw::Raw;
use crate::support::{HOST, World, client_config, deadline, shake, tcp_pair, within};

const BOTH: [SslVersion; 2] = [SslVersion::TLS1_2, SslVersion::TLS1_3];

/// What a raw client of one version hears from our server: the handshake's
/// error, or that of the first read, which is when TLS 1.3 hears of it.
async fn heard_by(raw: Raw, config: &ServerConfig) -> (String, Result<(), Error>) {
    let (ours, theirs) = tcp_pair().await;
    let client = async {
        let mut stream = match raw.connect(theirs).await {
            Ok(stream) => stream,
            Err(error) => return error,
        };
        // A client that is not told yet may send; the alert must still arrive.
        stream.write_all(&[0; 20_000]).await.unwrap();
        match stream.read(&mut [0; 1]).await {
            Ok(count) => format!("{count} octets"),
            Err(error) => error.to_string(),
        }
    };
    let (heard, server) = tokio::join!(client, tls::accept(config, ours, deadline()));
    (heard, server.map(drop))
}

fn code(result: Result<(), Error>) -> &'static str {
    match result.unwrap_err() {
        Error::RefusedByUs { code, .. } => code,
        other => panic!("{other:?} is no refusal of ours"),
    }
}

#[tokio::test]
async fn a_refused_client_sees_an_alert_and_the_server_its_code() {
    within(async {
        let world = World::new();
        let stranger = Authority::new("stranger").leaf("peer.example");
        let mimic = Authority::new("authority").leaf("peer.example");
        for version in BOTH {
            for client in [&stranger, &mimic] {
                let raw = Raw::new().only(version).showing(client, &[]);
                let (heard, server) = heard_by(raw, &world.strict_server()).await;
                assert_eq!(code(server), "certificate-chain-invalid");
                assert!(heard.contains("alert unknown ca"), "{heard}");
            }
        }
        let no = || Err(Refusal::new("certificate-expired", "by the caller's clock"));
        let config = world.server_config(ClientAuthentication::Required(Arc::new(Says(no))));
        for version in BOTH {
            let raw = Raw::new().only(version).showing(&world.client, &[]);
            let (heard, server) = heard_by(raw, &config).await;
            assert_eq!(code(server), "certificate-expired");
            assert!(heard.contains("alert handshake failure"), "{heard}");
        }
    })
    .await;
}

#[tokio::test]
async fn our_own_client_hears_of_its_refusal_with_its_first_read() {
    within(async {
        let world = World::new();
        let stranger = Authority::new("stranger").leaf("peer.example");
        let client = client_config(Some(&stranger), world.authority.judge());
        let (ours, theirs) = tcp_pair().await;
        let config = world.strict_server();
        let client = async {
            let mut stream = tls::connect(&client, ours, HOST, deadline()).await.unwrap();
            let error = stream.read(&mut [0; 1]).await.unwrap_err();
            Error::from(error)
        };
        let (heard, server) = tokio::join!(client, tls::accept(&config, theirs, deadline()));
        let alert = Alert::UNKNOWN_CA;
        assert_eq!(heard, Error::RefusedByPeer { alert });
        assert_eq!(
            heard.to_string(),
            "the peer broke off with the alert unknown CA (48)"
        );
        assert_eq!(code(server.map(drop)), "certificate-chain-invalid");
    })
    .await;
}

#[tokio::test]
async fn a_refused_server_gets_an_alert_and_no_application_data() {
    within(async {
        let world = World::new();
        let stranger = Authority::new("stranger").leaf(HOST);
        let elsewhere = world.authority.leaf("dpf.mnc002.mcc001.rehome.test");
        let refused = [
            (stranger, "certificate-chain-invalid", "unknown ca"),
            (elsewhere, "certificate-host-wrong", "handshake failure"),
        ];
        for version in BOTH {
            for (server, wanted, alert) in &refused {
                let (ours, theirs) = tcp_pair().await;
                let raw = Raw::new().only(version).showing(server, &[]);
                let config = client_config(None, world.authority.judge());
                let (client, server) =
                    tokio::join!(tls::connect(&config, ours, HOST, deadline()), async {
                        // Accepting fails, so there is nothing to read from.
                        raw.accept(theirs).await.map(drop).unwrap_err()
                    });
                assert_eq!(code(client.map(drop)), *wanted);
                assert!(server.contains(&format!("alert {alert}")), "{server}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn our_own_server_hears_which_alert_a_client_sent() {
    within(async {
        let world = World::new();
        let suspicious = client_config(Some(&world.client), Authority::new("other").judge());
        let (client, server) = shake(&suspicious, &world.strict_server()).await;
        assert_eq!(code(client.map(drop)), "certificate-chain-invalid");
        let alert = Alert::UNKNOWN_CA;
        assert_eq!(server.unwrap_err(), Error::RefusedByPeer { alert });
    })
    .await;
}

#[tokio::test]
async fn a_client_without_a_certificate_is_turned_away_where_one_is_required() {
    within(async {
        let world = World::new();
        for (version, alert) in [
            (SslVersion::TLS1_2, "handshake failure"),
            (SslVersion::TLS1_3, "certificate required"),
        ] {
            let raw = Raw::new().only(version);
            let (heard, server) = heard_by(raw, &world.strict_server()).await;
            assert_eq!(code(server), "certificate-missing");
            assert!(heard.contains(&format!("alert {alert}")), "{heard}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_optional_certificate_that_is_refused_does_not_become_an_anonymous_client() {
    within(async {
        let world = World::new();
        let judge = world.authority.judge();
        let config = world.server_config(ClientAuthentication::Optional(judge));
        let stranger = Authority::new("stranger").leaf("peer.example");
        for version in BOTH {
            let raw = Raw::new().only(version).showing(&stranger, &[]);
            let (_, server) = heard_by(raw, &config).await;
            assert_eq!(code(server), "certificate-chain-invalid");
        }
    })
    .await;
}

#[tokio::test]
async fn a_leaf_with_a_weak_key_is_refused_before_the_verifier_is_asked() {
    within(async {
        let world = World::new();
        let weak = world.authority.leaf_with("peer.example", rsa(1024), ALWAYS);
        let judge = world.authority.judge();
        let config = world.server_config(ClientAuthentication::Required(judge.clone()));
        for version in BOTH {
            let raw = Raw::new().only(version).showing(&weak, &[]);
            let (heard, server) = heard_by(raw, &config).await;
            assert_eq!(code(server), "peer-key-too-weak");
            assert!(heard.contains("alert bad certificate"), "{heard}");
        }
        assert_eq!(judge.calls(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_verifier_that_panics_refuses() {
    within(async {
        let world = World::new();
        let panics: fn() -> Result<PeerIdentity, Refusal> = || panic!("on purpose, by the test");
        let config = world.server_config(ClientAuthentication::Required(Arc::new(Says(panics))));
        let (_, server) = shake(&world.client_config(), &config).await;
        assert_eq!(code(server.map(drop)), "verifier-failed");
        let (_, server) = shake(&world.client_config(), &world.strict_server()).await;
        server.unwrap();
    })
    .await;
}

#[tokio::test]
async fn tls_1_2_without_the_extended_master_secret_is_refused_in_both_roles() {
    within(async {
        let world = World::new();
        let old = || {
            Raw::new()
                .only(SslVersion::TLS1_2)
                .without_extended_master_secret()
        };
        let config = world.strict_server();
        let (heard, server) = heard_by(old().showing(&world.client, &[]), &config).await;
        assert_eq!(code(server), "extended-master-secret-missing");
        assert_eq!(heard, "0 octets");

        let (ours, theirs) = tcp_pair().await;
        let config = client_config(None, world.authority.judge());
        let raw = old().showing(&world.server, &[]);
        let (client, server) = tokio::join!(tls::connect(&config, ours, HOST, deadline()), async {
            let mut stream = raw.accept(theirs).await.unwrap();
            let mut heard = Vec::new();
            let _ = stream.read_to_end(&mut heard).await;
            heard
        });
        assert_eq!(code(client.map(drop)), "extended-master-secret-missing");
        assert_eq!(server, b"", "no application data");
    })
    .await;
}
