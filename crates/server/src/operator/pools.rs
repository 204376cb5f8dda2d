//! The operator's pools of PCIDs (docs/pcids.md; TR 33.812 B.2.2.1): ranges, and
//! batches of {PCID, K} for suppliers, which leave signed and enciphered only.

use clock::Timestamp;
use provisioning::ProvisioningError;
use provisioning::payload::{MilenageKeys, SubscriberKeys};
use provisioning::pcids::MAX_ROWS;
use provisioning::pool::{
    Batch, BatchId, BatchRow, Draw, Holder, PcidState, Pool, PoolName, PoolPlan, PoolStore,
};
use provisioning::ports::OperatorStore;
use tokens::handover;
use tokens::os::OsRandom;
use trust::{Certificate, Purpose, SupplierName, verify_pva_leaf};

use super::{Operator, Shared};
use crate::Error;
use crate::time::{now, time};

/// Numbers whose time has come, for each look.
const BATCH: usize = 256;

/// PCIDs for a supplier.
pub struct Wanted {
    /// The pool.
    pub pool: PoolName,
    /// For whom.
    pub supplier: SupplierName,
    /// How many; one for a group.
    pub count: usize,
    /// The group that is to share one PCID.
    pub group: Option<PoolName>,
}

/// A batch, sealed for its supplier.
#[derive(Clone, Debug)]
pub struct SealedBatch {
    /// Its name.
    pub id: BatchId,
    /// How many PCIDs.
    pub count: usize,
    /// When they expire.
    pub expires: Timestamp,
    /// CMS.
    pub octets: Vec<u8>,
}

impl Operator {
    /// Adds a pool.
    ///
    /// # Errors
    /// Those of [`Pool::new`] and [`PoolStore::add_pool`].
    pub async fn add_pool(&self, plan: PoolPlan) -> Result<(), Error> {
        let pool = Pool::new(plan, self.sho_id())?;
        Ok(self.0.store.add_pool(pool, now()).await?)
    }

    /// Draws {PCID, K} for a supplier and seals them for it.
    ///
    /// # Errors
    /// `unknown-supplier`, `supplier-without-encipherment` before anything is
    /// drawn; `batch-too-large`; `unsupported` for a group where another program is
    /// the HLR; those of [`PoolStore::draw`].
    pub async fn draw_pcids(&self, wanted: Wanted) -> Result<SealedBatch, Error> {
        let shared = &self.0;
        shared.recipient(&wanted.supplier)?;
        let count = match wanted.group {
            Some(_) => 1,
            None => wanted.count,
        };
        if !(1..=MAX_ROWS).contains(&count) {
            return Err(ProvisioningError::refused("batch-too-large").into());
        }
        if wanted.group.is_some() && shared.config.connector.is_some() {
            return Err(ProvisioningError::Unsupported(
                "a shared PCID in an HLR that guards no lease",
            )
            .into());
        }
        let batch = BatchId::random(&mut OsRandom);
        let op = &shared.config.constants.op;
        let draw = Draw {
            pool: wanted.pool,
            batch,
            supplier: wanted.supplier.clone(),
            group: wanted.group,
            now: now(),
            keys: (0..count)
                .map(|_| MilenageKeys::random(op, &mut OsRandom))
                .collect(),
        };
        shared.store.draw(draw).await?;
        tracing::info!(%batch, supplier = %wanted.supplier, count, "PCIDs drawn");
        self.seal_batch(batch).await
    }

    /// Seals a batch again, as long as no device came out of it: its file was
    /// lost.
    ///
    /// # Errors
    /// `unknown-batch`; `batch-in-use`.
    pub async fn seal_batch(&self, id: BatchId) -> Result<SealedBatch, Error> {
        let shared = &self.0;
        let records = shared.store.batch(id).await?;
        let unknown = ProvisioningError::refused("unknown-batch");
        let first = records.first().ok_or(unknown)?;
        let (expires, group) = (first.expires, first.group.clone());
        let Some(Holder::Supplier(supplier)) = first.holder.clone() else {
            return Err(ProvisioningError::refused("batch-in-use").into());
        };
        let mut rows = Vec::new();
        for record in records {
            if record.state != PcidState::Reserved {
                return Err(ProvisioningError::refused("batch-in-use").into());
            }
            let known = shared.store.subscriber(&record.imsi).await?;
            let subscriber = known.ok_or(Error::Unknown("subscriber"))?;
            // Those of a pool are drawn for MILENAGE.
            let SubscriberKeys::Milenage(keys) = subscriber.value.keys().clone() else {
                return Err(ProvisioningError::Unsupported("a PCID of another algorithm").into());
            };
            rows.push(BatchRow {
                imsi: record.imsi,
                keys,
            });
        }
        let recipient = shared.recipient(&supplier)?;
        let batch = Batch {
            id,
            from: self.sho_id().clone(),
            supplier,
            expires,
            group,
            rows,
        };
        let signer = &shared.config.keys.document;
        let octets = handover::seal(&batch.encode(), recipient, signer, &mut OsRandom)?;
        Ok(SealedBatch {
            id,
            count: batch.rows.len(),
            expires,
            octets,
        })
    }

    /// Gives up what nobody used of a batch. Returns how many.
    ///
    /// # Errors
    /// What the store says.
    pub async fn give_up_batch(&self, id: BatchId) -> Result<usize, Error> {
        Ok(self.0.store.give_up_batch(id, now()).await?)
    }
}

impl Shared {
    /// The leaf for which a supplier's batches are enciphered.
    fn recipient(&self, supplier: &SupplierName) -> Result<&Certificate, Error> {
        let known = self
            .config
            .pvas
            .iter()
            .find(|pva| pva.anchor.supplier() == supplier)
            .ok_or(ProvisioningError::refused("unknown-supplier"))?;
        let leaf = known
            .encipherment
            .as_ref()
            .ok_or(ProvisioningError::refused("supplier-without-encipherment"))?;
        verify_pva_leaf(leaf, &known.anchor, Purpose::PeerEncipherment, time())?;
        Ok(leaf)
    }

    /// What time does to numbers, and which stocks run short.
    pub(super) async fn look_at_numbers(&self) -> Result<(), Error> {
        self.store.pcid_timeouts(now(), BATCH).await?;
        for stock in self.store.crossings().await? {
            tracing::warn!(
                stock = stock.name,
                used = stock.used,
                total = stock.total,
                level = stock.level.name(),
                "numbers run short"
            );
        }
        Ok(())
    }
}
