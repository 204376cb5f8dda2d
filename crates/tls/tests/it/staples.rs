//! The status of a server's certificate in its handshake (RFC 6066 clause 8; RFC
//! 8446 clause 4.4.2.1): carried and judged here, read elsewhere.

use std::sync::{Arc, Mutex};

use tls::{
    ClientAuthentication, ClientConfig, CustomProfile, Error, Judging, PeerIdentity, PeerRole,
    PeerVerifier, Profile, Refusal, ServerConfig, ServerSettings, Staples, Version,
};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::support::program::{OpenSsl, accepting_port, ended};
use crate::support::{HOST, World, client_config, deadline, listener, shake, tcp_pair, within};

/// What a verifier was asked about a staple: leaf, chain, staple.
type Asked = (Vec<u8>, Vec<Vec<u8>>, Option<Vec<u8>>);

/// The shortest answers of RFC 6960 clause 4.2.1: tryLater and unauthorized.
const ANSWER: &[u8] = &[0x30, 3, 10, 1, 3];
const OTHER: &[u8] = &[0x30, 3, 10, 1, 6];

/// Takes any server whose staple it likes.
struct Wants {
    staple: Option<&'static [u8]>,
    asked: Mutex<Vec<Asked>>,
}

impl Wants {
    fn new(staple: Option<&'static [u8]>) -> Arc<Self> {
        Arc::new(Self {
            staple,
            asked: Mutex::default(),
        })
    }
}

impl PeerVerifier for Wants {
    fn verify(&self, _: &[u8], _: &[Vec<u8>], _: PeerRole<'_>) -> Result<PeerIdentity, Refusal> {
        assert!(self.asked.lock().unwrap().is_empty(), "judged after it");
        Ok(PeerIdentity::new(HOST))
    }

    fn wants_staple(&self) -> bool {
        true
    }

    fn judge_status<'a>(
        &'a self,
        leaf: &'a [u8],
        chain: &'a [Vec<u8>],
        staple: Option<&'a [u8]>,
    ) -> Judging<'a> {
        let asked = (leaf.to_vec(), chain.to_vec(), staple.map(<[u8]>::to_vec));
        self.asked.lock().unwrap().push(asked);
        let liked = staple == self.staple;
        Box::pin(async move {
            // Whoever asks elsewhere waits.
            tokio::task::yield_now().await;
            if liked {
                return Ok(());
            }
            Err(Refusal::new("staple-disliked", "another staple"))
        })
    }
}

/// Staples one answer, or panics.
struct Ready(Option<&'static [u8]>, bool);

impl Staples for Ready {
    fn staple(&self, leaf: &[u8]) -> Option<Vec<u8>> {
        assert!(!leaf.is_empty() && !self.1);
        self.0.map(<[u8]>::to_vec)
    }
}

/// One version of the default profile.
fn only(version: Version) -> Profile {
    let suites = Profile::ThreeGpp.suites();
    let names = suites.iter().map(|suite| suite.name);
    Profile::Custom(Arc::new(
        CustomProfile::new((version, version), names, true).unwrap(),
    ))
}

fn server(world: &World, version: Version, ready: Option<Ready>) -> ServerConfig {
    let above = [&world.authority.certificate];
    let credentials = vec![world.server.credentials(&above)];
    let mut settings = ServerSettings::new(only(version), credentials);
    settings.staples = ready.map(|ready| Arc::new(ready) as Arc<dyn Staples>);
    ServerConfig::of(&settings).unwrap()
}

fn client(version: Version, verifier: Arc<Wants>) -> ClientConfig {
    ClientConfig::new(only(version), None, verifier).unwrap()
}

const VERSIONS: [Version; 2] = [Version::Tls1_2, Version::Tls1_3];

#[tokio::test]
async fn a_staple_is_judged_with_the_certificate_that_it_is_about() {
    within(async {
        let world = World::new();
        for version in VERSIONS {
            let wants = Wants::new(Some(ANSWER));
            let server = server(&world, version, Some(Ready(Some(ANSWER), false)));
            let (ours, _theirs) = shake(&client(version, wants.clone()), &server).await;
            ours.unwrap();
            let asked = wants.asked.lock().unwrap().clone();
            let above = vec![world.authority.certificate.to_der().unwrap()];
            let expected = (world.server.der(), above, Some(ANSWER.to_vec()));
            assert_eq!(asked, [expected], "{version}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_staple_that_is_wrong_or_missing_ends_the_connection() {
    within(async {
        let world = World::new();
        let server_without = |version| {
            [
                server(&world, version, None),
                server(&world, version, Some(Ready(None, false))),
                server(&world, version, Some(Ready(Some(b"no DER"), false))),
                // A panic is no answer.
                server(&world, version, Some(Ready(Some(ANSWER), true))),
                server(&world, version, Some(Ready(Some(OTHER), false))),
            ]
        };
        // A refusal waits a second for its alert to arrive, so all at once.
        let mut refusals = JoinSet::new();
        for version in VERSIONS {
            for server in server_without(version) {
                refusals.spawn(async move {
                    let wants = Wants::new(Some(ANSWER));
                    let (ours, _theirs) = shake(&client(version, wants.clone()), &server).await;
                    let refused = ours.unwrap_err();
                    assert!(matches!(refused, Error::RefusedByUs { .. }), "{refused}");
                    assert_eq!(refused.code(), "staple-disliked");
                    assert_eq!(wants.asked.lock().unwrap().len(), 1);
                });
            }
            // That nothing is stapled is the verifier's to decide.
            let wants = Wants::new(None);
            let (ours, _theirs) = shake(
                &client(version, wants.clone()),
                &server(&world, version, None),
            )
            .await;
            ours.unwrap();
        }
        while let Some(done) = refusals.join_next().await {
            done.unwrap();
        }
    })
    .await;
}

/// Judges by asking elsewhere: without a staple, or never.
struct Asks {
    answers: bool,
    asked: Mutex<Vec<Option<Vec<u8>>>>,
}

impl PeerVerifier for Asks {
    fn verify(&self, _: &[u8], _: &[Vec<u8>], _: PeerRole<'_>) -> Result<PeerIdentity, Refusal> {
        Ok(PeerIdentity::new(HOST))
    }

    fn judge_status<'a>(
        &'a self,
        _: &'a [u8],
        _: &'a [Vec<u8>],
        staple: Option<&'a [u8]>,
    ) -> Judging<'a> {
        self.asked.lock().unwrap().push(staple.map(<[u8]>::to_vec));
        Box::pin(async move {
            if !self.answers {
                std::future::pending::<()>().await;
            }
            Ok(())
        })
    }
}

/// A verifier that does not want a staple has none, and the server is not asked
/// for it; the status is judged all the same.
#[tokio::test]
async fn nothing_is_stapled_for_whoever_does_not_ask() {
    within(async {
        let world = World::new();
        let server = server(&world, Version::Tls1_3, Some(Ready(Some(ANSWER), true)));
        let asks = Arc::new(Asks {
            answers: true,
            asked: Mutex::default(),
        });
        let config = client_config(None, asks.clone());
        shake(&config, &server).await.0.unwrap();
        assert_eq!(*asks.asked.lock().unwrap(), [None]);
    })
    .await;
}

/// Whoever waits for an answer that never comes waits until the handshake's
/// deadline, and the server gets nothing.
#[tokio::test]
async fn a_status_that_never_comes_ends_with_the_handshake() {
    within(async {
        let world = World::new();
        let asks = Arc::new(Asks {
            answers: false,
            asked: Mutex::default(),
        });
        let config = client_config(None, asks);
        let (ours, theirs) = tcp_pair().await;
        let soon = tokio::time::Instant::now() + std::time::Duration::from_millis(300);
        let server = world.server_config(ClientAuthentication::None);
        let (ours, theirs) = tokio::join!(
            tls::connect(&config, ours, HOST, soon),
            tls::accept(&server, theirs, deadline())
        );
        assert_eq!(ours.unwrap_err(), Error::Timeout("certificate status"));
        let mut octets = Vec::new();
        let end = theirs.unwrap().read_to_end(&mut octets).await;
        assert!(octets.is_empty(), "{end:?}, {octets:?}");
    })
    .await;
}

/// Clients staple nothing: a server's verifier is not asked about it.
#[tokio::test]
async fn a_client_is_not_judged_by_a_staple() {
    within(async {
        let world = World::new();
        let wants = Wants::new(Some(ANSWER));
        let clients = ClientAuthentication::Required(wants.clone());
        let (ours, theirs) = shake(&world.client_config(), &world.server_config(clients)).await;
        ours.unwrap();
        theirs.unwrap();
        assert!(wants.asked.lock().unwrap().is_empty());
    })
    .await;
}

/// Debian's program reads what our server staples, and staples what our client
/// reads.
#[tokio::test]
async fn openssl_on_the_other_side() {
    let Some(openssl) = OpenSsl::new("staples") else {
        return;
    };
    within(async {
        let world = World::new();
        let (ca, ca_key) = (&world.authority.certificate, world.authority.key());
        openssl.certificate("ca.pem", ca);
        openssl.key("ca.key", ca_key);
        openssl.certificate("server.pem", &world.server.certificate);
        openssl.key("server.key", &world.server.key);
        let serial = world.server.certificate.serial_number().to_bn().unwrap();
        let serial = serial.to_hex_str().unwrap();
        openssl.text(
            "index.txt",
            &format!("V\t99991231235959Z\t\t{serial}\tunknown\t/CN={HOST}\n"),
        );
        let ask = [
            "ocsp",
            "-issuer",
            "ca.pem",
            "-cert",
            "server.pem",
            "-no_nonce",
            "-reqout",
            "req.der",
        ];
        let (well, text) = openssl.run(&ask).await;
        assert!(well, "{text}");
        let answer = [
            "ocsp",
            "-index",
            "index.txt",
            "-CA",
            "ca.pem",
            "-rsigner",
            "ca.pem",
            "-rkey",
            "ca.key",
            "-reqin",
            "req.der",
            "-respout",
            "resp.der",
            "-ndays",
            "1",
        ];
        let (well, text) = openssl.run(&answer).await;
        assert!(well, "{text}");
        let answer: &'static [u8] = openssl.read("resp.der").leak();

        for (flag, version) in [("-tls1_2", Version::Tls1_2), ("-tls1_3", Version::Tls1_3)] {
            let listener = listener().await;
            let address = listener.local_addr().unwrap().to_string();
            let child = openssl.start(&[
                "s_client", "-connect", &address, flag, "-status", "-CAfile", "ca.pem",
            ]);
            let (tcp, _) = listener.accept().await.unwrap();
            let config = server(&world, version, Some(Ready(Some(answer), false)));
            drop(tls::accept(&config, tcp, deadline()).await.unwrap());
            let (_, text) = ended(child).await;
            assert!(text.contains("OCSP Response Status: successful"), "{text}");
            assert!(text.contains("Cert Status: good"), "{text}");

            let mut child = openssl.start(&[
                "s_server",
                "-accept",
                "127.0.0.1:0",
                flag,
                "-cert",
                "server.pem",
                "-key",
                "server.key",
                "-status_file",
                "resp.der",
            ]);
            let port = accepting_port(&mut child).await;
            let tcp = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let config = client(version, Wants::new(Some(answer)));
            tls::connect(&config, tcp, HOST, deadline()).await.unwrap();
        }
    })
    .await;
}
