//! The repeated provisioning call: OsmoHLR starts SQN anew when keys are set again
//! over its control interface, which a live USIM then refuses. A connector that
//! compares first never moves it.

use std::time::{Duration, Instant};

use provisioning::ports::hlr::HlrPort;

use crate::node::Node;
use crate::world::{K, Usim, imsi, keys, subscriber, world};

const IMSI: &str = "001020000000001";

#[tokio::test]
async fn repeated_calls_never_move_the_numbers_of_a_live_usim() {
    let Some(world) = world() else { return };
    let wanted = subscriber(IMSI, true);
    world.settle(&wanted).await;
    let mut node = Node::connect(world.osmo.gsup(), "VNO-001-99");
    let mut usim = Usim::new();
    for _ in 0..7 {
        usim.take(&node.vector(IMSI, None).unwrap()).unwrap();
    }
    let before = world.sqn(IMSI);
    let rows = world.sql("SELECT * FROM subscriber; SELECT * FROM auc_3g");
    let (number, hlr) = (imsi(IMSI), &world.hlr);
    for _ in 0..2 {
        hlr.create(&number).await.unwrap();
        hlr.set_auth(&number, &keys(K), aka::Seq::default())
            .await
            .unwrap();
        hlr.enable(&number).await.unwrap();
        world.settle(&wanted).await;
    }
    assert_eq!(world.sqn(IMSI), before);
    assert_eq!(
        world.sql("SELECT * FROM subscriber; SELECT * FROM auc_3g"),
        rows
    );
    usim.take(&node.vector(IMSI, None).unwrap())
        .map_err(|_| "the live USIM refuses")
        .unwrap();
}

/// The hazard itself, so that the test above has something to guard against.
#[tokio::test]
async fn osmo_hlr_itself_starts_the_numbers_anew() {
    let Some(world) = world() else { return };
    world.settle(&subscriber(IMSI, true)).await;
    let mut node = Node::connect(world.osmo.gsup(), "VNO-001-99");
    node.vector(IMSI, None).unwrap();
    assert!(world.sqn(IMSI) > 0);
    let aud3g = world.sql("SELECT 'milenage,' || k || ',opc,' || opc FROM auc_3g");
    let line = format!("SET 1 subscriber.by-imsi-{IMSI}.aud3g {aud3g}");
    crate::faults::ctrl_line(world.osmo.ctrl(), &line);
    assert_eq!(world.sqn(IMSI), 0);
}

/// Writers beside each other, the HLR's own among them: none loses a number.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn provisioning_beside_a_busy_hlr_never_takes_numbers_back() {
    let Some(world) = world() else { return };
    let (wanted, other) = (subscriber(IMSI, true), subscriber(IMSI, false));
    world.settle(&wanted).await;
    let at = world.osmo.gsup();
    let busy = std::thread::spawn(move || {
        let (mut node, mut usim) = (Node::connect(at, "VNO-001-99"), Usim::new());
        let (mut taken, patience) = (0, Instant::now());
        while taken < 20 && patience.elapsed() < Duration::from_secs(60) {
            // A request that meets a writer, or a disabled subscriber, is refused.
            if let Ok(tuple) = node.vector(IMSI, None) {
                usim.take(&tuple).map_err(|_| "numbers went back").unwrap();
                taken += 1;
            }
        }
        (usim, node, taken)
    });
    while !busy.is_finished() {
        world.settle(&other).await;
        world.settle(&wanted).await;
    }
    let (mut usim, mut node, taken) = busy.join().unwrap();
    assert_eq!(taken, 20);
    usim.take(&node.vector(IMSI, None).unwrap()).unwrap();
}

/// Many subscribers at once: OsmoHLR refuses a command that meets a writer of its
/// database, so that writes go one after the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribers_beside_each_other_do_not_refuse_each_other() {
    let Some(world) = world() else { return };
    let world = std::sync::Arc::new(world);
    let mut running = tokio::task::JoinSet::new();
    for number in 1..=30 {
        let world = std::sync::Arc::clone(&world);
        running.spawn(async move {
            let digits = format!("0010200000001{number:02}");
            for enabled in [false, true, false, true] {
                world.settle(&subscriber(&digits, enabled)).await;
            }
        });
    }
    running.join_all().await;
    let enabled = world.sql("SELECT count(*) FROM auc_3g WHERE algo_id_3g = 5");
    assert_eq!(enabled, "30");
}
