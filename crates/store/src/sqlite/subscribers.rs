//! The HLR's subscribers (TS 23.008; TS 33.102 clause 6.3.2).

use provisioning::hlr::Subscriber;
use provisioning::ports::Versioned;
use rusqlite::{Connection, OptionalExtension, params};

use super::subscriptions::expect_one;
use crate::sealed::{Aggregate, Sealed, StoredRow};
use crate::{Error, StoreKey};

/// A subscriber to write; one that is stored already is sealed by its caller.
pub(super) enum SubscriberRow {
    /// Its first version is known only where it is written.
    New(Box<Subscriber>),
    /// The next version.
    Changed { sealed: Sealed, enabled: bool },
}

impl SubscriberRow {
    pub(super) fn prepare(key: &StoreKey, change: Versioned<Subscriber>) -> Result<Self, Error> {
        let Versioned { value, version } = change;
        if version == 0 {
            return Ok(Self::New(Box::new(value)));
        }
        Ok(Self::Changed {
            sealed: Sealed::seal(key, &value, version)?,
            enabled: value.is_enabled(),
        })
    }

    pub(super) fn write(&self, conn: &Connection, key: &StoreKey) -> Result<(), Error> {
        match self {
            Self::New(value) => create(conn, key, value),
            Self::Changed { sealed, enabled } => update(conn, sealed, *enabled),
        }
    }
}

/// A new subscriber. One whose IMSI was deleted goes on above the version that
/// it had, or whoever loaded it before could store it now.
pub(super) fn create(conn: &Connection, key: &StoreKey, value: &Subscriber) -> Result<(), Error> {
    let before: Option<i64> = conn
        .prepare_cached("SELECT version FROM deleted_subscribers WHERE imsi = ?1")?
        .query_row([value.key()], |row| row.get(0))
        .optional()?;
    let sealed = Sealed::seal(key, value, before.unwrap_or(0).cast_unsigned())?;
    let changed = conn
        .prepare_cached(
            "INSERT INTO subscribers (imsi, enabled, version, key_id, body)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (imsi) DO NOTHING",
        )?
        .execute(params![
            sealed.key,
            value.is_enabled(),
            sealed.version(),
            sealed.key_id,
            sealed.body,
        ])?;
    expect_one(changed)
}

fn update(conn: &Connection, sealed: &Sealed, enabled: bool) -> Result<(), Error> {
    let changed = conn
        .prepare_cached(
            "UPDATE subscribers SET enabled = ?1, version = ?2, key_id = ?3, body = ?4
             WHERE imsi = ?5 AND version = ?6",
        )?
        .execute(params![
            enabled,
            sealed.version(),
            sealed.key_id,
            sealed.body,
            sealed.key,
            sealed.replaced(),
        ])?;
    expect_one(changed)
}

/// Lets a subscriber authenticate.
pub(super) fn enable(conn: &Connection, key: &StoreKey, imsi: &str) -> Result<(), Error> {
    match by_imsi(conn, key, imsi)? {
        Some(found) => set_enabled(conn, key, found, true),
        None => Err(Error::NoSuchSubscriber),
    }
}

/// Lets it authenticate no more; one that is not there does not anyway.
pub(super) fn disable(conn: &Connection, key: &StoreKey, imsi: &str) -> Result<(), Error> {
    match by_imsi(conn, key, imsi)? {
        Some(found) => set_enabled(conn, key, found, false),
        None => Ok(()),
    }
}

/// Repeated, it changes nothing: no version rises, and whoever has the
/// subscriber loaded is not disturbed.
fn set_enabled(
    conn: &Connection,
    key: &StoreKey,
    found: Versioned<Subscriber>,
    enabled: bool,
) -> Result<(), Error> {
    let Versioned { mut value, version } = found;
    if value.is_enabled() == enabled {
        return Ok(());
    }
    value.set_enabled(enabled);
    update(conn, &Sealed::seal(key, &value, version)?, enabled)
}

/// Deletes it, if it is there, and remembers its version.
pub(super) fn delete(conn: &Connection, imsi: &str) -> Result<(), Error> {
    conn.prepare_cached(
        "INSERT INTO deleted_subscribers (imsi, version)
         SELECT imsi, version FROM subscribers WHERE imsi = ?1
         ON CONFLICT (imsi) DO UPDATE SET version = excluded.version",
    )?
    .execute([imsi])?;
    conn.prepare_cached("DELETE FROM subscribers WHERE imsi = ?1")?
        .execute([imsi])?;
    Ok(())
}

/// A subscriber by its IMSI.
pub(super) fn by_imsi(
    conn: &Connection,
    key: &StoreKey,
    imsi: &str,
) -> Result<Option<Versioned<Subscriber>>, Error> {
    conn.prepare_cached("SELECT imsi, version, key_id, body FROM subscribers WHERE imsi = ?1")?
        .query_row([imsi], StoredRow::read)
        .optional()?
        .map(|row| row.open(key))
        .transpose()
}
