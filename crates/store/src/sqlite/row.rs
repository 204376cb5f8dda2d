//! Aggregates as rows: what is looked up has a column, the rest is the encrypted
//! body.

use provisioning::donor::{Home, Subscription};
use provisioning::hlr::Subscriber;
use provisioning::ports::{StoreError, Versioned};
use provisioning::recipient::Order;
use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, OptionalExtension, params_from_iter};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::cipher::{Cipher, failed};

/// An aggregate with a table of its own.
pub(super) trait Stored: Serialize + DeserializeOwned {
    const TABLE: &'static str;
    const KEY: &'static str;
    /// The columns beside key, version and body.
    const COLUMNS: &'static [&'static str];

    fn key(&self) -> String;
    fn columns(&self) -> Result<Vec<Value>, StoreError>;
}

impl Stored for Subscription {
    const TABLE: &'static str = "subscriptions";
    const KEY: &'static str = "tre_id";
    const COLUMNS: &'static [&'static str] = &["imsi", "here", "due"];

    fn key(&self) -> String {
        self.tre_id().as_str().to_owned()
    }

    fn columns(&self) -> Result<Vec<Value>, StoreError> {
        let here = i64::from(*self.home() == Home::Here);
        Ok(vec![
            text(self.imsi().digits()),
            Value::Integer(here),
            due(self.poll_timeout())?,
        ])
    }
}

impl Stored for Order {
    const TABLE: &'static str = "orders";
    const KEY: &'static str = "order_id";
    const COLUMNS: &'static [&'static str] =
        &["tre_id", "donor", "state", "reason", "created", "due"];

    fn key(&self) -> String {
        self.order_id().to_string()
    }

    fn columns(&self) -> Result<Vec<Value>, StoreError> {
        let reason = self
            .reason()
            .map_or(Value::Null, |reason| text(reason.code()));
        Ok(vec![
            text(self.tre_id().as_str()),
            text(&self.from().to_string()),
            text(self.state().name()),
            reason,
            number(self.created().unix_millis())?,
            due(self.poll_timeout())?,
        ])
    }
}

impl Stored for Subscriber {
    const TABLE: &'static str = "subscribers";
    const KEY: &'static str = "imsi";
    const COLUMNS: &'static [&'static str] = &["enabled", "seq_bound"];

    fn key(&self) -> String {
        self.imsi().digits().to_owned()
    }

    fn columns(&self) -> Result<Vec<Value>, StoreError> {
        Ok(vec![
            Value::Integer(self.is_enabled().into()),
            number(self.seq_bound())?,
        ])
    }
}

/// The aggregate with this key.
pub(super) fn load<T: Stored>(
    connection: &Connection,
    cipher: &Cipher,
    key: &str,
) -> Result<Option<Versioned<T>>, StoreError> {
    let query = format!(
        "SELECT version, body FROM {} WHERE {} = ?1",
        T::TABLE,
        T::KEY
    );
    let found = connection
        .prepare_cached(&query)
        .and_then(|mut statement| {
            statement
                .query_row([key], |row| {
                    Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?))
                })
                .optional()
        })
        .map_err(sql)?;
    let Some((version, body)) = found else {
        return Ok(None);
    };
    let version = u64::try_from(version).map_err(failed)?;
    let plain = cipher.decrypt(&place::<T>(key, version), &body)?;
    let value = serde_json::from_slice(plain.expose()).map_err(failed)?;
    Ok(Some(Versioned { value, version }))
}

/// Puts the aggregate, if it is still the one that was loaded; `extra` columns
/// only when it is new.
pub(super) fn put<T: Stored>(
    connection: &Connection,
    cipher: &Cipher,
    aggregate: &Versioned<T>,
    extra: &[(&str, Value)],
) -> Result<(), StoreError> {
    let key = aggregate.value.key();
    let version = aggregate
        .version
        .checked_add(1)
        .ok_or_else(|| failed("the last version"))?;
    let json = Zeroizing::new(serde_json::to_vec(&aggregate.value).map_err(failed)?);
    let body = cipher.encrypt(&place::<T>(&key, version), &json)?;
    let mut values = vec![number(version)?, Value::Blob(body)];
    values.extend(aggregate.value.columns()?);
    let changed = if aggregate.version == 0 {
        insert::<T>(connection, &key, values, extra)?
    } else {
        update::<T>(connection, &key, values, aggregate.version)?
    };
    if changed == 1 {
        Ok(())
    } else {
        Err(StoreError::Conflict)
    }
}

fn insert<T: Stored>(
    connection: &Connection,
    key: &str,
    mut values: Vec<Value>,
    extra: &[(&str, Value)],
) -> Result<usize, StoreError> {
    let mut names = vec!["version", "body"];
    names.extend(T::COLUMNS);
    names.extend(extra.iter().map(|(name, _)| *name));
    values.extend(extra.iter().map(|(_, value)| value.clone()));
    names.push(T::KEY);
    values.push(text(key));
    let marks = vec!["?"; names.len()].join(", ");
    let statement = format!(
        "INSERT INTO {} ({}) VALUES ({marks}) ON CONFLICT DO NOTHING",
        T::TABLE,
        names.join(", ")
    );
    execute(connection, &statement, values)
}

fn update<T: Stored>(
    connection: &Connection,
    key: &str,
    mut values: Vec<Value>,
    version: u64,
) -> Result<usize, StoreError> {
    let names: Vec<String> = ["version", "body"]
        .iter()
        .chain(T::COLUMNS)
        .map(|name| format!("{name} = ?"))
        .collect();
    let statement = format!(
        "UPDATE {} SET {} WHERE {} = ? AND version = ?",
        T::TABLE,
        names.join(", "),
        T::KEY
    );
    values.push(text(key));
    values.push(number(version)?);
    execute(connection, &statement, values)
}

pub(super) fn execute(
    connection: &Connection,
    statement: &str,
    values: Vec<Value>,
) -> Result<usize, StoreError> {
    connection
        .prepare_cached(statement)
        .and_then(|mut statement| statement.execute(params_from_iter(values)))
        .map_err(sql)
}

fn place<T: Stored>(key: &str, version: u64) -> String {
    format!("{}|{key}|{version}", T::TABLE)
}

pub(super) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(super) fn number(number: u64) -> Result<Value, StoreError> {
    i64::try_from(number).map(Value::Integer).map_err(failed)
}

fn due(at: Option<clock::Timestamp>) -> Result<Value, StoreError> {
    at.map_or(Ok(Value::Null), |at| number(at.unix_millis()))
}

/// SQLite's errors as the port names them.
pub(super) fn sql(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full,
        _ => failed(error),
    }
}
