//! The network itself: a virtual clock, the datagrams on their way, and the
//! loop that delivers them. Nothing sleeps; time jumps to the next event.

use std::collections::BTreeMap;
use std::time::Duration;

use clock::{Tick, Timestamp};

use super::{Address, Conditions, Endpoint, SimRandom};

/// A moment on both clocks, which advance together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The monotonic clock, from zero at the start of the run.
    pub tick: Tick,
    /// UTC, from 2026-01-01T00:00:00Z at the start of the run.
    pub utc: Timestamp,
}

impl Moment {
    /// The start of every run.
    pub const START: Self = Self {
        tick: Tick::ZERO,
        utc: Timestamp::from_unix_seconds(1_767_225_600),
    };

    fn at(tick: Tick) -> Self {
        Self {
            tick,
            utc: Self::START.utc.plus(tick.since_origin()),
        }
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The condition that the test waited for came true.
    Reached,
    /// Nothing was left to deliver and no timer was set.
    Quiet,
    /// The virtual time ran out.
    OutOfTime,
    /// Events went on and on without time passing: an endpoint's deadline does
    /// not move, or two endpoints answer each other for ever.
    Livelock,
}

/// What the network did to the datagrams, for tests that must know that the
/// trouble they wanted did occur.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Datagrams that endpoints handed over.
    pub sent: u64,
    /// Those that vanished.
    pub lost: u64,
    /// Those that arrived twice.
    pub doubled: u64,
    /// Deliveries.
    pub delivered: u64,
}

/// Events at one moment after which a run counts as livelocked.
const MOST_EVENTS_AT_ONCE: u32 = 100_000;

struct InFlight {
    from: Address,
    to: Address,
    octets: Vec<u8>,
}

/// Endpoints and the network between them.
pub struct Net<E> {
    endpoints: Vec<E>,
    conditions: Conditions,
    random: SimRandom,
    now: Tick,
    /// By arrival, then by order of sending.
    in_flight: BTreeMap<(Tick, u64), InFlight>,
    launched: u64,
    traffic: Traffic,
}

impl<E: Endpoint> Net<E> {
    /// A network of `endpoints`, whose addresses are their places in the list.
    #[must_use]
    pub fn new(seed: u64, conditions: Conditions, endpoints: Vec<E>) -> Self {
        Self {
            endpoints,
            conditions,
            random: SimRandom::from_seed(seed),
            now: Tick::ZERO,
            in_flight: BTreeMap::new(),
            launched: 0,
            traffic: Traffic::default(),
        }
    }

    /// The moment that the run has come to.
    #[must_use]
    pub fn now(&self) -> Moment {
        Moment::at(self.now)
    }

    /// The endpoint at `address`.
    #[must_use]
    pub fn endpoint(&self, address: Address) -> Option<&E> {
        self.endpoints.get(address.0)
    }

    /// The endpoint at `address`, to be changed from outside.
    pub fn endpoint_mut(&mut self, address: Address) -> Option<&mut E> {
        self.endpoints.get_mut(address.0)
    }

    /// The run's random source, for what a test decides by chance.
    pub fn random(&mut self) -> &mut SimRandom {
        &mut self.random
    }

    /// What happened to the datagrams so far.
    #[must_use]
    pub const fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// Changes the network for everything that is sent from now on.
    pub fn set_conditions(&mut self, conditions: Conditions) {
        self.conditions = conditions;
    }

    /// Runs until `reached` holds, nothing is left to happen, or `limit` has
    /// passed since the start of the run.
    pub fn run(&mut self, limit: Duration, mut reached: impl FnMut(&Self) -> bool) -> Outcome {
        let mut at_once = 0;
        loop {
            self.collect();
            if reached(self) {
                return Outcome::Reached;
            }
            let Some(next) = self.next_event() else {
                return Outcome::Quiet;
            };
            if next.since_origin() > limit {
                return Outcome::OutOfTime;
            }
            at_once = if next > self.now { 0 } else { at_once + 1 };
            if at_once > MOST_EVENTS_AT_ONCE {
                return Outcome::Livelock;
            }
            self.now = self.now.max(next);
            self.deliver();
            self.expire();
        }
    }

    /// Takes everything that the endpoints want to send.
    fn collect(&mut self) {
        let at = self.now();
        for index in 0..self.endpoints.len() {
            while let Some(datagram) = self
                .endpoints
                .get_mut(index)
                .and_then(|endpoint| endpoint.poll_transmit(at, &mut self.random))
            {
                self.dispatch(Address(index), datagram.to, datagram.octets);
            }
        }
    }

    fn dispatch(&mut self, from: Address, to: Address, octets: Vec<u8>) {
        self.traffic.sent += 1;
        if self.random.chance(self.conditions.loss) {
            self.traffic.lost += 1;
            return;
        }
        if self.random.chance(self.conditions.duplication) {
            self.traffic.doubled += 1;
            self.launch(from, to, octets.clone());
        }
        self.launch(from, to, octets);
    }

    fn launch(&mut self, from: Address, to: Address, octets: Vec<u8>) {
        let Conditions {
            min_delay,
            max_delay,
            ..
        } = self.conditions;
        let spread = max_delay.saturating_sub(min_delay).as_micros();
        let extra = self
            .random
            .below(u64::try_from(spread).unwrap_or(u64::MAX).saturating_add(1));
        let arrival = self
            .now
            .plus(min_delay.saturating_add(Duration::from_micros(extra)));
        self.launched += 1;
        self.in_flight
            .insert((arrival, self.launched), InFlight { from, to, octets });
    }

    fn next_event(&self) -> Option<Tick> {
        let arrival = self
            .in_flight
            .first_key_value()
            .map(|((arrival, _), _)| *arrival);
        self.endpoints
            .iter()
            .filter_map(Endpoint::poll_timeout)
            .chain(arrival)
            .min()
    }

    /// Delivers one datagram that has arrived; the endpoints answer before the
    /// next one is delivered.
    fn deliver(&mut self) {
        let at = self.now();
        let Some(entry) = self.in_flight.first_entry() else {
            return;
        };
        if entry.key().0 > self.now {
            return;
        }
        let InFlight { from, to, octets } = entry.remove();
        self.traffic.delivered += 1;
        if let Some(endpoint) = self.endpoints.get_mut(to.0) {
            endpoint.handle_datagram(at, from, &octets, &mut self.random);
        }
    }

    fn expire(&mut self) {
        let at = self.now();
        for endpoint in &mut self.endpoints {
            if endpoint.poll_timeout().is_some_and(|due| due <= at.tick) {
                endpoint.handle_timeout(at, &mut self.random);
            }
        }
    }
}
