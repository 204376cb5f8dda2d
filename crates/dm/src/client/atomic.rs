//! Atomic: all or nothing (OMA DM RepPro 1.2 clause 6.6.3). 507 for the group
//! that failed, the cause for the command that failed, 216 for what was rolled
//! back, 516 for what could not be, 215 for what did not run.

use syncml::{Command, Group, Item, StatusCode};

use super::execute::{Executor, status_without_items};

/// An Atomic whose commands are carried out.
pub(super) struct OpenAtomic {
    /// The command itself, what is inside taken out.
    group: Command,
    /// The commands that were taken out and had their turn.
    taken: Vec<Command>,
    steps: Vec<Step>,
    failed: bool,
}

/// One item of a command in the group, and its status so far.
struct Step {
    /// The command's place in `taken`.
    command: usize,
    target: Option<String>,
    status: StatusCode,
    /// What the user answered.
    items: Vec<Item>,
}

impl OpenAtomic {
    /// Notes what became of an item of the command that is taken next.
    fn note(&mut self, target: Option<&str>, status: StatusCode, items: Vec<Item>) {
        self.failed |= status != StatusCode::OK;
        self.steps.push(Step {
            command: self.taken.len(),
            target: target.map(str::to_owned),
            status,
            items,
        });
    }
}

impl Executor<'_> {
    pub(super) fn atomic(&mut self, group: Group) {
        if group.commands.is_empty() {
            let command = Command::Atomic(group);
            return self.answer(&command, StatusCode::INCOMPLETE_COMMAND, None);
        }
        if group.commands.iter().any(|inner| !may_be_inside(inner)) {
            return self.refuse_atomic(&Command::Atomic(group));
        }
        let mut group = group;
        let inside = std::mem::take(&mut group.commands);
        let group = Command::Atomic(group);
        if self.tree.begin().is_err() {
            self.answer(&group, StatusCode::ATOMIC_FAILED, None);
            return self.not_executed(&inside);
        }
        let open = OpenAtomic {
            group,
            taken: Vec::new(),
            steps: Vec::new(),
            failed: false,
        };
        self.enter_atomic(inside, open);
    }

    /// Runs the next command of the open Atomic, or asks the user.
    pub(super) fn step_in_atomic(&mut self, command: Command) {
        if command.items().is_empty() || matches!(command, Command::Alert(_)) {
            return self.step_without_items(command);
        }
        let mut failed = self.open_atomic().is_none_or(|open| open.failed);
        let mut found = Vec::new();
        for item in command.items() {
            let status = if failed {
                StatusCode::NOT_EXECUTED
            } else {
                match self.item(&command, item) {
                    Ok(_) => StatusCode::OK,
                    Err(error) => error.status(),
                }
            };
            failed |= status != StatusCode::OK;
            found.push(status);
        }
        if let Some(open) = self.open_atomic() {
            for (item, status) in command.items().iter().zip(found) {
                open.note(item.target_uri(), status, Vec::new());
            }
            open.taken.push(command);
        }
    }

    fn step_without_items(&mut self, command: Command) {
        let failed = self.open_atomic().is_none_or(|open| open.failed);
        let status = match &command {
            _ if failed => StatusCode::NOT_EXECUTED,
            Command::Alert(alert) => match self.question(alert) {
                Ok(Some(interaction)) => return self.ask(command, interaction),
                Ok(None) => status_without_items(&command),
                Err(error) => error.status(),
            },
            _ => StatusCode::INCOMPLETE_COMMAND,
        };
        self.note_in_atomic(command, status, Vec::new());
    }

    /// Notes what became of a command of the open Atomic.
    pub(super) fn note_in_atomic(
        &mut self,
        command: Command,
        status: StatusCode,
        items: Vec<Item>,
    ) {
        if let Some(open) = self.open_atomic() {
            open.note(None, status, items);
            open.taken.push(command);
        }
    }

    /// Commits, or rolls back, and answers.
    pub(super) fn close_atomic(&mut self, mut open: OpenAtomic) {
        let status = if !open.failed && self.tree.commit().is_ok() {
            StatusCode::OK
        } else {
            let undone = match self.tree.roll_back() {
                Ok(()) => StatusCode::ATOMIC_ROLL_BACK_OK,
                Err(_) => StatusCode::ATOMIC_ROLL_BACK_FAILED,
            };
            let done = |step: &&mut Step| step.status == StatusCode::OK;
            for step in open.steps.iter_mut().filter(done) {
                step.status = undone;
            }
            StatusCode::ATOMIC_FAILED
        };
        self.answer(&open.group, status, None);
        for step in open.steps {
            if let Some(command) = open.taken.get(step.command) {
                self.answer_with(command, step.status, step.target.as_deref(), step.items);
            }
        }
    }

    /// An Atomic with a command that it may not have does nothing: 500 for
    /// itself and for the command, 215 for the others.
    fn refuse_atomic(&mut self, command: &Command) {
        self.answer(command, StatusCode::COMMAND_FAILED, None);
        let Command::Atomic(group) = command else {
            return;
        };
        for inner in &group.commands {
            if may_be_inside(inner) {
                self.answer(inner, StatusCode::NOT_EXECUTED, None);
            } else {
                self.refuse_group(inner);
            }
        }
    }
}

/// What the specification lists for an Atomic.
const fn may_be_inside(command: &Command) -> bool {
    matches!(
        command,
        Command::Add(_)
            | Command::Alert(_)
            | Command::Copy(_)
            | Command::Delete(_)
            | Command::Replace(_)
    )
}
