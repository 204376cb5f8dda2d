//! Commands that were queued, with what came of them.

use clock::Timestamp;
use dm::queue::{CommandState, QueuedCommand, Versioned};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::MAX_PAGE;
use crate::sealed::{Aggregate, Sealed, StoredRow, number};
use crate::sqlite::subscriptions::expect_one;
use crate::sqlite::upkeep::open_all;
use crate::{Error, StoreKey};

/// Commands of one device that may wait.
const MAX_OPEN: i64 = 1000;
/// Commands of one device that are kept when they are over.
const KEPT: i64 = 1000;

const OPEN: &str = "state IN ('queued', 'sent')";

impl Aggregate for QueuedCommand {
    const TABLE: &'static str = "dm_command";

    fn key(&self) -> String {
        self.id().to_string()
    }
}

/// Which commands to list, newest first.
#[derive(Clone, Debug, Default)]
pub struct CommandQuery {
    /// Only those for this device.
    pub device: Option<String>,
    /// Only those in this state.
    pub state: Option<CommandState>,
    /// Only those older than another page's last: its [`CommandPage::next`].
    pub before: Option<u64>,
    /// How many at most; no page is longer than 1,000.
    pub limit: usize,
}

/// A page of commands.
#[derive(Clone)]
pub struct CommandPage {
    /// Newest first.
    pub commands: Vec<QueuedCommand>,
    /// What to give as [`CommandQuery::before`] for the next page; absent after
    /// the last.
    pub next: Option<u64>,
}

/// A command ready to be written.
pub(in crate::sqlite) struct CommandRow {
    sealed: Sealed,
    device: String,
    origin: Option<String>,
    priority: i8,
    state: &'static str,
    created: i64,
    expires: i64,
}

impl CommandRow {
    pub(super) fn seal(key: &StoreKey, command: &Versioned<QueuedCommand>) -> Result<Self, Error> {
        let value = &command.value;
        Ok(Self {
            sealed: Sealed::seal(key, value, command.version)?,
            device: value.device().to_owned(),
            origin: value.group().map(str::to_owned),
            priority: value.priority(),
            state: value.state().name(),
            created: number(value.created().unix_millis()),
            expires: number(value.expires_at().unix_millis()),
        })
    }

    /// Writes the row if the version that it replaces is still the stored one.
    pub(super) fn write(&self, conn: &Connection) -> Result<(), Error> {
        if self.sealed.base == 0 {
            return self.insert(conn);
        }
        let sealed = &self.sealed;
        let changed = conn
            .prepare_cached(
                "UPDATE dm_command SET state = ?1, version = ?2, key_id = ?3, body = ?4
                 WHERE command_id = ?5 AND version = ?6",
            )?
            .execute(params![
                self.state,
                sealed.version(),
                sealed.key_id,
                sealed.body,
                sealed.key,
                sealed.replaced(),
            ])?;
        expect_one(changed)
    }

    fn insert(&self, conn: &Connection) -> Result<(), Error> {
        let open: i64 = conn
            .prepare_cached(&format!(
                "SELECT count(*) FROM dm_command WHERE device = ?1 AND {OPEN}"
            ))?
            .query_row([&self.device], |row| row.get(0))?;
        if open >= MAX_OPEN {
            return Err(Error::QueueFull);
        }
        let sealed = &self.sealed;
        let changed = conn
            .prepare_cached(
                "INSERT INTO dm_command (command_id, device, origin, priority, state, created,
                 expires, version, key_id, body)
                 SELECT ?1, device, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 FROM dm_account
                 WHERE device = ?2 ON CONFLICT (command_id) DO NOTHING",
            )?
            .execute(params![
                sealed.key,
                self.device,
                self.origin,
                self.priority,
                self.state,
                self.created,
                self.expires,
                sealed.version(),
                sealed.key_id,
                sealed.body,
            ])?;
        expect_one(changed)?;
        self.forget_oldest(conn)
    }

    fn forget_oldest(&self, conn: &Connection) -> Result<(), Error> {
        conn.prepare_cached(&format!(
            "DELETE FROM dm_command WHERE number IN (SELECT number FROM dm_command
             WHERE device = ?1 AND NOT {OPEN} ORDER BY number DESC LIMIT -1 OFFSET ?2)"
        ))?
        .execute(params![self.device, KEPT])?;
        Ok(())
    }
}

fn open(row: &StoredRow, key: &StoreKey) -> Result<Versioned<QueuedCommand>, Error> {
    let found = row.open::<QueuedCommand>(key)?;
    Ok(Versioned {
        value: found.value,
        version: found.version,
    })
}

/// A command by its name.
pub(super) fn by_id(
    conn: &Connection,
    key: &StoreKey,
    id: &str,
) -> Result<Option<Versioned<QueuedCommand>>, Error> {
    conn.prepare_cached(
        "SELECT command_id, version, key_id, body FROM dm_command WHERE command_id = ?1",
    )?
    .query_row([id], StoredRow::read)
    .optional()?
    .map(|row| open(&row, key))
    .transpose()
}

/// What waits for a device or is under way, oldest first.
pub(super) fn open_of(
    conn: &Connection,
    key: &StoreKey,
    device: &str,
) -> Result<Vec<Versioned<QueuedCommand>>, Error> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT command_id, version, key_id, body FROM dm_command
         WHERE device = ?1 AND {OPEN} ORDER BY number LIMIT {MAX_OPEN}"
    ))?;
    let mut rows = statement.query([device])?;
    let mut commands = Vec::new();
    while let Some(row) = rows.next()? {
        let row = StoredRow::read(row)?;
        let command = open(&row, key)?;
        // The column is not sealed, the aggregate is.
        if command.value.device() != device {
            return Err(row.altered("dm_command"));
        }
        commands.push(command);
    }
    Ok(commands)
}

/// What waits although its time has passed.
pub(super) fn expired(
    conn: &Connection,
    key: &StoreKey,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Versioned<QueuedCommand>>, Error> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = conn.prepare_cached(
        "SELECT command_id, version, key_id, body FROM dm_command
         WHERE state = 'queued' AND expires <= ?1 ORDER BY expires LIMIT ?2",
    )?;
    let rows = statement.query_map([number(now.unix_millis()), limit], StoredRow::read)?;
    rows.map(|row| open(&row?, key)).collect()
}

/// A page of commands.
pub(super) fn page(
    conn: &Connection,
    key: &StoreKey,
    query: &CommandQuery,
) -> Result<CommandPage, Error> {
    let limit = query.limit.min(MAX_PAGE);
    let mut statement = conn.prepare_cached(
        "SELECT command_id, version, key_id, body, number FROM dm_command
         WHERE number < ?1 AND (?3 IS NULL OR device = ?3) AND (?4 IS NULL OR state = ?4)
         ORDER BY number DESC LIMIT ?2",
    )?;
    let read = |row: &Row<'_>| Ok((StoredRow::read(row)?, row.get::<_, i64>(4)?.cast_unsigned()));
    // One more than asked for tells whether there is another page.
    let found = statement.query_map(
        params![
            query.before.map_or(i64::MAX, number),
            i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1),
            query.device,
            query.state.map(CommandState::name),
        ],
        read,
    )?;
    let mut rows = found.collect::<Result<Vec<_>, _>>()?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let commands = rows
        .iter()
        .map(|(row, _)| Ok(open(row, key)?.value))
        .collect::<Result<_, Error>>()?;
    Ok(CommandPage {
        commands,
        next: rows.last().map(|(_, number)| *number).filter(|_| more),
    })
}

/// Opens every command.
pub(in crate::sqlite) fn check(conn: &Connection, key: &StoreKey) -> Result<(), Error> {
    open_all::<QueuedCommand>(conn, key, "command_id")
}
