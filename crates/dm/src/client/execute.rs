//! The server's commands on the tree (OMA DM RepPro 1.2 clause 6.6). What is
//! not done is answered: 406 for optional features, 501 for commands outside
//! device management, 500 for groups inside each other.

use secret::SecretBytes;
use syncml::{
    Alert, AlertCode, Command, Format, Item, Meta, MsgId, Results, StatusCode, UnsupportedCommand,
};

use super::Event;
use crate::Error;
use crate::session::{Encoding, command_status, item_value, wire_item};
use crate::tree::{Executed, Execution, NodeKind, NodeUri, Overwrite, ServerId, Tree, Value};

/// The types of serialised trees, which are not taken.
const SERIALISED_TREE: &str = "application/vnd.syncml.dmtnds";

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
    /// 200 with this value.
    Read(Value),
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
                Ok(Outcome::Read(value)) => self.results(command, target, &value),
                Err(error) => self.answer(command, error.status(), target),
            }
        }
    }

    /// Runs a command on one of its items.
    pub(super) fn item(&mut self, command: &Command, item: &Item) -> Result<Outcome, Error> {
        let uri = node_uri(item)?;
        match command {
            Command::Get(_) => self.tree.get(self.by, &uri).map(Outcome::Read),
            Command::Delete(_) => self.tree.delete(self.by, &uri).map(|()| Outcome::Done),
            Command::Add(add) => {
                self.check_chunk(item)?;
                let kind = new_node(item, add.meta.as_ref())?;
                self.tree.add(self.by, &uri, kind).map(|()| Outcome::Done)
            }
            Command::Replace(replace) => {
                self.check_chunk(item)?;
                let new = overwrite(item, replace.meta.as_ref())?;
                self.tree
                    .replace(self.by, &uri, new)
                    .map(|()| Outcome::Done)
            }
            Command::Exec(exec) => {
                self.check_chunk(item)?;
                let argument = item_value(item, exec.meta.as_ref())?;
                let call = Execution {
                    correlator: exec.correlator.clone(),
                    argument: argument.map(|value| SecretBytes::new(value.data().to_vec())),
                };
                Ok(match self.tree.exec(self.by, &uri, &call)? {
                    Executed::Done => Outcome::Done,
                    Executed::Accepted => Outcome::Accepted(uri),
                })
            }
            _ => Err(Error::Unsupported("Copy")),
        }
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

    /// The Status of a Get, then its Results. One that the server's MaxMsgSize
    /// has no room for is 413.
    fn results(&mut self, command: &Command, target: Option<&str>, value: &Value) {
        let written = wire_item(
            self.encoding,
            Item::source(target.unwrap_or_default()),
            value,
        )
        .and_then(|item| {
            let results = Command::Results(Results {
                msg_ref: Some(self.msg_ref.clone()),
                cmd_ref: command.cmd_id().clone(),
                // Longer than any that is given, for the measure.
                cmd_id: u32::MAX.into(),
                items: vec![item],
                ..Results::default()
            });
            let len = self.encoding.command_len(&results)?;
            if len > self.room {
                return Err(Error::TooLarge);
            }
            Ok(results)
        });
        match written {
            Ok(results) => {
                self.answer(command, StatusCode::OK, target);
                self.done.answers.push(results);
            }
            Err(Error::TooLarge) => {
                self.answer(command, StatusCode::REQUEST_ENTITY_TOO_LARGE, target);
            }
            Err(_) => self.answer(command, StatusCode::COMMAND_FAILED, target),
        }
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

fn node_uri(item: &Item) -> Result<NodeUri, Error> {
    let text = item
        .target_uri()
        .ok_or(Error::Command("item without a target"))?;
    if text.contains('?') {
        return Err(Error::Unsupported("properties and lists of nodes"));
    }
    text.parse()
}

fn check_type(item: &Item, meta: Option<&Meta>) -> Result<(), Error> {
    let type_ = item.type_(meta).unwrap_or_default();
    let family = type_.get(..SERIALISED_TREE.len()).unwrap_or_default();
    if family.eq_ignore_ascii_case(SERIALISED_TREE) {
        return Err(Error::MediaType);
    }
    Ok(())
}

/// The node that an Add creates. Format `node` makes it interior.
fn new_node(item: &Item, meta: Option<&Meta>) -> Result<NodeKind, Error> {
    check_type(item, meta)?;
    let value = item_value(item, meta)?;
    match item.format(meta) {
        Some(Format::Node) if value.as_ref().is_none_or(|value| value.size() == 0) => {
            Ok(NodeKind::Interior {
                type_: item.type_(meta).map(str::to_owned),
            })
        }
        Some(Format::Node) => Err(Error::Command("an interior node with a value")),
        Some(Format::Null) if value.is_none() => {
            let type_ = item.type_(meta).map(str::to_owned);
            Ok(NodeKind::Leaf(Value::new(Format::Null, type_, Vec::new())))
        }
        _ => value
            .map(NodeKind::Leaf)
            .ok_or(Error::Command("a leaf without data")),
    }
}

fn overwrite(item: &Item, meta: Option<&Meta>) -> Result<Overwrite, Error> {
    check_type(item, meta)?;
    let format = match item.format(meta) {
        Some(Format::B64) => Some(Format::Bin),
        other => other.cloned(),
    };
    let value = item_value(item, meta)?;
    let data = match value {
        Some(value) => value.data().to_vec(),
        None if matches!(format, Some(Format::Null | Format::Node)) => Vec::new(),
        None => return Err(Error::Command("a leaf without data")),
    };
    Ok(Overwrite {
        format,
        type_: item.type_(meta).map(str::to_owned),
        data: SecretBytes::new(data),
    })
}
