//! The SQLite backend (sqlite.org/wal.html, sqlite.org/pragma.html): one writer
//! thread with group commit, readers beside it. A commit is answered when its
//! transaction is on the disk.

mod open;
mod read;
mod row;
mod write;
mod writer;

use std::path::Path;
use std::sync::Arc;

use aka::Imsi;
use clock::Timestamp;
use provisioning::OrderId;
use provisioning::donor::Subscription;
use provisioning::hlr::Subscriber;
use provisioning::ports::{Commit, OperatorStore, OutboxId, Outgoing, StoreError, Versioned};
use provisioning::recipient::{Order, TreCertificates};
use rusqlite::Connection;
use secret::Secret;

use crate::cipher::{Cipher, failed};
pub use read::OrderRow;
use read::Readers;
use writer::{Output, Writer};

/// An operator's store in one SQLite file.
#[derive(Clone)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

struct Inner {
    cipher: Cipher,
    readers: Readers,
    writer: Writer,
}

impl SqliteStore {
    /// Opens the file, or makes it. `key` encrypts the bodies at rest.
    ///
    /// # Errors
    /// A file that can't be opened, of another schema, or on which SQLite does
    /// not give the durability that is asked for.
    pub fn open(path: &Path, key: Secret<[u8; 32]>) -> Result<Self, StoreError> {
        let cipher = Cipher::new(key);
        let writer = Writer::start(open::writer(path)?)?;
        let readers = Readers::new(path);
        Ok(Self {
            inner: Arc::new(Inner {
                cipher,
                readers,
                writer,
            }),
        })
    }

    async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection, &Cipher) -> Result<T, StoreError> + Send + 'static,
    {
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || {
            inner
                .readers
                .with(|connection| query(connection, &inner.cipher))
        })
        .await
        .map_err(failed)?
    }

    async fn write<F>(&self, work: F) -> Result<Output, StoreError>
    where
        F: FnOnce(&Connection, &Cipher) -> Result<Output, StoreError> + Send + 'static,
    {
        let cipher = self.inner.cipher.clone();
        self.inner
            .writer
            .run(Box::new(move |connection| work(connection, &cipher)))
            .await
    }

    /// Orders, newest first, after the one named by the cursor: for lists.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn orders(
        &self,
        after: Option<(Timestamp, OrderId)>,
        limit: usize,
    ) -> Result<Vec<OrderRow>, StoreError> {
        self.read(move |connection, _| read::orders(connection, after, limit))
            .await
    }

    /// Lets the file grow to its present size and `more` pages, or without a
    /// limit: a quota, and how a full disk is tried.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn limit_pages(&self, more: Option<u32>) -> Result<(), StoreError> {
        self.write(move |connection, _| open::limit_pages(connection, more))
            .await
            .map(drop)
    }

    /// How many subscribers of the HLR are enabled.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn enabled_subscribers(&self) -> Result<u64, StoreError> {
        self.read(|connection, _| read::enabled(connection)).await
    }
}

impl OperatorStore for SqliteStore {
    async fn subscription(
        &self,
        tre_id: &::tre::TreId,
    ) -> Result<Option<Versioned<Subscription>>, StoreError> {
        let key = tre_id.as_str().to_owned();
        self.read(move |connection, cipher| row::load(connection, cipher, &key))
            .await
    }

    async fn subscription_of(
        &self,
        imsi: &Imsi,
    ) -> Result<Option<Versioned<Subscription>>, StoreError> {
        let imsi = imsi.digits().to_owned();
        self.read(
            move |connection, cipher| match read::tre_of(connection, &imsi)? {
                Some(key) => row::load(connection, cipher, &key),
                None => Ok(None),
            },
        )
        .await
    }

    async fn order(
        &self,
        order_id: OrderId,
    ) -> Result<Option<(Versioned<Order>, TreCertificates)>, StoreError> {
        self.read(move |connection, cipher| read::order(connection, cipher, &order_id.to_string()))
            .await
    }

    async fn order_of(
        &self,
        tre_id: &::tre::TreId,
    ) -> Result<Option<(Versioned<Order>, TreCertificates)>, StoreError> {
        let tre_id = tre_id.as_str().to_owned();
        self.read(
            move |connection, cipher| match read::newest_order(connection, &tre_id)? {
                Some(key) => read::order(connection, cipher, &key),
                None => Ok(None),
            },
        )
        .await
    }

    async fn subscriber(&self, imsi: &Imsi) -> Result<Option<Versioned<Subscriber>>, StoreError> {
        let key = imsi.digits().to_owned();
        self.read(move |connection, cipher| row::load(connection, cipher, &key))
            .await
    }

    async fn take_imsi(&self, prefix: &str) -> Result<Imsi, StoreError> {
        let prefix = prefix.to_owned();
        match self
            .write(move |connection, _| write::take_imsi(connection, &prefix))
            .await?
        {
            Output::Imsi(imsi) => Ok(imsi),
            Output::Done => Err(failed("no IMSI was taken")),
        }
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        self.write(move |connection, cipher| write::commit(connection, cipher, commit))
            .await
            .map(drop)
    }

    async fn outgoing(&self, now: Timestamp, limit: usize) -> Result<Vec<Outgoing>, StoreError> {
        self.read(move |connection, _| read::outgoing(connection, now, limit))
            .await
    }

    async fn postpone(&self, id: OutboxId, next: Timestamp) -> Result<(), StoreError> {
        self.write(move |connection, _| write::postpone(connection, id, next))
            .await
            .map(drop)
    }

    async fn due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<(Vec<OrderId>, Vec<::tre::TreId>), StoreError> {
        self.read(move |connection, _| read::due(connection, now, limit))
            .await
    }
}
