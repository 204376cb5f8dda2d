//! Pages and counts for command line, API and metrics.

use std::collections::BTreeMap;

use provisioning::effect::Effect;
use provisioning::ports::{Commit, OperatorStore};
use provisioning::recipient::OrderState;
use provisioning::{OrderId, Reason};
use store::{OrderQuery, OrderSummary, Store, SubscriberCounts};

use crate::scratch::Scratch;
use crate::world::{World, effects, imsi, released, versioned};

async fn pages(store: &Store, state: Option<OrderState>, limit: usize) -> Vec<Vec<OrderSummary>> {
    let mut pages = Vec::new();
    let mut before = None;
    loop {
        let query = OrderQuery {
            state,
            before,
            limit,
        };
        let page = store.orders(query).await.unwrap();
        pages.push(page.orders);
        before = page.next;
        if before.is_none() {
            return pages;
        }
    }
}

/// Seven orders, of which the second and the fifth were refused.
async fn seven(store: &Store, world: &mut World) -> Vec<OrderId> {
    let mut orders = Vec::new();
    for count in 1..=7 {
        let device = world.device();
        let (order_id, commit) = world.register(&device, &imsi(&format!("00102000000000{count}")));
        store.commit(commit).await.unwrap();
        orders.push(order_id);
    }
    for at in [1, 4] {
        let (mut order, _) = store.order(orders[at]).await.unwrap().unwrap();
        let reason = Reason::new("transfer-denied");
        order.value.announcement_answered(403, Some(reason));
        let commit = Commit {
            orders: vec![order],
            ..Commit::default()
        };
        store.commit(commit).await.unwrap();
    }
    orders
}

#[tokio::test]
async fn pages_of_orders_hold_each_order_once_newest_first() {
    let scratch = Scratch::new("pages");
    let mut world = World::new(71);
    let store = scratch.open();
    assert_eq!(pages(&store, None, 3).await, [[]]);
    let mut orders = seven(&store, &mut world).await;
    orders.reverse();
    for (limit, sizes) in [(3, vec![3, 3, 1]), (7, vec![7]), (1, vec![1; 7])] {
        let pages = pages(&store, None, limit).await;
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), sizes);
        let listed: Vec<_> = pages.concat().iter().map(|order| order.order_id).collect();
        assert_eq!(listed, orders);
    }
    let failed = pages(&store, Some(OrderState::Failed), 1).await.concat();
    let listed: Vec<_> = failed.iter().map(|order| order.order_id).collect();
    assert_eq!(listed, [orders[2], orders[5]]);
    let (order, _) = store.order(orders[2]).await.unwrap().unwrap();
    let expected = OrderSummary {
        order_id: orders[2],
        tre_id: order.value.tre_id().clone(),
        from: "001-01".parse().unwrap(),
        to: "001-02".parse().unwrap(),
        state: OrderState::Failed,
        reason: Some(Reason::new("transfer-denied")),
        created: world.now,
    };
    assert_eq!(failed[0], expected);
    let none = pages(&store, Some(OrderState::Completed), 5).await;
    assert_eq!(none, [[]]);
}

#[tokio::test]
async fn an_order_that_comes_in_between_disturbs_no_page() {
    let scratch = Scratch::new("between");
    let mut world = World::new(72);
    let store = scratch.open();
    let orders = seven(&store, &mut world).await;
    let query = OrderQuery {
        limit: 4,
        ..OrderQuery::default()
    };
    let first = store.orders(query).await.unwrap();
    let device = world.device();
    let (_, commit) = world.register(&device, &imsi("001020000000008"));
    store.commit(commit).await.unwrap();
    let query = OrderQuery {
        before: first.next,
        ..query
    };
    let second = store.orders(query).await.unwrap();
    assert_eq!(second.next, None);
    let listed: Vec<_> = [first.orders, second.orders]
        .concat()
        .iter()
        .rev()
        .map(|order| order.order_id)
        .collect();
    assert_eq!(listed, orders);
}

#[tokio::test]
async fn counts_follow_every_commit() {
    let scratch = Scratch::new("counts");
    let mut world = World::new(73);
    let store = scratch.open();
    assert!(store.order_counts().await.unwrap().is_empty());
    assert_eq!(
        store.subscriber_counts().await.unwrap(),
        SubscriberCounts::default()
    );
    seven(&store, &mut world).await;
    // The names that the aggregates' JSON has.
    let expected = [("awaiting-acceptance", 5), ("failed", 2)];
    let expected: BTreeMap<_, _> = expected.map(|(name, n)| (name.to_owned(), n)).into();
    assert_eq!(store.order_counts().await.unwrap(), expected);
    let enable = (1..=3).map(|n| Effect::EnableSubscriber(imsi(&format!("00102000000000{n}"))));
    store.commit(effects(enable.collect())).await.unwrap();
    let delete = Effect::DeleteSubscriber(imsi("001020000000003"));
    store.commit(effects(vec![delete])).await.unwrap();
    let counts = store.subscriber_counts().await.unwrap();
    assert_eq!((counts.enabled, counts.disabled), (2, 4));
}

#[tokio::test]
async fn departures_count_when_they_are_released() {
    let scratch = Scratch::new("released");
    let mut world = World::new(74);
    let store = scratch.open();
    for count in 1..=3_u64 {
        let device = world.device();
        let (_, registered) = world.register(&device, &imsi(&format!("00102000000000{count}")));
        let mut home = world.subscription(&device, &imsi(&format!("00101000000000{count}")), 0);
        world.announce(&mut home, registered.orders[0].value.announcement());
        let put = |value, version| Commit {
            subscriptions: vec![versioned(value, version)],
            ..Commit::default()
        };
        store.commit(put(home.clone(), 0)).await.unwrap();
        assert_eq!(store.departures_released().await.unwrap(), count - 1);
        store.commit(put(released(&home), 1)).await.unwrap();
        assert_eq!(store.departures_released().await.unwrap(), count);
    }
}
