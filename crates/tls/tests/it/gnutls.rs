//! GnuTLS's programs as the other side: another library altogether (RFC 4279, 5246,
//! 5487, 5489, 8446).
//!
//! `gnutls-serv` listens on all addresses and can't be told otherwise, so it runs
//! in a network of its own, and a shell in there carries the octets.

use std::sync::Arc;

use tls::{
    ClientAuthentication, ClientConfig, ClientSettings, PeerIdentity, Profile, Psk, PskKey,
    PskKeys, ServerConfig, ServerSettings,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::TcpStream;
use tokio::process::Child;
use zeroize::Zeroizing;

use crate::support::program::OpenSsl;
use crate::support::{HOST, World, deadline, listener, tcp_pair, within};

const KEY: &str = "000102030405060708090a0b0c0d0e0f";

fn key() -> Zeroizing<Vec<u8>> {
    Zeroizing::new((0..16).collect())
}

/// One way to connect, as GnuTLS words it.
struct Way {
    priority: &'static str,
    version: &'static str,
    suite: &'static str,
    by_key: bool,
}

const fn way(
    priority: &'static str,
    version: &'static str,
    suite: &'static str,
    by_key: bool,
) -> Way {
    Way {
        priority,
        version,
        suite,
        by_key,
    }
}

#[rustfmt::skip]
const WAYS: [Way; 7] = [
    way("NONE:+VERS-TLS1.2:+AES-128-GCM:+AEAD:+ECDHE-ECDSA:+SIGN-ALL:+COMP-NULL:+GROUP-ALL",
        "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", false),
    way("NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM",
        "TLSv1.3", "TLS_AES_128_GCM_SHA256", false),
    way("NONE:+VERS-TLS1.2:+AES-128-GCM:+AEAD:+PSK:+SIGN-ALL:+COMP-NULL:+GROUP-ALL",
        "TLSv1.2", "TLS_PSK_WITH_AES_128_GCM_SHA256", true),
    way("NONE:+VERS-TLS1.2:+AES-128-GCM:+AEAD:+DHE-PSK:+SIGN-ALL:+COMP-NULL:+GROUP-ALL",
        "TLSv1.2", "TLS_DHE_PSK_WITH_AES_128_GCM_SHA256", true),
    way("NONE:+VERS-TLS1.2:+AES-128-CBC:+SHA256:+ECDHE-PSK:+SIGN-ALL:+COMP-NULL:+GROUP-ALL",
        "TLSv1.2", "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256", true),
    way("NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+ECDHE-PSK:+DHE-PSK",
        "TLSv1.3", "TLS_AES_128_GCM_SHA256", true),
    way("NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+PSK:+DHE-PSK",
        "TLSv1.3", "TLS_AES_128_GCM_SHA256", true),
];

struct OneKey;

impl PskKeys for OneKey {
    fn find(&self, identity: &[u8]) -> Option<PskKey> {
        (identity == b"device").then(|| PskKey {
            key: key(),
            client: PeerIdentity::new("the device"),
        })
    }
}

fn files(programs: &OpenSsl, world: &World) {
    programs.certificate("ca.pem", &world.authority.certificate);
    for (name, issued) in [("client", &world.client), ("server", &world.server)] {
        programs.certificate(&format!("{name}.pem"), &issued.certificate);
        programs.key(&format!("{name}.key"), &issued.key);
    }
    programs.text("keys.txt", &format!("device:{KEY}\n"));
}

fn server(world: &World, way: &Way) -> ServerConfig {
    if way.by_key {
        let mut settings = ServerSettings::new(Profile::Dm, Vec::new());
        settings.keys = Some(Arc::new(OneKey));
        return ServerConfig::of(&settings).unwrap();
    }
    let own = world.server.credentials(&[]);
    let clients = ClientAuthentication::Required(world.authority.judge());
    ServerConfig::new(Profile::Dm, &own, clients).unwrap()
}

fn client(world: &World, way: &Way) -> ClientConfig {
    let mut settings = ClientSettings::new(Profile::Dm);
    if way.by_key {
        let server = PeerIdentity::new("the server");
        settings.psk = Some(Psk::new(b"device", key(), server).unwrap());
    } else {
        settings.credentials = Some(world.client.credentials(&[]));
        settings.verifier = Some(world.authority.judge());
    }
    ClientConfig::of(&settings).unwrap()
}

#[tokio::test]
async fn our_server_and_gnutls_cli() {
    let Some(gnutls) = OpenSsl::another("gnutls-cli", "gnutls-cli") else {
        return;
    };
    within(async {
        let world = World::new();
        files(&gnutls, &world);
        for way in &WAYS {
            let listener = listener().await;
            let port = listener.local_addr().unwrap().port().to_string();
            let mut line = vec!["127.0.0.1", "--port", &port, "--priority", way.priority];
            if way.by_key {
                line.extend(["--pskusername", "device", "--pskkey", KEY]);
            } else {
                line.extend(["--x509cafile", "ca.pem", "--verify-hostname", HOST]);
                line.extend(["--sni-hostname", HOST]);
                line.extend([
                    "--x509certfile",
                    "client.pem",
                    "--x509keyfile",
                    "client.key",
                ]);
            }
            let mut child = gnutls.start(&line);
            let stdin = child.stdin.as_mut().unwrap();
            stdin.write_all(b"hello\n").await.unwrap();
            stdin.flush().await.unwrap();
            let (tcp, _) = listener.accept().await.unwrap();
            let stream = tls::accept(&server(&world, way), tcp, deadline()).await;
            let mut stream = stream.unwrap_or_else(|error| panic!("{}: {error}", way.priority));
            assert_eq!(stream.version(), way.version, "{}", way.priority);
            assert_eq!(stream.cipher_suite(), Some(way.suite), "{}", way.priority);
            let peer = ["peer.example", "the device"][usize::from(way.by_key)];
            assert_eq!(stream.peer().unwrap().name(), peer);
            if way.suite.contains("DHE_PSK_") {
                // Version 3.7.9 dies after this handshake, with s_server too, where it
                // prints the group.
                continue;
            }
            // Without trust in our certificate it would have left instead.
            let mut said = [0; 6];
            let read = stream.read_exact(&mut said).await;
            read.unwrap_or_else(|error| panic!("{}: {error}", way.priority));
            assert_eq!(&said, b"hello\n", "{}", way.priority);
            drop(child);
        }
    })
    .await;
}

/// `gnutls-serv` behind a TCP connection of its own.
async fn gnutls_serv(shell: &OpenSsl, more: &str) -> (TcpStream, Child) {
    let script = format!(
        "ip link set lo up\n\
         gnutls-serv --echo --port 5556 {more} </dev/null >/dev/null 2>serv.log &\n\
         until {{ exec 3<>/dev/tcp/127.0.0.1/5556; }} 2>/dev/null; do sleep 0.05; done\n\
         cat <&3 &\n\
         cat >&3\n"
    );
    let own = [
        "--user",
        "--map-root-user",
        "--net",
        "--pid",
        "--fork",
        "--kill-child",
    ];
    let mut line = own.to_vec();
    line.extend(["--", "bash", "-c", &script]);
    let mut child = shell.start(&line);
    let (ours, theirs) = tcp_pair().await;
    let (mut from, mut to) = theirs.into_split();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    tokio::spawn(async move { copy(&mut from, &mut stdin).await });
    tokio::spawn(async move {
        let _ = copy(&mut stdout, &mut to).await;
    });
    (ours, child)
}

#[tokio::test]
async fn our_client_and_gnutls_serv() {
    let test = "gnutls-serv";
    let needed = ["gnutls-serv", "ip", "bash"].map(|name| OpenSsl::another(name, test).is_some());
    let Some(shell) = OpenSsl::another("unshare", test).filter(|_| needed == [true; 3]) else {
        return;
    };
    within(async {
        let line = [
            "--user",
            "--map-root-user",
            "--net",
            "--pid",
            "--fork",
            "true",
        ];
        let (may, text) = shell.run(&line).await;
        if !may {
            let ci = std::env::var_os("CI").is_some_and(|value| value == "true");
            assert!(!ci, "CI=true allows no skipping: {text}");
            eprintln!("SKIPPED {test}: no network of its own is allowed here: {text}");
            return;
        }
        let world = World::new();
        files(&shell, &world);
        for way in &WAYS {
            let more = match way.by_key {
                true => "--pskpasswd keys.txt --disable-client-cert",
                false => {
                    "--x509certfile server.pem --x509keyfile server.key --x509cafile ca.pem \
                     --require-client-cert"
                }
            };
            let more = format!("--priority {} {more}", way.priority);
            let (tcp, child) = gnutls_serv(&shell, &more).await;
            let stream = tls::connect(&client(&world, way), tcp, HOST, deadline()).await;
            let log = || String::from_utf8_lossy(&shell.read("serv.log")).into_owned();
            let mut stream =
                stream.unwrap_or_else(|error| panic!("{}: {error}: {}", way.priority, log()));
            assert_eq!(stream.version(), way.version, "{}", way.priority);
            assert_eq!(stream.cipher_suite(), Some(way.suite), "{}", way.priority);
            let peer = [HOST, "the server"][usize::from(way.by_key)];
            assert_eq!(stream.peer().unwrap().name(), peer);
            stream.write_all(b"hello\n").await.unwrap();
            let mut answer = [0; 6];
            let echoed = stream.read_exact(&mut answer).await;
            echoed.unwrap_or_else(|error| panic!("{}: {error}: {}", way.priority, log()));
            assert_eq!(&answer, b"hello\n");
            drop(child);
        }
    })
    .await;
}
