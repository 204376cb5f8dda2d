//! Commands that wait for the user (OMA DM Protocol 1.2 clause 10.2).
//!
//! A confirmation that is refused (304) has an effect on its group alone: the
//! rest of a Sequence gets 215, an Atomic is rolled back; outside of groups it
//! has none. A user who cancels (214), or does nothing in time (408, which
//! clause 10.3.2 calls cancelled), stops the message: everything that was not
//! carried out gets 215.

use clock::Tick;
use syncml::{Alert, Command, Item, MsgId, StatusCode};

use super::execute::{Executor, status_without_items};
use super::run::Level;
use super::{Event, Session, State};
use crate::Error;
use crate::interaction::{Interaction, Kind, Reply};
use crate::session::{AbortReason, command_status};
use crate::tree::Tree;

/// An interaction that the owner is to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InteractionId(u32);

/// The alert that the commands wait for.
pub(super) struct Question {
    pub(super) command: Command,
    pub(super) interaction: Interaction,
}

/// The rest of a message whose commands wait.
pub(super) struct Paused {
    pub(super) id: InteractionId,
    pub(super) msg_ref: MsgId,
    pub(super) levels: Vec<Level>,
    pub(super) question: Question,
    /// The outcome, once there is one.
    pub(super) reply: Option<Reply>,
}

impl Executor<'_> {
    /// Runs an alert of the body or of a Sequence.
    pub(super) fn alert(&mut self, command: Command) {
        let Command::Alert(alert) = &command else {
            return;
        };
        let status = match self.question(alert) {
            Ok(Some(interaction)) => return self.ask(command, interaction),
            Ok(None) => status_without_items(&command),
            Err(error) => error.status(),
        };
        self.answer(&command, status, None);
    }

    /// What an alert asks the user; `None` if it is not for the user.
    pub(super) fn question(&self, alert: &Alert) -> Result<Option<Interaction>, Error> {
        let Some(kind) = alert.code.and_then(Kind::of_code) else {
            return Ok(None);
        };
        self.interactions.check_kind(kind)?;
        Interaction::of_alert(kind, alert).map(Some)
    }

    /// Stops here until there is an answer; what can't be shown has one.
    pub(super) fn ask(&mut self, command: Command, interaction: Interaction) {
        let can_show = self.interactions.can_show(&interaction);
        let question = Question {
            command,
            interaction,
        };
        if can_show {
            self.question = Some(question);
        } else {
            self.take_reply(question, &Reply::NotShown);
        }
    }

    /// The user's answer and what it does to the commands that follow.
    pub(super) fn take_reply(&mut self, question: Question, reply: &Reply) {
        let items = reply.items().unwrap_or_default();
        let command = question.command;
        if self.open_atomic().is_some() {
            self.note_in_atomic(command, reply.status(), items);
        } else {
            self.answer_with(&command, reply.status(), None, items);
            if *reply == Reply::Refused {
                self.bypass_sequence();
            }
        }
        self.stopped |= reply.stops();
    }
}

impl Session {
    /// Answers the interaction of [`Event::Interaction`]. The commands behind
    /// it go on with [`resume`](Self::resume).
    ///
    /// # Errors
    /// [`Error::Misuse`] if no such interaction waits (its time may have run
    /// out) or if the user can't have answered so; [`Error::TooLarge`] for a
    /// text that the server's `MaxMsgSize` has no room for; [`Error::Message`]
    /// for one with characters that no message can have. The interaction goes
    /// on waiting after all of them.
    pub fn answer_interaction(&mut self, id: InteractionId, reply: Reply) -> Result<(), Error> {
        let room = self.room_for_answer();
        let encoding = self.config.encoding;
        let none = Error::Misuse("no such interaction waits for an answer");
        let Some(paused) = &mut self.paused else {
            return Err(none);
        };
        if paused.id != id || paused.reply.is_some() {
            return Err(none);
        }
        paused.question.interaction.check(&reply)?;
        let status = answered(
            &paused.msg_ref,
            &paused.question.command,
            reply.status(),
            reply.items()?,
        );
        if encoding.command_len(&status)? > room {
            return Err(Error::TooLarge);
        }
        paused.reply = Some(reply);
        Ok(())
    }

    /// Whether commands wait for the user. An Atomic among them keeps the
    /// tree's transaction open meanwhile ([`Tree::is_open`]).
    #[must_use]
    pub const fn is_suspended(&self) -> bool {
        self.paused.is_some()
    }

    /// Goes on with the commands that waited for the user, on the same tree.
    /// To be called after [`answer_interaction`](Self::answer_interaction),
    /// [`handle_timeout`](Self::handle_timeout) and [`abort`](Self::abort);
    /// nothing happens, and `false` comes back, where no commands wait or the
    /// user has not answered. Events and the next message follow as after
    /// [`handle_message`](Self::handle_message).
    pub fn resume(&mut self, now: Tick, tree: &mut Tree) -> bool {
        let answered = |paused: &mut Paused| paused.reply.is_some();
        let Some(mut paused) = self.paused.take_if(answered) else {
            return false;
        };
        let Some(reply) = paused.reply.take() else {
            return false;
        };
        self.execute_rest(tree, paused, &reply);
        self.conclude(now);
        true
    }

    /// The outcome of an interaction that no answer of the user decides.
    pub(super) fn settle_interaction(&mut self, reply: Reply) {
        if let Some(paused) = &mut self.paused {
            paused.reply.get_or_insert(reply);
        }
    }

    /// Whether the interaction has its outcome, which the owner is to
    /// [`resume`](Self::resume) with.
    pub(super) const fn is_decided(&self) -> bool {
        matches!(&self.paused, Some(paused) if paused.reply.is_some())
    }

    /// The commands are giving way to an abort, however they end.
    pub(super) fn abort_interaction(&mut self, reason: AbortReason) {
        self.aborting = Some(reason);
        if let Some(paused) = &mut self.paused {
            paused.reply = Some(Reply::Cancelled);
        }
    }

    /// Waits for the user, with a limit.
    pub(super) fn suspend(&mut self, now: Tick) {
        if let Some(paused) = &self.paused {
            let interaction = &paused.question.interaction;
            let wait = self.config.interactions.wait(interaction);
            self.state = State::Suspended {
                deadline: now.plus(wait),
            };
            self.events.push_back(Event::Interaction {
                interaction: paused.id,
                asked: interaction.clone(),
            });
        }
    }

    pub(super) fn next_interaction(&mut self) -> InteractionId {
        let id = InteractionId(self.next_interaction);
        self.next_interaction = self.next_interaction.wrapping_add(1);
        id
    }
}

/// The Status of an interaction.
pub(super) fn answered(
    msg_ref: &MsgId,
    command: &Command,
    code: StatusCode,
    items: Vec<Item>,
) -> Command {
    let mut answer = command_status(msg_ref, command, code, None);
    if let Command::Status(status) = &mut answer {
        status.items = items;
    }
    answer
}
