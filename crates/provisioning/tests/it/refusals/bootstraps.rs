//! Section 5: what a TRE says to a bootstrap. Its signed refusal goes to the
//! donor, on whose open order the code then stands.

use std::time::Duration;

use provisioning::bootstrap::{Bootstrap, Change};
use provisioning::{Digest, OrderId, Reason, SigningKey};
use trust::{Purpose, ShoId, TimeInterval, TimePolicy};

use super::Case;
use crate::world::{Device, World, code, purpose_key, sho};

pub(super) const CASES: &[(&str, Case)] = &[
    ("bootstrap unsigned", unsigned),
    ("bootstrap with another signature", wrong_signature),
    ("bootstrap changed after signing", changed),
    (
        "bootstrap signed by an operator that is not the current SHO",
        other_operator,
    ),
    (
        "bootstrap signed by a leaf of another purpose",
        other_purpose,
    ),
    (
        "bootstrap from another operator than its signer",
        other_from,
    ),
    ("bootstrap for another TRE", other_tre),
    ("bootstrap with an old SwitchCounter", old_switch),
    (
        "bootstrap that was not delivered before 1 to 2 to 1",
        undelivered,
    ),
    ("bootstrap with a CTXVER that was passed", stale_ctx),
    ("bootstrap with a CTXVER too far ahead", ctx_jump),
    ("bootstrap with a used nonceA", used_nonce),
    ("bootstrap expired under a trusted clock", expired),
    ("bootstrap to the current SHO", to_current),
    (
        "bootstrap with other PROVURLs than the credentials were sealed for",
        other_urls,
    ),
    ("bootstrap with T_attach below the TRE's floor", below_floor),
    (
        "old_sho_mitm: the credentials of another order in the old SHO's own bootstrap",
        old_sho_mitm,
    ),
    (
        "bootstrap with an MCIM envelope in place of the credentials",
        mcim_as_credentials,
    ),
    (
        "bootstrap with one octet of the credentials changed",
        flipped_credentials,
    ),
    (
        "bootstrap with credentials for another TRE's key",
        credentials_of_another,
    ),
    ("bootstrap in WBXML", wbxml),
    ("bootstrap container of another version", other_version),
    ("bootstrap container cut short", cut),
    ("bootstrap while an MCIM is installed", busy),
];

/// A good order up to the bootstrap, which the device has not seen yet.
pub(super) fn announced(world: &mut World, device: &Device, to: &str) -> (OrderId, Vec<u8>) {
    let token = world.token(device, to);
    let order_id = world.register(device, to, Some(token)).unwrap();
    let octets = world.operators[&sho(to)]
        .order(order_id)
        .announcement()
        .to_vec();
    let from = device.tre().current_sho().clone();
    let pushed = world.announce(&from, &sho(to), &octets).unwrap();
    world.at_recipient(to, order_id, |order, _| {
        order.announcement_answered(202, None)
    });
    (order_id, pushed.into_iter().next().unwrap())
}

/// The container as the donor's keys would verify it.
fn opened(world: &World, device: &Device, container: &[u8]) -> Bootstrap {
    let anchor = device.tre().current_anchor().unwrap();
    Bootstrap::open(container, &anchor, world.time()).unwrap()
}

fn donor_key(world: &World, device: &Device) -> SigningKey {
    let donor = &world.operators[device.tre().current_sho()];
    let mut random = sim::net::SimRandom::from_seed(9);
    purpose_key(
        &donor.issuer,
        &donor.anchor,
        Purpose::Bootstrap,
        world.now,
        &mut random,
    )
}

/// Pushes it, has it refused, and takes the TRE's report to the donor.
fn refused(world: &mut World, device: &mut Device, container: &[u8]) -> Reason {
    let time = world.time();
    refused_at(world, device, container, time)
}

fn refused_at(
    world: &mut World,
    device: &mut Device,
    container: &[u8],
    time: TimePolicy,
) -> Reason {
    let before = device.tre().active_mcim();
    let sealed = device.sealed.clone();
    let reason = code(device.push(container, time, &mut world.random));
    assert_eq!(device.tre().active_mcim(), before);
    assert!(
        device.sealed == sealed,
        "a refused document writes nothing durable"
    );
    let report = device
        .with(|tre| tre.refuse(Digest::of(container), reason.clone()))
        .unwrap()
        .unwrap();
    assert!(
        device
            .with(|tre| tre.refuse(Digest::of(container), reason))
            .unwrap()
            .is_none(),
        "reported once"
    );
    let current = device.tre().current_sho().clone();
    let donor = world.operators.get_mut(&current).unwrap();
    let mut subscription = donor.subscription(device.tre_id().as_str()).unwrap();
    let told = subscription.refusal(&report.octets).unwrap();
    assert_eq!(
        subscription.refusal(&report.octets).unwrap(),
        told,
        "a repeated report is no clone"
    );
    donor.put_subscription(&subscription);
    // On the order that was open, if there was one.
    subscription
        .departures()
        .last()
        .and_then(provisioning::donor::Departure::reason)
        .unwrap_or(told)
}

/// Changes a good bootstrap and signs it again with the donor's own key.
fn resigned(world: &mut World, device: &mut Device, change: impl FnOnce(&mut Bootstrap)) -> Reason {
    let (_, container) = announced(world, device, "001-02");
    let mut bootstrap = opened(world, device, &container);
    change(&mut bootstrap);
    let container = bootstrap.seal(&donor_key(world, device)).unwrap();
    refused(world, device, &container)
}

fn inner(bootstrap: &mut Bootstrap) -> &mut Change {
    bootstrap.change.as_mut().unwrap()
}

fn document_length(container: &[u8]) -> usize {
    u32::from_be_bytes(container[2..6].try_into().unwrap()) as usize
}

fn unsigned(world: &mut World, device: &mut Device) -> Reason {
    let (_, container) = announced(world, device, "001-02");
    refused(world, device, &container[..6 + document_length(&container)])
}

fn wrong_signature(world: &mut World, device: &mut Device) -> Reason {
    let (_, container) = announced(world, device, "001-02");
    let text = String::from_utf8(container[6..].to_vec()).unwrap();
    let (front, value) = text.split_once("SignatureValue>").unwrap();
    let swapped = if value.starts_with('A') { "B" } else { "A" };
    let forged = format!("{front}SignatureValue>{swapped}{}", &value[1..]);
    let forged = [&container[..6], forged.as_bytes()].concat();
    refused(world, device, &forged)
}

fn changed(world: &mut World, device: &mut Device) -> Reason {
    let (_, container) = announced(world, device, "001-02");
    let text = String::from_utf8(container[6..].to_vec()).unwrap();
    let forged = text.replacen("value=\"m2m\"", "value=\"m2n\"", 1);
    assert_ne!(text, forged);
    let forged = [&container[..6], forged.as_bytes()].concat();
    refused(world, device, &forged)
}

fn other_operator(world: &mut World, device: &mut Device) -> Reason {
    let (_, container) = announced(world, device, "001-02");
    let bootstrap = opened(world, device, &container);
    let container = bootstrap
        .seal(&world.operators[&sho("001-03")].keys.bootstrap)
        .unwrap();
    refused(world, device, &container)
}

fn other_purpose(world: &mut World, device: &mut Device) -> Reason {
    let (_, container) = announced(world, device, "001-02");
    let bootstrap = opened(world, device, &container);
    let keys = &world.operators[&sho("001-01")].keys;
    let mut codes = Vec::new();
    for key in [&keys.object, &keys.peer_document, &keys.decision] {
        codes.push(bootstrap.seal(key).unwrap());
    }
    let reasons: Vec<Reason> = codes
        .iter()
        .map(|container| refused(world, device, container))
        .collect();
    assert!(reasons.iter().all(|reason| *reason == reasons[0]));
    reasons[0].clone()
}

fn other_from(world: &mut World, device: &mut Device) -> Reason {
    resigned(world, device, |bootstrap| bootstrap.from = sho("001-03"))
}

fn other_tre(world: &mut World, device: &mut Device) -> Reason {
    let other = world.device().tre_id();
    resigned(world, device, |bootstrap| bootstrap.tre_id = other)
}

fn old_switch(world: &mut World, device: &mut Device) -> Reason {
    world.complete_move(device, "001-03");
    resigned(world, device, |bootstrap| bootstrap.switch_counter -= 1)
}

fn undelivered(world: &mut World, device: &mut Device) -> Reason {
    // 001-01 signs a bootstrap that never arrives; the device leaves and comes
    // back; then somebody delivers it.
    let (_, container) = announced(world, device, "001-02");
    let donor = world.operators.get_mut(&sho("001-01")).unwrap();
    let mut subscription = donor.subscription(device.tre_id().as_str()).unwrap();
    let due = subscription.poll_timeout().unwrap();
    assert!(subscription.handle_timeout(due).is_empty());
    donor.put_subscription(&subscription);
    world.complete_move(device, "001-03");
    world.complete_move(device, "001-01");
    refused(world, device, &container)
}

fn stale_ctx(world: &mut World, device: &mut Device) -> Reason {
    let (_, container) = announced(world, device, "001-02");
    let newer = world.connectivity(device);
    let time = world.time();
    device.push(&newer, time, &mut world.random).unwrap();
    refused(world, device, &container)
}

fn ctx_jump(world: &mut World, device: &mut Device) -> Reason {
    resigned(world, device, |bootstrap| bootstrap.ctx_version = 65_537)
}

fn used_nonce(world: &mut World, device: &mut Device) -> Reason {
    let (_, container) = announced(world, device, "001-02");
    let mut again = opened(world, device, &container);
    let time = world.time();
    device.push(&container, time, &mut world.random).unwrap();
    again.ctx_version += 1;
    let again = again.seal(&donor_key(world, device)).unwrap();
    refused(world, device, &again)
}

fn expired(world: &mut World, device: &mut Device) -> Reason {
    let (_, container) = announced(world, device, "001-02");
    let expires = opened(world, device, &container).change.unwrap().expires;
    // Uncertain by a second either way: the latest moment decides.
    let now = TimeInterval::new(expires.minus(Duration::from_secs(2)), expires).unwrap();
    refused_at(world, device, &container, TimePolicy::Trusted(now))
}

fn to_current(world: &mut World, device: &mut Device) -> Reason {
    resigned(world, device, |bootstrap| {
        inner(bootstrap).to = sho("001-01")
    })
}

fn other_urls(world: &mut World, device: &mut Device) -> Reason {
    resigned(world, device, |bootstrap| {
        inner(bootstrap).prov_urls = vec!["https://dpf.mnc001.mcc001.rehome.test/dm".to_owned()];
    })
}

fn below_floor(world: &mut World, device: &mut Device) -> Reason {
    resigned(world, device, |bootstrap| {
        inner(bootstrap).terms.t_attach = 0
    })
}

fn old_sho_mitm(world: &mut World, device: &mut Device) -> Reason {
    // The old SHO takes the envelope that 001-02 made and offers it under its
    // own choice of new operator and certificate, to sit in between.
    let evil = world.operators[&sho("001-03")].keys.anchor.clone();
    resigned(world, device, |bootstrap| {
        inner(bootstrap).to = sho("001-03");
        inner(bootstrap).anchor = evil;
    })
}

fn mcim_as_credentials(world: &mut World, device: &mut Device) -> Reason {
    let (order_id, container) = announced(world, device, "001-02");
    let package = package_envelope(world, device, order_id, &container);
    let mut bootstrap = opened(world, device, &container);
    bootstrap.ctx_version += 1;
    inner(&mut bootstrap).credentials = package;
    let container = bootstrap.seal(&donor_key(world, device)).unwrap();
    refused(world, device, &container)
}

/// The MCIM envelope of an order, as its package carries it.
fn package_envelope(
    world: &mut World,
    device: &mut Device,
    order_id: OrderId,
    container: &[u8],
) -> Vec<u8> {
    let time = world.time();
    device.push(container, time, &mut world.random).unwrap();
    let random = &mut world.random;
    let request = device.with(|tre| tre.request(order_id, random)).unwrap();
    let package = world.package("001-02", order_id, &request.octets).unwrap();
    super::packages::read(world, "001-02", &package).envelope
}

fn flipped_credentials(world: &mut World, device: &mut Device) -> Reason {
    resigned(world, device, |bootstrap| {
        let credentials = &mut inner(bootstrap).credentials;
        let last = credentials.len() - 1;
        credentials[last] ^= 1;
    })
}

fn credentials_of_another(world: &mut World, device: &mut Device) -> Reason {
    let other = world.device();
    let (_, container) = announced(world, &other, "001-02");
    let credentials = opened(world, &other, &container)
        .change
        .unwrap()
        .credentials;
    resigned(world, device, |bootstrap| {
        inner(bootstrap).credentials = credentials
    })
}

fn wbxml(world: &mut World, device: &mut Device) -> Reason {
    let (_, mut container) = announced(world, device, "001-02");
    container[1] = 2;
    refused(world, device, &container)
}

fn other_version(world: &mut World, device: &mut Device) -> Reason {
    let (_, mut container) = announced(world, device, "001-02");
    container[0] = 2;
    refused(world, device, &container)
}

fn cut(world: &mut World, device: &mut Device) -> Reason {
    let (_, container) = announced(world, device, "001-02");
    let document = document_length(&container);
    let reasons: Vec<Reason> = [0, 5, 6, 6 + document / 2]
        .iter()
        .map(|end| refused(world, device, &container[..*end]))
        .collect();
    assert!(reasons.iter().all(|reason| *reason == reasons[0]));
    reasons[0].clone()
}

fn busy(world: &mut World, device: &mut Device) -> Reason {
    let (order_id, container) = announced(world, device, "001-02");
    let mut second = opened(world, device, &container);
    let time = world.time();
    device.push(&container, time, &mut world.random).unwrap();
    let random = &mut world.random;
    let request = device.with(|tre| tre.request(order_id, random)).unwrap();
    let package = world.package("001-02", order_id, &request.octets).unwrap();
    let random = &mut world.random;
    device
        .with(|tre| tre.install(&package, time, random))
        .unwrap();
    second.ctx_version += 1;
    let second = second.seal(&donor_key(world, device)).unwrap();
    let reason = refused(world, device, &second);
    // The order goes on to its end all the same.
    let effects = world
        .at_recipient("001-02", order_id, |order, _| order.installed())
        .unwrap();
    world.apply(&sho("001-02"), effects);
    device
        .with(provisioning::tre::Tre::begin_probation)
        .unwrap();
    assert!(device.attach(
        world.operators.get_mut(&sho("001-02")).unwrap(),
        &mut world.random
    ));
    device.with(|tre| tre.attached("001-99")).unwrap();
    let from: ShoId = sho("001-01");
    world.finish(
        device,
        "001-02",
        order_id,
        crate::world::Plan::default(),
        &from,
    );
    reason
}
