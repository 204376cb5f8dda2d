//! What SQLite's files are: durable, of one schema, without secrets, and full
//! now and then.

use provisioning::ports::{Commit, OperatorStore, StoreError, Versioned};
use rusqlite::Connection;
use secret::Secret;
use store::SqliteStore;

use crate::support::{Maker, Scratch};

#[tokio::test]
async fn a_fresh_database_has_the_first_schema_and_is_synced_at_every_commit() {
    let scratch = Scratch::new("schema");
    drop(scratch.open());
    let file = Connection::open(scratch.0.join("node.db")).unwrap();
    let version: i64 = file
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    let journal: String = file
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .unwrap();
    assert_eq!((version, journal.as_str()), (1, "wal"));
    let golden = Connection::open_in_memory().unwrap();
    let text = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/0001.sql");
    golden
        .execute_batch(&std::fs::read_to_string(text).unwrap())
        .unwrap();
    let schema = |connection: &Connection| -> Vec<String> {
        let query = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
        let mut statement = connection.prepare(query).unwrap();
        statement
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect()
    };
    assert_eq!(schema(&file), schema(&golden));
}

#[test]
fn a_newer_schema_is_refused() {
    let scratch = Scratch::new("newer");
    let path = scratch.0.join("node.db");
    Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 2)
        .unwrap();
    let refused = SqliteStore::open(&path, Secret::new([7; 32]))
        .err()
        .unwrap();
    let StoreError::Failed(cause) = refused else {
        panic!("{refused}")
    };
    assert_eq!(
        cause.to_string(),
        "the database has schema 2; this program knows up to 1"
    );
}

/// K, OPc, passwords and the like in no file, raw, in hex or in base64.
#[tokio::test]
async fn no_secret_is_in_any_file() {
    let scratch = Scratch::new("canary");
    let store = scratch.open();
    let mut maker = Maker::new(7);
    let mut secrets: Vec<Vec<u8>> = Vec::new();
    for _ in 0..3 {
        let imsi = store.take_imsi("00102").await.unwrap();
        let (commit, _, _) = maker.order(imsi);
        for effect in &commit.effects {
            if let provisioning::effect::Effect::CreateSubscriber { keys, .. } = effect {
                secrets.extend([keys.k.expose().to_vec(), keys.opc.expose().to_vec()]);
            }
        }
        let account = commit.orders[0].value.account();
        secrets.push(account.password.expose().as_bytes().to_vec());
        secrets.push(account.server_secret.expose().as_bytes().to_vec());
        store.commit(commit).await.unwrap();
    }
    assert_eq!(secrets.len(), 12);
    let mut searched = 0;
    for entry in std::fs::read_dir(&scratch.0).unwrap() {
        let octets = std::fs::read(entry.unwrap().path()).unwrap();
        searched += octets.len();
        for secret in &secrets {
            let forms = [
                secret.clone(),
                data_encoding::HEXLOWER.encode(secret).into_bytes(),
                data_encoding::HEXUPPER.encode(secret).into_bytes(),
                data_encoding::BASE64.encode(secret).into_bytes(),
            ];
            for form in forms {
                let found = octets.windows(form.len()).any(|window| window == form);
                assert!(!found, "a secret is in a file");
            }
        }
    }
    assert!(searched > 10_000, "the files were looked at");
}

#[tokio::test]
async fn another_key_and_swapped_or_old_bodies_open_nothing() {
    let scratch = Scratch::new("swapped");
    let store = scratch.open();
    let mut maker = Maker::new(8);
    let mut orders = Vec::new();
    for _ in 0..2 {
        let imsi = store.take_imsi("00102").await.unwrap();
        let (commit, order_id, _) = maker.order(imsi);
        store.commit(commit).await.unwrap();
        orders.push(order_id);
    }
    let other = SqliteStore::open(&scratch.0.join("node.db"), Secret::new([8; 32])).unwrap();
    assert!(matches!(
        other.order(orders[0]).await,
        Err(StoreError::Failed(_))
    ));
    let file = Connection::open(scratch.0.join("node.db")).unwrap();
    let swap = "UPDATE orders SET body = (SELECT body FROM orders WHERE order_id = ?2) WHERE order_id = ?1";
    file.execute(swap, [orders[0].to_string(), orders[1].to_string()])
        .unwrap();
    assert!(matches!(
        store.order(orders[0]).await,
        Err(StoreError::Failed(_))
    ));
    assert!(store.order(orders[1]).await.is_ok());
    file.execute("UPDATE orders SET version = version + 1", [])
        .unwrap();
    assert!(matches!(
        store.order(orders[1]).await,
        Err(StoreError::Failed(_))
    ));
}

/// SQLITE_FULL: nothing is stored, and the same commit goes through when there
/// is room again.
#[tokio::test]
async fn a_full_disk_stores_nothing_and_the_same_commit_goes_through_later() {
    let scratch = Scratch::new("full");
    let store = scratch.open();
    let mut maker = Maker::new(9);
    let imsi = store.take_imsi("00102").await.unwrap();
    let (commit, first, _) = maker.order(imsi);
    store.commit(commit).await.unwrap();
    let imsi: aka::Imsi = "001020000000077".parse().unwrap();
    let (commit, second, _) = maker.order(imsi);
    let certificates = commit.certificates.clone();
    let orders: Vec<_> = commit.orders.iter().map(copy).collect();
    store.limit_pages(Some(0)).await.unwrap();
    let refused = store.commit(commit).await;
    assert!(matches!(refused, Err(StoreError::Full)), "{refused:?}");
    assert!(
        store.order(second).await.unwrap().is_none(),
        "nothing of it is stored"
    );
    assert!(
        store.order(first).await.unwrap().is_some(),
        "reading goes on"
    );
    store.limit_pages(None).await.unwrap();
    let same = Commit {
        certificates,
        orders,
        ..Commit::default()
    };
    store.commit(same).await.unwrap();
    assert!(store.order(second).await.unwrap().is_some());
}

fn copy<T: Clone>(aggregate: &Versioned<T>) -> Versioned<T> {
    aggregate.clone()
}
