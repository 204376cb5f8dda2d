//! Every suite of the profile `dm`, between our server and Debian's `openssl
//! s_client`, and between our client and `openssl s_server` (OMA DM session
//! security clause 9.2.2; RFC 4279, 5246, 5289, 5487, 5489).

use std::sync::Arc;

use tls::{
    ClientAuthentication, ClientConfig, ClientSettings, PeerIdentity, Profile, Psk, PskKey,
    PskKeys, ServerConfig, ServerSettings, Suite, SuiteKey, TlsStream, Version,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use zeroize::Zeroizing;

use crate::support::certificates::{ALWAYS, Issued, rsa};
use crate::support::program::{OpenSsl, accepting_port, ended};
use crate::support::{HOST, World, deadline, listener, within};

const IDENTITY: &str = "urn:imei:490154203237518";
const KEY: &str = "000102030405060708090a0b0c0d0e0f";

fn key() -> Zeroizing<Vec<u8>> {
    Zeroizing::new((0..16).collect())
}

struct OneKey;

impl PskKeys for OneKey {
    fn find(&self, identity: &[u8]) -> Option<PskKey> {
        (identity == IDENTITY.as_bytes()).then(|| PskKey {
            key: key(),
            client: PeerIdentity::new("the device"),
        })
    }
}

/// The names that Debian's program has for suites, with their version.
fn library_name(openssl_list: &str, suite: &str) -> String {
    let line = openssl_list.lines().find_map(|line| {
        let (name, rest) = line.split_once(" - ")?;
        (name.trim() == suite).then_some(rest)
    });
    let line = line.unwrap_or_else(|| panic!("openssl does not know {suite}"));
    line.split_whitespace().next().unwrap().to_owned()
}

struct Stage {
    openssl: OpenSsl,
    world: World,
    rsa: Issued,
    /// `openssl ciphers -stdname`.
    list: String,
}

impl Stage {
    async fn new(test: &str) -> Option<Self> {
        let openssl = OpenSsl::new(test)?;
        let world = World::new();
        let rsa = world.authority.leaf_with(HOST, rsa(2048), ALWAYS);
        openssl.certificate("ca.pem", &world.authority.certificate);
        for (name, issued) in [("ec", &world.server), ("rsa", &rsa)] {
            openssl.certificate(&format!("{name}.pem"), &issued.certificate);
            openssl.key(&format!("{name}.key"), &issued.key);
        }
        let line = ["ciphers", "-stdname", "-s", "-psk", "ALL:@SECLEVEL=0"];
        let (well, list) = openssl.run(&line).await;
        assert!(well, "{list}");
        Some(Self {
            openssl,
            world,
            rsa,
            list,
        })
    }

    fn server(&self) -> ServerConfig {
        let credentials = vec![
            self.world.server.credentials(&[]),
            self.rsa.credentials(&[]),
        ];
        let mut settings = ServerSettings::new(Profile::Dm, credentials);
        settings.keys = Some(Arc::new(OneKey));
        settings.clients = ClientAuthentication::None;
        ServerConfig::of(&settings).unwrap()
    }

    fn client(&self) -> ClientConfig {
        let mut settings = ClientSettings::new(Profile::Dm);
        settings.verifier = Some(self.world.authority.judge());
        let server = PeerIdentity::new("the server of the key");
        settings.psk = Some(Psk::new(IDENTITY.as_bytes(), key(), server).unwrap());
        ClientConfig::of(&settings).unwrap()
    }

    /// Our server, their client.
    async fn serve(&self, suite: &Suite, version: Version) {
        let listener = listener().await;
        let address = listener.local_addr().unwrap().to_string();
        let ciphers = format!("{}:@SECLEVEL=0", library_name(&self.list, suite.name));
        let mut line = vec![
            "s_client",
            "-connect",
            &address,
            "-servername",
            HOST,
            flag(version),
            "-cipher",
            &ciphers,
            "-CAfile",
            "ca.pem",
            "-verify_hostname",
            HOST,
            "-verify_return_error",
        ];
        if suite.is_psk() {
            line.extend(["-psk", KEY, "-psk_identity", IDENTITY]);
        }
        let child = self.openssl.start(&line);
        let (tcp, _) = listener.accept().await.unwrap();
        let mut stream = tls::accept(&self.server(), tcp, deadline())
            .await
            .unwrap_or_else(|error| panic!("{} in {version}: {error}", suite.name));
        stream.write_all(b"said by our server\n").await.unwrap();
        stream.shutdown().await.unwrap();
        is(&stream, suite, version);
        let peer = stream.peer().map(PeerIdentity::name);
        assert_eq!(peer, suite.is_psk().then_some("the device"));
        let (_, text) = ended(child).await;
        assert!(text.contains("said by our server"), "{text}");
    }

    /// Our client, their server.
    async fn connect(&self, suite: &Suite, version: Version) {
        // At its level 0 the program takes groups of 1024 bits, which we refuse.
        let level = if version < Version::Tls1_2 { 0 } else { 2 };
        let ciphers = library_name(&self.list, suite.name);
        let ciphers = format!("{ciphers}:@SECLEVEL={level}");
        let mut line = vec![
            "s_server",
            "-accept",
            "127.0.0.1:0",
            "-naccept",
            "1",
            "-rev",
            flag(version),
            "-cipher",
            &ciphers,
        ];
        match suite.key {
            SuiteKey::Psk => line.push("-nocert"),
            SuiteKey::Ec => line.extend(["-cert", "ec.pem", "-key", "ec.key"]),
            _ => line.extend(["-cert", "rsa.pem", "-key", "rsa.key"]),
        }
        if suite.is_psk() {
            line.extend(["-psk", KEY, "-psk_identity", IDENTITY]);
        }
        let mut child = self.openssl.start(&line);
        let port = accepting_port(&mut child).await;
        let tcp = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let mut stream = tls::connect(&self.client(), tcp, HOST, deadline())
            .await
            .unwrap_or_else(|error| panic!("{} in {version}: {error}", suite.name));
        is(&stream, suite, version);
        let peer = stream.peer().unwrap().name();
        let by_key = suite.key == SuiteKey::Psk;
        assert_eq!(
            peer,
            if by_key {
                "the server of the key"
            } else {
                HOST
            }
        );
        stream.write_all(b"olleh\n").await.unwrap();
        let mut answer = [0; 6];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"hello\n");
    }
}

fn flag(version: Version) -> &'static str {
    match version {
        Version::Tls1_0 => "-tls1",
        Version::Tls1_1 => "-tls1_1",
        Version::Tls1_2 => "-tls1_2",
        other => panic!("{other}"),
    }
}

/// The connection is what was wanted.
fn is(stream: &TlsStream, suite: &Suite, version: Version) {
    assert_eq!(stream.cipher_suite(), Some(suite.name));
    let written = match version {
        Version::Tls1_0 => "TLSv1",
        Version::Tls1_1 => "TLSv1.1",
        _ => "TLSv1.2",
    };
    assert_eq!(stream.version(), written);
}

async fn served(test: &str, suite: &str, version: Version) {
    if let Some(stage) = Stage::new(&format!("served-{test}")).await {
        within(stage.serve(Suite::by_name(suite).unwrap(), version)).await;
    }
}

async fn wanted(test: &str, suite: &str, version: Version) {
    if let Some(stage) = Stage::new(&format!("wanted-{test}")).await {
        within(stage.connect(Suite::by_name(suite).unwrap(), version)).await;
    }
}

/// A test for each suite and each direction.
macro_rules! each {
    ($($name:ident: $suite:literal in $version:ident;)*) => {
        const TESTED: &[&str] = &[$($suite),*];

        mod our_server_and_openssl_s_client {
            $(#[tokio::test]
            async fn $name() {
                super::served(stringify!($name), $suite, tls::Version::$version).await;
            })*
        }

        mod our_client_and_openssl_s_server {
            $(#[tokio::test]
            async fn $name() {
                super::wanted(stringify!($name), $suite, tls::Version::$version).await;
            })*
        }
    };
}

// The paper's suites are TLS 1.2's. Older versions have others, which the paper wants
// without naming a suite: those are ours.
each! {
    psk_gcm: "TLS_PSK_WITH_AES_128_GCM_SHA256" in Tls1_2;
    dhe_psk_gcm: "TLS_DHE_PSK_WITH_AES_128_GCM_SHA256" in Tls1_2;
    rsa_psk_gcm: "TLS_RSA_PSK_WITH_AES_128_GCM_SHA256" in Tls1_2;
    psk_cbc: "TLS_PSK_WITH_AES_128_CBC_SHA256" in Tls1_2;
    dhe_psk_cbc: "TLS_DHE_PSK_WITH_AES_128_CBC_SHA256" in Tls1_2;
    rsa_psk_cbc: "TLS_RSA_PSK_WITH_AES_128_CBC_SHA256" in Tls1_2;
    ecdhe_psk_cbc: "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256" in Tls1_2;
    ecdhe_ecdsa_gcm: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" in Tls1_2;
    dhe_rsa_gcm: "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256" in Tls1_2;
    rsa_gcm: "TLS_RSA_WITH_AES_128_GCM_SHA256" in Tls1_2;
    ecdhe_ecdsa_cbc: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256" in Tls1_2;
    dhe_rsa_cbc: "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256" in Tls1_2;
    rsa_cbc: "TLS_RSA_WITH_AES_128_CBC_SHA256" in Tls1_2;
    ecdhe_ecdsa_cbc_sha_1_0: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA" in Tls1_0;
    ecdhe_ecdsa_cbc_sha_1_1: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA" in Tls1_1;
    dhe_rsa_cbc_sha_1_0: "TLS_DHE_RSA_WITH_AES_128_CBC_SHA" in Tls1_0;
    dhe_rsa_cbc_sha_1_1: "TLS_DHE_RSA_WITH_AES_128_CBC_SHA" in Tls1_1;
    rsa_cbc_sha_1_0: "TLS_RSA_WITH_AES_128_CBC_SHA" in Tls1_0;
    rsa_cbc_sha_1_1: "TLS_RSA_WITH_AES_128_CBC_SHA" in Tls1_1;
}

/// The rows are the paper's; SSL 3.0's suites have tests of their own (`ssl3`).
#[test]
fn every_suite_of_the_paper_has_its_tests() {
    let rows = tls::audit::rows().unwrap();
    let named = rows.iter().flat_map(|row| &row.suites);
    let named = named.filter(|name| name.starts_with("TLS_"));
    let mut count = 0;
    for name in named {
        assert!(TESTED.contains(&name.as_str()), "{name}");
        count += 1;
    }
    // Each in the table of clients and in that of servers.
    assert_eq!(count, 2 * 13);
}
