//! No room (SQLITE_FULL), and faults of the database: nothing is stored, and
//! the store goes on.

use std::sync::Arc;

use provisioning::effect::Effect;
use provisioning::ports::{Commit, OperatorStore, StoreError};
use store::SqliteOptions;

use crate::scratch::{Scratch, key};
use crate::world::{World, effects, imsi};

const LIMIT: SqliteOptions = SqliteOptions {
    readers: 2,
    max_octets: Some(400_000),
};

fn push(filling: u8, octets: usize) -> Effect {
    // Each to somebody else: those to one subscriber would go one by one.
    Effect::Push {
        imsi: imsi(&format!("00101{filling:010}")),
        container: vec![filling; octets],
    }
}

#[tokio::test]
async fn a_full_store_stores_nothing_and_works_again_when_there_is_room() {
    let scratch = Scratch::new("full");
    let mut world = World::new(61);
    let store = scratch.try_open(key(), &LIMIT).unwrap();
    let mut stored = 0;
    let number = loop {
        let number = imsi(&format!("00101{stored:010}"));
        let commit = effects(vec![world.create(&number), push(stored, 20_000)]);
        match store.commit(commit).await {
            Ok(()) => stored += 1,
            Err(StoreError::Full) => break number,
            Err(error) => panic!("{error}"),
        }
    };
    assert!((5..20).contains(&stored), "{stored} of 20 kB in 400 kB");
    assert!(store.subscriber(&number).await.unwrap().is_none());
    let waiting = store.outgoing(world.now, 99).await.unwrap();
    assert_eq!(waiting.len(), usize::from(stored));
    let again = || {
        effects(vec![
            Effect::EnableSubscriber(imsi("001010000000000")),
            push(stored, 20_000),
        ])
    };
    let refused = store.commit(again()).await;
    assert!(matches!(refused, Err(StoreError::Full)));
    let first = store.subscriber(&imsi("001010000000000")).await.unwrap();
    assert!(!first.unwrap().value.is_enabled(), "undone with the rest");
    let room = Commit {
        delivered: waiting.iter().take(2).map(|row| row.id).collect(),
        ..Commit::default()
    };
    store.commit(room).await.unwrap();
    store.commit(again()).await.unwrap();
    let first = store.subscriber(&imsi("001010000000000")).await.unwrap();
    assert!(first.unwrap().value.is_enabled());
    store.integrity_check().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_without_room_does_not_undo_those_beside_it() {
    let scratch = Scratch::new("full-group");
    let mut world = World::new(62);
    let store = Arc::new(scratch.try_open(key(), &LIMIT).unwrap());
    let mut tasks = Vec::new();
    for count in 0..40 {
        let number = imsi(&format!("00101{count:010}"));
        let large = count % 4 == 0;
        let mut commit = effects(vec![world.create(&number)]);
        if large {
            commit.effects.push(push(count, 500_000));
        }
        let store = Arc::clone(&store);
        tasks.push(tokio::spawn(async move {
            (number, large, store.commit(commit).await)
        }));
    }
    for task in tasks {
        let (number, large, result) = task.await.unwrap();
        match result {
            Ok(()) => assert!(!large, "half a megabyte was stored"),
            Err(StoreError::Full) => assert!(large, "a small commit was refused"),
            Err(error) => panic!("{error}"),
        }
        let found = store.subscriber(&number).await.unwrap();
        assert_eq!(found.is_some(), !large);
    }
}

#[tokio::test]
async fn a_fault_of_the_database_is_reported_and_nothing_is_stored() {
    let scratch = Scratch::new("fault");
    let mut world = World::new(63);
    let number = imsi("001010000000001");
    let store = scratch.open();
    let damage = "ALTER TABLE outbox RENAME TO elsewhere";
    scratch.raw().execute_batch(damage).unwrap();
    let commit = effects(vec![world.create(&number), push(1, 10)]);
    let refused = store.commit(commit).await;
    assert!(matches!(refused, Err(StoreError::Failed(_))));
    assert!(store.subscriber(&number).await.unwrap().is_none());
    assert!(store.outgoing(world.now, 9).await.is_err());
    let repair = "ALTER TABLE elsewhere RENAME TO outbox";
    scratch.raw().execute_batch(repair).unwrap();
    let commit = effects(vec![world.create(&number), push(1, 10)]);
    store.commit(commit).await.unwrap();
    assert_eq!(store.outgoing(world.now, 9).await.unwrap().len(), 1);
}
