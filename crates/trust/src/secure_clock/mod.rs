//! A clock that knows how wrong it may be (the papers on certificate validation
//! for machine devices, clause 7.7.1: a "secure real time clock"). It is set by
//! authenticated sources alone, shows an interval that grows with the drift, and
//! never goes back.
//!
//! There is one global dial, and one for the chain of each operator. What an
//! operator's responder says turns its own chain's dial. Of the global one it
//! raises the floor alone, and only within [`ClockConfig::max_lead`] in all, so
//! that a responder which says 2099 harms nobody but its own operator. A source
//! of the device's own turns the global dial, and undoes chains that contradict
//! it.
//!
//! After a restart nothing is known of the time that passed: until a source is
//! heard, the clock shows a floor. A process that starts anew on a device which
//! did not goes on from the dials ([`SecureClock::resume`]).

mod dial;
mod fault;
mod state;

use std::collections::BTreeMap;
use std::time::Duration;

use clock::{Tick, Timestamp};

use crate::{TimeInterval, TimePolicy, TrustError};
use dial::{Dial, combined};

pub(crate) use dial::reconciled;
pub use fault::ClockFault;
pub use state::{ClockDials, ClockState};

/// How a clock judges itself and its sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockConfig {
    /// When the firmware was built: now can't be before.
    pub build_time: Timestamp,
    /// How far the tick may run from true time, in parts per million.
    pub drift_ppm: u32,
    /// How far two honest sources may be apart.
    pub tolerance: Duration,
    /// How far responders of operators may raise the global floor in all, beyond
    /// what the tick has counted, until a source of the device's own is heard:
    /// the longest that one operator can shut out the others.
    pub max_lead: Duration,
}

/// Who says what time it is, with proof that it is said now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimeSource {
    /// An OCSP answer that repeats our nonce, from the chain of this operator
    /// ([`ocsp::Answer::time`](crate::ocsp::Answer::time)).
    Operator(String),
    /// A clock in the device's own secure hardware.
    Hardware,
}

/// Where an observation counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// For every chain; an operator's word as a floor.
    Everywhere,
    /// For its own operator's chain: it is too far ahead for the others, or they
    /// have a better source.
    OwnChain,
}

/// The clock. Its ticks must count through sleep, and begin anew with each
/// start of the device.
#[derive(Clone, Debug)]
pub struct SecureClock {
    config: ClockConfig,
    generation: u64,
    lead: Duration,
    global: Dial,
    chains: BTreeMap<String, Dial>,
}

impl ClockConfig {
    /// 100 ppm, five minutes between sources, a day of lead.
    #[must_use]
    pub const fn new(build_time: Timestamp) -> Self {
        Self {
            build_time,
            drift_ppm: 100,
            tolerance: Duration::from_secs(300),
            max_lead: Duration::from_secs(86_400),
        }
    }
}

impl SecureClock {
    /// Starts from what was stored and the value of a counter that can't be put
    /// back. A state one ahead of the counter was stored just before the power
    /// failed: the caller raises the counter to [`Self::generation`].
    ///
    /// # Errors
    /// [`ClockFault::StateRestored`] for a state of any other generation;
    /// [`ClockFault::StateMissing`] if there is none but the counter has moved.
    pub fn start(
        config: ClockConfig,
        stored: Option<&ClockState>,
        counter: u64,
        now: Tick,
    ) -> Result<Self, TrustError> {
        match stored {
            None if counter == 0 => Ok(Self::anew(config, counter, now)),
            None => Err(ClockFault::StateMissing.into()),
            Some(state)
                if state.generation == counter
                    || counter.checked_add(1) == Some(state.generation) =>
            {
                Ok(Self::from_state(config, state, now))
            }
            Some(_) => Err(ClockFault::StateRestored.into()),
        }
    }

    /// Starts with nothing but the build time: a new device, or one whose owner
    /// was told that its state was restored and goes on.
    #[must_use]
    pub fn anew(config: ClockConfig, counter: u64, now: Tick) -> Self {
        Self {
            config,
            generation: counter,
            lead: Duration::ZERO,
            global: Dial::floor(config.build_time, now),
            chains: BTreeMap::new(),
        }
    }

    /// What is known of the time for an operator's chain, or for none in
    /// particular.
    #[must_use]
    pub fn read(&self, chain: Option<&str>, now: Tick) -> TimePolicy {
        let global = self.global.read(now, self.config.drift_ppm);
        chain
            .and_then(|name| self.chains.get(name))
            .map(|dial| dial.read(now, self.config.drift_ppm))
            // A chain that contradicts the global dial is not believed.
            .and_then(|own| combined(global, own))
            .unwrap_or(global)
    }

    /// Hears a source: `observed` is the time at the tick `now`.
    ///
    /// # Errors
    /// [`ClockFault::SetBack`] if it lies before what is known,
    /// [`ClockFault::SourcesDisagree`] if it lies behind, each by more than the
    /// tolerance; then nothing changes.
    pub fn hear(
        &mut self,
        source: &TimeSource,
        observed: TimeInterval,
        now: Tick,
    ) -> Result<Reach, TrustError> {
        match source {
            TimeSource::Operator(name) => self.hear_operator(name, observed, now),
            TimeSource::Hardware => self.hear_hardware(observed, now),
        }
    }

    fn hear_operator(
        &mut self,
        name: &str,
        observed: TimeInterval,
        now: Tick,
    ) -> Result<Reach, TrustError> {
        let known = self.read(Some(name), now);
        let agreed = reconciled(known, observed, self.config.tolerance)?;
        self.chains.insert(name.to_owned(), Dial::set(agreed, now));
        let TimePolicy::Floor(floor) = self.global.read(now, self.config.drift_ppm) else {
            return Ok(Reach::OwnChain);
        };
        let lead = self.lead.saturating_add(agreed.earliest().since(floor));
        if lead > self.config.max_lead {
            return Ok(Reach::OwnChain);
        }
        self.lead = lead;
        // A floor only: a responder that says too early must not make liars of
        // the others.
        self.global = Dial::floor(agreed.earliest().max(floor), now);
        Ok(Reach::Everywhere)
    }

    fn hear_hardware(&mut self, observed: TimeInterval, now: Tick) -> Result<Reach, TrustError> {
        let drift = self.config.drift_ppm;
        let known = self.global.read(now, drift);
        let agreed = reconciled(known, observed, self.config.tolerance)?;
        self.global = Dial::set(agreed, now);
        self.lead = Duration::ZERO;
        let global = TimePolicy::Trusted(agreed);
        self.chains
            .retain(|_, dial| combined(global, dial.read(now, drift)).is_some());
        Ok(Reach::Everywhere)
    }

    /// Forgets what an operator's responder said, when the device's owner knows
    /// that it was wrong or the operator is gone.
    pub fn forget_chain(&mut self, name: &str) {
        self.chains.remove(name);
    }
}
