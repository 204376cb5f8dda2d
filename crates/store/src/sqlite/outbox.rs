//! What is to be sent, at least once, until it is committed as delivered.

use std::str::FromStr;

use aka::Imsi;
use openssl::sha::sha256;
use provisioning::OrderId;
use provisioning::ports::{Message, OutboxId, Outgoing};
use rusqlite::{Connection, Row, params};

use crate::Error;
use crate::sealed::number;

const ANNOUNCEMENT: &str = "announcement";
const RELEASE: &str = "release";
const PUSH: &str = "push";

/// The order's announcement, once while it is undelivered.
pub(super) fn announce(conn: &Connection, order_id: OrderId) -> Result<(), Error> {
    put(conn, ANNOUNCEMENT, &order_id.to_string(), None)
}

/// The order's release, once while it is undelivered.
pub(super) fn release(conn: &Connection, order_id: OrderId) -> Result<(), Error> {
    put(conn, RELEASE, &order_id.to_string(), None)
}

/// A container for a subscriber; the same octets once while undelivered.
pub(super) fn push(conn: &Connection, imsi: &Imsi, container: &[u8]) -> Result<(), Error> {
    put(conn, PUSH, imsi.digits(), Some(container))
}

fn put(
    conn: &Connection,
    kind: &str,
    subject: &str,
    container: Option<&[u8]>,
) -> Result<(), Error> {
    let digest = sha256(container.unwrap_or_default());
    conn.prepare_cached(
        "INSERT INTO outbox (kind, subject, digest, container) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (kind, subject, digest) DO NOTHING",
    )?
    .execute(params![kind, subject, digest, container])?;
    Ok(())
}

/// A subscriber for the HLR outside of the program. The row is made anew, so that a
/// late word of delivery of an earlier one hits no row: what was delivered then may
/// be older than what is stored now.
pub(super) fn provision(conn: &Connection, imsi: &Imsi) -> Result<(), Error> {
    conn.prepare_cached("DELETE FROM hlr_outbox WHERE imsi = ?1")?
        .execute([imsi.digits()])?;
    conn.prepare_cached("INSERT INTO hlr_outbox (imsi) VALUES (?1)")?
        .execute([imsi.digits()])?;
    Ok(())
}

/// What keeps [`provision`] up with every change of a subscriber that this
/// connection makes, whichever statement makes it.
const FOLLOW: &str = "
    CREATE TEMP TRIGGER IF NOT EXISTS provision_made AFTER INSERT ON main.subscribers BEGIN
        DELETE FROM hlr_outbox WHERE imsi = new.imsi;
        INSERT INTO hlr_outbox (imsi) VALUES (new.imsi);
    END;
    CREATE TEMP TRIGGER IF NOT EXISTS provision_changed AFTER UPDATE ON main.subscribers BEGIN
        DELETE FROM hlr_outbox WHERE imsi = new.imsi;
        INSERT INTO hlr_outbox (imsi) VALUES (new.imsi);
    END;
    CREATE TEMP TRIGGER IF NOT EXISTS provision_gone AFTER DELETE ON main.subscribers BEGIN
        DELETE FROM hlr_outbox WHERE imsi = old.imsi;
        INSERT INTO hlr_outbox (imsi) VALUES (old.imsi);
    END;";

/// Every subscriber there is, those that wait already once, and from now on each
/// that changes, by pools and deadlines too.
pub(super) fn provision_all(conn: &Connection) -> Result<usize, Error> {
    conn.execute_batch(FOLLOW)?;
    let rows = conn.execute(
        "INSERT INTO hlr_outbox (imsi) SELECT imsi FROM subscribers WHERE true
         ON CONFLICT (imsi) DO NOTHING",
        [],
    )?;
    Ok(rows)
}

/// A row that is done with; one that is gone already stays gone. Ids of the two
/// tables never meet.
pub(super) fn delivered(conn: &Connection, id: OutboxId) -> Result<(), Error> {
    for delete in [
        "DELETE FROM outbox WHERE id = ?1",
        "DELETE FROM hlr_outbox WHERE id = ?1",
    ] {
        conn.prepare_cached(delete)?.execute([number(id.0)])?;
    }
    Ok(())
}

/// A row that was tried without success.
pub(super) fn postpone(conn: &Connection, id: OutboxId, next: i64) -> Result<(), Error> {
    for update in [
        "UPDATE outbox SET attempts = attempts + 1, next_at = ?1 WHERE id = ?2",
        "UPDATE hlr_outbox SET attempts = attempts + 1, next_at = ?1 WHERE id = ?2",
    ] {
        conn.prepare_cached(update)?.execute([next, number(id.0)])?;
    }
    Ok(())
}

/// What is to be pushed to this subscriber may be tried at once.
pub(super) fn wake(conn: &Connection, imsi: &Imsi) -> Result<(), Error> {
    conn.prepare_cached("UPDATE outbox SET next_at = 0 WHERE kind = ?1 AND subject = ?2")?
        .execute([PUSH, imsi.digits()])?;
    Ok(())
}

/// Rows whose time has come, oldest first. What is pushed to one subscriber
/// goes in the order in which it was asked for: a row behind one that waits
/// waits too, since a TRE refuses the older of two bootstraps. What is for an HLR
/// has up to half of the places, first.
pub(super) fn outgoing(conn: &Connection, now: i64, limit: i64) -> Result<Vec<Outgoing>, Error> {
    let mut outgoing = provisions(conn, now, limit.saturating_add(1) / 2)?;
    let limit = limit.saturating_sub(i64::try_from(outgoing.len()).unwrap_or(i64::MAX));
    let mut statement = conn.prepare_cached(
        "SELECT id, kind, subject, attempts, container FROM outbox
         WHERE next_at <= ?1 AND NOT (kind = ?3 AND EXISTS (
             SELECT 1 FROM outbox AS earlier WHERE earlier.kind = outbox.kind
             AND earlier.subject = outbox.subject AND earlier.id < outbox.id))
         ORDER BY id LIMIT ?2",
    )?;
    let mut rows = statement.query(params![now, limit, PUSH])?;
    while let Some(row) = rows.next()? {
        outgoing.push(read(row)?);
    }
    Ok(outgoing)
}

fn provisions(conn: &Connection, now: i64, limit: i64) -> Result<Vec<Outgoing>, Error> {
    let mut statement = conn.prepare_cached(
        "SELECT id, imsi, attempts FROM hlr_outbox WHERE next_at <= ?1 ORDER BY id LIMIT ?2",
    )?;
    let mut rows = statement.query(params![now, limit])?;
    let mut provisions = Vec::new();
    while let Some(row) = rows.next()? {
        provisions.push(Outgoing {
            id: OutboxId(row.get::<_, i64>(0)?.cast_unsigned()),
            message: Message::Provision(parse(&row.get::<_, String>(1)?)?),
            attempts: row.get(2)?,
        });
    }
    Ok(provisions)
}

fn read(row: &Row<'_>) -> Result<Outgoing, Error> {
    let (kind, subject): (String, String) = (row.get(1)?, row.get(2)?);
    let message = match kind.as_str() {
        ANNOUNCEMENT => Message::Announcement(parse(&subject)?),
        RELEASE => Message::Release(parse(&subject)?),
        PUSH => Message::Push {
            imsi: parse(&subject)?,
            container: row.get(4)?,
        },
        _ => return Err(Error::Damaged("a message of unknown kind".to_owned())),
    };
    Ok(Outgoing {
        id: OutboxId(row.get::<_, i64>(0)?.cast_unsigned()),
        message,
        attempts: row.get(3)?,
    })
}

/// An identifier of a column.
pub(super) fn parse<T: FromStr>(text: &str) -> Result<T, Error> {
    text.parse()
        .map_err(|_| Error::Damaged("an identifier that can't be read".to_owned()))
}
