//! What the device has stored, and the agent that works on it. The TRE's sealed
//! state and the host's memory change in one transaction; memory that is ahead
//! of a store which failed is thrown away (docs/operator-change.md section 7,
//! "TRE state").

use std::time::Duration;

use provisioning::agent::{Agent, Host};
use provisioning::tre::Tre;
use secret::SecretBytes;
use store::{DeviceStore, StoreKey};
use tokens::os::OsRandom;
use tokens::{FileBackend, Protection, TrePackage};

use crate::validation::{KeptClock, Time};
use crate::{Clock, DeviceConfig, Error};

/// The number of the store's key: a device has one.
pub(crate) const KEY: u32 = 1;
/// The secure clock's counter, among the TRE's files.
pub(crate) const CLOCK_COUNTER: &str = "clock-counter";

/// An agent and what was stored of it.
pub(crate) struct Kept {
    pub(crate) agent: Agent<FileBackend<OsRandom>>,
    store: DeviceStore,
    sealed: Vec<u8>,
    host: SecretBytes,
    time: Time,
    clock: Option<KeptClock>,
}

impl Kept {
    /// Goes on from what was stored last: at the very first start from the
    /// state in which the TRE left its maker. Blocks.
    pub(crate) fn open(config: &DeviceConfig) -> Result<Self, Error> {
        let store = DeviceStore::open(&config.store, StoreKey::new(KEY, config.key.secret())?)?;
        let protection = Protection::Encrypted(&config.key);
        let (time, clock) = start(config, &store)?;
        let Some(stored) = store.get()? else {
            let tre = TrePackage::open(&config.tre, protection, OsRandom)?;
            return Ok(Self {
                agent: Agent::new(tre, Host::default()),
                store,
                sealed: TrePackage::first_state(&config.tre)?,
                host: SecretBytes::new(Vec::new()),
                time,
                clock,
            });
        };
        let backend = FileBackend::open(&config.tre, protection, OsRandom)?;
        let tre = Tre::open(backend, &stored.sealed)?;
        let host: Host = serde_json::from_slice(stored.host.expose())?;
        Ok(Self {
            agent: Agent::new(tre, host),
            store,
            sealed: stored.sealed,
            host: stored.host,
            time,
            clock,
        })
    }

    /// What is known of the time.
    pub(crate) fn time(&self) -> Time {
        self.time.clone()
    }

    /// The secure clock, if the device has one.
    pub(crate) fn clock(&self) -> Option<&KeptClock> {
        self.clock.as_ref()
    }

    /// Stores the clock's state if it moved by `least` or more. Blocks, and lets the
    /// runtime know.
    pub(crate) fn keep_clock(&mut self, least: Duration) -> Result<(), Error> {
        let (clock, store) = (&mut self.clock, &mut self.store);
        match clock {
            Some(clock) => tokio::task::block_in_place(|| clock.keep(store, least)),
            None => Ok(()),
        }
    }

    /// Stores what changed, if anything did. Durable when it returns. Blocks,
    /// and lets the runtime know.
    pub(crate) fn commit(&mut self) -> Result<(), Error> {
        let host = SecretBytes::new(serde_json::to_vec(self.agent.host())?);
        let pending = self.agent.tre_mut().stage()?;
        if pending.is_none() && host.ct_eq(&self.host) {
            return Ok(());
        }
        let sealed = match &pending {
            Some(pending) => pending.octets().to_vec(),
            None => self.sealed.clone(),
        };
        let store = &mut self.store;
        tokio::task::block_in_place(|| store.put(&sealed, host.expose()))?;
        (self.sealed, self.host) = (sealed, host);
        if let Some(pending) = pending {
            let tre = self.agent.tre_mut();
            tokio::task::block_in_place(|| tre.stored(pending))?;
        }
        Ok(())
    }
}

/// The clock, from what was stored of it.
fn start(config: &DeviceConfig, store: &DeviceStore) -> Result<(Time, Option<KeptClock>), Error> {
    match &config.clock {
        Clock::Trusted => Ok((Time::System, None)),
        Clock::Floor(floor) => Ok((Time::Floor(*floor), None)),
        Clock::Secure(hardware) => {
            let counter = config.tre.join(CLOCK_COUNTER);
            let clock = KeptClock::open(store, &counter, &config.key, hardware.clone())?;
            Ok((clock.time(), Some(clock)))
        }
    }
}
