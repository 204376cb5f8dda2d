//! Whole changes: to the end, without a cell, with power that fails, with a
//! store that does.

use std::sync::Arc;
use std::time::Duration;

use provisioning::Terms;
use provisioning::recipient::OrderState;
use tokio::sync::watch;

use crate::world::{Behaviour, NEW, Network, OLD, Scripted, World, sho, until};

const TERMS: Terms = Terms {
    t_attach: 60,
    t_ack: 60,
    revert_s: 600,
    retention_s: 3600,
};

fn state(world: &World) -> OrderState {
    world.recipient.lock().unwrap().order.state()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_changes_its_operator() {
    let mut world = World::new("change", TERMS).await;
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
    assert_eq!(state(&world), OrderState::AwaitingReleaseAnswer);
    assert_eq!(*network.taken.lock().unwrap(), [1, 2]);
    assert_eq!(
        *network.attached.lock().unwrap(),
        ["001010000000001", "001020000000001"]
    );
    assert!(site.count() >= 4);
    stop.send(true).unwrap();
    running.await.unwrap().unwrap();
    // What it has become is what it is after a restart.
    let again = world.device().status().borrow().clone();
    assert_eq!((again.current_sho, again.switch_counter), (sho(NEW), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_cell_it_goes_back_and_says_so() {
    let terms = Terms {
        t_attach: 1,
        t_ack: 1,
        revert_s: 60,
        retention_s: 60,
    };
    let mut world = World::new("no-cell", terms).await;
    let _site = world.new_site(Behaviour::Right);
    let network = Arc::new(Network::default());
    network
        .no_cell
        .lock()
        .unwrap()
        .push("001020000000001".to_owned());
    let device = world.device();
    let mut status = device.status();
    let (_stop, stopped) = watch::channel(false);
    let bearer = Scripted::new(&network, &world.hlr);
    let running = tokio::spawn(device.run(bearer, Arc::new(()), stopped));
    for container in world.containers.clone() {
        network.push(container);
    }
    until(&mut status, |status| status.order.is_some()).await;
    until(&mut status, |status| status.order.is_none()).await;
    assert_eq!(status.borrow().current_sho, sho(OLD));
    assert_eq!(state(&world), OrderState::AwaitingReleaseAnswer);
    let order = world.recipient.lock().unwrap().order.clone();
    assert_eq!(order.installs(), 1);
    running.abort();
}

/// Power fails again and again, at moments that the run itself makes differ:
/// the change comes to its end, once.
#[tokio::test(flavor = "multi_thread")]
async fn power_that_fails_only_delays_it() {
    let mut world = World::new("power", TERMS).await;
    let _site = world.new_site(Behaviour::Right);
    let mut done = false;
    for round in 0..200_u64 {
        let network = Arc::new(Network::default());
        for container in world.containers.clone() {
            network.push(container);
        }
        let device = world.device();
        let mut status = device.status();
        let (_stop, stopped) = watch::channel(false);
        let bearer = Scripted::new(&network, &world.hlr);
        let running = tokio::spawn(device.run(bearer, Arc::new(()), stopped));
        let life = Duration::from_millis(3 + 2 * round);
        let end = tokio::time::timeout(
            life,
            status.wait_for(|status| status.current_sho == sho(NEW) && status.order.is_none()),
        );
        done = end.await.is_ok();
        running.abort();
        let _ = running.await;
        if done {
            break;
        }
    }
    assert!(done);
    let order = world.recipient.lock().unwrap().order.clone();
    assert_eq!((order.installs(), order.clone_suspected()), (1, false));
}

/// A store that takes nothing for longer than SQLite waits: nothing that would
/// need it leaves, and the change goes on when it is back.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_fails_only_delays_it() {
    let mut world = World::new("store", TERMS).await;
    let site = world.new_site(Behaviour::Right);
    let network = Arc::new(Network::default());
    let device = world.device();
    let mut status = device.status();
    let (_stop, stopped) = watch::channel(false);
    let lock = rusqlite::Connection::open(world.database()).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let bearer = Scripted::new(&network, &world.hlr);
    let running = tokio::spawn(device.run(bearer, Arc::new(()), stopped));
    for container in world.containers.clone() {
        network.push(container);
    }
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert!(
        network.attached.lock().unwrap().is_empty(),
        "no answer to the challenge"
    );
    assert_eq!(site.count(), 0);
    lock.execute_batch("ROLLBACK").unwrap();
    until(&mut status, |status| {
        status.current_sho == sho(NEW) && status.order.is_none()
    })
    .await;
    running.abort();
}
