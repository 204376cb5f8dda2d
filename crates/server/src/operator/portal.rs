//! What the operator's own people and its subscribers ask for (docs/
//! operator-change.md sections 1 and 4; TR 33.812 B.2.3.2): devices with their
//! initial credentials, transfer tokens, registrations.

use std::time::Instant;

use aka::Imsi;
use provisioning::donor::{Acceptor, Home, Subscription};
use provisioning::effect::Effect;
use provisioning::hlr::Subscriber;
use provisioning::payload::{MilenageKeys, SubscriberKeys};
use provisioning::pcids::{self, PcidRow};
use provisioning::pool::PoolStore;
use provisioning::ports::{Commit, OperatorStore};
use provisioning::recipient::{Order, Registrar, Registration, TreCertificates};
use provisioning::{McimId, OrderId, ProvisioningError, Step};
use secret::Secret;
use tokens::handover;
use tokens::os::OsRandom;
use tre::TreId;
use trust::ShoId;

use super::steps::new;
use super::{Operator, Shared};
use crate::Error;
use crate::time::{now, time};

/// A device that was made for this operator with one of its PCIDs.
#[derive(Clone)]
pub struct MadeDevice {
    /// The device's TRE.
    pub tre_id: TreId,
    /// Its CertTREs.
    pub certificates: TreCertificates,
    /// The PCID, in the format of an IMSI of this operator.
    pub imsi: Imsi,
}

impl Operator {
    /// The {PCID, K} for a device that is to be made: drawn at the first call,
    /// the same at every other, for MILENAGE. It may not attach before the device is known.
    ///
    /// # Errors
    /// `imsi-not-of-sho`; `pcid-in-use` once a device has it; `imsi-of-a-pool`
    /// for a number that is drawn and not chosen.
    pub async fn pcid(&self, imsi: &Imsi) -> Result<SubscriberKeys, Error> {
        let shared = &self.0;
        self.check_own(imsi)?;
        if shared.store.subscription_of(imsi).await?.is_some() {
            return Err(ProvisioningError::refused("pcid-in-use").into());
        }
        let pools = shared.store.pools().await?;
        if pools.iter().any(|status| status.pool.contains(imsi)) {
            return Err(ProvisioningError::refused("imsi-of-a-pool").into());
        }
        if let Some(known) = shared.store.subscriber(imsi).await? {
            return Ok(known.value.keys().clone());
        }
        let op = &shared.config.constants.op;
        let keys = SubscriberKeys::from(MilenageKeys::random(op, &mut OsRandom));
        let commit = Commit {
            subscribers: vec![new(Subscriber::new(imsi.clone(), keys.clone()))],
            ..Commit::default()
        };
        shared.commit(commit).await?;
        Ok(keys)
    }

    /// Takes over a device that was made for this operator: its PCID may attach
    /// from now on. The same one again changes nothing.
    ///
    /// # Errors
    /// `unknown-pva` or what is wrong with the certificates; `unknown-pcid`;
    /// `pcid-in-use` for a PCID of another device; `device-differs` for a
    /// device that is known with another PCID; for a PCID of a pool those of
    /// [`provisioning::pool::PcidRecord::assign`].
    pub async fn import(&self, device: MadeDevice) -> Result<(), Error> {
        self.import_with(device, None).await
    }

    /// The same with the keys of a PCID that is not known yet.
    async fn import_with(
        &self,
        device: MadeDevice,
        keys: Option<SubscriberKeys>,
    ) -> Result<(), Error> {
        let shared = &self.0;
        device
            .certificates
            .verify(&device.tre_id, &shared.pvas, time())?;
        self.check_own(&device.imsi)?;
        if let Some(known) = shared.store.subscription(&device.tre_id).await? {
            return if *known.value.imsi() == device.imsi {
                Ok(())
            } else {
                Err(ProvisioningError::refused("device-differs").into())
            };
        }
        if shared.store.subscription_of(&device.imsi).await?.is_some() {
            return Err(ProvisioningError::refused("pcid-in-use").into());
        }
        let known = shared.store.subscriber(&device.imsi).await?;
        let made = keys.map(|keys| new(Subscriber::new(device.imsi.clone(), keys)));
        let unknown = ProvisioningError::refused("unknown-pcid");
        let mut subscriber = known.or(made).ok_or(unknown)?;
        let shared_pcid = subscriber.value.is_shared();
        let subscribers = if subscriber.value.is_enabled() {
            // Another one of its group was here first.
            Vec::new()
        } else {
            subscriber.value.set_enabled(true);
            vec![subscriber]
        };
        let mcim_id = McimId::of_pcid(&device.tre_id, &device.imsi);
        let signature = device.certificates.signature;
        let (tre_id, imsi) = (device.tre_id, device.imsi);
        let subscription = Subscription::new(tre_id.clone(), signature, imsi.clone(), mcim_id, 0)?;
        let mut subscription = match shared_pcid {
            true => subscription.sharing(),
            false => subscription,
        };
        // An HLR outside of this program tells of no first attach: the bootstrap of
        // step 0' waits until the device is in a network.
        let mut effects = match &shared.config.connector {
            Some(_) if !shared_pcid => {
                subscription.connectivity(&shared.acceptor(), &shared.config.drf_url)?
            }
            _ => Vec::new(),
        };
        let at = now();
        effects.push(Effect::AssignPcid { imsi, tre_id, at });
        let commit = Commit {
            subscriptions: vec![new(subscription)],
            subscribers,
            effects,
            ..Commit::default()
        };
        Ok(shared.commit(commit).await?)
    }

    /// Takes over devices that a supplier hands over with their credentials, a
    /// result for each. Those that are known already stay as they are.
    ///
    /// # Errors
    /// What is wrong with the handover as a whole; nothing is imported then.
    pub async fn import_handover(
        &self,
        octets: &[u8],
    ) -> Result<Vec<(TreId, Result<(), Error>)>, Error> {
        let rows = self.0.open_handover(octets)?;
        let mut results = Vec::new();
        for row in rows {
            let tre_id = row.tre_id.clone();
            results.push((tre_id, self.import_row(row).await));
        }
        Ok(results)
    }

    async fn import_row(&self, row: PcidRow) -> Result<(), Error> {
        let shared = &self.0;
        self.check_own(&row.imsi)?;
        let known = shared.store.subscriber(&row.imsi).await?;
        let keys = match &known {
            None => {
                // Only a device that is not known yet: one that has left does not
                // get its old credentials back.
                if shared.store.subscription(&row.tre_id).await?.is_some() {
                    return Ok(());
                }
                Some(row.keys)
            }
            // A TRE made with another K than the one here could never attach.
            Some(subscriber) if !subscriber.value.keys().ct_eq(&row.keys) => {
                return Err(ProvisioningError::refused("pcid-differs").into());
            }
            Some(_) => None,
        };
        let device = MadeDevice {
            tre_id: row.tre_id,
            certificates: row.certificates,
            imsi: row.imsi,
        };
        self.import_with(device, keys).await
    }

    fn check_own(&self, imsi: &Imsi) -> Result<(), Error> {
        if imsi.digits().starts_with(&self.sho_id().prefix()) {
            Ok(())
        } else {
            Err(ProvisioningError::refused("imsi-not-of-sho").into())
        }
    }

    /// A token with which `to` may take the device away, shown this once.
    ///
    /// # Errors
    /// [`Error::Unknown`]; `not-current-sho`, `too-many-tokens`.
    pub async fn issue_token(&self, tre_id: &TreId, to: &ShoId) -> Result<Secret<String>, Error> {
        self.0
            .at_subscription(tre_id, |subscription| {
                let token = subscription.issue_token(to.clone(), &mut OsRandom)?;
                Ok::<_, ProvisioningError>((token, Vec::new()))
            })
            .await
    }

    /// Step 1: a subscriber registers a device that is another operator's.
    ///
    /// # Errors
    /// `unknown-sho` for an operator that is not registered here;
    /// `order-in-progress`; `already-current-sho`; those of
    /// [`Order::register`].
    pub async fn register(&self, registration: Registration) -> Result<OrderId, Error> {
        let began = Instant::now();
        let shared = &self.0;
        shared.check_free(&registration).await?;
        let certificates = registration.certificates.clone();
        // Before a number is taken for it, which nobody gets back.
        certificates.verify(&registration.tre_id, &shared.pvas, time())?;
        let imsi = shared.store.take_imsi(&self.sho_id().prefix()).await?;
        let registrar = shared.registrar();
        let (order, effects) = Order::register(registration, &registrar, imsi, &mut OsRandom)?;
        let order_id = order.order_id();
        let commit = Commit {
            orders: vec![new(order)],
            certificates: vec![(order_id, certificates)],
            effects,
            ..Commit::default()
        };
        shared.commit(commit).await?;
        shared.watch.done(Step::Registration, began.elapsed());
        tracing::info!(order = %order_id, plmn = %self.sho_id(), "registered");
        Ok(order_id)
    }

    /// Approves an order that waits for it (transfer policy `approve`).
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::Denied`].
    pub async fn approve(
        &self,
        tre_id: &TreId,
        order_id: OrderId,
        to: &ShoId,
    ) -> Result<(), Error> {
        let shared = &self.0;
        let peer = shared.config.peers.by_sho_id(to);
        let peer = peer.ok_or(Error::Unknown("peer"))?.peer.clone();
        shared
            .at_subscription(tre_id, |subscription| {
                let effects = subscription.approve(&shared.acceptor(), order_id, &peer, time())?;
                Ok::<_, provisioning::donor::Denial>(((), effects))
            })
            .await
    }

    /// Ends an order by which the device would leave, before its bootstrap is
    /// sent.
    ///
    /// # Errors
    /// [`Error::Unknown`]; `unknown-order`, `out-of-order`.
    pub async fn cancel(&self, tre_id: &TreId, order_id: OrderId) -> Result<(), Error> {
        self.0
            .at_subscription(tre_id, |subscription| {
                subscription.cancel(order_id)?;
                Ok::<_, ProvisioningError>(((), Vec::new()))
            })
            .await
    }
}

impl Shared {
    /// The rows of a handover, by whichever supplier signed it.
    fn open_handover(&self, octets: &[u8]) -> Result<Vec<PcidRow>, Error> {
        let mut last = Error::Unknown("supplier who hands over");
        for pva in &self.config.pvas {
            let Some(signer) = &pva.document else {
                continue;
            };
            let own = &self.config.keys.encipherment;
            match handover::open(octets, signer, &pva.anchor, time(), own, &mut OsRandom) {
                Ok(plain) => {
                    let rows = pcids::decode(&plain)?;
                    let supplier = pva.anchor.supplier().as_str();
                    return if rows.iter().all(|row| row.tre_id.supplier() == supplier) {
                        Ok(rows)
                    } else {
                        Err(ProvisioningError::refused("tre-of-another-supplier").into())
                    };
                }
                Err(error) => last = error.into(),
            }
        }
        Err(last)
    }

    /// A device has one order at a time, and is not already ours. Two
    /// registrations at one moment may both pass: then the donor refuses one.
    async fn check_free(&self, registration: &Registration) -> Result<(), Error> {
        if self.config.peers.by_sho_id(&registration.from).is_none() {
            return Err(ProvisioningError::refused("unknown-sho").into());
        }
        let tre_id = &registration.tre_id;
        let open = self.store.order_of(tre_id).await?;
        if open.is_some_and(|(order, _)| !order.value.is_over()) {
            return Err(ProvisioningError::refused("order-in-progress").into());
        }
        let home = self.store.subscription(tre_id).await?;
        if home.is_some_and(|known| *known.value.home() == Home::Here) {
            return Err(ProvisioningError::refused("already-current-sho").into());
        }
        Ok(())
    }

    fn registrar(&self) -> Registrar<'_> {
        let config = &self.config;
        Registrar {
            now: now(),
            time: time(),
            sho_id: config.sho_id(),
            keys: &config.keys.keys,
            constants: &config.constants,
            pvas: &self.pvas,
            suites: &config.suites,
            terms: config.terms,
            lifetime: config.lifetime,
            prov_urls: &config.prov_urls,
            drf_url: &config.drf_url,
            server_id: &config.server_id,
        }
    }

    pub(super) fn acceptor(&self) -> Acceptor<'_> {
        let config = &self.config;
        Acceptor {
            now: now(),
            policy: &config.policy,
            keys: &config.keys.keys,
            from: config.sho_id(),
            access: &config.access,
        }
    }
}
