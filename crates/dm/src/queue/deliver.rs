//! One session's part of the queue: requests go into the session engine, its
//! events come back as outcomes.

use std::collections::BTreeSet;

use super::{CommandState, Picked, Policy, QueuedCommand, QueuedId, Reading, ValueForm, Versioned};
use crate::server::{CommandId, Event, Session};

/// What a device tells of an Exec that this session did not send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The command.
    pub id: QueuedId,
    /// What it tells.
    pub values: Vec<Reading>,
}

/// One session's part of the queue. Its owner, for each message:
///
/// 1. gives it every event ([`take`](Self::take));
/// 2. where it [wants more](Self::wants_more), loads the device's open
///    commands and has the next ones [picked](super::pick());
/// 3. commits what [changed](Self::take_changed) and what was picked;
/// 4. hands over what was picked ([`start`](Self::start)).
pub struct Delivery {
    policy: Policy,
    under_way: Vec<UnderWay>,
    tried: BTreeSet<QueuedId>,
    changed: Vec<Versioned<QueuedCommand>>,
    my_turn: bool,
}

struct UnderWay {
    first: CommandId,
    command: Versioned<QueuedCommand>,
    /// Differs from what is stored.
    touched: bool,
}

impl Delivery {
    /// A session that has sent nothing.
    #[must_use]
    pub const fn new(policy: Policy) -> Self {
        Self {
            policy,
            under_way: Vec::new(),
            tried: BTreeSet::new(),
            changed: Vec::new(),
            my_turn: false,
        }
    }

    /// Takes an event of the session.
    pub fn take(&mut self, event: &Event) -> Option<Report> {
        match event {
            Event::Status {
                command,
                status,
                items,
            } => self.at(*command, |queued, at| {
                queued.take_status(at, *status, items)
            }),
            Event::Results {
                command,
                source,
                value,
            } => self.at(*command, |queued, at| {
                if let Some(part) = queued.part(at) {
                    part.take_value(Reading {
                        uri: source.clone(),
                        value: ValueForm(value.clone()),
                    });
                }
            }),
            Event::TooLarge { command } => self.settle(
                |sent| sent.first == *command,
                |queued| {
                    queued.state = CommandState::Done;
                    queued.remark = Some("not sent: larger than the device takes".to_owned());
                },
            ),
            Event::Unanswered { command } => {
                let policy = self.policy;
                self.settle(|sent| sent.first == *command, |queued| queued.lose(policy));
            }
            Event::PackageReceived => {
                self.settle(
                    |sent| sent.command.value.is_answered(),
                    |queued| queued.state = CommandState::Done,
                );
                self.my_turn = true;
            }
            Event::Aborted(_) => self.abandon(),
            Event::Alert {
                correlator: Some(correlator),
                items,
                ..
            } => {
                let values = items.iter().filter_map(|item| {
                    Some(Reading {
                        uri: item.source.clone().or_else(|| item.type_.clone()),
                        value: ValueForm(item.value.clone()?),
                    })
                });
                return self.take_alert(correlator, values.collect());
            }
            _ => {}
        }
        None
    }

    fn take_alert(&mut self, correlator: &str, values: Vec<Reading>) -> Option<Report> {
        let id: QueuedId = correlator.parse().ok()?;
        let own = self
            .under_way
            .iter_mut()
            .find(|sent| sent.command.value.id() == id);
        if let Some(sent) = own {
            sent.command.value.take_report(values);
            sent.touched = true;
            return None;
        }
        Some(Report { id, values })
    }

    /// Whether the session may be given the next package: the device has closed
    /// its own, and nothing of the last one is left.
    #[must_use]
    pub fn wants_more(&self) -> bool {
        self.my_turn && self.under_way.is_empty()
    }

    /// What had its chance in this session.
    #[must_use]
    pub const fn tried(&self) -> &BTreeSet<QueuedId> {
        &self.tried
    }

    /// Whether anything changed since [`take_changed`](Self::take_changed).
    #[must_use]
    pub fn has_changed(&self) -> bool {
        !self.changed.is_empty() || self.under_way.iter().any(|sent| sent.touched)
    }

    /// What changed since the last call, to be committed now.
    pub fn take_changed(&mut self) -> Vec<Versioned<QueuedCommand>> {
        let mut changed = std::mem::take(&mut self.changed);
        for sent in &mut self.under_way {
            if std::mem::take(&mut sent.touched) {
                changed.push(sent.command.clone());
                sent.command.version = sent.command.version.saturating_add(1);
            }
        }
        changed
    }

    /// Hands over what was picked, and committed.
    pub fn start(&mut self, session: &mut Session, picked: Picked) {
        self.my_turn = false;
        for mut command in picked.next {
            command.version = command.version.saturating_add(1);
            self.tried.insert(command.value.id());
            match session.push(command.value.to_request()) {
                Ok(first) => self.under_way.push(UnderWay {
                    first,
                    command,
                    touched: false,
                }),
                Err(error) => {
                    command.value.state = CommandState::Done;
                    command.value.remark = Some(format!("not sent: {error}"));
                    self.changed.push(command);
                }
            }
        }
    }

    /// The session is over, whatever is still under way.
    pub fn abandon(&mut self) {
        let policy = self.policy;
        self.settle(|_| true, |queued| queued.lose(policy));
    }

    /// Calls `change` with the command, and the place in it, that a session's
    /// identifier means.
    fn at(&mut self, id: CommandId, change: impl FnOnce(&mut QueuedCommand, u32)) {
        for sent in &mut self.under_way {
            let inside = sent.command.value.count().saturating_sub(1);
            let at = std::iter::once(sent.first)
                .chain((0..inside).map(|index| sent.first.inside(index)))
                .zip(0..)
                .find_map(|(known, at)| (known == id).then_some(at));
            if let Some(at) = at {
                sent.touched = true;
                return change(&mut sent.command.value, at);
            }
        }
    }

    /// Ends what `is_meant`.
    fn settle(
        &mut self,
        is_meant: impl Fn(&UnderWay) -> bool,
        mut end: impl FnMut(&mut QueuedCommand),
    ) {
        let (meant, rest) = std::mem::take(&mut self.under_way)
            .into_iter()
            .partition::<Vec<_>, _>(is_meant);
        self.under_way = rest;
        for mut sent in meant {
            end(&mut sent.command.value);
            self.changed.push(sent.command);
        }
    }
}
