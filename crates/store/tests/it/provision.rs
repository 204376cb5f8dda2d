//! Subscribers for an HLR outside of the program: whichever way a row changes, it is
//! in the outbox.

use provisioning::effect::Effect;
use provisioning::ports::{Commit, Message, OperatorStore};
use store::Store;

use crate::scratch::Scratch;
use crate::world::{World, effects, imsi};

/// What waits, which is delivered then.
async fn take(store: &Store) -> Vec<Message> {
    let rows = store.outgoing(World::new(28).now, 99).await.unwrap();
    let delivered = rows.iter().map(|row| row.id).collect();
    let commit = Commit {
        delivered,
        ..Commit::default()
    };
    store.commit(commit).await.unwrap();
    rows.into_iter().map(|row| row.message).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_of_a_subscriber_is_followed_once_it_is_asked_for() {
    let scratch = Scratch::new("provision");
    let store = scratch.open();
    let mut world = World::new(28);
    let (one, two) = (imsi("001010000000001"), imsi("001010000000002"));
    let mut create = |imsi: &aka::Imsi| effects(vec![world.create(imsi)]);
    store.commit(create(&one)).await.unwrap();
    assert!(take(&store).await.is_empty(), "nobody has asked");
    store.provision_all().await.unwrap();
    store.provision_all().await.unwrap();
    assert_eq!(take(&store).await, [Message::Provision(one.clone())]);
    store.commit(create(&two)).await.unwrap();
    assert_eq!(take(&store).await, [Message::Provision(two.clone())]);
    let changes = [
        (Effect::EnableSubscriber(one.clone()), true),
        // Nothing changes: nothing to do.
        (Effect::EnableSubscriber(one.clone()), false),
        (Effect::DisableSubscriber(one.clone()), true),
        (Effect::DeleteSubscriber(one.clone()), true),
        (Effect::DeleteSubscriber(one.clone()), false),
    ];
    for (effect, changed) in changes {
        store.commit(effects(vec![effect])).await.unwrap();
        let waiting = take(&store).await;
        let wanted = changed.then(|| Message::Provision(one.clone()));
        assert_eq!(waiting, Vec::from_iter(wanted));
    }
    drop(store);
    // Another start has to ask again.
    let store = scratch.open();
    let enable = Effect::EnableSubscriber(two.clone());
    store.commit(effects(vec![enable])).await.unwrap();
    assert!(take(&store).await.is_empty());
}
