//! What is left of numbers, of pools and for new subscribers, and which levels
//! were told.

use std::collections::BTreeMap;

use provisioning::pool::{Level, Stock};
use rusqlite::{Connection, params};

use super::rows;
use crate::Error;

/// Digits of an IMSI.
const DIGITS: usize = 15;

/// All stocks.
pub(super) fn stocks(conn: &Connection) -> Result<Vec<Stock>, Error> {
    let pools = rows::pools(conn)?;
    let mut stocks = Vec::new();
    let mut statement = conn.prepare_cached("SELECT prefix, last FROM imsi_counters")?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let (prefix, last): (String, i64) = (row.get(0)?, row.get(1)?);
        let width = u32::try_from(DIGITS.saturating_sub(prefix.len())).unwrap_or(0);
        // The count begins with one.
        let total = 10_u64.saturating_pow(width).saturating_sub(1);
        let mut used = last.cast_unsigned();
        for pool in pools.iter().map(|status| status.pool.plan()) {
            let below = |digits: &str| {
                let own = digits.strip_prefix(prefix.as_str());
                own.and_then(|own| own.parse::<u64>().ok())
            };
            // Numbers that the count will jump over.
            if let (Some(first), Some(end)) =
                (below(pool.first.digits()), below(pool.last.digits()))
            {
                let from = first.max(last.cast_unsigned().saturating_add(1));
                used = used.saturating_add(end.saturating_add(1).saturating_sub(from));
            }
        }
        let used = used.min(total);
        stocks.push(Stock {
            name: format!("imsi:{prefix}"),
            used,
            total,
            level: Level::of(used, total),
        });
    }
    stocks.extend(pools.into_iter().map(|status| Stock {
        name: format!("pool:{}", status.pool.plan().name),
        used: status.used,
        total: status.pool.total(),
        level: status.level,
    }));
    Ok(stocks)
}

/// Stocks whose level is another than the one told last, with that one.
pub(super) fn moved(conn: &Connection) -> Result<Vec<(Stock, Level)>, Error> {
    let mut statement = conn.prepare_cached("SELECT name, level FROM told_levels")?;
    let told = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
    let told: BTreeMap<String, String> = told.collect::<Result<_, _>>()?;
    let all = stocks(conn)?.into_iter().map(|stock| {
        let before = told.get(&stock.name).and_then(|name| Level::by_name(name));
        (stock, before.unwrap_or_default())
    });
    Ok(all
        .filter(|(stock, before)| stock.level != *before)
        .collect())
}

pub(super) fn told(conn: &Connection, levels: &[(String, &'static str)]) -> Result<usize, Error> {
    for (name, level) in levels {
        conn.prepare_cached(
            "INSERT INTO told_levels (name, level) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET level = excluded.level",
        )?
        .execute(params![name, level])?;
    }
    Ok(levels.len())
}
