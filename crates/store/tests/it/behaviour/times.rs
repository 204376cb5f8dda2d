//! Durable deadlines: what `poll_timeout` of each aggregate says.

use std::time::Duration;

use provisioning::ports::{Commit, OperatorStore};

use super::Backend;
use crate::world::{World, imsi, versioned};

pub(super) async fn what_is_due_is_found_in_the_order_of_its_time(backend: &impl Backend) {
    let mut world = World::new(41);
    let store = backend.open();
    let (mut orders, mut devices) = (Vec::new(), Vec::new());
    for count in [3, 1, 2] {
        let device = world.device();
        let begin = world.now;
        world.now = begin.plus(Duration::from_secs(count));
        let (order_id, mut commit) =
            world.register(&device, &imsi(&format!("00102000000000{count}")));
        let mut home = world.subscription(&device, &imsi(&format!("00101000000000{count}")), 0);
        world.announce(&mut home, commit.orders[0].value.announcement());
        world.now = begin;
        orders.push((commit.orders[0].value.poll_timeout().unwrap(), order_id));
        devices.push((home.poll_timeout().unwrap(), device.tre_id.clone()));
        commit.subscriptions = vec![versioned(home, 0)];
        store.commit(commit).await.unwrap();
    }
    orders.sort();
    devices.sort();
    let moment = orders[1].0;
    let early = moment.minus(Duration::from_millis(1));
    let ids = |count: usize| orders.iter().map(|(_, id)| *id).take(count).collect();
    let tres = |count: usize| {
        devices
            .iter()
            .map(|(_, id)| id.clone())
            .take(count)
            .collect()
    };
    assert_eq!(store.due(early, 9).await.unwrap(), (ids(1), Vec::new()));
    assert_eq!(store.due(moment, 9).await.unwrap(), (ids(2), Vec::new()));
    let end = devices[2].0;
    assert_eq!(store.due(end, 9).await.unwrap(), (ids(3), tres(3)));
    assert_eq!(store.due(end, 2).await.unwrap(), (ids(2), tres(2)));
    // What has nothing more to wait for is not due.
    let (mut order, _) = store.order(orders[0].1).await.unwrap().unwrap();
    let effects = order.value.handle_timeout(end);
    assert!(order.value.poll_timeout().is_none());
    let commit = Commit {
        orders: vec![order],
        effects,
        ..Commit::default()
    };
    store.commit(commit).await.unwrap();
    let (due, _) = store.due(end, 9).await.unwrap();
    assert_eq!(due, [orders[1].1, orders[2].1]);
}
