//! The HLR over GSUP in TLS: who gets vectors, and that its numbers never go
//! back.

use std::sync::Arc;

use aka::Imsi;
use gsup::{Cause, Resync};
use provisioning::ports::OperatorStore;
use server::operator::Rate;
use server::vno::{Channel, Undelivered};

use crate::world::{RO, Setup, World};

struct Nowhere;

impl Channel for Nowhere {
    fn push(
        &self,
        _octets: Vec<u8>,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<(), Undelivered>> + Send + '_>> {
        Box::pin(std::future::ready(Err(Undelivered)))
    }
}

fn imsi(digits: &str) -> Imsi {
    digits.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_enabled_subscriber_of_a_known_network_gets_vectors() {
    let mut world = World::new("hlr-who").await;
    let device = world.device().await;
    let vno = world.vno.vno();
    assert!(vno.authentication(&device.imsi, None).await.is_ok());
    // Never made; made but disabled, until a device is imported; of nobody's
    // network.
    let pcid = imsi("001019000000777");
    world.operator(RO).pcid(&pcid).await.unwrap();
    let refused = [
        ("001019000000999", Cause::ImsiUnknown),
        ("001019000000777", Cause::ImsiUnknown),
        ("001020000000001", Cause::ImsiUnknown),
        ("262010000000001", Cause::PlmnNotAllowed),
    ];
    for (number, cause) in refused {
        let answer = vno.authentication(&imsi(number), None).await;
        assert_eq!(answer.unwrap_err(), cause, "{number}");
        let located = vno.attached(&imsi(number), Arc::new(Nowhere)).await;
        assert_eq!(located.unwrap_err(), cause, "{number}");
    }
    world.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resynchronisation_that_is_not_the_usims_is_refused() {
    let mut world = World::new("hlr-resync").await;
    let device = world.device().await;
    let vno = world.vno.vno();
    let vector = vno.authentication(&device.imsi, None).await.unwrap();
    let before = bound(&world, &device.imsi).await;
    let resync = Resync {
        rand: vector.rand,
        auts: [0x5a; 14],
    };
    let answer = vno.authentication(&device.imsi, Some(resync)).await;
    assert_eq!(answer.unwrap_err(), Cause::SynchFailure);
    assert_eq!(bound(&world, &device.imsi).await, before);
    world.shutdown().await;
}

async fn bound(world: &World, imsi: &Imsi) -> u64 {
    let known = world.operator(RO).store().subscriber(imsi).await.unwrap();
    known.unwrap().value.seq_bound()
}

/// Every vector's SEQ is below the bound that was stored before it left: a
/// restart goes on above it. AUTN conceals SQN, so the device's own USIM is the
/// judge: it refuses a number that is not fresh.
#[tokio::test(flavor = "multi_thread")]
async fn numbers_go_on_above_the_stored_bound() {
    // More than a subscriber may ask for in so short a time.
    let mut setup = Setup::default();
    setup.hlr.subscriber_rate = Rate { per_s: 0, burst: 0 };
    let mut world = World::with("hlr-numbers", setup).await;
    let mut device = world.device().await;
    let mut last = bound(&world, &device.imsi).await;
    for _ in 0..70 {
        device.attach(&world).await;
        device.agent().detached();
        let now = bound(&world, &device.imsi).await;
        assert!(now >= last);
        last = now;
    }
    assert!(last >= 71, "seventy attaches in the bound {last}");
    world.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_subscriber_at_once_in_many_places_gets_different_vectors() {
    let mut world = World::new("hlr-parallel").await;
    let device = world.device().await;
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (vno, imsi) = (world.vno.vno().clone(), device.imsi.clone());
        asked.spawn(async move {
            let mut seen = Vec::new();
            for _ in 0..10 {
                let vector = vno.authentication(&imsi, None).await.unwrap();
                seen.push(vector.umts.unwrap().autn);
            }
            seen
        });
    }
    let mut all: Vec<[u8; 16]> = asked.join_all().await.concat();
    let count = all.len();
    assert_eq!(count, 40);
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count, "no vector twice");
    world.shutdown().await;
}
