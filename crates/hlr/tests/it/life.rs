//! A subscriber's life in a real OsmoHLR, and what a serving node gets meanwhile.

use gsup::Cause;
use provisioning::ports::hlr::{HlrPort, settle};

use crate::node::Node;
use crate::world::{Usim, imsi, keys, subscriber, world};

const IMSI: &str = "001020000000001";

#[tokio::test]
async fn a_disabled_subscriber_gets_nothing_and_goes_on_where_it_was() {
    let Some(world) = world() else { return };
    let mut node = Node::connect(world.osmo.gsup(), "VNO-001-99");
    let mut usim = Usim::new();
    assert_eq!(node.vector(IMSI, None).unwrap_err(), Cause::ImsiUnknown);

    world.settle(&subscriber(IMSI, false)).await;
    assert_eq!(node.vector(IMSI, None).unwrap_err(), Cause::ImsiUnknown);
    assert!(node.locate(IMSI).is_err());
    let record = world.hlr.read(&imsi(IMSI)).await.unwrap().unwrap();
    assert!(!record.authenticates && record.attaches == Some(false));

    world.settle(&subscriber(IMSI, true)).await;
    for _ in 0..3 {
        usim.take(&node.vector(IMSI, None).unwrap()).unwrap();
    }
    node.locate(IMSI).unwrap();
    let record = world.hlr.read(&imsi(IMSI)).await.unwrap().unwrap();
    assert!(record.authenticates && record.attaches == Some(true));
    assert_eq!(record.serving_node.as_deref(), Some("VNO-001-99"));
    assert!(record.located.is_some());

    let before = world.sqn(IMSI);
    assert!(before >= 3 << 5);
    world.settle(&subscriber(IMSI, false)).await;
    assert_eq!(node.vector(IMSI, None).unwrap_err(), Cause::ImsiUnknown);
    assert!(node.locate(IMSI).is_err());
    assert_eq!(world.sqn(IMSI), before, "kept while it is disabled");

    world.settle(&subscriber(IMSI, true)).await;
    assert_eq!(world.sqn(IMSI), before);
    usim.take(&node.vector(IMSI, None).unwrap())
        .map_err(|_| "SQN went back")
        .unwrap();
    assert!(world.sqn(IMSI) > before);

    settle(&world.hlr, &imsi(IMSI), None).await.unwrap();
    assert_eq!(node.vector(IMSI, None).unwrap_err(), Cause::ImsiUnknown);
    assert!(world.hlr.read(&imsi(IMSI)).await.unwrap().is_none());
    assert_eq!(world.sql("SELECT count(*) FROM auc_3g"), "0");
}

/// OsmoHLR gives vectors to a subscriber whose domains are closed (its
/// `rx_send_auth_info` looks at neither): why the keys are parked.
#[tokio::test]
async fn closed_domains_alone_would_not_stop_vectors() {
    let Some(world) = world() else { return };
    world.settle(&subscriber(IMSI, true)).await;
    world.sql("UPDATE subscriber SET nam_ps = 0, nam_cs = 0");
    let mut node = Node::connect(world.osmo.gsup(), "VNO-001-99");
    assert!(node.vector(IMSI, None).is_ok());
    assert!(node.locate(IMSI).is_err());
    world.settle(&subscriber(IMSI, false)).await;
    assert_eq!(node.vector(IMSI, None).unwrap_err(), Cause::ImsiUnknown);
}

#[tokio::test]
async fn a_usim_that_is_ahead_resynchronises() {
    let Some(world) = world() else { return };
    world.settle(&subscriber(IMSI, true)).await;
    let mut node = Node::connect(world.osmo.gsup(), "VNO-001-99");
    let mut usim = Usim::new();
    for _ in 0..5 {
        usim.take(&node.vector(IMSI, None).unwrap()).unwrap();
    }
    // Somebody gave the keys anew over the control interface.
    world.sql("UPDATE auc_3g SET sqn = 0");
    let refused = usim.take(&node.vector(IMSI, None).unwrap()).unwrap_err();
    usim.take(&node.vector(IMSI, Some(refused)).unwrap())
        .map_err(|_| "not resynchronised")
        .unwrap();
    usim.take(&node.vector(IMSI, None).unwrap())
        .map_err(|_| "not after it either")
        .unwrap();
}

#[tokio::test]
async fn new_keys_and_a_higher_floor_keep_or_raise_the_numbers() {
    let Some(world) = world() else { return };
    world.settle(&subscriber(IMSI, true)).await;
    let mut node = Node::connect(world.osmo.gsup(), "VNO-001-99");
    node.vector(IMSI, None).unwrap();
    let before = world.sqn(IMSI);
    let (number, zero) = (imsi(IMSI), aka::Seq::default());
    world
        .hlr
        .set_auth(&number, &keys([9; 16]), zero)
        .await
        .unwrap();
    assert_eq!(world.sqn(IMSI), before);
    assert_eq!(world.sql("SELECT k FROM auc_3g"), "09".repeat(16));
    // A HLR that takes over from another one goes on above its numbers.
    let floor = aka::Seq::new(1000).unwrap();
    world
        .hlr
        .set_auth(&number, &keys([9; 16]), floor)
        .await
        .unwrap();
    assert_eq!(world.sqn(IMSI), 1000 << 5);
    world
        .hlr
        .set_auth(&number, &keys([9; 16]), zero)
        .await
        .unwrap();
    assert_eq!(world.sqn(IMSI), 1000 << 5);
    assert!(node.vector(IMSI, None).is_ok(), "still enabled");
    // Another width of IND: the first number above all that it could mean.
    world.sql("UPDATE auc_3g SET ind_bitlen = 0, sqn = 32001");
    world
        .hlr
        .set_auth(&number, &keys([9; 16]), zero)
        .await
        .unwrap();
    assert_eq!(world.sql("SELECT sqn, ind_bitlen FROM auc_3g"), "32032|5");
}

/// What others put into the HLR of a subscriber of ours does not stay.
#[tokio::test]
async fn keys_of_other_kinds_are_replaced() {
    let Some(world) = world() else { return };
    let wanted = subscriber(IMSI, true);
    world.settle(&wanted).await;
    let opc = world.sql("SELECT opc FROM auc_3g");
    for change in [
        "INSERT INTO auc_2g SELECT id, 1, '000102030405060708090a0b0c0d0e0f' FROM subscriber",
        "UPDATE auc_3g SET op = opc, opc = NULL",
        "UPDATE auc_3g SET algo_id_3g = 4",
        "UPDATE auc_3g SET k = '00112233445566778899aabbccddeeff'",
        "UPDATE subscriber SET nam_ps = 0",
    ] {
        world.sql(change);
        world.settle(&wanted).await;
        assert_eq!(world.sql("SELECT count(*) FROM auc_2g"), "0", "{change}");
        let row = world.sql("SELECT algo_id_3g, op IS NULL, opc FROM auc_3g");
        assert_eq!(row, format!("5|1|{opc}"), "{change}");
        let mut node = Node::connect(world.osmo.gsup(), "VNO-001-99");
        Usim::new().take(&node.vector(IMSI, None).unwrap()).unwrap();
        node.locate(IMSI).unwrap();
    }
}

#[tokio::test]
async fn a_probe_counts_and_changes_nothing() {
    let Some(world) = world() else { return };
    let empty = world.hlr.probe().await.unwrap();
    assert_eq!((empty.schema, empty.subscribers), (6, 0));
    world.settle(&subscriber(IMSI, true)).await;
    world.settle(&subscriber("001020000000002", false)).await;
    Node::connect(world.osmo.gsup(), "VNO-001-99")
        .locate(IMSI)
        .unwrap();
    let dump = world.sql(".dump");
    let full = world.hlr.probe().await.unwrap();
    assert_eq!((full.subscribers, full.enabled, full.located), (2, 1, 1));
    assert_eq!(world.sql(".dump"), dump);
}
