//! The outbox: once while undelivered, oldest first, at least once.

use std::time::Duration;

use provisioning::OrderId;
use provisioning::effect::Effect;
use provisioning::ports::{Commit, Message, OperatorStore, OutboxId, Outgoing};

use super::Backend;
use crate::world::{World, effects, imsi};

fn push(container: &[u8]) -> Effect {
    Effect::Push {
        imsi: imsi("001010000000001"),
        container: container.to_vec(),
    }
}

fn delivered(id: OutboxId) -> Commit {
    Commit {
        delivered: vec![id],
        ..Commit::default()
    }
}

fn messages(outgoing: &[Outgoing]) -> Vec<Message> {
    outgoing.iter().map(|row| row.message.clone()).collect()
}

pub(super) async fn a_message_waits_once_until_it_is_delivered(backend: &impl Backend) {
    let now = World::new(21).now;
    let (one, two) = (OrderId([1; 16]), OrderId([2; 16]));
    let all = || {
        vec![
            Effect::Announce(one),
            Effect::SendRelease(one),
            Effect::Announce(two),
            push(b"first"),
        ]
    };
    let container = |octets: &[u8]| Message::Push {
        imsi: imsi("001010000000001"),
        container: octets.to_vec(),
    };
    let store = backend.open();
    store.commit(effects(all())).await.unwrap();
    store.commit(effects(all())).await.unwrap();
    let waiting = store.outgoing(now, 99).await.unwrap();
    assert_eq!(
        messages(&waiting),
        [
            Message::Announcement(one),
            Message::Release(one),
            Message::Announcement(two),
            container(b"first"),
        ]
    );
    assert!(waiting.iter().all(|row| row.attempts == 0));
    store.commit(delivered(waiting[0].id)).await.unwrap();
    // Twice is once.
    store.commit(delivered(waiting[0].id)).await.unwrap();
    assert_eq!(store.outgoing(now, 99).await.unwrap(), waiting[1..]);
    store
        .commit(effects(vec![Effect::Announce(one)]))
        .await
        .unwrap();
    let again = store.outgoing(now, 99).await.unwrap();
    assert_eq!(again.last().unwrap().message, Message::Announcement(one));
    // An id names one row for ever: a late word of delivery hits no other.
    assert!(again.last().unwrap().id > waiting.last().unwrap().id);
    store.commit(delivered(waiting[0].id)).await.unwrap();
    assert_eq!(store.outgoing(now, 99).await.unwrap(), again);
}

pub(super) async fn a_message_asked_for_while_it_is_delivered_is_not_lost(backend: &impl Backend) {
    let now = World::new(22).now;
    let order_id = OrderId([1; 16]);
    let store = backend.open();
    let ask = || effects(vec![Effect::Announce(order_id)]);
    store.commit(ask()).await.unwrap();
    let first = store.outgoing(now, 9).await.unwrap();
    let mut commit = ask();
    commit.delivered = vec![first[0].id];
    store.commit(commit).await.unwrap();
    let second = store.outgoing(now, 9).await.unwrap();
    assert_eq!(messages(&second), [Message::Announcement(order_id)]);
    assert_ne!(second[0].id, first[0].id);
}

pub(super) async fn the_oldest_goes_first_and_a_postponed_one_waits(backend: &impl Backend) {
    let now = World::new(23).now;
    let later = now.plus(Duration::from_millis(1500));
    let store = backend.open();
    let all = (1..=4).map(|n| Effect::Announce(OrderId([n; 16])));
    store.commit(effects(all.collect())).await.unwrap();
    let rows = store.outgoing(now, 2).await.unwrap();
    assert_eq!(
        messages(&rows),
        [1, 2].map(|n| Message::Announcement(OrderId([n; 16])))
    );
    store.postpone(rows[0].id, later).await.unwrap();
    store.postpone(rows[0].id, later).await.unwrap();
    store.postpone(OutboxId(u64::MAX), later).await.unwrap();
    let early = store
        .outgoing(later.minus(Duration::from_millis(1)), 9)
        .await
        .unwrap();
    assert_eq!(
        messages(&early),
        [2, 3, 4].map(|n| Message::Announcement(OrderId([n; 16])))
    );
    let then = store.outgoing(later, 9).await.unwrap();
    assert_eq!(then[0].id, rows[0].id);
    assert_eq!(then[0].attempts, 2);
    assert_eq!(then.len(), 4);
    assert!(store.outgoing(later, 0).await.unwrap().is_empty());
}

pub(super) async fn what_is_pushed_to_one_subscriber_goes_in_order(backend: &impl Backend) {
    let now = World::new(26).now;
    let later = now.plus(Duration::from_secs(1));
    let store = backend.open();
    let other = Effect::Push {
        imsi: imsi("001010000000002"),
        container: vec![9],
    };
    store
        .commit(effects(vec![push(&[1]), push(&[2]), other, push(&[3])]))
        .await
        .unwrap();
    let container = |outgoing: &Outgoing| match &outgoing.message {
        Message::Push { container, .. } => container[0],
        _ => 0,
    };
    for (turn, expected) in [[1, 9], [2, 9], [3, 9]].into_iter().enumerate() {
        let mut rows = store.outgoing(now, 9).await.unwrap();
        rows.sort_by_key(|row| container(row));
        assert_eq!(rows.iter().map(container).collect::<Vec<_>>(), expected);
        // The second does not overtake the first that has to wait.
        store.postpone(rows[0].id, later).await.unwrap();
        let rest = store.outgoing(now, 9).await.unwrap();
        assert_eq!(
            rest.iter().map(container).collect::<Vec<_>>(),
            [9],
            "turn {turn}"
        );
        store.commit(delivered(rows[0].id)).await.unwrap();
    }
}

pub(super) async fn what_waits_for_a_subscriber_goes_at_once_when_it_is_reachable(
    backend: &impl Backend,
) {
    let now = World::new(25).now;
    let store = backend.open();
    let other = Effect::Push {
        imsi: imsi("001010000000002"),
        container: vec![1],
    };
    store
        .commit(effects(vec![
            push(&[1]),
            other,
            Effect::Announce(OrderId([3; 16])),
        ]))
        .await
        .unwrap();
    let rows = store.outgoing(now, 9).await.unwrap();
    for row in &rows {
        let later = now.plus(Duration::from_secs(3600));
        store.postpone(row.id, later).await.unwrap();
    }
    assert!(store.outgoing(now, 9).await.unwrap().is_empty());
    let commit = Commit {
        reachable: vec![imsi("001010000000001")],
        ..Commit::default()
    };
    store.commit(commit).await.unwrap();
    let woken = store.outgoing(now, 9).await.unwrap();
    assert_eq!(messages(&woken), messages(&rows[..1]));
    assert!(woken.iter().all(|row| row.attempts == 1));
}

pub(super) async fn the_outbox_survives_a_restart(backend: &impl Backend) {
    let now = World::new(24).now;
    let store = backend.open();
    store
        .commit(effects(vec![
            push(&[0, 255, 7]),
            Effect::Announce(OrderId([3; 16])),
        ]))
        .await
        .unwrap();
    let before = store.outgoing(now, 9).await.unwrap();
    store.postpone(before[1].id, now).await.unwrap();
    drop(store);
    let after = backend.open().outgoing(now, 9).await.unwrap();
    assert_eq!(messages(&after), messages(&before));
    assert_eq!(after[1].attempts, 1);
}

/// One row for each subscriber, always the newest: a delivery of the one before is
/// no word about what was stored since.
pub(super) async fn a_subscriber_waits_once_for_its_hlr_and_anew_after_each_change(
    backend: &impl Backend,
) {
    let now = World::new(27).now;
    let later = now.plus(Duration::from_secs(1));
    let (one, two) = (imsi("001010000000001"), imsi("001010000000002"));
    let ask = |imsis: &[&aka::Imsi]| Commit {
        provision: imsis.iter().map(|imsi| (*imsi).clone()).collect(),
        ..Commit::default()
    };
    let store = backend.open();
    store.commit(effects(vec![push(b"first")])).await.unwrap();
    store.commit(ask(&[&one, &two, &one])).await.unwrap();
    let first = store.outgoing(now, 9).await.unwrap();
    assert_eq!(first.len(), 3);
    let waiting: Vec<_> = messages(&first);
    assert!(waiting.contains(&Message::Provision(one.clone())));
    assert!(waiting.contains(&Message::Provision(two.clone())));
    let id_of = |rows: &[Outgoing], imsi: &aka::Imsi| {
        let wanted = Message::Provision(imsi.clone());
        let row = rows.iter().find(|row| row.message == wanted);
        row.unwrap().id
    };
    let old = id_of(&first, &one);
    store.commit(ask(&[&one])).await.unwrap();
    store.commit(delivered(old)).await.unwrap();
    let second = store.outgoing(now, 9).await.unwrap();
    let new = id_of(&second, &one);
    assert!(new > old, "still waits, under a new name");
    store.postpone(new, later).await.unwrap();
    let third = store.outgoing(now, 9).await.unwrap();
    assert_eq!(third.len(), 2, "the push and the other subscriber");
    let then = store.outgoing(later, 9).await.unwrap();
    let row = then.iter().find(|row| row.id == new).unwrap();
    assert_eq!(row.attempts, 1);
    drop(store);
    let store = backend.open();
    for row in store.outgoing(later, 9).await.unwrap() {
        store.commit(delivered(row.id)).await.unwrap();
    }
    assert!(store.outgoing(later, 9).await.unwrap().is_empty());
    store.commit(ask(&[&two])).await.unwrap();
    let last = store.outgoing(now, 1).await.unwrap();
    assert!(id_of(&last, &two) > new, "an id names one row for ever");
}
