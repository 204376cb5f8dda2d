//! The port of `provisioning::pool` over writer and readers.

use aka::Imsi;
use clock::Timestamp;
use provisioning::pool::{BatchId, Draw, Drawn, PcidRecord, Pool, PoolStatus, PoolStore, Stock};
use provisioning::ports::StoreError;
use tre::TreId;

use super::super::SqliteStore;
use super::super::change::{Change, Done};
use super::{PoolChange, PoolDone, rows, stocks};
use crate::Error;

impl SqliteStore {
    async fn pool_change(&self, change: PoolChange) -> Result<PoolDone, Error> {
        match self.change(Change::Pool(change)).await? {
            Done::Pool(done) => Ok(done),
            _ => Err(Error::Closed),
        }
    }

    async fn pool_count(&self, change: PoolChange) -> Result<usize, StoreError> {
        match self.pool_change(change).await? {
            PoolDone::Count(count) => Ok(count),
            PoolDone::Drawn(_) => Err(Error::Closed.into()),
        }
    }
}

impl PoolStore for SqliteStore {
    async fn add_pool(&self, pool: Pool, now: Timestamp) -> Result<(), StoreError> {
        self.pool_count(PoolChange::Add(pool, now)).await.map(drop)
    }

    async fn pools(&self) -> Result<Vec<PoolStatus>, StoreError> {
        Ok(self.readers.read(rows::pools).await?)
    }

    async fn draw(&self, draw: Draw) -> Result<Drawn, StoreError> {
        match self.pool_change(PoolChange::Draw(draw)).await? {
            PoolDone::Drawn(drawn) => Ok(drawn),
            PoolDone::Count(_) => Err(Error::Closed.into()),
        }
    }

    async fn batch(&self, batch: BatchId) -> Result<Vec<PcidRecord>, StoreError> {
        Ok(self
            .readers
            .read(move |conn| rows::batch(conn, batch))
            .await?)
    }

    async fn give_up_batch(&self, batch: BatchId, now: Timestamp) -> Result<usize, StoreError> {
        self.pool_count(PoolChange::GiveUp(batch, now)).await
    }

    async fn pcid(&self, imsi: &Imsi) -> Result<Option<PcidRecord>, StoreError> {
        let imsi = imsi.clone();
        Ok(self
            .readers
            .read(move |conn| rows::record(conn, &imsi))
            .await?)
    }

    async fn pcid_members(&self, imsi: &Imsi) -> Result<Vec<TreId>, StoreError> {
        let imsi = imsi.clone();
        Ok(self
            .readers
            .read(move |conn| rows::members(conn, &imsi))
            .await?)
    }

    async fn pcid_timeouts(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let due = move |conn: &rusqlite::Connection| rows::due(conn, now, 1);
        if self.readers.read(due).await?.is_empty() {
            return Ok(0);
        }
        self.pool_count(PoolChange::Timeouts(now, limit)).await
    }

    async fn stocks(&self) -> Result<Vec<Stock>, StoreError> {
        Ok(self.readers.read(stocks::stocks).await?)
    }

    async fn crossings(&self) -> Result<Vec<Stock>, StoreError> {
        let moved = self.readers.read(stocks::moved).await?;
        if moved.is_empty() {
            return Ok(Vec::new());
        }
        let levels = moved
            .iter()
            .map(|(stock, _)| (stock.name.clone(), stock.level.name()));
        // Stored before it is told: told once, at most.
        self.pool_count(PoolChange::Told(levels.collect())).await?;
        let worse = moved
            .into_iter()
            .filter(|(stock, before)| stock.level.worse_than(*before).is_some());
        Ok(worse.map(|(stock, _)| stock).collect())
    }
}
