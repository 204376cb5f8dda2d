//! What a clock keeps over a restart, under a counter that can't be put back:
//! the same order as a TRE's state. The next generation is stored first, then
//! the counter is raised.

use std::collections::BTreeMap;
use std::time::Duration;

use clock::{Tick, Timestamp};

use super::dial::{Dial, combined};
use super::{ClockConfig, SecureClock};
use crate::{TimePolicy, TrustError};

/// A clock's state. It needs integrity, not secrecy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockState {
    /// The counter's value after this state was stored.
    pub generation: u64,
    /// Now can't be before, for any chain.
    pub floor: Timestamp,
    /// How much of [`ClockConfig::max_lead`] is used up.
    pub lead: Duration,
    /// By operator: now can't be before, for its chain.
    pub chains: BTreeMap<String, Timestamp>,
}

/// What a clock's dials showed at a tick: of use only as long as the ticks count on,
/// over a restart of the process but not of the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockDials {
    /// The tick.
    pub at: Tick,
    /// What was known for all chains.
    pub global: TimePolicy,
    /// By operator: what its sources said, whatever the global dial makes of it.
    pub chains: BTreeMap<String, TimePolicy>,
}

impl SecureClock {
    /// The dials now, to be stored beside [`Self::state`].
    #[must_use]
    pub fn dials(&self, now: Tick) -> ClockDials {
        let read = |dial: &Dial| dial.read(now, self.config.drift_ppm);
        ClockDials {
            at: now,
            global: read(&self.global),
            chains: self
                .chains
                .iter()
                .map(|(name, dial)| (name.clone(), read(dial)))
                .collect(),
        }
    }

    /// Starts as [`Self::start`], with the dials that were stored beside the state.
    /// It is for the caller to know that the device has not been started since, so
    /// that `now` counts on from the dials' tick.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn resume(
        config: ClockConfig,
        stored: &ClockState,
        dials: &ClockDials,
        counter: u64,
        now: Tick,
    ) -> Result<Self, TrustError> {
        let mut clock = Self::start(config, Some(stored), counter, now)?;
        // A tick that went back has lost count.
        if now >= dials.at {
            let built = TimePolicy::Floor(config.build_time);
            let global = combined(dials.global, built).unwrap_or(built);
            clock.global = Dial::new(global, dials.at);
            clock.chains = dials
                .chains
                .iter()
                .map(|(name, known)| (name.clone(), Dial::new(*known, dials.at)))
                .collect();
        }
        Ok(clock)
    }

    /// The generation that was stored last.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The state to store now, of the next generation. When it is stored, the
    /// caller raises the counter to its generation and calls [`Self::stored`].
    #[must_use]
    pub fn state(&self, now: Tick) -> ClockState {
        let floor = |dial: &Dial| dial.read(now, self.config.drift_ppm).floor();
        ClockState {
            generation: self.generation.saturating_add(1),
            floor: floor(&self.global),
            lead: self.lead,
            chains: self
                .chains
                .iter()
                .map(|(name, dial)| (name.clone(), floor(dial)))
                .collect(),
        }
    }

    /// Notes that a state of this generation was stored.
    pub fn stored(&mut self, generation: u64) {
        self.generation = self.generation.max(generation);
    }

    pub(super) fn from_state(config: ClockConfig, state: &ClockState, now: Tick) -> Self {
        Self {
            generation: state.generation,
            lead: state.lead,
            global: Dial::floor(state.floor.max(config.build_time), now),
            chains: state
                .chains
                .iter()
                .map(|(name, floor)| (name.clone(), Dial::floor(*floor, now)))
                .collect(),
            config,
        }
    }
}
