//! One step of an aggregate: load it, call the engine, store what it changed
//! with what is to be sent (house rule "store, then answer"). A step that meets
//! a change by somebody else is repeated from the start.

use provisioning::donor::Subscription;
use provisioning::effect::Effect;
use provisioning::ports::{Commit, OperatorStore, OutboxId, StoreError, Versioned};
use provisioning::recipient::{Order, TreCertificates};
use provisioning::{OrderId, ProvisioningError};
use tre::TreId;

use super::{CONFLICTS, Shared};
use crate::Error;

/// What a step gives beside the changed aggregate.
pub(super) type Stepped<T, E = ProvisioningError> = Result<(T, Vec<Effect>), E>;

impl Shared {
    /// A step of one of our orders. It is stored after a refusal too: the order
    /// keeps the reason, or that a clone is suspected.
    pub(super) async fn at_order<T>(
        &self,
        order_id: OrderId,
        delivered: &[OutboxId],
        mut step: impl FnMut(&mut Order, &TreCertificates) -> Stepped<T>,
    ) -> Result<T, Error> {
        for _ in 0..CONFLICTS {
            let known = self.store.order(order_id).await?;
            let (mut order, certificates) = known.ok_or(Error::Unknown("order"))?;
            let (result, effects) = match step(&mut order.value, &certificates) {
                Ok((value, effects)) => (Ok(value), effects),
                Err(error) => (Err(error), Vec::new()),
            };
            let commit = Commit {
                orders: vec![order],
                effects,
                delivered: delivered.to_vec(),
                ..Commit::default()
            };
            match self.commit(commit).await {
                Err(StoreError::Conflict) => {}
                stored => {
                    stored?;
                    return Ok(result?);
                }
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// A step of a device that is or was ours. After a refusal only the
    /// suspicion of a clone is stored: whoever sends nonsense writes nothing.
    pub(super) async fn at_subscription<T, E>(
        &self,
        tre_id: &TreId,
        mut step: impl FnMut(&mut Subscription) -> Stepped<T, E>,
    ) -> Result<T, Error>
    where
        Error: From<E>,
    {
        for _ in 0..CONFLICTS {
            let known = self.store.subscription(tre_id).await?;
            let mut subscription = known.ok_or(Error::Unknown("device"))?;
            let suspected = subscription.value.clone_suspected();
            let (result, effects) = match step(&mut subscription.value) {
                Ok((value, effects)) => (Ok(value), effects),
                Err(error) => (Err(error), Vec::new()),
            };
            let newly_suspected = subscription.value.clone_suspected() && !suspected;
            if result.is_err() && !newly_suspected {
                return Ok(result?);
            }
            let commit = Commit {
                subscriptions: vec![subscription],
                effects,
                ..Commit::default()
            };
            match self.commit(commit).await {
                Err(StoreError::Conflict) => {}
                stored => {
                    stored?;
                    return Ok(result?);
                }
            }
        }
        Err(StoreError::Conflict.into())
    }
}

/// An aggregate that is stored for the first time.
pub(super) fn new<T>(value: T) -> Versioned<T> {
    Versioned { value, version: 0 }
}
