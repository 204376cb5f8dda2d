//! Resumed sessions (RFC 8446 clauses 2.2 and 4.6.1, RFC 5246 clause 7.3, RFC
//! 5077): who is judged, who is not let in, what is not resumed. With Debian's
//! `openssl` on the other side: `resumption_openssl`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use tls::{
    ClientAuthentication, ClientConfig, ClientSettings, CustomProfile, Error, PeerIdentity,
    PeerRole, PeerVerifier, Profile, Psk, PskKey, PskKeys, Refusal, Roots, ServerConfig,
    ServerSettings, TlsStream, Version,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use zeroize::Zeroizing;

use crate::support::certificates::p256;
use crate::support::judge::Judge;
use crate::support::raw::Raw;
use crate::support::{HOST, World, deadline, listener, within};

/// A judge that can change its mind.
struct Moody {
    judge: Arc<Judge>,
    refuses: AtomicBool,
    wants_staple: bool,
}

impl Moody {
    fn new(world: &World, wants_staple: bool) -> Arc<Self> {
        Arc::new(Self {
            judge: world.authority.judge(),
            refuses: AtomicBool::new(false),
            wants_staple,
        })
    }
}

impl PeerVerifier for Moody {
    fn verify(
        &self,
        leaf: &[u8],
        chain: &[Vec<u8>],
        role: PeerRole<'_>,
    ) -> Result<PeerIdentity, Refusal> {
        let peer = self.judge.verify(leaf, chain, role)?;
        if self.refuses.load(Ordering::SeqCst) {
            return Err(Refusal::new("demoted", "since then"));
        }
        Ok(peer)
    }

    fn wants_staple(&self) -> bool {
        self.wants_staple
    }
}

/// A place where servers are met: sessions are kept by address.
struct Place(TcpListener);

type End = Result<TlsStream, Error>;

impl Place {
    async fn new() -> Self {
        Self(listener().await)
    }

    async fn shake(&self, client: &ClientConfig, server: &ServerConfig) -> (End, End) {
        let address = self.0.local_addr().unwrap();
        let (ours, theirs) = tokio::join!(TcpStream::connect(address), self.0.accept());
        tokio::join!(
            tls::connect(client, ours.unwrap(), HOST, deadline()),
            tls::accept(server, theirs.unwrap().0, deadline())
        )
    }

    /// With an octet from the server, so that the session counts, and a close.
    async fn meet(&self, client: &ClientConfig, server: &ServerConfig) -> (TlsStream, TlsStream) {
        let (client, server) = self.shake(client, server).await;
        let (mut client, mut server) = (client.unwrap(), server.unwrap());
        greet(&mut client, &mut server).await;
        client.shutdown().await.unwrap();
        server.shutdown().await.unwrap();
        assert_eq!(client.resumed(), server.resumed());
        (client, server)
    }

    async fn resumes(&self, client: &ClientConfig, server: &ServerConfig) -> bool {
        self.meet(client, server).await.0.resumed()
    }
}

async fn greet(client: &mut TlsStream, server: &mut TlsStream) {
    server.write_all(b"!").await.unwrap();
    assert_eq!(client.read_u8().await.unwrap(), b'!');
}

fn only(version: Version) -> Profile {
    let suites = Profile::Dm.suites();
    let names = suites.iter().map(|suite| suite.name);
    let custom = CustomProfile::new((version, version), names, false).unwrap();
    Profile::Custom(Arc::new(custom))
}

const RECENT: [Version; 2] = [Version::Tls1_2, Version::Tls1_3];

fn server(world: &World, version: Version, clients: ClientAuthentication) -> ServerConfig {
    let own = world.server.credentials(&[&world.authority.certificate]);
    ServerConfig::new(only(version), &own, clients).unwrap()
}

fn client(world: &World, version: Version, verifier: Arc<dyn PeerVerifier>) -> ClientConfig {
    let own = world.client.credentials(&[&world.authority.certificate]);
    ClientConfig::new(only(version), Some(&own), verifier).unwrap()
}

#[tokio::test]
async fn both_ends_judge_a_resumed_session_as_a_full_handshake() {
    within(async {
        let world = World::new();
        for version in [
            Version::Tls1_0,
            Version::Tls1_1,
            Version::Tls1_2,
            Version::Tls1_3,
        ] {
            for judging in [false, true] {
                let (of_client, of_server) = (world.authority.judge(), world.authority.judge());
                let clients = match judging {
                    true => ClientAuthentication::Required(of_server.clone()),
                    false => ClientAuthentication::None,
                };
                let server = server(&world, version, clients);
                let client = client(&world, version, of_client.clone());
                let place = Place::new().await;
                for turn in 0..3 {
                    let (ours, theirs) = place.meet(&client, &server).await;
                    assert_eq!(ours.resumed(), turn > 0, "{version}, {turn}");
                    let peer = ours.peer().unwrap();
                    assert_eq!((peer.name(), peer.leaf()), (HOST, &*world.server.der()));
                    assert_eq!(of_client.calls(), turn + 1, "{version}");
                    // With the chain that was shown when the session began.
                    let above = vec![world.authority.certificate.to_der().unwrap()];
                    assert_eq!(of_client.seen(), (world.server.der(), above.clone()));
                    let Some(peer) = theirs.peer() else {
                        assert!(!judging);
                        continue;
                    };
                    assert_eq!(peer.name(), "peer.example");
                    assert_eq!(peer.leaf(), world.client.der());
                    assert_eq!(of_server.calls(), turn + 1, "{version}");
                    assert_eq!(of_server.seen(), (world.client.der(), above));
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_server_that_expired_since_is_refused() {
    within(async {
        static NOW: AtomicI64 = AtomicI64::new(0);
        let world = World::new();
        // 2030-01-01 to 2030-01-03.
        let dates = ("20300101000000Z", "20300103000000Z");
        let issued = world.authority.leaf_with(HOST, p256(), dates);
        let pem = world.authority.certificate.to_pem().unwrap();
        for version in RECENT {
            NOW.store(1_893_542_400, Ordering::SeqCst);
            let roots = Roots::from_pem(&pem, || NOW.load(Ordering::SeqCst)).unwrap();
            let client = client(&world, version, Arc::new(roots));
            let none = ClientAuthentication::None;
            let server = ServerConfig::new(only(version), &issued.credentials(&[]), none);
            let server = server.unwrap();
            let place = Place::new().await;
            assert!(!place.resumes(&client, &server).await);
            assert!(place.resumes(&client, &server).await);
            NOW.fetch_add(2 * 86_400, Ordering::SeqCst);
            let (ours, theirs) = place.shake(&client, &server).await;
            let refused = ours.unwrap_err();
            assert_eq!(refused.code(), "server-certificate-refused");
            assert!(refused.to_string().contains("expired"), "{refused}");
            assert!(theirs.is_err() || version == Version::Tls1_3);
        }
    })
    .await;
}

/// Not even an offer goes out: the server may show a certificate that passes.
#[tokio::test]
async fn a_server_refused_since_may_come_with_another_certificate() {
    within(async {
        let world = World::new();
        for version in RECENT {
            let none = || ClientAuthentication::None;
            let old = server(&world, version, none());
            let moody = Moody::new(&world, false);
            let client = client(&world, version, moody.clone());
            let place = Place::new().await;
            place.meet(&client, &old).await;
            moody.refuses.store(true, Ordering::SeqCst);
            let (ours, _) = place.shake(&client, &old).await;
            assert_eq!(ours.unwrap_err().code(), "demoted");
            // None is left for later either.
            moody.refuses.store(false, Ordering::SeqCst);
            assert!(!place.resumes(&client, &old).await);
        }
    })
    .await;
}

#[tokio::test]
async fn a_client_refused_since_is_turned_away_and_forgets_its_sessions() {
    within(async {
        let world = World::new();
        for version in RECENT {
            for required in [false, true] {
                let moody = Moody::new(&world, false);
                let clients = match required {
                    true => ClientAuthentication::Required(moody.clone()),
                    false => ClientAuthentication::Optional(moody.clone()),
                };
                let server = server(&world, version, clients);
                let client = client(&world, version, world.authority.judge());
                let place = Place::new().await;
                place.meet(&client, &server).await;
                moody.refuses.store(true, Ordering::SeqCst);
                let (ours, theirs) = place.shake(&client, &server).await;
                assert_eq!(theirs.unwrap_err().code(), "demoted");
                let mut ours = ours.unwrap();
                assert!(ours.resumed());
                let heard = Error::from(ours.read_u8().await.unwrap_err());
                assert_eq!(heard, Error::Closed, "no application data");
                moody.refuses.store(false, Ordering::SeqCst);
                assert!(!place.resumes(&client, &server).await, "{version}");
            }
        }
    })
    .await;
}

/// Same credentials, same verifiers, another configuration.
#[tokio::test]
async fn a_session_counts_in_its_own_configurations_only() {
    within(async {
        let world = World::new();
        for version in RECENT {
            for judging in [false, true] {
                let clients = match judging {
                    true => ClientAuthentication::Required(world.authority.judge()),
                    false => ClientAuthentication::None,
                };
                let one = server(&world, version, clients.clone());
                let other = server(&world, version, clients);
                let client_of = || client(&world, version, world.authority.judge());
                let (ours, another) = (client_of(), client_of());
                let place = Place::new().await;
                place.meet(&ours, &one).await;
                assert!(!place.resumes(&another, &one).await);
                assert!(!place.resumes(&ours, &other).await);
                // Not at another address, nor under another name.
                place.meet(&ours, &one).await;
                assert!(!Place::new().await.resumes(&ours, &one).await);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn each_side_can_be_told_not_to() {
    within(async {
        let world = World::new();
        for version in RECENT {
            for (at_server, at_client) in [(true, false), (false, true), (true, true)] {
                let own = vec![world.server.credentials(&[])];
                let mut settings = ServerSettings::new(only(version), own);
                settings.resumption = at_server;
                let server = ServerConfig::of(&settings).unwrap();
                let mut settings = ClientSettings::new(only(version));
                settings.verifier = Some(world.authority.judge());
                settings.resumption = at_client;
                let client = ClientConfig::of(&settings).unwrap();
                let place = Place::new().await;
                place.meet(&client, &server).await;
                let both = at_server && at_client;
                assert_eq!(place.resumes(&client, &server).await, both);
            }
        }
    })
    .await;
}

/// A resumed handshake has no certificate, so nothing is stapled to it.
#[tokio::test]
async fn whoever_wants_a_staple_does_not_resume() {
    within(async {
        let world = World::new();
        for version in RECENT {
            let server = server(&world, version, ClientAuthentication::None);
            let client = client(&world, version, Moody::new(&world, true));
            let place = Place::new().await;
            place.meet(&client, &server).await;
            assert!(!place.resumes(&client, &server).await);
        }
    })
    .await;
}

struct OneKey;

impl PskKeys for OneKey {
    fn find(&self, identity: &[u8]) -> Option<PskKey> {
        (identity == b"device").then(|| PskKey {
            key: Zeroizing::new(vec![7; 16]),
            client: PeerIdentity::new("the device"),
        })
    }
}

/// Its identity is proved by the key in each handshake.
#[tokio::test]
async fn a_pre_shared_key_is_not_resumed() {
    within(async {
        let world = World::new();
        for version in RECENT {
            let own = vec![world.server.credentials(&[])];
            let mut settings = ServerSettings::new(only(version), own);
            settings.keys = Some(Arc::new(OneKey));
            let with_keys = ServerConfig::of(&settings).unwrap();
            let mut settings = ClientSettings::new(only(version));
            let key = Zeroizing::new(vec![7; 16]);
            let server = PeerIdentity::new("the server");
            settings.psk = Some(Psk::new(b"device", key, server).unwrap());
            let keyed = ClientConfig::of(&settings).unwrap();
            let place = Place::new().await;
            for _ in 0..2 {
                let (ours, theirs) = place.meet(&keyed, &with_keys).await;
                assert!(!ours.resumed());
                assert_eq!(theirs.peer().unwrap().name(), "the device");
            }
            // Nor is a certificate's session, where there are keys.
            let certified = client(&world, version, world.authority.judge());
            place.meet(&certified, &with_keys).await;
            assert!(!place.resumes(&certified, &with_keys).await);
        }
    })
    .await;
}

/// RFC 8446 clause 4.6.1: the peer's key is proved again after two hours.
#[tokio::test]
async fn no_session_is_older_than_two_hours() {
    let world = World::new();
    for version in RECENT {
        let server = server(&world, version, ClientAuthentication::None);
        let client = client(&world, version, world.authority.judge());
        let place = Place::new().await;
        for (passed, resumed) in [(0, false), (3_600, true), (3_500, true), (100, false)] {
            tokio::time::pause();
            tokio::time::advance(Duration::from_secs(passed)).await;
            tokio::time::resume();
            let met = within(place.resumes(&client, &server)).await;
            assert_eq!(met, resumed, "{version} after {passed}");
        }
    }
}

/// Four are kept for one server, and a server that judges its clients gives none
/// to a resumed connection, so that none outlives two hours.
#[tokio::test]
async fn sessions_are_few_and_end() {
    within(async {
        let world = World::new();
        let judge = world.authority.judge();
        let server = server(
            &world,
            Version::Tls1_3,
            ClientAuthentication::Required(judge),
        );
        let client = client(&world, Version::Tls1_3, world.authority.judge());
        let place = Place::new().await;
        let mut streams = Vec::new();
        for _ in 0..3 {
            let (ours, theirs) = place.shake(&client, &server).await;
            streams.push((ours.unwrap(), theirs.unwrap()));
        }
        // Two tickets each. Not closed: for TLS 1.3 that does not matter.
        for (ours, theirs) in &mut streams {
            assert!(!ours.resumed(), "none counts before application data");
            greet(ours, theirs).await;
        }
        for turn in 0..5 {
            assert_eq!(place.resumes(&client, &server).await, turn < 4, "{turn}");
        }
    })
    .await;
}

#[tokio::test]
async fn nothing_is_sent_early() {
    within(async {
        let world = World::new();
        let place = Place::new().await;
        let server = server(&world, Version::Tls1_3, ClientAuthentication::None);
        let address = place.0.local_addr().unwrap();
        let (ours, theirs) = tokio::join!(TcpStream::connect(address), place.0.accept());
        let (client, server) = tokio::join!(
            Raw::new().connect(ours.unwrap()),
            tls::accept(&server, theirs.unwrap().0, deadline())
        );
        let (mut client, mut server) = (client.unwrap(), server.unwrap());
        server.write_all(b"!").await.unwrap();
        client.read_u8().await.unwrap();
        let session = client.ssl().session().unwrap();
        assert!(session.timeout() <= 7_200, "RFC 8446: a week at most");
        assert_eq!(session.max_early_data(), 0);
    })
    .await;
}
