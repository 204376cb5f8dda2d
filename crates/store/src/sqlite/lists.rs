//! What command line, API and metrics show: pages of orders, and counts. From
//! unsealed columns only, so that no key is at work.

use std::collections::BTreeMap;

use clock::Timestamp;
use provisioning::recipient::OrderState;
use provisioning::{OrderId, Reason};
use rusqlite::{Connection, Row, params};
use trust::ShoId;

use super::orders::{state_name, state_of};
use super::outbox::parse;
use crate::Error;
use crate::sealed::number;

/// The longest page.
const MAX_PAGE: usize = 1000;

/// Which orders to list, newest first.
#[derive(Clone, Copy, Debug, Default)]
pub struct OrderQuery {
    /// Only those in this state.
    pub state: Option<OrderState>,
    /// Only those older than another page's last: its [`OrderPage::next`].
    pub before: Option<u64>,
    /// How many at most; no page is longer than 1,000.
    pub limit: usize,
}

/// A page of orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderPage {
    /// Newest first.
    pub orders: Vec<OrderSummary>,
    /// What to give as [`OrderQuery::before`] for the next page; absent after
    /// the last. Orders that come in between disturb no page.
    pub next: Option<u64>,
}

/// An order as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderSummary {
    /// Its name.
    pub order_id: OrderId,
    /// The device's TRE.
    pub tre_id: tre::TreId,
    /// The donor.
    pub from: ShoId,
    /// The recipient.
    pub to: ShoId,
    /// Where it stands.
    pub state: OrderState,
    /// Why it failed, or what was refused last.
    pub reason: Option<Reason>,
    /// When it was made.
    pub created: Timestamp,
}

/// How many subscribers the HLR has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SubscriberCounts {
    /// Those that may authenticate.
    pub enabled: u64,
    /// Those that may not.
    pub disabled: u64,
}

pub(super) fn orders(conn: &Connection, query: OrderQuery) -> Result<OrderPage, Error> {
    let limit = query.limit.min(MAX_PAGE);
    let state = query.state.map(state_name).transpose()?;
    let narrowed = match state {
        Some(_) => "state = ?3",
        None => "?3 IS NULL",
    };
    let sql = format!(
        "SELECT number, order_id, tre_id, donor, recipient, state, reason, created FROM orders
         WHERE number < ?1 AND {narrowed} ORDER BY number DESC LIMIT ?2"
    );
    let before = query.before.map_or(i64::MAX, number);
    // One more than asked for tells whether there is another page.
    let fetched = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut statement = conn.prepare_cached(&sql)?;
    let mut found = statement.query(params![before, fetched, state])?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push((row.get::<_, i64>(0)?.cast_unsigned(), summary(row)?));
    }
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok(OrderPage {
        next: rows.last().map(|(number, _)| *number).filter(|_| more),
        orders: rows.into_iter().map(|(_, order)| order).collect(),
    })
}

fn summary(row: &Row<'_>) -> Result<OrderSummary, Error> {
    let text = |at: usize| row.get::<_, String>(at);
    let reason: Option<String> = row.get(6)?;
    let created: i64 = row.get(7)?;
    Ok(OrderSummary {
        order_id: parse(&text(1)?)?,
        tre_id: parse(&text(2)?)?,
        from: parse(&text(3)?)?,
        to: parse(&text(4)?)?,
        state: state_of(text(5)?)?,
        reason: reason.as_deref().and_then(Reason::parse),
        created: Timestamp::from_unix_millis(created.cast_unsigned()),
    })
}

/// Orders by the name of their state; a state without orders is left out.
pub(super) fn order_counts(conn: &Connection) -> Result<BTreeMap<String, u64>, Error> {
    let mut statement = conn.prepare_cached("SELECT state, count(*) FROM orders GROUP BY state")?;
    let rows = statement.query_map([], |row| {
        Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn subscriber_counts(conn: &Connection) -> Result<SubscriberCounts, Error> {
    let count = |enabled: bool| -> Result<u64, Error> {
        let count: i64 = conn
            .prepare_cached("SELECT count(*) FROM subscribers WHERE enabled = ?1")?
            .query_row([enabled], |row| row.get(0))?;
        Ok(count.cast_unsigned())
    };
    Ok(SubscriberCounts {
        enabled: count(true)?,
        disabled: count(false)?,
    })
}

pub(super) fn departures_released(conn: &Connection) -> Result<u64, Error> {
    let sum: i64 = conn
        .prepare_cached("SELECT coalesce(sum(released), 0) FROM subscriptions WHERE released > 0")?
        .query_row([], |row| row.get(0))?;
    Ok(sum.cast_unsigned())
}
