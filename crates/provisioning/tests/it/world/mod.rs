//! A supplier, operators and devices with real keys and no network: what each
//! party would store is stored as it would be, as octets.

mod device;
mod dpf;
mod operator;
mod steps;
mod supplier;

pub use device::Device;
pub use dpf::Dpf;
pub use operator::{Operator, purpose_key};
pub use steps::{Plan, Step, code};
pub use supplier::Supplier;

use std::collections::BTreeMap;
use std::time::Duration;

use aka::Imsi;
use clock::{Random, Timestamp};
use provisioning::effect::Effect;
use provisioning::peer::Peer;
use provisioning::recipient::OrderState;
use provisioning::{OrderId, Terms};
use secret::Secret;
use sim::net::SimRandom;
use tre::{KeyKind, Suite};
use trust::{ShoId, TimeInterval, TimePolicy};

pub const TERMS: Terms = Terms {
    t_attach: 20,
    t_ack: 20,
    revert_s: 60,
    retention_s: 3600,
};

/// What a world is made with.
#[derive(Clone, Copy)]
pub struct Setup {
    pub kind: KeyKind,
    pub suite: Suite,
    pub one_pair: bool,
}

impl Setup {
    pub const USUAL: Self = Self {
        kind: KeyKind::EcP256,
        suite: Suite::Two,
        one_pair: false,
    };
}

pub struct World {
    pub now: Timestamp,
    pub random: SimRandom,
    pub supplier: Supplier,
    pub operators: BTreeMap<ShoId, Operator>,
    pub setup: Setup,
}

pub fn sho(text: &str) -> ShoId {
    text.parse().unwrap()
}

impl World {
    pub fn new(seed: u64) -> Self {
        Self::with(seed, Setup::USUAL)
    }

    pub fn with(seed: u64, setup: Setup) -> Self {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut random = SimRandom::from_seed(seed);
        let supplier = Supplier::new("acme", now, &mut random);
        let operators = ["001-01", "001-02", "001-03"]
            .into_iter()
            .map(|name| (sho(name), Operator::new(sho(name), now, &mut random)))
            .collect();
        Self {
            now,
            random,
            supplier,
            operators,
            setup,
        }
    }

    /// A trusted clock that shows the world's time.
    pub fn time(&self) -> TimePolicy {
        TimePolicy::Trusted(TimeInterval::exactly(self.now))
    }

    pub fn operator(&mut self, name: &str) -> &mut Operator {
        self.operators.get_mut(&sho(name)).unwrap()
    }

    /// Gives this operator's new subscribers TUAK where their TRE has it.
    pub fn use_tuak(&mut self, name: &str) {
        let top = Secret::new(self.random.array());
        self.operator(name).constants.top = Some(top);
    }

    pub fn peer(&self, name: &ShoId) -> Peer {
        self.operators[name].as_peer()
    }

    /// Step 0: a TRE made for the registration operator 001-01.
    pub fn device(&mut self) -> Device {
        let mut octets = [0; 4];
        self.random.fill(&mut octets);
        let imsi: Imsi = format!("00101{:010}", u32::from_be_bytes(octets))
            .parse()
            .unwrap();
        let setup = self.setup;
        let ro = self.operators.get_mut(&sho("001-01")).unwrap();
        Device::make(
            &mut self.supplier,
            ro,
            imsi,
            setup,
            self.now,
            &mut self.random,
        )
    }

    /// Applies what a step asked the operator's node to do.
    pub fn apply(&mut self, name: &ShoId, effects: Vec<Effect>) -> Vec<Vec<u8>> {
        let operator = self.operators.get_mut(name).unwrap();
        effects
            .into_iter()
            .filter_map(|effect| operator.apply(effect))
            .collect()
    }

    /// One whole move that must succeed.
    pub fn complete_move(&mut self, device: &mut Device, to: &str) -> OrderId {
        let order_id = self.run(device, to, Plan::default());
        assert_eq!(self.order_state(to, order_id), OrderState::Completed);
        assert_eq!(device.tre().current_sho(), &sho(to));
        order_id
    }

    pub fn order_state(&self, to: &str, order_id: OrderId) -> OrderState {
        self.operators[&sho(to)].order(order_id).state()
    }

    pub fn advance(&mut self, by: Duration) {
        self.now = self.now.plus(by);
    }
}
