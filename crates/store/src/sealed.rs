//! Aggregates as sealed rows: JSON under the store's key, bound to table, key
//! and version.

use provisioning::donor::Subscription;
use provisioning::hlr::Subscriber;
use provisioning::ports::Versioned;
use provisioning::recipient::Order;
use rusqlite::Row;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::key::Place;
use crate::wiped::WipedBuffer;
use crate::{Error, StoreKey};

/// What is stored and versioned as a whole.
pub(crate) trait Aggregate: Serialize + DeserializeOwned {
    /// Its table.
    const TABLE: &'static str;

    /// Its key there.
    fn key(&self) -> String;
}

impl Aggregate for Subscription {
    const TABLE: &'static str = "subscriptions";

    fn key(&self) -> String {
        self.tre_id().as_str().to_owned()
    }
}

impl Aggregate for Order {
    const TABLE: &'static str = "orders";

    fn key(&self) -> String {
        self.order_id().to_string()
    }
}

impl Aggregate for Subscriber {
    const TABLE: &'static str = "subscribers";

    fn key(&self) -> String {
        self.imsi().digits().to_owned()
    }
}

/// The columns that every aggregate's table has.
pub(crate) struct Sealed {
    pub(crate) key: String,
    /// The version under which the aggregate was loaded.
    pub(crate) base: u64,
    pub(crate) key_id: u32,
    pub(crate) body: Vec<u8>,
}

impl Sealed {
    /// The aggregate as the version after `base`.
    pub(crate) fn seal<A: Aggregate>(
        store_key: &StoreKey,
        value: &A,
        base: u64,
    ) -> Result<Self, Error> {
        let key = value.key();
        let plain = WipedBuffer::json(value)?;
        let place = Place {
            table: A::TABLE,
            key: &key,
            version: base.saturating_add(1),
        };
        let body = store_key.seal(place, plain.octets())?;
        Ok(Self {
            key,
            base,
            key_id: store_key.id(),
            body,
        })
    }

    /// The version that is stored.
    pub(crate) fn version(&self) -> i64 {
        number(self.base.saturating_add(1))
    }

    /// The version that is replaced.
    pub(crate) fn replaced(&self) -> i64 {
        number(self.base)
    }
}

/// `key, version, key_id, body` of a row, in this order.
pub(crate) struct StoredRow {
    key: String,
    version: u64,
    key_id: u32,
    body: Vec<u8>,
}

impl StoredRow {
    pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            key: row.get(0)?,
            version: row.get::<_, i64>(1)?.cast_unsigned(),
            key_id: row.get(2)?,
            body: row.get(3)?,
        })
    }

    /// The error for a row whose columns and body differ.
    pub(crate) fn altered(&self, table: &'static str) -> Error {
        let place = Place {
            table,
            key: &self.key,
            version: self.version,
        };
        place.altered()
    }

    pub(crate) fn open<A: Aggregate>(&self, store_key: &StoreKey) -> Result<Versioned<A>, Error> {
        let place = Place {
            table: A::TABLE,
            key: &self.key,
            version: self.version,
        };
        let plain = store_key.open(place, self.key_id, &self.body)?;
        let value: A = serde_json::from_slice(plain.expose())?;
        if value.key() != self.key {
            return Err(place.altered());
        }
        Ok(Versioned {
            value,
            version: self.version,
        })
    }
}

/// A number as SQLite keeps it. No count here comes near the bound; one that
/// does matches no row.
pub(crate) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
