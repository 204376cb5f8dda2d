//! Section 7: decisions that a TRE does not obey, reports that a recipient does
//! not take, releases that a donor does not take.

use provisioning::documents::{Confirmation, Decision, Release, Verdict, sign};
use provisioning::tre::{Phase, Tre};
use provisioning::{Digest, OrderId, Reason};

use super::Case;
use super::announcements::read;
use super::bootstraps::announced;
use crate::world::{Device, Plan, World, code, sho};

pub(super) const CASES: &[(&str, Case)] = &[
    ("decision of another confirmation", other_confirmation),
    (
        "decision signed by a leaf of another purpose",
        decision_purpose,
    ),
    ("decision with another signature", decision_signature),
    ("second decision that differs", second_decision),
    (
        "confirmation with another signature",
        confirmation_signature,
    ),
    ("two devices with one TRE", clones),
    (
        "release whose decision differs from the TRE's",
        release_differs,
    ),
    (
        "release signed by a leaf of another purpose",
        release_purpose,
    ),
    (
        "release with a decision signed by a leaf of another purpose",
        release_decision_purpose,
    ),
    ("release by another peer", release_peer),
];

const TO: &str = "001-02";

/// A good order up to the TRE's `attached`.
pub(super) fn attached(world: &mut World, device: &mut Device) -> OrderId {
    let (order_id, container) = announced(world, device, TO);
    let time = world.time();
    device.push(&container, time, &mut world.random).unwrap();
    world.session(device, TO, order_id, Plan::default());
    assert!(device.attach(
        world.operators.get_mut(&sho(TO)).unwrap(),
        &mut world.random
    ));
    device.with(|tre| tre.attached("001-99")).unwrap();
    order_id
}

fn confirm(world: &mut World, device: &Device, order_id: OrderId) -> Vec<u8> {
    let report = device.tre().confirmation().unwrap();
    world
        .at_recipient(TO, order_id, |order, keys| {
            order.confirm(&report.octets, keys)
        })
        .unwrap()
}

fn decision_of(world: &World, octets: &[u8]) -> Decision {
    read(octets, &world.operators[&sho(TO)].keys.decision)
}

/// A forged decision that the TRE must refuse; then the good one is obeyed.
fn decision_refused(
    world: &mut World,
    device: &mut Device,
    forge: impl FnOnce(&World, &mut Decision) -> Vec<u8>,
) -> Reason {
    let order_id = attached(world, device);
    let good = confirm(world, device, order_id);
    let mut decision = decision_of(world, &good);
    let forged = forge(world, &mut decision);
    let (time, active) = (world.time(), device.tre().active_mcim());
    let sealed = device.sealed.clone();
    let reason = code(device.with(|tre| tre.decide(&forged, time)));
    assert!(device.sealed == sealed);
    assert_eq!(device.tre().active_mcim(), active);
    world.finish(device, TO, order_id, Plan::default(), &sho("001-01"));
    reason
}

fn other_confirmation(world: &mut World, device: &mut Device) -> Reason {
    decision_refused(world, device, |world, decision| {
        decision.confirmation = Digest([7; 32]);
        sign(decision, &world.operators[&sho(TO)].keys.decision).unwrap()
    })
}

fn decision_purpose(world: &mut World, device: &mut Device) -> Reason {
    decision_refused(world, device, |world, decision| {
        sign(decision, &world.operators[&sho(TO)].keys.object).unwrap()
    })
}

fn decision_signature(world: &mut World, device: &mut Device) -> Reason {
    decision_refused(world, device, |world, decision| {
        let octets = sign(decision, &world.operators[&sho(TO)].keys.decision).unwrap();
        let text = String::from_utf8(octets).unwrap();
        let other = if text.contains(">commit<") {
            text.replace(">commit<", ">rollback<")
        } else {
            text.clone()
        };
        assert_ne!(text, other);
        other.into_bytes()
    })
}

fn second_decision(world: &mut World, device: &mut Device) -> Reason {
    let order_id = attached(world, device);
    let good = confirm(world, device, order_id);
    let time = world.time();
    device.with(|tre| tre.decide(&good, time)).unwrap();
    let mut decision = decision_of(world, &good);
    decision.verdict = Verdict::Rollback;
    let forged = sign(&decision, &world.operators[&sho(TO)].keys.decision).unwrap();
    let reason = code(device.with(|tre| tre.decide(&forged, time)));
    settle(world, device, order_id);
    world.release(&sho("001-01"), TO, order_id).unwrap();
    reason
}

fn confirmation_signature(world: &mut World, device: &mut Device) -> Reason {
    let order_id = attached(world, device);
    let report = device.tre().confirmation().unwrap();
    let text = String::from_utf8(report.octets).unwrap();
    let forged = text.replace("<Result>attached</Result>", "<Result>failed</Result>");
    assert_ne!(text, forged);
    let refused = world.at_recipient(TO, order_id, |order, keys| {
        order.confirm(forged.as_bytes(), keys)
    });
    let reason = code(refused);
    assert_eq!(
        world.operators[&sho(TO)].order(order_id).reason(),
        Some(reason.clone())
    );
    assert!(
        world.operators[&sho(TO)]
            .order(order_id)
            .decision()
            .is_none()
    );
    world.finish(device, TO, order_id, Plan::default(), &sho("001-01"));
    reason
}

fn clones(world: &mut World, device: &mut Device) -> Reason {
    // Somebody copied the whole TRE, keys and counter included, before the
    // probation: both copies sign a confirmation under the same Seq.
    let (order_id, container) = announced(world, device, TO);
    let time = world.time();
    device.push(&container, time, &mut world.random).unwrap();
    world.session(device, TO, order_id, Plan::default());
    let mut copy = device.copy();
    assert!(device.attach(
        world.operators.get_mut(&sho(TO)).unwrap(),
        &mut world.random
    ));
    device.with(|tre| tre.attached("001-99")).unwrap();
    confirm(world, device, order_id);
    copy.with(|tre| tre.powered(std::time::Duration::from_secs(3600)))
        .unwrap();
    let second = copy.tre().confirmation().unwrap();
    let refused = world.at_recipient(TO, order_id, |order, keys| {
        order.confirm(&second.octets, keys)
    });
    let reason = code(refused);
    let order = world.operators[&sho(TO)].order(order_id);
    assert!(order.clone_suspected());
    assert!(
        order.decision().is_some(),
        "the first confirmation keeps its answer"
    );
    world.finish(device, TO, order_id, Plan::default(), &sho("001-01"));
    reason
}

/// A whole order up to the release, which is then changed and signed again.
fn release_refused(
    world: &mut World,
    device: &mut Device,
    forge: impl FnOnce(&World, &mut Release) -> Vec<u8>,
) -> Reason {
    let order_id = settled(world, device);
    let good = world.operators[&sho(TO)]
        .order(order_id)
        .release()
        .unwrap()
        .to_vec();
    let mut release: Release = read(&good, &world.operators[&sho(TO)].keys.peer_document);
    let forged = forge(world, &mut release);
    let reason = code(world.take_release(&sho("001-01"), &sho(TO), &forged));
    let imsi = world.operators[&sho("001-01")]
        .subscription(device.tre_id().as_str())
        .unwrap()
        .imsi()
        .clone();
    assert!(
        world.operators[&sho("001-01")].hlr[&imsi].enabled,
        "only the TRE's own word disables"
    );
    world.release(&sho("001-01"), TO, order_id).unwrap();
    assert!(!world.operators[&sho("001-01")].hlr[&imsi].enabled);
    reason
}

fn settled(world: &mut World, device: &mut Device) -> OrderId {
    let order_id = attached(world, device);
    let decision = confirm(world, device, order_id);
    let time = world.time();
    device.with(|tre| tre.decide(&decision, time)).unwrap();
    settle(world, device, order_id);
    order_id
}

/// The TRE's outcome to the recipient.
fn settle(world: &mut World, device: &mut Device, order_id: OrderId) {
    let outcome = device.tre().outcome().unwrap();
    let effects = world
        .at_recipient(TO, order_id, |order, keys| {
            order.settle(&outcome.octets, keys)
        })
        .unwrap();
    world.apply(&sho(TO), effects);
    device.with(Tre::acknowledge).unwrap();
}

fn release_differs(world: &mut World, device: &mut Device) -> Reason {
    release_refused(world, device, |world, release| {
        let key = &world.operators[&sho(TO)].keys.decision;
        let mut decision: Decision = read(&release.decision, key);
        decision.verdict = Verdict::Rollback;
        release.decision = sign(&decision, key).unwrap();
        sign(release, &world.operators[&sho(TO)].keys.peer_document).unwrap()
    })
}

fn release_purpose(world: &mut World, device: &mut Device) -> Reason {
    release_refused(world, device, |world, release| {
        sign(release, &world.operators[&sho(TO)].keys.decision).unwrap()
    })
}

fn release_decision_purpose(world: &mut World, device: &mut Device) -> Reason {
    release_refused(world, device, |world, release| {
        let keys = &world.operators[&sho(TO)].keys;
        let decision: Decision = read(&release.decision, &keys.decision);
        release.decision = sign(&decision, &keys.object).unwrap();
        sign(release, &keys.peer_document).unwrap()
    })
}

fn release_peer(world: &mut World, device: &mut Device) -> Reason {
    let order_id = settled(world, device);
    let good = world.operators[&sho(TO)]
        .order(order_id)
        .release()
        .unwrap()
        .to_vec();
    let reason = code(world.take_release(&sho("001-01"), &sho("001-03"), &good));
    world.release(&sho("001-01"), TO, order_id).unwrap();
    reason
}

/// The decision is lost for ever: both MCIMs stay usable, and the TRE never
/// rolls back by itself.
#[test]
fn without_a_decision_both_mcims_stay_usable() {
    let mut world = World::new(95);
    let mut device = world.device();
    let order_id = attached(&mut world, &mut device);
    let (new, old) = device.tre().choices().unwrap();
    confirm(&mut world, &device, order_id);
    for turn in 0..10 {
        device
            .with(|tre| tre.powered(std::time::Duration::from_secs(3600)))
            .unwrap();
        let (mcim, home) = if turn % 2 == 0 {
            (new, TO)
        } else {
            (old, "001-01")
        };
        device.with(|tre| tre.select(mcim)).unwrap();
        device.reboot();
        assert!(
            device.attach(
                world.operators.get_mut(&sho(home)).unwrap(),
                &mut world.random
            ),
            "turn {turn}"
        );
        assert_eq!(device.tre().open_order().unwrap().1, Phase::Attached);
    }
    world.finish(&mut device, TO, order_id, Plan::default(), &sho("001-01"));
    assert_eq!(device.tre().active_mcim(), new);
}

/// Rejects by a cell that nobody authenticated end nothing; only powered-on
/// time does, and neither a reboot nor a wall clock shortens it.
#[test]
fn only_powered_time_ends_a_probation() {
    let mut world = World::new(96);
    let mut device = world.device();
    let (order_id, container) = announced(&mut world, &device, TO);
    let time = world.time();
    device.push(&container, time, &mut world.random).unwrap();
    world.session(&mut device, TO, order_id, Plan::default());
    for _ in 0..19 {
        world.advance(std::time::Duration::from_secs(86_400));
        device.reboot();
        device
            .with(|tre| tre.powered(std::time::Duration::from_secs(1)))
            .unwrap();
        // A challenge that the home network did not make is no more than noise.
        let forged = device.with(|tre| tre.authenticate(&aka::Rand([1; 16]), &aka::Autn([2; 16])));
        assert_eq!(code(forged).code(), "mac-failure");
        assert!(
            device.with(|tre| tre.attached("001-99")).is_err(),
            "no attach without the TRE's own AKA"
        );
        assert_eq!(device.tre().open_order().unwrap().1, Phase::Probation);
    }
    device
        .with(|tre| tre.powered(std::time::Duration::from_secs(1)))
        .unwrap();
    assert_eq!(device.tre().open_order().unwrap().1, Phase::Failed);
    world.finish(
        &mut device,
        TO,
        order_id,
        Plan {
            no_coverage: true,
            ..Plan::default()
        },
        &sho("001-01"),
    );
}

/// A copy of the state from before is noticed by the counter: it attaches, and
/// takes part in no order.
#[test]
fn a_restored_state_attaches_but_takes_part_in_no_order() {
    let mut world = World::new(97);
    let mut device = world.device();
    let old = device.sealed.clone();
    let (_, container) = announced(&mut world, &device, TO);
    let time = world.time();
    device.push(&container, time, &mut world.random).unwrap();
    device.sealed = old;
    device.reboot();
    assert!(device.tre().is_restored());
    assert_eq!(
        code(device.push(&container, time, &mut world.random)).code(),
        "state-restored"
    );
    assert!(device.tre().open_order().is_none());
}

/// A refused confirmation says nothing of what the TRE reported.
#[test]
fn a_confirmation_is_read_only_under_the_pinned_certificate() {
    let mut world = World::new(98);
    let mut device = world.device();
    let order_id = attached(&mut world, &mut device);
    let other = world.device();
    let certificate = trust::Certificate::from_der(&other.certificates.signature).unwrap();
    let report = device.tre().confirmation().unwrap();
    let refused = provisioning::documents::Signed::<Confirmation>::verify_pinned(
        &report.octets,
        certificate.public_key().spki_der(),
    );
    assert_eq!(code(refused).code(), "signature-invalid");
    world.finish(&mut device, TO, order_id, Plan::default(), &sho("001-01"));
}

/// The report of a roll-back that comes only after the device has left by
/// another order changes nothing, and is no clone.
#[test]
fn a_late_roll_back_does_not_bring_a_device_back() {
    let mut world = World::new(99);
    let mut device = world.device();
    let from = sho("001-01");
    let (first, container) = announced(&mut world, &device, TO);
    let time = world.time();
    device.push(&container, time, &mut world.random).unwrap();
    world.session(&mut device, TO, first, Plan::default());
    device
        .with(|tre| tre.powered(std::time::Duration::from_secs(20)))
        .unwrap();
    let decision = confirm(&mut world, &device, first);
    device.with(|tre| tre.decide(&decision, time)).unwrap();
    settle(&mut world, &mut device, first);
    // The release is on its way for a long time; meanwhile the order ends by
    // time, and another one succeeds.
    let donor = world.operators.get_mut(&from).unwrap();
    let mut subscription = donor.subscription(device.tre_id().as_str()).unwrap();
    let due = subscription.poll_timeout().unwrap();
    assert!(subscription.handle_timeout(due).is_empty());
    donor.put_subscription(&subscription);
    world.complete_move(&mut device, "001-03");
    world.release(&from, TO, first).unwrap();
    let donor = &world.operators[&from];
    let subscription = donor.subscription(device.tre_id().as_str()).unwrap();
    assert!(matches!(
        subscription.home(),
        provisioning::donor::Home::Left { .. }
    ));
    assert!(!subscription.clone_suspected());
    assert!(
        !donor.hlr[subscription.imsi()].enabled,
        "the old MCIM stays disabled"
    );
}

/// A TRE that its PVA revokes after the install gets no other package, but its
/// order goes on to its end.
#[test]
fn a_revocation_after_the_install_does_not_strand_the_device() {
    let mut world = World::new(94);
    let mut device = world.device();
    let (order_id, container) = announced(&mut world, &device, TO);
    let time = world.time();
    device.push(&container, time, &mut world.random).unwrap();
    let random = &mut world.random;
    let request = device.with(|tre| tre.request(order_id, random)).unwrap();
    let package = world.package(TO, order_id, &request.octets).unwrap();
    let random = &mut world.random;
    device
        .with(|tre| tre.install(&package, time, random))
        .unwrap();
    let effects = world
        .at_recipient(TO, order_id, |order, _| order.installed())
        .unwrap();
    world.apply(&sho(TO), effects);
    // The answer to the install report was lost; the device begins again.
    let tre_id = device.tre_id().as_str().to_owned();
    world
        .supplier
        .status
        .insert(tre_id, provisioning::recipient::PvaAnswer::Revoked);
    let random = &mut world.random;
    let request = device.with(|tre| tre.request(order_id, random)).unwrap();
    assert_eq!(
        code(world.package(TO, order_id, &request.octets)).code(),
        "tre-revoked"
    );
    let order = world.operators[&sho(TO)].order(order_id);
    assert!(order.takes_sessions() && !order.is_over());
}
