//! Readers beside the writer, and what is read other than by key.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use clock::Timestamp;
use provisioning::OrderId;
use provisioning::ports::{Message, OutboxId, Outgoing, StoreError, Versioned};
use provisioning::recipient::{Order, TreCertificates};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::open;
use super::row::{load, sql};
use crate::cipher::{Cipher, failed};

/// Idle connections that are kept.
const KEPT: usize = 4;

/// Connections that read; made when wanted, a few kept.
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

/// An order as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRow {
    /// The order.
    pub order_id: OrderId,
    /// The device's TRE.
    pub tre_id: String,
    /// The donor, `MCC-MNC`.
    pub donor: String,
    /// Where it stands.
    pub state: String,
    /// Why it failed, or what was refused last.
    pub reason: Option<String>,
    /// When it was made.
    pub created: Timestamp,
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            idle: Mutex::new(Vec::new()),
        }
    }

    pub(super) fn with<T>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open::reader(&self.path)?,
        };
        let result = query(&connection);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(connection);
        }
        result
    }
}

pub(super) fn tre_of(connection: &Connection, imsi: &str) -> Result<Option<String>, StoreError> {
    // A device that left keeps its row until it is deleted; one that is here
    // comes first.
    one(
        connection,
        "SELECT tre_id FROM subscriptions WHERE imsi = ?1 ORDER BY here DESC LIMIT 1",
        imsi,
    )
}

pub(super) fn newest_order(
    connection: &Connection,
    tre_id: &str,
) -> Result<Option<String>, StoreError> {
    one(
        connection,
        "SELECT order_id FROM orders WHERE tre_id = ?1 ORDER BY created DESC, order_id LIMIT 1",
        tre_id,
    )
}

fn one(connection: &Connection, query: &str, key: &str) -> Result<Option<String>, StoreError> {
    connection
        .prepare_cached(query)
        .and_then(|mut statement| statement.query_row([key], |row| row.get(0)).optional())
        .map_err(sql)
}

pub(super) fn order(
    connection: &Connection,
    cipher: &Cipher,
    key: &str,
) -> Result<Option<(Versioned<Order>, TreCertificates)>, StoreError> {
    let Some(order) = load::<Order>(connection, cipher, key)? else {
        return Ok(None);
    };
    let certificates = connection
        .prepare_cached("SELECT cert_sig, cert_enc FROM orders WHERE order_id = ?1")
        .and_then(|mut statement| {
            statement.query_row([key], |row| {
                Ok(TreCertificates {
                    signature: row.get(0)?,
                    envelope: row.get(1)?,
                })
            })
        })
        .map_err(sql)?;
    Ok(Some((order, certificates)))
}

pub(super) fn outgoing(
    connection: &Connection,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Outgoing>, StoreError> {
    let query = "SELECT id, kind, subject, body, attempts FROM outbox WHERE next_at <= ?1 ORDER BY id LIMIT ?2";
    let rows = list(connection, query, now, limit, |row| {
        Ok((
            row.get(0)?,
            row.get(1)?,
            row.get(2)?,
            row.get(3)?,
            row.get(4)?,
        ))
    })?;
    rows.into_iter().map(message).collect()
}

fn message(row: (i64, String, String, Vec<u8>, u32)) -> Result<Outgoing, StoreError> {
    let (id, kind, subject, body, attempts) = row;
    let order = || subject.parse::<OrderId>().map_err(failed);
    let message = match kind.as_str() {
        "announcement" => Message::Announcement(order()?),
        "release" => Message::Release(order()?),
        "push" => Message::Push {
            imsi: subject.parse().map_err(failed)?,
            container: body,
        },
        _ => return Err(failed("an outbox row of an unknown kind")),
    };
    Ok(Outgoing {
        id: OutboxId(u64::try_from(id).map_err(failed)?),
        message,
        attempts,
    })
}

pub(super) fn due(
    connection: &Connection,
    now: Timestamp,
    limit: usize,
) -> Result<(Vec<OrderId>, Vec<::tre::TreId>), StoreError> {
    let text = |row: &Row<'_>| row.get::<_, String>(0);
    let orders = "SELECT order_id FROM orders WHERE due <= ?1 ORDER BY due LIMIT ?2";
    let orders = list(connection, orders, now, limit, text)?;
    let devices = "SELECT tre_id FROM subscriptions WHERE due <= ?1 ORDER BY due LIMIT ?2";
    let devices = list(connection, devices, now, limit, text)?;
    Ok((
        orders
            .iter()
            .map(|id| id.parse().map_err(failed))
            .collect::<Result<_, _>>()?,
        devices
            .iter()
            .map(|id| id.parse().map_err(failed))
            .collect::<Result<_, _>>()?,
    ))
}

fn list<T>(
    connection: &Connection,
    query: &str,
    now: Timestamp,
    limit: usize,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let now = i64::try_from(now.unix_millis()).map_err(failed)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    connection
        .prepare_cached(query)
        .and_then(|mut statement| statement.query_map(params![now, limit], read)?.collect())
        .map_err(sql)
}

pub(super) fn orders(
    connection: &Connection,
    after: Option<(Timestamp, OrderId)>,
    limit: usize,
) -> Result<Vec<OrderRow>, StoreError> {
    let (created, id) = match after {
        Some((created, id)) => (
            i64::try_from(created.unix_millis()).map_err(failed)?,
            id.to_string(),
        ),
        None => (i64::MAX, String::new()),
    };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let query = "SELECT order_id, tre_id, donor, state, reason, created FROM orders \
                 WHERE (created, order_id) < (?1, ?2) ORDER BY created DESC, order_id DESC LIMIT ?3";
    let rows: Vec<(String, OrderRow)> = connection
        .prepare_cached(query)
        .and_then(|mut statement| {
            statement
                .query_map(params![created, id, limit], |row| {
                    let created: i64 = row.get(5)?;
                    let shown = OrderRow {
                        order_id: OrderId([0; 16]),
                        tre_id: row.get(1)?,
                        donor: row.get(2)?,
                        state: row.get(3)?,
                        reason: row.get(4)?,
                        created: Timestamp::from_unix_millis(u64::try_from(created).unwrap_or(0)),
                    };
                    Ok((row.get(0)?, shown))
                })?
                .collect()
        })
        .map_err(sql)?;
    rows.into_iter()
        .map(|(id, row)| {
            Ok(OrderRow {
                order_id: id.parse().map_err(failed)?,
                ..row
            })
        })
        .collect()
}

pub(super) fn enabled(connection: &Connection) -> Result<u64, StoreError> {
    let count: i64 = connection
        .query_row(
            "SELECT count(*) FROM subscribers WHERE enabled = 1",
            [],
            |row| row.get(0),
        )
        .map_err(sql)?;
    u64::try_from(count).map_err(failed)
}
