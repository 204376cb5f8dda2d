//! Sessions over a network that loses, doubles, delays and reorders, with a
//! client that repeats its request like HTTP clients do. Whatever happens,
//! every command is carried out exactly once and both sides' stores end in
//! step.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use clock::Tick;
use dm::auth::{Nonces, Scope};
use dm::server::Request;
use dm::session::{AbortReason, Encoding, Handled, Received};
use dm::tree::{NodeKind, Tree, Value};
use dm::{client, server};
use sim::net::{
    Address, Conditions, Datagram, Endpoint, Moment, Outcome, Pair, SimRandom, for_each_seed,
};
use syncml::{SessionId, StatusCode};

use crate::kit::{
    Log, add, client_config, exec, get, install, interior, nonce, order_tree, package,
    server_config, statuses, text, uri,
};

const LIMIT: Duration = Duration::from_secs(24 * 3600);

/// How many 401 and 407 for the header are in a message.
fn challenges(octets: &[u8]) -> usize {
    let received = Received::read(Encoding::Xml, octets).unwrap();
    statuses(received.message())
        .iter()
        .filter(|status| status.cmd_ref.is_header() && [401, 407].contains(&status.code.0))
        .count()
}

/// The device: one session after the other, its store in between.
struct Device {
    session: Option<client::Session>,
    tree: Tree,
    log: Log,
    nonces: Nonces,
    scope: Scope,
    transmissions: u32,
    /// Hears nothing.
    deaf: bool,
    started: u32,
    to_run: u32,
    ends: Vec<client::Event>,
    /// Every command that was answered: session, name, target, status.
    executed: Vec<(u32, String, String, u16)>,
    answered_alerts: u32,
    challenges: usize,
    last_sent: Vec<u8>,
}

impl Device {
    fn new(to_run: u32) -> Self {
        let (tree, log) = order_tree();
        Self {
            session: None,
            tree,
            log,
            nonces: Nonces {
                prove: Some(nonce(100)),
                verify: Some(nonce(200)),
            },
            scope: Scope::Session,
            transmissions: 200,
            deaf: false,
            started: 0,
            to_run,
            ends: Vec::new(),
            executed: Vec::new(),
            answered_alerts: 0,
            challenges: 0,
            last_sent: Vec::new(),
        }
    }

    fn begin(&mut self) {
        self.started += 1;
        let mut config = client_config();
        config.session_id = SessionId::from(self.started);
        config.nonces = self.nonces.clone();
        config.scope = self.scope;
        config.timing = client::Timing {
            retransmit_after: Duration::from_secs(3),
            transmissions: self.transmissions,
            patience: Duration::from_secs(60),
        };
        let mut session = client::Session::new(config);
        session.start(&self.tree).unwrap();
        self.session = Some(session);
    }

    fn events(&mut self) {
        let Some(session) = &mut self.session else {
            return;
        };
        while let Some(event) = session.poll_event() {
            match event {
                client::Event::NoncesChanged(nonces) => self.nonces = nonces,
                client::Event::Executed {
                    command,
                    target,
                    status,
                } => self.executed.push((
                    self.started,
                    command,
                    target.unwrap_or_default(),
                    status.0,
                )),
                client::Event::Running { correlator, .. } => {
                    let done = client::GenericAlert {
                        type_: "urn:x-rehome:m2mcimm:installed".to_owned(),
                        source: None,
                        correlator,
                        mark: None,
                        value: Value::text("ok"),
                    };
                    session.alert(done).unwrap();
                }
                client::Event::AlertAnswered { status, .. } => {
                    assert_eq!(status, StatusCode::OK);
                    self.answered_alerts += 1;
                }
                client::Event::Finished | client::Event::Aborted(_) => self.ends.push(event),
                client::Event::Violation(violation) => panic!("{violation:?}"),
                _ => {}
            }
        }
        if session.is_over() {
            self.session = None;
        }
    }
}

impl Endpoint for Device {
    fn handle_datagram(&mut self, at: Moment, _: Address, octets: &[u8], random: &mut SimRandom) {
        if self.deaf {
            return;
        }
        let received = Received::read(Encoding::Xml, octets).unwrap();
        if let Some(session) = &mut self.session {
            // Late answers of older messages and sessions are refused.
            let _ = session.handle_message(at.tick, &mut self.tree, &received, random);
        }
        self.events();
    }

    fn poll_transmit(&mut self, at: Moment, _: &mut SimRandom) -> Option<Datagram> {
        if self.session.is_none() && self.started < self.to_run {
            self.begin();
        }
        let transmit = self.session.as_mut()?.poll_transmit(at.tick)?;
        self.events();
        if transmit.octets != self.last_sent {
            self.challenges += challenges(&transmit.octets);
            self.last_sent.clone_from(&transmit.octets);
        }
        Some(Datagram {
            to: Line::B,
            octets: transmit.octets,
        })
    }

    fn poll_timeout(&self) -> Option<Tick> {
        self.session.as_ref()?.poll_timeout()
    }

    fn handle_timeout(&mut self, at: Moment, _: &mut SimRandom) {
        if let Some(session) = &mut self.session {
            session.handle_timeout(at.tick);
        }
        self.events();
    }
}

/// The server: a session for each SessionID, kept for late repetitions.
struct Server {
    sessions: BTreeMap<SessionId, server::Session>,
    nonces: Nonces,
    scope: Scope,
    outbox: VecDeque<Vec<u8>>,
    batches: BTreeMap<SessionId, VecDeque<Vec<Request>>>,
    finished: Vec<SessionId>,
    statuses: Vec<(SessionId, u16)>,
    results: Vec<Vec<u8>>,
    alerts: u32,
    repeats: u32,
    refused: u32,
    challenges: usize,
}

impl Server {
    fn new() -> Self {
        Self {
            sessions: BTreeMap::new(),
            nonces: Nonces {
                prove: Some(nonce(200)),
                verify: Some(nonce(100)),
            },
            scope: Scope::Session,
            outbox: VecDeque::new(),
            batches: BTreeMap::new(),
            finished: Vec::new(),
            statuses: Vec::new(),
            results: Vec::new(),
            alerts: 0,
            repeats: 0,
            refused: 0,
            challenges: 0,
        }
    }

    fn session(&mut self, id: &SessionId) -> &mut server::Session {
        let (nonces, scope) = (self.nonces.clone(), self.scope);
        self.batches.entry(id.clone()).or_insert_with(|| plan(id));
        self.sessions.entry(id.clone()).or_insert_with(|| {
            let mut config = server_config();
            config.session_id = id.clone();
            config.nonces = nonces;
            config.scope = scope;
            server::Session::new(config)
        })
    }

    fn events(&mut self, id: &SessionId) {
        while let Some(event) = self.session(id).poll_event() {
            match event {
                server::Event::NoncesChanged(nonces) => self.nonces = nonces,
                server::Event::Alert { alert, .. } => {
                    self.alerts += 1;
                    let session = self.session(id);
                    session.answer_alert(alert, StatusCode::OK).unwrap();
                }
                server::Event::PackageReceived => {
                    let batch = self.batches.get_mut(id).and_then(VecDeque::pop_front);
                    for request in batch.into_iter().flatten() {
                        self.session(id).push(request).unwrap();
                    }
                }
                server::Event::Status { status, .. } => {
                    self.statuses.push((id.clone(), status.0));
                }
                server::Event::Results { value, .. } => {
                    self.results.push(value.data().to_vec());
                }
                server::Event::Finished => self.finished.push(id.clone()),
                server::Event::Violation(violation) => panic!("{violation:?}"),
                server::Event::Unanswered { command } => panic!("{command:?}"),
                _ => {}
            }
        }
    }
}

impl Endpoint for Server {
    fn handle_datagram(&mut self, at: Moment, _: Address, octets: &[u8], random: &mut SimRandom) {
        let received = Received::read(Encoding::Xml, octets).unwrap();
        let id = received.session_id().clone();
        let handled = self.session(&id).handle_message(at.tick, &received, random);
        let fresh = match handled {
            Ok(Handled::Taken) => true,
            Ok(Handled::Repeated) => {
                self.repeats += 1;
                false
            }
            Err(_) => {
                self.refused += 1;
                return;
            }
        };
        self.events(&id);
        if let Some(transmit) = self.session(&id).poll_transmit(at.tick) {
            self.events(&id);
            if fresh {
                self.challenges += challenges(&transmit.octets);
            }
            self.outbox.push_back(transmit.octets);
        }
    }

    fn poll_transmit(&mut self, _: Moment, _: &mut SimRandom) -> Option<Datagram> {
        let octets = self.outbox.pop_front()?;
        Some(Datagram {
            to: Line::A,
            octets,
        })
    }

    fn poll_timeout(&self) -> Option<Tick> {
        None
    }

    fn handle_timeout(&mut self, _: Moment, _: &mut SimRandom) {}
}

type Line = Pair<Device, Server>;

fn leaf(id: &SessionId, name: &str) -> String {
    format!("./NAP/{id}/{name}")
}

/// What the server wants in a session.
fn plan(id: &SessionId) -> VecDeque<Vec<Request>> {
    let sealed = NodeKind::Leaf(Value::octets(vec![id.as_str().len() as u8; 50]));
    let sequence = Request::Sequence(vec![add(&leaf(id, "b"), text("2")), get(&leaf(id, "b"))]);
    let atomic = Request::Atomic(vec![
        add(&leaf(id, "c"), text("3")),
        Request::Replace {
            target: leaf(id, "a"),
            value: Value::text("4"),
        },
    ]);
    let first = if id.as_str() == "1" {
        add(&package(), sealed)
    } else {
        get("./DevInfo/Mod")
    };
    VecDeque::from([
        vec![
            add(&format!("./NAP/{id}"), interior()),
            add(&leaf(id, "a"), text("1")),
            get("./DevInfo/Man"),
        ],
        vec![first, sequence, exec(&install(), Some(id.as_str()))],
        vec![atomic],
    ])
}

/// What the device must have done for it, in order.
fn wanted(session: u32) -> Vec<(u32, String, String, u16)> {
    let id = SessionId::from(session);
    let first = if session == 1 {
        ("Add", package())
    } else {
        ("Get", "./DevInfo/Mod".to_owned())
    };
    [
        ("Add", format!("./NAP/{id}"), 200),
        ("Add", leaf(&id, "a"), 200),
        ("Get", "./DevInfo/Man".to_owned(), 200),
        (first.0, first.1, 200),
        ("Sequence", String::new(), 200),
        ("Add", leaf(&id, "b"), 200),
        ("Get", leaf(&id, "b"), 200),
        ("Exec", install(), 202),
        ("Atomic", String::new(), 200),
        ("Add", leaf(&id, "c"), 200),
        ("Replace", leaf(&id, "a"), 200),
    ]
    .map(|(command, target, status)| (session, command.to_owned(), target, status))
    .to_vec()
}

/// Everything exactly once, and both stores in step.
fn check(pair: &Line, sessions: u32) {
    let (device, server) = (pair.a().unwrap(), pair.b().unwrap());
    let expected: Vec<_> = (1..=sessions).flat_map(wanted).collect();
    assert_eq!(device.executed, expected);
    let codes: Vec<u16> = server.statuses.iter().map(|(_, code)| *code).collect();
    let wanted_codes: Vec<u16> = expected.iter().map(|(.., code)| *code).collect();
    assert_eq!(codes, wanted_codes);
    assert_eq!(
        device.ends,
        vec![client::Event::Finished; sessions as usize]
    );
    let ids: Vec<SessionId> = (1..=sessions).map(SessionId::from).collect();
    assert_eq!(server.finished, ids);
    assert_eq!(server.alerts, sessions);
    assert_eq!(device.answered_alerts, sessions);
    let execs = device
        .log
        .lock()
        .unwrap()
        .iter()
        .filter(|line| line.starts_with("exec"))
        .count();
    assert_eq!(execs, sessions as usize);
    for id in &ids {
        for (name, value) in [("a", "4"), ("b", "2"), ("c", "3")] {
            let found = device.tree.value(&uri(&leaf(id, name))).unwrap();
            assert_eq!(found.data(), value.as_bytes());
        }
    }
    assert_eq!(device.nonces.prove, server.nonces.verify);
    assert_eq!(device.nonces.verify, server.nonces.prove);
}

fn done(sessions: usize) -> impl FnMut(&Device, &Server) -> bool {
    move |device, _| device.ends.len() == sessions
}

#[test]
fn a_thousand_bad_networks_change_nothing() {
    let (mut lost, mut repeats, mut refused) = (0, 0, 0);
    for_each_seed(
        "dm",
        "lossy::a_thousand_bad_networks_change_nothing",
        1000,
        |seed| {
            let mut pair = Line::new(seed, Conditions::BAD, Device::new(2), Server::new());
            assert_eq!(pair.run(LIMIT, done(2)), Outcome::Reached, "seed {seed}");
            check(&pair, 2);
            let (device, server) = (pair.a().unwrap(), pair.b().unwrap());
            assert_eq!(
                (device.challenges, server.challenges),
                (0, 0),
                "seed {seed}"
            );
            lost += pair.traffic().lost;
            repeats += server.repeats;
            refused += server.refused;
        },
    );
    // The network was as bad as it was meant to be.
    if std::env::var(sim::net::SEED_VARIABLE).is_err() {
        assert!(lost > 1000 && repeats > 1000 && refused > 100);
    }
}

#[test]
fn nonces_out_of_step_cost_one_challenge_on_a_bad_network_too() {
    for_each_seed(
        "dm",
        "lossy::nonces_out_of_step_cost_one_challenge_on_a_bad_network_too",
        300,
        |seed| {
            let mut device = Device::new(2);
            let mut server = Server::new();
            if seed % 3 != 1 {
                device.nonces.prove = Some(nonce(1000 + seed));
            }
            if seed % 3 != 2 {
                server.nonces.prove = Some(nonce(2000 + seed));
            }
            let mut pair = Line::new(seed, Conditions::BAD, device, server);
            assert_eq!(pair.run(LIMIT, done(2)), Outcome::Reached, "seed {seed}");
            check(&pair, 2);
            let (device, server) = (pair.a().unwrap(), pair.b().unwrap());
            // The answer to a challenge asks for the server's proof too.
            let stale_device = usize::from(seed % 3 != 1);
            assert_eq!(server.challenges, stale_device, "seed {seed}");
            assert_eq!(device.challenges, 1, "seed {seed}");
        },
    );
}

#[test]
fn credentials_in_every_message_survive_a_bad_network() {
    for_each_seed(
        "dm",
        "lossy::credentials_in_every_message_survive_a_bad_network",
        300,
        |seed| {
            let mut device = Device::new(2);
            let mut server = Server::new();
            device.scope = Scope::Message;
            server.scope = Scope::Message;
            let mut pair = Line::new(seed, Conditions::BAD, device, server);
            assert_eq!(pair.run(LIMIT, done(2)), Outcome::Reached, "seed {seed}");
            check(&pair, 2);
            let (device, server) = (pair.a().unwrap(), pair.b().unwrap());
            assert_eq!(
                (device.challenges, server.challenges),
                (0, 0),
                "seed {seed}"
            );
        },
    );
}

/// The answer is lost for good: the server has stored its new nonce, the device
/// gives up with the old one. The next session meets exactly one challenge.
#[test]
fn a_reply_that_never_arrives_costs_the_next_session_one_challenge() {
    let mut device = Device::new(1);
    device.transmissions = 3;
    device.deaf = true;
    let before = device.nonces.clone();
    let mut pair = Line::new(1, Conditions::PERFECT, device, Server::new());
    assert_eq!(pair.run(LIMIT, done(1)), Outcome::Reached);
    let sim::net::Side::A(device) = pair.net.endpoint_mut(Line::A).unwrap() else {
        panic!("no device");
    };
    let lost = client::Event::Aborted(AbortReason::TimedOut);
    assert_eq!(device.ends, std::slice::from_ref(&lost));
    assert_eq!(device.nonces, before);
    device.deaf = false;
    device.to_run = 2;
    let stored = pair.b().unwrap().nonces.clone();
    assert_ne!(stored.verify, before.prove);

    assert_eq!(pair.run(LIMIT, done(2)), Outcome::Reached);
    let (device, server) = (pair.a().unwrap(), pair.b().unwrap());
    assert_eq!(device.ends, [lost, client::Event::Finished]);
    assert_eq!(server.challenges, 1);
    assert_eq!(device.nonces.prove, server.nonces.verify);
}
