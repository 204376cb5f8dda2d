//! The HLR/AuC's decisions with their store (TS 33.102 clause 6.3.2; TS 23.002
//! clause 4.1.1.1): a subscriber's SEQ bound is durable before any of its
//! vectors leaves, its serving node before UpdateLocation is answered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aka::auc::{MAX_VECTORS, SeqReservation};
use aka::{AuthenticationVector, Auts, Imsi, Rand};
use provisioning::ProvisioningError;
use provisioning::hlr::Subscriber;
use provisioning::ports::{Commit, OperatorStore, StoreError, Versioned};
use secret::MaskedImsi;
use tokens::os::OsRandom;

use super::{CONFLICTS, Shared};
use crate::Error;

/// The subscriber's numbers in memory, while one request uses them.
type Numbers = Arc<tokio::sync::Mutex<Option<SeqReservation>>>;

/// The numbers that are reserved in the store and not used yet.
#[derive(Default)]
pub(super) struct Reservations(Mutex<HashMap<Imsi, Numbers>>);

impl Reservations {
    fn of(&self, imsi: &Imsi) -> Numbers {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(imsi.clone()).or_default())
    }
}

/// A request for vectors.
#[derive(Clone)]
pub(super) struct Wanted {
    pub(super) count: usize,
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
        let known = self.store.subscriber(imsi).await?;
        // A number that nobody has leaves no trace in memory.
        known.ok_or(Error::Unknown("subscriber"))?;
        let numbers = self.hlr.of(imsi);
        let mut numbers = numbers.lock().await;
        for _ in 0..CONFLICTS {
            let known = self.store.subscriber(imsi).await?;
            let subscriber = known.ok_or(Error::Unknown("subscriber"))?;
            // Until the new bound is stored nothing is in memory: numbers above
            // the stored bound must not survive a commit that failed.
            let reservation = numbers
                .take()
                .unwrap_or_else(|| subscriber.value.reservation());
            match self.issue(subscriber, reservation, node, wanted).await {
                Err(Error::Store(StoreError::Conflict)) => {}
                Err(error) => return Err(error),
                Ok((vectors, reservation)) => {
                    *numbers = Some(reservation);
                    return Ok(vectors);
                }
            }
        }
        Err(StoreError::Conflict.into())
    }

    async fn issue(
        &self,
        mut subscriber: Versioned<Subscriber>,
        mut reservation: SeqReservation,
        node: &str,
        wanted: &Wanted,
    ) -> Result<(Vec<AuthenticationVector>, SeqReservation), Error> {
        let count = wanted.count.clamp(1, MAX_VECTORS);
        let resync = wanted.resync.as_ref().map(|(rand, auts)| (rand, auts));
        if wanted.resync.is_some() {
            tracing::info!(imsi = %MaskedImsi(subscriber.value.imsi().digits()), node,
                "resynchronises a subscriber");
        }
        let before = subscriber.value.authentication_mark();
        let vectors =
            subscriber
                .value
                .vectors(&mut reservation, node, count, resync, &mut OsRandom)?;
        if subscriber.value.authentication_mark() != before {
            let commit = Commit {
                subscribers: vec![subscriber],
                ..Commit::default()
            };
            self.commit(commit).await?;
        }
        Ok((vectors, reservation))
    }

    /// Whether the HLR has this subscriber, and it may be anywhere at all.
    pub(super) async fn check_enabled(&self, imsi: &Imsi) -> Result<(), Error> {
        let known = self.store.subscriber(imsi).await?;
        match known.is_some_and(|known| known.value.is_enabled()) {
            true => Ok(()),
            false => Err(Error::Unknown("subscriber")),
        }
    }

    /// UpdateLocation: the subscriber is at `node` from now on. Where a device
    /// of ours is seen for the first time, its connectivity bootstrap goes out
    /// (step 0', automatic device detection).
    pub(super) async fn update_location(&self, imsi: &Imsi, node: &str) -> Result<(), Error> {
        for _ in 0..CONFLICTS {
            let known = self.store.subscriber(imsi).await?;
            let mut subscriber = known.ok_or(Error::Unknown("subscriber"))?;
            let first = subscriber.value.update_location(node)?;
            let mut commit = Commit {
                subscribers: vec![subscriber],
                reachable: vec![imsi.clone()],
                ..Commit::default()
            };
            if first {
                self.detect(imsi, &mut commit).await?;
            }
            match self.commit(commit).await {
                Err(StoreError::Conflict) => {}
                stored => {
                    stored?;
                    tracing::info!(imsi = %MaskedImsi(imsi.digits()), node, "located");
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
            Err(ProvisioningError::Refused(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
