//! IMSIs for new MCIMs (TS 23.003 clause 2.2): counted up under the operator's
//! prefix, each given once for ever.

use aka::Imsi;
use rusqlite::{Connection, OptionalExtension};

use super::pools;
use crate::Error;

/// Digits of an IMSI: the most that there can be.
const DIGITS: usize = 15;

/// The next number under `prefix` that this operator never had, imported
/// subscribers included.
pub(super) fn take(conn: &Connection, prefix: &str) -> Result<Imsi, Error> {
    check(conn, prefix)?;
    let width = DIGITS.saturating_sub(prefix.len());
    loop {
        let number: i64 = conn
            .prepare_cached(
                "INSERT INTO imsi_counters (prefix, last) VALUES (?1, 1)
                 ON CONFLICT (prefix) DO UPDATE SET last = last + 1 RETURNING last",
            )?
            .query_row([prefix], |row| row.get(0))?;
        let digits = format!("{prefix}{number:0width$}");
        if digits.len() > DIGITS {
            return Err(Error::ImsiExhausted(prefix.to_owned()));
        }
        if let Some(last) = pools::jump(conn, &digits)? {
            // Numbers of pools are for PCIDs alone.
            let own = format!("{last:0DIGITS$}");
            let own = own.strip_prefix(prefix).unwrap_or_default();
            conn.prepare_cached("UPDATE imsi_counters SET last = ?1 WHERE prefix = ?2")?
                .execute((own.parse::<i64>().unwrap_or(number), prefix))?;
            continue;
        }
        if !is_known(conn, &digits)? {
            return digits
                .parse()
                .map_err(|_| Error::ImsiPrefix(prefix.to_owned()));
        }
    }
}

/// Two prefixes of which one begins with the other would count into each
/// other's numbers.
fn check(conn: &Connection, prefix: &str) -> Result<(), Error> {
    let digits = prefix.bytes().all(|octet| octet.is_ascii_digit());
    let overlapping = conn
        .prepare_cached(
            "SELECT 1 FROM imsi_counters WHERE prefix <> ?1
             AND (substr(?1, 1, length(prefix)) = prefix
                  OR substr(prefix, 1, length(?1)) = ?1) LIMIT 1",
        )?
        .query_row([prefix], |_| Ok(()))
        .optional()?;
    if digits && (5..DIGITS).contains(&prefix.len()) && overlapping.is_none() {
        Ok(())
    } else {
        Err(Error::ImsiPrefix(prefix.to_owned()))
    }
}

pub(super) fn is_known(conn: &Connection, imsi: &str) -> Result<bool, Error> {
    Ok(conn
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM subscribers WHERE imsi = ?1)
             OR EXISTS (SELECT 1 FROM deleted_subscribers WHERE imsi = ?1)
             OR EXISTS (SELECT 1 FROM subscriptions WHERE imsi = ?1)",
        )?
        .query_row([imsi], |row| row.get(0))?)
}
