//! Durable deadlines: orders that no device took up, departures without a
//! release, retained credentials. A deadline is a moment of UTC that is stored
//! with its aggregate, so that no restart loses or shortens it.

use std::sync::Arc;
use std::time::Duration;

use provisioning::ports::OperatorStore;
use provisioning::{OrderId, ProvisioningError};
use tokio::time::sleep;
use tre::TreId;

use super::Shared;
use crate::Error;
use crate::time::now;

const INTERVAL: Duration = Duration::from_secs(1);
/// Aggregates for each look.
const BATCH: usize = 256;

/// Runs until it is dropped.
pub(super) async fn run(shared: Arc<Shared>) {
    loop {
        if let Err(error) = shared.tick().await {
            tracing::warn!(reason = %error.reason(), "deadlines could not be looked at");
        }
        sleep(INTERVAL).await;
    }
}

impl Shared {
    async fn tick(&self) -> Result<(), Error> {
        if let Err(error) = self.look_at_numbers().await {
            tracing::warn!(reason = %error.reason(), "numbers could not be looked at");
        }
        let (orders, devices) = self.store.due(now(), BATCH).await?;
        // One that fails must not keep the others waiting.
        for order_id in orders {
            if let Err(error) = self.order_due(order_id).await {
                tracing::warn!(order = %order_id, reason = %error.reason(), "a deadline failed");
            }
        }
        for tre_id in devices {
            if let Err(error) = self.device_due(&tre_id).await {
                tracing::warn!(tre = %tre_id, reason = %error.reason(), "a deadline failed");
            }
        }
        Ok(())
    }

    async fn order_due(&self, order_id: OrderId) -> Result<(), Error> {
        self.at_order(order_id, &[], |order, _| {
            Ok(((), order.handle_timeout(now())))
        })
        .await
    }

    async fn device_due(&self, tre_id: &TreId) -> Result<(), Error> {
        self.at_subscription(tre_id, |subscription| {
            Ok::<_, ProvisioningError>(((), subscription.handle_timeout(now())))
        })
        .await
    }
}
