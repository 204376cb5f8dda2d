//! The audit log (docs/pcids.md): rows are added, and never changed or removed;
//! triggers of the schema refuse both.

use clock::Timestamp;
use provisioning::audit::AuditEntry;
use rusqlite::{Connection, Row, params};

use super::SqliteStore;
use crate::Error;
use crate::sealed::number;

/// The longest page.
const MAX_PAGE: usize = 1000;

/// A row of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number; a gap would show that something was removed.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// What it was done to.
    pub subject: String,
    /// Why.
    pub why: String,
}

pub(super) fn record(conn: &Connection, entry: &AuditEntry) -> Result<(), Error> {
    conn.prepare_cached(
        "INSERT INTO audit_log (at, actor, action, subject, why) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        number(entry.at.unix_millis()),
        entry.actor.name(),
        entry.action.name(),
        entry.subject,
        entry.why,
    ])?;
    Ok(())
}

impl SqliteStore {
    /// Entries of the audit log, the newest first, those with a number below
    /// `before`.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn audit_log(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<AuditRow>, Error> {
        self.readers
            .read(move |conn| page(conn, before, limit))
            .await
    }
}

fn page(conn: &Connection, before: Option<u64>, limit: usize) -> Result<Vec<AuditRow>, Error> {
    let limit = i64::try_from(limit.min(MAX_PAGE)).unwrap_or(i64::MAX);
    let mut statement = conn.prepare_cached(
        "SELECT number, at, actor, action, subject, why FROM audit_log
         WHERE number < ?1 ORDER BY number DESC LIMIT ?2",
    )?;
    let rows = statement.query_map([before.map_or(i64::MAX, number), limit], row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn row(row: &Row<'_>) -> rusqlite::Result<AuditRow> {
    Ok(AuditRow {
        number: row.get::<_, i64>(0)?.cast_unsigned(),
        at: Timestamp::from_unix_millis(row.get::<_, i64>(1)?.cast_unsigned()),
        actor: row.get(2)?,
        action: row.get(3)?,
        subject: row.get(4)?,
        why: row.get(5)?,
    })
}
