//! Section 4: what a donor says to an announcement.

use std::time::Duration;

use provisioning::documents::{Announcement, Signed, SignedDocument, sign, unverified};
use provisioning::donor::Denial;
use provisioning::{OrderId, Reason, SigningKey};
use secret::Secret;
use trust::Certificate;
use xmldsig::VerifyingKey;

use super::Case;
use super::bootstraps::announced;
use crate::world::{Device, World, sho};

pub(super) const CASES: &[(&str, Case)] = &[
    (
        "announcement whose client certificate is not the operator it claims",
        other_client,
    ),
    ("announcement without a transfer token", no_token),
    ("announcement with a used transfer token", used_token),
    (
        "announcement with a transfer token for another operator",
        token_of_another,
    ),
    ("announcement with a foreign PROVURL host", foreign_host),
    (
        "announcement with another anchor than the peer's",
        other_anchor,
    ),
    ("announcement that expired", expired),
    (
        "announcement signed by a leaf of another purpose",
        other_purpose,
    ),
    ("second announcement during an order", second),
    ("same order announced with other content", differs),
    ("announcement of a device that left", left),
];

const TO: &str = "001-02";

/// A registered order and its signed announcement.
fn registered(
    world: &mut World,
    device: &Device,
    token: Option<Secret<String>>,
) -> (OrderId, Vec<u8>) {
    let order_id = world.register(device, TO, token).unwrap();
    (
        order_id,
        world.operators[&sho(TO)]
            .order(order_id)
            .announcement()
            .to_vec(),
    )
}

fn with_token(world: &mut World, device: &Device) -> (OrderId, Vec<u8>) {
    let token = world.token(device, TO);
    registered(world, device, Some(token))
}

pub(super) fn read<D: SignedDocument>(octets: &[u8], key: &SigningKey) -> D {
    let leaf = Certificate::from_der(key.leaf()).unwrap();
    let key = VerifyingKey::from_spki_der(leaf.public_key().spki_der()).unwrap();
    Signed::<D>::verify(unverified::<D>(octets).unwrap(), &key)
        .unwrap()
        .document
}

/// Sends it, checks the status, and gives the answer to the recipient's order.
fn denied(world: &mut World, order_id: OrderId, octets: &[u8], status: u16) -> Reason {
    let denial: Denial = world
        .announce(&sho("001-01"), &sho(TO), octets)
        .unwrap_err();
    assert_eq!(denial.status, status, "{}", denial.reason);
    world.at_recipient(TO, order_id, |order, _| {
        order.announcement_answered(status, Some(denial.reason))
    });
    world.operators[&sho(TO)].order(order_id).reason().unwrap()
}

/// A good announcement, changed and signed again by its recipient.
fn changed(
    world: &mut World,
    device: &mut Device,
    status: u16,
    change: impl FnOnce(&World, &mut Announcement),
) -> Reason {
    let (order_id, octets) = with_token(world, device);
    let key = &world.operators[&sho(TO)].keys.peer_document;
    let mut announcement: Announcement = read(&octets, key);
    change(world, &mut announcement);
    let forged = sign(&announcement, key).unwrap();
    denied(world, order_id, &forged, status)
}

fn other_client(world: &mut World, device: &mut Device) -> Reason {
    let (order_id, octets) = with_token(world, device);
    let denial = world
        .announce(&sho("001-01"), &sho("001-03"), &octets)
        .unwrap_err();
    assert_eq!(denial.status, 403);
    world.at_recipient(TO, order_id, |order, _| {
        order.announcement_answered(403, Some(denial.reason))
    });
    world.operators[&sho(TO)].order(order_id).reason().unwrap()
}

fn no_token(world: &mut World, device: &mut Device) -> Reason {
    let (order_id, octets) = registered(world, device, None);
    denied(world, order_id, &octets, 403)
}

fn used_token(world: &mut World, device: &mut Device) -> Reason {
    // The token served a whole move; the device came back; it is spent.
    let token = world.token(device, TO);
    let first = world.register(device, TO, Some(token.clone())).unwrap();
    world.run_order(device, TO, first, crate::world::Plan::default());
    world.complete_move(device, "001-01");
    let (order_id, octets) = registered(world, device, Some(token));
    denied(world, order_id, &octets, 403)
}

fn token_of_another(world: &mut World, device: &mut Device) -> Reason {
    let token = world.token(device, "001-03");
    let (order_id, octets) = registered(world, device, Some(token));
    denied(world, order_id, &octets, 403)
}

fn foreign_host(world: &mut World, device: &mut Device) -> Reason {
    changed(world, device, 422, |_, announcement| {
        announcement
            .prov_urls
            .push("https://dpf.mnc003.mcc001.rehome.test/dm".to_owned());
    })
}

fn other_anchor(world: &mut World, device: &mut Device) -> Reason {
    changed(world, device, 422, |world, announcement| {
        announcement.anchor = world.operators[&sho("001-03")].keys.anchor.clone();
    })
}

fn expired(world: &mut World, device: &mut Device) -> Reason {
    changed(world, device, 410, |world, announcement| {
        announcement.expires = world.now
    })
}

fn other_purpose(world: &mut World, device: &mut Device) -> Reason {
    let (order_id, octets) = with_token(world, device);
    let keys = &world.operators[&sho(TO)].keys;
    let announcement: Announcement = read(&octets, &keys.peer_document);
    let forged = sign(&announcement, &keys.object).unwrap();
    denied(world, order_id, &forged, 403)
}

fn second(world: &mut World, device: &mut Device) -> Reason {
    announced(world, device, "001-03");
    let (order_id, octets) = with_token(world, device);
    denied(world, order_id, &octets, 409)
}

fn differs(world: &mut World, device: &mut Device) -> Reason {
    let (order_id, octets) = with_token(world, device);
    world.announce(&sho("001-01"), &sho(TO), &octets).unwrap();
    let key = &world.operators[&sho(TO)].keys.peer_document;
    let mut announcement: Announcement = read(&octets, key);
    announcement.expires = announcement.expires.minus(Duration::from_secs(1));
    let forged = sign(&announcement, key).unwrap();
    denied(world, order_id, &forged, 409)
}

fn left(world: &mut World, device: &mut Device) -> Reason {
    let token = world.token(device, TO);
    let (order_id, octets) = registered(world, device, Some(token));
    world.complete_move(device, "001-03");
    denied(world, order_id, &octets, 409)
}

#[test]
fn a_token_serves_three_orders_and_is_freed_by_failure() {
    let mut world = World::new(90);
    let device = world.device();
    let token = world.token(&device, TO);
    for attempt in 0..4 {
        let (_, octets) = registered(&mut world, &device, Some(token.clone()));
        let result = world.announce(&sho("001-01"), &sho(TO), &octets);
        assert_eq!(result.is_ok(), attempt < 3, "order {attempt}");
        let donor = world.operators.get_mut(&sho("001-01")).unwrap();
        let mut subscription = donor.subscription(device.tre_id().as_str()).unwrap();
        if let Some(due) = subscription.poll_timeout() {
            subscription.handle_timeout(due);
        }
        donor.put_subscription(&subscription);
    }
}

#[test]
fn an_unknown_device_is_told_apart_only_where_no_token_is_asked() {
    let mut world = World::new(91);
    let device = world.device();
    let (_, octets) = with_token(&mut world, &device);
    let denial = world
        .announce(&sho("001-03"), &sho(TO), &octets)
        .unwrap_err();
    assert_eq!(denial, Denial::UNKNOWN_TRE);
}
