//! IMSIs: each given once for ever (TS 23.003 clause 2.2 for their length).

use std::collections::BTreeSet;
use std::sync::Arc;

use provisioning::effect::Effect;
use provisioning::ports::{OperatorStore, StoreError};

use super::Backend;
use crate::world::{World, effects, imsi};

pub(super) async fn no_imsi_is_given_twice_not_even_after_a_restart(backend: &impl Backend) {
    let mut given = BTreeSet::new();
    for _ in 0..3 {
        let store = Arc::new(backend.open());
        let tasks: Vec<_> = (0..16)
            .map(|task| {
                let store = Arc::clone(&store);
                let prefix = if task % 2 == 0 { "00101" } else { "001020" };
                tokio::spawn(async move { store.take_imsi(prefix).await.unwrap() })
            })
            .collect();
        for task in tasks {
            let imsi = task.await.unwrap();
            assert_eq!(imsi.digits().len(), 15);
            assert!(given.insert(imsi.digits().to_owned()), "{imsi} twice");
        }
    }
    assert_eq!(given.len(), 48);
    let under = |prefix: &str| given.iter().filter(|i| i.starts_with(prefix)).count();
    assert_eq!((under("00101"), under("001020")), (24, 24));
}

pub(super) async fn an_imsi_that_was_imported_is_not_given(backend: &impl Backend) {
    let mut world = World::new(31);
    let store = backend.open();
    let first = store.take_imsi("00101").await.unwrap();
    let next = |n: u64| {
        imsi(&format!(
            "{:015}",
            first.digits().parse::<u64>().unwrap() + n
        ))
    };
    let device = world.device();
    let had = vec![
        world.create(&next(1)),
        world.create(&next(2)),
        Effect::BecomeHome(Box::new(world.subscription(&device, &next(3), 0))),
    ];
    store.commit(effects(had)).await.unwrap();
    let deleted = Effect::DeleteSubscriber(next(2));
    store.commit(effects(vec![deleted])).await.unwrap();
    assert_eq!(store.take_imsi("00101").await.unwrap(), next(4));
}

pub(super) async fn the_last_number_is_given_and_then_none(backend: &impl Backend) {
    let prefix = "00101000000000";
    let store = backend.open();
    let mut given = BTreeSet::new();
    let refused = loop {
        match store.take_imsi(prefix).await {
            Ok(imsi) => assert!(given.insert(imsi.digits().to_owned())),
            Err(error) => break error,
        }
    };
    let StoreError::Refused(reason) = refused else {
        panic!("{refused}");
    };
    assert_eq!(reason.code(), "imsis-exhausted");
    assert!(given.contains("001010000000009"));
    assert!(given.iter().all(|imsi| imsi.starts_with(prefix)));
    assert!(store.take_imsi(prefix).await.is_err());
}

pub(super) async fn prefixes_that_overlap_or_are_no_prefixes_are_refused(backend: &impl Backend) {
    let store = backend.open();
    store.take_imsi("00101").await.unwrap();
    // 00101|0000000002 and 001010|000000002 would be one number.
    for prefix in [
        "001010",
        "00101000000000",
        "",
        "0010",
        "001010000000000",
        "0010a",
        "00101 ",
        "٠٠١٠١",
    ] {
        let refused = store.take_imsi(prefix).await;
        assert!(matches!(refused, Err(StoreError::Failed(_))), "{prefix}");
    }
    store.take_imsi("00102").await.unwrap();
    store.take_imsi("00101").await.unwrap();
}
