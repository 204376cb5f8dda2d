//! The peer interface, donor's side, over mutual TLS: who may announce and
//! release, and what everybody else is told.

use std::time::Duration;

use aka::Imsi;
use provisioning::donor::{DonorPolicy, TransferPolicy};
use provisioning::effect::Effect;
use provisioning::payload::MilenageKeys;
use provisioning::ports::{Commit, OperatorStore, StoreError};
use provisioning::recipient::OrderState;
use secret::Secret;
use tokens::os::OsRandom;

use crate::world::{RO, SHO, STRANGER, Setup, VNO, World, post, sho};

const ANNOUNCEMENTS: &str = "/peer/v1/announcements";
const RELEASES: &str = "/peer/v1/releases";

/// The signed announcement of an order that its donor has not answered: SHO
/// registers with a token that is none.
async fn announcement(world: &World, device: &crate::world::Device, token: &str) -> Vec<u8> {
    let registration = device.registration(RO, Some(Secret::new(token.to_owned())));
    let order_id = world.operator(SHO).register(registration).await.unwrap();
    let order = world.operator(SHO).store().order(order_id).await.unwrap();
    order.unwrap().0.value.announcement().to_vec()
}

async fn state(world: &World, order_id: provisioning::OrderId) -> (OrderState, String) {
    let patience = std::time::Instant::now();
    loop {
        let order = world.operator(SHO).store().order(order_id).await;
        let order = order.unwrap().unwrap().0.value;
        if order.state() != OrderState::AwaitingAcceptance {
            let reason = order.reason().map(|reason| reason.code().to_owned());
            return (order.state(), reason.unwrap_or_default());
        }
        assert!(patience.elapsed() < Duration::from_secs(60));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_for_it_nobody_takes_a_device_away() {
    let mut world = World::new("peers-token").await;
    let device = world.device().await;
    let other = world.device().await;
    let of_other = world
        .operator(RO)
        .issue_token(&other.tre_id, &sho(SHO))
        .await
        .unwrap();
    let for_another = world
        .operator(RO)
        .issue_token(&device.tre_id, &sho(VNO))
        .await
        .unwrap();
    for token in [
        None,
        Some(Secret::new("0".repeat(32))),
        Some(of_other),
        Some(for_another),
    ] {
        let registration = device.registration(RO, token);
        let order_id = world.operator(SHO).register(registration).await.unwrap();
        let ended = state(&world, order_id).await;
        assert_eq!(ended, (OrderState::Failed, "transfer-denied".to_owned()));
    }
    let good = device.register(&world, RO, SHO).await;
    assert_eq!(
        state(&world, good).await,
        (OrderState::AwaitingDevice, String::new())
    );
    world.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_counts_only_in_the_hands_of_who_signed_it() {
    let mut world = World::new("peers-hands").await;
    let device = world.device().await;
    let octets = announcement(&world, &device, "none").await;
    let denied = |code: &str| Ok((403, code.to_owned()));
    // Another peer shows SHO's document; a stranger is not even heard.
    let by_vno = post(&world, VNO, RO, ANNOUNCEMENTS, octets.clone()).await;
    assert_eq!(by_vno.as_ref().unwrap().0, 403, "{by_vno:?}");
    assert!(
        post(&world, STRANGER, RO, ANNOUNCEMENTS, octets.clone())
            .await
            .is_err()
    );
    let own = post(&world, SHO, RO, ANNOUNCEMENTS, octets.clone()).await;
    assert_eq!(own, denied("transfer-denied"));
    // An announcement is no release, and a release of nothing is none.
    let release = post(&world, SHO, RO, RELEASES, octets.clone())
        .await
        .unwrap();
    assert!([403, 422].contains(&release.0), "{release:?}");
    for body in [
        Vec::new(),
        b"<SignedAnnouncement/>".to_vec(),
        vec![0xff; 70_000],
    ] {
        let answer = post(&world, SHO, RO, ANNOUNCEMENTS, body).await.unwrap();
        assert!([403, 422].contains(&answer.0), "{answer:?}");
    }
    let nowhere = post(&world, SHO, RO, "/peer/v1/other", octets)
        .await
        .unwrap();
    assert_eq!(nowhere.0, 404);
    world.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_has_one_order_at_a_time() {
    let mut world = World::new("peers-one").await;
    let mut device = world.device().await;
    let first = device.register(&world, RO, SHO).await;
    let token = world
        .operator(RO)
        .issue_token(&device.tre_id, &sho(SHO))
        .await
        .unwrap();
    let again = device.registration(RO, Some(token));
    let refused = world.operator(SHO).register(again).await.unwrap_err();
    assert_eq!(refused.reason().code(), "order-in-progress");
    device.until_over(&world, SHO, first).await;
    let home = device.registration(RO, None);
    let refused = world.operator(SHO).register(home).await.unwrap_err();
    assert_eq!(refused.reason().code(), "already-current-sho");
    let unknown = device.registration("001-66", None);
    let refused = world.operator(RO).register(unknown).await.unwrap_err();
    assert_eq!(refused.reason().code(), "unknown-sho");
    world.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_waits_for_a_person_where_policy_says_so() {
    let setup = Setup {
        policy: DonorPolicy {
            transfer: TransferPolicy::Approve,
            ..DonorPolicy::default()
        },
        ..Setup::default()
    };
    let mut world = World::with("peers-approve", setup).await;
    let mut device = world.device().await;
    let registration = device.registration(RO, None);
    let order_id = world.operator(SHO).register(registration).await.unwrap();
    assert_eq!(state(&world, order_id).await.0, OrderState::AwaitingDevice);
    for _ in 0..20 {
        device.turn(&world).await;
    }
    assert!(
        device.agent().tre().open_order().is_none(),
        "nothing was sent yet"
    );
    let home = world.operator(RO);
    home.approve(&device.tre_id, order_id, &sho(SHO))
        .await
        .unwrap();
    let late = home.cancel(&device.tre_id, order_id).await.unwrap_err();
    assert_eq!(late.reason().code(), "out-of-order");
    device.until_over(&world, SHO, order_id).await;
    world.shutdown().await;
}

/// SQLITE_FULL by `max_page_count` at the donor: nothing is lost, and the order
/// goes on when there is room.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_store_keeps_the_order_retryable() {
    let setup = Setup {
        // An empty store has about 250 KiB.
        max_octets: Some(420 * 1024),
        ..Setup::default()
    };
    let mut world = World::with("peers-full", setup).await;
    let mut device = world.device().await;
    let home = world.operator(RO);
    let filled = fill(home).await;
    let order_id = device.register(&world, RO, SHO).await;
    for _ in 0..50 {
        device.turn(&world).await;
    }
    let order = world.operator(SHO).store().order(order_id).await;
    let order = order.unwrap().unwrap().0.value;
    assert_eq!(order.state(), OrderState::AwaitingAcceptance);
    assert_eq!(order.reason(), None);
    home.store().commit(filled).await.unwrap();
    device.until_over(&world, SHO, order_id).await;
    world.shutdown().await;
}

/// Subscribers until there is no room; what takes them away comes back.
async fn fill(home: &server::operator::Operator) -> Commit {
    let mut made = Vec::new();
    let mut batch = 64;
    while batch > 0 {
        let numbers: Vec<Imsi> = (0..batch)
            .map(|n| format!("00101{:010}", made.len() + n).parse().unwrap())
            .collect();
        let create = |imsi: &Imsi| Effect::CreateSubscriber {
            imsi: imsi.clone(),
            keys: MilenageKeys::random(&Secret::new([0; 16]), &mut OsRandom).into(),
        };
        let commit = Commit {
            effects: numbers.iter().map(create).collect(),
            ..Commit::default()
        };
        match home.store().commit(commit).await {
            Ok(()) => made.extend(numbers),
            Err(StoreError::Full) => batch /= 2,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(made.len() > 50, "{}", made.len());
    Commit {
        effects: made.into_iter().map(Effect::DeleteSubscriber).collect(),
        ..Commit::default()
    }
}
