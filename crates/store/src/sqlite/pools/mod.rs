//! Pools of PCIDs (docs/pcids.md): the rows of `provisioning::pool`'s records,
//! and what the writer does with them in one transaction.

mod port;
mod rows;
mod stocks;

use aka::Imsi;
use clock::Timestamp;
use provisioning::audit::{Action, Actor, AuditEntry};
use provisioning::hlr::Subscriber;
use provisioning::pool::{
    BatchId, Draw, Drawn, Holder, PcidRecord, PcidState, Pool, PoolName, Timeout,
};
use rusqlite::{Connection, params};
use tre::TreId;

use super::{audit, imsi, subscribers, subscriptions};
use crate::sealed::number;
use crate::{Error, StoreKey};

pub(super) use rows::jump;

/// What the writer is asked for.
pub(super) enum PoolChange {
    Add(Pool, Timestamp),
    Draw(Draw),
    GiveUp(BatchId, Timestamp),
    Timeouts(Timestamp, usize),
    Told(Vec<(String, &'static str)>),
}

/// What it gives.
pub(super) enum PoolDone {
    Count(usize),
    Drawn(Drawn),
}

impl PoolChange {
    /// Whether subscribers may go.
    pub(super) fn deletes(&self) -> bool {
        matches!(self, Self::Draw(_) | Self::Timeouts(..))
    }

    pub(super) fn apply(&self, conn: &Connection, key: &StoreKey) -> Result<PoolDone, Error> {
        match self {
            Self::Add(pool, now) => add(conn, pool, *now).map(|()| PoolDone::Count(1)),
            Self::Draw(wanted) => draw(conn, key, wanted).map(PoolDone::Drawn),
            Self::GiveUp(batch, now) => give_up(conn, key, *batch, *now).map(PoolDone::Count),
            Self::Timeouts(now, limit) => timeouts(conn, key, *now, *limit).map(PoolDone::Count),
            Self::Told(levels) => stocks::told(conn, levels).map(PoolDone::Count),
        }
    }
}

fn refused(code: &'static str) -> Error {
    Error::Refused(provisioning::Reason::new(code))
}

fn add(conn: &Connection, pool: &Pool, now: Timestamp) -> Result<(), Error> {
    let plan = pool.plan();
    for known in rows::pools(conn)? {
        if known.pool.plan().name == plan.name {
            return Err(refused("pool-exists"));
        }
        if known.pool.overlaps(plan) {
            return Err(refused("pool-overlaps"));
        }
    }
    if rows::is_range_used(conn, plan)? {
        return Err(refused("pool-range-in-use"));
    }
    rows::insert_pool(conn, pool)?;
    audit::record(
        conn,
        &AuditEntry {
            at: now,
            actor: Actor::Staff,
            action: Action::PoolAdded,
            subject: plan.name.to_string(),
            why: "asked-for",
        },
    )
}

fn draw(conn: &Connection, key: &StoreKey, wanted: &Draw) -> Result<Drawn, Error> {
    let mut pool = rows::pool(conn, &wanted.pool)?.ok_or_else(|| refused("unknown-pool"))?;
    let mut imsis = Vec::new();
    for keys in &wanted.keys {
        while let Some(next) = pool.candidate() {
            if !imsi::is_known(conn, next.digits())? && rows::record(conn, &next)?.is_none() {
                break;
            }
            pool.skip();
        }
        let free = match pool.candidate() {
            Some(_) => None,
            None => rows::longest_free(conn, &wanted.pool)?,
        };
        let holder = Holder::Supplier(wanted.supplier.clone());
        let mut taken = pool.take(wanted.now, holder, free)?;
        taken.record.batch = Some(wanted.batch);
        taken.record.group.clone_from(&wanted.group);
        let imsi = taken.record.imsi.clone();
        if taken.again {
            // Whatever the number's last PCID left: its K is never used again.
            subscribers::delete(conn, imsi.digits())?;
        }
        rows::put(conn, &taken.record, wanted.now)?;
        let mut subscriber = Subscriber::new(imsi.clone(), keys.clone());
        subscriber.set_shared(wanted.group.is_some());
        subscribers::create(conn, key, &subscriber)?;
        imsis.push(imsi);
    }
    rows::set_next(conn, &pool)?;
    audit::record(
        conn,
        &AuditEntry {
            at: wanted.now,
            actor: Actor::Staff,
            action: Action::PcidsDrawn,
            subject: format!("batch {} of {}", wanted.batch, wanted.pool),
            why: "asked-for",
        },
    )?;
    let expires = pool.plan().until;
    Ok(Drawn { imsis, expires })
}

fn give_up(
    conn: &Connection,
    key: &StoreKey,
    batch: BatchId,
    now: Timestamp,
) -> Result<usize, Error> {
    let mut count = 0;
    for mut record in rows::batch(conn, batch)? {
        if record.state == PcidState::Reserved {
            record.give_up()?;
            rows::put(conn, &record, now)?;
            subscribers::disable(conn, key, record.imsi.digits())?;
            count += 1;
        }
    }
    if count > 0 {
        audit::record(
            conn,
            &AuditEntry {
                at: now,
                actor: Actor::Staff,
                action: Action::BatchGivenUp,
                subject: format!("batch {batch}"),
                why: "asked-for",
            },
        )?;
    }
    Ok(count)
}

fn timeouts(
    conn: &Connection,
    key: &StoreKey,
    now: Timestamp,
    limit: usize,
) -> Result<usize, Error> {
    let due = rows::due(conn, now, limit)?;
    let count = due.len();
    for mut record in due {
        let (action, why) = match record.handle_timeout(now) {
            Timeout::Nothing => continue,
            Timeout::Disable => {
                subscribers::disable(conn, key, record.imsi.digits())?;
                (Action::PcidExpired, "validity-over")
            }
            Timeout::Delete => {
                free(conn, key, &record)?;
                (Action::McimDeleted, "retention-over")
            }
        };
        rows::put(conn, &record, now)?;
        let entry = AuditEntry::subscriber(now, Actor::Deadline, action, &record.imsi, why);
        audit::record(conn, &entry)?;
    }
    Ok(count)
}

/// What a number's PCID had: its subscriber, its device's claim to it, and who
/// shared it.
fn free(conn: &Connection, key: &StoreKey, record: &PcidRecord) -> Result<(), Error> {
    subscribers::delete(conn, record.imsi.digits())?;
    subscriptions::release_number(conn, key, record.imsi.digits())?;
    rows::forget_members(conn, &record.imsi)
}

/// A device has the number from now on. Numbers of no pool are nobody's
/// business here.
pub(super) fn assign(
    conn: &Connection,
    imsi: &Imsi,
    tre_id: &TreId,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(pool) = rows::pool_of(conn, imsi)? else {
        return Ok(());
    };
    let record = match rows::record(conn, imsi)? {
        None => pool.claim(now, imsi, tre_id)?,
        Some(mut record) => {
            record.assign(now, tre_id)?;
            record
        }
    };
    rows::put(conn, &record, now)?;
    match record.group {
        Some(_) => rows::add_member(conn, imsi, tre_id),
        None => Ok(()),
    }
}

/// Whether a number is a pool's and somebody else's than these TREs'.
pub(super) fn is_of_others(
    conn: &Connection,
    imsi: &Imsi,
    tre_ids: &[&str],
) -> Result<bool, Error> {
    Ok(
        match rows::record(conn, imsi)?.and_then(|record| record.holder) {
            Some(Holder::Tre(tre_id)) => !tre_ids.contains(&tre_id.as_str()),
            // Of a group: it goes when the last one has dropped it, or by time.
            Some(Holder::Supplier(_) | Holder::Group(_)) => true,
            None => false,
        },
    )
}

/// A TRE's signed word that it erased the number's PCID.
pub(super) fn dropped(
    conn: &Connection,
    imsi: &Imsi,
    tre_id: &TreId,
    now: Timestamp,
) -> Result<(), Error> {
    let record = rows::record(conn, imsi)?;
    let gone = match record {
        // Of no pool: the subscriber goes all the same, the number rests.
        None => true,
        Some(mut record) if record.state == PcidState::Assigned => {
            let others = rows::remove_member(conn, imsi, tre_id)?;
            let freed = record.dropped(tre_id, others)?;
            rows::put(conn, &record, now)?;
            if freed {
                let (actor, action) = (Actor::Tre, Action::PcidFreed);
                let entry = AuditEntry::subscriber(now, actor, action, imsi, "pcid-dropped");
                audit::record(conn, &entry)?;
            }
            freed
        }
        // Expired: it rests anyway, and nothing of it is used.
        Some(_) => false,
    };
    if gone {
        subscribers::delete(conn, imsi.digits())?;
        let (actor, action) = (Actor::Tre, Action::McimDeleted);
        let entry = AuditEntry::subscriber(now, actor, action, imsi, "pcid-dropped");
        audit::record(conn, &entry)?;
    }
    Ok(())
}

/// Rows that say what they mean: states, names and numbers that the engine can
/// read, and counts that are right.
pub(super) fn check(conn: &Connection) -> Result<(), Error> {
    for status in rows::pools(conn)? {
        let name: &PoolName = &status.pool.plan().name;
        let used: i64 = conn.query_row(
            "SELECT count(*) FROM pcids WHERE pool = ?1 AND state <> 'free'",
            params![name.as_str()],
            |row| row.get(0),
        )?;
        if used != number(status.used) {
            return Err(Error::Damaged(format!("the count of the pool {name}")));
        }
    }
    Ok(())
}
