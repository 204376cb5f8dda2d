//! Effects on HLR and devices, applied in the commit that asks for them.

use provisioning::effect::Effect;
use provisioning::ports::{Commit, OperatorStore, StoreError};

use super::Backend;
use crate::world::{World, effects, imsi, json, versioned};

pub(super) async fn a_subscriber_is_created_disabled_and_enabled_by_effect(backend: &impl Backend) {
    let mut world = World::new(11);
    let number = imsi("001020000000001");
    let keys = world.keys();
    let expected = provisioning::hlr::Subscriber::new(number.clone(), keys.clone());
    let store = backend.open();
    let create = Effect::CreateSubscriber {
        imsi: number.clone(),
        keys: keys.into(),
    };
    store.commit(effects(vec![create])).await.unwrap();
    let found = store.subscriber(&number).await.unwrap().unwrap();
    assert!(!found.value.is_enabled());
    assert_eq!(json(&found.value), json(&expected));
    for (effect, enabled) in [
        (Effect::EnableSubscriber(number.clone()), true),
        (Effect::EnableSubscriber(number.clone()), true),
        (Effect::DisableSubscriber(number.clone()), false),
        (Effect::DisableSubscriber(number.clone()), false),
    ] {
        store.commit(effects(vec![effect])).await.unwrap();
        let found = store.subscriber(&number).await.unwrap().unwrap();
        assert_eq!(found.value.is_enabled(), enabled);
    }
    // Twice, and of one that never was: what is wanted holds already.
    for _ in 0..2 {
        let gone = vec![
            Effect::DeleteSubscriber(number.clone()),
            Effect::DisableSubscriber(imsi("001020000000077")),
        ];
        store.commit(effects(gone)).await.unwrap();
        assert!(store.subscriber(&number).await.unwrap().is_none());
    }
}

pub(super) async fn effects_count_as_changes_by_somebody_else(backend: &impl Backend) {
    let mut world = World::new(12);
    let number = imsi("001020000000001");
    let store = backend.open();
    store
        .commit(effects(vec![world.create(&number)]))
        .await
        .unwrap();
    let loaded = store.subscriber(&number).await.unwrap().unwrap();
    let enable = Effect::EnableSubscriber(number.clone());
    store.commit(effects(vec![enable])).await.unwrap();
    let commit = Commit {
        subscribers: vec![loaded],
        ..Commit::default()
    };
    let refused = store.commit(commit).await;
    assert!(matches!(refused, Err(StoreError::Conflict)));
    let found = store.subscriber(&number).await.unwrap().unwrap();
    assert!(found.value.is_enabled(), "the effect is not overwritten");
}

pub(super) async fn a_subscriber_made_anew_is_not_the_deleted_one(backend: &impl Backend) {
    let mut world = World::new(13);
    let number = imsi("001020000000001");
    let store = backend.open();
    store
        .commit(effects(vec![world.create(&number)]))
        .await
        .unwrap();
    let before = store.subscriber(&number).await.unwrap().unwrap();
    let anew = vec![
        Effect::DeleteSubscriber(number.clone()),
        world.create(&number),
    ];
    store.commit(effects(anew)).await.unwrap();
    let after = store.subscriber(&number).await.unwrap().unwrap();
    let commit = Commit {
        subscribers: vec![before],
        ..Commit::default()
    };
    let refused = store.commit(commit).await;
    assert!(matches!(refused, Err(StoreError::Conflict)));
    let found = store.subscriber(&number).await.unwrap().unwrap();
    assert_eq!(json(&found.value), json(&after.value));
}

pub(super) async fn enabling_nobody_is_an_error_and_stores_nothing(backend: &impl Backend) {
    let mut world = World::new(14);
    let (number, nobody) = (imsi("001020000000001"), imsi("001020000000002"));
    let store = backend.open();
    let commit = effects(vec![
        world.create(&number),
        Effect::EnableSubscriber(nobody),
    ]);
    let refused = store.commit(commit).await;
    assert!(matches!(refused, Err(StoreError::Failed(_))));
    assert!(store.subscriber(&number).await.unwrap().is_none());
}

pub(super) async fn a_device_that_comes_back_keeps_its_departures(backend: &impl Backend) {
    let mut world = World::new(15);
    let device = world.device();
    let store = backend.open();
    let (_, registered) = world.register(&device, &imsi("001020000000001"));
    let mut home = world.subscription(&device, &imsi("001010000000001"), 0);
    let mut effects_of_it = vec![Effect::BecomeHome(Box::new(home.clone()))];
    store.commit(effects(effects_of_it)).await.unwrap();
    effects_of_it = world.announce(&mut home, registered.orders[0].value.announcement());
    let commit = Commit {
        subscriptions: vec![versioned(home.clone(), 1)],
        effects: effects_of_it,
        ..Commit::default()
    };
    store.commit(commit).await.unwrap();
    let back = world.subscription(&device, &imsi("001010000000002"), 2);
    let expected = back.clone().returning(home.clone());
    let come = Effect::BecomeHome(Box::new(back));
    store.commit(effects(vec![come])).await.unwrap();
    let found = store.subscription(&device.tre_id).await.unwrap().unwrap();
    assert_eq!(json(&found.value), json(&expected));
    assert_eq!(found.value.departures(), home.departures());
    assert_eq!(found.version, 3);
}
