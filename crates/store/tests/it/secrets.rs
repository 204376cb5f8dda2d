//! Secrets at rest: in no file, and rows that open in their place only.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use provisioning::effect::Effect;
use provisioning::ports::{Commit, OperatorStore, StoreError};
use secret::Secret;
use store::{DeviceStore, Error, SqliteOptions, StoreKey};

use crate::scratch::{NODE_KEY, Scratch, key};
use crate::world::{World, effects, imsi, json, versioned};

/// Every way in which base64 shows octets somewhere inside a longer text.
fn base64_forms(octets: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![BASE64.encode(octets), BASE64URL_NOPAD.encode(octets)];
    for skipped in 0..3 {
        let whole = (octets.len() - skipped) / 3 * 3;
        forms.push(BASE64.encode(&octets[skipped..skipped + whole]));
    }
    forms.into_iter().map(String::into_bytes).collect()
}

fn forms(octets: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![
        octets.to_vec(),
        HEXLOWER.encode(octets).into_bytes(),
        HEXUPPER.encode(octets).into_bytes(),
    ];
    forms.extend(base64_forms(octets));
    forms
}

/// How many of the secrets are in the files of a directory, and whether the
/// text that is not secret is.
fn search(dir: &Path, secrets: &[Vec<u8>], open: &[u8]) -> (usize, bool) {
    let (mut found, mut control) = (0, false);
    for entry in std::fs::read_dir(dir).unwrap() {
        let octets = std::fs::read(entry.unwrap().path()).unwrap();
        let has = |form: &[u8]| octets.windows(form.len()).any(|window| window == form);
        control |= has(open);
        for secret in secrets {
            found += usize::from(forms(secret).iter().any(|form| has(form)));
        }
    }
    (found, control)
}

#[tokio::test]
async fn no_secret_is_in_any_file() {
    let scratch = Scratch::new("canary");
    let mut world = World::new(81);
    let device = world.device();
    let number = imsi("001020000000001");
    let (order_id, commit) = world.register(&device, &number);
    let order = &commit.orders[0].value;
    let account = order.account();
    let mut secrets: Vec<Vec<u8>> = vec![
        NODE_KEY.to_vec(),
        b"a transfer token of a subscriber".to_vec(),
        account.password.expose().clone().into_bytes(),
        account.server_secret.expose().clone().into_bytes(),
    ];
    let mut home = world.subscription(&device, &imsi("001010000000001"), 0);
    let pushed = world.announce(&mut home, order.announcement());
    for effect in &commit.effects {
        if let Effect::CreateSubscriber { keys, .. } = effect {
            secrets.push(keys.k().to_vec());
            secrets.push(keys.operator().to_vec());
        }
    }
    assert_eq!(secrets.len(), 6);
    let plain = json(order).to_string() + &json(&home).to_string();
    for secret in &secrets[1..4] {
        let there = plain
            .as_bytes()
            .windows(secret.len())
            .any(|window| window == secret);
        let encoded = base64_forms(secret)
            .iter()
            .any(|form| plain.contains(std::str::from_utf8(form).unwrap()));
        assert!(there || encoded, "the search would find it");
    }
    let store = scratch.open();
    store.commit(commit).await.unwrap();
    let second = Commit {
        subscriptions: vec![versioned(home, 0)],
        effects: pushed,
        ..Commit::default()
    };
    store.commit(second).await.unwrap();
    let enable = Effect::EnableSubscriber(number);
    store.commit(effects(vec![enable])).await.unwrap();
    let mut device_store = DeviceStore::open(&scratch.dir().join("device.db"), key()).unwrap();
    device_store.put(b"sealed", &secrets[2]).unwrap();
    device_store.put(b"sealed", &secrets[3]).unwrap();
    store
        .backup(&scratch.dir().join("backup.db"))
        .await
        .unwrap();
    let control = order_id.to_string().into_bytes();
    let files = std::fs::read_dir(scratch.dir()).unwrap().count();
    assert!(files >= 7, "databases with their logs, and a backup");
    assert_eq!(search(scratch.dir(), &secrets, &control), (0, true));
    store.close().await;
    assert_eq!(search(scratch.dir(), &secrets, &control), (0, true));
}

#[tokio::test]
async fn files_are_their_owner_s_alone() {
    let scratch = Scratch::new("modes");
    let mut world = World::new(82);
    let store = scratch.open();
    let create = world.create(&imsi("001010000000001"));
    store.commit(effects(vec![create])).await.unwrap();
    store
        .backup(&scratch.dir().join("backup.db"))
        .await
        .unwrap();
    let mut files = 0;
    for entry in std::fs::read_dir(scratch.dir()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", entry.path().display());
        files += 1;
    }
    assert_eq!(files, 4);
}

#[tokio::test]
async fn another_key_is_refused_at_once() {
    let scratch = Scratch::new("wrong-key");
    drop(scratch.open());
    let others = [
        StoreKey::new(1, &Secret::new([0x4f; 32])),
        StoreKey::new(2, &Secret::new(NODE_KEY)),
    ];
    for other in others {
        let refused = scratch.try_open(other.unwrap(), &SqliteOptions::default());
        assert!(matches!(refused.err(), Some(Error::WrongKey)));
    }
    scratch.open().integrity_check().await.unwrap();
}

/// Whoever can write the file moves rows about; each move must show.
#[tokio::test]
async fn rows_that_were_moved_or_altered_do_not_open() {
    let altered = [
        "UPDATE subscribers SET body = (SELECT body FROM subscribers WHERE imsi LIKE '%2')",
        "UPDATE subscribers SET version = version + 1",
        "UPDATE subscribers SET key_id = key_id + 1",
        "UPDATE subscribers SET body = substr(body, 1, length(body) - 1)",
        "UPDATE subscribers SET body = (SELECT body FROM orders LIMIT 1)",
        "UPDATE subscribers SET imsi = '001020000000009' WHERE imsi LIKE '%2';
         UPDATE subscribers SET imsi = '001020000000002' WHERE imsi LIKE '%1';
         UPDATE subscribers SET imsi = '001020000000001' WHERE imsi LIKE '%9'",
    ];
    for sql in altered {
        let scratch = Scratch::new("moved");
        let mut world = World::new(83);
        let store = scratch.open();
        let number = imsi("001020000000001");
        let (device, other) = (world.device(), imsi("001020000000002"));
        let (_, commit) = world.register(&device, &number);
        store.commit(commit).await.unwrap();
        store
            .commit(effects(vec![world.create(&other)]))
            .await
            .unwrap();
        assert!(store.subscriber(&number).await.is_ok());
        store.integrity_check().await.unwrap();
        scratch.raw().execute_batch(sql).unwrap();
        let refused = store.subscriber(&number).await;
        assert!(matches!(refused, Err(StoreError::Failed(_))), "{sql}");
        let found = store.integrity_check().await.unwrap_err();
        assert_eq!(found.code(), "store-row-altered", "{sql}");
        let enable = Effect::EnableSubscriber(number);
        assert!(store.commit(effects(vec![enable])).await.is_err(), "{sql}");
    }
}

#[tokio::test]
async fn columns_that_name_another_row_are_refused() {
    let scratch = Scratch::new("columns");
    let mut world = World::new(84);
    let store = scratch.open();
    let (device, other) = (world.device(), world.device());
    let (_, commit) = world.register(&device, &imsi("001020000000001"));
    store.commit(commit).await.unwrap();
    let number = imsi("001010000000001");
    let home = world.subscription(&device, &number, 0);
    let come = Effect::BecomeHome(Box::new(home));
    store.commit(effects(vec![come])).await.unwrap();
    let lie = "UPDATE orders SET tre_id = ?1";
    scratch.raw().execute(lie, [other.tre_id.as_str()]).unwrap();
    let lie = "UPDATE subscriptions SET imsi = '001010000000002'";
    scratch.raw().execute_batch(lie).unwrap();
    assert!(store.order_of(&other.tre_id).await.is_err());
    let refused = store.subscription_of(&imsi("001010000000002")).await;
    assert!(matches!(refused, Err(StoreError::Failed(_))));
}

/// After its deletion nothing of a subscriber is in the database, its free pages or
/// its log: neither K nor the sealed row that the node's key would open. The same
/// of a device's CertTREs.
#[tokio::test]
async fn what_was_deleted_is_in_no_file() {
    let scratch = Scratch::new("deleted");
    let mut world = World::new(85);
    let store = scratch.open();
    let number = imsi("001010000000001");
    let keys = world.keys();
    let (k, opc) = (keys.k.expose().to_vec(), keys.opc.expose().to_vec());
    let create = Effect::CreateSubscriber {
        imsi: number.clone(),
        keys: keys.into(),
    };
    store.commit(effects(vec![create])).await.unwrap();
    let device = world.device();
    let (order_id, commit) = world.register(&device, &imsi("001020000000001"));
    store.commit(commit).await.unwrap();
    let (mut order, _) = store.order(order_id).await.unwrap().unwrap();
    order.value.announcement_answered(403, None);
    let refused = Commit {
        orders: vec![order],
        ..Commit::default()
    };
    store.commit(refused).await.unwrap();
    let bodies = |sql: &str| -> Vec<Vec<u8>> {
        let conn = scratch.raw();
        let mut statement = conn.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let mut versions = bodies("SELECT body FROM subscribers WHERE imsi = '001010000000001'");
    let enable = Effect::EnableSubscriber(number.clone());
    store.commit(effects(vec![enable])).await.unwrap();
    versions.extend(bodies(
        "SELECT body FROM subscribers WHERE imsi = '001010000000001'",
    ));
    let mut sealed = versions;
    sealed.extend(bodies("SELECT body FROM orders"));
    sealed.push(device.certificates.signature.clone());
    sealed.extend(device.certificates.envelope.clone());
    let control = b"001020000000001";
    let (found, there) = search(scratch.dir(), &sealed, control);
    assert!(there && found >= 4, "the search would find them: {found}");
    let delete = vec![
        Effect::DeleteSubscriber(number.clone()),
        Effect::DeleteCertTre(device.tre_id.clone()),
    ];
    store.commit(effects(delete)).await.unwrap();
    assert!(store.subscriber(&number).await.unwrap().is_none());
    assert!(store.order(order_id).await.unwrap().is_none());
    sealed.extend([k, opc]);
    assert_eq!(search(scratch.dir(), &sealed, control), (0, true));
    store.integrity_check().await.unwrap();
    store.close().await;
    assert_eq!(search(scratch.dir(), &sealed, control), (0, true));
}
