//! The server's side of a management session (OMA DM Protocol 1.2).
//!
//! A [`Session`] is a state machine without input or output of its own. For
//! each message its owner calls
//!
//! 1. [`Session::handle_message`];
//! 2. [`Session::poll_event`] until there is none: here the server's logic
//!    runs, takes its time, stores what it must, answers alerts
//!    ([`Session::answer_alert`]) and queues commands ([`Session::push`]);
//! 3. [`Session::poll_transmit`], whose message is the answer to the request.
//!
//! Between 1 and 3 the session is busy: any other message is out of turn, and
//! a repetition of the same one gets the same answer once there is one.
//!
//! New commands go out only after the device has closed its package, each
//! package in one message as far as the device's MaxMsgSize allows; what does
//! not fit waits for the next package (clause 6.1). A command that no message
//! can hold goes out in chunks, in a package of its own, if the device takes
//! large objects (clause 7).

mod alerts;
mod compose;
mod config;
mod event;
mod large;
mod receive;
mod request;

use std::collections::{BTreeSet, VecDeque};

use clock::Tick;
use syncml::{Command, Status, StatusCode};

pub use config::Config;
pub use event::{AlertId, AlertItem, Event};
pub use request::{CommandId, Request};

use crate::Error;
use crate::auth::{Nonces, Prover, Verifier};
use crate::session::{AbortReason, Encoding, Inbox, Incoming, MAX_MESSAGE, Transmit};

/// One management session, from the device's first message to its end. A clone
/// goes on by itself: an owner that does not know yet who sent a message gives it
/// to a clone, and keeps the one of the two that the device turns out to be in.
#[derive(Clone)]
pub struct Session {
    config: Config,
    prover: Prover,
    verifier: Verifier,
    nonces: Nonces,
    state: State,
    next_msg: u32,
    inbox: Inbox,
    encoding: Encoding,
    /// The device's `MaxMsgSize`.
    peer_max: usize,
    /// The device's `MaxObjSize`.
    peer_object: Option<u64>,
    /// An object that the device sends in chunks.
    incoming: Incoming,
    /// A command on its way in chunks.
    sending: Option<large::Sending>,
    header_status: Option<Status>,
    /// Statuses that are due, in order.
    replies: VecDeque<Reply>,
    /// Commands that wait for their package, in order.
    queue: VecDeque<Queued>,
    /// The commands of the last package.
    in_flight: Vec<InFlight>,
    /// The alerts 1222 and 1225 in the device's package: MsgID and CmdID.
    own_alerts: Vec<(u32, u32)>,
    /// The requests of the last message, should the device challenge it.
    last_requests: Vec<Queued>,
    /// The device has closed its package.
    my_turn: bool,
    opening: Opening,
    /// Correlators of processes that go on.
    awaited: BTreeSet<String>,
    /// Correlators of Execs under way that were reported on before the Status.
    reported: BTreeSet<String>,
    next_command: u32,
    next_alert: u32,
    /// No more commands are taken.
    closing: bool,
    finished: bool,
    /// Why the session ends with the next message.
    ending: Option<AbortReason>,
    deadline: Option<Tick>,
    last: Option<Transmit>,
    resend: bool,
    events: VecDeque<Event>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// The device is to speak.
    Waiting,
    /// An answer is due.
    Owing,
    /// Nothing new goes in or out.
    Over,
}

/// What the first package must have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opening {
    Due { alert: bool, info: bool },
    Seen,
}

#[derive(Clone)]
struct Reply {
    status: Command,
    alert: Option<AlertId>,
}

#[derive(Clone)]
struct Queued {
    id: CommandId,
    request: Request,
}

#[derive(Clone)]
struct InFlight {
    id: CommandId,
    msg_id: u32,
    cmd_id: u32,
    correlator: Option<String>,
    answered: bool,
    /// A chunk with others behind it.
    is_chunk: bool,
}

impl Session {
    /// A session that has not seen a message. Commands may be queued at once.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let prover = Prover::new(config.prove.clone(), config.nonces.prove.clone());
        let stored = config.nonces.verify.clone();
        let verifier = Verifier::new(config.verify.clone(), config.scope, stored);
        Self {
            prover,
            verifier,
            nonces: config.nonces.clone(),
            state: State::Waiting,
            next_msg: 1,
            inbox: Inbox::default(),
            encoding: Encoding::default(),
            peer_max: MAX_MESSAGE,
            peer_object: None,
            incoming: Incoming::default(),
            sending: None,
            header_status: None,
            replies: VecDeque::new(),
            queue: VecDeque::new(),
            in_flight: Vec::new(),
            own_alerts: Vec::new(),
            last_requests: Vec::new(),
            my_turn: false,
            opening: Opening::Due {
                alert: false,
                info: false,
            },
            awaited: BTreeSet::new(),
            reported: BTreeSet::new(),
            next_command: 0,
            next_alert: 0,
            closing: false,
            finished: false,
            ending: None,
            deadline: None,
            last: None,
            resend: false,
            events: VecDeque::new(),
            config,
        }
    }

    /// Queues a command for the next package.
    ///
    /// # Errors
    /// [`Error::SessionOver`] after [`finish`](Self::finish) or the end,
    /// [`Error::Misuse`] for a group that can't be, [`Error::Uri`] for a target
    /// that is no full URI of a node, [`Error::Message`] or [`Error::Failed`] if the command can't be written.
    pub fn push(&mut self, request: Request) -> Result<CommandId, Error> {
        if self.closing || self.ending.is_some() || self.state == State::Over {
            return Err(Error::SessionOver);
        }
        let command = request.to_command(self.encoding)?;
        self.encoding.command_len(&command)?;
        let id = CommandId(self.next_command);
        let count = u32::try_from(request.inside().len()).unwrap_or(u32::MAX);
        self.next_command = self.next_command.wrapping_add(count).wrapping_add(1);
        self.queue.push_back(Queued { id, request });
        Ok(id)
    }

    /// Answers an alert.
    ///
    /// # Errors
    /// [`Error::Misuse`] if the answer has gone out already.
    pub fn answer_alert(&mut self, alert: AlertId, code: StatusCode) -> Result<(), Error> {
        let reply = self
            .replies
            .iter_mut()
            .find(|reply| reply.alert == Some(alert))
            .ok_or(Error::Misuse("no such alert waits for an answer"))?;
        if let Command::Status(status) = &mut reply.status {
            status.code = code;
        }
        Ok(())
    }

    /// Queues nothing more and drops what is queued and not sent. What is under
    /// way is still answered.
    pub fn finish(&mut self) {
        self.queue.clear();
        self.closing = true;
    }

    /// Gives the session up: the next message is alert 1223.
    pub fn abort(&mut self) {
        if self.state != State::Over && self.ending.is_none() {
            self.ending = Some(AbortReason::ByUs);
        }
    }

    /// Whether the session has ended. It may still repeat its last answer.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// Whether everything has been said ([`Event::Finished`]).
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        self.finished
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Tick> {
        self.deadline.filter(|_| self.state == State::Waiting)
    }

    /// Ends a session that the device has left.
    pub fn handle_timeout(&mut self, now: Tick) {
        if self.poll_timeout().is_none_or(|due| due > now) {
            return;
        }
        self.state = State::Over;
        if !self.finished {
            self.events.push_back(Event::Aborted(AbortReason::TimedOut));
        }
    }

    fn report_nonces(&mut self) {
        self.events
            .push_back(Event::NoncesChanged(self.nonces.clone()));
    }
}
