//! Carries a story through both engines, message by message.

use std::collections::{BTreeMap, VecDeque};

use clock::Tick;
use dm::server::{CommandId, Request};
use dm::session::{Encoding, Received, Transmit};
use dm::tree::{NodeKind, Tree, Value};
use dm::{client, server};
use sim::net::SimRandom;
use syncml::{Format, Message, wbxml, xml};

use super::command::{Content, Kind, Meeting, Op};
use super::reference::Reading;
use crate::kit::{id, plain_client, plain_server};

/// What the server's engine told of one command.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) statuses: Vec<u16>,
    pub(crate) read: Vec<Reading>,
    /// It was not sent.
    pub(crate) too_large: bool,
}

fn value(content: &Content) -> Value {
    let format = Format::read(&content.format);
    Value::new(format, content.type_.clone(), content.data.clone())
}

pub(crate) fn request(op: &Op) -> Request {
    let all = |inside: &[Op]| inside.iter().map(request).collect();
    match op {
        Op::Get(at) => Request::Get { target: at.clone() },
        Op::Add(at, kind) => Request::Add {
            target: at.clone(),
            kind: match kind {
                Kind::Interior(type_) => NodeKind::Interior {
                    type_: type_.clone(),
                },
                Kind::Leaf(content) => NodeKind::Leaf(value(content)),
            },
        },
        Op::Replace(at, content) => Request::Replace {
            target: at.clone(),
            value: value(content),
        },
        Op::Copy(from, to) => Request::Copy {
            source: from.clone(),
            target: to.clone(),
        },
        Op::Delete(at) => Request::Delete { target: at.clone() },
        Op::Sequence(inside) => Request::Sequence(all(inside)),
        Op::Atomic(inside) => Request::Atomic(all(inside)),
    }
}

/// The message with another MaxMsgSize in its header; neither engine has a
/// setting for one.
fn announcing(transmit: &Transmit, size: Option<u64>) -> Vec<u8> {
    let received = Received::read(transmit.encoding, &transmit.octets).unwrap();
    let mut message: Message = received.message().clone();
    let Some(size) = size else {
        return transmit.octets.clone();
    };
    message.header.meta.as_mut().unwrap().rare.max_msg_size = Some(size);
    match transmit.encoding {
        Encoding::Wbxml => wbxml::encode(&message).unwrap(),
        _ => xml::encode(&message).unwrap(),
    }
}

struct Line {
    client: client::Session,
    server: server::Session,
    packages: VecDeque<Vec<Op>>,
    pushed: Vec<CommandId>,
    told: BTreeMap<CommandId, Told>,
}

impl Line {
    fn events(&mut self) {
        while let Some(event) = self.server.poll_event() {
            match event {
                server::Event::PackageReceived => {
                    for op in self.packages.pop_front().unwrap_or_default() {
                        self.pushed.push(self.server.push(request(&op)).unwrap());
                    }
                }
                server::Event::Status {
                    command, status, ..
                } => {
                    let told = self.told.entry(command).or_default();
                    assert!(told.read.is_empty(), "Results before their Status");
                    told.statuses.push(status.0);
                }
                server::Event::Results {
                    command,
                    source,
                    value,
                } => self.told.entry(command).or_default().read.push(Reading {
                    source: source.unwrap_or_default(),
                    format: value.format().to_string(),
                    type_: value.type_().map(str::to_owned),
                    data: value.data().to_vec(),
                }),
                server::Event::TooLarge { command } => {
                    self.told.entry(command).or_default().too_large = true;
                }
                server::Event::Started(_)
                | server::Event::Authenticated
                | server::Event::DeviceInfo(_)
                | server::Event::Finished => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

/// What came of a session.
pub(crate) struct Met {
    /// The commands that were given to the server's engine.
    pub(crate) pushed: Vec<CommandId>,
    /// What was told of them and of those inside them.
    pub(crate) told: BTreeMap<CommandId, Told>,
    /// Pairs of messages.
    pub(crate) messages: usize,
}

/// Holds a session on `tree`.
pub(crate) fn meet(meeting: &Meeting, tree: &mut Tree) -> Met {
    let mut config = plain_client();
    config.server_id = id(meeting.by);
    if meeting.wbxml {
        config.encoding = Encoding::Wbxml;
    }
    let encoding = config.encoding;
    let mut line = Line {
        client: client::Session::new(config),
        server: server::Session::new(plain_server()),
        packages: meeting.packages.clone().into(),
        pushed: Vec::new(),
        told: BTreeMap::new(),
    };
    let mut random = SimRandom::from_seed(1);
    let (to_device, to_server) = meeting.sizes;
    line.client.start(tree).unwrap();
    for messages in 0..500 {
        let Some(asked) = line.client.poll_transmit(Tick::ZERO) else {
            return finished(line, messages);
        };
        // The first one goes out before the server has said what it takes.
        let fits =
            |octets: &[u8], size: Option<u64>| size.is_none_or(|max| octets.len() as u64 <= max);
        assert!(messages == 0 || fits(&asked.octets, to_server));
        let octets = announcing(&asked, to_device);
        let received = Received::read(encoding, &octets).unwrap();
        line.server
            .handle_message(Tick::ZERO, &received, &mut random)
            .unwrap();
        line.events();
        let answer = line.server.poll_transmit(Tick::ZERO).expect("an answer");
        line.events();
        assert!(fits(&answer.octets, to_device), "a message past MaxMsgSize");
        let octets = announcing(&answer, to_server);
        let received = Received::read(encoding, &octets).unwrap();
        line.client
            .handle_message(Tick::ZERO, tree, &received, &mut random)
            .unwrap();
        while let Some(event) = line.client.poll_event() {
            let bad = matches!(
                event,
                client::Event::Aborted(_) | client::Event::Violation(_)
            );
            assert!(!bad, "{event:?}");
        }
    }
    panic!("the session does not end");
}

fn finished(line: Line, messages: usize) -> Met {
    assert!(line.client.is_over() && line.server.is_finished());
    // A package of which nothing could be sent ends the session.
    let cut = line.told.values().any(|told| told.too_large);
    assert!(cut || line.packages.is_empty(), "commands are left");
    Met {
        pushed: line.pushed,
        told: line.told,
        messages,
    }
}
