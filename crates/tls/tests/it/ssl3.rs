//! SSL 3.0 in a build with the feature `ssl3` (RFC 6101; OMA DM session security
//! clause 9.2.2): both roles with tlslite-ng, what stays refused, and the warning.

use std::sync::{Arc, Mutex};

use openssl::ssl::SslVersion;
use tls::{
    ClientConfig, ClientSettings, Error, Profile, ServerConfig, ServerSettings, TlsStream, Version,
};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::support::certificates::{ALWAYS, Issued, rsa};
use crate::support::program::ended;
use crate::support::raw::Raw;
use crate::support::tlslite::Tlslite;
use crate::support::{HOST, World, deadline, listener, tcp_pair, within};

/// tlslite's name, the registered name, and ours.
const SUITES: [(&str, &str); 2] = [("rc4", "RC4-SHA"), ("3des", "DES-CBC3-SHA")];

struct Stage {
    world: World,
    server: Issued,
}

impl Stage {
    fn new() -> Self {
        let world = World::new();
        let server = world.authority.leaf_with(HOST, rsa(2048), ALWAYS);
        Self { world, server }
    }

    fn server_config(&self, profile: Profile) -> ServerConfig {
        let credentials = vec![self.server.credentials(&[])];
        ServerConfig::of(&ServerSettings::new(profile, credentials)).unwrap()
    }

    fn client_config(&self, profile: Profile) -> ClientConfig {
        let mut settings = ClientSettings::new(profile);
        settings.verifier = Some(self.world.authority.judge());
        ClientConfig::of(&settings).unwrap()
    }
}

#[tokio::test]
async fn our_server_with_tlslite() {
    let Some(tlslite) = Tlslite::new("ssl3-server") else {
        return;
    };
    within(async {
        let stage = Stage::new();
        let config = stage.server_config(Profile::DmSsl3);
        for (cipher, _) in SUITES {
            let listener = listener().await;
            let port = listener.local_addr().unwrap().port().to_string();
            let child = tlslite.start(&["client", &port, "0", cipher]);
            let (tcp, _) = listener.accept().await.unwrap();
            let mut stream = tls::accept(&config, tcp, deadline()).await.unwrap();
            assert_eq!(stream.version(), "SSLv3");
            let mut ping = [0; 4];
            stream.read_exact(&mut ping).await.unwrap();
            assert_eq!(&ping, b"ping");
            stream.write_all(b"pong").await.unwrap();
            let (succeeded, text) = ended(child).await;
            assert!(succeeded, "{text}");
            assert_eq!(text.trim(), format!("0 {cipher} pong"));
        }
    })
    .await;
}

#[tokio::test]
async fn our_client_with_tlslite() {
    let Some(tlslite) = Tlslite::new("ssl3-client") else {
        return;
    };
    within(async {
        let stage = Stage::new();
        tlslite.write("rsa.pem", &stage.server.certificate.to_pem().unwrap());
        // The older form: tlslite reads it without a parser of PKCS#8.
        let key = stage.server.key.rsa().unwrap().private_key_to_pem();
        tlslite.write("rsa.key", &key.unwrap());
        let config = stage.client_config(Profile::DmSsl3);
        for (cipher, suite) in SUITES {
            let mut child = tlslite.start(&["server", "rsa.pem", "rsa.key", "0", cipher]);
            let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
            let port: u16 = lines.next_line().await.unwrap().unwrap().parse().unwrap();
            let tcp = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let mut stream = match tls::connect(&config, tcp, HOST, deadline()).await {
                Ok(stream) => stream,
                Err(error) => panic!("{suite}: {error}\n{}", ended(child).await.1),
            };
            assert_eq!(stream.version(), "SSLv3", "{suite}");
            assert!(stream.peer().is_some(), "judged like any other");
            stream.write_all(b"ping").await.unwrap();
            let mut pong = [0; 4];
            stream.read_exact(&mut pong).await.unwrap();
            assert_eq!(&pong, b"pong");
            let line = lines.next_line().await.unwrap().unwrap();
            assert_eq!(line, format!("0 {cipher}"));
            assert!(child.wait().await.unwrap().success());
        }
    })
    .await;
}

/// RFC 7465 for RC4: no version of TLS gets what SSL 3.0 has.
#[tokio::test]
async fn suites_of_ssl_3_do_not_serve_tls() {
    within(async {
        let stage = Stage::new();
        let server = stage.server_config(Profile::DmSsl3);
        let client = stage.client_config(Profile::DmSsl3);
        for (version, suite) in [
            (SslVersion::TLS1, "RC4-SHA"),
            (SslVersion::TLS1_1, "DES-CBC3-SHA"),
            (SslVersion::TLS1_2, "RC4-SHA"),
        ] {
            let raw = || Raw::new().suites(suite).only(version);
            let ((one, other), (three, four)) = (tcp_pair().await, tcp_pair().await);
            let (by_server, _, by_client, _) = tokio::join!(
                tls::accept(&server, one, deadline()),
                raw().connect(other),
                tls::connect(&client, three, HOST, deadline()),
                raw().showing(&stage.server, &[]).accept(four)
            );
            assert_eq!(code(by_server), "suite-of-ssl-3.0", "{suite}");
            assert_eq!(code(by_client), "suite-of-ssl-3.0", "{suite}");
        }
    })
    .await;
}

fn code(ended: Result<TlsStream, Error>) -> &'static str {
    ended.map(drop).unwrap_err().code()
}

/// The build is not the configuration: `dm` by itself has no SSL 3.0.
#[tokio::test]
async fn only_the_profile_that_asks_for_it_has_it() {
    within(async {
        let stage = Stage::new();
        assert_eq!(Profile::DmSsl3.versions(), (Version::Ssl3, Version::Tls1_3));
        // The library is ready, so it is the profile that refuses.
        let ready = stage.server_config(Profile::DmSsl3);
        for (profile, taken) in [(Profile::Dm, false), (Profile::ThreeGpp, false)] {
            let config = stage.server_config(profile);
            assert_eq!(takes(&config).await, taken);
        }
        assert!(takes(&ready).await);
    })
    .await;
}

async fn takes(config: &ServerConfig) -> bool {
    let (ours, theirs) = tcp_pair().await;
    let client = Raw::new().suites("ALL").only(SslVersion::SSL3);
    let (ended, _) = tokio::join!(
        tls::accept(config, ours, deadline()),
        client.connect(theirs)
    );
    match ended {
        Ok(stream) => stream.version() == "SSLv3",
        Err(Error::VersionMismatch { offered }) => {
            assert_eq!(offered, "SSL 3.0");
            false
        }
        Err(other) => panic!("{other:?}"),
    }
}

/// Two that both speak TLS don't come down to it.
#[tokio::test]
async fn who_has_tls_gets_tls() {
    within(async {
        let stage = Stage::new();
        let server = stage.server_config(Profile::DmSsl3);
        let client = stage.client_config(Profile::DmSsl3);
        let (ended, _server) = crate::support::shake(&client, &server).await;
        assert_eq!(ended.unwrap().version(), "TLSv1.3");
        // A hello of SSL 3.0 after a failed one of TLS, as old clients did
        // (RFC 7507): inappropriate_fallback.
        let (ours, mut theirs) = tcp_pair().await;
        let mut hello = vec![22, 3, 0, 0, 45, 1, 0, 0, 41, 3, 0];
        hello.extend([7; 32]);
        hello.extend([0, 0, 4, 0x00, 0x05, 0x56, 0x00, 1, 0]);
        hello[4] = u8::try_from(hello.len() - 5).unwrap();
        hello[8] = u8::try_from(hello.len() - 9).unwrap();
        let fallen = async {
            theirs.write_all(&hello).await.unwrap();
            let mut answer = Vec::new();
            theirs.read_to_end(&mut answer).await.unwrap();
            answer
        };
        let (answer, ended) = tokio::join!(fallen, tls::accept(&server, ours, deadline()));
        assert!(ended.is_err());
        assert_eq!(answer, [21, 3, 0, 0, 2, 2, 86]);
    })
    .await;
}

#[test]
fn each_configuration_with_it_is_warned_about() {
    let log = Log::default();
    let stage = Stage::new();
    let said = |make: &dyn Fn()| {
        log.0.lock().unwrap().clear();
        tracing::subscriber::with_default(log.clone(), make);
        log.0.lock().unwrap().clone()
    };
    let by_server = said(&|| drop(stage.server_config(Profile::DmSsl3)));
    let by_client = said(&|| drop(stage.client_config(Profile::DmSsl3)));
    for lines in [by_server, by_client] {
        let [(level, text)] = lines.as_slice() else {
            panic!("{lines:?}");
        };
        assert_eq!(*level, Level::WARN);
        assert!(
            text.starts_with("SSL 3.0 with RC4 and 3DES is on"),
            "{text}"
        );
    }
    assert!(said(&|| drop(stage.server_config(Profile::Dm))).is_empty());
}

/// What was logged, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(Level, String)>>>);

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        let level = *event.metadata().level();
        self.0.lock().unwrap().push((level, message.0));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
