//! A separate verifier: it opens the stores that a demo left behind and checks
//! what they must agree on, whatever happened on the way.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aka::Imsi;
use provisioning::OrderId;
use provisioning::donor::Home;
use provisioning::ports::OperatorStore;
use provisioning::recipient::OrderState;
use provisioning::tre::Tre;
use store::{DeviceStore, OrderQuery, SqliteOptions, Store, StoreKey};
use tokens::os::OsRandom;
use tokens::{FileBackend, NodeKey, Protection};
use tre::TreId;
use trust::ShoId;

/// SEQ bounds by subscriber, to be compared with later ones.
pub(crate) type Bounds = BTreeMap<String, u64>;

struct Operator {
    sho_id: ShoId,
    store: Store,
}

struct DeviceEnd {
    tre_id: TreId,
    current_sho: ShoId,
    active_imsi: Imsi,
    highest_seq: u64,
}

fn key(dir: &Path) -> NodeKey {
    NodeKey::load(&dir.join("node.key")).unwrap()
}

fn children(dir: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap();
    let mut all: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with(prefix)
        })
        .collect();
    all.sort();
    all
}

fn operators(dir: &Path) -> Vec<Operator> {
    children(dir, "operator-")
        .into_iter()
        .filter(|dir| dir.join("store.db").exists())
        .map(|dir| {
            let name = dir.file_name().unwrap().to_str().unwrap();
            let url = format!("sqlite:{}", dir.join("store.db").display());
            let key = StoreKey::new(1, key(&dir).secret()).unwrap();
            Operator {
                sho_id: name.strip_prefix("operator-").unwrap().parse().unwrap(),
                store: Store::open(&url, key, &SqliteOptions::default()).unwrap(),
            }
        })
        .collect()
}

fn device(dir: &Path) -> DeviceEnd {
    let key = key(dir);
    let store_key = StoreKey::new(1, key.secret()).unwrap();
    let store = DeviceStore::open(&dir.join("device.db"), store_key).unwrap();
    let state = store.get().unwrap().expect("a device that has run");
    let protection = Protection::Encrypted(&key);
    let backend = FileBackend::open(&dir.join("tre"), protection, OsRandom).unwrap();
    let tre = Tre::open(backend, &state.sealed).unwrap();
    assert!(!tre.is_restored(), "its state is the last one");
    DeviceEnd {
        tre_id: tre.tre_id().clone(),
        current_sho: tre.current_sho().clone(),
        active_imsi: tre.active_imsi().clone(),
        highest_seq: tre.highest_sqn().seq().to_u64(),
    }
}

/// Shows each operator's store with its subscribers and orders.
pub(crate) fn with_operators(
    dir: &Path,
    mut look: impl AsyncFnMut(&Store, Vec<Imsi>, Vec<OrderId>),
) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        for operator in operators(dir) {
            let imsis = subscribers(&operator).await;
            let orders = orders(&operator).await;
            let orders = orders.into_iter().map(|order| order.order_id).collect();
            look(&operator.store, imsis, orders).await;
        }
    });
}

/// Every subscriber's SEQ bound, as the stores have it now.
pub(crate) fn bounds(dir: &Path) -> Bounds {
    if !dir.exists() {
        return Bounds::new();
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut bounds = Bounds::new();
        for operator in operators(dir) {
            for imsi in subscribers(&operator).await {
                let known = operator.store.subscriber(&imsi).await.unwrap();
                if let Some(subscriber) = known {
                    bounds.insert(imsi.digits().to_owned(), subscriber.value.seq_bound());
                }
            }
        }
        bounds
    })
}

/// The subscribers of its orders, and the PCIDs of the demo's devices.
async fn subscribers(operator: &Operator) -> Vec<Imsi> {
    let pcids = (0..300).map(|n| {
        format!("{}9{n:09}", operator.sho_id.prefix())
            .parse()
            .unwrap()
    });
    let mut all: Vec<Imsi> = pcids.collect();
    for summary in orders(operator).await {
        let known = operator.store.order(summary.order_id).await.unwrap();
        all.push(known.unwrap().0.value.imsi().clone());
    }
    all
}

async fn orders(operator: &Operator) -> Vec<store::OrderSummary> {
    let query = OrderQuery {
        limit: 1000,
        ..OrderQuery::default()
    };
    let page = operator.store.orders(query).await.unwrap();
    assert_eq!(page.next, None, "one page is enough for a test");
    page.orders
}

/// Checks a data directory whose demo has come to its end. `completed` and
/// `rolled_back` are how many orders are to have ended so.
pub(crate) fn verify(dir: &Path, completed: usize, rolled_back: usize) {
    let devices: Vec<DeviceEnd> = children(&dir.join("devices"), "")
        .iter()
        .map(|dir| device(dir))
        .collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let operators = operators(dir);
        let mut ends = BTreeMap::new();
        for operator in &operators {
            operator.store.integrity_check().await.unwrap();
            for summary in orders(operator).await {
                *ends.entry(summary.state.name()).or_insert(0) += 1;
                one_install(operator, &summary).await;
            }
        }
        let expected = BTreeMap::from([
            (OrderState::Completed.name(), completed),
            (OrderState::RolledBack.name(), rolled_back),
        ]);
        let expected: BTreeMap<_, _> = expected.into_iter().filter(|(_, n)| *n > 0).collect();
        assert_eq!(ends, expected);
        let mut enabled = 0;
        for operator in &operators {
            enabled += operator.store.subscriber_counts().await.unwrap().enabled;
        }
        assert_eq!(
            enabled,
            devices.len() as u64,
            "each device is one subscriber"
        );
        for device in &devices {
            one_home(&operators, device).await;
        }
    });
}

/// One install for each order, and the HLR lets in whom it should.
async fn one_install(operator: &Operator, summary: &store::OrderSummary) {
    let known = operator.store.order(summary.order_id).await.unwrap();
    let order = known.unwrap().0.value;
    assert_eq!(order.installs(), 1, "{}", summary.order_id);
    assert!(!order.clone_suspected());
    if order.state() == OrderState::RolledBack {
        let subscriber = operator.store.subscriber(order.imsi()).await.unwrap();
        assert!(!subscriber.unwrap().value.is_enabled());
    }
}

/// The device, its operator and every other operator agree on whose it is.
async fn one_home(operators: &[Operator], device: &DeviceEnd) {
    let mut homes = 0;
    for operator in operators {
        let known = operator.store.subscription(&device.tre_id).await.unwrap();
        let Some(subscription) = known.map(|known| known.value) else {
            continue;
        };
        assert!(!subscription.clone_suspected());
        let subscriber = operator.store.subscriber(subscription.imsi()).await;
        let subscriber = subscriber.unwrap().unwrap().value;
        match subscription.home() {
            Home::Here => {
                homes += 1;
                assert_eq!(device.current_sho, operator.sho_id);
                assert_eq!(&device.active_imsi, subscription.imsi());
                assert!(subscriber.is_enabled());
                // SQN never went back: the USIM has taken nothing that the HLR
                // could give out again.
                assert!(device.highest_seq < subscriber.seq_bound());
                assert!(device.highest_seq > 0, "it has attached");
            }
            Home::Left { .. } => assert!(!subscriber.is_enabled()),
            Home::Gone => panic!("retention is thirty days"),
        }
    }
    assert_eq!(homes, 1, "{}", device.tre_id);
}
