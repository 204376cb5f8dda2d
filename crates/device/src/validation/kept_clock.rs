//! A secure clock that outlives the process (docs/certificate-status.md, "Time from
//! an answer"): its state in the device's store, sealed, and its generation in a
//! counter that is not in the store. The next generation is stored first, then the
//! counter is raised. Beside the state lie the dials, which count only until the
//! machine is started anew.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clock::{Tick, Timestamp};
use serde::{Deserialize, Serialize};
use store::DeviceStore;
use tokens::os::{Uptime, boot_id};
use tokens::{FileCounter, NodeKey};
use trust::secure_clock::{ClockDials, ClockState, Reach, SecureClock, TimeSource};
use trust::{TimeInterval, TimePolicy, TrustError};

use super::time::{Shared, clock_config, lock};
use super::{HardwareClock, Time};
use crate::Error;

/// The name in the store, and what the counter counts.
const NAME: &str = "clock";

/// A secure clock and what was stored of it.
pub struct KeptClock {
    shared: Arc<Mutex<Shared>>,
    counter: FileCounter,
    stored: Stored,
}

/// A secure clock at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockView {
    /// How often its state was stored.
    pub generation: u64,
    /// How much of what operators may raise the global floor by is used up.
    pub lead: Duration,
    /// What is known for all chains.
    pub global: TimePolicy,
    /// What is known by chain.
    pub chains: BTreeMap<String, TimePolicy>,
}

/// What the store has: times in milliseconds since 1970.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    generation: u64,
    floor: u64,
    lead: u64,
    chains: BTreeMap<String, u64>,
    dials: Option<StoredDials>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredDials {
    boot: String,
    /// Nanoseconds, so that a tick is never rounded to a later one.
    at: u64,
    global: Known,
    chains: BTreeMap<String, Known>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    earliest: u64,
    /// None for a floor.
    latest: Option<u64>,
}

impl KeptClock {
    /// Starts from what was stored; a device that has nothing stored starts from
    /// the build time. Blocks.
    ///
    /// # Errors
    /// [`Error::Clock`] for a state that was restored or is missing;
    /// [`Error::Token`] for a counter that another process has open or that is
    /// another device's; [`Error::Store`].
    pub fn open(
        store: &DeviceStore,
        counter: &Path,
        key: &NodeKey,
        hardware: Option<Arc<dyn HardwareClock>>,
    ) -> Result<Self, Error> {
        let mut counter = FileCounter::open(counter, key, NAME)?;
        let stored = read(store)?;
        let now = Uptime.now();
        let clock = start(stored.as_ref(), counter.value()?, now)?;
        // The power failed between the two.
        counter.raise_to(clock.generation())?;
        Ok(Self {
            shared: Shared::new(clock, hardware),
            counter,
            stored: stored.unwrap_or_default(),
        })
    }

    /// Begins anew from the build time, whatever was stored: for the owner of a
    /// device whose state was restored. Durable when it returns. Blocks.
    ///
    /// # Errors
    /// [`Error::Token`], [`Error::Store`].
    pub fn reset(store: &mut DeviceStore, counter: &Path, key: &NodeKey) -> Result<Self, Error> {
        let counter = FileCounter::open(counter, key, NAME)?;
        let clock = SecureClock::anew(clock_config(), counter.value()?, Uptime.now());
        let mut kept = Self {
            shared: Shared::new(clock, None),
            counter,
            stored: Stored::default(),
        };
        kept.store(store)?;
        Ok(kept)
    }

    /// What the store and the counter say, also while another process runs the
    /// clock. Blocks.
    ///
    /// # Errors
    /// As [`Self::open`], but for a counter that is in use.
    pub fn view(store: &DeviceStore, counter: &Path, key: &NodeKey) -> Result<ClockView, Error> {
        let before = FileCounter::peek(counter, key, NAME)?;
        let stored = read(store)?;
        let after = FileCounter::peek(counter, key, NAME)?;
        let now = Uptime.now();
        // Whoever runs the clock may have stored it between the two looks.
        let counter = match &stored {
            Some(stored) if (before..=after).contains(&stored.generation) => stored.generation,
            _ => after,
        };
        Ok(view(&start(stored.as_ref(), counter, now)?, now))
    }

    /// The clock now.
    #[must_use]
    pub fn now(&self) -> ClockView {
        view(&lock(&self.shared).clock, Uptime.now())
    }

    /// What is known for a chain now.
    #[must_use]
    pub fn read(&self, chain: &str) -> TimePolicy {
        self.time().read(chain)
    }

    /// Hears the responder of a chain: `observed` was the time at the tick `at` of
    /// [`Uptime`].
    ///
    /// # Errors
    /// As [`SecureClock::hear`].
    pub fn hear(&self, chain: &str, observed: TimeInterval, at: Tick) -> Result<Reach, TrustError> {
        let source = TimeSource::Operator(chain.to_owned());
        lock(&self.shared).clock.hear(&source, observed, at)
    }

    pub(crate) fn time(&self) -> Time {
        Time::Secure(Arc::clone(&self.shared))
    }

    /// Stores what changed, if a floor has moved by `least` or more, or if there is
    /// more that the store does not know. Blocks.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Token`].
    pub fn keep(&mut self, store: &mut DeviceStore, least: Duration) -> Result<(), Error> {
        let (state, dials) = self.state();
        if self.stored.is_behind(&Stored::new(&state, &dials), least) {
            return self.store(store);
        }
        Ok(())
    }

    fn state(&self) -> (ClockState, ClockDials) {
        let (shared, now) = (lock(&self.shared), Uptime.now());
        (shared.clock.state(now), shared.clock.dials(now))
    }

    fn store(&mut self, store: &mut DeviceStore) -> Result<(), Error> {
        let (state, dials) = self.state();
        let stored = Stored::new(&state, &dials);
        store.keep(NAME, &serde_json::to_vec(&stored)?)?;
        self.counter.raise_to(state.generation)?;
        lock(&self.shared).clock.stored(state.generation);
        self.stored = stored;
        Ok(())
    }
}

fn read(store: &DeviceStore) -> Result<Option<Stored>, Error> {
    let octets = store.kept(NAME)?;
    let stored = octets.map(|octets| serde_json::from_slice(octets.expose()));
    Ok(stored.transpose()?)
}

fn start(stored: Option<&Stored>, counter: u64, now: Tick) -> Result<SecureClock, Error> {
    let config = clock_config();
    let Some(stored) = stored else {
        return SecureClock::start(config, None, counter, now).map_err(Error::Clock);
    };
    let state = stored.state();
    match stored.dials(boot_id().as_deref()) {
        Some(dials) => SecureClock::resume(config, &state, &dials, counter, now),
        None => SecureClock::start(config, Some(&state), counter, now),
    }
    .map_err(Error::Clock)
}

fn view(clock: &SecureClock, now: Tick) -> ClockView {
    let state = clock.state(now);
    ClockView {
        generation: clock.generation(),
        lead: state.lead,
        global: clock.read(None, now),
        chains: state
            .chains
            .into_keys()
            .map(|name| {
                let known = clock.read(Some(&name), now);
                (name, known)
            })
            .collect(),
    }
}

impl Stored {
    fn new(state: &ClockState, dials: &ClockDials) -> Self {
        let known = |known: &TimePolicy| match known {
            TimePolicy::Trusted(now) => Known {
                earliest: now.earliest().unix_millis(),
                latest: Some(now.latest().unix_millis()),
            },
            TimePolicy::Floor(floor) => Known {
                earliest: floor.unix_millis(),
                latest: None,
            },
        };
        let by_chain = dials.chains.iter();
        Self {
            generation: state.generation,
            floor: state.floor.unix_millis(),
            lead: u64::try_from(state.lead.as_millis()).unwrap_or(u64::MAX),
            chains: state
                .chains
                .iter()
                .map(|(name, floor)| (name.clone(), floor.unix_millis()))
                .collect(),
            dials: boot_id().map(|boot| StoredDials {
                boot,
                at: u64::try_from(dials.at.since_origin().as_nanos()).unwrap_or(u64::MAX),
                global: known(&dials.global),
                chains: by_chain
                    .map(|(name, it)| (name.clone(), known(it)))
                    .collect(),
            }),
        }
    }

    fn state(&self) -> ClockState {
        ClockState {
            generation: self.generation,
            floor: Timestamp::from_unix_millis(self.floor),
            lead: Duration::from_millis(self.lead),
            chains: self
                .chains
                .iter()
                .map(|(name, floor)| (name.clone(), Timestamp::from_unix_millis(*floor)))
                .collect(),
        }
    }

    /// The dials, if the machine has not been started since.
    fn dials(&self, boot: Option<&str>) -> Option<ClockDials> {
        let dials = self.dials.as_ref()?;
        (boot == Some(dials.boot.as_str())).then(|| ClockDials {
            at: Tick::from_origin(Duration::from_nanos(dials.at)),
            global: dials.global.policy(),
            chains: dials
                .chains
                .iter()
                .map(|(name, known)| (name.clone(), known.policy()))
                .collect(),
        })
    }

    /// Whether a later one has to be stored. A clock that has heard nobody since the
    /// build time has not.
    fn is_behind(&self, later: &Self, least: Duration) -> bool {
        let least = u64::try_from(least.as_millis()).unwrap_or(u64::MAX);
        let moved = |before: u64, now: u64| now.saturating_sub(before) >= least;
        if self.generation == 0 && later.chains.is_empty() && !later.is_set() {
            return false;
        }
        let chain_moved = later.chains.iter().any(|(name, floor)| {
            self.chains
                .get(name)
                .is_none_or(|before| moved(*before, *floor))
        });
        moved(self.floor, later.floor)
            || chain_moved
            || self.chains.len() != later.chains.len()
            || self.intervals() < later.intervals()
    }

    /// Whether it has more than a floor for all chains.
    fn is_set(&self) -> bool {
        let dials = self.dials.as_ref();
        dials.is_some_and(|dials| dials.global.latest.is_some())
    }

    /// How many dials have more than a floor.
    fn intervals(&self) -> usize {
        let Some(dials) = &self.dials else {
            return 0;
        };
        let all = dials.chains.values().chain([&dials.global]);
        all.filter(|known| known.latest.is_some()).count()
    }
}

impl Known {
    fn policy(self) -> TimePolicy {
        let earliest = Timestamp::from_unix_millis(self.earliest);
        let latest = self.latest.map(Timestamp::from_unix_millis);
        latest
            .and_then(|latest| TimeInterval::new(earliest, latest).ok())
            .map_or(TimePolicy::Floor(earliest), TimePolicy::Trusted)
    }
}
