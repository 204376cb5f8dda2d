//! The HLR killed at any moment (TS 33.102 annex C.1): `rehome serve` under load
//! from several GSUP clients, ended by SIGKILL fifty times. Over all its lives no
//! SQN comes twice, SEQ rises for each IND, and no location that was confirmed is
//! lost. The numbers are read out of AUTN by the crate `milenage`, another
//! implementation of TS 35.206.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU8;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ::aka::Imsi;
use clock::{Random, Tick};
use gsup::{AuthTuple, Body, Config, Connection, Event, Header, Message, SendAuthInfoRequest};
use provisioning::effect::Effect;
use provisioning::hlr::Domain;
use provisioning::payload::MilenageKeys;
use provisioning::ports::{Commit, OperatorStore};
use secret::Secret;
use serde_json::Value;
use sim::net::SimRandom;
use store::{SqliteOptions, Store, StoreKey};
use tokens::NodeKey;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout_at};

use crate::by_hand::{operator, text};

const LIVES: usize = 50;
const CLIENTS: u8 = 4;
const SUBSCRIBERS: u8 = 6;
const OPC: [u8; 16] = *b"OPc of every one";

fn imsi(number: u8) -> String {
    format!("0010177000000{number:02}")
}

fn k(number: u8) -> [u8; 16] {
    [number.wrapping_mul(37).wrapping_add(11); 16]
}

/// Where a client comes from, so that the HLR knows it.
fn address(client: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 7, 1 + client)
}

fn open(dir: &Path) -> Store {
    let key = NodeKey::load(&dir.join("node.key")).unwrap();
    let key = StoreKey::new(1, key.secret()).unwrap();
    let url = format!("sqlite:{}", dir.join("store.db").display());
    Store::open(&url, key, &SqliteOptions::default()).unwrap()
}

/// Subscribers of known keys, enabled, and a configuration with a plain listener.
async fn prepare(config: &Path) {
    let dir = config.parent().unwrap();
    let store = open(dir);
    for number in 0..SUBSCRIBERS {
        let imsi: Imsi = imsi(number).parse().unwrap();
        let keys = MilenageKeys {
            k: Secret::new(k(number)),
            opc: Secret::new(OPC),
            constants: None,
        };
        let create = Effect::CreateSubscriber {
            imsi: imsi.clone(),
            keys: keys.into(),
        };
        let effects = vec![create, Effect::EnableSubscriber(imsi)];
        let commit = Commit {
            effects,
            ..Commit::default()
        };
        store.commit(commit).await.unwrap();
    }
    store.close().await;
    let hlr = "[hlr]\nplain = \"127.0.0.1:0\"\n\
        limits = { node_per_s = 0, subscriber_per_s = 0 }\n";
    let mut clients = String::new();
    for client in 0..CLIENTS {
        clients.push_str(&format!(
            "[[hlr.clients]]\naddress = \"{}\"\nname = \"sgsn-{client}\"\nserves = [\"00101\"]\n",
            address(client)
        ));
    }
    let settings = fs::read_to_string(config).unwrap();
    let at = settings.find("[hlr]").unwrap();
    let line = settings[at..].find('\n').unwrap() + at + 1;
    fs::write(
        config,
        format!("{}{hlr}{}{clients}", &settings[..at], &settings[line..]),
    )
    .unwrap();
}

/// A life of the node. Killed when dropped, if it was not before.
struct Life {
    child: Child,
    plain: SocketAddr,
}

impl Life {
    fn start(config: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_rehome"))
            .args(["serve", "--config", text(config)])
            .env("REHOME_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let plain = ready["gsup_plain"].as_str().unwrap().parse().unwrap();
        Self { child, plain }
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a client was answered in one life.
#[derive(Default)]
struct Answered {
    /// Vectors by subscriber, in the order in which they came.
    vectors: Vec<(u8, AuthTuple)>,
    /// Subscribers whose location here was confirmed.
    located: BTreeSet<u8>,
}

/// A client of one life: asks for all subscribers at once, again and again, and
/// has some of them located here, until the node is gone.
struct Client {
    stream: TcpStream,
    engine: Connection,
    number: u8,
    answered: Answered,
}

impl Client {
    async fn run(number: u8, life: usize, to: SocketAddr) -> Answered {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((address(number), 0).into()).unwrap();
        let Ok(stream) = socket.connect(to).await else {
            return Answered::default();
        };
        let name = unit(number, life).parse().unwrap();
        let mut client = Self {
            stream,
            engine: Connection::client(Tick::ZERO, Config::default(), name),
            number,
            answered: Answered::default(),
        };
        client.until_the_end().await;
        client.answered
    }

    /// Ends with `None` when the node is gone.
    async fn until_the_end(&mut self) -> Option<()> {
        let first = self.event().await?;
        assert!(matches!(first, Event::Identified { .. }), "{first:?}");
        loop {
            for number in 0..SUBSCRIBERS {
                let request = SendAuthInfoRequest {
                    vectors: NonZeroU8::new(1 + number % 5),
                    ..SendAuthInfoRequest::default()
                };
                self.ask(number, Body::SendAuthInfoRequest(request));
                // Each subscriber is located by one client alone, so that its
                // last place is known.
                if number % CLIENTS == self.number {
                    self.ask(number, Body::UpdateLocationRequest);
                }
            }
            let here = (0..SUBSCRIBERS).filter(|number| number % CLIENTS == self.number);
            let mut open = usize::from(SUBSCRIBERS) + here.count();
            while open > 0 {
                let Event::Message(message) = self.event().await? else {
                    panic!("something else than a message");
                };
                open -= usize::from(self.take(message));
            }
        }
    }

    /// Takes a message; whether it was an answer.
    fn take(&mut self, message: Message) -> bool {
        let digits = message.header.imsi.as_str();
        let number: u8 = digits[13..].parse().unwrap();
        match message.body {
            Body::SendAuthInfoResult(tuples) => {
                assert_eq!(tuples.len(), usize::from(1 + number % 5));
                let all = tuples.into_iter().map(|tuple| (number, tuple));
                self.answered.vectors.extend(all);
                true
            }
            Body::UpdateLocationResult(_) => {
                self.answered.located.insert(number);
                true
            }
            Body::InsertSubscriberDataRequest(_) => {
                self.ask(number, Body::InsertSubscriberDataResult);
                false
            }
            // Where the subscriber was in a life before, by this client's old name.
            other => panic!("{other:?}"),
        }
    }

    fn ask(&mut self, number: u8, body: Body) {
        let header = Header::new(imsi(number).parse().unwrap());
        self.engine.send(&Message { header, body }).unwrap();
    }

    async fn event(&mut self) -> Option<Event> {
        let mut chunk = [0; 16 * 1024];
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            while let Some(octets) = self.engine.poll_transmit() {
                self.stream.write_all(octets.expose()).await.ok()?;
            }
            if let Some(event) = self.engine.poll_event() {
                return Some(event);
            }
            let read = timeout_at(end, self.stream.read(&mut chunk)).await;
            let count = read.expect("the node answers or is gone").unwrap_or(0);
            if count == 0 {
                return None;
            }
            self.engine.handle_input(Tick::ZERO, &chunk[..count]);
        }
    }
}

fn unit(client: u8, life: usize) -> String {
    format!("SGSN-{client}-{life}")
}

/// SEQ and IND by the other implementation, which also checks the MAC.
fn seq_ind(number: u8, tuple: &AuthTuple) -> (u64, u64) {
    let mut card = milenage::Milenage::new_with_opc(k(number), OPC);
    let (_, _, _, ak) = card.f2345(&tuple.rand);
    let autn = tuple.umts.as_ref().unwrap().autn;
    let sqn: [u8; 6] = std::array::from_fn(|at| autn[at] ^ ak[at]);
    let mac = card.f1(&tuple.rand, &sqn, &[autn[6], autn[7]]);
    assert_eq!(mac, autn[8..], "MAC-A");
    let sqn = sqn
        .iter()
        .fold(0, |sqn, octet| sqn << 8 | u64::from(*octet));
    (sqn >> 5, sqn & 31)
}

/// What was ever seen of all subscribers.
#[derive(Default)]
struct Seen {
    all: BTreeSet<(u8, u64, u64)>,
    last: BTreeMap<(u8, u64), u64>,
    ind_of: BTreeMap<(u8, u8), u64>,
    /// The life in which a location was confirmed last.
    located: BTreeMap<u8, usize>,
}

impl Seen {
    fn add(&mut self, client: u8, life: usize, answered: &Answered) {
        for (number, tuple) in &answered.vectors {
            let (seq, ind) = seq_ind(*number, tuple);
            let place = format!("subscriber {number}, client {client}, life {life}");
            assert!(self.all.insert((*number, seq, ind)), "{place}: SQN twice");
            let last = self.last.insert((*number, ind), seq);
            assert!(last < Some(seq), "{place}: SEQ {seq} after {last:?}");
            // A client keeps its IND over all lives.
            let known = *self.ind_of.entry((*number, client)).or_insert(ind);
            assert_eq!(known, ind, "{place}");
        }
        for number in &answered.located {
            self.located.insert(*number, life);
        }
    }

    /// Each is where it was confirmed last, or where it came after that.
    async fn check_locations(&self, dir: &Path) {
        let store = open(dir);
        for (number, life) in &self.located {
            let known = store.subscriber(&imsi(*number).parse().unwrap()).await;
            let known = known.unwrap().unwrap().value;
            let place = known.location(Domain::Packet).expect("it was confirmed");
            let client = number % CLIENTS;
            assert_eq!(place.node, format!("sgsn-{client}"));
            let there = (*life..LIVES).any(|life| place.unit == unit(client, life));
            assert!(there, "{} is before life {life}", place.unit);
        }
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_number_comes_twice_and_nothing_answered_is_lost_over_fifty_kills() {
    let seed = std::env::var("REHOME_SEED").map_or_else(
        |_| u64::from_be_bytes(tokens::os::OsRandom.array()),
        |text| text.parse().unwrap(),
    );
    println!("REHOME_SEED={seed}");
    let mut random = SimRandom::from_seed(seed);
    let scratch = tempfile::tempdir().unwrap();
    let (config, _) = operator(scratch.path(), "001-01");
    prepare(&config).await;
    let dir = config.parent().unwrap();
    let mut seen = Seen::default();
    let began = Instant::now();
    for life in 0..LIVES {
        let mut node = Life::start(&config);
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| tokio::spawn(Client::run(client, life, node.plain)))
            .collect();
        let [moment] = random.array::<1>();
        tokio::time::sleep(Duration::from_millis(20 + u64::from(moment))).await;
        node.child.kill().unwrap();
        node.child.wait().unwrap();
        for (client, run) in (0..).zip(clients) {
            seen.add(client, life, &run.await.unwrap());
        }
    }
    println!("{} vectors in {:?}", seen.all.len(), began.elapsed());
    seen.check_locations(dir).await;
    assert_eq!(seen.ind_of.len(), usize::from(CLIENTS * SUBSCRIBERS));
    assert_eq!(seen.located.len(), usize::from(SUBSCRIBERS));
    assert!(seen.all.len() > 10 * LIVES, "there was load");
}
