//! Schemas: the first one is golden, others are refused.

use store::{DeviceStore, Error, SqliteOptions, Store};

use crate::scratch::{Scratch, key};

const FIRST: &str = include_str!("../../migrations/0001.sql");
const SECOND: &str = include_str!("../../migrations/0002.sql");
const THIRD: &str = include_str!("../../migrations/0003.sql");
const FOURTH: &str = include_str!("../../migrations/0004.sql");
const FIFTH: &str = include_str!("../../migrations/0005.sql");
const SIXTH: &str = include_str!("../../migrations/0006.sql");
const SEVENTH: &str = include_str!("../../migrations/0007.sql");
const FIRST_OF_DEVICES: &str = include_str!("../../migrations/device-0001.sql");
const SECOND_OF_DEVICES: &str = include_str!("../../migrations/device-0002.sql");

/// What a migration makes, without comments and rows.
fn statements(sql: &str) -> Vec<String> {
    let lines = sql.lines().filter(|line| !line.starts_with("--"));
    let sql: Vec<_> = lines.collect();
    let statements = sql.join("\n");
    // A trigger has a semicolon inside.
    let statements = statements
        .split(";\n")
        .map(|part| part.trim().trim_end_matches(';').to_owned());
    statements
        .filter(|part| part.starts_with("CREATE"))
        .collect()
}

/// All that an operator's store has.
fn all() -> Vec<String> {
    [FIRST, SECOND, THIRD, FOURTH, FIFTH, SIXTH, SEVENTH]
        .map(statements)
        .concat()
}

/// What SQLite says it has, in the order in which it was made.
fn found(conn: &rusqlite::Connection) -> Vec<String> {
    let query = "SELECT sql FROM sqlite_schema
                 WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid";
    let mut statement = conn.prepare(query).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

fn number(conn: &rusqlite::Connection, pragma: &str) -> i64 {
    conn.pragma_query_value(None, pragma, |row| row.get(0))
        .unwrap()
}

#[tokio::test]
async fn a_fresh_database_has_every_migration() {
    let scratch = Scratch::new("fresh");
    drop(scratch.open());
    let conn = scratch.raw();
    assert_eq!(found(&conn), all());
    assert_eq!(number(&conn, "user_version"), 7);
    assert_eq!(number(&conn, "application_id"), 0x7265_686f);
    let path = scratch.dir().join("device.db");
    drop(DeviceStore::open(&path, key()).unwrap());
    let conn = rusqlite::Connection::open(path).unwrap();
    let of_devices = [FIRST_OF_DEVICES, SECOND_OF_DEVICES].map(statements);
    assert_eq!(found(&conn), of_devices.concat());
    assert_eq!(number(&conn, "user_version"), 2);
    assert_eq!(number(&conn, "application_id"), 0x7265_6864);
}

/// A device's store of schema 1 keeps what it has.
#[test]
fn a_device_s_store_of_the_first_schema_is_brought_up_to_date() {
    let scratch = Scratch::new("device-migrated");
    let mut store = DeviceStore::open(&scratch.path(), key()).unwrap();
    store.put(b"sealed", b"host").unwrap();
    drop(store);
    let conn = scratch.raw();
    conn.execute_batch("DROP TABLE kept").unwrap();
    conn.pragma_update(None, "user_version", 1).unwrap();
    assert_eq!(found(&conn), statements(FIRST_OF_DEVICES));
    drop(conn);
    let mut store = DeviceStore::open(&scratch.path(), key()).unwrap();
    assert_eq!(store.get().unwrap().unwrap().sealed, b"sealed");
    store.keep("clock", b"state").unwrap();
    let columns = "SELECT group_concat(name, ' ') FROM pragma_table_info('kept')";
    let columns: String = scratch
        .raw()
        .query_row(columns, [], |row| row.get(0))
        .unwrap();
    assert_eq!(columns, "name revision key_id body");
}

/// The columns and tables that SQLite itself lists, so that an edit of the
/// shipped migration does not pass for the schema that others have.
#[tokio::test]
async fn the_schema_is_the_shipped_one() {
    let scratch = Scratch::new("shipped");
    drop(scratch.open());
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
        "audit_log(number at actor action subject why)",
        "certificates(order_id signature envelope)",
        "deleted_subscribers(imsi version)",
        "dm_account(device server_id auth user profile created version key_id body)",
        "dm_command(number command_id device origin priority state created expires version key_id \
         body)",
        "dm_group(name device)",
        "dm_login(device name)",
        "dm_message(session_ref number direction at key_id body)",
        "dm_server_tag(device tag)",
        "dm_session(number session_ref device session_id started ended outcome)",
        "hlr_outbox(id imsi attempts next_at)",
        "imsi_counters(prefix last)",
        "issued_certificates(number serial name not_before not_after revoked reason)",
        "meta(name key_id value)",
        "orders(number order_id tre_id imsi donor recipient state reason created due version \
         key_id body)",
        "outbox(id kind subject digest attempts next_at container)",
        "pcid_members(imsi tre_id)",
        "pcids(imsi pool state holder batch shared_by uses expires rests_until due freed)",
        "pools(name first last valid_from valid_until retention_s next used)",
        "subscribers(imsi enabled version key_id body)",
        "subscriptions(tre_id imsi home released due version key_id body)",
        "told_levels(name level)",
    ];
    assert_eq!(tables, shipped);
}

/// A store of schema 1 keeps what it has and gets the tables of later ones.
#[tokio::test]
async fn a_store_of_the_first_schema_is_brought_up_to_date() {
    let scratch = Scratch::new("migrated");
    let conn = scratch.raw();
    conn.execute_batch(FIRST).unwrap();
    conn.pragma_update(None, "application_id", 0x7265_686f)
        .unwrap();
    conn.pragma_update(None, "user_version", 1).unwrap();
    conn.execute("INSERT INTO imsi_counters VALUES ('00101', 7)", [])
        .unwrap();
    drop(conn);
    drop(scratch.open());
    let conn = scratch.raw();
    assert_eq!(number(&conn, "user_version"), 7);
    assert_eq!(found(&conn), all());
    let last: i64 = conn
        .query_row("SELECT last FROM imsi_counters", [], |row| row.get(0))
        .unwrap();
    assert_eq!(last, 7);
}

#[tokio::test]
async fn an_older_or_newer_schema_is_refused() {
    let cases = [
        (0, "store-schema-older"),
        (-1, "store-schema-older"),
        (8, "store-schema-newer"),
        (99, "store-schema-newer"),
    ];
    for (version, code) in cases {
        let scratch = Scratch::new("version");
        drop(scratch.open());
        scratch
            .raw()
            .pragma_update(None, "user_version", version)
            .unwrap();
        let refused = scratch.try_open(key(), &SqliteOptions::default());
        let error = refused.err().unwrap();
        assert_eq!(error.code(), code);
        assert!(error.to_string().contains(&version.to_string()), "{error}");
        assert_eq!(number(&scratch.raw(), "user_version"), version);
    }
}

#[tokio::test]
async fn a_database_of_somebody_else_is_refused_and_left_alone() {
    let scratch = Scratch::new("foreign");
    let conn = scratch.raw();
    conn.execute_batch("CREATE TABLE theirs (a)").unwrap();
    drop(conn);
    let refused = scratch.try_open(key(), &SqliteOptions::default());
    assert_eq!(refused.err().unwrap().code(), "store-not-ours");
    let refused = DeviceStore::open(&scratch.path(), key());
    assert_eq!(refused.err().unwrap().code(), "store-not-ours");
    let conn = scratch.raw();
    let mode: String = conn
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "delete");
    assert_eq!(found(&conn), ["CREATE TABLE theirs (a)"]);
}

#[tokio::test]
async fn a_device_s_store_is_no_operator_s() {
    let scratch = Scratch::new("kinds");
    drop(DeviceStore::open(&scratch.path(), key()).unwrap());
    let refused = scratch.try_open(key(), &SqliteOptions::default());
    assert_eq!(refused.err().unwrap().code(), "store-not-ours");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let scratch = Scratch::new("text");
    let text = "not a database at all, but long enough to be looked at\n".repeat(99);
    std::fs::write(scratch.path(), &text).unwrap();
    let refused = scratch.try_open(key(), &SqliteOptions::default());
    assert_eq!(refused.err().unwrap().code(), "store-sqlite");
    assert_eq!(std::fs::read_to_string(scratch.path()).unwrap(), text);
}

#[test]
fn other_urls_are_refused_without_showing_a_password() {
    for url in [
        "",
        "sqlite",
        "sqlite:",
        "postgres://u:secret@host/db",
        "/a/path",
    ] {
        let refused = Store::open(url, key(), &SqliteOptions::default());
        let Err(error @ Error::UrlUnsupported(_)) = refused else {
            panic!("{url}");
        };
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
