//! The backends of an operator's store, one chosen at run time by its URL.

use std::collections::BTreeMap;
use std::path::Path;

use aka::Imsi;
use clock::Timestamp;
use provisioning::OrderId;
use provisioning::donor::Subscription;
use provisioning::hlr::Subscriber;
use provisioning::pool::{BatchId, Draw, Drawn, PcidRecord, Pool, PoolStatus, PoolStore, Stock};
use provisioning::ports::{Commit, OperatorStore, OutboxId, Outgoing, StoreError, Versioned};
use provisioning::recipient::{Order, TreCertificates};
use tre::TreId;
use trust::Revocation;

use crate::{
    AuditRow, Error, IssuedCertificate, IssuedPage, OrderPage, OrderQuery, SqliteOptions,
    SqliteStore, StoreKey, SubscriberCounts, SubscriberWatch,
};

/// An operator's store.
pub enum Store {
    /// In one file of this machine.
    Sqlite(SqliteStore),
}

impl Store {
    /// Opens the store that `url` names: `sqlite:PATH`. Blocks.
    ///
    /// # Errors
    /// [`Error::UrlUnsupported`], or as [`SqliteStore::open`].
    pub fn open(url: &str, key: StoreKey, options: &SqliteOptions) -> Result<Self, Error> {
        match url.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => {
                SqliteStore::open(Path::new(path), key, options).map(Self::Sqlite)
            }
            // A URL may carry a password: only its scheme is shown.
            Some((scheme, _)) => Err(Error::UrlUnsupported(format!("{scheme}:"))),
            None => Err(Error::UrlUnsupported(url.to_owned())),
        }
    }

    /// As [`SqliteStore::close`].
    pub async fn close(self) {
        match self {
            Self::Sqlite(store) => store.close().await,
        }
    }

    /// As [`SqliteStore::watch_subscribers`].
    pub fn watch_subscribers(&self, watch: SubscriberWatch) {
        match self {
            Self::Sqlite(store) => store.watch_subscribers(watch),
        }
    }

    /// As [`SqliteStore::orders`].
    ///
    /// # Errors
    /// As there.
    pub async fn orders(&self, query: OrderQuery) -> Result<OrderPage, Error> {
        match self {
            Self::Sqlite(store) => store.orders(query).await,
        }
    }

    /// As [`SqliteStore::order_counts`].
    ///
    /// # Errors
    /// As there.
    pub async fn order_counts(&self) -> Result<BTreeMap<String, u64>, Error> {
        match self {
            Self::Sqlite(store) => store.order_counts().await,
        }
    }

    /// As [`SqliteStore::subscriber_counts`].
    ///
    /// # Errors
    /// As there.
    pub async fn subscriber_counts(&self) -> Result<SubscriberCounts, Error> {
        match self {
            Self::Sqlite(store) => store.subscriber_counts().await,
        }
    }

    /// As [`SqliteStore::departures_released`].
    ///
    /// # Errors
    /// As there.
    pub async fn departures_released(&self) -> Result<u64, Error> {
        match self {
            Self::Sqlite(store) => store.departures_released().await,
        }
    }

    /// As [`SqliteStore::record_issued`].
    ///
    /// # Errors
    /// As there.
    pub async fn record_issued(
        &self,
        certificates: Vec<IssuedCertificate>,
    ) -> Result<usize, Error> {
        match self {
            Self::Sqlite(store) => store.record_issued(certificates).await,
        }
    }

    /// As [`SqliteStore::revoke_issued`].
    ///
    /// # Errors
    /// As there.
    pub async fn revoke_issued(
        &self,
        serial: &[u8],
        revocation: Revocation,
    ) -> Result<bool, Error> {
        match self {
            Self::Sqlite(store) => store.revoke_issued(serial, revocation).await,
        }
    }

    /// As [`SqliteStore::issued`].
    ///
    /// # Errors
    /// As there.
    pub async fn issued(&self, before: Option<u64>, limit: usize) -> Result<IssuedPage, Error> {
        match self {
            Self::Sqlite(store) => store.issued(before, limit).await,
        }
    }

    /// As [`SqliteStore::provision_all`].
    ///
    /// # Errors
    /// As there.
    pub async fn provision_all(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => store.provision_all().await,
        }
    }

    /// As [`SqliteStore::audit_log`].
    ///
    /// # Errors
    /// As there.
    pub async fn audit_log(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<AuditRow>, Error> {
        match self {
            Self::Sqlite(store) => store.audit_log(before, limit).await,
        }
    }

    /// As [`SqliteStore::backup`].
    ///
    /// # Errors
    /// As there.
    pub async fn backup(&self, to: &Path) -> Result<(), Error> {
        match self {
            Self::Sqlite(store) => store.backup(to).await,
        }
    }

    /// As [`SqliteStore::integrity_check`].
    ///
    /// # Errors
    /// As there.
    pub async fn integrity_check(&self) -> Result<(), Error> {
        match self {
            Self::Sqlite(store) => store.integrity_check().await,
        }
    }
}

impl OperatorStore for Store {
    async fn subscription(
        &self,
        tre_id: &TreId,
    ) -> Result<Option<Versioned<Subscription>>, StoreError> {
        match self {
            Self::Sqlite(store) => store.subscription(tre_id).await,
        }
    }

    async fn subscription_of(
        &self,
        imsi: &Imsi,
    ) -> Result<Option<Versioned<Subscription>>, StoreError> {
        match self {
            Self::Sqlite(store) => store.subscription_of(imsi).await,
        }
    }

    async fn order(
        &self,
        order_id: OrderId,
    ) -> Result<Option<(Versioned<Order>, TreCertificates)>, StoreError> {
        match self {
            Self::Sqlite(store) => store.order(order_id).await,
        }
    }

    async fn order_of(
        &self,
        tre_id: &TreId,
    ) -> Result<Option<(Versioned<Order>, TreCertificates)>, StoreError> {
        match self {
            Self::Sqlite(store) => store.order_of(tre_id).await,
        }
    }

    async fn subscriber(&self, imsi: &Imsi) -> Result<Option<Versioned<Subscriber>>, StoreError> {
        match self {
            Self::Sqlite(store) => store.subscriber(imsi).await,
        }
    }

    async fn take_imsi(&self, prefix: &str) -> Result<Imsi, StoreError> {
        match self {
            Self::Sqlite(store) => store.take_imsi(prefix).await,
        }
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => store.commit(commit).await,
        }
    }

    async fn outgoing(&self, now: Timestamp, limit: usize) -> Result<Vec<Outgoing>, StoreError> {
        match self {
            Self::Sqlite(store) => store.outgoing(now, limit).await,
        }
    }

    async fn postpone(&self, id: OutboxId, next: Timestamp) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => store.postpone(id, next).await,
        }
    }

    async fn due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<(Vec<OrderId>, Vec<TreId>), StoreError> {
        match self {
            Self::Sqlite(store) => store.due(now, limit).await,
        }
    }
}

impl PoolStore for Store {
    async fn add_pool(&self, pool: Pool, now: Timestamp) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => store.add_pool(pool, now).await,
        }
    }

    async fn pools(&self) -> Result<Vec<PoolStatus>, StoreError> {
        match self {
            Self::Sqlite(store) => store.pools().await,
        }
    }

    async fn draw(&self, draw: Draw) -> Result<Drawn, StoreError> {
        match self {
            Self::Sqlite(store) => store.draw(draw).await,
        }
    }

    async fn batch(&self, batch: BatchId) -> Result<Vec<PcidRecord>, StoreError> {
        match self {
            Self::Sqlite(store) => store.batch(batch).await,
        }
    }

    async fn give_up_batch(&self, batch: BatchId, now: Timestamp) -> Result<usize, StoreError> {
        match self {
            Self::Sqlite(store) => store.give_up_batch(batch, now).await,
        }
    }

    async fn pcid(&self, imsi: &Imsi) -> Result<Option<PcidRecord>, StoreError> {
        match self {
            Self::Sqlite(store) => store.pcid(imsi).await,
        }
    }

    async fn pcid_members(&self, imsi: &Imsi) -> Result<Vec<TreId>, StoreError> {
        match self {
            Self::Sqlite(store) => store.pcid_members(imsi).await,
        }
    }

    async fn pcid_timeouts(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        match self {
            Self::Sqlite(store) => store.pcid_timeouts(now, limit).await,
        }
    }

    async fn stocks(&self) -> Result<Vec<Stock>, StoreError> {
        match self {
            Self::Sqlite(store) => store.stocks().await,
        }
    }

    async fn crossings(&self) -> Result<Vec<Stock>, StoreError> {
        match self {
            Self::Sqlite(store) => store.crossings().await,
        }
    }
}
