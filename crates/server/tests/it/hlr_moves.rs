//! UpdateLocation, InsertSubscriberData, LocationCancel and PurgeMS at the HLR
//! (TS 29.002 clauses 8.1 and 19.1): one node has a subscriber in each domain,
//! and whoever had it before hears of it.

use std::net::Ipv4Addr;
use std::time::Duration;

use gsup::ipa::{Stream, encode_frame};
use gsup::{Body, CancelType, Cause, CnDomain, Header, Message};
use provisioning::effect::Effect;
use provisioning::ports::OperatorStore;
use server::PlainClient;
use server::operator::HlrSettings;

use crate::card::plant;
use crate::gsup_node::Node;
use crate::world::{RO, SHO, Setup, World};

const FIRST: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 51);
const SECOND: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 52);
const IMSI: &str = "001017000000001";

async fn world(name: &str) -> World {
    let client = |address: Ipv4Addr, name: &str| PlainClient {
        address: address.into(),
        name: name.to_owned(),
        serves: server::Serves::all(),
    };
    let setup = Setup {
        hlr: HlrSettings {
            clients: vec![client(FIRST, "first"), client(SECOND, "second")],
            patience: Duration::from_millis(500),
            ..HlrSettings::default()
        },
        ..Setup::default()
    };
    World::with(name, setup).await
}

async fn node(world: &World, from: Ipv4Addr, unit: &str) -> Node {
    let plain = world.operators[RO].gsup_plain_address().unwrap();
    Node::plain(from, plain, unit).await.unwrap()
}

fn message(domain: Option<CnDomain>, body: Body) -> Message {
    let header = Header {
        cn_domain: domain,
        ..Header::new(IMSI.parse().unwrap())
    };
    Message { header, body }
}

/// UpdateLocation to its end; what was inserted comes back.
async fn locate(node: &mut Node, domain: Option<CnDomain>) -> Message {
    node.send(&message(domain, Body::UpdateLocationRequest))
        .await;
    let inserted = node.receive().await;
    assert!(
        matches!(inserted.body, Body::InsertSubscriberDataRequest(_)),
        "{inserted:?}"
    );
    node.send(&message(None, Body::InsertSubscriberDataResult))
        .await;
    let located = node.receive().await;
    assert!(
        matches!(located.body, Body::UpdateLocationResult(_)),
        "{located:?}"
    );
    inserted
}

/// The node is told to forget the subscriber, and does.
async fn forgets(node: &mut Node, domain: CnDomain, why: CancelType) {
    let told = node.receive().await;
    let cancel_type = Some(why);
    assert_eq!(told.body, Body::LocationCancelRequest { cancel_type });
    assert_eq!(told.header.cn_domain, Some(domain));
    node.send(&message(None, Body::LocationCancelResult)).await;
}

/// Nothing came: the next thing that it hears is the answer to what it asks.
async fn heard_nothing(node: &mut Node) {
    let unknown = Header::new("001017000000999".parse().unwrap());
    let body = Body::PurgeMsRequest { hlr_number: None };
    node.send(&Message {
        header: unknown,
        body,
    })
    .await;
    let answer = node.receive().await.body;
    assert_eq!(answer, Body::PurgeMsError(Cause::ImsiUnknown));
}

async fn is_at(world: &World) -> Vec<String> {
    let imsi = IMSI.parse().unwrap();
    let known = world.operator(RO).store().subscriber(&imsi).await;
    let locations = known.unwrap().unwrap().value.locations();
    let at = |(domain, location): (_, provisioning::hlr::Location)| {
        format!("{domain:?} {} {}", location.node, location.unit)
    };
    locations.into_iter().map(at).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_had_the_subscriber_before_is_told() {
    let world = world("moves-update").await;
    plant(&world, IMSI).await;
    let mut sgsn = node(&world, FIRST, "SGSN-1").await;
    let mut msc = node(&world, FIRST, "MSC-1").await;
    let mut twin = node(&world, FIRST, "SGSN-2").await;
    let mut other = node(&world, SECOND, "SGSN-1").await;
    // Packet data for an SGSN, and where it does not say what it is; nothing
    // for an MSC. Neither drives the other away.
    for (domain, contexts) in [(None, 1), (Some(CnDomain::Ps), 1), (Some(CnDomain::Cs), 0)] {
        let node = match domain {
            Some(CnDomain::Cs) => &mut msc,
            _ => &mut sgsn,
        };
        let inserted = locate(node, domain).await;
        assert_eq!(inserted.header.cn_domain, domain.or(Some(CnDomain::Ps)));
        let Body::InsertSubscriberDataRequest(data) = inserted.body else {
            panic!("no subscriber data");
        };
        assert_eq!(data.pdp_infos.len(), contexts);
        assert_eq!(data.pdp_info_complete, contexts > 0);
    }
    assert_eq!(
        is_at(&world).await,
        ["Packet first SGSN-1", "Circuit first MSC-1"]
    );
    // To another unit of the same node, then to another node that bears the
    // same name in IPA.
    locate(&mut twin, Some(CnDomain::Ps)).await;
    forgets(&mut sgsn, CnDomain::Ps, CancelType::Update).await;
    locate(&mut other, Some(CnDomain::Ps)).await;
    forgets(&mut twin, CnDomain::Ps, CancelType::Update).await;
    heard_nothing(&mut sgsn).await;
    heard_nothing(&mut msc).await;
    assert_eq!(
        is_at(&world).await,
        ["Packet second SGSN-1", "Circuit first MSC-1"]
    );
    world.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_counts_only_where_the_subscriber_still_is() {
    let world = world("moves-purge").await;
    plant(&world, IMSI).await;
    let mut first = node(&world, FIRST, "SGSN").await;
    let mut second = node(&world, SECOND, "SGSN").await;
    locate(&mut first, None).await;
    locate(&mut second, None).await;
    forgets(&mut first, CnDomain::Ps, CancelType::Update).await;
    let purge = || Body::PurgeMsRequest { hlr_number: None };
    let freeze_ptmsi = true;
    let answer = first.ask(IMSI, purge()).await;
    assert_eq!(answer, Body::PurgeMsResult { freeze_ptmsi });
    assert_eq!(is_at(&world).await, ["Packet second SGSN"]);
    second.send(&message(Some(CnDomain::Cs), purge())).await;
    let freeze_ptmsi = false;
    let answer = second.receive().await.body;
    assert_eq!(answer, Body::PurgeMsResult { freeze_ptmsi });
    assert_eq!(is_at(&world).await, ["Packet second SGSN"]);
    second.ask(IMSI, purge()).await;
    assert!(is_at(&world).await.is_empty());
    world.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_takes_no_subscriber_data_does_not_get_the_subscriber() {
    let world = world("moves-refused").await;
    plant(&world, IMSI).await;
    let mut good = node(&world, FIRST, "SGSN").await;
    let mut bad = node(&world, SECOND, "SGSN").await;
    locate(&mut good, None).await;
    bad.send(&message(None, Body::UpdateLocationRequest)).await;
    bad.receive().await;
    let cause = Cause::RoamingNotAllowed;
    bad.send(&message(None, Body::InsertSubscriberDataError(cause)))
        .await;
    let refused = bad.receive().await.body;
    assert_eq!(refused, Body::UpdateLocationError(cause));
    // One that says nothing at all.
    bad.send(&message(None, Body::UpdateLocationRequest)).await;
    bad.receive().await;
    let silent = bad.receive().await.body;
    assert_eq!(silent, Body::UpdateLocationError(Cause::NetworkFailure));
    assert_eq!(is_at(&world).await, ["Packet first SGSN"]);
    heard_nothing(&mut good).await;
    world.shutdown().await;
}

/// An order of the operator change that is given up disables and deletes: here
/// by the API that a departure's end takes, a commit of the node.
#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_that_leaves_the_hlr_is_withdrawn_from_its_node() {
    let mut world = world("moves-withdraw").await;
    let mut device = world.device().await;
    device.attach(&world).await;
    let pcid = device.imsi.clone();
    let mut node = node(&world, FIRST, "SGSN").await;
    let header = Header {
        cn_domain: Some(CnDomain::Cs),
        ..Header::new(pcid.digits().parse().unwrap())
    };
    let body = Body::UpdateLocationRequest;
    node.send(&Message {
        header: header.clone(),
        body,
    })
    .await;
    node.receive().await;
    let body = Body::InsertSubscriberDataResult;
    node.send(&Message { header, body }).await;
    node.receive().await;
    // The device moves away: its PCID is disabled at its old operator.
    let order_id = device.register(&world, RO, SHO).await;
    device.until_over(&world, SHO, order_id).await;
    let told = node.receive().await;
    assert_eq!(told.header.imsi.as_str(), pcid.digits());
    assert_eq!(told.header.cn_domain, Some(CnDomain::Cs));
    let cancel_type = Some(CancelType::Withdraw);
    assert_eq!(told.body, Body::LocationCancelRequest { cancel_type });
    let known = world.operator(RO).store().subscriber(&pcid).await;
    assert_eq!(known.unwrap().unwrap().value.locations(), []);
    let answer = node.ask(pcid.digits(), Body::UpdateLocationRequest).await;
    assert_eq!(answer, Body::UpdateLocationError(Cause::ImsiUnknown));
    world.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_hlr_does_not_do_is_refused_by_name() {
    let world = world("moves-unsupported").await;
    let imsi = plant(&world, IMSI).await;
    let mut node = node(&world, FIRST, "SGSN").await;
    // Supplementary services, short messages, CheckIMEI: GSUP has them.
    for kind in [0x20, 0x24, 0x28, 0x2c, 0x30] {
        let mut octets = vec![kind, 1, 8];
        octets.extend([0x00, 0x01, 0x71, 0x00, 0x00, 0x00, 0x00, 0xf1]);
        node.send_frame(&encode_frame(Stream::Gsup, &octets).unwrap())
            .await;
        let (answered, cause) = node.receive_refusal().await;
        assert_eq!(answered, kind + 1);
        assert_eq!(cause, 97, "message type not implemented");
    }
    for body in [
        Body::InsertSubscriberDataRequest(gsup::SubscriberData::default()),
        Body::LocationCancelRequest { cancel_type: None },
    ] {
        let kind = body.message_type();
        node.send(&message(None, body)).await;
        let answer = node.receive().await.body;
        assert_eq!(answer.message_type(), kind + 1);
        assert_eq!(answer.cause(), Some(Cause::MessageTypeIncompatible));
    }
    // An IMSI that is none of an HLR's, and a report, which has no answer.
    let answer = node.ask("123456", Body::UpdateLocationRequest).await;
    assert_eq!(answer, Body::UpdateLocationError(Cause::ImsiUnknown));
    node.send(&message(None, Body::AuthFailReport)).await;
    heard_nothing(&mut node).await;
    // Deleted behind the node's back: unknown at once.
    crate::card::change(&world, vec![Effect::DeleteSubscriber(imsi)]).await;
    let answer = node.ask(IMSI, Body::UpdateLocationRequest).await;
    assert_eq!(answer, Body::UpdateLocationError(Cause::ImsiUnknown));
    world.shutdown().await;
}
