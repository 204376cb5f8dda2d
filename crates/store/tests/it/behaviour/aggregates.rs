//! Aggregates: whole, found by their names, guarded by their versions.

use std::time::Duration;

use provisioning::Reason;
use provisioning::effect::Effect;
use provisioning::ports::{Commit, OperatorStore, StoreError};

use super::Backend;
use crate::world::{World, effects, imsi, json, versioned};

pub(super) async fn an_aggregate_is_stored_whole_and_found_by_its_names(backend: &impl Backend) {
    let mut world = World::new(1);
    let device = world.device();
    let (order_id, commit) = world.register(&device, &imsi("001020000000001"));
    let order = commit.orders[0].value.clone();
    let home = world.subscription(&device, &imsi("001020000000009"), 3);
    let store = backend.open();
    assert!(store.order(order_id).await.unwrap().is_none());
    assert!(store.order_of(&device.tre_id).await.unwrap().is_none());
    assert!(store.subscription(&device.tre_id).await.unwrap().is_none());
    store.commit(commit).await.unwrap();
    let commit = Commit {
        subscriptions: vec![versioned(home.clone(), 0)],
        ..Commit::default()
    };
    store.commit(commit).await.unwrap();
    drop(store);
    let store = backend.open();
    for found in [
        store.order(order_id).await.unwrap().unwrap(),
        store.order_of(&device.tre_id).await.unwrap().unwrap(),
    ] {
        assert_eq!(json(&found.0.value), json(&order));
        assert_eq!(found.0.version, 1);
        assert_eq!(found.1.signature, device.certificates.signature);
        assert_eq!(found.1.envelope, device.certificates.envelope);
    }
    for found in [
        store.subscription(&device.tre_id).await.unwrap().unwrap(),
        store.subscription_of(home.imsi()).await.unwrap().unwrap(),
    ] {
        assert_eq!(json(&found.value), json(&home));
        assert_eq!(found.version, 1);
    }
    let subscriber = store.subscriber(order.imsi()).await.unwrap().unwrap();
    assert_eq!(subscriber.value.imsi(), order.imsi());
    assert!(store.subscriber(home.imsi()).await.unwrap().is_none());
}

pub(super) async fn what_was_changed_by_somebody_else_is_a_conflict(backend: &impl Backend) {
    let mut world = World::new(2);
    let number = imsi("001020000000001");
    let store = backend.open();
    store
        .commit(effects(vec![world.create(&number)]))
        .await
        .unwrap();
    let first = store.subscriber(&number).await.unwrap().unwrap();
    let second = first.clone();
    let commit = |mut loaded: provisioning::ports::Versioned<provisioning::hlr::Subscriber>| {
        loaded.value.set_enabled(true);
        Commit {
            subscribers: vec![loaded],
            ..Commit::default()
        }
    };
    store.commit(commit(first)).await.unwrap();
    let refused = store.commit(commit(second.clone())).await;
    assert!(matches!(refused, Err(StoreError::Conflict)));
    let mut ahead = second;
    ahead.version = 7;
    let refused = store.commit(commit(ahead)).await;
    assert!(matches!(refused, Err(StoreError::Conflict)));
    assert_eq!(store.subscriber(&number).await.unwrap().unwrap().version, 2);
}

pub(super) async fn a_conflict_in_one_part_undoes_all_parts(backend: &impl Backend) {
    let mut world = World::new(3);
    let device = world.device();
    let other = world.device();
    let store = backend.open();
    let (order_id, commit) = world.register(&device, &imsi("001020000000001"));
    store.commit(commit).await.unwrap();
    let waiting = store.outgoing(world.now, 9).await.unwrap();
    let (mut stale, _) = store.order(order_id).await.unwrap().unwrap();
    stale.version = 9;
    let (other_id, mut commit) = world.register(&other, &imsi("001020000000002"));
    commit.subscriptions = vec![versioned(
        world.subscription(&other, &imsi("001020000000002"), 0),
        0,
    )];
    commit.orders.push(stale);
    commit.delivered = vec![waiting[0].id];
    let refused = store.commit(commit).await;
    assert!(matches!(refused, Err(StoreError::Conflict)));
    assert!(store.order(other_id).await.unwrap().is_none());
    assert!(store.subscription(&other.tre_id).await.unwrap().is_none());
    let number = imsi("001020000000002");
    assert!(store.subscriber(&number).await.unwrap().is_none());
    assert_eq!(store.outgoing(world.now, 9).await.unwrap(), waiting);
}

pub(super) async fn a_new_aggregate_over_an_old_one_is_a_conflict(backend: &impl Backend) {
    let mut world = World::new(4);
    let device = world.device();
    let number = imsi("001020000000001");
    let (order_id, commit) = world.register(&device, &number);
    let order = commit.orders[0].clone();
    let home = world.subscription(&device, &number, 0);
    let subscriber = world.subscriber(&number);
    let store = backend.open();
    store.commit(commit).await.unwrap();
    let first = Commit {
        subscriptions: vec![versioned(home.clone(), 0)],
        ..Commit::default()
    };
    store.commit(first).await.unwrap();
    let again = [
        Commit {
            orders: vec![order],
            certificates: vec![(order_id, device.certificates.clone())],
            ..Commit::default()
        },
        Commit {
            subscriptions: vec![versioned(home, 0)],
            ..Commit::default()
        },
        Commit {
            subscribers: vec![versioned(subscriber, 0)],
            ..Commit::default()
        },
        effects(vec![world.create(&number)]),
    ];
    for commit in again {
        let refused = store.commit(commit).await;
        assert!(matches!(refused, Err(StoreError::Conflict)));
    }
}

pub(super) async fn the_newest_order_is_the_one_stored_last(backend: &impl Backend) {
    let mut world = World::new(5);
    let device = world.device();
    let store = backend.open();
    let mut orders = Vec::new();
    world.now = world.now.plus(Duration::from_secs(9));
    for count in 1..=4 {
        let number = imsi(&format!("00102000000000{count}"));
        let (order_id, commit) = world.register(&device, &number);
        store.commit(commit).await.unwrap();
        let (newest, _) = store.order_of(&device.tre_id).await.unwrap().unwrap();
        assert_eq!(newest.value.order_id(), order_id);
        orders.push(order_id);
        // A clock may step back.
        world.now = world.now.minus(Duration::from_secs(1));
    }
    // A change of an older order makes it no newer.
    let (mut older, _) = store.order(orders[0]).await.unwrap().unwrap();
    older.value.note_refusal(&Reason::new("pva-unreachable"));
    let commit = Commit {
        orders: vec![older],
        ..Commit::default()
    };
    store.commit(commit).await.unwrap();
    let (newest, _) = store.order_of(&device.tre_id).await.unwrap().unwrap();
    assert_eq!(newest.value.order_id(), orders[3]);
}

pub(super) async fn certificates_come_with_a_new_order_and_only_then(backend: &impl Backend) {
    let mut world = World::new(6);
    let device = world.device();
    let store = backend.open();
    let (order_id, mut commit) = world.register(&device, &imsi("001020000000001"));
    let order = commit.orders[0].clone();
    commit.certificates.clear();
    let refused = store.commit(commit).await;
    assert!(matches!(refused, Err(StoreError::Failed(_))));
    let only = Commit {
        certificates: vec![(order_id, device.certificates.clone())],
        ..Commit::default()
    };
    assert!(matches!(
        store.commit(only).await,
        Err(StoreError::Failed(_))
    ));
    let whole = |version| Commit {
        orders: vec![versioned(order.value.clone(), version)],
        certificates: vec![(order_id, device.certificates.clone())],
        ..Commit::default()
    };
    store.commit(whole(0)).await.unwrap();
    // They are pinned: no later commit brings others.
    assert!(matches!(
        store.commit(whole(1)).await,
        Err(StoreError::Failed(_))
    ));
    assert_eq!(store.order(order_id).await.unwrap().unwrap().0.version, 1);
}

pub(super) async fn a_device_is_found_by_the_subscriber_that_it_is_now(backend: &impl Backend) {
    let mut world = World::new(7);
    let device = world.device();
    let (before, after) = (imsi("001010000000001"), imsi("001010000000002"));
    let store = backend.open();
    for (count, number) in [&before, &after].into_iter().enumerate() {
        let counter = u64::try_from(count).unwrap();
        let home = world.subscription(&device, number, counter);
        let come = Effect::BecomeHome(Box::new(home));
        store.commit(effects(vec![come])).await.unwrap();
    }
    assert!(store.subscription_of(&before).await.unwrap().is_none());
    let found = store.subscription_of(&after).await.unwrap().unwrap();
    assert_eq!(found.value.tre_id(), &device.tre_id);
    // No two devices are one subscriber.
    let other = world.device();
    let come = Effect::BecomeHome(Box::new(world.subscription(&other, &after, 0)));
    let refused = store.commit(effects(vec![come])).await;
    assert!(matches!(refused, Err(StoreError::Failed(_))));
    let found = store.subscription_of(&after).await.unwrap().unwrap();
    assert_eq!(found.value.tre_id(), &device.tre_id);
}
