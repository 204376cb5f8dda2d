//! Many clients at once: their commits share transactions, not fates.

use std::sync::Arc;

use provisioning::OrderId;
use provisioning::effect::Effect;
use provisioning::ports::{Commit, OperatorStore, StoreError};

use super::Backend;
use crate::world::{World, effects, imsi, versioned};

const CLIENTS: u64 = 64;
const ROUNDS: u64 = 5;

/// Every client raises one and the same subscriber's state, and one of its own.
pub(super) async fn sixty_four_clients_at_once_lose_no_change(backend: &impl Backend) {
    let mut world = World::new(51);
    let shared = imsi("001010000000000");
    let store = Arc::new(backend.open());
    store
        .commit(effects(vec![world.create(&shared)]))
        .await
        .unwrap();
    let mut tasks = Vec::new();
    for client in 1..=CLIENTS {
        let own = imsi(&format!("00101{client:010}"));
        let create = world.create(&own);
        let (store, shared) = (Arc::clone(&store), shared.clone());
        tasks.push(tokio::spawn(async move {
            store.commit(effects(vec![create])).await.unwrap();
            for _ in 0..ROUNDS {
                raise(store.as_ref(), &own).await;
                raise(store.as_ref(), &shared).await;
            }
            store.subscriber(&own).await.unwrap().unwrap().version
        }));
    }
    for task in tasks {
        assert_eq!(task.await.unwrap(), 1 + ROUNDS);
    }
    let found = store.subscriber(&shared).await.unwrap().unwrap();
    assert_eq!(found.version, 1 + CLIENTS * ROUNDS);
}

async fn raise(store: &impl OperatorStore, number: &aka::Imsi) {
    loop {
        let mut loaded = store.subscriber(number).await.unwrap().unwrap();
        let enabled = loaded.value.is_enabled();
        loaded.value.set_enabled(!enabled);
        let commit = Commit {
            subscribers: vec![loaded],
            ..Commit::default()
        };
        match store.commit(commit).await {
            Ok(()) => return,
            Err(StoreError::Conflict) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// Good commits and stale ones are sent at the same time, so that most of them
/// meet in one transaction.
pub(super) async fn a_refused_commit_does_not_undo_those_beside_it(backend: &impl Backend) {
    let mut world = World::new(52);
    let store = Arc::new(backend.open());
    let mut tasks = Vec::new();
    for count in 0..CLIENTS {
        let number = imsi(&format!("00101{count:010}"));
        let good = count % 2 == 0;
        let mut commit = effects(vec![Effect::Announce(OrderId(
            [u8::try_from(count).unwrap(); 16],
        ))]);
        let version = if good { 0 } else { 1 };
        commit.subscribers = vec![versioned(world.subscriber(&number), version)];
        let store = Arc::clone(&store);
        tasks.push(tokio::spawn(async move {
            (number, good, store.commit(commit).await)
        }));
    }
    for task in tasks {
        let (number, good, result) = task.await.unwrap();
        match result {
            Ok(()) => assert!(good, "a stale commit was stored"),
            Err(StoreError::Conflict) => assert!(!good, "a good commit was refused"),
            Err(error) => panic!("{error}"),
        }
        assert_eq!(store.subscriber(&number).await.unwrap().is_some(), good);
    }
    let waiting = store.outgoing(world.now, 999).await.unwrap();
    assert_eq!(waiting.len(), usize::try_from(CLIENTS / 2).unwrap());
}
