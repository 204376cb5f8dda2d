//! The fleet owner: registers each device with the next operator, with the
//! token that the present one gives, and waits until the order is over.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use provisioning::OrderId;
use provisioning::ports::OperatorStore;
use provisioning::recipient::{OrderState, Registration};
use server::operator::Operator;
use sim::radio::Coverage;
use tokio::time::sleep;

use super::fleet::Owned;
use super::progress::Progress;

/// How often an order is looked at.
const INTERVAL: Duration = Duration::from_millis(100);

/// What the owner works with.
pub(super) struct Owner {
    /// The operators in the order of the moves.
    pub(super) operators: Vec<Operator>,
    /// Devices with a lower number than this have no cell with a new MCIM.
    pub(super) without_cell: u32,
    pub(super) coverage: Coverage,
    pub(super) progress: Arc<Progress>,
}

impl Owner {
    /// Where there is no cell, told to the radio before any device attaches:
    /// for orders that an earlier run has made.
    pub(super) async fn deny_known(&self, devices: &[Owned]) -> Result<()> {
        for device in devices
            .iter()
            .filter(|device| device.number < self.without_cell)
        {
            for operator in self.operators.iter().skip(1) {
                if let Some((order, _)) = operator.store().order_of(&device.tre_id).await? {
                    self.coverage.deny(order.value.imsi().digits());
                }
            }
        }
        Ok(())
    }

    /// All moves of one device.
    pub(super) async fn run(&self, device: &Owned) -> Result<()> {
        for pair in self.operators.windows(2) {
            let [from, to] = pair else { continue };
            let order_id = self.order(device, from, to).await?;
            let state = self.wait(to, order_id).await?;
            self.progress.moved(state);
            if state != OrderState::Completed {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The device's order at `to`, made if there is none.
    async fn order(&self, device: &Owned, from: &Operator, to: &Operator) -> Result<OrderId> {
        if let Some((order, _)) = to.store().order_of(&device.tre_id).await? {
            return Ok(order.value.order_id());
        }
        let token = from.issue_token(&device.tre_id, to.sho_id()).await?;
        let order_id = to
            .register(Registration {
                tre_id: device.tre_id.clone(),
                from: from.sho_id().clone(),
                certificates: device.certificates.clone(),
                token: Some(token),
            })
            .await?;
        if device.number < self.without_cell
            && let Some((order, _)) = to.store().order(order_id).await?
        {
            self.coverage.deny(order.value.imsi().digits());
        }
        Ok(order_id)
    }

    async fn wait(&self, to: &Operator, order_id: OrderId) -> Result<OrderState> {
        loop {
            if let Some((order, _)) = to.store().order(order_id).await?
                && order.value.is_over()
            {
                return Ok(order.value.state());
            }
            sleep(INTERVAL).await;
        }
    }
}
