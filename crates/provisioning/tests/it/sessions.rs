//! Steps 5 to 12 as real OMA DM messages in virtual time: lost and doubled
//! messages, and power lost at every message on either side.

use std::time::Duration;

use clock::Tick;
use dm::session::{Encoding, Received, Transmit};
use provisioning::OrderId;
use provisioning::recipient::{Order, OrderState, PvaAnswer};
use provisioning::session::{DeviceAccount, DeviceSession, DpfSession, SessionEnd};
use provisioning::tre::{Phase, Tre};
use sim::net::SimRandom;

use crate::world::{Device, Dpf, TERMS, World, sho};

const TO: &str = "001-02";

fn read(octets: &[u8]) -> Received<'_> {
    Received::read(Encoding::Wbxml, octets).unwrap()
}

/// What goes wrong on the way.
#[derive(Clone, Copy, Default)]
struct Weather {
    /// Of 1,000 messages, so many are lost, either way.
    loss: u64,
    /// Of 1,000 messages, so many arrive twice.
    doubled: u64,
    /// The session is cut at this message, as if either side had lost power.
    cut: Option<usize>,
}

struct Journey<'a> {
    world: &'a mut World,
    device: &'a mut Device,
    account: DeviceAccount,
    order_id: OrderId,
    weather: Weather,
    random: SimRandom,
    now: Tick,
    messages: usize,
}

impl Journey<'_> {
    fn order(&self) -> Order {
        self.world.operators[&sho(TO)].order(self.order_id)
    }

    /// One session from its first message to its end, or to the cut.
    fn session(&mut self) -> Option<SessionEnd> {
        let random = &mut self.random;
        let account = self.account.clone();
        let mut session = self
            .device
            .with(|tre| DeviceSession::new(tre, account, Encoding::Wbxml, random))
            .unwrap();
        let mut dpf = Dpf::new(TO, self.order_id);
        for _ in 0..200 {
            self.account = session.account().clone();
            let Some(Transmit { octets, .. }) = session.poll_transmit(self.now).unwrap() else {
                if let Some(end) = session.poll_end() {
                    return Some(end.clone());
                }
                self.now = session.poll_timeout().unwrap();
                session.handle_timeout(self.now).unwrap();
                continue;
            };
            self.account = session.account().clone();
            self.messages += 1;
            if self.weather.cut == Some(self.messages) {
                return None;
            }
            for answer in self.exchange(&mut dpf, &octets) {
                let time = self.world.time();
                let (now, random) = (self.now, &mut self.random);
                // A repeated or late answer is refused and changes nothing.
                let _ = self
                    .device
                    .with(|tre| session.handle_message(now, &read(&answer), tre, time, random));
            }
        }
        panic!("the session does not end");
    }

    /// A request there and its answers back, as the weather lets them through.
    fn exchange(&mut self, dpf: &mut Dpf, octets: &[u8]) -> Vec<Vec<u8>> {
        self.now = self.now.plus(Duration::from_millis(50));
        let times = self.times();
        let now = self.now;
        let answers: Vec<_> = (0..times)
            .filter_map(|_| dpf.answer(self.world, now, octets, &mut self.random))
            .collect();
        answers
            .into_iter()
            .flat_map(|answer| vec![answer; self.times()])
            .collect()
    }

    fn times(&mut self) -> usize {
        let (lost, doubled) = (self.random.below(1000), self.random.below(1000));
        if lost < self.weather.loss {
            0
        } else {
            1 + usize::from(doubled < self.weather.doubled)
        }
    }

    /// Everything from the bootstrap to the release; sessions are tried again
    /// until their order moves on.
    fn travel(&mut self) {
        for _ in 0..60 {
            match self.device.tre().open_order().map(|(_, phase)| phase) {
                None => return,
                Some(Phase::Probation) => self.probation(),
                Some(_) => {
                    let end = self.session();
                    self.after(end);
                }
            }
        }
        panic!("the order does not end");
    }

    fn after(&mut self, end: Option<SessionEnd>) {
        let Some(end) = end else {
            // Power failed: only what is stored is left.
            self.device.reboot();
            return;
        };
        if end.installed {
            assert!(
                end.access.is_some(),
                "the new network came with the package"
            );
            self.device.with(Tre::begin_probation).unwrap();
        }
        if end.settled {
            self.device.with(Tre::acknowledge).unwrap();
        }
    }

    fn probation(&mut self) {
        let operator = self.world.operators.get_mut(&sho(TO)).unwrap();
        assert!(
            self.device.attach(operator, &mut self.random),
            "enabled before the probation"
        );
        self.device.with(|tre| tre.attached("001-99")).unwrap();
    }
}

/// A device with its bootstrap, ready for its first session.
fn journey<T>(seed: u64, weather: Weather, check: impl FnOnce(&mut Journey<'_>) -> T) -> T {
    let mut world = World::new(seed);
    let mut device = world.device();
    let token = world.token(&device, TO);
    let order_id = world.register(&device, TO, Some(token)).unwrap();
    let octets = world.operators[&sho(TO)]
        .order(order_id)
        .announcement()
        .to_vec();
    let pushed = world.announce(&sho("001-01"), &sho(TO), &octets).unwrap();
    world.at_recipient(TO, order_id, |order, _| {
        order.announcement_answered(202, None)
    });
    let time = world.time();
    device.push(&pushed[0], time, &mut world.random).unwrap();
    let urls = device.change.as_ref().unwrap().prov_urls.clone();
    let account = DeviceAccount::new(urls, device.credentials.as_ref().unwrap());
    let random = SimRandom::from_seed(seed ^ 0x5a5a);
    check(&mut Journey {
        world: &mut world,
        device: &mut device,
        account,
        order_id,
        weather,
        random,
        now: Tick::ZERO,
        messages: 0,
    })
}

fn travels_well(journey: &mut Journey<'_>) {
    journey.travel();
    let order = journey.order();
    assert_eq!(order.state(), OrderState::AwaitingReleaseAnswer);
    assert_eq!(order.installs(), 1, "one install for each order");
    assert!(!order.clone_suspected());
    journey
        .world
        .release(&sho("001-01"), TO, journey.order_id)
        .unwrap();
    assert_eq!(journey.order().state(), OrderState::Completed);
    assert_eq!(journey.device.tre().current_sho(), &sho(TO));
    assert_eq!(journey.device.tre().switch_counter(), 1);
}

#[test]
fn an_order_completes_by_two_sessions() {
    journey(200, Weather::default(), |journey| {
        travels_well(journey);
        // Package #1 to the last answer: four messages to install, four to settle.
        assert!(journey.messages <= 10, "{} messages", journey.messages);
    });
}

#[test]
fn lost_and_doubled_messages_only_delay_it() {
    for seed in 0..150 {
        eprintln!("seed {seed}");
        let weather = Weather {
            loss: 150,
            doubled: 150,
            cut: None,
        };
        journey(1000 + seed, weather, travels_well);
    }
}

#[test]
fn power_may_fail_at_every_message() {
    let whole = journey(201, Weather::default(), |journey| {
        journey.travel();
        journey.messages
    });
    for cut in 1..=whole {
        eprintln!("cut at message {cut}");
        journey(
            201,
            Weather {
                cut: Some(cut),
                ..Weather::default()
            },
            travels_well,
        );
    }
}

#[test]
fn without_coverage_the_failure_is_reported_over_the_old_network() {
    journey(202, Weather::default(), |journey| {
        let end = journey.session();
        journey.after(end);
        journey
            .device
            .with(|tre| tre.powered(Duration::from_secs(TERMS.t_attach.into())))
            .unwrap();
        journey.travel();
        assert_eq!(journey.order().state(), OrderState::AwaitingReleaseAnswer);
        journey
            .world
            .release(&sho("001-01"), TO, journey.order_id)
            .unwrap();
        assert_eq!(journey.order().state(), OrderState::RolledBack);
        assert_eq!(journey.device.tre().current_sho(), &sho("001-01"));
    });
}

#[test]
fn a_tre_that_its_pva_revoked_gets_no_package_and_keeps_its_mcim() {
    journey(203, Weather::default(), |journey| {
        let tre_id = journey.device.tre_id().as_str().to_owned();
        journey
            .world
            .supplier
            .status
            .insert(tre_id, PvaAnswer::Revoked);
        let before = journey.device.tre().active_mcim();
        let end = journey.session().unwrap();
        assert!(!end.installed);
        assert_eq!(journey.order().state(), OrderState::Failed);
        assert_eq!(journey.order().reason().unwrap().code(), "tre-revoked");
        assert_eq!(journey.device.tre().active_mcim(), before);
    });
}

#[test]
fn a_package_that_the_tre_refuses_is_told_and_may_come_again() {
    journey(204, Weather::default(), |journey| {
        // The operator signs with a leaf of another purpose, once.
        let keys = &mut journey.world.operators.get_mut(&sho(TO)).unwrap().keys;
        std::mem::swap(&mut keys.object, &mut keys.peer_document);
        let end = journey.session().unwrap();
        assert!(!end.installed);
        assert_eq!(
            journey.order().reason().unwrap().code(),
            "certificate-purpose-wrong"
        );
        assert_eq!(journey.order().state(), OrderState::AwaitingDevice);
        let keys = &mut journey.world.operators.get_mut(&sho(TO)).unwrap().keys;
        std::mem::swap(&mut keys.object, &mut keys.peer_document);
        travels_well(journey);
    });
}

/// A server without the order's password gets nothing done on the device.
#[test]
fn a_dpf_without_the_password_is_not_obeyed() {
    journey(205, Weather::default(), |journey| {
        let mut source = SimRandom::from_seed(1);
        let random = &mut source;
        let account = journey.account.clone();
        let mut session = journey
            .device
            .with(|tre| DeviceSession::new(tre, account, Encoding::Wbxml, random))
            .unwrap();
        let octets = session.poll_transmit(journey.now).unwrap().unwrap().octets;
        let received = read(&octets);
        // The order as a thief of the device's password alone might have it.
        let mut json: serde_json::Value = serde_json::to_value(journey.order()).unwrap();
        json["account"]["server_secret"] = "guess".into();
        let order: Order = serde_json::from_value(json).unwrap();
        let mut dpf = DpfSession::new(&order, &received).unwrap();
        let mut octets = octets;
        for _ in 0..6 {
            let received = read(&octets);
            if dpf.handle_message(journey.now, &received, random).is_err() {
                break;
            }
            while dpf.poll_question().is_some() {}
            let Some(answer) = dpf.poll_transmit(journey.now).unwrap() else {
                break;
            };
            let (now, time) = (journey.now, journey.world.time());
            let random = &mut *random;
            let taken = journey
                .device
                .with(|tre| session.handle_message(now, &read(&answer.octets), tre, time, random));
            let next = session.poll_transmit(journey.now).unwrap();
            let (Ok(()), Some(next)) = (taken, next) else {
                break;
            };
            octets = next.octets;
        }
        let text = String::from_utf8_lossy(&octets);
        assert!(!text.contains("SignedM2MMobj"), "the request was not read");
        assert!(session.poll_end().is_none_or(|end| !end.installed));
    });
}
