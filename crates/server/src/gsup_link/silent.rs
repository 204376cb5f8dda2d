//! Peers that fall silent at any point of a connection, or don't read: none holds
//! its place for longer than a bound, and there is a bound on how many there are
//! (IPA as libosmo-abis speaks it; the engine's own bounds are tested in `gsup`).

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gsup::{Config, Message};
use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::x509::X509;
use tls::{Credentials, Profile, ServerConfig, ServerSettings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};

use super::server::Limits;
use super::{Caller, Door, GsupServer, NodeHandler, Nodes};
use crate::serving::{PlainClient, plain_clients};

/// Each of the bounds, for these tests.
const BOUND: Duration = Duration::from_millis(200);
const HANG: Duration = Duration::from_secs(15);

/// ID_GET of a server (`vectors/gsup.json`, session `hlr`), ID_RESP of an SGSN and
/// the two ID_ACKs, a ping and a pong.
const ID_GET: &[u8] =
    b"\0\x11\xfe\x04\x01\x08\x01\x07\x01\x02\x01\x03\x01\x04\x01\x05\x01\x01\x01\0";
const ID_RESP: &[u8] = b"\0\x16\xfe\x05\0\x07\x08\x30\x2f\x30\x2f\x30\0\0\x02\0\0\0\x06\x01SGSN\0";
const ID_ACK: &[u8] = b"\0\x01\xfe\x06";
const PING: &[u8] = b"\0\x01\xfe\0";
const PONG: &[u8] = b"\0\x01\xfe\x01";

/// Answers nothing.
#[derive(Default)]
struct Nothing(AtomicUsize);

impl NodeHandler for Nothing {
    async fn answer(&self, _from: &Arc<Caller>, _message: &Message) -> Option<Message> {
        None
    }

    fn turned_away(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn limits(connections: usize) -> Limits {
    Limits {
        connections,
        tls: BOUND,
        patience: BOUND,
        engine: Config {
            handshake_timeout: BOUND,
            ping_interval: BOUND,
            pong_timeout: BOUND,
            ..Config::default()
        },
    }
}

async fn start(limits: Limits) -> (GsupServer, Arc<Nodes>) {
    let client = PlainClient {
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        name: "sgsn".to_owned(),
        serves: crate::Serves::all(),
    };
    behind(
        Door::Plain(Arc::new(plain_clients(&[client]).unwrap())),
        limits,
    )
    .await
}

async fn behind(door: Door, limits: Limits) -> (GsupServer, Arc<Nodes>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let (nodes, handler) = (Arc::new(Nodes::default()), Arc::new(Nothing::default()));
    let server = GsupServer::start_within(listener, door, Arc::clone(&nodes), handler, limits);
    (server.unwrap(), nodes)
}

/// TLS with a certificate that signs itself; nobody gets to see it.
fn tls_door() -> Door {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut leaf = X509::builder().unwrap();
    leaf.set_version(2).unwrap();
    leaf.set_pubkey(&key).unwrap();
    let day = |n| Asn1Time::days_from_now(n).unwrap();
    leaf.set_not_before(&day(0)).unwrap();
    leaf.set_not_after(&day(1)).unwrap();
    leaf.sign(&key, MessageDigest::sha256()).unwrap();
    let leaf = leaf.build().to_der().unwrap();
    let own = Credentials::new(&leaf, &[], key).unwrap();
    let settings = ServerSettings::new(Profile::ThreeGpp, vec![own]);
    Door::Tls(ServerConfig::of(&settings).unwrap())
}

/// What comes up to the end of the connection, and when that was.
async fn to_the_end(peer: &mut TcpStream) -> (Vec<u8>, Duration) {
    let began = Instant::now();
    let mut octets = Vec::new();
    let read = timeout(HANG, peer.read_to_end(&mut octets)).await;
    match read.expect("it holds its place for ever") {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("{error}"),
    }
    (octets, began.elapsed())
}

async fn connected(server: &GsupServer) -> TcpStream {
    TcpStream::connect(server.address()).await.unwrap()
}

async fn expect(peer: &mut TcpStream, wanted: &[u8]) {
    let mut octets = vec![0; wanted.len()];
    let read = timeout(HANG, peer.read_exact(&mut octets)).await;
    read.expect("nothing comes").unwrap();
    assert_eq!(octets, wanted);
}

/// Up to both ID_ACKs.
async fn identified(server: &GsupServer) -> TcpStream {
    let mut peer = connected(server).await;
    expect(&mut peer, ID_GET).await;
    peer.write_all(&[ID_RESP, ID_ACK].concat()).await.unwrap();
    expect(&mut peer, ID_ACK).await;
    peer
}

#[tokio::test]
async fn one_that_says_nothing_is_given_up() {
    let (server, _) = start(limits(4)).await;
    let (octets, after) = to_the_end(&mut connected(&server).await).await;
    assert_eq!(octets, ID_GET);
    assert!(after >= BOUND / 2, "{after:?}");
    server.shutdown().await;
}

#[tokio::test]
async fn one_that_stops_in_the_tls_handshake_is_given_up() {
    let (server, _) = behind(tls_door(), limits(2)).await;
    // Nothing at all, and the head of a ClientHello of 512 octets.
    for begun in [&b""[..], b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"] {
        let mut peer = connected(&server).await;
        peer.write_all(begun).await.unwrap();
        let (octets, after) = to_the_end(&mut peer).await;
        assert_eq!(octets, b"");
        assert!(after >= BOUND / 2, "{after:?}");
    }
    server.shutdown().await;
}

#[tokio::test]
async fn one_that_stops_in_the_handshake_is_given_up_however_it_trickles() {
    let (server, nodes) = start(limits(4)).await;
    let mut named = connected(&server).await;
    named.write_all(ID_RESP).await.unwrap();
    assert_eq!(to_the_end(&mut named).await.0, ID_GET);
    // One that pings all the time buys none.
    let mut busy = connected(&server).await;
    expect(&mut busy, ID_GET).await;
    let pinging = async {
        while busy.write_all(PING).await.is_ok() {
            tokio::time::sleep(BOUND / 8).await;
        }
    };
    timeout(HANG, pinging).await.expect("pings buy time");
    assert!(nodes.of("sgsn", None).is_empty());
    server.shutdown().await;
}

#[tokio::test]
async fn one_that_never_answers_pings_is_given_up_and_leaves_the_list() {
    let (server, nodes) = start(limits(4)).await;
    let mut peer = identified(&server).await;
    assert_eq!(nodes.of("sgsn", Some("SGSN")).len(), 1);
    let (octets, _) = to_the_end(&mut peer).await;
    assert_eq!(octets, PING, "one ping, and no more patience");
    // One that answers them stays: three rounds of both waits.
    let mut alive = identified(&server).await;
    for _ in 0..3 {
        expect(&mut alive, PING).await;
        alive.write_all(PONG).await.unwrap();
    }
    assert_eq!(nodes.of("sgsn", None).len(), 1);
    drop(alive);
    server.shutdown().await;
}

#[tokio::test]
async fn one_that_reads_nothing_is_given_up() {
    let mut limits = limits(1);
    // Only the patience with what it does not take may end it.
    limits.engine.ping_interval = HANG * 10;
    let (server, nodes) = start(limits).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut peer = socket.connect(server.address()).await.unwrap();
    peer.write_all(&[ID_RESP, ID_ACK].concat()).await.unwrap();
    // A pong for each, until nothing goes in any more, and then until the end.
    let pings = PING.repeat(16 * 1024);
    let writing = async { while peer.write_all(&pings).await.is_ok() {} };
    timeout(HANG, writing).await.expect("it is served for ever");
    let gone = async {
        while !nodes.of("sgsn", None).is_empty() {
            tokio::time::sleep(BOUND / 8).await;
        }
    };
    timeout(HANG, gone).await.expect("it stays in the list");
    identified(&server).await;
    server.shutdown().await;
}

#[tokio::test]
async fn there_is_a_bound_on_connections_and_silent_ones_make_room() {
    let (server, _) = start(limits(2)).await;
    let mut silent = [connected(&server).await, connected(&server).await];
    for peer in &mut silent {
        expect(peer, ID_GET).await;
    }
    let (octets, _) = to_the_end(&mut connected(&server).await).await;
    assert_eq!(octets, b"", "no place, and no word");
    for peer in &mut silent {
        assert_eq!(to_the_end(peer).await.0, b"");
    }
    // The places are free once the server has seen its own end of them.
    let served = async {
        loop {
            let mut octets = [0; 1];
            if connected(&server)
                .await
                .read(&mut octets)
                .await
                .is_ok_and(|read| read == 1)
            {
                break;
            }
        }
    };
    timeout(HANG, served)
        .await
        .expect("there is no place any more");
    server.shutdown().await;
}
