//! Pools of PCIDs (docs/pcids.md): every number is given to one holder at a
//! time, with a new K each time; and the audit log.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aka::Imsi;
use clock::{Random, Timestamp};
use provisioning::audit::{Action, Actor, AuditEntry};
use provisioning::effect::Effect;
use provisioning::payload::MilenageKeys;
use provisioning::pool::{
    BatchId, Draw, Drawn, Holder, Level, PcidState, Pool, PoolPlan, PoolStore,
};
use provisioning::ports::{OperatorStore, StoreError};
use secret::Secret;
use sim::net::SimRandom;
use store::Store;
use tre::TreId;

use crate::scratch::Scratch;
use crate::world::{World, effects, imsi};

const DAY: Duration = Duration::from_secs(86_400);

fn start() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn tre(number: u32) -> TreId {
    format!("urn:x-rehome:tre:acme:{number:032x}")
        .parse()
        .unwrap()
}

/// Valid for ten days from the start, with two days of rest.
fn plan(name: &str, first: &str, last: &str) -> PoolPlan {
    PoolPlan {
        name: name.parse().unwrap(),
        first: imsi(first),
        last: imsi(last),
        from: start(),
        until: start().plus(10 * DAY),
        retention: 2 * DAY,
    }
}

fn pool(name: &str, first: &str, last: &str) -> Pool {
    Pool::new(plan(name, first, last), &"001-01".parse().unwrap()).unwrap()
}

struct Party {
    store: Store,
    random: SimRandom,
    batches: u8,
    _scratch: Scratch,
}

impl Party {
    async fn new(name: &str, size: u64) -> Self {
        let scratch = Scratch::new(name);
        let store = scratch.open();
        let last = format!("{:015}", 1_010_000_000_000_u64 + size - 1);
        let pool = pool("first", "001010000000000", &last);
        store.add_pool(pool, start()).await.unwrap();
        Self {
            store,
            random: SimRandom::from_seed(7),
            batches: 0,
            _scratch: scratch,
        }
    }

    fn keys(&mut self) -> MilenageKeys {
        MilenageKeys {
            k: Secret::new(self.random.array()),
            opc: Secret::new(self.random.array()),
            constants: None,
        }
    }

    async fn draw(&mut self, count: usize, now: Timestamp) -> Result<Drawn, String> {
        self.draw_for(count, now, None).await
    }

    async fn draw_for(
        &mut self,
        count: usize,
        now: Timestamp,
        group: Option<&str>,
    ) -> Result<Drawn, String> {
        self.batches += 1;
        let draw = Draw {
            pool: "first".parse().unwrap(),
            batch: BatchId([self.batches; 16]),
            supplier: "acme".parse().unwrap(),
            group: group.map(|name| name.parse().unwrap()),
            now,
            keys: (0..count).map(|_| self.keys()).collect(),
        };
        self.store.draw(draw).await.map_err(code)
    }

    async fn apply(&self, effect: Effect) -> Result<(), String> {
        self.store.commit(effects(vec![effect])).await.map_err(code)
    }

    async fn assign(&self, imsi: &Imsi, tre_id: &TreId, at: Timestamp) -> Result<(), String> {
        let (imsi, tre_id) = (imsi.clone(), tre_id.clone());
        self.apply(Effect::AssignPcid { imsi, tre_id, at }).await
    }

    async fn dropped(&self, imsi: &Imsi, tre_id: &TreId, at: Timestamp) -> Result<(), String> {
        let (imsi, tre_id) = (imsi.clone(), tre_id.clone());
        self.apply(Effect::DropPcid { imsi, tre_id, at }).await
    }

    async fn k(&self, imsi: &Imsi) -> Option<[u8; 16]> {
        let known = self.store.subscriber(imsi).await.unwrap();
        known.map(|known| known.value.keys().k().try_into().unwrap())
    }

    async fn state(&self, imsi: &Imsi) -> PcidState {
        self.store.pcid(imsi).await.unwrap().unwrap().state
    }

    async fn actions(&self) -> Vec<String> {
        let rows = self.store.audit_log(None, 1000).await.unwrap();
        rows.into_iter().rev().map(|row| row.action).collect()
    }
}

fn code(error: StoreError) -> String {
    match error {
        StoreError::Refused(reason) => reason.code().to_owned(),
        other => other.to_string(),
    }
}

/// An HLR that has subscribers in memory hears of each that changes, by a pool too:
/// a number that was drawn again has another K.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_subscribers_in_memory_hears_of_every_change() {
    let mut party = Party::new("pools-told", 1).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&told);
    party.store.watch_subscribers(Box::new(move |imsi| {
        hears.lock().unwrap().push(imsi.to_owned())
    }));
    let heard = || std::mem::take(&mut *told.lock().unwrap());
    let number = imsi("001010000000000");
    let known = [number.digits()];
    party.draw(1, start()).await.unwrap();
    assert_eq!(heard(), known, "drawn");
    party
        .apply(Effect::EnableSubscriber(number.clone()))
        .await
        .unwrap();
    assert_eq!(heard(), known, "enabled");
    party
        .apply(Effect::EnableSubscriber(number.clone()))
        .await
        .unwrap();
    assert!(heard().is_empty(), "nothing changed");
    party.assign(&number, &tre(1), start()).await.unwrap();
    heard();
    party.dropped(&number, &tre(1), start()).await.unwrap();
    assert_eq!(heard(), known, "dropped");
    party.draw(1, start()).await.unwrap();
    assert_eq!(heard(), known, "drawn again");
    // Refused as a whole: nothing changed.
    party.draw(1, start()).await.unwrap_err();
    assert!(heard().is_empty());
}

#[tokio::test]
async fn a_number_is_free_after_pcid_dropped_and_comes_back_with_a_new_k() {
    let mut party = Party::new("pool-dropped", 2).await;
    let drawn = party.draw(2, start()).await.unwrap();
    let first = drawn.imsis[0].clone();
    let k = party.k(&first).await.unwrap();
    assert_eq!(
        party.draw(1, start()).await,
        Err("pcids-exhausted".to_owned())
    );
    party.assign(&first, &tre(1), start()).await.unwrap();
    let record = party.store.pcid(&first).await.unwrap().unwrap();
    assert_eq!(record.holder, Some(Holder::Tre(tre(1))));
    // Another device can neither have it nor give it back.
    assert_eq!(
        party.assign(&first, &tre(2), start()).await,
        Err("pcid-in-use".to_owned())
    );
    assert_eq!(
        party.dropped(&first, &tre(2), start()).await,
        Err("pcid-not-yours".to_owned())
    );
    assert_eq!(
        party.draw(1, start()).await,
        Err("pcids-exhausted".to_owned())
    );
    party.dropped(&first, &tre(1), start()).await.unwrap();
    assert_eq!(
        party.k(&first).await,
        None,
        "its K is gone before anybody has the number"
    );
    let again = party.draw(1, start()).await.unwrap();
    assert_eq!((again.imsis.len(), &again.imsis[0]), (1, &first));
    assert_ne!(party.k(&first).await.unwrap(), k);
    let record = party.store.pcid(&first).await.unwrap().unwrap();
    assert_eq!((record.uses, record.state), (2, PcidState::Reserved));
    party.store.integrity_check().await.unwrap();
    let expected = [
        "pool-added",
        "pcids-drawn",
        "pcid-freed",
        "mcim-deleted",
        "pcids-drawn",
    ];
    assert_eq!(party.actions().await, expected);
}

#[tokio::test]
async fn a_number_that_nobody_gave_back_is_free_after_expiry_and_retention() {
    let mut party = Party::new("pool-expiry", 1).await;
    let drawn = party.draw(1, start()).await.unwrap();
    let number = drawn.imsis[0].clone();
    assert_eq!(drawn.expires, start().plus(10 * DAY));
    party.assign(&number, &tre(1), start()).await.unwrap();
    party
        .apply(Effect::EnableSubscriber(number.clone()))
        .await
        .unwrap();
    let second = Duration::from_secs(1);
    let steps = [
        (
            start().plus(10 * DAY).minus(second),
            PcidState::Assigned,
            Some(true),
        ),
        (start().plus(10 * DAY), PcidState::Expired, Some(false)),
        (
            start().plus(12 * DAY).minus(second),
            PcidState::Expired,
            Some(false),
        ),
        (start().plus(12 * DAY), PcidState::Free, None),
    ];
    for (now, state, subscriber) in steps {
        party.store.pcid_timeouts(now, 10).await.unwrap();
        assert_eq!(party.state(&number).await, state, "{now}");
        let known = party.store.subscriber(&number).await.unwrap();
        let enabled = known.map(|known| known.value.is_enabled());
        assert_eq!(enabled, subscriber, "{now}");
    }
    // The pool itself is over: its numbers go to a new one, or nobody.
    let late = start().plus(12 * DAY);
    assert_eq!(party.draw(1, late).await, Err("pcid-not-valid".to_owned()));
    assert_eq!(party.actions().await[2..], ["pcid-expired", "mcim-deleted"]);
}

#[tokio::test]
async fn no_number_has_two_holders_however_they_come_and_go() {
    for seed in [3, 5, 8, 13] {
        let mut party = Party::new("pool-random", 6).await;
        let mut draws = SimRandom::from_seed(seed);
        let (mut held, mut seen, mut now) = (Vec::new(), BTreeSet::new(), start());
        for step in 0..120_u32 {
            now = now.plus(Duration::from_secs(60));
            match draws.next_u64() % 3 {
                0 | 1 => match party.draw(1, now).await {
                    Ok(drawn) => {
                        let imsi = drawn.imsis[0].clone();
                        assert!(held.iter().all(|(other, _)| *other != imsi), "seed {seed}");
                        let k = party.k(&imsi).await.unwrap();
                        assert!(seen.insert(k), "seed {seed}: a K twice");
                        party.assign(&imsi, &tre(step), now).await.unwrap();
                        held.push((imsi, tre(step)));
                    }
                    Err(code) => {
                        assert_eq!((code.as_str(), held.len()), ("pcids-exhausted", 6));
                    }
                },
                _ if held.is_empty() => {}
                _ => {
                    let at = draws.next_u64() as usize % held.len();
                    let (imsi, holder) = held.remove(at);
                    party.dropped(&imsi, &holder, now).await.unwrap();
                }
            }
            let status = party.store.pools().await.unwrap();
            assert_eq!(status[0].used, held.len() as u64, "seed {seed}");
        }
        assert!(seen.len() > 12, "seed {seed}: numbers came back");
        party.store.integrity_check().await.unwrap();
    }
}

#[tokio::test]
async fn a_group_gives_its_number_back_when_the_last_one_did() {
    let mut party = Party::new("pool-group", 2).await;
    let drawn = party.draw_for(1, start(), Some("meters")).await.unwrap();
    let number = drawn.imsis[0].clone();
    let known = party.store.subscriber(&number).await.unwrap().unwrap();
    assert!(known.value.is_shared());
    for device in 1..=3 {
        party.assign(&number, &tre(device), start()).await.unwrap();
        party.assign(&number, &tre(device), start()).await.unwrap();
    }
    assert_eq!(party.store.pcid_members(&number).await.unwrap().len(), 3);
    for device in 1..=2 {
        party.dropped(&number, &tre(device), start()).await.unwrap();
        // Said twice, it counts once.
        party.dropped(&number, &tre(device), start()).await.unwrap();
        assert_eq!(party.state(&number).await, PcidState::Assigned);
        assert!(party.k(&number).await.is_some());
    }
    party.dropped(&number, &tre(3), start()).await.unwrap();
    assert_eq!(party.state(&number).await, PcidState::Free);
    assert!(party.k(&number).await.is_none());
}

#[tokio::test]
async fn a_batch_is_for_its_supplier_and_what_is_left_of_it_can_be_given_up() {
    let mut party = Party::new("pool-batch", 4).await;
    let drawn = party.draw(3, start()).await.unwrap();
    let other: TreId = "urn:x-rehome:tre:other:00000000000000000000000000000001"
        .parse()
        .unwrap();
    let refused = party.assign(&drawn.imsis[0], &other, start()).await;
    assert_eq!(refused, Err("pcid-of-another-supplier".to_owned()));
    party
        .assign(&drawn.imsis[0], &tre(1), start())
        .await
        .unwrap();
    let batch = BatchId([1; 16]);
    let listed = party.store.batch(batch).await.unwrap();
    assert_eq!(listed.len(), 3);
    assert_eq!(party.store.give_up_batch(batch, start()).await.unwrap(), 2);
    assert_eq!(party.store.give_up_batch(batch, start()).await.unwrap(), 0);
    let states = [PcidState::Assigned, PcidState::Expired, PcidState::Expired];
    for (imsi, state) in drawn.imsis.iter().zip(states) {
        assert_eq!(party.state(imsi).await, state);
    }
    let refused = party.assign(&drawn.imsis[1], &tre(2), start()).await;
    assert_eq!(
        refused,
        Err("pcid-in-use".to_owned()),
        "its file may be anywhere"
    );
}

#[tokio::test]
async fn a_stock_that_runs_short_is_told_once_for_each_level() {
    let mut party = Party::new("pool-levels", 20).await;
    let mut told = Vec::new();
    for _ in 0..20 {
        party.draw(1, start()).await.unwrap();
        for _ in 0..2 {
            let crossings = party.store.crossings().await.unwrap();
            told.extend(crossings.into_iter().map(|it| (it.name, it.used, it.level)));
        }
    }
    let name = || "pool:first".to_owned();
    // 80 % of 20 are 16, 95 % are 19.
    let expected = [
        (name(), 16, Level::Short),
        (name(), 19, Level::Scarce),
        (name(), 20, Level::Exhausted),
    ];
    assert_eq!(told, expected);
    // It gets better, and worse again: that is another crossing.
    let stocks = party.store.stocks().await.unwrap();
    assert_eq!((stocks[0].used, stocks[0].total), (20, 20));
    party
        .store
        .give_up_batch(BatchId([1; 16]), start())
        .await
        .unwrap();
    party
        .store
        .pcid_timeouts(start().plus(12 * DAY), 10)
        .await
        .unwrap();
    assert!(party.store.crossings().await.unwrap().is_empty());
}

#[tokio::test]
async fn imsis_for_subscribers_run_short_too_and_pass_over_pools() {
    let scratch = Scratch::new("pool-imsis");
    let store = scratch.open();
    let prefix = "0010100000000";
    // Ten of ninety-nine numbers are a pool's.
    let pool = pool("middle", "001010000000020", "001010000000029");
    store.add_pool(pool, start()).await.unwrap();
    let (mut given, mut told) = (BTreeSet::new(), Vec::new());
    let refused = loop {
        match store.take_imsi(prefix).await {
            Ok(imsi) => assert!(given.insert(imsi.digits().to_owned()), "{imsi}"),
            Err(error) => break code(error),
        }
        let crossings = store.crossings().await.unwrap();
        told.extend(crossings.into_iter().map(|it| (it.name, it.used, it.level)));
    };
    assert_eq!(refused, "imsis-exhausted");
    assert_eq!(given.len(), 89);
    assert!(given.iter().all(|imsi| !imsi.starts_with("00101000000002")));
    let name = || format!("imsi:{prefix}");
    // 80 % of 99 are 79.2, 95 % are 94.05.
    let expected = [
        (name(), 80, Level::Short),
        (name(), 95, Level::Scarce),
        (name(), 99, Level::Exhausted),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn pools_that_overlap_or_take_what_somebody_has_are_refused() {
    let scratch = Scratch::new("pool-overlap");
    let mut world = World::new(91);
    let store = scratch.open();
    let had = world.create(&imsi("001010000000150"));
    store.commit(effects(vec![had])).await.unwrap();
    let good = pool("good", "001010000000000", "001010000000099");
    store.add_pool(good, start()).await.unwrap();
    let cases = [
        ("good", "001010000000200", "001010000000299", "pool-exists"),
        ("low", "001010000000099", "001010000000100", "pool-overlaps"),
        (
            "high",
            "001010000000100",
            "001010000000199",
            "pool-range-in-use",
        ),
    ];
    for (name, first, last, expected) in cases {
        let refused = store.add_pool(pool(name, first, last), start()).await;
        assert_eq!(code(refused.unwrap_err()), expected);
    }
    assert_eq!(store.pools().await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_audit_log_takes_no_change_and_shows_no_whole_number() {
    let scratch = Scratch::new("audit-log");
    let store = scratch.open();
    let number = imsi("001010123456789");
    for why in ["first", "second"] {
        let (actor, action) = (Actor::Deadline, Action::McimDeleted);
        let entry = AuditEntry::subscriber(start(), actor, action, &number, why);
        store
            .commit(effects(vec![Effect::Record(entry)]))
            .await
            .unwrap();
    }
    for sql in [
        "DELETE FROM audit_log",
        "UPDATE audit_log SET why = 'other'",
    ] {
        let refused = scratch.raw().execute_batch(sql);
        assert!(refused.is_err(), "{sql}");
    }
    let rows = store.audit_log(None, 10).await.unwrap();
    let found: Vec<_> = rows
        .iter()
        .map(|row| (row.number, row.why.as_str()))
        .collect();
    assert_eq!(found, [(2, "second"), (1, "first")]);
    assert_eq!(rows[0].subject, "00101*******789");
    let older = store.audit_log(Some(2), 10).await.unwrap();
    assert_eq!(older.len(), 1);
}

/// A device left with its PCID retained; the number expired, rested, and came to
/// another device: the first one's retention must not take the other's K.
#[tokio::test]
async fn an_old_retention_takes_nothing_from_a_number_s_next_holder() {
    let mut party = Party::new("pool-next", 1).await;
    let mut world = World::new(92);
    let (first, second) = (world.device(), world.device());
    let number = party.draw(1, start()).await.unwrap().imsis[0].clone();
    let home = |world: &mut World, device: &crate::world::Device| {
        let record = world.subscription(device, &number, 0);
        Effect::BecomeHome(Box::new(record))
    };
    party.assign(&number, &first.tre_id, start()).await.unwrap();
    let come = home(&mut world, &first);
    party.apply(come).await.unwrap();
    for days in [10, 12] {
        party
            .store
            .pcid_timeouts(start().plus(days * DAY), 10)
            .await
            .unwrap();
    }
    assert!(
        party
            .store
            .subscription_of(&number)
            .await
            .unwrap()
            .is_none()
    );
    // Another pool takes the range over only when the first is gone; here the
    // same number is given again by hand.
    party.apply(world.create(&number)).await.unwrap();
    let come = home(&mut world, &second);
    party.apply(come).await.unwrap();
    let known = party.store.subscription_of(&number).await.unwrap().unwrap();
    assert_eq!(known.value.tre_id(), &second.tre_id);
    let old = party
        .store
        .subscription(&first.tre_id)
        .await
        .unwrap()
        .unwrap();
    assert!(!old.value.owns_number());
    assert_eq!(old.value.poll_timeout(), None);
}

#[tokio::test]
async fn a_deletion_asked_for_by_one_device_spares_another_s_number() {
    let mut party = Party::new("pool-spared", 2).await;
    let mut world = World::new(93);
    let (mine, other) = (world.device(), world.device());
    let imsis = party.draw(2, start()).await.unwrap().imsis;
    party
        .assign(&imsis[0], &mine.tre_id, start())
        .await
        .unwrap();
    let home = world.subscription(&mine, &imsis[0], 0);
    let foreign = world.subscription(&other, &imsi("001019999999999"), 0);
    for (record, left) in [(foreign, true), (home, false)] {
        // A step of this device that deletes the number, as its retention does.
        let commit = provisioning::ports::Commit {
            subscriptions: vec![crate::world::versioned(record, 0)],
            effects: vec![
                Effect::DeleteSubscriber(imsis[0].clone()),
                Effect::DeleteSubscriber(imsis[1].clone()),
            ],
            ..Default::default()
        };
        party.store.commit(commit).await.unwrap();
        assert_eq!(party.k(&imsis[0]).await.is_some(), left);
        assert!(party.k(&imsis[1]).await.is_some(), "still the supplier's");
    }
}
