//! Devices with their server, and what one of their sessions looked like.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use clock::Timestamp;
use dm::queue::{Account, Order, Policy, QueuedCommand, QueuedId};
use dm::session::Encoding;
use secret::Secret;
use server::management::{HttpAuthentication, ManagementConfig, ManagementEndpoint};
use store::{SqliteOptions, Store, StoreKey};
use tls::http::{Bytes, ServerLimits};
use tokens::os::{self, OsRandom};
use tokio::runtime::Runtime;
use tokio::task::LocalSet;

use super::device::{Device, Exchange, SERVER_ID, SERVER_URI, secret, server_secret, wanted};
use super::link::Way;
use super::memory::Memory;
use crate::cpu;

/// Devices; each has one session in a turn.
const DEVICES: usize = 256;
/// Sessions at one time.
const AT_ONCE: usize = 16;
const HOUR: Duration = Duration::from_secs(3600);

/// The store of a server.
pub(crate) enum Queue {
    Memory(Arc<Memory>),
    Sqlite(Arc<Store>),
}

/// Devices of one server.
pub(crate) struct Fleet {
    devices: Vec<Device>,
    queue: Queue,
    way: Way,
}

/// The octets of one session.
pub(crate) struct Recorded(Exchange);

pub(crate) fn open_sqlite(dir: &Path) -> Result<Store> {
    let url = format!("sqlite:{}", dir.join("dm.db").display());
    let key = StoreKey::new(1, &Secret::new([7; 32]))?;
    Ok(Store::open(&url, key, &SqliteOptions::default())?)
}

/// What answers devices over this store.
pub(crate) fn endpoint<S: dm::queue::QueueStore>(store: S) -> Result<ManagementEndpoint<S>> {
    let config = ManagementConfig {
        server_id: SERVER_ID.to_owned(),
        server_uri: SERVER_URI.to_owned(),
        other_targets: Vec::new(),
        tls: None,
        http_authentication: HttpAuthentication::default(),
        policy: Policy::default(),
        idle: HOUR,
        limits: ServerLimits::default(),
        api_token: [0; 32],
    };
    Ok(ManagementEndpoint::new(config, store)?)
}

impl Queue {
    async fn add_account(&self, account: Account) -> Result<()> {
        match self {
            Self::Memory(store) => store.add_account(account),
            Self::Sqlite(store) => store.add_account(&account).await?,
        }
        Ok(())
    }

    async fn queue(&self, commands: Vec<QueuedCommand>) -> Result<()> {
        match self {
            Self::Memory(store) => store.queue(commands),
            Self::Sqlite(store) => store.queue(commands).await?,
        }
        Ok(())
    }
}

impl Fleet {
    pub(crate) fn new(
        clients: &Runtime,
        number: usize,
        queue: Queue,
        way: Way,
        encoding: Encoding,
    ) -> Result<Self> {
        let numbers = (0..DEVICES).map(|device| number * DEVICES + device);
        let devices = numbers.map(|number| Device::new(number, encoding));
        let devices: Vec<Device> = devices.collect::<Result<_>>()?;
        clients.block_on(async {
            for device in &devices {
                let uri = device.uri.as_str();
                let own = secret("device");
                let mut account = Account::new(uri, SERVER_ID, "device", own, os::now());
                account.server_secret = Some(server_secret(uri));
                queue.add_account(account).await?;
            }
            anyhow::Ok(())
        })?;
        Ok(Self {
            devices,
            queue,
            way,
        })
    }

    /// One session of each device; the octets of the first.
    pub(crate) fn record(&mut self, clients: &Runtime) -> Result<Recorded> {
        self.prepare(clients, DEVICES)?;
        let (_, first) = self.turn(clients, DEVICES)?;
        Ok(Recorded(first))
    }

    /// That many sessions; what they cost the server.
    pub(crate) fn talk(&mut self, clients: &Runtime, sessions: u32) -> Result<Duration> {
        let mut left = usize::try_from(sessions)?;
        let mut cost = Duration::ZERO;
        while left > 0 {
            let now = left.min(DEVICES);
            self.prepare(clients, now)?;
            cost += self.turn(clients, now)?.0;
            left -= now;
        }
        Ok(cost)
    }

    /// Queues what the first `count` devices are to do.
    fn prepare(&self, clients: &Runtime, count: usize) -> Result<()> {
        let now = os::now();
        let mut commands = Vec::new();
        for device in self.devices.iter().take(count) {
            commands.extend(orders(&device.uri, now)?);
        }
        clients.block_on(self.queue.queue(commands))
    }

    /// A session of each of the first `count` devices; what it cost, and the
    /// octets of one of them.
    fn turn(&mut self, clients: &Runtime, count: usize) -> Result<(Duration, Exchange)> {
        let mut resting = std::mem::take(&mut self.devices);
        let mut talking = resting.drain(..count).collect::<Vec<_>>().into_iter();
        let share = count.div_ceil(AT_ONCE);
        let before = cpu::of_others();
        let all = LocalSet::new();
        let mut tasks = Vec::new();
        while talking.len() > 0 {
            let devices: Vec<Device> = talking.by_ref().take(share).collect();
            tasks.push(all.spawn_local(talk(devices, self.way.clone())));
        }
        let mut one = Exchange::new();
        all.block_on(clients, async {
            for task in tasks {
                let (devices, exchange) = task.await??;
                self.devices.extend(devices);
                one = exchange;
            }
            anyhow::Ok(())
        })?;
        let cost = cpu::of_others().saturating_sub(before);
        self.devices.append(&mut resting);
        if let Queue::Memory(store) = &self.queue {
            ensure!(store.open_count() == 0, "commands were left over");
        }
        Ok((cost, one))
    }
}

/// One session of each device, one after the other.
async fn talk(mut devices: Vec<Device>, way: Way) -> Result<(Vec<Device>, Exchange)> {
    let mut last = Exchange::new();
    for device in &mut devices {
        last = device.talk(&way).await?;
    }
    Ok((devices, last))
}

impl Recorded {
    /// How many requests the session takes.
    pub(crate) fn requests(&self) -> usize {
        self.0.len()
    }

    /// The answers, by the length of their request.
    pub(crate) fn answers(&self) -> Vec<(usize, Bytes)> {
        let answers = self.0.iter();
        answers
            .map(|(request, answer)| (request.len(), Bytes::from(answer.clone())))
            .collect()
    }

    /// The same octets again, that many times; what they cost the server.
    pub(crate) fn play(&self, clients: &Runtime, way: &Way, sessions: u32) -> Result<Duration> {
        let share = usize::try_from(sessions)?.div_ceil(AT_ONCE);
        let exchange = Arc::new(self.0.clone());
        let before = cpu::of_others();
        let all = LocalSet::new();
        let mut tasks = Vec::new();
        let mut left = usize::try_from(sessions)?;
        while left > 0 {
            let now = left.min(share);
            tasks.push(all.spawn_local(play(Arc::clone(&exchange), way.clone(), now)));
            left -= now;
        }
        all.block_on(clients, async {
            for task in tasks {
                task.await??;
            }
            anyhow::Ok(())
        })?;
        Ok(cpu::of_others().saturating_sub(before))
    }
}

async fn play(exchange: Arc<Exchange>, way: Way, sessions: usize) -> Result<()> {
    for _ in 0..sessions {
        let mut link = way.connect().await?;
        for (request, answer) in exchange.iter() {
            let got = link.post(Encoding::Wbxml.content_type(), request).await?;
            ensure!(got == *answer, "the server of fixed octets answered others");
        }
    }
    Ok(())
}

fn orders(device: &str, now: Timestamp) -> Result<Vec<QueuedCommand>> {
    let orders = wanted().into_iter().map(|request| {
        let order = Order {
            device: device.to_owned(),
            group: None,
            request,
            priority: 0,
            expires_at: now.plus(HOUR),
        };
        Ok(QueuedCommand::new(
            QueuedId::random(&mut OsRandom),
            now,
            order,
        )?)
    });
    orders.collect()
}
