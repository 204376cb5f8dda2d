//! Random operations, in order, against a model of maps (provisioning::ports
//! says what each does). The store is opened anew now and then.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use clock::Timestamp;
use provisioning::Reason;
use provisioning::donor::Subscription;
use provisioning::effect::Effect;
use provisioning::hlr::Subscriber;
use provisioning::ports::{Commit, Message, OperatorStore, OutboxId, StoreError, Versioned};
use provisioning::recipient::Order;
use sim::net::{PerMille, SimRandom, replay_line};

use super::Backend;
use crate::world::{Device, World, imsi, versioned};

const SEEDS: u64 = 4;
const STEPS: u32 = 120;
const POOL: usize = 4;

/// What the model says of a commit.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    Conflict,
    Failed,
}

#[derive(Clone)]
struct Waiting {
    /// Known once the store was asked.
    id: Option<OutboxId>,
    message: Message,
    attempts: u32,
    next: Timestamp,
}

#[derive(Clone, Default)]
struct Model {
    subscriptions: BTreeMap<String, Versioned<Subscription>>,
    orders: BTreeMap<String, Versioned<Order>>,
    subscribers: BTreeMap<String, Versioned<Subscriber>>,
    deleted: BTreeMap<String, u64>,
    outbox: Vec<Waiting>,
}

/// Aggregates to draw from; the same few, so that they meet again.
struct Pool {
    devices: Vec<Device>,
    orders: Vec<(Order, provisioning::recipient::TreCertificates)>,
}

fn text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

/// Version 0 makes a new one, another must be the stored one.
fn put<T: Clone>(
    map: &mut BTreeMap<String, Versioned<T>>,
    key: String,
    change: &Versioned<T>,
    first: u64,
) -> Result<(), Refusal> {
    let stored = map.get(&key).map(|found| found.version);
    let version = match (stored, change.version) {
        (None, 0) => first,
        (Some(stored), version) if version > 0 && stored == version => version + 1,
        _ => return Err(Refusal::Conflict),
    };
    map.insert(key, versioned(change.value.clone(), version));
    Ok(())
}

impl Model {
    fn commit(&mut self, commit: &Commit) -> Result<(), Refusal> {
        let mut next = self.clone();
        next.outbox
            .retain(|row| row.id.is_none_or(|id| !commit.delivered.contains(&id)));
        for change in &commit.subscriptions {
            let key = change.value.tre_id().as_str().to_owned();
            put(&mut next.subscriptions, key, change, 1)?;
        }
        for change in &commit.orders {
            put(
                &mut next.orders,
                change.value.order_id().to_string(),
                change,
                1,
            )?;
        }
        for change in &commit.subscribers {
            next.subscriber(change)?;
        }
        for effect in &commit.effects {
            next.effect(effect)?;
        }
        *self = next;
        Ok(())
    }

    fn subscriber(&mut self, change: &Versioned<Subscriber>) -> Result<(), Refusal> {
        let key = change.value.imsi().digits().to_owned();
        let first = self.deleted.get(&key).map_or(1, |version| version + 1);
        put(&mut self.subscribers, key, change, first)
    }

    fn effect(&mut self, effect: &Effect) -> Result<(), Refusal> {
        match effect {
            Effect::CreateSubscriber { imsi, keys } => {
                self.subscriber(&versioned(Subscriber::new(imsi.clone(), keys.clone()), 0))?;
            }
            Effect::EnableSubscriber(imsi) => {
                if !self.subscribers.contains_key(imsi.digits()) {
                    return Err(Refusal::Failed);
                }
                self.enable(imsi.digits(), true);
            }
            Effect::DisableSubscriber(imsi) => self.enable(imsi.digits(), false),
            Effect::DeleteSubscriber(imsi) => {
                if let Some(gone) = self.subscribers.remove(imsi.digits()) {
                    self.deleted.insert(imsi.digits().to_owned(), gone.version);
                }
            }
            Effect::Push { imsi, container } => self.send(Message::Push {
                imsi: imsi.clone(),
                container: container.clone(),
            }),
            Effect::Announce(order_id) => self.send(Message::Announcement(*order_id)),
            Effect::SendRelease(order_id) => self.send(Message::Release(*order_id)),
            Effect::BecomeHome(new) => self.become_home(new),
            // Numbers of no pool and the audit log have tests of their own.
            Effect::AssignPcid { .. }
            | Effect::DropPcid { .. }
            | Effect::DeleteCertTre(_)
            | Effect::Record(_) => {}
        }
        Ok(())
    }

    fn enable(&mut self, imsi: &str, enabled: bool) {
        if let Some(found) = self.subscribers.get_mut(imsi)
            && found.value.is_enabled() != enabled
        {
            found.value.set_enabled(enabled);
            found.version += 1;
        }
    }

    fn send(&mut self, message: Message) {
        if self.outbox.iter().all(|row| row.message != message) {
            self.outbox.push(Waiting {
                id: None,
                message,
                attempts: 0,
                next: Timestamp::default(),
            });
        }
    }

    fn become_home(&mut self, new: &Subscription) {
        let key = new.tre_id().as_str().to_owned();
        let (value, version) = match self.subscriptions.remove(&key) {
            Some(older) => (new.clone().returning(older.value), older.version + 1),
            None => (new.clone(), 1),
        };
        self.subscriptions.insert(key, versioned(value, version));
    }

    fn due<'a, T: 'a>(
        rows: impl Iterator<Item = (&'a String, &'a T)>,
        at: impl Fn(&T) -> Option<Timestamp>,
        now: Timestamp,
    ) -> BTreeSet<String> {
        rows.filter(|(_, row)| at(row).is_some_and(|due| due <= now))
            .map(|(key, _)| key.clone())
            .collect()
    }
}

pub(super) async fn random_operations_agree_with_a_model<B: Backend>(_: &B) {
    let chosen = std::env::var(sim::net::SEED_VARIABLE).ok();
    let chosen: Option<u64> = chosen.and_then(|text| text.parse().ok());
    let seeds = chosen.map_or(0..SEEDS, |seed| seed..seed + 1);
    for seed in seeds {
        let test = "behaviour::sqlite::random_operations_agree_with_a_model";
        println!("{}", replay_line("store", test, seed));
        run(&B::new("model"), seed).await;
    }
}

async fn run(backend: &impl Backend, seed: u64) {
    let mut world = World::new(seed);
    let mut random = SimRandom::from_seed(seed ^ 0x5eed);
    let pool = pool(&mut world);
    let mut store = backend.open();
    let mut model = Model::default();
    let mut given = BTreeSet::new();
    for step in 0..STEPS {
        match random.below(10) {
            0 => {
                drop(store);
                store = backend.open();
            }
            1 => {
                let taken = store.take_imsi("00103").await.unwrap();
                assert!(given.insert(taken.digits().to_owned()), "step {step}");
            }
            2 if !model.outbox.is_empty() => {
                let at = usize::try_from(random.below(model.outbox.len() as u64)).unwrap();
                let next = world.now.plus(Duration::from_secs(random.below(100)));
                let row = &mut model.outbox[at];
                // One behind another to the same subscriber was never seen.
                if let Some(id) = row.id {
                    (row.attempts, row.next) = (row.attempts + 1, next);
                    store.postpone(id, next).await.unwrap();
                }
            }
            _ => {
                let commit = draw(&mut world, &mut random, &pool, &model);
                let expected = model.commit(&commit);
                let result = store.commit(commit).await;
                let result = result.map_err(|error| match error {
                    StoreError::Conflict => Refusal::Conflict,
                    _ => Refusal::Failed,
                });
                assert_eq!(result, expected, "step {step}");
            }
        }
        compare(&store, &mut model, &world, &mut random, step).await;
    }
    compare_aggregates(&store, &model, &pool).await;
}

fn pool(world: &mut World) -> Pool {
    let devices: Vec<_> = (0..POOL).map(|_| world.device()).collect();
    let mut orders = Vec::new();
    for (at, device) in devices.iter().enumerate() {
        world.now = world.now.plus(Duration::from_secs(1));
        let (_, mut commit) = world.register(device, &imsi(&format!("00102{at:010}")));
        let (_, certificates) = commit.certificates.remove(0);
        orders.push((commit.orders.remove(0).value, certificates));
    }
    Pool { devices, orders }
}

fn number(at: usize) -> aka::Imsi {
    imsi(&format!("00101{at:010}"))
}

/// The stored version, or now and then another.
fn version<T>(stored: Option<&Versioned<T>>, random: &mut SimRandom) -> u64 {
    let stored = stored.map_or(0, |found| found.version);
    match random.chance(PerMille(120)) {
        true => random.below(stored + 3),
        false => stored,
    }
}

fn draw(world: &mut World, random: &mut SimRandom, pool: &Pool, model: &Model) -> Commit {
    let mut commit = Commit::default();
    let pick = |random: &mut SimRandom| usize::try_from(random.below(POOL as u64)).unwrap();
    if random.chance(PerMille(400)) {
        let at = pick(random);
        let stored = model.subscribers.get(number(at).digits());
        let version = version(stored, random);
        let mut value = stored.map_or_else(|| world.subscriber(&number(at)), |s| s.value.clone());
        value.set_enabled(random.chance(PerMille(500)));
        commit.subscribers.push(versioned(value, version));
    }
    if random.chance(PerMille(400)) {
        let (order, certificates) = &pool.orders[pick(random)];
        let stored = model.orders.get(&order.order_id().to_string());
        let version = version(stored, random);
        let mut value = stored.map_or_else(|| order.clone(), |s| s.value.clone());
        value.note_refusal(&Reason::parse(&format!("refusal-{}", random.below(99))).unwrap());
        if random.chance(PerMille(200)) {
            value.announcement_answered(403, None);
        }
        if version == 0 {
            let id = value.order_id();
            commit.certificates.push((id, certificates.clone()));
        }
        commit.orders.push(versioned(value, version));
    }
    if random.chance(PerMille(400)) {
        let at = pick(random);
        let device = &pool.devices[at];
        let stored = model.subscriptions.get(device.tre_id.as_str());
        let version = version(stored, random);
        let mut value = stored.map_or_else(
            || world.subscription(device, &number(at), 0),
            |s| s.value.clone(),
        );
        value
            .issue_token("001-02".parse().unwrap(), &mut world.random)
            .unwrap();
        if value.departures().is_empty() && random.chance(PerMille(500)) {
            world.announce(&mut value, pool.orders[at].0.announcement());
        }
        commit.subscriptions.push(versioned(value, version));
    }
    for _ in 0..random.below(3) {
        let at = pick(random);
        commit.effects.push(effect(world, random, pool, at));
    }
    if let Some(row) = model
        .outbox
        .first()
        .filter(|_| random.chance(PerMille(300)))
    {
        commit.delivered.extend(row.id);
    }
    commit
}

fn effect(world: &mut World, random: &mut SimRandom, pool: &Pool, at: usize) -> Effect {
    let order_id = pool.orders[at].0.order_id();
    match random.below(8) {
        0 => world.create(&number(at)),
        1 => Effect::EnableSubscriber(number(at)),
        2 => Effect::DisableSubscriber(number(at)),
        3 => Effect::DeleteSubscriber(number(at)),
        4 => Effect::Push {
            imsi: number(at),
            container: vec![u8::try_from(random.below(3)).unwrap(); 40],
        },
        5 => Effect::Announce(order_id),
        6 => Effect::SendRelease(order_id),
        _ => {
            let counter = random.below(9);
            Effect::BecomeHome(Box::new(world.subscription(
                &pool.devices[at],
                &number(at),
                counter,
            )))
        }
    }
}

/// The rows that can be sent: all but pushes behind one to the same subscriber.
fn heads(outbox: &[Waiting]) -> Vec<usize> {
    let to = |row: &Waiting| match &row.message {
        Message::Push { imsi, .. } => Some(imsi.clone()),
        _ => None,
    };
    let mut seen = BTreeSet::new();
    outbox
        .iter()
        .enumerate()
        .filter(|(_, row)| to(row).is_none_or(|imsi| seen.insert(imsi.digits().to_owned())))
        .map(|(at, _)| at)
        .collect()
}

/// Outbox and deadlines, as they are after every step.
async fn compare(
    store: &impl OperatorStore,
    model: &mut Model,
    world: &World,
    random: &mut SimRandom,
    step: u32,
) {
    let end = world.now.plus(Duration::from_secs(1000));
    let rows = store.outgoing(end, 999).await.unwrap();
    let heads = heads(&model.outbox);
    assert_eq!(rows.len(), heads.len(), "step {step}");
    for (row, at) in rows.iter().zip(&heads) {
        let expected = &mut model.outbox[*at];
        assert_eq!(row.message, expected.message, "step {step}");
        assert_eq!(row.attempts, expected.attempts, "step {step}");
        assert_eq!(row.id, *expected.id.get_or_insert(row.id), "step {step}");
    }
    assert!(rows.is_sorted_by(|a, b| a.id < b.id));
    let now = world.now.plus(Duration::from_secs(random.below(100)));
    let waiting: Vec<_> = store.outgoing(now, 999).await.unwrap();
    let expected = heads
        .iter()
        .map(|at| &model.outbox[*at])
        .filter(|row| row.next <= now);
    assert!(
        waiting
            .iter()
            .map(|row| row.id)
            .eq(expected.map(|row| row.id.unwrap())),
        "step {step}"
    );
    let now = world
        .now
        .plus(Duration::from_secs(random.below(8 * 86_400)));
    let (orders, devices) = store.due(now, 999).await.unwrap();
    let names: BTreeSet<_> = orders.iter().map(ToString::to_string).collect();
    let at = |order: &Versioned<Order>| order.value.poll_timeout();
    assert_eq!(
        names,
        Model::due(model.orders.iter(), at, now),
        "step {step}"
    );
    let names: BTreeSet<_> = devices.iter().map(|id| id.as_str().to_owned()).collect();
    let at = |device: &Versioned<Subscription>| device.value.poll_timeout();
    let expected = Model::due(model.subscriptions.iter(), at, now);
    assert_eq!(names, expected, "step {step}");
}

async fn compare_aggregates(store: &impl OperatorStore, model: &Model, pool: &Pool) {
    fn same<T: serde::Serialize>(found: Option<&Versioned<T>>, expected: Option<&Versioned<T>>) {
        let shown = |found: Option<&Versioned<T>>| found.map(|v| (text(&v.value), v.version));
        assert_eq!(shown(found), shown(expected));
    }
    for (at, (order, _)) in pool.orders.iter().enumerate() {
        let device = &pool.devices[at];
        let expected = model.orders.get(&order.order_id().to_string());
        let found = store.order(order.order_id()).await.unwrap();
        same(found.as_ref().map(|(order, _)| order), expected);
        let found = store.order_of(&device.tre_id).await.unwrap();
        same(found.as_ref().map(|(order, _)| order), expected);
        let expected = model.subscriptions.get(device.tre_id.as_str());
        let found = store.subscription(&device.tre_id).await.unwrap();
        same(found.as_ref(), expected);
        let found = store.subscription_of(&number(at)).await.unwrap();
        same(found.as_ref(), expected);
        let expected = model.subscribers.get(number(at).digits());
        let found = store.subscriber(&number(at)).await.unwrap();
        same(found.as_ref(), expected);
    }
}
