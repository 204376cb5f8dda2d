//! Pools, batches, shared PCIDs and the allow-list over sockets (docs/pcids.md).

use std::time::{Duration, Instant};

use gsup::Cause;
use provisioning::agent::Duty;
use provisioning::allowed::Service;
use provisioning::donor::DepartureState;
use provisioning::hold::Lease;
use provisioning::payload::MilenageKeys;
use provisioning::pcids::{self, PcidRow};
use provisioning::pool::{Batch, BatchId, PcidState, PoolPlan, PoolStore};
use provisioning::ports::OperatorStore;
use provisioning::recipient::OrderState;
use server::operator::{AllowedEntry, SealedBatch, Wanted};
use tls::http::{Address, Hosts};
use tokens::handover;
use tokens::os::{self, OsRandom};
use trust::{TimeInterval, TimePolicy};

use crate::world::{Device, RO, SHO, SUPPLIER, Setup, World, domain};

const HANG: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

async fn add_pool(world: &World, last: &str) {
    let now = os::now();
    let plan = PoolPlan {
        name: "meters".parse().unwrap(),
        first: "001018000000000".parse().unwrap(),
        last: last.parse().unwrap(),
        from: now.minus(DAY),
        until: now.plus(100 * DAY),
        retention: DAY,
    };
    world.operator(RO).add_pool(plan).await.unwrap();
}

async fn draw(world: &World, count: usize, group: Option<&str>) -> Result<SealedBatch, String> {
    let wanted = Wanted {
        pool: "meters".parse().unwrap(),
        supplier: SUPPLIER.parse().unwrap(),
        count,
        group: group.map(|name| name.parse().unwrap()),
    };
    let drawn = world.operator(RO).draw_pcids(wanted).await;
    drawn.map_err(|error| error.reason().code().to_owned())
}

/// The batch as the supplier opens it.
fn opened(world: &World, sealed: &SealedBatch) -> Batch {
    let time = TimePolicy::Trusted(TimeInterval::exactly(os::now()));
    let own = world.supplier.encipherment.as_ref().unwrap();
    let (signer, anchor) = (&world.document, &world.anchors[RO]);
    let octets = &sealed.octets;
    let plain = handover::open_batch(octets, signer, anchor, time, own, &mut OsRandom).unwrap();
    Batch::decode(&plain).unwrap()
}

/// The supplier hands rows over; a code for each that was refused.
async fn hand_over(world: &World, rows: &[PcidRow]) -> Vec<String> {
    let plain = pcids::encode(rows).unwrap();
    let signer = &world.supplier.document;
    let sealed = handover::seal(&plain, &world.encipherment, signer, &mut OsRandom).unwrap();
    let results = world.operator(RO).import_handover(&sealed).await.unwrap();
    let code = |error: server::Error| error.reason().code().to_owned();
    results
        .into_iter()
        .map(|(_, result)| result.err().map_or_else(String::new, code))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_drawn_is_refused_by_its_name_and_takes_no_number() {
    let world = World::new("pools-refused").await;
    add_pool(&world, "001018000000001").await;
    let operator = world.operator(RO);
    let code = |error: server::Error| error.reason().code().to_owned();
    let wanted = |supplier: &str| Wanted {
        pool: "meters".parse().unwrap(),
        supplier: supplier.parse().unwrap(),
        count: 1,
        group: None,
    };
    let drawn = operator.draw_pcids(wanted("nobody")).await;
    assert_eq!(drawn.map_err(code).unwrap_err(), "unknown-supplier");
    for count in [0, pcids::MAX_ROWS + 1] {
        assert_eq!(
            draw(&world, count, None).await.unwrap_err(),
            "batch-too-large"
        );
    }
    let sealed = operator.seal_batch(BatchId([9; 16])).await;
    assert_eq!(sealed.map_err(code).unwrap_err(), "unknown-batch");
    // Nothing of it took a number: both are there.
    let drawn = draw(&world, 2, None).await.unwrap();
    assert_eq!(drawn.count, 2);
    // One device out of a batch is enough: its K is somewhere by now.
    let row = &opened(&world, &drawn).rows[1];
    let keys = row.keys.clone().into();
    let device = Device::manufacture(&world, 703, row.imsi.clone(), keys, false);
    assert_eq!(hand_over(&world, &[device.row()]).await, [""]);
    let again = operator.seal_batch(drawn.id).await;
    assert_eq!(again.map_err(code).unwrap_err(), "batch-in-use");
    world.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_s_pcids_come_back_in_devices_and_then_from_them() {
    let world = World::new("pools-round").await;
    add_pool(&world, "001018000000001").await;
    let drawn = draw(&world, 1, None).await.unwrap();
    let batch = opened(&world, &drawn);
    assert_eq!((batch.rows.len(), drawn.count), (1, 1));
    let row = &batch.rows[0];
    let other = draw(&world, 1, None).await.unwrap();
    assert_eq!(draw(&world, 1, None).await.unwrap_err(), "pcids-exhausted");
    // The same again, as long as no device came out of it.
    let again = world.operator(RO).seal_batch(other.id).await.unwrap();
    let keys = |sealed: &SealedBatch| *opened(&world, sealed).rows[0].keys.k.expose();
    assert_eq!(keys(&again), keys(&other));
    // A number of the pool is drawn, and not chosen.
    let chosen = world.operator(RO).pcid(&row.imsi).await;
    assert_eq!(chosen.err().unwrap().reason().code(), "imsi-of-a-pool");

    let (imsi, first_k) = (row.imsi.clone(), *row.keys.k.expose());
    let mut device = Device::manufacture(&world, 700, imsi.clone(), row.keys.clone().into(), false);
    let mut wrong = device.row();
    wrong.keys = MilenageKeys {
        k: secret::Secret::new([9; 16]),
        ..row.keys.clone()
    }
    .into();
    assert_eq!(hand_over(&world, &[wrong]).await, ["pcid-differs"]);
    // Twice: it changes nothing.
    assert_eq!(
        hand_over(&world, &[device.row(), device.row()]).await,
        ["", ""]
    );
    let thief = Device::manufacture(&world, 701, imsi.clone(), row.keys.clone().into(), false);
    assert_eq!(hand_over(&world, &[thief.row()]).await, ["pcid-in-use"]);
    let refused = world.operator(RO).seal_batch(drawn.id).await;
    assert_eq!(refused.err().unwrap().reason().code(), "batch-in-use");

    let order_id = device.register(&world, RO, SHO).await;
    device.until_over(&world, SHO, order_id).await;
    assert_eq!(draw(&world, 1, None).await.unwrap_err(), "pcids-exhausted");
    // The TRE erases its PCID: told to the new operator, which tells the old one.
    assert!(device.agent().drop_pcid().unwrap());
    let store = world.operator(RO).store();
    let began = Instant::now();
    loop {
        device.turn(&world).await;
        let record = store.pcid(&imsi).await.unwrap().unwrap();
        if record.state == PcidState::Free {
            break;
        }
        assert!(began.elapsed() < HANG, "{:?}", record.state);
    }
    assert!(
        store.subscriber(&imsi).await.unwrap().is_none(),
        "its K is gone"
    );
    assert!(matches!(
        device.agent().duty(clock::Tick::from_origin(DAY)),
        Duty::Wait(None)
    ));
    let drawn = draw(&world, 1, None).await.unwrap();
    let row = &opened(&world, &drawn).rows[0];
    assert_eq!(row.imsi, imsi);
    assert_ne!(*row.keys.k.expose(), first_k, "always with a new K");
    let next = Device::manufacture(&world, 702, imsi, row.keys.clone().into(), false);
    assert_eq!(hand_over(&world, &[next.row()]).await, [""]);
    let log = store.audit_log(None, 100).await.unwrap();
    let actions: Vec<&str> = log.iter().rev().map(|row| row.action.as_str()).collect();
    let expected = [
        "pool-added",
        "pcids-drawn",
        "pcids-drawn",
        "mcim-disabled",
        "pcid-freed",
        "mcim-deleted",
        "pcids-drawn",
    ];
    assert_eq!(actions, expected);
    world.shutdown().await;
}

/// Three devices of a group, made with one PCID.
async fn group(world: &World) -> Vec<Device> {
    add_pool(world, "001018000000009").await;
    let drawn = draw(world, 1, Some("row-houses")).await.unwrap();
    let batch = opened(world, &drawn);
    assert_eq!(batch.group.as_ref().unwrap().as_str(), "row-houses");
    let row = &batch.rows[0];
    let make = |number| {
        Device::manufacture(
            world,
            number,
            row.imsi.clone(),
            row.keys.clone().into(),
            true,
        )
    };
    let devices: Vec<Device> = (800..803).map(make).collect();
    let rows: Vec<PcidRow> = devices.iter().map(Device::row).collect();
    assert_eq!(hand_over(world, &rows).await, ["", "", ""]);
    devices
}

fn is_attached(device: &mut Device) -> bool {
    device.agent().duty(clock::Tick::from_origin(DAY)) != Duty::Attach
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_pcid_lets_one_device_in_at_a_time() {
    let world = World::new("pools-shared").await;
    let mut devices = group(&world).await;
    let imsi = devices[0].imsi.clone();
    let vno = world.vno.vno().clone();
    for at in 0..3 {
        let began = Instant::now();
        // The purge of the one before is on its way.
        while !is_attached(&mut devices[at]) {
            devices[at].attach(&world).await;
            assert!(began.elapsed() < HANG);
        }
        let refused = vno.authentication(&imsi, None).await;
        assert_eq!(refused.unwrap_err(), Cause::Congestion);
        let other = (at + 1) % 3;
        devices[other].attach(&world).await;
        assert!(!is_attached(&mut devices[other]));
        devices[at].leave(&world);
    }
    // A shared PCID says of none which device it is: nothing was pushed, and none
    // can be announced.
    for device in &mut devices {
        device.turn(&world).await;
        assert!(device.agent().access().is_none());
    }
    let order_id = devices[0].register(&world, RO, SHO).await;
    let began = Instant::now();
    loop {
        let store = world.operator(SHO).store();
        let (order, _) = store.order(order_id).await.unwrap().unwrap();
        if order.value.state() == OrderState::Failed {
            assert_eq!(order.value.reason().unwrap().code(), "pcid-shared");
            break;
        }
        assert!(began.elapsed() < HANG);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    world.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_vanished_keeps_a_shared_pcid_for_its_lease_alone() {
    let setup = Setup {
        lease: Lease {
            attempt: Duration::from_secs(1),
            stay: Duration::from_secs(2),
        },
        ..Setup::default()
    };
    let world = World::with("pools-lease", setup).await;
    let mut devices = group(&world).await;
    let began = Instant::now();
    devices[0].attach(&world).await;
    assert!(is_attached(&mut devices[0]));
    let located = Instant::now();
    while !is_attached(&mut devices[1]) {
        devices[1].attach(&world).await;
        assert!(located.elapsed() < HANG);
    }
    assert!(began.elapsed() >= Duration::from_secs(2), "its lease ran");
    world.shutdown().await;
}

fn hosts(list: &[AllowedEntry]) -> Hosts {
    let entries = list.iter().map(|entry| {
        let address = entry.addresses.first().copied().unwrap();
        (entry.host.host.as_str(), Address::At(address))
    });
    Hosts::new(entries).unwrap()
}

fn names(list: &[AllowedEntry]) -> Vec<(Service, String)> {
    let name = |entry: &AllowedEntry| (entry.host.service, entry.host.host.clone());
    let mut names: Vec<_> = list.iter().map(name).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_without_the_order_s_dpf_is_diagnosed_and_one_with_it_lets_the_device_go() {
    let mut world = World::new("pools-allowed").await;
    let mut device = world.device().await;
    let imsi = device.imsi.clone();
    let before = world.operator(RO).allowed(&imsi).await.unwrap();
    let host = |name: &str, sho: &str| format!("{name}.{}", domain(sho));
    let own = [
        (Service::Drf, host("drf", RO)),
        (Service::Ocsp, host("ocsp", RO)),
        (Service::Pva, crate::world::pva_host()),
    ];
    assert_eq!(names(&before), own);
    assert!(before.iter().all(|entry| entry.addresses.len() == 1));
    // The gateway of the visited network, with what it was told then.
    device.reach(hosts(&before));
    let order_id = device.register(&world, RO, SHO).await;
    let began = Instant::now();
    let departure = loop {
        device.turn(&world).await;
        let store = world.operator(RO).store();
        let home = store.subscription(&device.tre_id).await.unwrap().unwrap();
        let told = home.value.departures().last().cloned();
        if let Some(told) = told.filter(|told| told.reason().is_some()) {
            break told;
        }
        assert!(began.elapsed() < HANG, "the DRF is not told");
    };
    assert_eq!(
        departure.reason().unwrap().code(),
        "dpf-unreachable-over-pcid"
    );
    assert_eq!(departure.state, DepartureState::AwaitingRelease);
    let during = world.operator(RO).allowed(&imsi).await.unwrap();
    let expected = [
        (Service::Drf, host("drf", RO)),
        (Service::Dpf, host("dpf", SHO)),
        (Service::Ocsp, host("ocsp", RO)),
        (Service::Ocsp, host("ocsp", SHO)),
        (Service::Pva, crate::world::pva_host()),
    ];
    assert_eq!(names(&during), expected);
    // The gateway gets the new list; the new MCIM is not restricted.
    let open = world.hosts.clone();
    let reachable: Vec<AllowedEntry> = during
        .into_iter()
        .filter(|entry| !entry.addresses.is_empty())
        .collect();
    device.reach(hosts(&reachable));
    device.until_over(&world, SHO, order_id).await;
    device.reach(open);
    let store = world.operator(SHO).store();
    let (order, _) = store.order(order_id).await.unwrap().unwrap();
    assert_eq!(order.value.state(), OrderState::Completed);
    let gone = world.operator(RO).allowed(&imsi).await;
    assert_eq!(gone.err().unwrap().reason().code(), "not-a-pcid");
    let mcim = order.value.imsi().clone();
    let other = world.operator(SHO).allowed(&mcim).await;
    assert_eq!(other.err().unwrap().reason().code(), "not-a-pcid");
    world.shutdown().await;
}
