//! What goes into one transaction: aggregates, effects, outbox.

use aka::Imsi;
use clock::Timestamp;
use provisioning::donor::Subscription;
use provisioning::effect::Effect;
use provisioning::hlr::Subscriber;
use provisioning::ports::{Commit, OutboxId, StoreError, Versioned};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension};

use super::row::{Stored, execute, load, number, put, sql, text};
use super::writer::Output;
use crate::cipher::{Cipher, failed};

/// Digits of an IMSI.
const IMSI: usize = 15;

pub(super) fn commit(
    connection: &Connection,
    cipher: &Cipher,
    commit: Commit,
) -> Result<Output, StoreError> {
    for subscription in &commit.subscriptions {
        put(connection, cipher, subscription, &[])?;
    }
    for order in &commit.orders {
        let certificates = commit
            .certificates
            .iter()
            .find(|(id, _)| *id == order.value.order_id());
        let extra = match certificates {
            Some((_, certificates)) => vec![
                ("cert_sig", Value::Blob(certificates.signature.clone())),
                (
                    "cert_enc",
                    certificates
                        .envelope
                        .clone()
                        .map_or(Value::Null, Value::Blob),
                ),
            ],
            None if order.version == 0 => {
                return Err(failed("a new order without its certificates"));
            }
            None => Vec::new(),
        };
        put(connection, cipher, order, &extra)?;
    }
    for subscriber in &commit.subscribers {
        put(connection, cipher, subscriber, &[])?;
    }
    for effect in commit.effects {
        apply(connection, cipher, effect)?;
    }
    for OutboxId(id) in commit.delivered {
        execute(
            connection,
            "DELETE FROM outbox WHERE id = ?",
            vec![number(id)?],
        )?;
    }
    Ok(Output::Done)
}

fn apply(connection: &Connection, cipher: &Cipher, effect: Effect) -> Result<(), StoreError> {
    match effect {
        Effect::CreateSubscriber { imsi, keys } => {
            let value = Subscriber::new(imsi, keys);
            put(connection, cipher, &Versioned { value, version: 0 }, &[])
        }
        Effect::EnableSubscriber(imsi) => enable(connection, cipher, &imsi, true),
        Effect::DisableSubscriber(imsi) => enable(connection, cipher, &imsi, false),
        Effect::DeleteSubscriber(imsi) => {
            let key = vec![text(imsi.digits())];
            execute(connection, "DELETE FROM subscribers WHERE imsi = ?", key).map(drop)
        }
        Effect::Announce(order_id) => queue(connection, "announcement", &order_id.to_string(), &[]),
        Effect::SendRelease(order_id) => queue(connection, "release", &order_id.to_string(), &[]),
        Effect::Push { imsi, container } => queue(connection, "push", imsi.digits(), &container),
        Effect::BecomeHome(subscription) => become_home(connection, cipher, *subscription),
    }
}

fn enable(
    connection: &Connection,
    cipher: &Cipher,
    imsi: &Imsi,
    enabled: bool,
) -> Result<(), StoreError> {
    let mut subscriber: Versioned<Subscriber> = load(connection, cipher, imsi.digits())?
        .ok_or_else(|| failed("an effect on a subscriber that is not there"))?;
    subscriber.value.set_enabled(enabled);
    put(connection, cipher, &subscriber, &[])
}

/// A device comes, or comes back: its older record goes on.
fn become_home(
    connection: &Connection,
    cipher: &Cipher,
    new: Subscription,
) -> Result<(), StoreError> {
    let older: Option<Versioned<Subscription>> = load(connection, cipher, &new.key())?;
    let aggregate = match older {
        None => Versioned {
            value: new,
            version: 0,
        },
        Some(Versioned { value, version }) => Versioned {
            value: new.returning(value),
            version,
        },
    };
    put(connection, cipher, &aggregate, &[])
}

/// The same message waits once.
fn queue(
    connection: &Connection,
    kind: &str,
    subject: &str,
    body: &[u8],
) -> Result<(), StoreError> {
    let values = vec![text(kind), text(subject), Value::Blob(body.to_vec())];
    let statement =
        "INSERT INTO outbox (kind, subject, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
    execute(connection, statement, values).map(drop)
}

pub(super) fn postpone(
    connection: &Connection,
    id: OutboxId,
    next: Timestamp,
) -> Result<Output, StoreError> {
    let values = vec![number(next.unix_millis())?, number(id.0)?];
    execute(
        connection,
        "UPDATE outbox SET attempts = attempts + 1, next_at = ? WHERE id = ?",
        values,
    )?;
    Ok(Output::Done)
}

/// The next number of this prefix; numbers are never given twice, since the
/// counter is stored before the number leaves.
pub(super) fn take_imsi(connection: &Connection, prefix: &str) -> Result<Output, StoreError> {
    let statement = "INSERT INTO imsis (prefix, next) VALUES (?1, 2) \
                     ON CONFLICT (prefix) DO UPDATE SET next = next + 1 RETURNING next - 1";
    let taken: Option<i64> = connection
        .query_row(statement, [prefix], |row| row.get(0))
        .optional()
        .map_err(sql)?;
    let taken = taken.ok_or_else(|| failed("no number was returned"))?;
    let width = IMSI.saturating_sub(prefix.len());
    let imsi: Imsi = format!("{prefix}{taken:0width$}").parse().map_err(failed)?;
    Ok(Output::Imsi(imsi))
}
