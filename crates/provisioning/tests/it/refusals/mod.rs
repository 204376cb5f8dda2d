//! Every row of `vectors/refusals.toml`: the code, the unchanged active MCIM,
//! and a good order of the same device afterwards.

mod announcements;
mod bootstraps;
mod ends;
mod forged;
mod packages;
mod registrations;

use std::collections::BTreeMap;

use provisioning::Reason;
use provisioning::effect::Effect;
use serde::Deserialize;

use crate::world::{Device, World, sho};

#[derive(Deserialize)]
struct File {
    case: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    name: String,
    place: String,
    code: String,
}

/// Plays one case in a fresh world and returns the code that stands on the
/// order, at the party that the row names.
type Case = fn(&mut World, &mut Device) -> Reason;

fn rows() -> Vec<Row> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/refusals.toml");
    toml::from_str::<File>(&std::fs::read_to_string(file).unwrap())
        .unwrap()
        .case
}

fn cases() -> BTreeMap<&'static str, Case> {
    let lists = [
        bootstraps::CASES,
        packages::CASES,
        announcements::CASES,
        registrations::CASES,
        ends::CASES,
    ];
    let cases: Vec<(&str, Case)> = lists.concat();
    let count = cases.len();
    let cases: BTreeMap<_, _> = cases.into_iter().collect();
    assert_eq!(cases.len(), count, "a case is written once");
    cases
}

#[test]
fn every_row_has_its_case_and_every_case_its_row() {
    let names: Vec<String> = rows().into_iter().map(|row| row.name).collect();
    let cases = cases();
    for name in &names {
        assert!(
            cases.contains_key(name.as_str()),
            "no case for the row `{name}`"
        );
    }
    assert_eq!(
        cases.len(),
        names.len(),
        "a case without a row, or a row twice"
    );
}

#[test]
fn every_row_is_refused_with_its_code_and_a_good_order_follows() {
    let cases = cases();
    for (seed, row) in (100..).zip(rows()) {
        let mut world = World::new(seed);
        let mut device = world.device();
        eprintln!("case `{}`, seed {seed}", row.name);
        let found = cases[row.name.as_str()](&mut world, &mut device);
        assert_eq!(
            found.code(),
            row.code,
            "{} (at the {})",
            row.name,
            row.place
        );
        finish_well(&mut world, &mut device, &row.name);
    }
}

/// Whatever is open is finished or ended; then a good order completes.
fn finish_well(world: &mut World, device: &mut Device, name: &str) {
    let current = device.tre().current_sho().clone();
    assert!(
        device
            .tre()
            .active_imsi()
            .digits()
            .starts_with(&current.prefix()),
        "{name}: the active MCIM is the current operator's"
    );
    let home = world.operators.get_mut(&current).unwrap();
    assert!(
        device.attach(home, &mut world.random),
        "{name}: the active MCIM still attaches"
    );
    world.supplier.status.insert(
        device.tre_id().as_str().to_owned(),
        provisioning::recipient::PvaAnswer::Good,
    );
    // An order that stayed open at the donor closes by time.
    let donor = world.operators.get_mut(&current).unwrap();
    let mut subscription = donor.subscription(device.tre_id().as_str()).unwrap();
    let mut over = Vec::new();
    while let Some(due) = subscription.poll_timeout() {
        over.extend(subscription.handle_timeout(due));
    }
    // Of a device that was here before, the earlier credentials go too.
    let earlier = |effect: &Effect| match effect {
        Effect::DeleteSubscriber(imsi) => imsi != subscription.imsi(),
        Effect::Record(_) => true,
        _ => false,
    };
    assert!(over.iter().all(earlier));
    over.into_iter()
        .for_each(|effect| drop(donor.apply(effect)));
    subscription.lift_clone_suspicion();
    donor.put_subscription(&subscription);
    let to = if current == sho("001-02") {
        "001-03"
    } else {
        "001-02"
    };
    world.complete_move(device, to);
}
