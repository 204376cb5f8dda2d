//! Which DPF a device talks to, and what it does with one that misbehaves.

use std::sync::Arc;
use std::time::Duration;

use provisioning::Terms;
use provisioning::recipient::OrderState;
use provisioning::tre::Phase;
use tokio::sync::watch;

use crate::world::{Behaviour, NEW, Network, OLD, Scripted, Site, World, sho, until};

const TERMS: Terms = Terms {
    t_attach: 60,
    t_ack: 60,
    revert_s: 600,
    retention_s: 3600,
};

struct Run {
    network: Arc<Network>,
    status: watch::Receiver<device::Status>,
    task: tokio::task::JoinHandle<Result<(), device::Error>>,
    _stop: watch::Sender<bool>,
}

impl Drop for Run {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn run(world: &World) -> Run {
    let network = Arc::new(Network::default());
    let device = world.device();
    let status = device.status();
    let (stop, stopped) = watch::channel(false);
    let bearer = Scripted::new(&network, &world.hlr);
    Run {
        task: tokio::spawn(device.run(bearer, Arc::new(()), stopped)),
        network,
        status,
        _stop: stop,
    }
}

fn push_all(world: &World, run: &Run) {
    for container in world.containers.clone() {
        run.network.push(container);
    }
}

/// The device has its order and gets nowhere with it.
async fn is_stuck(world: &World, run: &mut Run) {
    until(&mut run.status, |status| {
        matches!(status.order, Some((_, Phase::Candidate)))
    })
    .await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    let status = run.status.borrow().clone();
    assert!(
        matches!(status.order, Some((_, Phase::Candidate))),
        "{status:?}"
    );
    assert_eq!(status.current_sho, sho(OLD));
    let order = world.recipient.lock().unwrap().order.clone();
    assert_eq!(order.state(), OrderState::AwaitingDevice);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dpf_under_another_anchor_is_not_talked_to() {
    let mut world = World::new("anchor", TERMS).await;
    let listener = world.listeners.remove(NEW).unwrap();
    // The old operator, whose anchor the TRE has too, in the new one's place.
    let keys = world.keys_of(OLD);
    let site = Site::start(
        listener,
        &keys,
        Behaviour::Right,
        world.recipient.clone(),
        world.hlr.clone(),
    );
    let mut run = run(&world);
    push_all(&world, &run);
    is_stuck(&world, &mut run).await;
    assert_eq!(site.count(), 0, "not one octet of SyncML");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaf_for_anything_else_is_no_dpf() {
    let mut world = World::new("purpose", TERMS).await;
    let listener = world.listeners.remove(NEW).unwrap();
    let keys = world.keys_of(NEW);
    let (recipient, hlr) = (world.recipient.clone(), world.hlr.clone());
    // The right operator's leaf for peers, which is a TLS server's too.
    let site = Site::with(listener, &keys.peer, Behaviour::Right, recipient, hlr);
    let mut run = run(&world);
    push_all(&world, &run);
    is_stuck(&world, &mut run).await;
    assert_eq!(site.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_and_other_media_types_lead_nowhere() {
    for (name, behaviour) in [
        ("redirect", Behaviour::Redirects),
        ("media", Behaviour::OtherMediaType),
    ] {
        let mut world = World::new(name, TERMS).await;
        let site = world.new_site(behaviour);
        let mut run = run(&world);
        push_all(&world, &run);
        is_stuck(&world, &mut run).await;
        assert!(site.count() >= 1, "{behaviour:?}");
        assert!(
            site.requests
                .lock()
                .unwrap()
                .iter()
                .all(|(path, _)| path == "/dm")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dpf_that_fails_is_tried_again() {
    let mut world = World::new("fails", TERMS).await;
    let site = world.new_site(Behaviour::FailsFirst(2));
    let mut run = run(&world);
    push_all(&world, &run);
    until(&mut run.status, |status| {
        status.current_sho == sho(NEW) && status.order.is_none()
    })
    .await;
    assert!(site.count() > 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_bootstrap_is_reported_to_the_present_operator_alone() {
    let mut world = World::new("refusal", TERMS).await;
    let keys = world.keys_of(OLD);
    let listener = world.listeners.remove(OLD).unwrap();
    let drf = Site::start(
        listener,
        &keys,
        Behaviour::Right,
        world.recipient.clone(),
        world.hlr.clone(),
    );
    let run = run(&world);
    run.network.push(world.containers[0].clone());
    let mut changed = world.containers[1].clone();
    let last = changed.len() - 20;
    changed[last] ^= 1;
    run.network.push(changed);
    let reported = async {
        while drf.count() == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(crate::world::HANG, reported)
        .await
        .unwrap();
    let (path, octets) = drf.requests.lock().unwrap()[0].clone();
    assert_eq!(path, "/drf");
    let reason = world.subscription.refusal(&octets).unwrap();
    assert!(
        reason.code().starts_with("bootstrap") || reason.code().contains("signature"),
        "{reason}"
    );
    // It was taken, though refused: the operator need not push it again.
    assert_eq!(*run.network.taken.lock().unwrap(), [1, 2]);
    assert!(run.status.borrow().order.is_none());
}
