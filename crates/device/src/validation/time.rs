//! What a device knows of the time: the system's clock if that is to be trusted, a
//! floor, or a secure clock (docs/certificate-status.md, "Time from an answer").

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use clock::{Tick, Timestamp};
use tokens::os::{self, Uptime};
use trust::secure_clock::{ClockConfig, SecureClock, TimeSource};
use trust::{TimeInterval, TimePolicy, TrustError};

/// 2026-01-01T00:00:00Z: this program was made later, so now can't be before.
pub const BUILD_TIME: Timestamp = Timestamp::from_unix_seconds(1_767_225_600);

/// How often a clock in hardware is looked at.
const HARDWARE_EVERY: Duration = Duration::from_secs(3600);

/// A clock in the device's own secure hardware, a TPM's for example.
pub trait HardwareClock: Send + Sync {
    /// What it shows, with its own uncertainty; `None` if it does not know.
    fn now(&self) -> Option<TimeInterval>;
}

/// The system's clock, for devices whose owner says that it is a secure one.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl HardwareClock for SystemClock {
    fn now(&self) -> Option<TimeInterval> {
        Some(TimeInterval::exactly(os::now()))
    }
}

/// What is known of the time. Copies share a secure clock.
#[derive(Clone)]
pub(crate) enum Time {
    System,
    Floor(Timestamp),
    Secure(Arc<Mutex<Shared>>),
}

/// A secure clock with the ticks that carry it on.
pub(crate) struct Shared {
    pub(super) clock: SecureClock,
    hardware: Option<Arc<dyn HardwareClock>>,
    looked: Option<Tick>,
    /// What was wrong with the hardware's time when it was looked at last.
    fault: Option<TrustError>,
}

pub(super) const fn clock_config() -> ClockConfig {
    ClockConfig::new(BUILD_TIME)
}

impl Time {
    /// What is known for this chain.
    pub(crate) fn read(&self, chain: &str) -> TimePolicy {
        match self {
            Self::System => TimePolicy::Trusted(TimeInterval::exactly(os::now())),
            Self::Floor(floor) => TimePolicy::Floor(*floor),
            Self::Secure(shared) => {
                let mut shared = lock(shared);
                let now = Uptime.now();
                shared.look(now);
                shared.clock.read(Some(chain), now)
            }
        }
    }

    /// Hears what a chain's responder said: `observed` was the time at the tick
    /// `at`. What contradicts the clock changes nothing.
    pub(crate) fn hear(&self, chain: &str, observed: TimeInterval, at: Tick) {
        let Self::Secure(shared) = self else {
            return;
        };
        let source = TimeSource::Operator(chain.to_owned());
        let heard = lock(shared).clock.hear(&source, observed, at);
        match heard {
            Ok(reach) => tracing::debug!(chain, ?reach, "the clock was set"),
            Err(error) => {
                tracing::warn!(chain, code = error.code(), %error, "the clock was not set");
            }
        }
    }

    /// Why the hardware's clock does not count, if it does not.
    pub(crate) fn fault(&self) -> Option<TrustError> {
        match self {
            Self::Secure(shared) => lock(shared).fault.clone(),
            _ => None,
        }
    }
}

impl Shared {
    pub(super) fn new(
        clock: SecureClock,
        hardware: Option<Arc<dyn HardwareClock>>,
    ) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self {
            clock,
            hardware,
            looked: None,
            fault: None,
        }))
    }

    /// Looks at the hardware's clock, now and then.
    fn look(&mut self, now: Tick) {
        let Some(hardware) = &self.hardware else {
            return;
        };
        let recent = |looked: Tick| now.since(looked) < HARDWARE_EVERY;
        let known = matches!(self.clock.read(None, now), TimePolicy::Trusted(_));
        if known && self.looked.is_some_and(recent) {
            return;
        }
        let Some(observed) = hardware.now() else {
            return;
        };
        self.looked = Some(now);
        let heard = self.clock.hear(&TimeSource::Hardware, observed, now);
        if let Err(error) = &heard {
            tracing::warn!(code = error.code(), %error, "the device's own clock is wrong");
        }
        self.fault = heard.err();
    }
}

/// Nothing that holds the lock can panic half way through a change.
pub(super) fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
