//! Backup and check.

use provisioning::effect::Effect;
use provisioning::ports::OperatorStore;
use store::{Error, SqliteOptions, Store};

use crate::scratch::{Scratch, key};
use crate::world::{World, effects, imsi, json};

#[tokio::test]
async fn a_backup_opens_and_has_what_was_committed_before_it() {
    let scratch = Scratch::new("backup");
    let mut world = World::new(91);
    let device = world.device();
    let store = scratch.open();
    let (order_id, commit) = world.register(&device, &imsi("001020000000001"));
    store.commit(commit).await.unwrap();
    let taken = store.take_imsi("00102").await.unwrap();
    let path = scratch.dir().join("backup.db");
    // What an interrupted backup left is no hindrance.
    std::fs::write(scratch.dir().join("backup.db.partial"), "half").unwrap();
    store.backup(&path).await.unwrap();
    let after = Effect::Announce(provisioning::OrderId([9; 16]));
    store.commit(effects(vec![after])).await.unwrap();
    let url = format!("sqlite:{}", path.display());
    let copy = Store::open(&url, key(), &SqliteOptions::default()).unwrap();
    copy.integrity_check().await.unwrap();
    let (found, _) = copy.order(order_id).await.unwrap().unwrap();
    let (expected, _) = store.order(order_id).await.unwrap().unwrap();
    assert_eq!(json(&found.value), json(&expected.value));
    assert_eq!(copy.outgoing(world.now, 9).await.unwrap().len(), 1);
    assert_ne!(copy.take_imsi("00102").await.unwrap(), taken);
    assert!(!scratch.dir().join("backup.db.partial").exists());
}

#[tokio::test]
async fn a_backup_overwrites_nothing_and_leaves_no_half() {
    let scratch = Scratch::new("backup-refused");
    let store = scratch.open();
    let path = scratch.dir().join("precious");
    std::fs::write(&path, "precious").unwrap();
    let refused = store.backup(&path).await;
    assert!(matches!(refused, Err(Error::BackupExists(_))));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    let refused = store.backup(&scratch.dir().join("no/such/place")).await;
    assert!(matches!(refused, Err(Error::Io { .. })));
    assert!(matches!(
        store.backup(&scratch.path()).await,
        Err(Error::BackupExists(_))
    ));
}

#[tokio::test]
async fn the_check_finds_what_is_damaged() {
    let damages = [
        (
            "PRAGMA foreign_keys = OFF; DELETE FROM orders",
            "store-damaged",
        ),
        ("DELETE FROM certificates", "store-damaged"),
        ("UPDATE orders SET body = zeroblob(99)", "store-row-altered"),
    ];
    for (sql, code) in damages {
        let scratch = Scratch::new("damaged");
        let mut world = World::new(92);
        let device = world.device();
        let store = scratch.open();
        let (_, commit) = world.register(&device, &imsi("001020000000001"));
        store.commit(commit).await.unwrap();
        store.integrity_check().await.unwrap();
        scratch.raw().execute_batch(sql).unwrap();
        let found = store.integrity_check().await.unwrap_err();
        assert_eq!(found.code(), code, "{sql}");
    }
}

#[tokio::test]
async fn the_check_finds_a_torn_page() {
    let scratch = Scratch::new("torn");
    let mut world = World::new(93);
    let store = scratch.open();
    for count in 0..50 {
        let create = world.create(&imsi(&format!("00101{count:010}")));
        store.commit(effects(vec![create])).await.unwrap();
    }
    store.close().await;
    let mut octets = std::fs::read(scratch.path()).unwrap();
    let index = octets
        .windows(15)
        .rposition(|window| window == b"001010000000007")
        .unwrap();
    // An index entry that names another row than the table has.
    octets[index + 14] = b'x';
    std::fs::write(scratch.path(), octets).unwrap();
    let store = scratch.open();
    assert!(store.integrity_check().await.is_err());
}
