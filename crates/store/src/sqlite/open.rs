//! Opening a database: durability, schema (sqlite.org/pragma.html).

use std::path::Path;
use std::time::Duration;

use provisioning::ports::StoreError;
use rusqlite::{Connection, OpenFlags};

use super::row::sql;
use super::writer::Output;
use crate::cipher::failed;

/// Schemas in order; `user_version` counts those that are in place.
const MIGRATIONS: [&str; 1] = [include_str!("../../migrations/0001.sql")];

/// The connection that writes. Every commit is synced before it is answered.
pub(super) fn writer(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = Connection::open(path).map_err(sql)?;
    connection
        .busy_timeout(Duration::from_secs(10))
        .map_err(sql)?;
    set(&connection, "journal_mode", "wal")?;
    set(&connection, "synchronous", "2")?;
    set(&connection, "foreign_keys", "1")?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// Bounds the file at its present size and `more` pages; without a number the
/// bound is SQLite's own.
pub(super) fn limit_pages(
    connection: &Connection,
    more: Option<u32>,
) -> Result<Output, StoreError> {
    let present: i64 = connection
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .map_err(sql)?;
    let most = more.map_or(i64::from(u32::MAX - 1), |more| {
        present.saturating_add(more.into())
    });
    connection
        .query_row(&format!("PRAGMA max_page_count = {most}"), [], |_| Ok(()))
        .map_err(sql)?;
    Ok(Output::Done)
}

/// A connection that only reads.
pub(super) fn reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(sql)?;
    connection
        .busy_timeout(Duration::from_secs(10))
        .map_err(sql)?;
    Ok(connection)
}

/// Sets a pragma and asks whether it is so.
fn set(connection: &Connection, name: &str, value: &str) -> Result<(), StoreError> {
    connection.pragma_update(None, name, value).map_err(sql)?;
    let found: String = connection
        .pragma_query_value(None, name, |row| {
            row.get::<_, rusqlite::types::Value>(0)
                .map(|value| match value {
                    rusqlite::types::Value::Integer(number) => number.to_string(),
                    rusqlite::types::Value::Text(text) => text,
                    _ => String::new(),
                })
        })
        .map_err(sql)?;
    if found == value {
        Ok(())
    } else {
        Err(failed(format!(
            "SQLite has {name} = {found} here, not {value}"
        )))
    }
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let found: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(sql)?;
    let known = MIGRATIONS.len();
    let from = usize::try_from(found)
        .ok()
        .filter(|found| *found <= known)
        .ok_or_else(|| {
            failed(format!(
                "the database has schema {found}; this program knows up to {known}"
            ))
        })?;
    for (index, migration) in MIGRATIONS.iter().enumerate().skip(from) {
        let transaction = connection.transaction().map_err(sql)?;
        transaction.execute_batch(migration).map_err(sql)?;
        transaction
            .pragma_update(
                None,
                "user_version",
                i64::try_from(index + 1).map_err(failed)?,
            )
            .map_err(sql)?;
        transaction.commit().map_err(sql)?;
    }
    Ok(())
}
