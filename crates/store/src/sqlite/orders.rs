//! Orders by which devices come to us, and the CertTREs pinned with them
//! (docs/operator-change.md sections 1 and 4).

use clock::Timestamp;
use provisioning::ports::Versioned;
use provisioning::recipient::{Order, OrderState, TreCertificates};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::subscriptions::expect_one;
use crate::sealed::{Sealed, StoredRow, number};
use crate::{Error, StoreKey};

/// An order ready to be written; a new one has its certificates.
pub(super) struct OrderRow {
    sealed: Sealed,
    tre_id: String,
    imsi: String,
    donor: String,
    recipient: String,
    state: String,
    reason: Option<String>,
    created: i64,
    due: Option<i64>,
    certificates: Option<TreCertificates>,
}

impl OrderRow {
    pub(super) fn seal(
        key: &StoreKey,
        order: &Versioned<Order>,
        certificates: Option<TreCertificates>,
    ) -> Result<Self, Error> {
        if (order.version == 0) != certificates.is_some() {
            return Err(Error::Misuse(
                "CertTREs come with a new order, and only then",
            ));
        }
        let Versioned { value, version } = order;
        let moment = |at: Timestamp| number(at.unix_millis());
        Ok(Self {
            sealed: Sealed::seal(key, value, *version)?,
            tre_id: value.tre_id().as_str().to_owned(),
            imsi: value.imsi().digits().to_owned(),
            donor: value.from().to_string(),
            recipient: value.to().to_string(),
            state: state_name(value.state())?,
            reason: value.reason().map(|reason| reason.code().to_owned()),
            created: moment(value.created()),
            due: value.poll_timeout().map(moment),
            certificates,
        })
    }

    /// Writes the row if the version that it replaces is still the stored one.
    pub(super) fn write(&self, conn: &Connection) -> Result<(), Error> {
        match &self.certificates {
            Some(certificates) => self.insert(conn, certificates),
            None => self.update(conn),
        }
    }

    fn insert(&self, conn: &Connection, certificates: &TreCertificates) -> Result<(), Error> {
        let sealed = &self.sealed;
        let changed = conn
            .prepare_cached(
                "INSERT INTO orders (order_id, tre_id, imsi, donor, recipient, state, reason,
                 created, due, version, key_id, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
                 ON CONFLICT (order_id) DO NOTHING",
            )?
            .execute(params![
                sealed.key,
                self.tre_id,
                self.imsi,
                self.donor,
                self.recipient,
                self.state,
                self.reason,
                self.created,
                self.due,
                sealed.version(),
                sealed.key_id,
                sealed.body,
            ])?;
        expect_one(changed)?;
        conn.prepare_cached(
            "INSERT INTO certificates (order_id, signature, envelope) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![
            sealed.key,
            certificates.signature,
            certificates.envelope
        ])?;
        Ok(())
    }

    /// The columns that an order never changes stay as they are.
    fn update(&self, conn: &Connection) -> Result<(), Error> {
        let sealed = &self.sealed;
        let changed = conn
            .prepare_cached(
                "UPDATE orders SET state = ?1, reason = ?2, due = ?3, version = ?4, key_id = ?5,
                 body = ?6 WHERE order_id = ?7 AND version = ?8",
            )?
            .execute(params![
                self.state,
                self.reason,
                self.due,
                sealed.version(),
                sealed.key_id,
                sealed.body,
                sealed.key,
                sealed.replaced(),
            ])?;
        expect_one(changed)
    }
}

/// A state's name, the same as in the aggregate's JSON.
pub(super) fn state_name(state: OrderState) -> Result<String, Error> {
    let json = serde_json::to_value(state)?;
    let name = json
        .as_str()
        .ok_or(Error::Misuse("a state without a name"))?;
    Ok(name.to_owned())
}

/// The state of that name.
pub(super) fn state_of(name: String) -> Result<OrderState, Error> {
    serde_json::from_value(serde_json::Value::String(name))
        .map_err(|_| Error::Damaged("an order's state that can't be read".to_owned()))
}

/// An order with its CertTREs.
pub(super) type Found = (Versioned<Order>, TreCertificates);

/// An order by its name.
pub(super) fn by_id(
    conn: &Connection,
    key: &StoreKey,
    order_id: &str,
) -> Result<Option<Found>, Error> {
    let sql = "SELECT o.order_id, version, key_id, body, signature, envelope
               FROM orders o JOIN certificates c ON c.order_id = o.order_id
               WHERE o.order_id = ?1";
    one(conn, key, sql, order_id)
}

/// The newest is the one that was stored last, whatever the clock said.
pub(super) fn newest_of(
    conn: &Connection,
    key: &StoreKey,
    tre_id: &str,
) -> Result<Option<Found>, Error> {
    let sql = "SELECT o.order_id, version, key_id, body, signature, envelope
               FROM orders o JOIN certificates c ON c.order_id = o.order_id
               WHERE tre_id = ?1 ORDER BY number DESC LIMIT 1";
    let found = one(conn, key, sql, tre_id)?;
    match &found {
        // The column is not sealed, the aggregate is.
        Some((order, _)) if order.value.tre_id().as_str() != tre_id => Err(Error::RowAltered {
            table: "orders",
            key: order.value.order_id().to_string(),
        }),
        _ => Ok(found),
    }
}

fn one(
    conn: &Connection,
    key: &StoreKey,
    sql: &str,
    parameter: &str,
) -> Result<Option<Found>, Error> {
    let read = |row: &Row<'_>| {
        let certificates = TreCertificates {
            signature: row.get(4)?,
            envelope: row.get(5)?,
        };
        Ok((StoredRow::read(row)?, certificates))
    };
    conn.prepare_cached(sql)?
        .query_row([parameter], read)
        .optional()?
        .map(|(row, certificates)| Ok((row.open(key)?, certificates)))
        .transpose()
}

/// Orders that have something to do.
pub(super) fn due(conn: &Connection, now: i64, limit: i64) -> Result<Vec<String>, Error> {
    let mut statement = conn.prepare_cached(
        "SELECT order_id FROM orders WHERE due <= ?1 ORDER BY due, number LIMIT ?2",
    )?;
    let rows = statement.query_map([now, limit], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Deletes the orders of a TRE that are over, their CertTREs with them.
pub(super) fn forget(conn: &Connection, tre_id: &str) -> Result<(), Error> {
    let over = OrderState::ALL
        .into_iter()
        .filter(|state| {
            matches!(
                state,
                OrderState::Completed | OrderState::RolledBack | OrderState::Failed
            )
        })
        .map(OrderState::name);
    for state in over {
        conn.prepare_cached(
            "DELETE FROM certificates WHERE order_id IN
             (SELECT order_id FROM orders WHERE tre_id = ?1 AND state = ?2)",
        )?
        .execute([tre_id, state])?;
        conn.prepare_cached("DELETE FROM orders WHERE tre_id = ?1 AND state = ?2")?
            .execute([tre_id, state])?;
    }
    Ok(())
}
