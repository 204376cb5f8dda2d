//! Operators whose subscribers are in a real OsmoHLR (docs/hlr-connectors.md): moves
//! over plain GSUP, the order of enabling, and an HLR that refuses or is gone.

use std::process::Command;
use std::time::{Duration, Instant};

use ::hlr::OsmoProgram;
use aka::{Auts, Rand};
use gsup::{Cause, Resync};
use provisioning::pool::PoolPlan;
use provisioning::ports::OperatorStore;
use provisioning::recipient::OrderState;
use provisioning::tre::UsimAnswer;

use server::operator::Wanted;
use tokens::os;

use crate::world::{Device, RO, SHO, SUPPLIER, Setup, World, sho};

/// Whether to skip: not in CI.
fn missing() -> bool {
    let missing = !OsmoProgram::is_installed();
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(
        !missing || !ci,
        "osmo-hlr is missing: apt-get install osmo-hlr"
    );
    if missing {
        eprintln!("skipped: osmo-hlr is not installed");
    }
    missing
}

async fn world(name: &str, osmo: &[&'static str]) -> World {
    let setup = Setup {
        osmo: osmo.to_vec(),
        ..Setup::default()
    };
    World::with(name, setup).await
}

fn sql(world: &World, name: &str, query: &str) -> String {
    let ran = Command::new("sqlite3")
        .args(["-cmd", ".timeout 5000"])
        .arg(world.osmo[name].database())
        .arg(query)
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
    String::from_utf8(ran.stdout).unwrap().trim().to_owned()
}

/// IMSI, algorithm and PS of each subscriber, by SQLite's own program.
fn rows(world: &World, name: &str) -> String {
    let query = "SELECT imsi || ' ' || algo_id_3g || ' ' || nam_ps FROM subscriber
                 JOIN auc_3g ON id = subscriber_id ORDER BY id";
    sql(world, name, query)
}

/// Waits for what the outbox still does.
async fn until(what: &str, done: impl Fn() -> bool) {
    let patience = Instant::now();
    while !done() {
        assert!(patience.elapsed() < Duration::from_secs(60), "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_moves_between_operators_with_an_osmo_hlr_each() {
    if missing() {
        return;
    }
    let mut world = world("external-moves", &[RO, SHO]).await;
    let mut device = world.device().await;
    let first = device.imsi.clone();
    let enabled = format!("{} 5 1", first.digits());
    until("the PCID is enabled", || rows(&world, RO) == enabled).await;
    let order_id = device.register(&world, RO, SHO).await;
    device.until_over(&world, SHO, order_id).await;
    let (order, _) = world
        .operator(SHO)
        .store()
        .order(order_id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(order.value.state(), OrderState::Completed);
    assert_eq!(device.agent().tre().current_sho(), &sho(SHO));
    let second = order.value.imsi().clone();
    assert_eq!(rows(&world, SHO), format!("{} 5 1", second.digits()));
    let located = sql(&world, SHO, "SELECT sgsn_number FROM subscriber");
    assert_eq!(located, "VNO-001-99");
    let disabled = format!("{} disabled 0", first.digits());
    until("the old one is disabled", || rows(&world, RO) == disabled).await;
    // On from an operator that knows where the device is by its OsmoHLR alone.
    let order_id = device.register(&world, SHO, RO).await;
    device.until_over(&world, RO, order_id).await;
    assert_eq!(device.agent().tre().current_sho(), &sho(RO));
    let disabled = format!("{} disabled 0", second.digits());
    until("and the next", || rows(&world, SHO) == disabled).await;
    world.shutdown().await;
}

/// The device goes round while the HLR does not let its new subscriber in.
async fn turns(device: &mut Device, world: &World, count: usize) {
    for _ in 0..count {
        device.turn(world).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_install_is_answered_only_when_the_hlr_has_it_enabled() {
    if missing() {
        return;
    }
    let mut world = world("external-install", &[SHO]).await;
    let mut device = world.device().await;
    let first = device.imsi.clone();
    let deny = "CREATE TRIGGER deny BEFORE UPDATE ON auc_3g WHEN new.algo_id_3g = 5
                BEGIN SELECT raise(ABORT, 'denied by the test'); END";
    sql(&world, SHO, deny);
    let order_id = device.register(&world, RO, SHO).await;
    let store = world.operator(SHO).store();
    let patience = Instant::now();
    let state = loop {
        device.turn(&world).await;
        let (order, _) = store.order(order_id).await.unwrap().unwrap();
        // The report of the install was stored.
        if order.value.state() == OrderState::AwaitingConfirmation {
            break order.value;
        }
        assert!(patience.elapsed() < Duration::from_secs(60), "no install");
    };
    turns(&mut device, &world, 20).await;
    // Not once was it answered: the device has not left its old MCIM.
    assert_eq!(device.agent().tre().active_imsi(), &first);
    let shown = rows(&world, SHO);
    let parked = format!("{} disabled", state.imsi().digits());
    assert!(shown.starts_with(&parked), "{shown}");
    let vno = world.vno.vno();
    let asked = vno.authentication(state.imsi(), None).await;
    assert_eq!(asked.unwrap_err(), Cause::ImsiUnknown);
    sql(&world, SHO, "DROP TRIGGER deny");
    device.until_over(&world, SHO, order_id).await;
    assert_eq!(device.agent().tre().active_imsi(), state.imsi());
    assert_eq!(rows(&world, SHO), format!("{} 5 1", state.imsi().digits()));
    world.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_hlr_an_operator_gives_no_package_and_a_change_is_not_lost() {
    if missing() {
        return;
    }
    let mut world = world("external-gone", &[RO, SHO]).await;
    let mut device = world.device().await;
    let enabled = format!("{} 5 1", device.imsi.digits());
    until("the PCID is enabled", || rows(&world, RO) == enabled).await;
    // A database that is not there is an HLR that can't be reached.
    let database = world.osmo[SHO].database().to_owned();
    let away = database.with_extension("away");
    std::fs::rename(&database, &away).unwrap();
    let order_id = device.register(&world, RO, SHO).await;
    turns(&mut device, &world, 60).await;
    let store = world.operator(SHO).store();
    let (order, _) = store.order(order_id).await.unwrap().unwrap();
    assert_eq!(order.value.installs(), 0);
    std::fs::rename(&away, &database).unwrap();
    device.until_over(&world, SHO, order_id).await;
    let (order, _) = store.order(order_id).await.unwrap().unwrap();
    assert_eq!(order.value.state(), OrderState::Completed);
    let imsi = order.value.imsi().digits().to_owned();
    assert_eq!(rows(&world, SHO), format!("{imsi} 5 1"));
    // What others do to a subscriber of ours is put right by the next start.
    sql(&world, SHO, "UPDATE auc_3g SET algo_id_3g = 'disabled'");
    world.operator(SHO).store().provision_all().await.unwrap();
    until("put right", || rows(&world, SHO) == format!("{imsi} 5 1")).await;
    world.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_visited_network_resynchronises_with_an_osmo_hlr() {
    if missing() {
        return;
    }
    let mut world = world("external-resync", &[RO]).await;
    let mut device = world.device().await;
    let enabled = format!("{} 5 1", device.imsi.digits());
    until("the PCID is enabled", || rows(&world, RO) == enabled).await;
    for _ in 0..3 {
        device.attach(&world).await;
    }
    sql(&world, RO, "UPDATE auc_3g SET sqn = 0");
    let vno = world.vno.vno();
    let imsi = device.imsi.clone();
    let vector = vno.authentication(&imsi, None).await.unwrap();
    let autn = aka::Autn(vector.umts.as_ref().unwrap().autn);
    let answer = device
        .agent()
        .tre_mut()
        .authenticate(&Rand(vector.rand), &autn);
    let UsimAnswer::SyncFailure(Auts(auts)) = answer.unwrap() else {
        panic!("an old number was accepted");
    };
    let resync = Resync {
        auts,
        rand: vector.rand,
    };
    let vector = vno.authentication(&imsi, Some(resync)).await.unwrap();
    let autn = aka::Autn(vector.umts.as_ref().unwrap().autn);
    let answer = device
        .agent()
        .tre_mut()
        .authenticate(&Rand(vector.rand), &autn);
    assert!(matches!(answer.unwrap(), UsimAnswer::Response(_)));
    // The connectivity bootstrap goes to the network that the HLR names.
    device.attach(&world).await;
    let patience = Instant::now();
    while device.agent().access().is_none() {
        device.turn(&world).await;
        assert!(patience.elapsed() < Duration::from_secs(60), "no bootstrap");
    }
    world.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_with_a_connector_gives_no_vectors_of_its_own() {
    if missing() {
        return;
    }
    let setup = Setup {
        osmo: vec![RO],
        plain: false,
        ..Setup::default()
    };
    let mut world = World::with("external-elsewhere", setup).await;
    let device = world.device().await;
    let row = world.operator(RO).store().subscriber(&device.imsi).await;
    assert!(row.unwrap().unwrap().value.is_enabled());
    let asked = world.vno.vno().authentication(&device.imsi, None).await;
    assert_eq!(asked.unwrap_err(), Cause::ImsiUnknown);
    let row = world.operator(RO).store().subscriber(&device.imsi).await;
    assert_eq!(row.unwrap().unwrap().value.seq_bound(), 0);
    world.shutdown().await;
}

/// What a serving node calls itself in GSUP chooses a registered peer or nobody.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_of_no_registered_network_gets_no_push() {
    if missing() {
        return;
    }
    let mut world = world("external-names", &[RO]).await;
    let mut device = world.device().await;
    let enabled = format!("{} 5 1", device.imsi.digits());
    until("the PCID is enabled", || rows(&world, RO) == enabled).await;
    device.attach(&world).await;
    let patience = Instant::now();
    while device.agent().access().is_none() {
        device.turn(&world).await;
        assert!(patience.elapsed() < Duration::from_secs(60), "no bootstrap");
    }
    sql(
        &world,
        RO,
        "UPDATE subscriber SET sgsn_number = 'VNO-001-66'",
    );
    let order_id = device.register(&world, RO, SHO).await;
    for name in ["VNO-001-66", "001-99", "NO-001-99", "VNO-"] {
        let update = format!("UPDATE subscriber SET sgsn_number = '{name}'");
        sql(&world, RO, &update);
        // Long enough for two tries.
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(1500) {
            device.turn(&world).await;
            assert!(device.agent().tre().open_order().is_none(), "{name}");
        }
    }
    sql(
        &world,
        RO,
        "UPDATE subscriber SET sgsn_number = 'VNO-001-99'",
    );
    device.until_over(&world, SHO, order_id).await;
    assert_eq!(device.agent().tre().current_sho(), &sho(SHO));
    world.shutdown().await;
}

/// OsmoHLR gives vectors to whoever asks: nothing there keeps two devices apart that
/// share a PCID. PCIDs for one device each are its business like other subscribers.
#[tokio::test(flavor = "multi_thread")]
async fn a_shared_pcid_is_unsupported_where_osmo_hlr_has_the_subscribers() {
    if missing() {
        return;
    }
    let world = world("external-shared", &[RO]).await;
    let now = os::now();
    let day = Duration::from_secs(86_400);
    let plan = PoolPlan {
        name: "meters".parse().unwrap(),
        first: "001018000000000".parse().unwrap(),
        last: "001018000000001".parse().unwrap(),
        from: now.minus(day),
        until: now.plus(100 * day),
        retention: day,
    };
    let operator = world.operator(RO);
    operator.add_pool(plan).await.unwrap();
    let wanted = |group: Option<&str>| Wanted {
        pool: "meters".parse().unwrap(),
        supplier: SUPPLIER.parse().unwrap(),
        count: 1,
        group: group.map(|name| name.parse().unwrap()),
    };
    let refused = operator.draw_pcids(wanted(Some("street"))).await;
    assert_eq!(refused.err().unwrap().reason().code(), "unsupported");
    assert_eq!(operator.draw_pcids(wanted(None)).await.unwrap().count, 1);
    until("the PCID is in the HLR", || {
        rows(&world, RO).contains("001018000000000")
    })
    .await;
    world.shutdown().await;
}
