//! The HLR's order in a change and after it (docs/operator-change.md section 7):
//! what is enabled when, what is kept for how long, and what is left of it, in
//! virtual time.

use std::time::Duration;

use clock::Timestamp;
use provisioning::audit::{Action, Actor};
use provisioning::donor::{DepartureState, Home};
use provisioning::effect::Effect;
use provisioning::recipient::OrderState;

use crate::world::{Device, Plan, TERMS, World, sho};

const RO: &str = "001-01";
const SHO: &str = "001-02";

/// Of the one subscriber of an operator: whether it may authenticate; nothing if
/// it is deleted.
fn enabled(world: &World, name: &str) -> Option<bool> {
    let hlr = &world.operators[&sho(name)].hlr;
    assert!(hlr.len() <= 1);
    hlr.values().next().map(|row| row.enabled)
}

/// What time does to the device's record at an operator.
fn wait_until(world: &mut World, name: &str, device: &Device, now: Timestamp) {
    world.now = now;
    let operator = world.operator(name);
    let mut record = operator.subscription(device.tre_id().as_str()).unwrap();
    let effects = record.handle_timeout(now);
    operator.put_subscription(&record);
    world.apply(&sho(name), effects);
}

fn entries(world: &World, name: &str) -> Vec<(Action, Actor, &'static str)> {
    let log = world.operators[&sho(name)].audit.iter();
    log.map(|entry| (entry.action, entry.actor, entry.why))
        .collect()
}

fn certificate(world: &World, device: &Device) -> bool {
    let record = world.operators[&sho(RO)].subscription(device.tre_id().as_str());
    record.unwrap().has_certificate()
}

#[test]
fn the_new_subscriber_is_disabled_until_its_install_and_the_old_one_enabled_until_committed() {
    let mut world = World::new(51);
    let mut device = world.device();
    let token = world.token(&device, SHO);
    let order_id = world.register(&device, SHO, Some(token)).unwrap();
    let both = |world: &World| (enabled(world, RO), enabled(world, SHO));
    assert_eq!(both(&world), (Some(true), Some(false)), "registered");
    let octets = world.operators[&sho(SHO)]
        .order(order_id)
        .announcement()
        .to_vec();
    let pushed = world.announce(&sho(RO), &sho(SHO), &octets).unwrap();
    world.at_recipient(SHO, order_id, |order, _| {
        order.announcement_answered(202, None)
    });
    let time = world.time();
    device.push(&pushed[0], time, &mut world.random).unwrap();
    assert_eq!(both(&world), (Some(true), Some(false)), "bootstrapped");
    world.session(&mut device, SHO, order_id, Plan::default());
    assert_eq!(
        both(&world),
        (Some(true), Some(true)),
        "installed: both, through the window"
    );
    let operator = world.operators.get_mut(&sho(SHO)).unwrap();
    assert!(device.attach(operator, &mut world.random));
    device.with(|tre| tre.attached("001-99")).unwrap();
    assert_eq!(
        both(&world),
        (Some(true), Some(true)),
        "attached, not yet committed"
    );
    world.finish(&mut device, SHO, order_id, Plan::default(), &sho(RO));
    assert_eq!(
        both(&world),
        (Some(false), Some(true)),
        "committed by the TRE's word"
    );
    assert_eq!(
        entries(&world, RO),
        [(Action::McimDisabled, Actor::Tre, "committed")]
    );
}

#[test]
fn after_a_roll_back_it_is_the_reverse_and_the_new_one_goes_after_retention() {
    let mut world = World::new(52);
    let mut device = world.device();
    let plan = Plan {
        no_coverage: true,
        ..Plan::default()
    };
    let order_id = world.run(&mut device, SHO, plan);
    assert_eq!(world.order_state(SHO, order_id), OrderState::RolledBack);
    assert_eq!(
        (enabled(&world, RO), enabled(&world, SHO)),
        (Some(true), Some(false))
    );
    assert_eq!(
        entries(&world, RO),
        [(Action::McimEnabled, Actor::Tre, "rolled-back")]
    );
    let order = world.operators[&sho(SHO)].order(order_id);
    let due = order.poll_timeout().unwrap();
    // A day for the order, and the retention of its terms.
    let term = Duration::from_secs(86_400 + u64::from(TERMS.retention_s));
    assert_eq!(due, world.now.plus(term));
    for (now, left) in [
        (due.minus(Duration::from_secs(1)), Some(false)),
        (due, None),
    ] {
        let effects = world.at_recipient(SHO, order_id, |order, _| order.handle_timeout(now));
        world.apply(&sho(SHO), effects);
        assert_eq!(enabled(&world, SHO), left);
    }
    assert_eq!(
        entries(&world, SHO),
        [(Action::McimDeleted, Actor::Deadline, "retention-over")]
    );
    let order = world.operators[&sho(SHO)].order(order_id);
    assert_eq!(
        (order.poll_timeout(), order.state()),
        (None, OrderState::RolledBack)
    );
    // The device's own record is as it was, and it moves another time.
    world.complete_move(&mut device, SHO);
}

#[test]
fn without_a_word_of_the_tre_the_old_subscriber_stays_enabled() {
    let mut world = World::new(53);
    let device = world.device();
    let token = world.token(&device, SHO);
    let order_id = world.register(&device, SHO, Some(token)).unwrap();
    let octets = world.operators[&sho(SHO)]
        .order(order_id)
        .announcement()
        .to_vec();
    world.announce(&sho(RO), &sho(SHO), &octets).unwrap();
    let year = world.now.plus(Duration::from_secs(365 * 86_400));
    wait_until(&mut world, RO, &device, year);
    let record = world.operators[&sho(RO)]
        .subscription(device.tre_id().as_str())
        .unwrap();
    assert_eq!(record.departures()[0].state, DepartureState::Expired);
    assert_eq!(
        (record.home(), enabled(&world, RO)),
        (&Home::Here, Some(true))
    );
    assert!(entries(&world, RO).is_empty() && record.has_certificate());
}

/// The two terms are each its own: whichever is shorter ends first, and nothing
/// else with it.
#[test]
fn the_mcim_record_and_cert_tre_go_each_after_its_own_term() {
    for (seed, cert_s) in [(54, 7200), (55, 60)] {
        let mut world = World::new(seed);
        world.operator(RO).policy.cert_tre_retention = Duration::from_secs(cert_s);
        let mut device = world.device();
        world.complete_move(&mut device, SHO);
        let released = world.now;
        let mcim_s = u64::from(TERMS.retention_s);
        let mut moments = [cert_s - 1, cert_s, mcim_s - 1, mcim_s];
        moments.sort_unstable();
        for seconds in moments {
            let now = released.plus(Duration::from_secs(seconds));
            wait_until(&mut world, RO, &device, now);
            let left = (enabled(&world, RO), certificate(&world, &device));
            let expected = ((seconds < mcim_s).then_some(false), seconds < cert_s);
            assert_eq!(left, expected, "after {seconds} s");
        }
        let mut expected = vec![
            (
                cert_s,
                (Action::CertTreDeleted, Actor::Deadline, "retention-over"),
            ),
            (
                mcim_s,
                (Action::McimDeleted, Actor::Deadline, "retention-over"),
            ),
        ];
        expected.sort_by_key(|(seconds, _)| *seconds);
        let expected: Vec<_> = expected.into_iter().map(|(_, entry)| entry).collect();
        assert_eq!(entries(&world, RO)[1..], expected);
        let subjects: Vec<_> = world.operators[&sho(RO)]
            .audit
            .iter()
            .map(|it| &it.subject)
            .collect();
        let whole = |subject: &&&String| subject.bytes().filter(u8::is_ascii_digit).count() == 15;
        assert!(
            !subjects
                .iter()
                .any(|it| whole(&it) && it.starts_with("00101")),
            "{subjects:?}"
        );
        // Nothing is left to wait for, and the device can come back.
        let record = world.operators[&sho(RO)].subscription(device.tre_id().as_str());
        assert_eq!(record.unwrap().poll_timeout(), None);
        world.complete_move(&mut device, RO);
        assert!(certificate(&world, &device));
    }
}

#[test]
fn a_device_that_came_back_keeps_its_certificate() {
    let mut world = World::new(56);
    world.operator(RO).policy.cert_tre_retention = Duration::from_secs(60);
    let mut device = world.device();
    world.complete_move(&mut device, SHO);
    world.complete_move(&mut device, RO);
    let late = world.now.plus(Duration::from_secs(86_400));
    let operator = world.operator(RO);
    let mut record = operator.subscription(device.tre_id().as_str()).unwrap();
    let effects = record.handle_timeout(late);
    let certificates = effects
        .iter()
        .filter(|it| matches!(it, Effect::DeleteCertTre(_)));
    assert_eq!(certificates.count(), 0);
    assert!(record.has_certificate());
}
