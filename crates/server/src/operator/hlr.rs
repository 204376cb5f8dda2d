//! The HLR/AuC's decisions with their store (TS 33.102 clause 6.3.2; TS 23.002
//! clause 4.1.1.1): a subscriber's SEQ bound is durable before any of its
//! vectors leaves, its serving node before UpdateLocation is answered.

use aka::auc::MAX_VECTORS;
use aka::{Amf, AuthenticationVector, Auts, Imsi, Rand};
use provisioning::ProvisioningError;
use provisioning::hlr::{Domain, Location, Request};
use provisioning::ports::{Commit, OperatorStore, StoreError};
use secret::MaskedImsi;
use tokens::os::OsRandom;

use super::{CONFLICTS, Shared};
use crate::Error;
use crate::time::now;

/// A request for vectors.
#[derive(Clone)]
pub(super) struct Wanted {
    pub(super) domain: Domain,
    pub(super) count: usize,
    pub(super) amf: Amf,
    pub(super) resync: Option<(Rand, Auts)>,
}

impl Shared {
    /// SendAuthInfo.
    pub(super) async fn vectors(
        &self,
        imsi: &Imsi,
        node: &str,
        wanted: &Wanted,
    ) -> Result<Vec<AuthenticationVector>, Error> {
        let mut request = Request {
            node,
            domain: wanted.domain,
            count: wanted.count.clamp(1, MAX_VECTORS),
            amf: wanted.amf,
            resync: wanted.resync.as_ref().map(|(rand, auts)| (rand, auts)),
        };
        if wanted.resync.is_some() {
            tracing::info!(imsi = %MaskedImsi(imsi.digits()), node, "resynchronises a subscriber");
        }
        let entry = self.entry(imsi).await?;
        let mut slot = entry.slot.lock().await;
        for _ in 0..CONFLICTS {
            let (mut ready, mut numbers) = self.ready(imsi, &entry, &mut slot).await?;
            let subscriber = &mut ready.known.value;
            let held = match subscriber.hold() {
                None => Ok(false),
                Some(hold) => {
                    // No vector is left over for a second device of the group.
                    request.count = 1;
                    hold.ask(node, wanted.resync.is_some(), now(), &self.config.lease)
                }
            };
            let held = match held {
                Ok(held) => held,
                Err(error) => {
                    slot.keep(ready, numbers);
                    return Err(error.into());
                }
            };
            let before = subscriber.authentication_mark();
            let vectors =
                subscriber.vectors(&*ready.algorithm, &mut numbers, &request, &mut OsRandom);
            if !held && subscriber.authentication_mark() == before {
                slot.keep(ready, numbers);
                return Ok(vectors?);
            }
            let vectors = vectors?;
            // Until the new bound is stored nothing is in memory: numbers above
            // the stored bound must not survive a commit that failed.
            let commit = Commit {
                subscribers: vec![ready.known.clone()],
                ..Commit::default()
            };
            match self.commit(commit).await {
                Err(StoreError::Conflict) => {}
                stored => {
                    stored?;
                    ready.committed();
                    slot.keep(ready, numbers);
                    return Ok(vectors);
                }
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// Whether the HLR has this subscriber, and it may be anywhere at all.
    pub(super) async fn check_enabled(&self, imsi: &Imsi) -> Result<(), Error> {
        let entry = self.entry(imsi).await?;
        let mut slot = entry.slot.lock().await;
        let (ready, numbers) = self.ready(imsi, &entry, &mut slot).await?;
        let enabled = ready.known.value.is_enabled();
        slot.keep(ready, numbers);
        match enabled {
            true => Ok(()),
            false => Err(Error::Unknown("subscriber")),
        }
    }

    /// UpdateLocation: the subscriber is here from now on; the node that had it
    /// before is told. Where a device of ours is seen for the first time, its
    /// connectivity bootstrap goes out (step 0', automatic device detection).
    pub(super) async fn update_location(
        &self,
        imsi: &Imsi,
        domain: Domain,
        here: &Location,
    ) -> Result<(), Error> {
        let entry = self.entry(imsi).await?;
        let mut slot = entry.slot.lock().await;
        for _ in 0..CONFLICTS {
            let (mut ready, numbers) = self.ready(imsi, &entry, &mut slot).await?;
            let before = ready.known.value.location(domain);
            let hold = ready.known.value.hold();
            let is_shared = hold.is_some();
            if let Some(hold) = hold {
                hold.locate(&here.node, now(), &self.config.lease)?;
            }
            let moved = ready.known.value.update_location(domain, here)?;
            let mut commit = Commit {
                reachable: vec![imsi.clone()],
                ..Commit::default()
            };
            let is_new = is_shared || moved.first || before.as_ref() != Some(here);
            if is_new {
                commit.subscribers.push(ready.known.clone());
            }
            if moved.first {
                self.detect(imsi, &mut commit).await?;
            }
            match self.commit(commit).await {
                Err(StoreError::Conflict) => {}
                stored => {
                    stored?;
                    if is_new {
                        ready.committed();
                    }
                    slot.keep(ready, numbers);
                    tracing::info!(imsi = %MaskedImsi(imsi.digits()), node = here.node, "located");
                    if let Some(left) = moved.left {
                        self.moved_away(imsi, domain, left);
                    }
                    return Ok(());
                }
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// PurgeMS: the node has forgotten the subscriber. A shared PCID is free for
    /// the next device of its group.
    pub(super) async fn purge(
        &self,
        imsi: &Imsi,
        domain: Domain,
        there: &Location,
    ) -> Result<(), Error> {
        let entry = self.entry(imsi).await?;
        let mut slot = entry.slot.lock().await;
        for _ in 0..CONFLICTS {
            let (mut ready, numbers) = self.ready(imsi, &entry, &mut slot).await?;
            let hold = ready.known.value.hold();
            let was_held = hold.is_some_and(|hold| hold.purge(&there.node));
            if !ready.known.value.purge(domain, there) && !was_held {
                slot.keep(ready, numbers);
                return Ok(());
            }
            let commit = Commit {
                subscribers: vec![ready.known.clone()],
                ..Commit::default()
            };
            match self.commit(commit).await {
                Err(StoreError::Conflict) => {}
                stored => {
                    stored?;
                    ready.committed();
                    slot.keep(ready, numbers);
                    return Ok(());
                }
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// A subscriber that is no device of ours yet, a new one on probation for
    /// example, gets its network from the DPF.
    async fn detect(&self, imsi: &Imsi, commit: &mut Commit) -> Result<(), Error> {
        let Some(mut device) = self.store.subscription_of(imsi).await? else {
            return Ok(());
        };
        let pushed = device
            .value
            .connectivity(&self.acceptor(), &self.config.drf_url);
        match pushed {
            Ok(effects) => {
                commit.subscriptions.push(device);
                commit.effects.extend(effects);
                Ok(())
            }
            Err(ProvisioningError::Refused(reason)) => {
                tracing::info!(tre = %device.value.tre_id(), %reason, "no connectivity bootstrap");
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}
