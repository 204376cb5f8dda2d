//! Whole moves: any operator to any operator, every step repeated, every answer
//! lost, power lost after every step, no coverage, and back again.

use provisioning::donor::{DepartureState, Home};
use provisioning::effect::Effect;
use provisioning::payload::AlgorithmId;
use provisioning::recipient::OrderState;
use tre::{KeyKind, Suite};

use crate::world::{Plan, Setup, Step, World, sho};

fn enabled(world: &World, name: &str) -> usize {
    world.operators[&sho(name)]
        .hlr
        .values()
        .filter(|row| row.enabled)
        .count()
}

#[test]
fn a_device_moves_from_the_registration_operator_and_on_and_back() {
    let mut world = World::new(1);
    let mut device = world.device();
    for (hop, to) in ["001-02", "001-03", "001-01", "001-02"]
        .into_iter()
        .enumerate()
    {
        let from = device.tre().current_sho().clone();
        let order_id = world.complete_move(&mut device, to);
        assert_eq!(device.tre().switch_counter(), hop as u64 + 1);
        assert!(
            device
                .tre()
                .active_imsi()
                .digits()
                .starts_with(&sho(to).prefix())
        );
        assert!(device.tre().open_order().is_none());
        assert_eq!(world.operators[&sho(to)].order(order_id).installs(), 1);
        let old = world.operators[&from]
            .subscription(device.tre_id().as_str())
            .unwrap();
        assert!(matches!(old.home(), Home::Left { .. }));
        assert_eq!(
            old.departures().last().unwrap().state,
            DepartureState::Released
        );
        let total: usize = ["001-01", "001-02", "001-03"]
            .iter()
            .map(|name| enabled(&world, name))
            .sum();
        assert_eq!(total, 1, "exactly one operator lets the device in");
        assert!(device.attach(
            world.operators.get_mut(&sho(to)).unwrap(),
            &mut world.random
        ));
    }
}

#[test]
fn every_kind_of_key_and_suite() {
    for kind in [KeyKind::EcP256, KeyKind::Rsa] {
        for suite in [Suite::One, Suite::Two] {
            for one_pair in [false, true] {
                let mut world = World::with(
                    2,
                    Setup {
                        kind,
                        suite,
                        one_pair,
                    },
                );
                let mut device = world.device();
                world.complete_move(&mut device, "001-02");
            }
        }
    }
}

/// TUAK where the TRE has it, MILENAGE where it has that alone; and back to an
/// operator with MILENAGE.
#[test]
fn new_subscribers_get_an_algorithm_that_their_tre_has() {
    for (algorithms, expected) in [
        (vec![1, 2], AlgorithmId::Tuak),
        (vec![2], AlgorithmId::Tuak),
        (vec![1], AlgorithmId::Milenage),
    ] {
        let mut world = World::new(3);
        world.use_tuak("001-02");
        world.supplier.limits.algorithms = algorithms.clone();
        let mut device = world.device();
        world.complete_move(&mut device, "001-02");
        let ids = |world: &World, name: &str| -> Vec<AlgorithmId> {
            let rows = world.operators[&sho(name)].hlr.values();
            rows.map(|row| row.keys.id()).collect()
        };
        assert_eq!(ids(&world, "001-02"), [expected]);
        device.reboot();
        assert!(device.attach(
            world.operators.get_mut(&sho("001-02")).unwrap(),
            &mut world.random
        ));
        if algorithms.contains(&1) {
            world.complete_move(&mut device, "001-03");
            assert_eq!(ids(&world, "001-03"), [AlgorithmId::Milenage]);
        }
    }
}

#[test]
fn every_step_may_come_twice() {
    for (seed, step) in (10..).zip(Step::ALL) {
        let mut world = World::new(seed);
        let mut device = world.device();
        let plan = Plan {
            repeat: Some(step),
            ..Plan::default()
        };
        let order_id = world.run(&mut device, "001-02", plan);
        assert_eq!(
            world.order_state("001-02", order_id),
            OrderState::Completed,
            "{step:?}"
        );
        assert_eq!(
            world.operators[&sho("001-02")].order(order_id).installs(),
            1,
            "{step:?}"
        );
        assert!(
            !world.operators[&sho("001-02")]
                .order(order_id)
                .clone_suspected(),
            "{step:?}"
        );
        assert_eq!(
            (enabled(&world, "001-01"), enabled(&world, "001-02")),
            (0, 1),
            "{step:?}"
        );
    }
}

#[test]
fn power_may_fail_after_every_step() {
    for (seed, step) in (30..).zip(Step::ALL) {
        let mut world = World::new(seed);
        let mut device = world.device();
        let plan = Plan {
            reboot: Some(step),
            ..Plan::default()
        };
        let order_id = world.run(&mut device, "001-02", plan);
        assert_eq!(
            world.order_state("001-02", order_id),
            OrderState::Completed,
            "{step:?}"
        );
        assert!(!device.tre().is_restored());
    }
}

#[test]
fn every_answer_may_be_lost_on_the_way_back_too() {
    for (seed, step) in (50..).zip(Step::ALL) {
        let mut world = World::new(seed);
        let mut device = world.device();
        let plan = Plan {
            lose: Some(step),
            no_coverage: true,
            ..Plan::default()
        };
        let order_id = world.run(&mut device, "001-02", plan);
        assert_eq!(
            world.order_state("001-02", order_id),
            OrderState::RolledBack,
            "{step:?}"
        );
        assert_eq!(
            (enabled(&world, "001-01"), enabled(&world, "001-02")),
            (1, 0),
            "{step:?}"
        );
    }
}

#[test]
fn without_coverage_the_device_goes_back_and_may_try_again() {
    let mut world = World::new(3);
    let mut device = world.device();
    let before = device.tre().active_imsi().clone();
    let plan = Plan {
        no_coverage: true,
        ..Plan::default()
    };
    let order_id = world.run(&mut device, "001-02", plan);
    let order = world.operators[&sho("001-02")].order(order_id);
    assert_eq!(order.state(), OrderState::RolledBack);
    assert_eq!(order.reason().unwrap().code(), "attach-timeout");
    assert_eq!(device.tre().active_imsi(), &before);
    assert_eq!(device.tre().current_sho(), &sho("001-01"));
    assert_eq!(device.tre().switch_counter(), 0, "nothing changed hands");
    let old = world.operators[&sho("001-01")]
        .subscription(device.tre_id().as_str())
        .unwrap();
    assert_eq!(old.home(), &Home::Here);
    assert_eq!(
        old.departures().last().unwrap().state,
        DepartureState::RolledBack
    );
    assert!(device.attach(
        world.operators.get_mut(&sho("001-01")).unwrap(),
        &mut world.random
    ));
    world.complete_move(&mut device, "001-02");
}

#[test]
fn retained_credentials_are_deleted_when_their_time_is_over() {
    let mut world = World::new(4);
    let mut device = world.device();
    world.complete_move(&mut device, "001-02");
    let donor = world.operators.get_mut(&sho("001-01")).unwrap();
    let mut old = donor.subscription(device.tre_id().as_str()).unwrap();
    let due = old.poll_timeout().unwrap();
    assert_eq!(due.since(world.now).as_secs(), 3600);
    assert!(
        old.handle_timeout(due.minus(std::time::Duration::from_millis(1)))
            .is_empty()
    );
    assert_eq!(donor.hlr.len(), 1);
    old.handle_timeout(due)
        .into_iter()
        .for_each(|effect| drop(donor.apply(effect)));
    assert_eq!(old.home(), &Home::Gone);
    assert!(donor.hlr.is_empty());
}

#[test]
fn a_device_that_comes_back_is_someone_else_and_its_old_credentials_go() {
    let mut world = World::new(9);
    let mut device = world.device();
    let first = device.tre().active_imsi().clone();
    world.complete_move(&mut device, "001-02");
    world.complete_move(&mut device, "001-01");
    let mut home = world.operators[&sho("001-01")]
        .subscription(device.tre_id().as_str())
        .unwrap();
    assert_eq!(home.home(), &Home::Here);
    assert_ne!(home.imsi(), &first);
    let due = home.poll_timeout().unwrap();
    let effects = home.handle_timeout(due);
    assert!(
        matches!(effects.as_slice(), [Effect::DeleteSubscriber(imsi), Effect::Record(_)] if *imsi == first),
        "the credentials of the earlier stay, and those alone"
    );
    assert_eq!(home.home(), &Home::Here);
    assert_eq!(home.poll_timeout(), None);
}

#[test]
fn a_fleet_moves_in_any_order() {
    let mut world = World::new(5);
    let mut devices: Vec<_> = (0..6).map(|_| world.device()).collect();
    for to in ["001-02", "001-03", "001-02"] {
        for device in &mut devices {
            world.complete_move(device, to);
        }
    }
    assert_eq!(enabled(&world, "001-02"), 6);
    assert_eq!(enabled(&world, "001-01") + enabled(&world, "001-03"), 0);
}
