//! Atomic: all or nothing (OMA DM RepPro 1.2 clause 6.6.3). 507 for the group
//! that failed, the cause for the command that failed, 216 for what was rolled
//! back, 516 for what could not be, 215 for what did not run.

use syncml::{Command, Group, StatusCode};

use super::execute::{Executor, status_without_items};
use crate::Error;

/// One item of a command in the group, and its status so far.
struct Step<'c> {
    command: &'c Command,
    target: Option<&'c str>,
    status: StatusCode,
}

impl Executor<'_> {
    pub(super) fn atomic(&mut self, command: &Command, group: &Group) {
        if group.commands.is_empty() {
            return self.answer(command, StatusCode::INCOMPLETE_COMMAND, None);
        }
        if group.commands.iter().any(|inner| !may_be_inside(inner)) {
            return self.refuse_atomic(command, group);
        }
        if self.tree.begin().is_err() {
            self.answer(command, StatusCode::ATOMIC_FAILED, None);
            return self.not_executed(&group.commands);
        }
        let mut steps = Vec::new();
        let outcome = self.all(&group.commands, &mut steps);
        let status = if outcome.is_ok() {
            StatusCode::OK
        } else {
            StatusCode::ATOMIC_FAILED
        };
        self.answer(command, status, None);
        for step in steps {
            self.answer(step.command, step.status, step.target);
        }
    }

    /// Runs the commands and commits, or rolls back. `steps` gets a status for
    /// each item either way.
    fn all<'c>(&mut self, commands: &'c [Command], steps: &mut Vec<Step<'c>>) -> Result<(), Error> {
        let mut outcome = Ok(());
        for inner in commands {
            self.each(inner, steps, &mut outcome);
        }
        let outcome = outcome.and_then(|()| self.tree.commit());
        if outcome.is_err() {
            let undone = match self.tree.roll_back() {
                Ok(()) => StatusCode::ATOMIC_ROLL_BACK_OK,
                Err(_) => StatusCode::ATOMIC_ROLL_BACK_FAILED,
            };
            for step in steps
                .iter_mut()
                .filter(|step| step.status == StatusCode::OK)
            {
                step.status = undone;
            }
        }
        outcome
    }

    fn each<'c>(
        &mut self,
        command: &'c Command,
        steps: &mut Vec<Step<'c>>,
        outcome: &mut Result<(), Error>,
    ) {
        let mut step = |target, status| {
            steps.push(Step {
                command,
                target,
                status,
            });
        };
        if command.items().is_empty() || matches!(command, Command::Alert(_)) {
            let status = match command {
                _ if outcome.is_err() => StatusCode::NOT_EXECUTED,
                Command::Alert(_) => status_without_items(command),
                _ => StatusCode::INCOMPLETE_COMMAND,
            };
            if outcome.is_ok() && status != StatusCode::OK {
                *outcome = Err(Error::Failed("a command of the Atomic"));
            }
            return step(None, status);
        }
        for item in command.items() {
            let status = match outcome {
                Err(_) => StatusCode::NOT_EXECUTED,
                Ok(()) => match self.item(command, item) {
                    Ok(_) => StatusCode::OK,
                    Err(error) => {
                        let status = error.status();
                        *outcome = Err(error);
                        status
                    }
                },
            };
            step(item.target_uri(), status);
        }
    }

    /// An Atomic with a command that it may not have does nothing: 500 for
    /// itself and for the command, 215 for the others.
    fn refuse_atomic(&mut self, command: &Command, group: &Group) {
        self.answer(command, StatusCode::COMMAND_FAILED, None);
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
