//! Pre-shared keys: our two ends, and the refusals of RFC 4279 clause 2 and
//! RFC 8446 clause 4.2.11. With other programs: `suites`.

use std::sync::Arc;

use openssl::ssl::SslVersion;
use tls::{
    ClientConfig, ClientSettings, CustomProfile, Error, PeerIdentity, Profile, Psk, PskKey,
    PskKeys, Scp81, ServerConfig, ServerSettings, TlsStream, Version,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use zeroize::Zeroizing;

use crate::support::certificates::{ALWAYS, rsa};
use crate::support::program::{OpenSsl, accepting_port, ended};
use crate::support::raw::Raw;
use crate::support::{HOST, World, client_config, deadline, listener, shake, tcp_pair, within};

fn key(first: u8) -> Zeroizing<Vec<u8>> {
    Zeroizing::new((first..first + 16).collect())
}

/// One client's key.
struct Known {
    identity: &'static str,
    key: Zeroizing<Vec<u8>>,
}

impl PskKeys for Known {
    fn find(&self, identity: &[u8]) -> Option<PskKey> {
        assert_ne!(identity, b"panic");
        (identity == self.identity.as_bytes()).then(|| PskKey {
            key: self.key.clone(),
            client: PeerIdentity::new("client"),
        })
    }
}

fn server_with(profile: Profile, key: Zeroizing<Vec<u8>>) -> ServerConfig {
    let mut settings = ServerSettings::new(profile, Vec::new());
    let identity = "device";
    settings.keys = Some(Arc::new(Known { identity, key }));
    ServerConfig::of(&settings).unwrap()
}

fn client(profile: Profile, identity: &str, first: u8) -> ClientConfig {
    let server = PeerIdentity::new("server");
    let mut settings = ClientSettings::new(profile);
    settings.psk = Some(Psk::new(identity.as_bytes(), key(first), server).unwrap());
    ClientConfig::of(&settings).unwrap()
}

/// The profile `dm` in one version.
fn only(version: Version) -> Profile {
    let suites = Profile::Dm.suites();
    let names = suites.iter().map(|suite| suite.name);
    let custom = CustomProfile::new((version, version), names, false).unwrap();
    Profile::Custom(Arc::new(custom))
}

const VERSIONS: [Version; 4] = [
    Version::Tls1_0,
    Version::Tls1_1,
    Version::Tls1_2,
    Version::Tls1_3,
];

fn names(ends: (Result<TlsStream, Error>, Result<TlsStream, Error>)) -> (String, String) {
    let name = |end: Result<TlsStream, Error>| end.unwrap().peer().unwrap().name().to_owned();
    (name(ends.0), name(ends.1))
}

/// How a connection fails: with TLS 1.3 the client may learn it by reading.
async fn fails(client: &ClientConfig, server: &ServerConfig) -> (Error, Error) {
    let (client, server) = shake(client, server).await;
    let heard = match client {
        Err(error) => error,
        Ok(mut stream) => Error::from(stream.read_u8().await.unwrap_err()),
    };
    (heard, server.map(drop).unwrap_err())
}

#[tokio::test]
async fn a_key_proves_both_sides_in_every_version() {
    within(async {
        for version in VERSIONS {
            let ends = shake(
                &client(only(version), "device", 0),
                &server_with(only(version), key(0)),
            )
            .await;
            assert_eq!(names(ends), ("server".to_owned(), "client".to_owned()));
        }
        // 3GPP's profile has no PSK suites before TLS 1.3.
        let ends = shake(
            &client(Profile::ThreeGpp, "device", 0),
            &server_with(Profile::ThreeGpp, key(0)),
        )
        .await;
        assert_eq!(ends.0.as_ref().unwrap().version(), "TLSv1.3");
        assert_eq!(names(ends), ("server".to_owned(), "client".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn a_wrong_key_is_refused() {
    within(async {
        for version in VERSIONS {
            let (heard, said) = fails(
                &client(only(version), "device", 1),
                &server_with(only(version), key(0)),
            )
            .await;
            assert_eq!(said.code(), "psk-wrong", "{version}: {said}");
            assert!(matches!(heard, Error::RefusedByPeer { .. }), "{heard}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_unknown_identity_is_refused() {
    within(async {
        for version in VERSIONS {
            for identity in ["nobody", "panic"] {
                let (heard, said) = fails(
                    &client(only(version), identity, 0),
                    &server_with(only(version), key(0)),
                )
                .await;
                assert_eq!(said.code(), "psk-identity-unknown", "{version}: {said}");
                let Error::RefusedByPeer { alert } = heard else {
                    panic!("{heard}");
                };
                if version < Version::Tls1_3 {
                    assert_eq!(alert.number(), 115, "RFC 4279 clause 2");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_store_with_a_key_too_short_has_none() {
    within(async {
        let short = Zeroizing::new(vec![0; 15]);
        let server = server_with(Profile::Dm, short);
        let (_, said) = fails(&client(Profile::Dm, "device", 0), &server).await;
        assert_eq!(said.code(), "psk-identity-unknown");
    })
    .await;
}

#[test]
fn what_can_not_be_a_key_or_an_identity() {
    let server = || PeerIdentity::new("server");
    for identity in [&b""[..], b"a\0b", &[b'a'; 256]] {
        assert!(Psk::new(identity, key(0), server()).is_err());
    }
    for length in [0, 15, 513] {
        let key = Zeroizing::new(vec![1; length]);
        assert!(Psk::new(b"device", key, server()).is_err());
    }
    let longest = Zeroizing::new(vec![1; 512]);
    assert!(Psk::new(&[b'a'; 255], longest, server()).is_ok());
    assert!(ServerConfig::of(&ServerSettings::new(Profile::Dm, Vec::new())).is_err());
    assert!(ClientConfig::of(&ClientSettings::new(Profile::Dm)).is_err());
}

/// A client with a key and without a verifier takes no certificate instead.
#[tokio::test]
async fn a_certificate_does_not_stand_for_a_key() {
    within(async {
        let world = World::new();
        let anonymous = ServerConfig::new(
            Profile::Dm,
            &world.server.credentials(&[]),
            tls::ClientAuthentication::None,
        );
        let anonymous = anonymous.unwrap();
        let (client, _) = shake(&client(Profile::Dm, "device", 0), &anonymous).await;
        assert_eq!(client.unwrap_err().code(), "certificate-not-judged");
    })
    .await;
}

/// A server that wants a certificate or a key takes nobody without.
#[tokio::test]
async fn with_keys_a_client_without_one_still_needs_a_certificate() {
    within(async {
        let world = World::new();
        let mut settings =
            ServerSettings::new(Profile::ThreeGpp, vec![world.server.credentials(&[])]);
        settings.clients = tls::ClientAuthentication::Required(world.authority.judge());
        settings.keys = Some(Arc::new(Known {
            identity: "device",
            key: key(0),
        }));
        let server = ServerConfig::of(&settings).unwrap();

        let anonymous = client_config(None, world.authority.judge());
        let (_, said) = fails(&anonymous, &server).await;
        assert_eq!(said.code(), "certificate-missing");
        let ends = shake(&world.client_config(), &server).await;
        assert_eq!(names(ends).1, "peer.example");
        let ends = shake(&client(Profile::ThreeGpp, "device", 0), &server).await;
        assert_eq!(names(ends).1, "client");
    })
    .await;
}

#[tokio::test]
async fn a_uicc_gets_its_suites_and_no_encryption_only_by_its_switch() {
    within(async {
        let scp81 = |null| {
            Profile::Scp81(Scp81 {
                null,
                triple_des: false,
            })
        };
        let suite = |ends: (Result<TlsStream, Error>, Result<TlsStream, Error>)| {
            ends.0.unwrap().cipher_suite().unwrap()
        };
        let plain = CustomProfile::new(
            (Version::Tls1_2, Version::Tls1_2),
            ["TLS_PSK_WITH_NULL_SHA256"],
            false,
        );
        let plain = Profile::Custom(Arc::new(plain.unwrap()));
        let by_default = server_with(scp81(false), key(0));
        let ends = shake(&client(scp81(true), "device", 0), &by_default).await;
        assert_eq!(suite(ends), "TLS_PSK_WITH_AES_128_CBC_SHA256");
        let (_, said) = fails(&client(plain.clone(), "device", 0), &by_default).await;
        assert_eq!(said.code(), "tls-suite-mismatch", "{said}");
        let switched = server_with(scp81(true), key(0));
        let ends = shake(&client(plain, "device", 0), &switched).await;
        assert_eq!(suite(ends), "TLS_PSK_WITH_NULL_SHA256");
    })
    .await;
}

/// A build without 3DES: the switch says so instead of doing nothing.
#[cfg(not(feature = "ssl3"))]
#[test]
fn a_suite_that_the_build_lacks_is_named() {
    let triple_des = Profile::Scp81(Scp81 {
        null: false,
        triple_des: true,
    });
    let mut settings = ServerSettings::new(triple_des, Vec::new());
    settings.keys = Some(Arc::new(Known {
        identity: "device",
        key: key(0),
    }));
    let error = ServerConfig::of(&settings).map(drop).unwrap_err();
    let text = "TLS configuration wrong: the suite TLS_PSK_WITH_3DES_EDE_CBC_SHA needs a build \
                with the feature `ssl3`";
    assert_eq!(error.to_string(), text);
}

/// RFC 8446 clause 2.2, with another library and program.
#[tokio::test]
async fn openssl_and_a_key_in_tls_1_3() {
    const KEY: &str = "000102030405060708090a0b0c0d0e0f";
    let Some(openssl) = OpenSsl::new("psk-1-3") else {
        return;
    };
    within(async {
        let listener = listener().await;
        let address = listener.local_addr().unwrap().to_string();
        let both = ["-tls1_3", "-psk", KEY, "-psk_identity", "device"];
        let mut line = vec!["s_client", "-connect", &address];
        line.extend(both);
        let child = openssl.start(&line);
        let (tcp, _) = listener.accept().await.unwrap();
        let server = server_with(Profile::Dm, key(0));
        let mut stream = tls::accept(&server, tcp, deadline()).await.unwrap();
        assert_eq!(stream.peer().unwrap().name(), "client");
        stream.write_all(b"said by our server\n").await.unwrap();
        stream.shutdown().await.unwrap();
        let (_, text) = ended(child).await;
        assert!(text.contains("said by our server"), "{text}");

        let mut line = vec!["s_server", "-accept", "127.0.0.1:0", "-rev", "-nocert"];
        line.extend(both);
        let mut child = openssl.start(&line);
        let port = accepting_port(&mut child).await;
        let tcp = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let config = client(Profile::Dm, "device", 0);
        let mut stream = tls::connect(&config, tcp, HOST, deadline()).await.unwrap();
        assert_eq!(stream.version(), "TLSv1.3");
        assert_eq!(stream.peer().unwrap().name(), "server");
        stream.write_all(b"olleh\n").await.unwrap();
        let mut answer = [0; 6];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"hello\n");
    })
    .await;
}

/// OMA DM session security clause 9.2.2 sets no bound for Diffie-Hellman; TS
/// 33.210 clause 6.2 does: at its level 0 the program takes 1024 bits.
#[tokio::test]
async fn a_short_ephemeral_key_is_refused() {
    let Some(openssl) = OpenSsl::new("short-dh") else {
        return;
    };
    within(async {
        let mut child = openssl.start(&[
            "s_server",
            "-accept",
            "127.0.0.1:0",
            "-nocert",
            "-tls1_2",
            "-cipher",
            "DHE-PSK-AES128-GCM-SHA256:@SECLEVEL=0",
            "-psk",
            "000102030405060708090a0b0c0d0e0f",
            "-psk_identity",
            "device",
        ]);
        let port = accepting_port(&mut child).await;
        let tcp = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let config = client(Profile::Dm, "device", 0);
        let refused = tls::connect(&config, tcp, HOST, deadline()).await;
        assert_eq!(refused.unwrap_err().code(), "peer-ephemeral-key-too-weak");
    })
    .await;
}

#[test]
fn a_custom_profile_that_can_not_be() {
    let made =
        |versions, suites: &[&str]| CustomProfile::new(versions, suites.iter().copied(), true);
    let gcm = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
    let (old, new) = (Version::Tls1_2, Version::Tls1_3);
    assert!(made((old, old), &[gcm]).is_ok());
    assert!(made((new, old), &[gcm]).is_err());
    assert!(made((old, new), &[gcm]).is_err(), "nothing for TLS 1.3");
    assert!(
        made((Version::Tls1_1, old), &[gcm]).is_err(),
        "nothing for TLS 1.1"
    );
    assert!(made((old, old), &["TLS_RSA_WITH_RC4_128_SHA"]).is_err());
}

/// A client that judges no certificate does not ask for a suite with one, even
/// where the server would rather have it.
#[tokio::test]
async fn without_a_verifier_only_the_key_counts() {
    within(async {
        let world = World::new();
        let issued = world.authority.leaf_with(HOST, rsa(2048), ALWAYS);
        let (with, without) = (
            "TLS_RSA_PSK_WITH_AES_128_GCM_SHA256",
            "TLS_PSK_WITH_AES_128_GCM_SHA256",
        );
        let version = Version::Tls1_2;
        let profile = CustomProfile::new((version, version), [with, without], true).unwrap();
        let profile = Profile::Custom(Arc::new(profile));
        let mut settings = ServerSettings::new(profile.clone(), vec![issued.credentials(&[])]);
        settings.keys = Some(Arc::new(Known {
            identity: "device",
            key: key(0),
        }));
        let server = ServerConfig::of(&settings).unwrap();
        let ends = shake(&client(profile, "device", 0), &server).await;
        assert_eq!(ends.0.unwrap().cipher_suite(), Some(without));
    })
    .await;
}

/// RFC 8446 clause 4.2.11: a key goes with a hash. Where the suite has another,
/// the server goes on without the key, and has not looked whether it is right.
#[tokio::test]
async fn a_key_that_was_not_looked_at_proves_nothing() {
    within(async {
        let world = World::new();
        let credentials = vec![world.server.credentials(&[])];
        let mut settings = ServerSettings::new(Profile::Dm, credentials);
        settings.keys = Some(Arc::new(Known {
            identity: "device",
            key: key(0),
        }));
        let server = ServerConfig::of(&settings).unwrap();
        let impostor = Raw::new()
            .only(SslVersion::TLS1_3)
            .suites_1_3("TLS_AES_256_GCM_SHA384")
            .psk("device", &key(1));
        let (ours, theirs) = tcp_pair().await;
        let (client, stream) = tokio::join!(
            impostor.connect(theirs),
            tls::accept(&server, ours, deadline())
        );
        client.unwrap();
        assert!(stream.unwrap().peer().is_none());
    })
    .await;
}
