//! A managed device's store: nodes and objects together, or neither; rows that
//! are not as they were stored do not open.

use secret::{Secret, SecretBytes};
use store::{ManagedChanges, ManagedStore, StoreKey, StoredNode};

use crate::scratch::{Scratch, key};

fn leaf(uri: &str, value: &[u8]) -> StoredNode {
    StoredNode {
        uri: uri.to_owned(),
        format: Some("chr".to_owned()),
        type_: Some("text/plain".to_owned()),
        access: "Get Replace".to_owned(),
        permanent: false,
        acl: Some("Get=*".to_owned()),
        acl_fixed: false,
        title: Some("A title".to_owned()),
        changed: Some(1_700_000_000_000),
        ver_no: 7,
        value: SecretBytes::new(value.to_vec()),
    }
}

fn changes(uri: &str, value: &[u8]) -> ManagedChanges {
    ManagedChanges {
        nodes: vec![leaf(uri, value)],
        removed: Vec::new(),
        objects: vec![(
            "fumo".to_owned(),
            Some(SecretBytes::new(b"state 1".to_vec())),
        )],
    }
}

#[test]
fn what_was_committed_comes_back_after_a_restart() {
    let scratch = Scratch::new("management");
    let mut store = ManagedStore::open(&scratch.path(), key()).unwrap();
    assert!(store.load().unwrap().is_none());
    store.commit(&changes("./A", b"one")).unwrap();
    store.commit(&changes("./B", b"two")).unwrap();
    let gone = ManagedChanges {
        removed: vec!["./A".to_owned()],
        objects: vec![("fumo".to_owned(), None)],
        ..ManagedChanges::default()
    };
    store.commit(&gone).unwrap();
    drop(store);
    let mut store = ManagedStore::open(&scratch.path(), key()).unwrap();
    let state = store.load().unwrap().unwrap();
    assert!(state.objects.is_empty());
    let [node] = state.nodes.as_slice() else {
        panic!("{} nodes", state.nodes.len());
    };
    assert_eq!(node.uri, "./B");
    assert_eq!(node.value.expose(), b"two");
    assert_eq!(node.access, "Get Replace");
    assert_eq!(node.acl.as_deref(), Some("Get=*"));
    assert_eq!(node.title.as_deref(), Some("A title"));
    assert_eq!((node.changed, node.ver_no), (Some(1_700_000_000_000), 7));
}

#[test]
fn rows_that_were_altered_do_not_open() {
    let altered = [
        "UPDATE nodes SET acl = 'Get=*&Replace=*'",
        "UPDATE nodes SET acl = NULL",
        "UPDATE nodes SET access = 'Get'",
        "UPDATE nodes SET permanent = 1",
        "UPDATE nodes SET acl_fixed = 1",
        "UPDATE nodes SET title = NULL",
        "UPDATE nodes SET changed = 1",
        "UPDATE nodes SET ver_no = 6",
        "UPDATE nodes SET uri = './C'",
        "UPDATE nodes SET format = NULL",
        "UPDATE nodes SET type = 'text/html'",
        "UPDATE nodes SET version = version + 1",
        "UPDATE nodes SET key_id = 7",
        "UPDATE objects SET name = 'other'",
        "UPDATE objects SET body = (SELECT value FROM nodes)",
    ];
    for sql in altered {
        let scratch = Scratch::new("management-altered");
        let mut store = ManagedStore::open(&scratch.path(), key()).unwrap();
        store.commit(&changes("./A", b"one")).unwrap();
        store.load().unwrap();
        scratch.raw().execute_batch(sql).unwrap();
        let refused = store.load().err().unwrap();
        assert_eq!(refused.code(), "store-row-altered", "{sql}");
    }
}

#[test]
fn values_are_sealed_and_open_under_their_key_alone() {
    let scratch = Scratch::new("management-sealed");
    let mut store = ManagedStore::open(&scratch.path(), key()).unwrap();
    store
        .commit(&changes("./DMAcc/a/AAuthSecret", b"canary-4711"))
        .unwrap();
    drop(store);
    for entry in std::fs::read_dir(scratch.dir()).unwrap() {
        let octets = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!octets.windows(11).any(|w| w == b"canary-4711"));
    }
    let other = StoreKey::new(1, &Secret::new([1; 32])).unwrap();
    let mut store = ManagedStore::open(&scratch.path(), other).unwrap();
    assert_eq!(store.load().err().unwrap().code(), "store-row-altered");
}

#[test]
fn a_commit_that_fails_leaves_what_was_there() {
    let scratch = Scratch::new("management-fault");
    let mut store = ManagedStore::open(&scratch.path(), key()).unwrap();
    store.commit(&changes("./A", b"one")).unwrap();
    let trigger = "CREATE TRIGGER refuse BEFORE INSERT ON objects
                   BEGIN SELECT raise(ABORT, 'no'); END";
    scratch.raw().execute_batch(trigger).unwrap();
    let refused = store.commit(&changes("./A", b"two")).unwrap_err();
    assert_eq!(refused.code(), "store-sqlite");
    let state = store.load().unwrap().unwrap();
    assert_eq!(state.nodes[0].value.expose(), b"one");
}

#[test]
fn another_kind_of_store_is_refused() {
    let scratch = Scratch::new("management-kind");
    drop(store::DeviceStore::open(&scratch.path(), key()).unwrap());
    let refused = ManagedStore::open(&scratch.path(), key());
    assert_eq!(refused.err().unwrap().code(), "store-not-ours");
}

/// The columns that SQLite lists, so that an edit of the shipped migration does
/// not pass for the schema that others have.
#[test]
fn the_first_schema_is_the_shipped_one() {
    let scratch = Scratch::new("management-schema");
    drop(ManagedStore::open(&scratch.path(), key()).unwrap());
    let query = "SELECT m.name || '(' || group_concat(p.name, ' ') || ')' FROM sqlite_schema m
                 JOIN pragma_table_info(m.name) p WHERE m.type = 'table'
                 AND m.name NOT LIKE 'sqlite_%' GROUP BY m.name ORDER BY m.name";
    let conn = scratch.raw();
    let mut statement = conn.prepare(query).unwrap();
    let rows = statement
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap();
    let tables: Vec<_> = rows.map(Result::unwrap).collect();
    let shipped = [
        "nodes(uri format type access permanent acl acl_fixed title changed ver_no version key_id \
         value)",
        "objects(name version key_id body)",
        "state(id version)",
    ];
    assert_eq!(tables, shipped);
}
