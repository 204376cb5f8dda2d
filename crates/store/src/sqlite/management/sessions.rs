//! Sessions and their messages. The texts are masked already; they are sealed
//! all the same, since no mask knows every secret.

use clock::Timestamp;
use dm::queue::{Direction, MessageRecord, SessionRecord, SessionRef};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::MAX_PAGE;
use crate::key::Place;
use crate::sealed::number;
use crate::sqlite::outbox::parse;
use crate::sqlite::subscriptions::expect_one;
use crate::{Error, StoreKey};

/// Sessions of one device that are kept.
const KEPT: i64 = 50;

const COLUMNS: &str = "session_ref, device, session_id, started, ended, outcome";

/// Which sessions to list, newest first.
#[derive(Clone, Debug, Default)]
pub struct SessionQuery {
    /// Only those of this device.
    pub device: Option<String>,
    /// Only those older than another page's last: its [`SessionPage::next`].
    pub before: Option<u64>,
    /// How many at most; no page is longer than 1,000.
    pub limit: usize,
}

/// A page of sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionPage {
    /// Newest first.
    pub sessions: Vec<SessionRecord>,
    /// What to give as [`SessionQuery::before`] for the next page; absent after
    /// the last.
    pub next: Option<u64>,
}

/// Makes a record, or says how its session ended. It ends those before it; the
/// oldest of the device's are forgotten.
pub(super) fn put(conn: &Connection, session: &SessionRecord) -> Result<(), Error> {
    let changed = conn
        .prepare_cached(
            "INSERT INTO dm_session (session_ref, device, session_id, started, ended, outcome)
             SELECT ?1, device, ?3, ?4, ?5, ?6 FROM dm_account WHERE device = ?2
             ON CONFLICT (session_ref) DO UPDATE
             SET ended = excluded.ended, outcome = excluded.outcome",
        )?
        .execute(params![
            session.id.to_string(),
            session.device,
            session.session_id,
            number(session.started.unix_millis()),
            session.ended.map(|at| number(at.unix_millis())),
            session.outcome,
        ])?;
    expect_one(changed)?;
    // A device has one session: those before it that had no end have one now.
    conn.prepare_cached(
        "UPDATE dm_session SET ended = ?3, outcome = 'dm-superseded'
         WHERE device = ?1 AND ended IS NULL
         AND number < (SELECT number FROM dm_session WHERE session_ref = ?2)",
    )?
    .execute(params![
        session.device,
        session.id.to_string(),
        number(session.started.unix_millis())
    ])?;
    conn.prepare_cached(
        "DELETE FROM dm_session WHERE number IN (SELECT number FROM dm_session
         WHERE device = ?1 ORDER BY number DESC LIMIT -1 OFFSET ?2)",
    )?
    .execute(params![session.device, KEPT])?;
    Ok(())
}

/// Sessions that had no end when their server ended.
pub(super) fn close_all(conn: &Connection, now: Timestamp) -> Result<usize, Error> {
    let closed = conn
        .prepare_cached(
            "UPDATE dm_session SET ended = ?1, outcome = 'dm-server-ended' WHERE ended IS NULL",
        )?
        .execute([number(now.unix_millis())])?;
    Ok(closed)
}

/// A message ready to be written.
pub(in crate::sqlite) struct MessageRow {
    session: String,
    number: u32,
    direction: &'static str,
    at: i64,
    key_id: u32,
    body: Vec<u8>,
}

impl MessageRow {
    pub(super) fn seal(key: &StoreKey, message: &MessageRecord) -> Result<Self, Error> {
        let session = message.session.to_string();
        let name = place_name(&session, message.number);
        Ok(Self {
            number: message.number,
            direction: message.direction.name(),
            at: number(message.at.unix_millis()),
            key_id: key.id(),
            body: key.seal(place(&name), message.text.as_bytes())?,
            session,
        })
    }

    /// Of a session that is forgotten already, nothing is written.
    pub(super) fn write(&self, conn: &Connection) -> Result<(), Error> {
        conn.prepare_cached(
            "INSERT INTO dm_message (session_ref, number, direction, at, key_id, body)
             SELECT session_ref, ?2, ?3, ?4, ?5, ?6 FROM dm_session WHERE session_ref = ?1
             ON CONFLICT (session_ref, number) DO NOTHING",
        )?
        .execute(params![
            self.session,
            self.number,
            self.direction,
            self.at,
            self.key_id,
            self.body
        ])?;
        Ok(())
    }
}

fn place_name(session: &str, number: u32) -> String {
    format!("{session}/{number}")
}

fn place(name: &str) -> Place<'_> {
    Place {
        table: "dm_message",
        key: name,
        version: 1,
    }
}

/// A page of sessions.
pub(super) fn page(conn: &Connection, query: &SessionQuery) -> Result<SessionPage, Error> {
    let limit = query.limit.min(MAX_PAGE);
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {COLUMNS}, number FROM dm_session
         WHERE number < ?1 AND (?3 IS NULL OR device = ?3) ORDER BY number DESC LIMIT ?2"
    ))?;
    let mut found = statement.query(params![
        query.before.map_or(i64::MAX, number),
        i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1),
        query.device,
    ])?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push((record(row)?, row.get::<_, i64>(6)?.cast_unsigned()));
    }
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok(SessionPage {
        next: rows.last().map(|(_, number)| *number).filter(|_| more),
        sessions: rows.into_iter().map(|(session, _)| session).collect(),
    })
}

fn record(row: &Row<'_>) -> Result<SessionRecord, Error> {
    let moment = |millis: i64| Timestamp::from_unix_millis(millis.cast_unsigned());
    Ok(SessionRecord {
        id: parse(&row.get::<_, String>(0)?)?,
        device: row.get(1)?,
        session_id: row.get(2)?,
        started: moment(row.get(3)?),
        ended: row.get::<_, Option<i64>>(4)?.map(moment),
        outcome: row.get(5)?,
    })
}

/// A session with its messages.
pub(super) fn by_ref(
    conn: &Connection,
    key: &StoreKey,
    session: &str,
) -> Result<Option<(SessionRecord, Vec<MessageRecord>)>, Error> {
    let found = conn
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM dm_session WHERE session_ref = ?1"
        ))?
        .query_row([session], |row| Ok(record(row)))
        .optional()?
        .transpose()?;
    let Some(found) = found else {
        return Ok(None);
    };
    let mut statement = conn.prepare_cached(
        "SELECT session_ref, number, direction, at, key_id, body FROM dm_message
         WHERE session_ref = ?1 ORDER BY number",
    )?;
    let mut rows = statement.query([session])?;
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        messages.push(message(row, key)?);
    }
    Ok(Some((found, messages)))
}

fn message(row: &Row<'_>, key: &StoreKey) -> Result<MessageRecord, Error> {
    let (session, number): (String, u32) = (row.get(0)?, row.get(1)?);
    let direction: String = row.get(2)?;
    let at: i64 = row.get(3)?;
    let body: Vec<u8> = row.get(5)?;
    let name = place_name(&session, number);
    let plain = key.open(place(&name), row.get(4)?, &body)?;
    Ok(MessageRecord {
        session: parse::<SessionRef>(&session)?,
        number,
        direction: match direction.as_str() {
            "in" => Direction::In,
            _ => Direction::Out,
        },
        at: Timestamp::from_unix_millis(at.cast_unsigned()),
        text: String::from_utf8_lossy(plain.expose()).into_owned(),
    })
}

/// Opens every message.
pub(in crate::sqlite) fn check(conn: &Connection, key: &StoreKey) -> Result<(), Error> {
    let mut statement =
        conn.prepare("SELECT session_ref, number, direction, at, key_id, body FROM dm_message")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        message(row, key)?;
    }
    Ok(())
}
