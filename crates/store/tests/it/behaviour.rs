//! What every store of an operator does (provisioning::ports), written against
//! the trait.

use std::collections::BTreeSet;
use std::time::Duration;

use provisioning::effect::Effect;
use provisioning::ports::{Commit, Message, OperatorStore, StoreError};
use provisioning::recipient::OrderState;

use crate::support::{Maker, Scratch};

fn effects(effects: Vec<Effect>) -> Commit {
    Commit {
        effects,
        ..Commit::default()
    }
}

#[tokio::test]
async fn an_order_is_stored_whole_and_read_as_it_was() {
    let scratch = Scratch::new("whole");
    let store = scratch.open();
    let mut maker = Maker::new(1);
    let imsi = store.take_imsi("00102").await.unwrap();
    let (commit, order_id, tre_id) = maker.order(imsi.clone());
    let announcement = commit.orders[0].value.announcement().to_vec();
    store.commit(commit).await.unwrap();
    let (order, certificates) = store.order(order_id).await.unwrap().unwrap();
    assert_eq!(order.version, 1);
    assert_eq!(order.value.announcement(), announcement);
    assert!(certificates.envelope.is_some());
    let (same, _) = store.order_of(&tre_id).await.unwrap().unwrap();
    assert_eq!(same.value.order_id(), order_id);
    let subscriber = store.subscriber(&imsi).await.unwrap().unwrap();
    assert!(!subscriber.value.is_enabled(), "made disabled");
    let waiting = store.outgoing(maker.now, 10).await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].message, Message::Announcement(order_id));
}

#[tokio::test]
async fn what_somebody_else_changed_is_a_conflict_and_nothing_is_stored() {
    let scratch = Scratch::new("conflict");
    let store = scratch.open();
    let mut maker = Maker::new(2);
    let imsi = store.take_imsi("00102").await.unwrap();
    let (commit, order_id, _) = maker.order(imsi.clone());
    store.commit(commit).await.unwrap();
    let (mut first, _) = store.order(order_id).await.unwrap().unwrap();
    let (mut second, _) = store.order(order_id).await.unwrap().unwrap();
    first.value.announcement_answered(202, None);
    store
        .commit(Commit {
            orders: vec![first],
            ..Commit::default()
        })
        .await
        .unwrap();
    second.value.announcement_answered(403, None);
    let late = Commit {
        orders: vec![second],
        effects: vec![Effect::EnableSubscriber(imsi.clone())],
        ..Commit::default()
    };
    assert!(matches!(
        store.commit(late).await,
        Err(StoreError::Conflict)
    ));
    let (order, _) = store.order(order_id).await.unwrap().unwrap();
    assert_eq!(order.value.state(), OrderState::AwaitingDevice);
    assert!(
        !store
            .subscriber(&imsi)
            .await
            .unwrap()
            .unwrap()
            .value
            .is_enabled(),
        "not half of it"
    );
}

#[tokio::test]
async fn a_conflict_does_not_undo_what_others_commit_at_the_same_time() {
    let scratch = Scratch::new("group");
    let store = scratch.open();
    let mut maker = Maker::new(3);
    let imsi = store.take_imsi("00102").await.unwrap();
    let (commit, order_id, _) = maker.order(imsi);
    store.commit(commit).await.unwrap();
    let mut tasks = Vec::new();
    for _ in 0..20 {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            let (order, _) = store.order(order_id).await.unwrap().unwrap();
            store
                .commit(Commit {
                    orders: vec![order],
                    ..Commit::default()
                })
                .await
                .is_ok()
        }));
    }
    let mut stored = 0;
    for task in tasks {
        stored += u64::from(task.await.unwrap());
    }
    let (order, _) = store.order(order_id).await.unwrap().unwrap();
    assert_eq!(
        order.version,
        1 + stored,
        "as many versions as commits that went through"
    );
    assert!(stored >= 1);
}

#[tokio::test]
async fn no_imsi_is_given_twice() {
    let scratch = Scratch::new("imsi");
    let store = scratch.open();
    let mut tasks = Vec::new();
    for prefix in ["00102", "310410"].iter().cycle().take(60) {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            store.take_imsi(prefix).await.unwrap()
        }));
    }
    let mut seen = BTreeSet::new();
    for task in tasks {
        let imsi = task.await.unwrap();
        assert_eq!(imsi.digits().len(), 15);
        assert!(seen.insert(imsi));
    }
    drop(store);
    let again = scratch.open().take_imsi("00102").await.unwrap();
    assert!(seen.insert(again), "not after a restart either");
}

#[tokio::test]
async fn effects_on_the_hlr_and_on_devices() {
    let scratch = Scratch::new("effects");
    let store = scratch.open();
    let mut maker = Maker::new(4);
    let imsi = store.take_imsi("00102").await.unwrap();
    let (commit, _, tre_id) = maker.order(imsi.clone());
    store.commit(commit).await.unwrap();
    let enabled =
        |store: store::SqliteStore| async move { store.enabled_subscribers().await.unwrap() };
    store
        .commit(effects(vec![Effect::EnableSubscriber(imsi.clone())]))
        .await
        .unwrap();
    assert_eq!(enabled(store.clone()).await, 1);
    store
        .commit(effects(vec![Effect::DisableSubscriber(imsi.clone())]))
        .await
        .unwrap();
    assert_eq!(enabled(store.clone()).await, 0);
    let home = maker.home(&tre_id, &imsi, 1);
    store.commit(effects(vec![home])).await.unwrap();
    let device = store.subscription(&tre_id).await.unwrap().unwrap();
    assert_eq!((device.version, device.value.switch_counter()), (1, 1));
    assert_eq!(
        store
            .subscription_of(&imsi)
            .await
            .unwrap()
            .unwrap()
            .value
            .tre_id(),
        &tre_id
    );
    // It left and comes back under a new number.
    let next = store.take_imsi("00102").await.unwrap();
    let home = maker.home(&tre_id, &next, 3);
    store.commit(effects(vec![home])).await.unwrap();
    let device = store.subscription(&tre_id).await.unwrap().unwrap();
    assert_eq!((device.version, device.value.switch_counter()), (2, 3));
    assert!(store.subscription_of(&imsi).await.unwrap().is_none());
    store
        .commit(effects(vec![Effect::DeleteSubscriber(imsi.clone())]))
        .await
        .unwrap();
    assert!(store.subscriber(&imsi).await.unwrap().is_none());
    let lost = store
        .commit(effects(vec![Effect::EnableSubscriber(imsi)]))
        .await;
    assert!(
        matches!(lost, Err(StoreError::Failed(_))),
        "an effect on nobody is no success"
    );
}

#[tokio::test]
async fn the_outbox_keeps_a_message_once_until_it_is_delivered() {
    let scratch = Scratch::new("outbox");
    let store = scratch.open();
    let mut maker = Maker::new(5);
    let imsi = store.take_imsi("00102").await.unwrap();
    let (commit, order_id, _) = maker.order(imsi.clone());
    store.commit(commit).await.unwrap();
    let push = || Effect::Push {
        imsi: imsi.clone(),
        container: vec![1, 2, 3],
    };
    store
        .commit(effects(vec![Effect::Announce(order_id), push(), push()]))
        .await
        .unwrap();
    let waiting = store.outgoing(maker.now, 10).await.unwrap();
    let messages: Vec<_> = waiting.iter().map(|row| row.message.clone()).collect();
    let expected = [
        Message::Announcement(order_id),
        Message::Push {
            imsi: imsi.clone(),
            container: vec![1, 2, 3],
        },
    ];
    assert_eq!(messages, expected);
    let later = maker.now.plus(Duration::from_secs(5));
    store.postpone(waiting[0].id, later).await.unwrap();
    assert_eq!(store.outgoing(maker.now, 10).await.unwrap().len(), 1);
    let again = store.outgoing(later, 10).await.unwrap();
    assert_eq!((again.len(), again[0].attempts), (2, 1));
    store
        .commit(Commit {
            delivered: vec![waiting[0].id],
            ..Commit::default()
        })
        .await
        .unwrap();
    assert_eq!(store.outgoing(later, 10).await.unwrap().len(), 1);
    drop(store);
    assert_eq!(
        scratch.open().outgoing(later, 10).await.unwrap().len(),
        1,
        "it survives a restart"
    );
}

#[tokio::test]
async fn what_is_due_is_found_by_its_time_and_lists_have_pages() {
    let scratch = Scratch::new("due");
    let store = scratch.open();
    let mut maker = Maker::new(6);
    let mut orders = BTreeSet::new();
    for _ in 0..5 {
        let imsi = store.take_imsi("00102").await.unwrap();
        let (commit, order_id, _) = maker.order(imsi);
        store.commit(commit).await.unwrap();
        orders.insert(order_id);
    }
    let due = maker.now.plus(Duration::from_secs(3600));
    assert!(
        store
            .due(due.minus(Duration::from_millis(1)), 10)
            .await
            .unwrap()
            .0
            .is_empty()
    );
    let found: BTreeSet<_> = store.due(due, 10).await.unwrap().0.into_iter().collect();
    assert_eq!(found, orders);
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.orders(cursor, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        cursor = Some((last.created, last.order_id));
        assert!(
            page.iter()
                .all(|row| row.state == "awaiting-acceptance" && row.donor == "001-01")
        );
        seen.extend(page.iter().map(|row| row.order_id));
    }
    assert_eq!(seen.len(), 5);
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), orders);
}
