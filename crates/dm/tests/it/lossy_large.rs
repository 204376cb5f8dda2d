//! Large objects both ways and a user who takes their time, over a network that
//! loses, doubles, delays and reorders (OMA DM Protocol 1.2 clauses 7 and 10):
//! everything is carried out once, whatever has to be repeated.

use std::collections::VecDeque;
use std::time::Duration;

use clock::Tick;
use dm::auth::{Nonces, Scope};
use dm::client::{self, InteractionId, Interactions};
use dm::interaction::{Asked, Interaction, Reply};
use dm::server::{self, Request};
use dm::session::{Encoding, Received, Transmit};
use dm::tree::{NodeKind, Tree, Value};
use sim::net::{
    Address, Conditions, Datagram, Endpoint, Moment, Outcome, Pair, SimRandom, for_each_seed,
};

use crate::kit::{add, client_config, get, nonce, server_config, text, uri};
use crate::large::roomy_tree;

const LIMIT: Duration = Duration::from_secs(24 * 3600);
const SIZE: usize = 150_000;
/// How long the user thinks.
const THINKS: Duration = Duration::from_secs(7);

/// The device, and its user.
struct Device {
    session: client::Session,
    tree: Tree,
    executed: Vec<(String, u16)>,
    waits: Option<(InteractionId, Tick)>,
    end: Option<client::Event>,
}

impl Device {
    fn new(encoding: Encoding, scope: Scope, prove: u64) -> Self {
        let mut config = client_config();
        config.encoding = encoding;
        config.scope = scope;
        config.max_object = Some(1 << 20);
        config.interactions = Interactions::all();
        config.nonces = Nonces {
            prove: Some(nonce(prove)),
            verify: Some(nonce(200)),
        };
        config.timing = client::Timing {
            retransmit_after: Duration::from_secs(3),
            transmissions: 200,
            patience: Duration::from_secs(60),
        };
        let tree = roomy_tree();
        let mut session = client::Session::new(config);
        session.start(&tree).unwrap();
        Self {
            session,
            tree,
            executed: Vec::new(),
            waits: None,
            end: None,
        }
    }

    fn events(&mut self, now: Tick) {
        while let Some(event) = self.session.poll_event() {
            match event {
                client::Event::Executed {
                    command, status, ..
                } => {
                    self.executed.push((command, status.0));
                }
                client::Event::Interaction { interaction, .. } => {
                    self.waits = Some((interaction, now.plus(THINKS)));
                }
                client::Event::Violation(violation) => panic!("{violation:?}"),
                client::Event::Finished | client::Event::Aborted(_) => self.end = Some(event),
                _ => {}
            }
        }
    }
}

impl Endpoint for Device {
    fn handle_datagram(&mut self, at: Moment, _: Address, octets: &[u8], random: &mut SimRandom) {
        let received = read(octets);
        let _ = self
            .session
            .handle_message(at.tick, &mut self.tree, &received, random);
        self.events(at.tick);
    }

    fn poll_transmit(&mut self, at: Moment, _: &mut SimRandom) -> Option<Datagram> {
        let transmit = self.session.poll_transmit(at.tick)?;
        self.events(at.tick);
        Some(written(Line::B, &transmit))
    }

    fn poll_timeout(&self) -> Option<Tick> {
        let user = self.waits.map(|(_, due)| due);
        [user, self.session.poll_timeout()]
            .into_iter()
            .flatten()
            .min()
    }

    fn handle_timeout(&mut self, at: Moment, _: &mut SimRandom) {
        if let Some((id, _)) = self.waits.take_if(|(_, due)| *due <= at.tick) {
            self.session
                .answer_interaction(id, Reply::Confirmed)
                .unwrap();
        }
        self.session.handle_timeout(at.tick);
        self.session.resume(at.tick, &mut self.tree);
        self.events(at.tick);
    }
}

/// The server, with one session.
struct Server {
    session: server::Session,
    batches: VecDeque<Vec<Request>>,
    outbox: VecDeque<Datagram>,
    read: Vec<Value>,
    codes: Vec<u16>,
    finished: bool,
}

impl Server {
    fn new(scope: Scope) -> Self {
        let mut config = server_config();
        config.scope = scope;
        config.nonces = Nonces {
            prove: Some(nonce(200)),
            verify: Some(nonce(100)),
        };
        let asked = Interaction::new(Asked::Confirm, "Large?");
        let atomic = Request::Atomic(vec![
            add("./NAP/a", text("1")),
            Request::Interaction(asked),
            add("./NAP/b", text("1")),
        ]);
        Self {
            session: server::Session::new(config),
            batches: VecDeque::from([
                vec![add("./NAP/x", NodeKind::Leaf(value())), get("./NAP/x")],
                vec![atomic],
            ]),
            outbox: VecDeque::new(),
            read: Vec::new(),
            codes: Vec::new(),
            finished: false,
        }
    }

    fn events(&mut self) {
        while let Some(event) = self.session.poll_event() {
            match event {
                server::Event::PackageReceived => {
                    for request in self.batches.pop_front().into_iter().flatten() {
                        self.session.push(request).unwrap();
                    }
                }
                server::Event::Status { status, .. } => self.codes.push(status.0),
                server::Event::Results { value, .. } => self.read.push(value),
                server::Event::Violation(violation) => panic!("{violation:?}"),
                server::Event::Unanswered { command } | server::Event::TooLarge { command } => {
                    panic!("{command:?}")
                }
                server::Event::Finished => self.finished = true,
                _ => {}
            }
        }
    }
}

impl Endpoint for Server {
    fn handle_datagram(&mut self, at: Moment, _: Address, octets: &[u8], random: &mut SimRandom) {
        let received = read(octets);
        if self
            .session
            .handle_message(at.tick, &received, random)
            .is_ok()
        {
            self.events();
            if let Some(transmit) = self.session.poll_transmit(at.tick) {
                self.events();
                self.outbox.push_back(written(Line::A, &transmit));
            }
        }
    }

    fn poll_transmit(&mut self, _: Moment, _: &mut SimRandom) -> Option<Datagram> {
        self.outbox.pop_front()
    }

    fn poll_timeout(&self) -> Option<Tick> {
        None
    }

    fn handle_timeout(&mut self, _: Moment, _: &mut SimRandom) {}
}

type Line = Pair<Device, Server>;

fn value() -> Value {
    Value::octets((0..SIZE).map(|index| (index % 251) as u8).collect())
}

fn written(to: Address, transmit: &Transmit) -> Datagram {
    Datagram {
        to,
        octets: transmit.octets.clone(),
    }
}

/// A message of either encoding; XML begins with `<`.
fn read(octets: &[u8]) -> Received<'_> {
    let encoding = match octets.first() {
        Some(b'<') => Encoding::Xml,
        _ => Encoding::Wbxml,
    };
    Received::read(encoding, octets).unwrap()
}

fn check(pair: &Line, seed: u64) {
    let (device, server) = (pair.a().unwrap(), pair.b().unwrap());
    assert_eq!(device.end, Some(client::Event::Finished), "seed {seed}");
    assert!(server.finished, "seed {seed}");
    assert_eq!(device.tree.value(&uri("./NAP/x")).unwrap(), value());
    assert!(device.tree.value(&uri("./NAP/b")).is_ok());
    assert_eq!(server.read, [value()], "seed {seed}");
    assert_eq!(server.codes, [200; 6], "seed {seed}");
    // Each chunk was kept once, each command carried out once.
    let codes = |name: &str| -> Vec<u16> {
        let named = device
            .executed
            .iter()
            .filter(|(command, _)| command == name);
        named.map(|(_, code)| *code).collect()
    };
    let adds = codes("Add");
    let kept = adds.iter().filter(|code| **code == 213).count();
    assert_eq!(kept + 3, adds.len(), "seed {seed}");
    assert!((2..6).contains(&kept), "seed {seed}: {kept}");
    assert_eq!(codes("Get"), [200], "seed {seed}");
    assert_eq!(codes("Atomic"), [200], "seed {seed}");
}

fn run(seed: u64, scope: Scope, prove: u64) -> Line {
    let encoding = if seed.is_multiple_of(2) {
        Encoding::Xml
    } else {
        Encoding::Wbxml
    };
    let device = Device::new(encoding, scope, prove);
    let mut pair = Line::new(seed, Conditions::BAD, device, Server::new(scope));
    let done = |device: &Device, _: &Server| device.end.is_some();
    assert_eq!(pair.run(LIMIT, done), Outcome::Reached, "seed {seed}");
    check(&pair, seed);
    pair
}

#[test]
fn bad_networks_change_nothing() {
    let mut lost = 0;
    for_each_seed(
        "dm",
        "lossy_large::bad_networks_change_nothing",
        60,
        |seed| {
            lost += run(seed, Scope::Session, 100).traffic().lost;
        },
    );
    if std::env::var(sim::net::SEED_VARIABLE).is_err() {
        assert!(lost > 100);
    }
}

/// Credentials in every message: each chunk has its own, and a first message
/// that is challenged.
#[test]
fn credentials_beside_chunks() {
    for_each_seed("dm", "lossy_large::credentials_beside_chunks", 30, |seed| {
        run(seed, Scope::Message, 100 + seed % 2);
    });
}
