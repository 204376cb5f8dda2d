//! The agent by its duties alone: from the first attach with a PCID through the
//! change and back, with power lost between any two of them, without coverage,
//! and without an answer to its confirmation.

use std::time::Duration;

use clock::Tick;
use dm::session::{Encoding, Received, Transmit};
use provisioning::OrderId;
use provisioning::agent::{Agent, Duty, Host};
use provisioning::payload::AlgorithmId;
use provisioning::recipient::OrderState;
use provisioning::tre::Phase;
use sim::net::SimRandom;
use tre::MemoryBackend;
use trust::ShoId;

use crate::world::{Device, Dpf, World, sho};

const TO: &str = "001-02";

/// A device that runs by its agent, and what it stored last.
struct Running {
    agent: Option<Agent<MemoryBackend<SimRandom>>>,
    sealed: Vec<u8>,
    host: String,
    now: Tick,
    duties: usize,
    /// The new operator's cells can't be heard.
    deaf_to: Option<ShoId>,
    /// The DPF does not answer.
    silent_dpf: bool,
    sessions: Vec<String>,
}

impl Running {
    fn new(device: Device) -> Self {
        let sealed = device.sealed.clone();
        let mut this = Self {
            agent: Some(Agent::new(device.into_tre(), Host::default())),
            sealed,
            host: String::new(),
            now: Tick::ZERO,
            duties: 0,
            deaf_to: None,
            silent_dpf: false,
            sessions: Vec::new(),
        };
        this.store();
        this
    }

    fn agent(&mut self) -> &mut Agent<MemoryBackend<SimRandom>> {
        self.agent.as_mut().unwrap()
    }

    /// TRE and host together, as one transaction.
    fn store(&mut self) {
        let agent = self.agent.as_mut().unwrap();
        self.host = serde_json::to_string(agent.host()).unwrap();
        if let Some(pending) = agent.tre_mut().stage().unwrap() {
            self.sealed = pending.octets().to_vec();
            agent.tre_mut().stored(pending).unwrap();
        }
    }

    fn reboot(&mut self) {
        let backend = self.agent.take().unwrap().close().close();
        let tre = provisioning::tre::Tre::open(backend, &self.sealed).unwrap();
        assert!(!tre.is_restored());
        self.agent = Some(Agent::new(tre, serde_json::from_str(&self.host).unwrap()));
        self.now = Tick::ZERO;
    }

    fn push(&mut self, world: &mut World, container: &[u8]) -> Option<String> {
        let time = world.time();
        let reason = self
            .agent()
            .pushed(container, time, &mut world.random)
            .unwrap();
        self.store();
        reason.map(|reason| reason.code().to_owned())
    }

    /// Does what is to be done until nothing is, or the time is over.
    fn run(&mut self, world: &mut World, order_id: OrderId, until: Duration) {
        let end = self.now.plus(until);
        while self.now < end && self.duty(world, order_id) {}
    }

    /// One duty; false if there is none any more.
    fn duty(&mut self, world: &mut World, order_id: OrderId) -> bool {
        let now = self.now;
        let step = match self.agent().duty(now) {
            Duty::Attach => self.attach(world),
            Duty::ReportRefusal { url, octets } => self.report(world, &url, &octets),
            Duty::Session => self.session(world, order_id),
            Duty::Leave => panic!("no PCID is shared here"),
            Duty::Wait(Some(until)) => until.since(now).min(Duration::from_secs(1)),
            Duty::Wait(None) if self.agent().tre().open_order().is_none() => return false,
            Duty::Wait(None) => Duration::from_secs(1),
        };
        self.duties += 1;
        self.now = self.now.plus(step);
        self.agent().powered(step).unwrap();
        self.store();
        true
    }

    fn attach(&mut self, world: &mut World) -> Duration {
        let now = self.now;
        let imsi = self.agent().tre().active_imsi().clone();
        let home = world
            .operators
            .keys()
            .find(|home| imsi.digits().starts_with(&home.prefix()))
            .unwrap()
            .clone();
        let random = &mut world.random;
        let operator = world.operators.get_mut(&home).unwrap();
        let heard = self.deaf_to.as_ref() != Some(&home);
        let vector = if heard {
            operator.vector(&imsi, random)
        } else {
            None
        };
        let answered = vector.is_some_and(|vector| {
            let answer = self.agent().tre_mut().authenticate(&vector.rand, &vector.autn).unwrap();
            matches!(answer, provisioning::tre::UsimAnswer::Response(response) if response.res.ct_eq(&vector.xres))
        });
        if answered {
            self.agent().attached("001-99").unwrap();
        } else {
            self.agent().failed(now);
        }
        self.store();
        Duration::from_millis(300)
    }

    fn report(&mut self, world: &mut World, url: &str, octets: &[u8]) -> Duration {
        let home = self.agent().tre().current_sho().clone();
        let tre_id = self.agent().tre().tre_id().as_str().to_owned();
        let operator = world.operators.get_mut(&home).unwrap();
        assert_eq!(url, operator.drf_url());
        let mut subscription = operator.subscription(&tre_id).unwrap();
        subscription.refusal(octets).unwrap();
        operator.put_subscription(&subscription);
        self.agent().refusal_answered();
        self.store();
        Duration::from_millis(100)
    }

    fn session(&mut self, world: &mut World, order_id: OrderId) -> Duration {
        let mut now = self.now;
        let mut session = self
            .agent()
            .begin_session(Encoding::Wbxml, &mut world.random)
            .unwrap();
        self.store();
        let mut dpf = Dpf::new(TO, order_id);
        loop {
            match session.poll_transmit(now).unwrap() {
                Some(Transmit { to, octets, .. }) => {
                    self.sessions.push(to.unwrap());
                    self.agent().keep_account(session.account());
                    self.store();
                    now = now.plus(Duration::from_millis(100));
                    let mut random = SimRandom::from_seed(now.since_origin().as_nanos() as u64);
                    let answer = if self.silent_dpf {
                        None
                    } else {
                        dpf.answer(world, now, &octets, &mut random)
                    };
                    let time = world.time();
                    let agent = self.agent.as_mut().unwrap();
                    if let Some(answer) = answer {
                        let _ = session.handle_message(
                            now,
                            &Received::read(Encoding::Wbxml, &answer).unwrap(),
                            agent.tre_mut(),
                            time,
                            &mut world.random,
                        );
                        self.store();
                    }
                }
                None => match session.poll_end().cloned() {
                    Some(end) => {
                        self.agent().session_ended(&end, now).unwrap();
                        self.store();
                        return now.since(self.now);
                    }
                    None => {
                        now = session.poll_timeout().unwrap();
                        session.handle_timeout(now).unwrap();
                    }
                },
            }
        }
    }
}

/// An announced order, its bootstrap, and the device that is to move.
fn ready(seed: u64) -> (World, Running, OrderId, Vec<u8>) {
    ready_in(World::new(seed))
}

fn ready_in(mut world: World) -> (World, Running, OrderId, Vec<u8>) {
    let device = world.device();
    let connectivity = world.connectivity(&device);
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
    let mut running = Running::new(device);
    // Attached with its PCID, it has no packet network until step 0'.
    running.run(&mut world, order_id, Duration::from_secs(5));
    assert!(running.agent().access().is_none());
    assert_eq!(running.push(&mut world, &connectivity), None);
    assert!(running.agent().access().is_some());
    (world, running, order_id, pushed[0].clone())
}

fn completes(world: &mut World, running: &mut Running, order_id: OrderId) {
    assert_eq!(
        world.order_state(TO, order_id),
        OrderState::AwaitingReleaseAnswer
    );
    world.release(&sho("001-01"), TO, order_id).unwrap();
    assert_eq!(world.order_state(TO, order_id), OrderState::Completed);
    assert_eq!(world.operators[&sho(TO)].order(order_id).installs(), 1);
    assert_eq!(running.agent().tre().current_sho(), &sho(TO));
    let access = running.agent().access().unwrap().clone();
    assert_eq!(
        access,
        world.operators[&sho(TO)].access,
        "the new operator's network"
    );
    let drf = world.operators[&sho(TO)].drf_url();
    assert_eq!(running.agent().host().drf_url(false), Some(drf.as_str()));
}

#[test]
fn duties_lead_from_the_first_attach_to_the_new_operator() {
    let (mut world, mut running, order_id, container) = ready(400);
    assert_eq!(running.push(&mut world, &container), None);
    running.run(&mut world, order_id, Duration::from_secs(60));
    completes(&mut world, &mut running, order_id);
    assert!(running.duties < 30, "{} duties", running.duties);
}

/// The same with TUAK: the new operator's subscriber has it, and so has the USIM.
#[test]
fn duties_lead_to_an_operator_with_tuak() {
    let mut world = World::new(405);
    world.use_tuak(TO);
    world.supplier.limits.algorithms = vec![1, 2];
    let (mut world, mut running, order_id, container) = ready_in(world);
    assert_eq!(running.push(&mut world, &container), None);
    running.run(&mut world, order_id, Duration::from_secs(60));
    completes(&mut world, &mut running, order_id);
    let rows = world.operators[&sho(TO)].hlr.values();
    let ids: Vec<AlgorithmId> = rows.map(|row| row.keys.id()).collect();
    assert_eq!(ids, [AlgorithmId::Tuak]);
    running.reboot();
    running.attach(&mut world);
    let imsi = running.agent().tre().active_imsi().clone();
    assert!(imsi.digits().starts_with(&sho(TO).prefix()));
    assert!(running.agent().access().is_some(), "attached again");
}

#[test]
fn power_may_fail_between_any_two_duties() {
    for cut in 1..12 {
        eprintln!("power fails after duty {cut}");
        let (mut world, mut running, order_id, container) = ready(401);
        assert_eq!(running.push(&mut world, &container), None);
        let mut done = 0;
        while running.duty(&mut world, order_id) {
            done += 1;
            // Once where the case says, and every third time after that: after
            // each reboot the device has to attach again.
            if done == cut || (done > cut && (done - cut) % 3 == 0) {
                running.reboot();
            }
            assert!(done < 60, "the order does not end");
        }
        completes(&mut world, &mut running, order_id);
    }
}

#[test]
fn without_a_cell_it_goes_back_after_t_attach_and_reports_over_the_old_network() {
    let (mut world, mut running, order_id, container) = ready(402);
    running.deaf_to = Some(sho(TO));
    assert_eq!(running.push(&mut world, &container), None);
    running.run(&mut world, order_id, Duration::from_secs(120));
    assert_eq!(
        world.order_state(TO, order_id),
        OrderState::AwaitingReleaseAnswer
    );
    world.release(&sho("001-01"), TO, order_id).unwrap();
    assert_eq!(world.order_state(TO, order_id), OrderState::RolledBack);
    assert_eq!(running.agent().tre().current_sho(), &sho("001-01"));
    let access = running.agent().access().unwrap().clone();
    assert_eq!(
        access,
        world.operators[&sho("001-01")].access,
        "the old operator's network"
    );
}

#[test]
fn a_refused_bootstrap_is_reported_once_and_the_good_one_still_works() {
    let (mut world, mut running, order_id, container) = ready(403);
    let mut forged = container.clone();
    let last = forged.len() - 40;
    forged[last] ^= 1;
    for _ in 0..3 {
        assert!(running.push(&mut world, &forged).is_some());
    }
    running.run(&mut world, order_id, Duration::from_secs(5));
    let tre_id = running.agent().tre().tre_id().as_str().to_owned();
    let donor = world.operators[&sho("001-01")]
        .subscription(&tre_id)
        .unwrap();
    let reason = donor.departures().last().unwrap().reason().unwrap();
    assert_eq!(reason.code(), "bootstrap-signature-invalid");
    assert!(
        donor.departures().last().unwrap().is_open(),
        "ours was not refused"
    );
    assert_eq!(running.push(&mut world, &container), None);
    running.run(&mut world, order_id, Duration::from_secs(60));
    completes(&mut world, &mut running, order_id);
}

#[test]
fn without_an_answer_it_tries_both_operators_in_turn_until_the_decision_comes() {
    let (mut world, mut running, order_id, container) = ready(404);
    assert_eq!(running.push(&mut world, &container), None);
    // Up to `attached`; then the DPF falls silent.
    while running.agent().tre().open_order().map(|(_, phase)| phase) != Some(Phase::Attached) {
        running.run(&mut world, order_id, Duration::from_millis(1));
    }
    running.silent_dpf = true;
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..200 {
        running.run(&mut world, order_id, Duration::from_secs(30));
        seen.insert(running.agent().tre().active_imsi().digits()[..5].to_owned());
        assert_eq!(
            running.agent().tre().open_order().unwrap().1,
            Phase::Attached
        );
    }
    assert_eq!(seen.len(), 2, "both MCIMs were in use: {seen:?}");
    running.silent_dpf = false;
    running.run(&mut world, order_id, Duration::from_secs(3600));
    completes(&mut world, &mut running, order_id);
}
