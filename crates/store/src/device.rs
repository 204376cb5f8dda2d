//! What a device stores (docs/operator-change.md section 7, "TRE state"): the
//! TRE's sealed octets and the host's memory, changed together in one
//! transaction, so that neither is ever ahead of the other. Beside them, by name,
//! what stands for itself: the secure clock's state, pins and authorities of
//! servers (docs/certificate-status.md).

use std::path::Path;

use openssl::sha::sha256;
use rusqlite::{Connection, OptionalExtension, params};
use secret::SecretBytes;

use crate::connection::{absolute, configure, create_private, open};
use crate::key::Place;
use crate::{Error, StoreKey, crash_point, schema};

/// A device's store. Its calls block.
pub struct DeviceStore {
    conn: Connection,
    key: StoreKey,
}

/// What a device had stored.
pub struct DeviceState {
    /// The TRE's state, as the TRE sealed it.
    pub sealed: Vec<u8>,
    /// The host's state: passwords of the DM account are in it.
    pub host: SecretBytes,
}

impl DeviceStore {
    /// Opens the database, or makes it if there is none.
    ///
    /// # Errors
    /// As [`SqliteStore::open`](crate::SqliteStore::open); a wrong key shows
    /// in [`Self::get`].
    pub fn open(path: &Path, key: StoreKey) -> Result<Self, Error> {
        let path = absolute(path)?;
        create_private(&path)?;
        let conn = open(&path)?;
        schema::DEVICE.version(&conn)?;
        configure(&conn)?;
        schema::DEVICE.migrate(&conn)?;
        Ok(Self { conn, key })
    }

    /// Replaces both states, durable when it returns.
    ///
    /// # Errors
    /// [`Error::Full`] or what SQLite says; what was stored before stays then.
    pub fn put(&mut self, sealed: &[u8], host: &[u8]) -> Result<(), Error> {
        let transaction = self.conn.transaction()?;
        let revision: Option<i64> = transaction
            .prepare_cached("SELECT revision FROM device")?
            .query_row([], |row| row.get(0))
            .optional()?;
        let revision = revision.unwrap_or(0).saturating_add(1);
        let host = self.key.seal(place(&digest(sealed), revision), host)?;
        transaction
            .prepare_cached(
                "INSERT INTO device (id, revision, sealed, key_id, host) VALUES (1, ?1, ?2, ?3, ?4)
                 ON CONFLICT (id) DO UPDATE SET revision = excluded.revision,
                 sealed = excluded.sealed, key_id = excluded.key_id, host = excluded.host",
            )?
            .execute(params![revision, sealed, self.key.id(), host])?;
        crash_point("device-commit-before");
        transaction.commit()?;
        crash_point("device-commit-after");
        Ok(())
    }

    /// What was put last, if anything was.
    ///
    /// # Errors
    /// [`Error::RowAltered`] if the two do not belong together or the key is
    /// another; what SQLite says.
    pub fn get(&self) -> Result<Option<DeviceState>, Error> {
        type Row = (i64, Vec<u8>, u32, Vec<u8>);
        let row: Option<Row> = self
            .conn
            .prepare_cached("SELECT revision, sealed, key_id, host FROM device")?
            .query_row([], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()?;
        let Some((revision, sealed, key_id, host)) = row else {
            return Ok(None);
        };
        let host = self
            .key
            .open(place(&digest(&sealed), revision), key_id, &host)?;
        Ok(Some(DeviceState { sealed, host }))
    }

    /// Replaces what is kept under a name, durable when it returns.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub fn keep(&mut self, name: &str, octets: &[u8]) -> Result<(), Error> {
        let transaction = self.conn.transaction()?;
        let revision: Option<i64> = transaction
            .prepare_cached("SELECT revision FROM kept WHERE name = ?1")?
            .query_row([name], |row| row.get(0))
            .optional()?;
        let revision = revision.unwrap_or(0).saturating_add(1);
        let body = self.key.seal(kept_place(name, revision), octets)?;
        transaction
            .prepare_cached(
                "INSERT INTO kept (name, revision, key_id, body) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (name) DO UPDATE SET revision = excluded.revision,
                 key_id = excluded.key_id, body = excluded.body",
            )?
            .execute(params![name, revision, self.key.id(), body])?;
        crash_point("device-keep-before");
        transaction.commit()?;
        crash_point("device-keep-after");
        Ok(())
    }

    /// What is kept under a name, if anything is. It opens under its own name
    /// alone; that it is the last one that was kept, the store can't tell.
    ///
    /// # Errors
    /// [`Error::RowAltered`] if it was moved or altered, or the key is another;
    /// what SQLite says.
    pub fn kept(&self, name: &str) -> Result<Option<SecretBytes>, Error> {
        type Row = (i64, u32, Vec<u8>);
        let row: Option<Row> = self
            .conn
            .prepare_cached("SELECT revision, key_id, body FROM kept WHERE name = ?1")?
            .query_row([name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        row.map(|(revision, key_id, body)| self.key.open(kept_place(name, revision), key_id, &body))
            .transpose()
    }
}

fn kept_place(name: &str, revision: i64) -> Place<'_> {
    Place {
        table: "kept",
        key: name,
        version: revision.cast_unsigned(),
    }
}

/// The host's state opens only beside the TRE's state that it was put with.
fn place(digest: &str, revision: i64) -> Place<'_> {
    Place {
        table: "device",
        key: digest,
        version: revision.cast_unsigned(),
    }
}

fn digest(sealed: &[u8]) -> String {
    sha256(sealed).iter().map(|o| format!("{o:02x}")).collect()
}
