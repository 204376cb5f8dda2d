//! Peers written out message by message, for what our own engines never say.

use clock::Tick;
use dm::session::{Encoding, Handled, Received, Transmit};
use dm::tree::Tree;
use dm::{Error, client, server};
use sim::net::SimRandom;
use syncml::{
    Alert, AlertCode, Command, Item, ItemCommand, Location, Message, Meta, MsgId, RareMeta,
    Results, Status, StatusCode, SyncBody, SyncHdr, xml,
};

use crate::kit::{DEVICE, SERVER, device_tree, plain_client, plain_server, session_id};

pub(crate) fn octets(message: &Message) -> Vec<u8> {
    xml::encode(message).unwrap()
}

pub(crate) fn read(transmit: &Transmit) -> Message {
    let received = Received::read(transmit.encoding, &transmit.octets).unwrap();
    received.message().clone()
}

pub(crate) fn item_command(cmd_id: u32, items: Vec<Item>) -> ItemCommand {
    ItemCommand::new(cmd_id, items)
}

pub(crate) fn alert(cmd_id: u32, code: u16) -> Command {
    Command::Alert(Alert::new(cmd_id, AlertCode(code)))
}

pub(crate) fn status(cmd_id: u32, msg_ref: u32, cmd_ref: u32, cmd: &str, code: u16) -> Command {
    let status = Status::new(cmd_id, msg_ref, cmd_ref, cmd, StatusCode(code));
    Command::Status(Box::new(status))
}

pub(crate) fn results(cmd_id: u32, msg_ref: u32, cmd_ref: u32, item: Item) -> Command {
    Command::Results(Results {
        cmd_id: cmd_id.into(),
        msg_ref: Some(msg_ref.into()),
        cmd_ref: cmd_ref.into(),
        items: vec![item],
        ..Results::default()
    })
}

/// A server made by hand, and the client that it talks to.
pub(crate) struct FakeServer {
    pub(crate) client: client::Session,
    pub(crate) tree: Tree,
    pub(crate) random: SimRandom,
    pub(crate) now: Tick,
    pub(crate) msg_id: u32,
    /// The client's last MsgID.
    pub(crate) heard: u32,
    pub(crate) max_msg_size: Option<u64>,
    pub(crate) resp_uri: Option<String>,
    pub(crate) events: Vec<client::Event>,
    /// As the client's.
    pub(crate) encoding: Encoding,
}

impl FakeServer {
    /// With package #1 received.
    pub(crate) fn new() -> (Self, Message) {
        Self::with(plain_client(), device_tree())
    }

    pub(crate) fn with(config: client::Config, tree: Tree) -> (Self, Message) {
        let mut fake = Self {
            encoding: config.encoding,
            client: client::Session::new(config),
            tree,
            random: SimRandom::from_seed(2),
            now: Tick::ZERO,
            msg_id: 0,
            heard: 0,
            max_msg_size: None,
            resp_uri: None,
            events: Vec::new(),
        };
        fake.client.start(&fake.tree).unwrap();
        let first = fake.next().unwrap();
        (fake, first)
    }

    /// What the client says now.
    pub(crate) fn next(&mut self) -> Option<Message> {
        self.drain();
        let transmit = self.client.poll_transmit(self.now);
        self.drain();
        let message = read(&transmit?);
        self.heard = message.header.msg_id.number().unwrap();
        Some(message)
    }

    pub(crate) fn drain(&mut self) {
        while let Some(event) = self.client.poll_event() {
            self.events.push(event);
        }
    }

    /// A message with a Status 200 for the client's header as command 1.
    pub(crate) fn message(&mut self, commands: Vec<Command>, is_final: bool) -> Message {
        self.msg_id += 1;
        let header = SyncHdr::new(
            session_id(),
            MsgId::from(self.msg_id),
            Location::new(DEVICE),
            Location::new(SERVER),
        );
        let mut message = Message {
            header,
            body: SyncBody {
                commands: vec![status(1, self.heard, 0, "SyncHdr", 200)],
                is_final,
            },
        };
        message.header.resp_uri.clone_from(&self.resp_uri);
        message.header.meta = self.max_msg_size.map(|max| {
            Meta::from(RareMeta {
                max_msg_size: Some(max),
                ..RareMeta::default()
            })
        });
        message.body.commands.extend(commands);
        message
    }

    pub(crate) fn hand(&mut self, message: &Message) -> Result<Handled, Error> {
        match self.encoding {
            Encoding::Wbxml => self.hand_octets(&syncml::wbxml::encode(message).unwrap()),
            _ => self.hand_octets(&octets(message)),
        }
    }

    pub(crate) fn hand_octets(&mut self, octets: &[u8]) -> Result<Handled, Error> {
        let received = Received::read(self.encoding, octets)?;
        let handled =
            self.client
                .handle_message(self.now, &mut self.tree, &received, &mut self.random);
        self.drain();
        handled
    }

    /// Says `commands` and hears the client's answer.
    pub(crate) fn say(&mut self, commands: Vec<Command>, is_final: bool) -> Option<Message> {
        let message = self.message(commands, is_final);
        assert_eq!(self.hand(&message).unwrap(), Handled::Taken);
        self.next()
    }

    /// The statuses that `commands` get, by CmdRef, in order; the header's is
    /// left out. Long answers are asked for with alert 1222.
    pub(crate) fn codes(&mut self, commands: Vec<Command>) -> Vec<(String, u16)> {
        let mut answer = self.say(commands, true).unwrap();
        let mut codes = Vec::new();
        loop {
            for status in crate::kit::statuses(&answer) {
                if !status.cmd_ref.is_header() && status.msg_ref.number() == Some(self.msg_id) {
                    codes.push((status.cmd_ref.to_string(), status.code.0));
                }
            }
            if answer.body.is_final {
                return codes;
            }
            answer = self.say(vec![alert(2, 1222)], false).unwrap();
        }
    }
}

/// A client made by hand, and the server that it talks to.
pub(crate) struct FakeClient {
    pub(crate) server: server::Session,
    pub(crate) random: SimRandom,
    pub(crate) now: Tick,
    pub(crate) msg_id: u32,
    pub(crate) max_msg_size: Option<u64>,
    pub(crate) events: Vec<server::Event>,
}

impl FakeClient {
    pub(crate) fn new() -> Self {
        Self::with(plain_server())
    }

    pub(crate) fn with(config: server::Config) -> Self {
        Self {
            server: server::Session::new(config),
            random: SimRandom::from_seed(2),
            now: Tick::ZERO,
            msg_id: 0,
            max_msg_size: None,
            events: Vec::new(),
        }
    }

    pub(crate) fn message(&mut self, commands: Vec<Command>, is_final: bool) -> Message {
        self.msg_id += 1;
        let mut header = SyncHdr::new(
            session_id(),
            MsgId::from(self.msg_id),
            Location::new(SERVER),
            Location::new(DEVICE),
        );
        header.meta = self.max_msg_size.map(|max| {
            Meta::from(RareMeta {
                max_msg_size: Some(max),
                ..RareMeta::default()
            })
        });
        Message {
            header,
            body: SyncBody { commands, is_final },
        }
    }

    pub(crate) fn hand(&mut self, message: &Message) -> Result<Handled, Error> {
        self.hand_octets(&octets(message))
    }

    pub(crate) fn hand_octets(&mut self, octets: &[u8]) -> Result<Handled, Error> {
        let received = Received::read(Encoding::Xml, octets)?;
        let handled = self
            .server
            .handle_message(self.now, &received, &mut self.random);
        self.drain();
        handled
    }

    pub(crate) fn drain(&mut self) {
        while let Some(event) = self.server.poll_event() {
            self.events.push(event);
        }
    }

    pub(crate) fn next(&mut self) -> Option<Message> {
        let transmit = self.server.poll_transmit(self.now);
        self.drain();
        transmit.as_ref().map(read)
    }

    pub(crate) fn say(&mut self, commands: Vec<Command>, is_final: bool) -> Message {
        let message = self.message(commands, is_final);
        assert_eq!(self.hand(&message).unwrap(), Handled::Taken);
        self.next().unwrap()
    }

    /// Package #1, with what else the test wants; answers not read.
    pub(crate) fn opening(&mut self, more: Vec<Command>) -> Message {
        let info = Item::source("./DevInfo/Man").with_data("Acme".into());
        let replace = Command::Replace(item_command(2, vec![info]));
        let mut commands = vec![alert(1, 1201), replace];
        commands.extend(more);
        self.message(commands, true)
    }
}
