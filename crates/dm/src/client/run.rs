//! The order in which a message's commands are carried out (OMA DM RepPro 1.2
//! clauses 6.6.3 and 6.6.14). Groups are levels on a stack and not calls inside
//! each other, so that everything stops in place where a user is asked (OMA DM
//! Protocol 1.2 clause 10) and goes on from there.

use std::collections::VecDeque;

use syncml::{AlertCode, Command, Group, StatusCode};

use super::atomic::OpenAtomic;
use super::execute::{Executor, status_without_items};

/// Commands that are still to be carried out, in one place.
pub(super) struct Level {
    ahead: VecDeque<Command>,
    place: Place,
}

enum Place {
    Body,
    Sequence {
        /// The user has refused: the rest is not executed (clause 10.2.2).
        bypassed: bool,
    },
    Atomic(Box<OpenAtomic>),
}

impl Executor<'_> {
    /// Takes the commands of a message.
    pub(super) fn begin(&mut self, commands: &[Command]) {
        self.objects.incoming.begin_message();
        if self.objects.excused {
            self.objects.incoming.excuse();
        }
        let told = |command: &&Command| !matches!(command, Command::Status(_));
        self.enter(commands.iter().filter(told).cloned().collect(), Place::Body);
    }

    fn enter(&mut self, ahead: VecDeque<Command>, place: Place) {
        self.levels.push(Level { ahead, place });
    }

    /// Carries commands out until none is left or the user is asked.
    pub(super) fn go(&mut self) {
        while self.question.is_none() {
            let Some(level) = self.levels.last_mut() else {
                return;
            };
            match level.ahead.pop_front() {
                Some(command) => self.step(command),
                None => self.leave(),
            }
        }
    }

    /// The innermost group has come to its end.
    fn leave(&mut self) {
        if let Some(Level {
            place: Place::Atomic(open),
            ..
        }) = self.levels.pop()
        {
            self.close_atomic(*open);
        }
    }

    fn step(&mut self, command: Command) {
        match self.levels.last().map(|level| &level.place) {
            Some(Place::Atomic(_)) => self.step_in_atomic(command),
            Some(Place::Sequence { bypassed: true }) => {
                self.not_executed(std::slice::from_ref(&command));
            }
            _ if self.stopped && !is_next_message(&command) => {
                self.not_executed(std::slice::from_ref(&command));
            }
            _ => self.run(command),
        }
    }

    /// Runs a command of the body or of a Sequence.
    fn run(&mut self, command: Command) {
        let may_be_chunk = matches!(
            command,
            Command::Add(_) | Command::Replace(_) | Command::Exec(_)
        );
        if may_be_chunk && !self.is_in_sequence() {
            return self.whole_or_chunk(&command);
        }
        if is_next_message(&command) {
            // Answers that wait come before the object's next part.
            if self.objects.waiting > 0 {
                self.objects.incoming.excuse();
            }
        } else {
            self.interrupt();
        }
        match command {
            Command::Atomic(group) => self.atomic(group),
            Command::Sequence(_) if self.is_in_sequence() => self.refuse_group(&command),
            Command::Sequence(group) => self.sequence(group),
            Command::Alert(_) => self.alert(command),
            Command::Add(_)
            | Command::Copy(_)
            | Command::Delete(_)
            | Command::Exec(_)
            | Command::Get(_)
            | Command::Replace(_) => self.items(&command),
            other => self.answer(&other, status_without_items(&other), None),
        }
    }

    fn is_in_sequence(&self) -> bool {
        let level = self.levels.last();
        level.is_some_and(|level| matches!(level.place, Place::Sequence { .. }))
    }

    /// In order, whatever becomes of each. The Status of the Sequence comes
    /// first and is 200 once its execution begins (RepPro clause 6.6.14).
    fn sequence(&mut self, mut group: Group) {
        let inside = std::mem::take(&mut group.commands);
        let command = Command::Sequence(group);
        if inside.is_empty() {
            return self.answer(&command, StatusCode::INCOMPLETE_COMMAND, None);
        }
        self.answer(&command, StatusCode::OK, None);
        self.enter(inside.into(), Place::Sequence { bypassed: false });
    }

    pub(super) fn enter_atomic(&mut self, inside: Vec<Command>, open: OpenAtomic) {
        self.enter(inside.into(), Place::Atomic(Box::new(open)));
    }

    /// The Atomic whose commands are carried out.
    pub(super) fn open_atomic(&mut self) -> Option<&mut OpenAtomic> {
        match &mut self.levels.last_mut()?.place {
            Place::Atomic(open) => Some(open),
            _ => None,
        }
    }

    /// What is left of the Sequence is not executed.
    pub(super) fn bypass_sequence(&mut self) {
        if let Some(Level {
            place: Place::Sequence { bypassed },
            ..
        }) = self.levels.last_mut()
        {
            *bypassed = true;
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
}

/// What keeps the session going is not one of the commands that a user stops.
fn is_next_message(command: &Command) -> bool {
    matches!(command, Command::Alert(alert) if alert.code == Some(AlertCode::NEXT_MESSAGE))
}
