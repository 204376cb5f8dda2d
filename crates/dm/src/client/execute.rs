//! The server's commands on the tree (OMA DM RepPro 1.2 clause 6.6). What is
//! not done is answered: 406 for optional features, 501 for commands outside
//! device management, 500 for groups inside each other.

use std::sync::Arc;

use secret::SecretBytes;
use syncml::{Alert, AlertCode, Command, Item, Meta, MsgId, StatusCode, UnsupportedCommand};

use super::interact::Question;
use super::item::{address, is_serialised, new_node, overwrite, property_text, serialised};
use super::large::Objects;
use super::run::Level;
use super::{Event, Interactions};
use crate::Error;
use crate::session::{Encoding, Object, Violation, command_status, item_value};
use crate::tree::{Executed, Execution, NodeUri, Part, ServerId, Tree, Value};

/// Runs the commands of one message and collects what comes of them.
pub(super) struct Executor<'a> {
    pub(super) tree: &'a mut Tree,
    pub(super) by: &'a ServerId,
    pub(super) encoding: Encoding,
    pub(super) msg_ref: &'a MsgId,
    /// Octets that one Results may have.
    pub(super) room: usize,
    pub(super) objects: Objects<'a>,
    pub(super) interactions: &'a Interactions,
    /// What is left to be done, the innermost group last.
    pub(super) levels: Vec<Level>,
    /// What the user is asked; nothing goes on before the answer.
    pub(super) question: Option<Question>,
    /// The user has stopped the message.
    pub(super) stopped: bool,
    done: Done,
}

/// What came of the commands.
#[derive(Default)]
pub(super) struct Done {
    /// Statuses and Results, in order.
    pub(super) answers: Vec<Command>,
    /// Results to be sent in chunks, after the answers.
    pub(super) objects: Vec<Arc<Object>>,
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
    /// 200 with this value, as that of the named place.
    Read(String, Value),
    /// 200 with these items.
    Listed(Vec<Item>),
}

impl<'a> Executor<'a> {
    pub(super) fn new(
        tree: &'a mut Tree,
        by: &'a ServerId,
        encoding: Encoding,
        msg_ref: &'a MsgId,
        room: usize,
        objects: Objects<'a>,
        interactions: &'a Interactions,
    ) -> Self {
        Self {
            tree,
            by,
            encoding,
            msg_ref,
            room,
            objects,
            interactions,
            levels: Vec::new(),
            question: None,
            stopped: false,
            done: Done::default(),
        }
    }

    /// What came of the commands, and what waits for the user.
    pub(super) fn finish(mut self) -> (Done, Option<(Vec<Level>, Question)>) {
        if self.question.is_none() {
            self.end_message();
        }
        let levels = self.levels;
        (self.done, self.question.map(|question| (levels, question)))
    }

    pub(super) fn items(&mut self, command: &Command) {
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
                Ok(Outcome::Read(source, value)) => self.results(command, target, &source, value),
                Ok(Outcome::Listed(items)) => self.listed(command, target, items),
                Err(error) => {
                    let why = self.denial(&error, command, item);
                    self.answer_with(command, error.status(), target, why);
                }
            }
        }
    }

    /// Runs a command on one of its items.
    pub(super) fn item(&mut self, command: &Command, item: &Item) -> Result<Outcome, Error> {
        let mut address = address(item)?;
        address.uri = self.tree.resolved(address.uri);
        let uri = &address.uri;
        match (command, &address.part) {
            (Command::Get(_), part) => self.get(item, uri, part),
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

    /// Something that the server did not ask for.
    pub(super) fn say(&mut self, command: Command) {
        self.done.answers.push(command);
    }

    pub(super) fn send(&mut self, object: Arc<Object>) {
        self.done.objects.push(object);
    }

    pub(super) fn violation(&mut self, violation: Violation) {
        self.done.events.push(Event::Violation(violation));
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
        self.answer_with(command, status, target, Vec::new());
    }

    /// The same with what the user answered.
    pub(super) fn answer_with(
        &mut self,
        command: &Command,
        status: StatusCode,
        target: Option<&str>,
        items: Vec<Item>,
    ) {
        self.note_refused_chunk(command, status);
        self.done.events.push(Event::Executed {
            command: command.name().to_owned(),
            target: target.map(str::to_owned),
            status,
        });
        let mut answer = command_status(self.msg_ref, command, status, target);
        if let Command::Status(answer) = &mut answer {
            answer.items = items;
        }
        self.done.answers.push(answer);
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

/// What is left when no user is asked.
const fn alert_status(alert: &Alert) -> StatusCode {
    match alert.code {
        None => StatusCode::INCOMPLETE_COMMAND,
        Some(AlertCode::NEXT_MESSAGE | AlertCode::NO_END_OF_DATA) => StatusCode::OK,
        Some(_) => StatusCode::OPTIONAL_FEATURE_NOT_SUPPORTED,
    }
}
