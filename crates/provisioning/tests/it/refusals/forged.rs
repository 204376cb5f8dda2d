//! Every field of every document that a TRE or an operator signs, changed and
//! signed again with the right key: what a party with good keys and bad intent
//! could try. Each change has its own code; the good document goes through
//! afterwards.

use provisioning::documents::{
    Attachment, Confirmation, Decision, Outcome, Package, ProvisioningRequest, Release, Signed,
    SignedDocument, Verdict, sign, sign_without_leaf,
};
use provisioning::payload::{Binding, Mcim, MilenageKeys, TuakKeys};
use provisioning::tre::Tre;
use provisioning::{Digest, McimId, Nonce, OrderId, Reason};
use secret::Secret;
use sim::net::SimRandom;
use tre::envelope::{Content, ContentTag, seal};
use tre::{Recipient, Suite};
use trust::Certificate;

use super::announcements::read;
use super::bootstraps::announced;
use super::ends::attached;
use super::packages::requested;
use crate::world::{Device, Plan, TERMS, World, code, sho};

const TO: &str = "001-02";
const FROM: &str = "001-01";

type Change<D> = (&'static str, fn(&mut D));

fn own<D: SignedDocument>(device: &Device, octets: &[u8]) -> D {
    let certificate = Certificate::from_der(&device.certificates.signature).unwrap();
    Signed::<D>::verify_pinned(octets, certificate.public_key().spki_der())
        .unwrap()
        .document
}

/// Signs with the TRE's own key, as only a broken TRE would.
fn by_tre<D: SignedDocument>(device: &Device, document: &D) -> Vec<u8> {
    sign_without_leaf(document, &device.signer()).unwrap().0
}

fn reason(text: &str) -> Reason {
    Reason::parse(text).unwrap()
}

#[test]
fn every_field_of_a_request() {
    let changes: &[Change<ProvisioningRequest>] = &[
        ("m2mmobj-other-tre", |d| {
            d.tre_id = format!("urn:x-rehome:tre:acme:{}", "0".repeat(32))
                .parse()
                .unwrap()
        }),
        ("m2mmobj-other-order", |d| d.order_id = OrderId([1; 16])),
        ("m2mmobj-other-sho", |d| d.sho_id = sho("001-03")),
        ("anchor-mismatch", |d| d.anchor_spki = Digest([1; 32])),
        ("nonce-a-mismatch", |d| d.nonce_a = Nonce([1; 16])),
        ("attempt-stale", |d| d.attempt = 0),
        ("no-common-suite", |d| d.info.suites = vec![1]),
        ("algorithm-unsupported", |d| d.info.algorithms = vec![2]),
        ("no-package-for-tre-type", |d| {
            d.info.kind = "other".to_owned()
        }),
    ];
    let mut world = World::new(300);
    let mut device = world.device();
    let (order_id, request) = requested(&mut world, &mut device);
    // One good request first, so that attempts are counted.
    world.package(TO, order_id, &request).unwrap();
    for (expected, change) in changes {
        let mut forged: ProvisioningRequest = own(&device, &request);
        change(&mut forged);
        let forged = by_tre(&device, &forged);
        assert_eq!(code(world.package(TO, order_id, &forged)), reason(expected));
    }
    world.package(TO, order_id, &request).unwrap();
}

#[test]
fn every_field_of_a_package() {
    let changes: &[Change<Package>] = &[
        ("package-other-tre", |d| {
            d.tre_id = format!("urn:x-rehome:tre:acme:{}", "0".repeat(32))
                .parse()
                .unwrap()
        }),
        ("package-other-order", |d| d.order_id = OrderId([1; 16])),
        ("mcim-id-mismatch", |d| d.mcim_id = McimId([1; 16])),
        ("nonce-b-stale", |d| d.nonce_b = Nonce([1; 16])),
    ];
    let mut world = World::new(301);
    let mut device = world.device();
    let (order_id, request) = requested(&mut world, &mut device);
    let good = world.package(TO, order_id, &request).unwrap();
    let time = world.time();
    for (expected, change) in changes {
        let key = &world.operators[&sho(TO)].keys.object;
        let mut forged: Package = read(&good, key);
        change(&mut forged);
        let forged = sign(&forged, key).unwrap();
        let random = &mut world.random;
        assert_eq!(
            code(device.with(|tre| tre.install(&forged, time, random))),
            reason(expected)
        );
    }
    let random = &mut world.random;
    device.with(|tre| tre.install(&good, time, random)).unwrap();
}

#[test]
fn every_field_of_a_confirmation() {
    let changes: &[Change<Confirmation>] = &[
        ("confirmation-other-tre", |d| {
            d.tre_id = format!("urn:x-rehome:tre:acme:{}", "0".repeat(32))
                .parse()
                .unwrap()
        }),
        ("confirmation-other-order", |d| {
            d.order_id = OrderId([1; 16])
        }),
        ("confirmation-other-order", |d| d.from = sho("001-03")),
        ("confirmation-other-order", |d| d.to = sho("001-03")),
        ("confirmation-other-mcim", |d| d.mcim_id = McimId([1; 16])),
        ("anchor-mismatch", |d| d.anchor_spki = Digest([1; 32])),
        ("attempt-stale", |d| d.attempt += 1),
        ("nonce-b-stale", |d| d.nonce_b = Nonce([1; 16])),
        ("switch-counter-mismatch", |d| d.switch_counter += 1),
    ];
    let mut world = World::new(302);
    let mut device = world.device();
    let order_id = attached(&mut world, &mut device);
    let good = device.tre().confirmation().unwrap().octets;
    for (expected, change) in changes {
        let mut forged: Confirmation = own(&device, &good);
        change(&mut forged);
        let forged = by_tre(&device, &forged);
        let refused = world.at_recipient(TO, order_id, |order, keys| order.confirm(&forged, keys));
        assert_eq!(code(refused), reason(expected));
        assert!(
            world.operators[&sho(TO)]
                .order(order_id)
                .decision()
                .is_none()
        );
    }
    world.finish(&mut device, TO, order_id, Plan::default(), &sho(FROM));
}

#[test]
fn a_confirmation_before_any_install_is_unexpected() {
    let mut world = World::new(303);
    let mut device = world.device();
    let (order_id, request) = requested(&mut world, &mut device);
    let request: ProvisioningRequest = own(&device, &request);
    let early = Confirmation {
        from: sho(FROM),
        to: sho(TO),
        tre_id: request.tre_id,
        seq: 1,
        order_id,
        mcim_id: McimId([0; 16]),
        anchor_spki: request.anchor_spki,
        attempt: 1,
        nonce_b: request.nonce_b,
        switch_counter: 0,
        attachment: Attachment::Attached {
            serving_plmn: "001-99".to_owned(),
        },
    };
    let early = by_tre(&device, &early);
    let refused = world.at_recipient(TO, order_id, |order, keys| order.confirm(&early, keys));
    assert_eq!(code(refused).code(), "confirmation-unexpected");
}

#[test]
fn every_field_of_a_decision() {
    let changes: &[Change<Decision>] = &[
        ("decision-other-tre", |d| {
            d.tre_id = format!("urn:x-rehome:tre:acme:{}", "0".repeat(32))
                .parse()
                .unwrap()
        }),
        ("decision-other-order", |d| d.order_id = OrderId([1; 16])),
        ("decision-mismatch", |d| d.seq += 1),
        ("decision-mismatch", |d| d.confirmation = Digest([1; 32])),
    ];
    let mut world = World::new(304);
    let mut device = world.device();
    let order_id = attached(&mut world, &mut device);
    let report = device.tre().confirmation().unwrap();
    let good = world
        .at_recipient(TO, order_id, |order, keys| {
            order.confirm(&report.octets, keys)
        })
        .unwrap();
    let time = world.time();
    for (expected, change) in changes {
        let key = &world.operators[&sho(TO)].keys.decision;
        let mut forged: Decision = read(&good, key);
        change(&mut forged);
        let forged = sign(&forged, key).unwrap();
        assert_eq!(
            code(device.with(|tre| tre.decide(&forged, time))),
            reason(expected)
        );
    }
    world.finish(&mut device, TO, order_id, Plan::default(), &sho(FROM));
}

#[test]
fn a_commit_of_a_failed_attempt_is_not_obeyed() {
    let mut world = World::new(305);
    let mut device = world.device();
    let (order_id, container) = announced(&mut world, &device, TO);
    let time = world.time();
    device.push(&container, time, &mut world.random).unwrap();
    world.session(&mut device, TO, order_id, Plan::default());
    device
        .with(|tre| tre.powered(std::time::Duration::from_secs(20)))
        .unwrap();
    let report = device.tre().confirmation().unwrap();
    let good = world
        .at_recipient(TO, order_id, |order, keys| {
            order.confirm(&report.octets, keys)
        })
        .unwrap();
    let key = &world.operators[&sho(TO)].keys.decision;
    let mut forged: Decision = read(&good, key);
    assert_eq!(forged.verdict, Verdict::Rollback);
    forged.verdict = Verdict::Commit;
    let forged = sign(&forged, key).unwrap();
    assert_eq!(
        code(device.with(|tre| tre.decide(&forged, time))).code(),
        "decision-contradicts"
    );
    world.finish(
        &mut device,
        TO,
        order_id,
        Plan {
            no_coverage: true,
            ..Plan::default()
        },
        &sho(FROM),
    );
}

#[test]
fn every_field_of_an_outcome() {
    let changes: &[Change<Outcome>] = &[
        ("outcome-other-tre", |d| {
            d.tre_id = format!("urn:x-rehome:tre:acme:{}", "0".repeat(32))
                .parse()
                .unwrap()
        }),
        ("outcome-other-order", |d| d.order_id = OrderId([1; 16])),
        ("outcome-contradicts", |d| d.seq = 1),
        ("outcome-contradicts", |d| d.decision = Digest([1; 32])),
        ("outcome-contradicts", |d| {
            d.verdict = Verdict::Rollback;
            d.switch_counter = 0;
        }),
        ("outcome-contradicts", |d| d.switch_counter += 1),
    ];
    let mut world = World::new(306);
    let mut device = world.device();
    let order_id = attached(&mut world, &mut device);
    let report = device.tre().confirmation().unwrap();
    let decision = world
        .at_recipient(TO, order_id, |order, keys| {
            order.confirm(&report.octets, keys)
        })
        .unwrap();
    let time = world.time();
    let good = device
        .with(|tre| tre.decide(&decision, time))
        .unwrap()
        .octets;
    for (expected, change) in changes {
        let mut forged: Outcome = own(&device, &good);
        change(&mut forged);
        let forged = by_tre(&device, &forged);
        let refused = world.at_recipient(TO, order_id, |order, keys| order.settle(&forged, keys));
        assert_eq!(code(refused.map(drop)), reason(expected));
    }
    let effects = world
        .at_recipient(TO, order_id, |order, keys| order.settle(&good, keys))
        .unwrap();
    world.apply(&sho(TO), effects);
    world.release(&sho(FROM), TO, order_id).unwrap();
}

/// The documents of a release that is otherwise good.
struct Parts {
    release: Release,
    confirmation: Confirmation,
    decision: Decision,
    outcome: Outcome,
}

type Forge = (&'static str, fn(&mut Parts));

#[test]
fn every_link_of_a_release() {
    let changes: &[Forge] = &[
        ("release-other-peer", |p| p.release.to = sho("001-03")),
        ("release-unknown-order", |p| {
            p.release.order_id = OrderId([1; 16])
        }),
        ("release-other-order", |p| {
            p.confirmation.order_id = OrderId([1; 16])
        }),
        ("release-other-order", |p| {
            p.decision.order_id = OrderId([1; 16])
        }),
        ("release-other-order", |p| {
            p.outcome.order_id = OrderId([1; 16])
        }),
        ("release-other-order", |p| {
            p.confirmation.from = sho("001-03")
        }),
        ("release-other-order", |p| p.confirmation.to = sho("001-03")),
        ("release-other-tre", |p| p.confirmation.tre_id = other_tre()),
        ("release-other-tre", |p| p.decision.tre_id = other_tre()),
        ("release-other-tre", |p| p.outcome.tre_id = other_tre()),
        ("release-contradicts", |p| p.decision.seq += 1),
        ("release-contradicts", |p| {
            p.outcome.seq = p.confirmation.seq
        }),
        ("release-contradicts", |p| {
            p.confirmation.switch_counter += 1
        }),
        ("release-contradicts", |p| p.outcome.switch_counter += 1),
        ("release-contradicts", |p| {
            p.confirmation.switch_counter += 1;
            p.outcome.switch_counter += 1;
        }),
        ("release-contradicts", |p| {
            p.outcome.verdict = Verdict::Rollback
        }),
        ("release-contradicts", |p| {
            p.confirmation.attachment = Attachment::Failed {
                cause: Reason::new("attach-timeout"),
            };
        }),
    ];
    for (at, (expected, change)) in changes.iter().enumerate() {
        let mut world = World::new(310 + at as u64);
        let mut device = world.device();
        let (order_id, mut parts) = settled(&mut world, &mut device);
        change(&mut parts);
        let forged = relinked(&world, &device, parts);
        let found = code(world.take_release(&sho(FROM), &sho(TO), &forged));
        assert_eq!(found, reason(expected), "change {at}");
        world.release(&sho(FROM), TO, order_id).unwrap();
    }
}

fn other_tre() -> tre::TreId {
    format!("urn:x-rehome:tre:acme:{}", "0".repeat(32))
        .parse()
        .unwrap()
}

fn settled(world: &mut World, device: &mut Device) -> (OrderId, Parts) {
    let order_id = attached(world, device);
    let report = device.tre().confirmation().unwrap();
    let decision = world
        .at_recipient(TO, order_id, |order, keys| {
            order.confirm(&report.octets, keys)
        })
        .unwrap();
    let time = world.time();
    let outcome = device.with(|tre| tre.decide(&decision, time)).unwrap();
    let effects = world
        .at_recipient(TO, order_id, |order, keys| {
            order.settle(&outcome.octets, keys)
        })
        .unwrap();
    world.apply(&sho(TO), effects);
    device.with(Tre::acknowledge).unwrap();
    let release = world.operators[&sho(TO)]
        .order(order_id)
        .release()
        .unwrap()
        .to_vec();
    let keys = &world.operators[&sho(TO)].keys;
    let parts = Parts {
        release: read(&release, &keys.peer_document),
        confirmation: own(device, &report.octets),
        decision: read(&decision, &keys.decision),
        outcome: own(device, &outcome.octets),
    };
    (order_id, parts)
}

/// Signs all four again, the digests linked as they should be, so that only the
/// changed field is wrong.
fn relinked(world: &World, device: &Device, mut parts: Parts) -> Vec<u8> {
    let keys = &world.operators[&sho(TO)].keys;
    let (confirmation, digest) = sign_without_leaf(&parts.confirmation, &device.signer()).unwrap();
    parts.decision.confirmation = digest;
    let decision = sign(&parts.decision, &keys.decision).unwrap();
    parts.outcome.decision = digest_of::<Decision>(&decision, keys.decision.leaf());
    parts.release.confirmation = confirmation;
    parts.release.decision = decision;
    parts.release.outcome = by_tre(device, &parts.outcome);
    sign(&parts.release, &keys.peer_document).unwrap()
}

fn digest_of<D: SignedDocument>(octets: &[u8], leaf: &[u8]) -> Digest {
    let leaf = Certificate::from_der(leaf).unwrap();
    Signed::<D>::verify_pinned(octets, leaf.public_key().spki_der())
        .unwrap()
        .digest
}

#[test]
fn a_release_of_another_device_is_refused_whatever_the_node_loaded() {
    let mut world = World::new(340);
    let mut device = world.device();
    let (order_id, parts) = settled(&mut world, &mut device);
    let mut other = world.device();
    let (_, _) = settled(&mut world, &mut other);
    let time = world.time();
    let (now, peer) = (world.now, world.peer(&sho(TO)));
    let donor = world.operators.get_mut(&sho(FROM)).unwrap();
    let mut subscription = donor.subscription(other.tre_id().as_str()).unwrap();
    let theirs = subscription.departures().last().unwrap().order_id;
    let mut release = parts.release;
    release.order_id = theirs;
    let key = &world.operators[&sho(TO)].keys.peer_document;
    let forged = sign(&release, key).unwrap();
    assert_eq!(
        code(subscription.release(now, &peer, &forged, time)).code(),
        "release-other-tre"
    );
    world.release(&sho(FROM), TO, order_id).unwrap();
}

/// A recipient that seals an MCIM which the TRE must not take: the envelope is
/// its own, and every signature right.
#[test]
fn every_field_of_a_sealed_mcim() {
    let changes: &[Change<Mcim>] = &[
        ("imsi-not-of-sho", |m| {
            m.imsi = "001030000000001".parse().unwrap()
        }),
        ("algorithm-unsupported", |m| {
            m.keys = TuakKeys::random(&Secret::new([7; 32]), &mut SimRandom::from_seed(1)).into()
        }),
        ("terms-differ", |m| m.t_attach += 1),
        ("terms-differ", |m| m.t_ack += 1),
        ("envelope-binding", |m| m.binding.sho_id = sho("001-03")),
        ("envelope-binding", |m| {
            m.binding.order_id = OrderId([1; 16])
        }),
        ("envelope-binding", |m| {
            m.binding.anchor_spki = Digest([1; 32])
        }),
        ("envelope-binding", |m| m.binding.tre_id = other_tre()),
    ];
    let mut world = World::new(341);
    let mut device = world.device();
    let (order_id, request) = requested(&mut world, &mut device);
    let good = world.package(TO, order_id, &request).unwrap();
    let request: ProvisioningRequest = own(&device, &request);
    for (expected, change) in changes {
        let forged = sealed_anew(&mut world, &device, &request, &good, change);
        let (time, random) = (world.time(), &mut world.random);
        assert_eq!(
            code(device.with(|tre| tre.install(&forged, time, random))),
            reason(expected)
        );
    }
    let (time, random) = (world.time(), &mut world.random);
    device.with(|tre| tre.install(&good, time, random)).unwrap();
}

/// An MCIM that was erased with a roll-back does not come again.
#[test]
fn an_erased_mcim_is_refused() {
    let mut world = World::new(342);
    let mut device = world.device();
    let order_id = world.run(
        &mut device,
        TO,
        Plan {
            no_coverage: true,
            ..Plan::default()
        },
    );
    let erased = world.operators[&sho(TO)].order(order_id).mcim_id();
    let (order_id, request) = requested(&mut world, &mut device);
    let good = world.package(TO, order_id, &request).unwrap();
    let request: ProvisioningRequest = own(&device, &request);
    let change = |mcim: &mut Mcim| mcim.mcim_id = erased;
    let forged = sealed_anew(&mut world, &device, &request, &good, &change);
    let (time, random) = (world.time(), &mut world.random);
    assert_eq!(
        code(device.with(|tre| tre.install(&forged, time, random))).code(),
        "mcim-erased"
    );
}

/// A new envelope with a changed MCIM in a package that is signed again.
fn sealed_anew(
    world: &mut World,
    device: &Device,
    request: &ProvisioningRequest,
    good: &[u8],
    change: &dyn Fn(&mut Mcim),
) -> Vec<u8> {
    let mut package: Package = read(good, &world.operators[&sho(TO)].keys.object);
    let keys = MilenageKeys {
        k: Secret::new([1; 16]),
        opc: Secret::new([2; 16]),
        constants: None,
    };
    let mut mcim = Mcim {
        binding: Binding {
            tre_id: request.tre_id.clone(),
            order_id: request.order_id,
            anchor_spki: request.anchor_spki,
            sho_id: request.sho_id.clone(),
        },
        mcim_id: package.mcim_id,
        imsi: "001020000000999".parse().unwrap(),
        keys: keys.into(),
        t_attach: TERMS.t_attach,
        t_ack: TERMS.t_ack,
    };
    change(&mut mcim);
    package.mcim_id = mcim.mcim_id;
    let recipient =
        Recipient::from_certificate(device.certificates.envelope.as_ref().unwrap()).unwrap();
    let payload = mcim.encode().unwrap();
    let content = Content {
        tag: ContentTag::Mcim,
        version: 1,
        payload: payload.expose(),
    };
    package.envelope = seal(&recipient, Suite::Two, &content, &mut world.random).unwrap();
    sign(&package, &world.operators[&sho(TO)].keys.object).unwrap()
}
