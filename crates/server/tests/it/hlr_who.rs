//! Who may ask the HLR for whom (docs/hlr.md): denied by default, by the
//! certificate or the address, never by the name that a node gives itself.

use std::net::Ipv4Addr;

use gsup::{Body, Cause, SendAuthInfoRequest};
use provisioning::ports::OperatorStore;
use server::PlainClient;
use server::operator::{HlrCounts, HlrSettings, Rate};

use crate::gsup_node::Node;
use crate::world::{RO, SHO, STRANGER, Setup, VNO, World};

const SGSN: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 31);
const OTHER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 32);
const NOBODY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 33);
const UNKNOWN: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 34);

fn client(address: Ipv4Addr, name: &str, serves: &str) -> PlainClient {
    PlainClient {
        address: address.into(),
        name: name.to_owned(),
        serves: serves.parse().unwrap_or_default(),
    }
}

fn setup() -> Setup {
    Setup {
        hlr: HlrSettings {
            clients: vec![
                client(SGSN, "sgsn-1", "001019000000001"),
                client(OTHER, "sgsn-2", "00102,001019000000002"),
                client(NOBODY, "sgsn-3", ""),
            ],
            ..HlrSettings::default()
        },
        ..Setup::default()
    }
}

fn requests() -> [Body; 3] {
    [
        Body::SendAuthInfoRequest(SendAuthInfoRequest::default()),
        Body::UpdateLocationRequest,
        Body::PurgeMsRequest { hlr_number: None },
    ]
}

/// Each request is refused as for a subscriber that nobody has.
async fn denied(node: &mut Node, imsi: &str) {
    for request in requests() {
        let kind = request.message_type();
        let answer = node.ask(imsi, request).await;
        assert_eq!(answer.message_type(), kind + 1, "{answer:?}");
        assert_eq!(answer.cause(), Some(Cause::ImsiUnknown));
    }
}

async fn granted(node: &mut Node, imsi: &str) {
    for request in requests() {
        let kind = request.message_type();
        let answer = node.ask(imsi, request).await;
        assert_eq!(answer.message_type(), kind + 2, "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_gets_vectors_for_those_whom_it_serves_and_nobody_else_any() {
    let mut world = World::with("hlr-may-ask", setup()).await;
    let first = world.device().await.imsi;
    let second = world.device().await.imsi;
    let (first, second) = (first.digits(), second.digits());
    let plain = world.operators[RO].gsup_plain_address().unwrap();
    let version = async |imsi: &str| {
        let imsi = imsi.parse().unwrap();
        let known = world.operator(RO).store().subscriber(&imsi).await;
        known.unwrap().unwrap().version
    };
    let before = (version(first).await, version(second).await);

    // Whatever they call themselves: a registered operator that serves nobody,
    // a client for others, a client for nobody.
    let liar = format!("VNO-{VNO}");
    let mut registered = Node::tls(&world, SHO, RO, &liar).await.unwrap();
    denied(&mut registered, first).await;
    let mut other = Node::plain(OTHER, plain, "sgsn-1").await.unwrap();
    denied(&mut other, first).await;
    let mut nobody = Node::plain(NOBODY, plain, &liar).await.unwrap();
    denied(&mut nobody, first).await;
    denied(&mut nobody, second).await;
    assert_eq!((version(first).await, version(second).await), before);
    // Without a certificate of a registered operator, or from an address that
    // is nobody's, there is no connection.
    assert!(Node::tls(&world, STRANGER, RO, &liar).await.is_none());
    assert!(Node::plain(UNKNOWN, plain, "sgsn-1").await.is_none());
    assert_eq!(
        world.operator(RO).hlr_counts(),
        HlrCounts {
            denied: 12,
            turned_away: 1,
            ..HlrCounts::default()
        }
    );

    let mut visited = Node::tls(&world, VNO, RO, "anything").await.unwrap();
    granted(&mut visited, first).await;
    granted(&mut visited, second).await;
    let mut sgsn = Node::plain(SGSN, plain, "anything").await.unwrap();
    granted(&mut sgsn, first).await;
    denied(&mut sgsn, second).await;
    granted(&mut other, second).await;
    world.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_cut_off_before_anything_is_said() {
    use tokio::io::AsyncReadExt;
    let world = World::with("hlr-cut-off", setup()).await;
    let plain = world.operators[RO].gsup_plain_address().unwrap();
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind((UNKNOWN, 0).into()).unwrap();
    let mut tcp = socket.connect(plain).await.unwrap();
    let mut heard = Vec::new();
    let patience = std::time::Duration::from_secs(30);
    let read = tokio::time::timeout(patience, tcp.read_to_end(&mut heard)).await;
    // Closed, or reset: either way without an octet.
    let _ = read.expect("the server closes at once");
    assert!(heard.is_empty());
    world.shutdown().await;
}

/// How many of so many requests are answered, and that the others are refused
/// for congestion.
async fn answered(node: &mut Node, imsi: &str, requests: usize) -> usize {
    let mut answered = 0;
    for _ in 0..requests {
        let request = Body::SendAuthInfoRequest(SendAuthInfoRequest::default());
        match node.ask(imsi, request).await {
            Body::SendAuthInfoResult(_) => answered += 1,
            other => assert_eq!(other, Body::SendAuthInfoError(Cause::Congestion)),
        }
    }
    answered
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_and_a_subscriber_are_asked_for_so_often_and_no_more() {
    let rate = |burst| Rate { per_s: 1, burst };
    let mut setup = setup();
    setup.hlr.clients[0].serves = server::Serves::all();
    setup.hlr.node_rate = rate(20);
    setup.hlr.subscriber_rate = rate(5);
    let world = World::with("hlr-often", setup).await;
    for number in ["001019000000002", "001019000000003"] {
        crate::card::plant(&world, number).await;
    }
    let plain = world.operators[RO].gsup_plain_address().unwrap();
    let began = std::time::Instant::now();
    let mut first = Node::plain(SGSN, plain, "x").await.unwrap();
    let mut second = Node::plain(OTHER, plain, "x").await.unwrap();
    let mut all = [
        // The subscriber's five, then it is spent for every node.
        answered(&mut first, "001019000000002", 8).await,
        answered(&mut second, "001019000000002", 2).await,
        // Another subscriber has its own five.
        answered(&mut first, "001019000000003", 8).await,
        0,
    ];
    // The node's twenty are spent by sixteen and these; it then hears of
    // congestion for whomever.
    for _ in 0..8 {
        let purge = Body::PurgeMsRequest { hlr_number: None };
        let answer = first.ask("001019000000077", purge).await;
        let unknown = answer.cause() == Some(Cause::ImsiUnknown);
        assert!(unknown || answer.cause() == Some(Cause::Congestion));
        all[3] += usize::from(unknown);
    }
    // A token more for each second that this took.
    let spare = usize::try_from(began.elapsed().as_secs()).unwrap() + 1;
    for (got, burst) in all.into_iter().zip([5, 0, 5, 4]) {
        assert!((burst..=burst + spare).contains(&got), "{all:?}, {spare}");
    }
    let counts = world.operator(RO).hlr_counts();
    let limited = counts.node_limited + counts.subscriber_limited;
    let refused = 26 - all.iter().sum::<usize>();
    assert_eq!(limited, u64::try_from(refused).unwrap());
    assert!(counts.node_limited > 0 && counts.subscriber_limited > 0);
    world.shutdown().await;
}
