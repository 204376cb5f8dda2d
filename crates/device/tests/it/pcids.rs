//! A device on its PCID and after it (docs/pcids.md), over sockets: a DPF that the
//! network's gateway does not let it reach, and the word that it erased its PCID.

use std::sync::Arc;
use std::time::{Duration, Instant};

use provisioning::Terms;
use provisioning::documents::PcidDropped;
use provisioning::documents::unverified;
use provisioning::donor::DepartureState;
use tls::http::{Address, Hosts};
use tokio::sync::watch;

use crate::world::{Behaviour, HANG, NEW, Network, OLD, Scripted, World, domain, sho, until};

const TERMS: Terms = Terms {
    t_attach: 60,
    t_ack: 60,
    revert_s: 600,
    retention_s: 3600,
};
const PCID: &str = "001010000000001";

/// What was posted to this path, once there is something.
async fn posted(site: &crate::world::Site, path: &str) -> Vec<u8> {
    let began = Instant::now();
    loop {
        let requests = site.requests.lock().unwrap().clone();
        if let Some((_, body)) = requests.into_iter().find(|(found, _)| found == path) {
            return body;
        }
        assert!(began.elapsed() < HANG, "nothing was posted to {path}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dpf_that_the_gateway_blocks_is_told_to_the_drf_and_the_order_goes_on() {
    let mut world = World::new("blocked", TERMS).await;
    let (site, old) = (world.new_site(Behaviour::Right), world.old_site());
    let network = Arc::new(Network::default());
    // The DRF alone: what a list without the open order would be.
    let drf = format!("drf.{}", domain(OLD));
    let at = world.hosts().resolve(&drf).await.unwrap()[0];
    let narrow = Hosts::new([(drf.as_str(), Address::At(at))]).unwrap();
    network
        .gateway
        .lock()
        .unwrap()
        .insert(PCID.to_owned(), narrow);
    let device = world.device();
    let mut status = device.status();
    let (stop, stopped) = watch::channel(false);
    let bearer = Scripted::new(&network, &world.hlr);
    let running = tokio::spawn(device.run(bearer, Arc::new(()), stopped));
    for container in world.containers.clone() {
        network.push(container);
    }
    let octets = posted(&old, "/drf").await;
    assert_eq!(site.count(), 0, "nothing came through the gateway");
    let reason = world.subscription.refusal(&octets).unwrap();
    assert_eq!(reason.code(), "dpf-unreachable-over-pcid");
    let departure = world.subscription.departures()[0].clone();
    assert_eq!(
        departure.reason().unwrap().code(),
        "dpf-unreachable-over-pcid"
    );
    assert_eq!(departure.state, DepartureState::AwaitingRelease);
    // The gateway gets the list with the order's DPF.
    network.gateway.lock().unwrap().clear();
    until(&mut status, |status| {
        status.current_sho == sho(NEW) && status.order.is_none()
    })
    .await;
    let drf = old.requests.lock().unwrap().clone();
    let drf = drf.iter().filter(|(path, _)| path == "/drf").count();
    assert_eq!(drf, 1, "told once");
    stop.send(true).unwrap();
    running.await.unwrap().unwrap();
}

/// With its new MCIM the same silence is no matter of the PCID.
#[tokio::test(flavor = "multi_thread")]
async fn a_pcid_is_erased_after_the_change_and_the_new_operator_is_told() {
    let mut world = World::new("dropped", TERMS).await;
    world.drop_pcid();
    let site = world.new_site(Behaviour::Right);
    let network = Arc::new(Network::default());
    let device = world.device();
    let mut status = device.status();
    let (stop, stopped) = watch::channel(false);
    let bearer = Scripted::new(&network, &world.hlr);
    let running = tokio::spawn(device.run(bearer, Arc::new(()), stopped));
    for container in world.containers.clone() {
        network.push(container);
    }
    until(&mut status, |status| {
        status.current_sho == sho(NEW) && status.order.is_none()
    })
    .await;
    let octets = posted(&site, "/drf").await;
    unverified::<PcidDropped>(&octets).unwrap();
    let dropped = world.subscription.read_dropped(&octets).unwrap();
    assert_eq!(dropped.sho_id, sho(OLD));
    stop.send(true).unwrap();
    running.await.unwrap().unwrap();
}
