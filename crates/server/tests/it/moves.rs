//! Whole moves over sockets, from the first attach to the release.

use provisioning::donor::Home;
use provisioning::ports::OperatorStore;
use provisioning::recipient::OrderState;

use crate::world::{RO, SHO, World, sho};

#[tokio::test(flavor = "multi_thread")]
async fn a_device_moves_and_comes_back() {
    let mut world = World::new("moves").await;
    let mut device = world.device().await;
    for (from, to) in [(RO, SHO), (SHO, RO)] {
        let order_id = device.register(&world, from, to).await;
        device.until_over(&world, to, order_id).await;
        let (order, _) = world
            .operator(to)
            .store()
            .order(order_id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(order.value.state(), OrderState::Completed);
        assert_eq!(order.value.installs(), 1);
        assert_eq!(device.agent().tre().current_sho(), &sho(to));
        let old = world
            .operator(from)
            .store()
            .subscription(&device.tre_id)
            .await;
        assert!(matches!(
            old.unwrap().unwrap().value.home(),
            Home::Left { .. }
        ));
        let active = |name| async move { world_active(name).await };
        let counts = [world.operator(from), world.operator(to)].map(active);
        let [left, here] = counts;
        assert_eq!((left.await, here.await), (0, 1), "one operator lets it in");
    }
    world.shutdown().await;
}

async fn world_active(operator: &server::operator::Operator) -> u64 {
    operator.store().subscriber_counts().await.unwrap().enabled
}
