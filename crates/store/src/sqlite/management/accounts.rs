//! Devices' accounts.

use clock::Timestamp;
use dm::auth::Nonces;
use dm::queue::{Account, AccountAuth};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::MAX_PAGE;
use crate::sealed::{Aggregate, Sealed, StoredRow, number};
use crate::sqlite::subscriptions::expect_one;
use crate::sqlite::upkeep::open_all;
use crate::{Error, StoreKey};

impl Aggregate for Account {
    const TABLE: &'static str = "dm_account";

    fn key(&self) -> String {
        self.device.clone()
    }
}

/// An account as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSummary {
    /// The device's Source LocURI.
    pub device: String,
    /// The server's name towards it.
    pub server_id: String,
    /// How the two prove themselves.
    pub auth: AccountAuth,
    /// The device's user name.
    pub user: String,
    /// What people note of the device.
    pub profile: String,
    /// When it was made.
    pub created: Timestamp,
}

/// An account ready to be written.
pub(in crate::sqlite) struct AccountRow {
    sealed: Sealed,
    summary: AccountSummary,
    server_tag: Vec<u8>,
    login: Option<String>,
}

/// What tells whether two accounts have the same server's secret; nothing for one
/// that has none.
fn server_tag(key: &StoreKey, account: &Account) -> Result<Vec<u8>, Error> {
    let secret = account.server_secret.as_ref();
    secret.map_or(Ok(Vec::new()), |secret| key.tag("dm-server-secret", secret))
}

impl AccountRow {
    pub(super) fn seal(key: &StoreKey, account: &Account) -> Result<Self, Error> {
        Ok(Self {
            sealed: Sealed::seal(key, account, 0)?,
            summary: AccountSummary {
                device: account.device.clone(),
                server_id: account.server_id.clone(),
                auth: account.auth,
                user: account.user.clone(),
                profile: account.profile.clone(),
                created: account.created,
            },
            server_tag: server_tag(key, account)?,
            login: account.login.as_ref().map(|login| login.name().to_owned()),
        })
    }

    /// Writes a new account; one that is there already is a conflict.
    pub(super) fn write(&self, conn: &Connection, key: &StoreKey) -> Result<(), Error> {
        let (sealed, summary) = (&self.sealed, &self.summary);
        if !self.server_tag.is_empty() {
            tag_all(conn, key)?;
            let reused = conn
                .prepare_cached("SELECT 1 FROM dm_server_tag WHERE tag = ?1 AND device <> ?2")?
                .exists(params![self.server_tag, summary.device])?;
            if reused {
                return Err(Error::SecretReused);
            }
        }
        let sql = "INSERT INTO dm_account
             (device, server_id, auth, user, profile, created, version, key_id, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (device) DO NOTHING";
        let changed = conn.prepare_cached(sql)?.execute(params![
            summary.device,
            summary.server_id,
            summary.auth.name(),
            summary.user,
            summary.profile,
            number(summary.created.unix_millis()),
            sealed.version(),
            sealed.key_id,
            sealed.body,
        ])?;
        expect_one(changed)?;
        put_tag(conn, &summary.device, &self.server_tag)?;
        match &self.login {
            Some(login) => put_login(conn, &summary.device, login),
            None => Ok(()),
        }
    }
}

/// Gives their tags to the accounts that an earlier schema has left without.
fn tag_all(conn: &Connection, key: &StoreKey) -> Result<(), Error> {
    let sql = "SELECT device, version, key_id, body FROM dm_account
         WHERE device NOT IN (SELECT device FROM dm_server_tag)";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([], StoredRow::read)?;
    let rows: Vec<StoredRow> = rows.collect::<Result<_, _>>()?;
    for row in rows {
        let account: Account = row.open(key)?.value;
        put_tag(conn, &account.device, &server_tag(key, &account)?)?;
    }
    Ok(())
}

fn put_tag(conn: &Connection, device: &str, tag: &[u8]) -> Result<(), Error> {
    let changed = conn
        .prepare_cached("INSERT INTO dm_server_tag (device, tag) VALUES (?1, ?2)")?
        .execute(params![device, tag])?;
    expect_one(changed)
}

fn put_login(conn: &Connection, device: &str, name: &str) -> Result<(), Error> {
    let sql = "INSERT INTO dm_login (device, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    let changed = conn.prepare_cached(sql)?.execute([device, name])?;
    if changed == 0 {
        return Err(Error::LoginTaken);
    }
    Ok(())
}

/// Removes it with all that is kept of the device.
pub(super) fn remove(conn: &Connection, device: &str) -> Result<usize, Error> {
    let removed = conn
        .prepare_cached("DELETE FROM dm_account WHERE device = ?1")?
        .execute([device])?;
    Ok(removed)
}

/// An account by its device.
pub(super) fn by_device(
    conn: &Connection,
    key: &StoreKey,
    device: &str,
) -> Result<Option<(Account, u64)>, Error> {
    conn.prepare_cached("SELECT device, version, key_id, body FROM dm_account WHERE device = ?1")?
        .query_row([device], StoredRow::read)
        .optional()?
        .map(|row| row.open(key).map(|found| (found.value, found.version)))
        .transpose()
}

/// An account by the name of its login.
pub(super) fn by_login(
    conn: &Connection,
    key: &StoreKey,
    name: &str,
) -> Result<Option<Account>, Error> {
    let sql = "SELECT device, version, key_id, body FROM dm_account
         WHERE device = (SELECT device FROM dm_login WHERE name = ?1)";
    let found = conn
        .prepare_cached(sql)?
        .query_row([name], StoredRow::read)
        .optional()?;
    found
        .map(|row| row.open(key).map(|found| found.value))
        .transpose()
}

/// Keeps new nonces, whatever version the account has by now.
pub(super) fn set_nonces(
    conn: &Connection,
    key: &StoreKey,
    device: &str,
    nonces: &Nonces,
) -> Result<(), Error> {
    let Some((mut account, version)) = by_device(conn, key, device)? else {
        return Err(Error::Conflict);
    };
    account.set_nonces(nonces.clone());
    let sealed = Sealed::seal(key, &account, version)?;
    let changed = conn
        .prepare_cached(
            "UPDATE dm_account SET version = ?1, key_id = ?2, body = ?3 WHERE device = ?4",
        )?
        .execute(params![
            sealed.version(),
            sealed.key_id,
            sealed.body,
            sealed.key
        ])?;
    expect_one(changed)
}

/// Accounts by device, those behind `after`.
pub(super) fn list(
    conn: &Connection,
    after: &str,
    limit: usize,
) -> Result<Vec<AccountSummary>, Error> {
    let limit = i64::try_from(limit.min(MAX_PAGE)).unwrap_or(i64::MAX);
    let mut statement = conn.prepare_cached(
        "SELECT device, server_id, auth, user, profile, created FROM dm_account
         WHERE device > ?1 ORDER BY device LIMIT ?2",
    )?;
    let rows = statement.query_map(params![after, limit], summary)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn summary(row: &Row<'_>) -> rusqlite::Result<AccountSummary> {
    let auth: String = row.get(2)?;
    let created: i64 = row.get(5)?;
    Ok(AccountSummary {
        device: row.get(0)?,
        server_id: row.get(1)?,
        auth: match auth.as_str() {
            "basic" => AccountAuth::Basic,
            "hmac" => AccountAuth::Hmac,
            _ => AccountAuth::Md5,
        },
        user: row.get(3)?,
        profile: row.get(4)?,
        created: Timestamp::from_unix_millis(created.cast_unsigned()),
    })
}

/// Opens every account.
pub(in crate::sqlite) fn check(conn: &Connection, key: &StoreKey) -> Result<(), Error> {
    open_all::<Account>(conn, key, "device")
}
