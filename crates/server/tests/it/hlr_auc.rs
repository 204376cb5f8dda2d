//! The AuC behind the HLR's interface (TS 33.102 clauses 6.3.2 and 6.3.5, annex
//! C): numbers rise and never come back, whatever is replayed; what is disabled
//! gets nothing, memory or not; what a vector holds beside its numbers.

use std::net::Ipv4Addr;
use std::num::NonZeroU8;

use data_encoding::{BASE64, HEXLOWER, HEXUPPER};
use gsup::{AuthTuple, Body, Cause, CnDomain, Header, Message, RatType, SendAuthInfoRequest};
use provisioning::effect::Effect;
use provisioning::ports::OperatorStore;
use server::PlainClient;
use server::operator::{HlrSettings, Rate};

use crate::card::{self, change, plant, resync, seq_ind};
use crate::gsup_node::Node;
use crate::world::{RO, Setup, World};

const SGSN: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 41);
const OTHER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 42);
const IMSI: &str = "001017000000001";

async fn world(name: &str, gsm_triplets: bool) -> World {
    let client = |address: Ipv4Addr, name: &str| PlainClient {
        address: address.into(),
        name: name.to_owned(),
        serves: server::Serves::all(),
    };
    let setup = Setup {
        hlr: HlrSettings {
            clients: vec![client(SGSN, "sgsn-1"), client(OTHER, "sgsn-2")],
            subscriber_rate: Rate { per_s: 0, burst: 0 },
            gsm_triplets,
            ..HlrSettings::default()
        },
        ..Setup::default()
    };
    World::with(name, setup).await
}

async fn node(world: &World, from: Ipv4Addr) -> Node {
    let plain = world.operators[RO].gsup_plain_address().unwrap();
    Node::plain(from, plain, "a node").await.unwrap()
}

async fn asked(node: &mut Node, request: SendAuthInfoRequest) -> Result<Vec<AuthTuple>, Cause> {
    match node.ask(IMSI, Body::SendAuthInfoRequest(request)).await {
        Body::SendAuthInfoResult(tuples) => Ok(tuples),
        other => Err(other.cause().unwrap()),
    }
}

fn count(count: u8) -> SendAuthInfoRequest {
    SendAuthInfoRequest {
        vectors: NonZeroU8::new(count),
        ..SendAuthInfoRequest::default()
    }
}

async fn seqs(node: &mut Node, request: SendAuthInfoRequest) -> Vec<(u64, u64)> {
    let tuples = asked(node, request).await.unwrap();
    tuples.iter().map(seq_ind).collect()
}

async fn bound(world: &World) -> (u64, u64) {
    let imsi = IMSI.parse().unwrap();
    let known = world.operator(RO).store().subscriber(&imsi).await;
    let known = known.unwrap().unwrap();
    (known.value.seq_bound(), known.version)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_auts_never_brings_a_number_back() {
    let world = world("auc-replay", false).await;
    plant(&world, IMSI).await;
    let mut node = node(&world, SGSN).await;
    let first = asked(&mut node, count(1)).await.unwrap().remove(0);
    let mut last = seq_ind(&first).0;
    let captured = SendAuthInfoRequest {
        resync: Some(resync(first.rand, 5000)),
        ..count(2)
    };
    let stale = SendAuthInfoRequest {
        resync: Some(resync(first.rand, 7)),
        ..count(1)
    };
    // The USIM is ahead: its number is passed.
    let after = seqs(&mut node, captured).await;
    assert_eq!(after, [(5001, 0), (5002, 0)]);
    last = last.max(5002);
    // Captured and sent again, at once and later, and an older one: each gets
    // the numbers that come next in any case.
    for request in [
        captured,
        captured,
        count(5),
        stale,
        captured,
        stale,
        count(1),
    ] {
        for (seq, ind) in seqs(&mut node, request).await {
            assert_eq!((seq, ind), (last + 1, 0));
            last = seq;
        }
    }
    // A wrong one changes nothing: neither what is stored nor what comes next.
    let before = bound(&world).await;
    for wrong in 0..14 {
        let mut request = captured;
        request.resync = request.resync.map(|mut resync| {
            resync.auts[wrong] ^= 1;
            resync
        });
        assert_eq!(asked(&mut node, request).await, Err(Cause::SynchFailure));
    }
    let elsewhere = SendAuthInfoRequest {
        resync: captured.resync.map(|mut resync| {
            resync.rand[0] ^= 1;
            resync
        }),
        ..captured
    };
    assert_eq!(asked(&mut node, elsewhere).await, Err(Cause::SynchFailure));
    assert_eq!(bound(&world).await, before);
    assert_eq!(seqs(&mut node, count(1)).await, [(last + 1, 0)]);
    // And not from another node either, which has its own IND.
    let mut other = self::node(&world, OTHER).await;
    let again = seqs(&mut other, captured).await;
    assert_eq!(again, [(last + 2, 1), (last + 3, 1)]);
    world.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_subscriber_is_written_seldom_and_its_numbers_follow_each_other() {
    let world = world("auc-busy", false).await;
    plant(&world, IMSI).await;
    let mut node = node(&world, SGSN).await;
    let (before, mut last) = (bound(&world).await.1, 0);
    for _ in 0..300 {
        for (seq, _) in seqs(&mut node, count(5)).await {
            assert_eq!(seq, last + 1);
            last = seq;
        }
    }
    // Fewer than one commit for each twenty requests.
    let commits = bound(&world).await.1 - before;
    assert!((1..15).contains(&commits), "{commits}");
    world.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_subscriber_counts_at_once_whatever_is_in_memory() {
    let world = world("auc-memory", false).await;
    let imsi = plant(&world, IMSI).await;
    let mut node = node(&world, SGSN).await;
    let mut last = seqs(&mut node, count(5)).await[4].0;
    for _ in 0..3 {
        change(&world, vec![Effect::DisableSubscriber(imsi.clone())]).await;
        assert_eq!(asked(&mut node, count(1)).await, Err(Cause::ImsiUnknown));
        change(&world, vec![Effect::EnableSubscriber(imsi.clone())]).await;
        let (seq, _) = seqs(&mut node, count(1)).await[0];
        assert_eq!(seq, last + 1, "numbers in memory are still good");
        last = seq;
    }
    change(&world, vec![Effect::DeleteSubscriber(imsi.clone())]).await;
    assert_eq!(asked(&mut node, count(1)).await, Err(Cause::ImsiUnknown));
    // Made anew, it begins anew.
    plant(&world, IMSI).await;
    assert_eq!(seqs(&mut node, count(1)).await, [(1, 0)]);
    world.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_triplets_nobody_can_answer_for_2g() {
    for on in [false, true] {
        let world = world("auc-triplets", on).await;
        plant(&world, IMSI).await;
        let mut node = node(&world, SGSN).await;
        let tuples = asked(&mut node, count(5)).await.unwrap();
        let mut seen = Vec::new();
        for tuple in &tuples {
            let (sres, kc) = card::gsm(tuple.rand);
            assert_eq!(*tuple.sres.expose() == sres, on);
            assert_eq!(*tuple.kc.expose() == kc, on);
            seen.push((*tuple.sres.expose(), *tuple.kc.expose()));
        }
        // Not zeros, nor any other thing that could be known.
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 5);
        world.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_separation_bit_is_for_eps_and_each_domain_has_its_ind() {
    let world = world("auc-amf", false).await;
    plant(&world, IMSI).await;
    let mut node = node(&world, SGSN).await;
    for (rat, amf) in [
        (None, [0, 0]),
        (Some(RatType::GeranA), [0, 0]),
        (Some(RatType::UtranIu), [0, 0]),
        (Some(RatType::EutranSgs), [0x80, 0]),
    ] {
        let request = SendAuthInfoRequest {
            current_rat: rat,
            ..count(1)
        };
        let tuple = asked(&mut node, request).await.unwrap().remove(0);
        assert_eq!(card::amf(&tuple), amf, "{rat:?}");
    }
    for (domain, ind) in [(CnDomain::Cs, 1), (CnDomain::Ps, 0), (CnDomain::Cs, 1)] {
        let request = Message {
            header: Header {
                cn_domain: Some(domain),
                ..Header::new(IMSI.parse().unwrap())
            },
            body: Body::SendAuthInfoRequest(count(1)),
        };
        node.send(&request).await;
        let Body::SendAuthInfoResult(tuples) = node.receive().await.body else {
            panic!("no vectors");
        };
        assert_eq!(seq_ind(&tuples[0]).1, ind, "{domain:?}");
    }
    world.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_k_nor_opc_is_in_the_database_or_its_log() {
    let world = world("auc-rest", false).await;
    plant(&world, IMSI).await;
    let mut node = node(&world, SGSN).await;
    for _ in 0..3 {
        seqs(&mut node, count(5)).await;
        let located = node.ask(IMSI, Body::UpdateLocationRequest).await;
        assert_eq!(located.message_type(), 0x06);
    }
    let mut octets = Vec::new();
    for ending in ["db", "db-wal"] {
        let path = world.scratch.path().join(format!("{RO}.{ending}"));
        octets.extend(std::fs::read(path).unwrap());
    }
    let has = |form: &[u8]| octets.windows(form.len()).any(|window| window == form);
    assert!(has(IMSI.as_bytes()), "the search finds what is there");
    for secret in [card::K, card::OPC] {
        assert!(!has(&secret));
        assert!(!has(HEXLOWER.encode(&secret).as_bytes()));
        assert!(!has(HEXUPPER.encode(&secret).as_bytes()));
        // Wherever in a longer text it may begin.
        for skipped in 0..3 {
            let whole = (secret.len() - skipped) / 3 * 3;
            assert!(!has(BASE64
                .encode(&secret[skipped..skipped + whole])
                .as_bytes()));
        }
    }
    world.shutdown().await;
}
