//! What goes to a device next.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use clock::Timestamp;

use super::{CommandState, QueuedCommand, QueuedId, Versioned};

/// How a queue is worked off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How often a command goes back into the queue after its session was
    /// lost. One that runs a process never does.
    pub retries: u32,
    /// Commands for one package.
    pub package: usize,
}

impl Default for Policy {
    /// Three times; 32 commands.
    fn default() -> Self {
        Self {
            retries: 3,
            package: 32,
        }
    }
}

/// What [`pick`] found.
#[derive(Default)]
pub struct Picked {
    /// What goes out, in this order, marked as sent.
    pub next: Vec<Versioned<QueuedCommand>>,
    /// What changed beside it: expired, or lost by an earlier session.
    pub changed: Vec<Versioned<QueuedCommand>>,
}

impl Picked {
    /// Whether nothing goes out and nothing changed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.next.is_empty() && self.changed.is_empty()
    }
}

/// Picks a device's next package from its open commands, which come oldest
/// first: by priority, then age. Those whose time has passed are marked
/// expired. One that is marked as sent was lost by an earlier session. What is
/// in `tried` had its chance in this session.
#[must_use]
pub fn pick(
    open: Vec<Versioned<QueuedCommand>>,
    now: Timestamp,
    policy: Policy,
    tried: &BTreeSet<QueuedId>,
) -> Picked {
    let mut picked = Picked::default();
    let mut waiting = Vec::new();
    for mut command in open {
        if tried.contains(&command.value.id()) {
            continue;
        }
        let lost = command.value.state == CommandState::Sent;
        if lost {
            command.value.lose(policy);
        }
        command.value.handle_timeout(now);
        if command.value.state == CommandState::Queued {
            waiting.push((lost, command));
        } else {
            picked.changed.push(command);
        }
    }
    // Stable: age decides among equals.
    waiting.sort_by_key(|(_, command)| Reverse(command.value.priority()));
    for (at, (lost, mut command)) in waiting.into_iter().enumerate() {
        if at < policy.package {
            command.value.state = CommandState::Sent;
            command.value.attempts = command.value.attempts.saturating_add(1);
            picked.next.push(command);
        } else if lost {
            picked.changed.push(command);
        }
    }
    picked
}

impl QueuedCommand {
    /// Its session is gone. What was answered counts; the rest waits for
    /// another session, if it may.
    pub(super) fn lose(&mut self, policy: Policy) {
        if self.is_answered() {
            self.state = CommandState::Done;
        } else if self.runs() || self.attempts > policy.retries {
            self.state = CommandState::Unknown;
            self.remark = Some("sent, and never answered".to_owned());
        } else {
            self.state = CommandState::Queued;
            self.parts.clear();
        }
    }
}
