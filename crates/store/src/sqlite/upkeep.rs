//! Backup and check, each on a connection of its own beside the running store.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use provisioning::donor::Subscription;
use provisioning::hlr::Subscriber;
use provisioning::recipient::Order;
use rusqlite::Connection;

use super::management::{check_accounts, check_commands, check_messages};
use crate::connection::{absolute, configure, create_private, open, sync_directory};
use crate::sealed::{Aggregate, StoredRow};
use crate::{Error, StoreKey};

/// Copies the database as it is at this moment to a new file, which appears
/// whole or not at all. Sealed rows stay sealed.
pub(super) fn backup(database: &Path, to: &Path) -> Result<(), Error> {
    let to = absolute(to)?;
    let mut partial = OsString::from(&to);
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    if fs::exists(&to).map_err(Error::io(&to))? {
        return Err(Error::BackupExists(to));
    }
    // Left by a backup that did not come to its end.
    if fs::exists(&partial).map_err(Error::io(&partial))? {
        fs::remove_file(&partial).map_err(Error::io(&partial))?;
    }
    create_private(&partial)?;
    let result = copy(database, &partial)
        .and_then(|()| fs::rename(&partial, &to).map_err(Error::io(&to)))
        .and_then(|()| sync_directory(&to));
    if result.is_err() {
        let _ = fs::remove_file(&partial);
    }
    result
}

fn copy(database: &Path, to: &Path) -> Result<(), Error> {
    let conn = open(database)?;
    configure(&conn)?;
    let name = to
        .to_str()
        .ok_or(Error::Misuse("a path that is not UTF-8"))?;
    conn.execute("VACUUM INTO ?1", [name])?;
    File::open(to)
        .and_then(|file| file.sync_all())
        .map_err(Error::io(to))
}

/// SQLite's own checks, then every aggregate is opened in its place.
pub(super) fn check(database: &Path, key: &StoreKey) -> Result<(), Error> {
    let conn = open(database)?;
    configure(&conn)?;
    let answer: String = conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if answer != "ok" {
        return Err(Error::Damaged(answer));
    }
    if conn.prepare("PRAGMA foreign_key_check")?.exists([])? {
        return Err(Error::Damaged(
            "a row without the one that it belongs to".to_owned(),
        ));
    }
    let orphan = "SELECT 1 FROM orders WHERE order_id NOT IN (SELECT order_id FROM certificates)";
    if conn.prepare(orphan)?.exists([])? {
        return Err(Error::Damaged("an order without its CertTREs".to_owned()));
    }
    open_all::<Subscription>(&conn, key, "tre_id")?;
    open_all::<Order>(&conn, key, "order_id")?;
    open_all::<Subscriber>(&conn, key, "imsi")?;
    super::pools::check(&conn)?;
    check_accounts(&conn, key)?;
    check_commands(&conn, key)?;
    check_messages(&conn, key)
}

pub(super) fn open_all<A: Aggregate>(
    conn: &Connection,
    key: &StoreKey,
    column: &str,
) -> Result<(), Error> {
    let table = A::TABLE;
    let sql = format!("SELECT {column}, version, key_id, body FROM {table}");
    let mut statement = conn.prepare(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        StoredRow::read(row)?.open::<A>(key)?;
    }
    Ok(())
}
