//! A device's store: both states together, or neither.

use secret::Secret;
use store::{DeviceStore, StoreKey};

use crate::scratch::{Scratch, key};

#[test]
fn what_was_put_last_comes_back_after_a_restart() {
    let scratch = Scratch::new("device");
    let path = scratch.path();
    let mut store = DeviceStore::open(&path, key()).unwrap();
    assert!(store.get().unwrap().is_none());
    for round in 0..20_u8 {
        let (sealed, host) = (vec![round; 900], vec![round ^ 0xff; 300]);
        store.put(&sealed, &host).unwrap();
        if round % 5 == 0 {
            drop(store);
            store = DeviceStore::open(&path, key()).unwrap();
        }
        let state = store.get().unwrap().unwrap();
        assert_eq!(state.sealed, sealed);
        assert_eq!(*state.host.expose(), host);
    }
    store.put(&[], &[]).unwrap();
    let state = store.get().unwrap().unwrap();
    assert!(state.sealed.is_empty() && state.host.expose().is_empty());
}

#[test]
fn states_that_do_not_belong_together_are_refused() {
    let mixed = [
        "UPDATE device SET sealed = (SELECT sealed FROM older)",
        "UPDATE device SET host = (SELECT host FROM older)",
        "UPDATE device SET revision = (SELECT revision FROM older)",
        "UPDATE device SET sealed = (SELECT sealed FROM older),
         revision = (SELECT revision FROM older)",
        "UPDATE device SET key_id = 7",
    ];
    for sql in mixed {
        let scratch = Scratch::new("mixed");
        let mut store = DeviceStore::open(&scratch.path(), key()).unwrap();
        store.put(b"sealed 1", b"host 1").unwrap();
        let raw = scratch.raw();
        raw.execute_batch("CREATE TABLE older AS SELECT * FROM device")
            .unwrap();
        store.put(b"sealed 2", b"host 2").unwrap();
        store.get().unwrap();
        raw.execute_batch(sql).unwrap();
        let refused = store.get().err().unwrap();
        assert_eq!(refused.code(), "store-row-altered", "{sql}");
    }
}

#[test]
fn another_device_s_key_opens_nothing() {
    let scratch = Scratch::new("device-key");
    let mut store = DeviceStore::open(&scratch.path(), key()).unwrap();
    store.put(b"sealed", b"host").unwrap();
    drop(store);
    let other = StoreKey::new(1, &Secret::new([1; 32])).unwrap();
    let store = DeviceStore::open(&scratch.path(), other).unwrap();
    assert_eq!(store.get().err().unwrap().code(), "store-row-altered");
}

#[test]
fn a_put_that_fails_leaves_what_was_there() {
    let scratch = Scratch::new("device-fault");
    let mut store = DeviceStore::open(&scratch.path(), key()).unwrap();
    store.put(b"sealed", b"host").unwrap();
    let trigger = "CREATE TRIGGER refuse AFTER UPDATE ON device
                   BEGIN SELECT raise(ABORT, 'no'); END";
    scratch.raw().execute_batch(trigger).unwrap();
    assert_eq!(
        store.put(b"sealed 2", b"host 2").unwrap_err().code(),
        "store-sqlite"
    );
    assert_eq!(store.get().unwrap().unwrap().sealed, b"sealed");
    scratch.raw().execute_batch("DROP TRIGGER refuse").unwrap();
    store.put(b"sealed 2", b"host 2").unwrap();
    assert_eq!(*store.get().unwrap().unwrap().host.expose(), b"host 2");
}

#[test]
fn what_is_kept_by_name_comes_back_under_its_name_alone() {
    let scratch = Scratch::new("device-kept");
    let mut store = DeviceStore::open(&scratch.path(), key()).unwrap();
    assert!(store.kept("clock").unwrap().is_none());
    store.keep("clock", b"one").unwrap();
    store.keep("clock", b"two").unwrap();
    store.keep("pin", b"three").unwrap();
    drop(store);
    let store = DeviceStore::open(&scratch.path(), key()).unwrap();
    assert_eq!(*store.kept("clock").unwrap().unwrap().expose(), b"two");
    assert_eq!(*store.kept("pin").unwrap().unwrap().expose(), b"three");
    let moved = "DELETE FROM kept WHERE name = 'clock';
                 UPDATE kept SET name = 'clock', revision = 2";
    scratch.raw().execute_batch(moved).unwrap();
    let refused = store.kept("clock").err().unwrap();
    assert_eq!(refused.code(), "store-row-altered");
    assert!(store.kept("pin").unwrap().is_none());
}
