//! Subscribers in an HLR outside of this program (docs/hlr-connectors.md; TS 23.002
//! clause 4.1.1.1). The row in the store is what is wanted; a commit that changes it
//! puts the subscriber into the outbox, and what waits there is done when the HLR was
//! read and is like the row. One at a time for each subscriber.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aka::Imsi;
use gsup::{Body, Cause, Message};
use provisioning::effect::Effect;
use provisioning::ports::hlr::{HlrPort, settle};
use provisioning::ports::{Commit, OperatorStore, StoreError};
use trust::ShoId;

use super::Shared;
use crate::Error;

/// How our visited networks name themselves in GSUP.
pub(crate) const VNO_PREFIX: &str = "VNO-";

/// Subscribers that are being brought to their row.
#[derive(Default)]
pub(super) struct UnderWay(Mutex<HashMap<Imsi, Arc<tokio::sync::Mutex<()>>>>);

impl UnderWay {
    fn lock(&self) -> MutexGuard<'_, HashMap<Imsi, Arc<tokio::sync::Mutex<()>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, imsi: &Imsi) -> Arc<tokio::sync::Mutex<()>> {
        Arc::clone(self.lock().entry(imsi.clone()).or_default())
    }

    /// Forgets those that nobody holds.
    fn tidy(&self) {
        self.lock().retain(|_, one| Arc::strong_count(one) > 1);
    }
}

/// The subscribers whose row a commit may change. What the store changes by itself,
/// its pools for one, it adds.
pub(super) fn touched(commit: &Commit) -> Vec<Imsi> {
    let effects = commit.effects.iter().filter_map(Effect::subscriber);
    let rows = commit.subscribers.iter().map(|row| row.value.imsi());
    rows.chain(effects).cloned().collect()
}

/// What serving nodes hear from a node whose subscribers are in another HLR.
pub(super) fn elsewhere(message: &Message) -> Option<Message> {
    let body = match &message.body {
        Body::SendAuthInfoRequest(_) => Body::SendAuthInfoError(Cause::ImsiUnknown),
        Body::UpdateLocationRequest => Body::UpdateLocationError(Cause::ImsiUnknown),
        Body::PurgeMsRequest { .. } => Body::PurgeMsError(Cause::ImsiUnknown),
        _ => return None,
    };
    let header = message.header.reply();
    Some(Message { header, body })
}

impl Shared {
    /// Returns when the HLR outside was read and has the subscriber as its row says;
    /// at once where the HLR is our own.
    pub(super) async fn provisioned(&self, imsi: &Imsi) -> Result<(), Error> {
        let Some(hlr) = &self.config.connector else {
            return Ok(());
        };
        let settled = {
            let own = self.external.of(imsi);
            let _one = own.lock().await;
            let row = self.store.subscriber(imsi).await?;
            settle(hlr, imsi, row.as_ref().map(|row| &row.value)).await
        };
        self.external.tidy();
        Ok(settled?)
    }

    /// Every subscriber is compared after a start: the HLR may have been given to
    /// this node only now, or changed by others.
    pub(super) async fn provision_all(&self) -> Result<(), StoreError> {
        if self.config.connector.is_some() {
            self.store.provision_all().await?;
        }
        Ok(())
    }

    /// The visited network that has the subscriber, as the last UpdateLocation said.
    /// An HLR outside knows no more than what that node called itself: the name is a
    /// reason to try a registered peer, who shows its certificate and gets what only
    /// the device can open or is signed by us.
    pub(super) async fn serving(&self, imsi: &Imsi) -> Result<Option<ShoId>, Error> {
        let Some(hlr) = &self.config.connector else {
            let subscriber = self.store.subscriber(imsi).await?;
            let node = subscriber.as_ref().and_then(|row| row.value.serving_node());
            return Ok(node.and_then(|node| node.parse().ok()));
        };
        let record = hlr.read(imsi).await?;
        let name = record.and_then(|record| record.serving_node);
        let name = name
            .as_deref()
            .and_then(|name| name.strip_prefix(VNO_PREFIX));
        Ok(name.and_then(|name| name.parse().ok()))
    }
}
