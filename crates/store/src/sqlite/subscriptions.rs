//! Devices that are or were ours (TR 33.812 clause B.2.2.1 NOTE X).

use provisioning::donor::{DepartureState, Home, Subscription};
use provisioning::ports::Versioned;
use rusqlite::{Connection, OptionalExtension, params};

use crate::sealed::{Sealed, StoredRow, number};
use crate::{Error, StoreKey};

/// A subscription ready to be written.
pub(super) struct SubscriptionRow {
    sealed: Sealed,
    imsi: String,
    home: &'static str,
    released: i64,
    due: Option<i64>,
}

impl SubscriptionRow {
    pub(super) fn seal(key: &StoreKey, value: &Subscription, base: u64) -> Result<Self, Error> {
        let released = value
            .departures()
            .iter()
            .filter(|departure| departure.state == DepartureState::Released)
            .count();
        Ok(Self {
            sealed: Sealed::seal(key, value, base)?,
            imsi: column(value),
            home: match value.home() {
                Home::Here => "here",
                Home::Left { .. } => "left",
                Home::Gone => "gone",
            },
            released: i64::try_from(released).unwrap_or(i64::MAX),
            due: value.poll_timeout().map(|due| number(due.unix_millis())),
        })
    }

    pub(super) fn tre_id(&self) -> &str {
        &self.sealed.key
    }

    /// Writes the row if the version that it replaces is still the stored one.
    pub(super) fn write(&self, conn: &Connection) -> Result<(), Error> {
        let sealed = &self.sealed;
        let sql = if sealed.base == 0 {
            "INSERT INTO subscriptions (imsi, home, released, due, version, key_id, body, tre_id)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE ?9 = 0
             ON CONFLICT (tre_id) DO NOTHING"
        } else {
            "UPDATE subscriptions SET imsi = ?1, home = ?2, released = ?3, due = ?4,
             version = ?5, key_id = ?6, body = ?7 WHERE tre_id = ?8 AND version = ?9"
        };
        let changed = conn.prepare_cached(sql)?.execute(params![
            self.imsi,
            self.home,
            self.released,
            self.due,
            sealed.version(),
            sealed.key_id,
            sealed.body,
            sealed.key,
            sealed.replaced(),
        ])?;
        expect_one(changed)
    }
}

/// A number names at most one device: one with a shared PCID, or that gave its
/// own back, is in the column by its TRE_id, which no number equals.
fn column(value: &Subscription) -> String {
    if value.owns_number() {
        value.imsi().digits().to_owned()
    } else {
        format!("-{}", value.tre_id().as_str())
    }
}

/// The number may be another device's from now on.
pub(super) fn release_number(conn: &Connection, key: &StoreKey, imsi: &str) -> Result<(), Error> {
    let Some(mut found) = by_imsi(conn, key, imsi)? else {
        return Ok(());
    };
    found.value.number_freed();
    SubscriptionRow::seal(key, &found.value, found.version)?.write(conn)
}

/// Nothing changed: the row is not the one that was loaded.
pub(super) fn expect_one(changed: usize) -> Result<(), Error> {
    match changed {
        0 => Err(Error::Conflict),
        _ => Ok(()),
    }
}

/// The device comes to us: made anew, or an older record goes on.
pub(super) fn become_home(
    conn: &Connection,
    key: &StoreKey,
    value: &Subscription,
) -> Result<(), Error> {
    let (value, base) = match by_tre(conn, key, value.tre_id().as_str())? {
        Some(older) => (value.clone().returning(older.value), older.version),
        None => (value.clone(), 0),
    };
    SubscriptionRow::seal(key, &value, base)?.write(conn)
}

/// A device by its TRE.
pub(super) fn by_tre(
    conn: &Connection,
    key: &StoreKey,
    tre_id: &str,
) -> Result<Option<Versioned<Subscription>>, Error> {
    conn.prepare_cached(
        "SELECT tre_id, version, key_id, body FROM subscriptions WHERE tre_id = ?1",
    )?
    .query_row([tre_id], StoredRow::read)
    .optional()?
    .map(|row| row.open(key))
    .transpose()
}

/// A device by the subscriber that it is here.
pub(super) fn by_imsi(
    conn: &Connection,
    key: &StoreKey,
    imsi: &str,
) -> Result<Option<Versioned<Subscription>>, Error> {
    let row = conn
        .prepare_cached("SELECT tre_id, version, key_id, body FROM subscriptions WHERE imsi = ?1")?
        .query_row([imsi], StoredRow::read)
        .optional()?;
    let Some(row) = row else {
        return Ok(None);
    };
    let found: Versioned<Subscription> = row.open(key)?;
    // The column is not sealed, the aggregate is.
    if found.value.imsi().digits() == imsi {
        Ok(Some(found))
    } else {
        Err(row.altered("subscriptions"))
    }
}

/// TREs whose subscription has something to do.
pub(super) fn due(conn: &Connection, now: i64, limit: i64) -> Result<Vec<String>, Error> {
    let mut statement = conn.prepare_cached(
        "SELECT tre_id FROM subscriptions WHERE due <= ?1 ORDER BY due, tre_id LIMIT ?2",
    )?;
    let rows = statement.query_map([now, limit], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
