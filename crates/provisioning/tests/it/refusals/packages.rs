//! Section 6: what the recipient says to a request, and the device to a
//! package.

use provisioning::documents::{
    Package, ProvisioningRequest, Signed, SignedDocument, sign, unverified,
};
use provisioning::recipient::{OrderState, PvaAnswer};
use provisioning::{McimId, Nonce, OrderId, Reason, SigningKey};
use trust::{Certificate, Purpose};
use xmldsig::VerifyingKey;

use super::Case;
use super::bootstraps::announced;
use crate::world::{Device, World, code, sho};

pub(super) const CASES: &[(&str, Case)] = &[
    ("M2MMobj with another signature", wrong_signature),
    ("M2MMobj of another TRE", other_tre),
    ("M2MMobj with another order's nonceA", other_order),
    ("M2MMobj of an attempt that was passed", stale_attempt),
    ("TRE revoked by its PVA", revoked),
    ("TRE that its PVA does not know", unknown),
    ("PVA without an answer", silent),
    ("M2MMCIMMobj with another signature", package_signature),
    (
        "M2MMCIMMobj signed by a leaf of another purpose",
        package_purpose,
    ),
    ("M2MMCIMMobj signed by another operator", package_operator),
    ("M2MMCIMMobj with a stale nonceB", stale_nonce_b),
    ("M2MMCIMMobj with a substituted blob", substituted),
    (
        "M2MMCIMMobj with one octet of the blob changed",
        flipped_blob,
    ),
    (
        "M2MMCIMMobj that names another McimId than its blob",
        other_mcim,
    ),
    (
        "M2MMCIMMobj with the credentials in place of an MCIM",
        credentials_as_mcim,
    ),
];

const TO: &str = "001-02";

/// A document of the operator `name`, as its own keys verify it.
pub(super) fn read(world: &World, name: &str, octets: &[u8]) -> Package {
    let leaf = Certificate::from_der(world.operators[&sho(name)].keys.object.leaf()).unwrap();
    verified(octets, leaf.public_key().spki_der())
}

fn verified<D: SignedDocument>(octets: &[u8], spki: &[u8]) -> D {
    let key = VerifyingKey::from_spki_der(spki).unwrap();
    Signed::<D>::verify(unverified::<D>(octets).unwrap(), &key)
        .unwrap()
        .document
}

/// A good order up to the device's request.
pub(super) fn requested(world: &mut World, device: &mut Device) -> (OrderId, Vec<u8>) {
    let (order_id, container) = announced(world, device, TO);
    let time = world.time();
    device.push(&container, time, &mut world.random).unwrap();
    let random = &mut world.random;
    let request = device.with(|tre| tre.request(order_id, random)).unwrap();
    (order_id, request.octets)
}

/// Has the recipient refuse a request, and reads the code on its order.
fn request_refused(world: &mut World, order_id: OrderId, request: &[u8]) -> Reason {
    let reason = code(world.package(TO, order_id, request));
    let order = world.operators[&sho(TO)].order(order_id);
    assert_eq!(
        order.reason(),
        Some(reason.clone()),
        "the code stands on the order"
    );
    assert_eq!(order.installs(), 0);
    reason
}

fn swap_in(octets: &[u8], after: &str) -> Vec<u8> {
    let text = std::str::from_utf8(octets).unwrap();
    let (front, value) = text.split_once(after).unwrap();
    let swapped = if value.starts_with('A') { "B" } else { "A" };
    format!("{front}{after}{swapped}{}", &value[1..]).into_bytes()
}

fn wrong_signature(world: &mut World, device: &mut Device) -> Reason {
    let (order_id, request) = requested(world, device);
    let forged = swap_in(&request, "SignatureValue>");
    request_refused(world, order_id, &forged)
}

fn other_tre(world: &mut World, device: &mut Device) -> Reason {
    let (order_id, _) = requested(world, device);
    let mut other = world.device();
    let (_, request) = requested(world, &mut other);
    request_refused(world, order_id, &request)
}

fn other_order(world: &mut World, device: &mut Device) -> Reason {
    // The request of an order that was given up, replayed into the next one.
    let (_, old) = requested(world, device);
    let from = device.tre().current_sho().clone();
    let donor = world.operators.get_mut(&from).unwrap();
    let mut subscription = donor.subscription(device.tre_id().as_str()).unwrap();
    let due = subscription.poll_timeout().unwrap();
    assert!(subscription.handle_timeout(due).is_empty());
    donor.put_subscription(&subscription);
    let (order_id, _) = requested(world, device);
    request_refused(world, order_id, &old)
}

fn stale_attempt(world: &mut World, device: &mut Device) -> Reason {
    let (order_id, first) = requested(world, device);
    let random = &mut world.random;
    let second = device.with(|tre| tre.request(order_id, random)).unwrap();
    world.package(TO, order_id, &second.octets).unwrap();
    request_refused(world, order_id, &first)
}

fn vouched_for(world: &mut World, device: &mut Device, answer: PvaAnswer) -> (OrderId, Reason) {
    let (order_id, request) = requested(world, device);
    world
        .supplier
        .status
        .insert(device.tre_id().as_str().to_owned(), answer);
    (order_id, request_refused(world, order_id, &request))
}

fn revoked(world: &mut World, device: &mut Device) -> Reason {
    let (order_id, reason) = vouched_for(world, device, PvaAnswer::Revoked);
    assert_eq!(world.order_state(TO, order_id), OrderState::Failed);
    reason
}

fn unknown(world: &mut World, device: &mut Device) -> Reason {
    let (order_id, reason) = vouched_for(world, device, PvaAnswer::Unknown);
    assert_eq!(world.order_state(TO, order_id), OrderState::Failed);
    reason
}

fn silent(world: &mut World, device: &mut Device) -> Reason {
    let (order_id, reason) = vouched_for(world, device, PvaAnswer::NoAnswer);
    assert!(
        !world.operators[&sho(TO)].order(order_id).is_over(),
        "the order may be tried again"
    );
    reason
}

/// A good package, changed and signed again, which the device must refuse.
fn package_refused(
    world: &mut World,
    device: &mut Device,
    forge: impl FnOnce(&World, &mut Package) -> Vec<u8>,
) -> Reason {
    let (order_id, request) = requested(world, device);
    let good = world.package(TO, order_id, &request).unwrap();
    let mut package = read(world, TO, &good);
    let forged = forge(world, &mut package);
    let reason = install_refused(world, device, order_id, &forged);
    // The good one still goes in, in the same session.
    let time = world.time();
    let random = &mut world.random;
    device.with(|tre| tre.install(&good, time, random)).unwrap();
    finish_order(world, device, order_id);
    reason
}

fn install_refused(
    world: &mut World,
    device: &mut Device,
    order_id: OrderId,
    forged: &[u8],
) -> Reason {
    let (time, sealed) = (world.time(), device.sealed.clone());
    let random = &mut world.random;
    let reason = code(device.with(|tre| tre.install(forged, time, random)));
    assert!(
        device.sealed == sealed,
        "a refused package writes nothing durable"
    );
    // The device tells it in its Alert; the recipient keeps it.
    world.at_recipient(TO, order_id, |order, _| order.install_refused(&reason));
    world.operators[&sho(TO)].order(order_id).reason().unwrap()
}

/// From the install to the end.
pub(super) fn finish_order(world: &mut World, device: &mut Device, order_id: OrderId) {
    let random = &mut world.random;
    let request = device.with(|tre| tre.request(order_id, random)).unwrap();
    world.package(TO, order_id, &request.octets).unwrap();
    let effects = world
        .at_recipient(TO, order_id, |order, _| order.installed())
        .unwrap();
    world.apply(&sho(TO), effects);
    device
        .with(provisioning::tre::Tre::begin_probation)
        .unwrap();
    assert!(device.attach(
        world.operators.get_mut(&sho(TO)).unwrap(),
        &mut world.random
    ));
    device.with(|tre| tre.attached("001-99")).unwrap();
    world.finish(
        device,
        TO,
        order_id,
        crate::world::Plan::default(),
        &sho("001-01"),
    );
}

fn object_key(world: &World) -> &SigningKey {
    &world.operators[&sho(TO)].keys.object
}

fn package_signature(world: &mut World, device: &mut Device) -> Reason {
    package_refused(world, device, |world, package| {
        swap_in(
            &sign(package, object_key(world)).unwrap(),
            "SignatureValue>",
        )
    })
}

fn package_purpose(world: &mut World, device: &mut Device) -> Reason {
    package_refused(world, device, |world, package| {
        let keys = &world.operators[&sho(TO)].keys;
        sign(package, &keys.peer_document).unwrap()
    })
}

fn package_operator(world: &mut World, device: &mut Device) -> Reason {
    package_refused(world, device, |world, package| {
        sign(package, &world.operators[&sho("001-01")].keys.object).unwrap()
    })
}

fn stale_nonce_b(world: &mut World, device: &mut Device) -> Reason {
    package_refused(world, device, |world, package| {
        package.nonce_b = Nonce([0; 16]);
        sign(package, object_key(world)).unwrap()
    })
}

fn substituted(world: &mut World, device: &mut Device) -> Reason {
    // A blob that 001-02 sealed for the same TRE under an order that ended.
    let (order_id, request) = requested(world, device);
    let old = world.package(TO, order_id, &request).unwrap();
    let old = read(world, TO, &old);
    let donor = world.operators.get_mut(&sho("001-01")).unwrap();
    let mut subscription = donor.subscription(device.tre_id().as_str()).unwrap();
    let due = subscription.poll_timeout().unwrap();
    assert!(subscription.handle_timeout(due).is_empty());
    donor.put_subscription(&subscription);
    package_refused(world, device, |world, package| {
        package.envelope = old.envelope;
        package.mcim_id = old.mcim_id;
        sign(package, object_key(world)).unwrap()
    })
}

fn flipped_blob(world: &mut World, device: &mut Device) -> Reason {
    package_refused(world, device, |world, package| {
        let last = package.envelope.len() - 1;
        package.envelope[last] ^= 0x80;
        sign(package, object_key(world)).unwrap()
    })
}

fn other_mcim(world: &mut World, device: &mut Device) -> Reason {
    package_refused(world, device, |world, package| {
        package.mcim_id = McimId([9; 16]);
        sign(package, object_key(world)).unwrap()
    })
}

fn credentials_as_mcim(world: &mut World, device: &mut Device) -> Reason {
    let (order_id, request) = requested(world, device);
    let change = device.change.clone().unwrap();
    let good = world.package(TO, order_id, &request).unwrap();
    let mut package = read(world, TO, &good);
    package.envelope = change.credentials;
    let forged = sign(&package, object_key(world)).unwrap();
    let reason = install_refused(world, device, order_id, &forged);
    let time = world.time();
    let random = &mut world.random;
    device.with(|tre| tre.install(&good, time, random)).unwrap();
    finish_order(world, device, order_id);
    reason
}

/// Every octet of a signed package: changed, it is never installed.
#[test]
fn a_package_with_any_octet_changed_is_refused() {
    let mut world = World::new(77);
    let mut device = world.device();
    let (order_id, request) = requested(&mut world, &mut device);
    let good = world.package(TO, order_id, &request).unwrap();
    let (time, sealed) = (world.time(), device.sealed.clone());
    for at in 0..good.len() {
        let mut forged = good.clone();
        forged[at] ^= 1;
        let random = &mut world.random;
        assert!(
            device
                .with(|tre| tre.install(&forged, time, random))
                .is_err(),
            "octet {at}"
        );
    }
    assert!(device.sealed == sealed);
    let random = &mut world.random;
    device.with(|tre| tre.install(&good, time, random)).unwrap();
}

/// Every octet of an envelope, below a signature that is right: one code for
/// all that is secret, and never an MCIM.
#[test]
fn an_envelope_with_any_octet_changed_is_refused() {
    let mut world = World::new(78);
    let mut device = world.device();
    let (order_id, request) = requested(&mut world, &mut device);
    let good = world.package(TO, order_id, &request).unwrap();
    let package = read(&world, TO, &good);
    let time = world.time();
    let mut codes = std::collections::BTreeSet::new();
    for at in 0..package.envelope.len() {
        let mut forged = package.clone();
        forged.envelope[at] ^= 1;
        let forged = sign(&forged, object_key(&world)).unwrap();
        let random = &mut world.random;
        let reason = code(device.with(|tre| tre.install(&forged, time, random)));
        codes.insert(reason.code().to_owned());
    }
    let known = [
        "envelope-algorithm-refused",
        "envelope-invalid",
        "envelope-malformed",
        "envelope-not-for-this-key",
        "envelope-unsupported-suite",
    ];
    assert!(
        codes.iter().all(|code| known.contains(&code.as_str())),
        "{codes:?}"
    );
}

/// A request with any octet changed is refused.
#[test]
fn a_request_with_any_octet_changed_is_refused() {
    let mut world = World::new(79);
    let mut device = world.device();
    let (order_id, request) = requested(&mut world, &mut device);
    for at in 0..request.len() {
        let mut forged = request.clone();
        forged[at] ^= 1;
        assert!(world.package(TO, order_id, &forged).is_err(), "octet {at}");
    }
    world.package(TO, order_id, &request).unwrap();
}

/// The purposes that are not the object's, one by one.
#[test]
fn a_package_by_any_other_purpose_is_refused() {
    let mut world = World::new(80);
    let mut device = world.device();
    let (order_id, request) = requested(&mut world, &mut device);
    let good = world.package(TO, order_id, &request).unwrap();
    let package = read(&world, TO, &good);
    let time = world.time();
    let operator = &world.operators[&sho(TO)];
    let mut random = sim::net::SimRandom::from_seed(1);
    for purpose in [
        Purpose::Bootstrap,
        Purpose::PeerDocument,
        Purpose::Decision,
        Purpose::PeerEncipherment,
    ] {
        let key = crate::world::purpose_key(
            &operator.issuer,
            &operator.anchor,
            purpose,
            world.now,
            &mut random,
        );
        let forged = sign(&package, &key).unwrap();
        let reason = code(device.with(|tre| tre.install(&forged, time, &mut random)));
        assert_eq!(reason.code(), "certificate-purpose-wrong", "{purpose:?}");
    }
}

/// The fields that a request carries, for those who read this file.
#[test]
fn a_request_says_what_it_should() {
    let mut world = World::new(81);
    let mut device = world.device();
    let (order_id, octets) = requested(&mut world, &mut device);
    let certificate = Certificate::from_der(&device.certificates.signature).unwrap();
    let request: ProvisioningRequest = verified(&octets, certificate.public_key().spki_der());
    assert_eq!(request.order_id, order_id);
    assert_eq!((request.attempt, request.switch_counter), (1, 0));
    assert_eq!(request.sho_id, sho(TO));
    assert_eq!(request.info.free_slots, 3);
}
