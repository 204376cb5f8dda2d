//! What an operator's node must store for its pools (docs/pcids.md): each call
//! is one transaction, durable before it returns. Implemented by the crate
//! `store`.

use std::future::Future;

use ::tre::TreId;
use aka::Imsi;
use clock::Timestamp;
use trust::SupplierName;

use super::{BatchId, Level, PcidRecord, Pool, PoolName};
use crate::payload::MilenageKeys;
use crate::ports::StoreError;

/// PCIDs for a supplier, to be taken out of a pool with these new keys: as many
/// as there are keys.
pub struct Draw {
    /// The pool.
    pub pool: PoolName,
    /// The name of the batch.
    pub batch: BatchId,
    /// For whom.
    pub supplier: SupplierName,
    /// The group that is to share one PCID.
    pub group: Option<PoolName>,
    /// The time.
    pub now: Timestamp,
    /// The keys, never used before.
    pub keys: Vec<MilenageKeys>,
}

/// What was drawn, in the order of the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// The numbers.
    pub imsis: Vec<Imsi>,
    /// When they expire.
    pub expires: Timestamp,
}

/// A pool with its counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolStatus {
    /// The pool.
    pub pool: Pool,
    /// Numbers that may not be given now.
    pub used: u64,
    /// How short it runs.
    pub level: Level,
}

/// A stock of numbers: a pool, or the IMSIs for new subscribers under a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stock {
    /// `pool:NAME` or `imsi:PREFIX`.
    pub name: String,
    /// Numbers that may not be given now.
    pub used: u64,
    /// All of them.
    pub total: u64,
    /// How short it runs.
    pub level: Level,
}

/// The pools of an operator's store.
pub trait PoolStore: Send + Sync {
    /// Adds a pool.
    ///
    /// # Errors
    /// [`StoreError::Refused`]: `pool-exists`, `pool-overlaps`, or
    /// `pool-range-in-use` where a subscriber has one of the numbers.
    fn add_pool(
        &self,
        pool: Pool,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// All pools by name.
    fn pools(&self) -> impl Future<Output = Result<Vec<PoolStatus>, StoreError>> + Send;

    /// Takes numbers out of a pool and makes their subscribers, disabled. What
    /// an earlier PCID with the same number left is deleted first.
    ///
    /// # Errors
    /// [`StoreError::Refused`]: `unknown-pool`, `pcids-exhausted` (nothing is
    /// drawn then), `pcid-not-valid`.
    fn draw(&self, draw: Draw) -> impl Future<Output = Result<Drawn, StoreError>> + Send;

    /// The PCIDs of a batch, by number.
    fn batch(
        &self,
        batch: BatchId,
    ) -> impl Future<Output = Result<Vec<PcidRecord>, StoreError>> + Send;

    /// Gives up what nobody used of a batch: it lets nobody in, and rests as if
    /// it had expired. Returns how many.
    fn give_up_batch(
        &self,
        batch: BatchId,
        now: Timestamp,
    ) -> impl Future<Output = Result<usize, StoreError>> + Send;

    /// A number of a pool.
    fn pcid(
        &self,
        imsi: &Imsi,
    ) -> impl Future<Output = Result<Option<PcidRecord>, StoreError>> + Send;

    /// The TREs of the group that shares a number.
    fn pcid_members(
        &self,
        imsi: &Imsi,
    ) -> impl Future<Output = Result<Vec<TreId>, StoreError>> + Send;

    /// Does what time does to at most `limit` numbers. Returns how many.
    fn pcid_timeouts(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<usize, StoreError>> + Send;

    /// All stocks of numbers.
    fn stocks(&self) -> impl Future<Output = Result<Vec<Stock>, StoreError>> + Send;

    /// The stocks that became worse since this was asked last, each once for
    /// ever, restarts included.
    fn crossings(&self) -> impl Future<Output = Result<Vec<Stock>, StoreError>> + Send;
}
