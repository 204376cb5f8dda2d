//! The device's side of a management session (OMA DM Protocol 1.2).
//!
//! A [`Session`] is a state machine without input or output of its own. Its
//! owner hands over what arrives, in this order for each message:
//!
//! 1. [`Session::handle_message`], which carries out the server's commands on
//!    the [`Tree`];
//! 2. [`Session::poll_event`] until there is none, storing the tree and the
//!    nonces that events bring;
//! 3. [`Session::poll_transmit`], and only then is anything sent.
//!
//! Whatever the owner adds between 2 and 3 with [`Session::alert`] goes into
//! the same message, except the alert that reports an Exec which this very
//! message answers with 202: that one waits for the next package.
//!
//! Commands that ask the user something stop in place
//! ([`Event::Interaction`], where the [`Config`] has any). No message comes
//! before the owner has called [`Session::answer_interaction`], or
//! [`Session::handle_timeout`] when it is due, and then [`Session::resume`],
//! which stands in the place of step 1.

mod atomic;
mod compose;
mod config;
mod event;
mod execute;
mod interact;
mod interactions;
mod item;
mod large;
mod read;
mod receive;
mod run;

use std::collections::{BTreeSet, VecDeque};

use clock::Tick;
use syncml::{Alert, AlertCode, Command, Format, Item, ItemCommand, Meta, Status};

pub use config::{Config, RespUris, Timing};
pub use event::{AlertId, Event, GenericAlert};
pub use interact::InteractionId;
pub use interactions::Interactions;

use self::large::Part;
use crate::Error;
use crate::auth::{Nonce, Nonces, Prover, Verifier};
use crate::interaction::Reply;
use crate::session::{
    AbortReason, Inbox, Incoming, Initiation, MAX_MESSAGE, Profile, Transmit, wire_item,
};
use crate::tree::Tree;

/// One management session, from package #1 to its end.
pub struct Session {
    config: Config,
    prover: Prover,
    verifier: Verifier,
    nonces: Nonces,
    /// The nonce in the header Status that waits to be sent. Stored only when
    /// it is: the server can't use what it never gets.
    given: Option<Nonce>,
    state: State,
    next_msg: u32,
    inbox: Inbox,
    /// Where messages are posted.
    uri: String,
    /// The server's `MaxMsgSize`.
    peer_max: usize,
    /// The answer to the header of the server's last message.
    header_status: Option<Status>,
    /// What goes out next, in order.
    queue: VecDeque<Outgoing>,
    /// Results of asynchronous Execs that wait for the next package.
    deferred: Vec<Outgoing>,
    /// The last message's content, and older commands without a Status.
    sent: Vec<Sent>,
    /// Whether the server has closed its package and this side has not.
    server_final: bool,
    /// Whether it has with its last message.
    closed_now: bool,
    /// Correlators of Execs answered with 202 and not reported on.
    running: BTreeSet<String>,
    /// Those of them whose 202 goes out with the package in the making.
    accepted: BTreeSet<String>,
    /// An object that the server sends in chunks.
    incoming: Incoming,
    /// The largest object that is taken; `None` for none in chunks.
    object_limit: Option<usize>,
    /// The server's `MaxObjSize`.
    peer_object: Option<u64>,
    /// Whether the server's last message challenged this side.
    challenged: bool,
    /// How the server wrote its last message.
    peer_is_wbxml: bool,
    /// Commands that wait for the user.
    paused: Option<interact::Paused>,
    next_interaction: u32,
    /// This side gives up as soon as it may speak.
    aborting: Option<AbortReason>,
    last: Option<Transmit>,
    resend: bool,
    next_alert: u32,
    events: VecDeque<Event>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not started.
    New,
    /// A message is due from this side.
    Ready,
    /// A message is out and not answered.
    Waiting { deadline: Tick, left: u32 },
    /// The server has nothing more; the owner still owes results of Execs.
    Held { deadline: Tick },
    /// The server's commands wait for the user.
    Suspended { deadline: Tick },
    /// Nothing goes in or out any more.
    Over,
}

/// A command on its way out.
#[derive(Clone)]
struct Outgoing {
    command: Command,
    kind: Kind,
    /// The object in the place of the command.
    part: Option<Part>,
}

/// What a command is to this side.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Status or Results: the server doesn't answer it.
    Answer,
    /// Alert 1200 or 1201, and the device information.
    Opening,
    /// What the owner says.
    Alert(AlertId),
    /// Alert 1222.
    NextMessage,
    /// Alert 1225.
    NoEndOfData,
    /// Alert 1223.
    Abort,
}

struct Sent {
    msg_id: u32,
    cmd_id: u32,
    outgoing: Outgoing,
}

impl Session {
    /// A session that is not started. Alerts may be added before.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let prover = Prover::new(config.prove.clone(), config.nonces.prove.clone());
        let stored = config.nonces.verify.clone();
        let verifier = Verifier::new(config.verify.clone(), config.scope, stored);
        Self {
            prover,
            verifier,
            nonces: config.nonces.clone(),
            given: None,
            state: State::New,
            next_msg: 1,
            inbox: Inbox::default(),
            uri: config.server_uri.clone(),
            peer_max: MAX_MESSAGE,
            header_status: None,
            queue: VecDeque::new(),
            deferred: Vec::new(),
            sent: Vec::new(),
            server_final: true,
            closed_now: true,
            running: BTreeSet::new(),
            accepted: BTreeSet::new(),
            incoming: Incoming::default(),
            object_limit: None,
            peer_object: None,
            challenged: false,
            peer_is_wbxml: false,
            paused: None,
            next_interaction: 0,
            aborting: None,
            last: None,
            resend: false,
            next_alert: 0,
            events: VecDeque::new(),
            config,
        }
    }

    /// Opens the session with package #1: alert 1200 or 1201, the device
    /// information from the tree, then the alerts added so far.
    ///
    /// # Errors
    /// [`Error::Misuse`] if it was started, [`Error::Message`] or
    /// [`Error::Failed`] if the device information can't be written.
    pub fn start(&mut self, tree: &Tree) -> Result<(), Error> {
        if self.state != State::New {
            return Err(Error::Misuse("the session was started"));
        }
        let info = self.device_info(tree)?;
        let code = match self.config.initiation {
            Initiation::Server => AlertCode::SERVER_INITIATED_MGMT,
            Initiation::Client => AlertCode::CLIENT_INITIATED_MGMT,
        };
        let mut opening = vec![Command::Alert(Alert::new("1", code)), info];
        if self.config.profile == Profile::Windows {
            opening.insert(1, login_status());
        }
        for command in opening.into_iter().rev() {
            self.queue.push_front(Outgoing {
                command,
                kind: Kind::Opening,
                part: None,
            });
        }
        self.measure_tree(tree);
        self.state = State::Ready;
        Ok(())
    }

    /// The Replace with an item for each leaf (OMA DM Protocol 1.2 clause 8.3).
    fn device_info(&self, tree: &Tree) -> Result<Command, Error> {
        let leaves = tree.leaves(&self.config.device_info);
        if leaves.is_empty() {
            return Err(Error::Misuse("the tree has no device information"));
        }
        let items = leaves
            .iter()
            .map(|(uri, value)| {
                wire_item(self.config.encoding, Item::source(uri.to_string()), value)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let command = Command::Replace(ItemCommand::new("1", items));
        self.config.encoding.command_len(&command)?;
        Ok(command)
    }

    /// Queues a generic alert (1226). One whose correlator is that of an Exec
    /// answered with 202 reports its result.
    ///
    /// # Errors
    /// [`Error::SessionOver`]; [`Error::Misuse`] for a mark that is no level of
    /// importance; [`Error::Message`] or [`Error::Failed`] if it can't be written. One that is too large for the server is reported
    /// later, by [`Event::AlertDropped`].
    pub fn alert(&mut self, alert: GenericAlert) -> Result<AlertId, Error> {
        if self.state == State::Over {
            return Err(Error::SessionOver);
        }
        let correlator = alert.correlator.clone().unwrap_or_default();
        let value = alert.value.clone();
        let command = alert.into_command(self.config.encoding)?;
        self.config.encoding.command_len(&command)?;
        let part = match self.config.max_object {
            Some(_) => Some(Part::new(self.config.encoding, command.clone(), value)?),
            None => None,
        };
        self.running.remove(&correlator);
        let id = AlertId(self.next_alert);
        self.next_alert = self.next_alert.wrapping_add(1);
        let outgoing = Outgoing {
            command,
            kind: Kind::Alert(id),
            part,
        };
        if self.accepted.remove(&correlator) {
            self.deferred.push(outgoing);
        } else {
            self.queue.push_back(outgoing);
        }
        if matches!(self.state, State::Held { .. }) {
            self.make_ready();
        }
        Ok(id)
    }

    /// Gives the session up with alert 1223, as soon as it is this side's
    /// turn. What the server says to that does not matter any more. Commands
    /// that wait for the user end as if the user had cancelled, with
    /// [`resume`](Self::resume).
    pub fn abort(&mut self) {
        self.abort_for(AbortReason::ByUs);
    }

    fn abort_for(&mut self, reason: AbortReason) {
        match self.state {
            State::Over => {}
            State::New => self.end(Event::Aborted(reason)),
            State::Waiting { .. } => self.aborting = Some(reason),
            State::Suspended { .. } => self.abort_interaction(reason),
            State::Ready | State::Held { .. } => {
                self.aborting = Some(reason);
                self.make_ready();
            }
        }
    }

    /// Whether the session has ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due.
    #[must_use]
    pub const fn poll_timeout(&self) -> Option<Tick> {
        match self.state {
            // What is decided waits for the owner alone.
            State::Suspended { .. } if self.is_decided() => None,
            State::Waiting { deadline, .. }
            | State::Held { deadline }
            | State::Suspended { deadline } => Some(deadline),
            State::New | State::Ready | State::Over => None,
        }
    }

    /// Repeats the last message unchanged, or gives up. For a user whose time
    /// is over, [`resume`](Self::resume) is to follow.
    pub fn handle_timeout(&mut self, now: Tick) {
        if self.poll_timeout().is_none_or(|due| due > now) {
            return;
        }
        match self.state {
            State::Waiting { left: 0, .. } => {
                self.end(Event::Aborted(AbortReason::TimedOut));
            }
            State::Waiting { left, .. } => {
                self.resend = true;
                self.state = State::Waiting {
                    deadline: now.plus(self.config.timing.retransmit_after),
                    left: left - 1,
                };
            }
            State::Held { .. } => self.abort_for(AbortReason::TimedOut),
            State::Suspended { .. } => self.settle_interaction(Reply::TimedOut),
            State::New | State::Ready | State::Over => {}
        }
    }

    /// It is this side's turn, and it will speak: the nonce in the header
    /// Status is given out.
    fn make_ready(&mut self) {
        self.state = State::Ready;
        if let Some(nonce) = self.given.take() {
            self.nonces.verify = Some(nonce);
            self.report_nonces();
        }
    }

    fn report_nonces(&mut self) {
        self.events
            .push_back(Event::NoncesChanged(self.nonces.clone()));
    }

    fn end(&mut self, event: Event) {
        self.state = State::Over;
        self.resend = false;
        self.queue.clear();
        self.deferred.clear();
        self.sent.clear();
        self.events.push_back(event);
    }
}

/// Who is logged in, as Windows tells it: `user`, `others` or `none`.
fn login_status() -> Command {
    let mut alert = Alert::new("1", AlertCode::CLIENT_EVENT);
    let meta = Meta::typed(Format::Chr, "com.microsoft/MDM/LoginStatus");
    alert.items = vec![Item::default().with_meta(meta).with_data("none".into())];
    Command::Alert(alert)
}
