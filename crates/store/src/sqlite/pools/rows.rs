//! The rows of pools and their numbers.

use std::time::Duration;

use aka::Imsi;
use clock::Timestamp;
use provisioning::pool::{
    BatchId, Holder, PcidRecord, PcidState, Pool, PoolName, PoolPlan, PoolStatus,
};
use rusqlite::{Connection, OptionalExtension, Row, params};
use tre::TreId;

use super::super::outbox::parse;
use super::super::subscriptions::expect_one;
use crate::Error;
use crate::sealed::number;

const POOL: &str = "SELECT name, first, last, valid_from, valid_until, retention_s, next, used
    FROM pools";
const RECORD: &str = "SELECT imsi, pool, state, holder, batch, shared_by, uses, expires,
    rests_until FROM pcids";

fn damaged(what: &str) -> Error {
    Error::Damaged(format!("{what} that can't be read"))
}

fn moment(millis: i64) -> Timestamp {
    Timestamp::from_unix_millis(millis.cast_unsigned())
}

fn digits(value: i64) -> Result<Imsi, Error> {
    parse(&format!("{value:015}"))
}

/// An IMSI of a pool as the number that it is there.
fn value(imsi: &Imsi) -> Result<i64, Error> {
    parse(imsi.digits())
}

fn read_pool(row: &Row<'_>) -> Result<PoolStatus, Error> {
    let plan = PoolPlan {
        name: parse(&row.get::<_, String>(0)?)?,
        first: digits(row.get(1)?)?,
        last: digits(row.get(2)?)?,
        from: moment(row.get(3)?),
        until: moment(row.get(4)?),
        retention: Duration::from_secs(row.get::<_, i64>(5)?.cast_unsigned()),
    };
    let next = row.get::<_, i64>(6)?.cast_unsigned();
    let pool = Pool::stored(plan, next)?;
    let used = row.get::<_, i64>(7)?.cast_unsigned();
    let level = pool.level(used);
    Ok(PoolStatus { pool, used, level })
}

/// All pools by name.
pub(super) fn pools(conn: &Connection) -> Result<Vec<PoolStatus>, Error> {
    let mut statement = conn.prepare_cached(&format!("{POOL} ORDER BY name"))?;
    let mut rows = statement.query([])?;
    let mut pools = Vec::new();
    while let Some(row) = rows.next()? {
        pools.push(read_pool(row)?);
    }
    Ok(pools)
}

fn one_pool(
    conn: &Connection,
    condition: &str,
    value: impl rusqlite::ToSql,
) -> Result<Option<Pool>, Error> {
    let mut statement = conn.prepare_cached(&format!("{POOL} WHERE {condition}"))?;
    let mut rows = statement.query([value])?;
    let row = rows.next()?;
    row.map(|row| read_pool(row).map(|status| status.pool))
        .transpose()
}

/// A pool by its name.
pub(super) fn pool(conn: &Connection, name: &PoolName) -> Result<Option<Pool>, Error> {
    one_pool(conn, "name = ?1", name.as_str())
}

/// The pool that has this number.
pub(super) fn pool_of(conn: &Connection, imsi: &Imsi) -> Result<Option<Pool>, Error> {
    let pool = one_pool(conn, "?1 BETWEEN first AND last", value(imsi)?)?;
    // Fourteen digits may read as a number of fifteen.
    Ok(pool.filter(|pool| pool.contains(imsi)))
}

/// The last number of the pool that has `imsi`: where a count goes on behind it.
pub(in crate::sqlite) fn jump(conn: &Connection, imsi: &str) -> Result<Option<i64>, Error> {
    Ok(conn
        .prepare_cached("SELECT last FROM pools WHERE ?1 BETWEEN first AND last")?
        .query_row([parse::<i64>(imsi)?], |row| row.get(0))
        .optional()?)
}

pub(super) fn insert_pool(conn: &Connection, pool: &Pool) -> Result<(), Error> {
    let plan = pool.plan();
    conn.prepare_cached(
        "INSERT INTO pools (name, first, last, valid_from, valid_until, retention_s, next)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        plan.name.as_str(),
        value(&plan.first)?,
        value(&plan.last)?,
        number(plan.from.unix_millis()),
        number(plan.until.unix_millis()),
        number(plan.retention.as_secs()),
        number(pool.next()),
    ])?;
    Ok(())
}

pub(super) fn set_next(conn: &Connection, pool: &Pool) -> Result<(), Error> {
    let changed = conn
        .prepare_cached("UPDATE pools SET next = ?1 WHERE name = ?2")?
        .execute(params![number(pool.next()), pool.plan().name.as_str()])?;
    expect_one(changed)
}

/// Whether somebody has a number of the range already.
pub(super) fn is_range_used(conn: &Connection, plan: &PoolPlan) -> Result<bool, Error> {
    // Numbers of one length compare as texts do.
    Ok(conn
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM subscribers WHERE imsi BETWEEN ?1 AND ?2)
             OR EXISTS (SELECT 1 FROM subscriptions WHERE imsi BETWEEN ?1 AND ?2)
             OR EXISTS (SELECT 1 FROM deleted_subscribers WHERE imsi BETWEEN ?1 AND ?2)",
        )?
        .query_row([plan.first.digits(), plan.last.digits()], |row| row.get(0))?)
}

fn holder_text(holder: &Holder) -> String {
    match holder {
        Holder::Supplier(name) => format!("supplier:{name}"),
        Holder::Tre(tre_id) => format!("tre:{}", tre_id.as_str()),
        Holder::Group(name) => format!("group:{name}"),
    }
}

fn holder(text: &str) -> Result<Holder, Error> {
    match text.split_once(':') {
        Some(("supplier", name)) => Ok(Holder::Supplier(parse(name)?)),
        Some(("tre", tre_id)) => Ok(Holder::Tre(parse(tre_id)?)),
        Some(("group", name)) => Ok(Holder::Group(parse(name)?)),
        _ => Err(damaged("a holder")),
    }
}

fn read(row: &Row<'_>) -> Result<PcidRecord, Error> {
    let text = |at: usize| row.get::<_, Option<String>>(at);
    let state: String = row.get(2)?;
    Ok(PcidRecord {
        imsi: parse(&row.get::<_, String>(0)?)?,
        pool: parse(&row.get::<_, String>(1)?)?,
        state: PcidState::by_name(&state).ok_or_else(|| damaged("a state"))?,
        holder: text(3)?.as_deref().map(holder).transpose()?,
        batch: text(4)?.as_deref().map(parse).transpose()?,
        group: text(5)?.as_deref().map(parse).transpose()?,
        uses: row.get(6)?,
        expires: moment(row.get(7)?),
        rests_until: moment(row.get(8)?),
    })
}

fn records(
    conn: &Connection,
    rest: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<PcidRecord>, Error> {
    let mut statement = conn.prepare_cached(&format!("{RECORD} {rest}"))?;
    let mut rows = statement.query(values)?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        records.push(read(row)?);
    }
    Ok(records)
}

pub(super) fn record(conn: &Connection, imsi: &Imsi) -> Result<Option<PcidRecord>, Error> {
    Ok(records(conn, "WHERE imsi = ?1", [imsi.digits()])?.pop())
}

pub(super) fn batch(conn: &Connection, batch: BatchId) -> Result<Vec<PcidRecord>, Error> {
    records(conn, "WHERE batch = ?1 ORDER BY imsi", [batch.to_string()])
}

/// The number that has been free for longest.
pub(super) fn longest_free(
    conn: &Connection,
    pool: &PoolName,
) -> Result<Option<PcidRecord>, Error> {
    let rest = "WHERE pool = ?1 AND state = 'free' ORDER BY freed, imsi LIMIT 1";
    Ok(records(conn, rest, [pool.as_str()])?.pop())
}

pub(super) fn due(
    conn: &Connection,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<PcidRecord>, Error> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rest = "WHERE due <= ?1 ORDER BY due, imsi LIMIT ?2";
    records(conn, rest, [number(now.unix_millis()), limit])
}

/// Writes a record, and counts.
pub(super) fn put(conn: &Connection, record: &PcidRecord, now: Timestamp) -> Result<(), Error> {
    let before: Option<String> = conn
        .prepare_cached("SELECT state FROM pcids WHERE imsi = ?1")?
        .query_row([record.imsi.digits()], |row| row.get(0))
        .optional()?;
    let was = before.is_some_and(|state| state != PcidState::Free.name());
    let is = record.state != PcidState::Free;
    conn.prepare_cached(
        "INSERT INTO pcids (imsi, pool, state, holder, batch, shared_by, uses, expires,
                            rests_until, due, freed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT (imsi) DO UPDATE SET state = excluded.state, holder = excluded.holder,
             batch = excluded.batch, shared_by = excluded.shared_by, uses = excluded.uses,
             expires = excluded.expires, rests_until = excluded.rests_until,
             due = excluded.due, freed = excluded.freed",
    )?
    .execute(params![
        record.imsi.digits(),
        record.pool.as_str(),
        record.state.name(),
        record.holder.as_ref().map(holder_text),
        record.batch.map(|batch| batch.to_string()),
        record.group.as_ref().map(PoolName::as_str),
        record.uses,
        number(record.expires.unix_millis()),
        number(record.rests_until.unix_millis()),
        record.poll_timeout().map(|due| number(due.unix_millis())),
        (!is).then(|| number(now.unix_millis())),
    ])?;
    let step = i64::from(is) - i64::from(was);
    if step != 0 {
        conn.prepare_cached("UPDATE pools SET used = used + ?1 WHERE name = ?2")?
            .execute(params![step, record.pool.as_str()])?;
    }
    Ok(())
}

pub(super) fn members(conn: &Connection, imsi: &Imsi) -> Result<Vec<TreId>, Error> {
    let sql = "SELECT tre_id FROM pcid_members WHERE imsi = ?1 ORDER BY tre_id";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([imsi.digits()])?;
    let mut members = Vec::new();
    while let Some(row) = rows.next()? {
        members.push(parse(&row.get::<_, String>(0)?)?);
    }
    Ok(members)
}

pub(super) fn add_member(conn: &Connection, imsi: &Imsi, tre_id: &TreId) -> Result<(), Error> {
    conn.prepare_cached(
        "INSERT INTO pcid_members (imsi, tre_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    )?
    .execute([imsi.digits(), tre_id.as_str()])?;
    Ok(())
}

/// Removes a member; how many are left.
pub(super) fn remove_member(conn: &Connection, imsi: &Imsi, tre_id: &TreId) -> Result<u64, Error> {
    conn.prepare_cached("DELETE FROM pcid_members WHERE imsi = ?1 AND tre_id = ?2")?
        .execute([imsi.digits(), tre_id.as_str()])?;
    let left: i64 = conn
        .prepare_cached("SELECT count(*) FROM pcid_members WHERE imsi = ?1")?
        .query_row([imsi.digits()], |row| row.get(0))?;
    Ok(left.cast_unsigned())
}

pub(super) fn forget_members(conn: &Connection, imsi: &Imsi) -> Result<(), Error> {
    conn.prepare_cached("DELETE FROM pcid_members WHERE imsi = ?1")?
        .execute([imsi.digits()])?;
    Ok(())
}
