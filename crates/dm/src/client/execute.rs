//! The server's commands on the tree (OMA DM RepPro 1.2 clause 6.6). What is
//! not done is answered: 406 for optional features, 501 for commands outside
//! device management, 500 for groups inside each other.

use secret::SecretBytes;
use syncml::{
    Alert, AlertCode, Command, Data, Item, Meta, MsgId, Results, StatusCode, UnsupportedCommand,
};

use super::Event;
use super::item::{
    address, is_serialised, listed_item, new_node, overwrite, property_text, serialised,
};
use crate::Error;
use crate::session::{Encoding, command_status, item_value, wire_item};
use crate::tree::{Executed, Execution, List, NodeUri, Part, ServerId, Tree};

/// Runs the commands of one message and collects what comes of them.
pub(super) struct Executor<'a> {
    pub(super) tree: &'a mut Tree,
    by: &'a ServerId,
    encoding: Encoding,
    msg_ref: &'a MsgId,
    /// Octets that one Results may have.
    room: usize,
    chunk: &'a mut Option<String>,
    done: Done,
}

/// What came of the commands.
#[derive(Default)]
pub(super) struct Done {
    /// Statuses and Results, in order.
    pub(super) answers: Vec<Command>,
    pub(super) events: Vec<Event>,
    /// Correlators of processes that go on.
    pub(super) running: Vec<String>,
}

/// What came of one item.
pub(super) enum Outcome {
    /// 200.
    Done,
    /// 202, for this node.
    Accepted(NodeUri),
    /// 200 with these items.
    Read(Vec<Item>),
}

impl<'a> Executor<'a> {
    pub(super) fn new(
        tree: &'a mut Tree,
        by: &'a ServerId,
        encoding: Encoding,
        msg_ref: &'a MsgId,
        room: usize,
        chunk: &'a mut Option<String>,
    ) -> Self {
        Self {
            tree,
            by,
            encoding,
            msg_ref,
            room,
            chunk,
            done: Done::default(),
        }
    }

    pub(super) fn finish(self) -> Done {
        self.done
    }

    /// Runs a command of the body or of a Sequence.
    pub(super) fn run(&mut self, command: &Command) {
        match command {
            Command::Status(_) => {}
            Command::Atomic(group) => self.atomic(command, group),
            Command::Sequence(group) => self.sequence(command, &group.commands),
            Command::Add(_)
            | Command::Copy(_)
            | Command::Delete(_)
            | Command::Exec(_)
            | Command::Get(_)
            | Command::Replace(_) => self.items(command),
            other => self.answer(other, status_without_items(other), None),
        }
    }

    /// In order, whatever becomes of each. The Status of the Sequence comes
    /// first and is 200 once its execution begins (RepPro clause 6.6.14).
    fn sequence(&mut self, command: &Command, inside: &[Command]) {
        if inside.is_empty() {
            return self.answer(command, StatusCode::INCOMPLETE_COMMAND, None);
        }
        self.answer(command, StatusCode::OK, None);
        for inner in inside {
            if let Command::Sequence(_) = inner {
                self.refuse_group(inner);
            } else {
                self.run(inner);
            }
        }
    }

    /// 500 for a group in the wrong place, 215 for what is in it.
    pub(super) fn refuse_group(&mut self, command: &Command) {
        self.answer(command, StatusCode::COMMAND_FAILED, None);
        if let Command::Atomic(group) | Command::Sequence(group) = command {
            self.not_executed(&group.commands);
        }
    }

    pub(super) fn not_executed(&mut self, commands: &[Command]) {
        crate::session::each_command(commands, &mut |inner| {
            self.answer(inner, StatusCode::NOT_EXECUTED, None);
        });
    }

    fn items(&mut self, command: &Command) {
        if command.items().is_empty() {
            return self.answer(command, StatusCode::INCOMPLETE_COMMAND, None);
        }
        for item in command.items() {
            let target = item.target_uri();
            match self.item(command, item) {
                Ok(Outcome::Done) => self.answer(command, StatusCode::OK, target),
                Ok(Outcome::Accepted(uri)) => {
                    self.answer(command, StatusCode::ACCEPTED_FOR_PROCESSING, target);
                    self.accepted(command, uri);
                }
                Ok(Outcome::Read(items)) => self.results(command, target, items),
                Err(error) => self.answer(command, error.status(), target),
            }
        }
    }

    /// Runs a command on one of its items.
    pub(super) fn item(&mut self, command: &Command, item: &Item) -> Result<Outcome, Error> {
        let mut address = address(item)?;
        address.uri = self.tree.resolved(address.uri);
        let uri = &address.uri;
        match (command, &address.part) {
            (Command::Get(_), part) => self.get(item, uri, part).map(Outcome::Read),
            (Command::Replace(replace), Part::Property(property)) => {
                let text = property_text(item, replace.meta.as_ref())?;
                self.tree.set_property(self.by, uri, *property, &text)?;
                Ok(Outcome::Done)
            }
            // Properties and lists take nothing else (TND clause 7.5).
            (_, Part::Property(_) | Part::List(_)) => Err(Error::NotAllowed),
            (Command::Delete(_), Part::Node) => {
                self.tree.delete(self.by, uri).map(|()| Outcome::Done)
            }
            (Command::Add(add), Part::Node) => {
                self.check_chunk(item)?;
                self.add(item, add.meta.as_ref(), uri)
            }
            (Command::Replace(replace), Part::Node) => {
                self.check_chunk(item)?;
                self.replace(item, replace.meta.as_ref(), uri)
            }
            (Command::Exec(exec), Part::Node) => {
                self.check_chunk(item)?;
                let argument = item_value(item, exec.meta.as_ref())?;
                let call = Execution {
                    correlator: exec.correlator.clone(),
                    argument: argument.map(|value| SecretBytes::new(value.data().to_vec())),
                };
                Ok(match self.tree.exec(self.by, uri, &call)? {
                    Executed::Done => Outcome::Done,
                    Executed::Accepted => Outcome::Accepted(address.uri),
                })
            }
            (_, Part::Node) => {
                let source: NodeUri = item
                    .source_uri()
                    .ok_or(Error::Command("Copy without a source"))?
                    .parse()?;
                let source = self.tree.resolved(source);
                let copied = self.tree.copy(self.by, &source, uri);
                copied.map(|()| Outcome::Done)
            }
        }
    }

    fn get(&self, item: &Item, uri: &NodeUri, part: &Part) -> Result<Vec<Item>, Error> {
        let target = item.target_uri().unwrap_or_default();
        match part {
            Part::Node => {
                let value = self.tree.get(self.by, uri)?;
                Ok(vec![wire_item(
                    self.encoding,
                    Item::source(target),
                    &value,
                )?])
            }
            // It is a text; meta-information would say nothing (TND clause 7.4).
            Part::Property(property) => {
                let value = self.tree.property(self.by, uri, *property)?;
                let text = String::from_utf8_lossy(value.data()).into_owned();
                Ok(vec![Item::source(target).with_data(Data::text(text))])
            }
            Part::List(List::Tnds(listing)) => {
                let value = self.tree.serialised(self.by, uri, listing)?;
                let item = Item::source(uri.to_string());
                Ok(vec![wire_item(self.encoding, item, &value)?])
            }
            Part::List(list) => {
                let with_data = *list == List::StructData;
                let nodes = self.tree.list(self.by, uri)?;
                let items = nodes.iter();
                items
                    .map(|node| listed_item(self.encoding, node, with_data))
                    .collect()
            }
        }
    }

    fn add(&mut self, item: &Item, meta: Option<&Meta>, uri: &NodeUri) -> Result<Outcome, Error> {
        if is_serialised(item, meta)? {
            let tree = serialised(item, meta)?;
            self.tree.add_serialised(self.by, uri, &tree)?;
        } else {
            self.tree.add(self.by, uri, new_node(item, meta)?)?;
        }
        Ok(Outcome::Done)
    }

    fn replace(
        &mut self,
        item: &Item,
        meta: Option<&Meta>,
        uri: &NodeUri,
    ) -> Result<Outcome, Error> {
        if is_serialised(item, meta)? {
            let tree = serialised(item, meta)?;
            self.tree.replace_serialised(self.by, uri, &tree)?;
        } else {
            self.tree.replace(self.by, uri, overwrite(item, meta)?)?;
        }
        Ok(Outcome::Done)
    }

    /// Large objects are not taken. A sender that goes on after the refusal of
    /// a chunk must not have its last chunk taken for the whole.
    fn check_chunk(&mut self, item: &Item) -> Result<(), Error> {
        let target = item.target_uri().map(str::to_owned);
        if item.more_data {
            *self.chunk = target;
            return Err(Error::Unsupported("large objects"));
        }
        match self.chunk.take() {
            Some(refused) if Some(&refused) == target.as_ref() => {
                Err(Error::Unsupported("large objects"))
            }
            _ => Ok(()),
        }
    }

    /// The Status of a Get, then its Results, one or more as there is room.
    /// An item that the server's MaxMsgSize has no room for makes it 413.
    fn results(&mut self, command: &Command, target: Option<&str>, items: Vec<Item>) {
        match self.pack(command, items) {
            Ok(results) => {
                self.answer(command, StatusCode::OK, target);
                self.done.answers.extend(results);
            }
            Err(Error::TooLarge) => {
                self.answer(command, StatusCode::REQUEST_ENTITY_TOO_LARGE, target);
            }
            Err(_) => self.answer(command, StatusCode::COMMAND_FAILED, target),
        }
    }

    fn pack(&self, command: &Command, items: Vec<Item>) -> Result<Vec<Command>, Error> {
        let results = |items| {
            Command::Results(Results {
                msg_ref: Some(self.msg_ref.clone()),
                cmd_ref: command.cmd_id().clone(),
                // Longer than any that is given, for the measure.
                cmd_id: u32::MAX.into(),
                items,
                ..Results::default()
            })
        };
        let mut packed = Vec::new();
        let mut open = Vec::new();
        let mut left = self.room;
        for item in items {
            let len = self.encoding.command_len(&results(vec![item.clone()]))?;
            if len > self.room {
                return Err(Error::TooLarge);
            }
            if len > left {
                packed.push(results(std::mem::take(&mut open)));
                left = self.room;
            }
            left -= len;
            open.push(item);
        }
        packed.push(results(open));
        Ok(packed)
    }

    fn accepted(&mut self, command: &Command, uri: NodeUri) {
        let correlator = match command {
            Command::Exec(exec) => exec.correlator.clone(),
            _ => None,
        };
        let correlator = correlator.filter(|correlator| !correlator.is_empty());
        self.done.running.extend(correlator.clone());
        self.done.events.push(Event::Running { uri, correlator });
    }

    pub(super) fn answer(&mut self, command: &Command, status: StatusCode, target: Option<&str>) {
        self.done.events.push(Event::Executed {
            command: command.name().to_owned(),
            target: target.map(str::to_owned),
            status,
        });
        self.done
            .answers
            .push(command_status(self.msg_ref, command, status, target));
    }
}

/// The status of a command that works on no node.
pub(super) fn status_without_items(command: &Command) -> StatusCode {
    match command {
        Command::Alert(alert) => alert_status(alert),
        // Only clients send Results.
        Command::Results(_) => StatusCode::COMMAND_NOT_ALLOWED,
        Command::Unsupported(UnsupportedCommand {
            element: Some(_), ..
        }) => StatusCode::OPTIONAL_FEATURE_NOT_SUPPORTED,
        _ => StatusCode::COMMAND_NOT_IMPLEMENTED,
    }
}

/// User interaction is optional and not there.
const fn alert_status(alert: &Alert) -> StatusCode {
    match alert.code {
        None => StatusCode::INCOMPLETE_COMMAND,
        Some(AlertCode::NEXT_MESSAGE) => StatusCode::OK,
        Some(_) => StatusCode::OPTIONAL_FEATURE_NOT_SUPPORTED,
    }
}
