//! A message from the server (OMA DM Protocol 1.2 clauses 8.4, 8.6 and 9).

use clock::{Random, Tick};
use syncml::{AlertCode, Chal, Command, Status, StatusCode, SyncHdr};

use super::execute::Executor;
use super::{Event, Kind, Outgoing, Session, State};
use crate::Error;
use crate::auth::{Answer, Nonce, Requirement, Verdict};
use crate::session::{
    AbortReason, Arrival, Handled, MAX_MESSAGE, MAX_PENDING, Received, Violation, header_status,
    refuse_all,
};
use crate::tree::Tree;

impl Session {
    /// Takes a message from the server and carries out its commands on `tree`.
    ///
    /// # Errors
    /// A message that is refused changes nothing: [`Error::WrongSession`],
    /// [`Error::WrongSource`], [`Error::WrongTarget`], [`Error::Version`],
    /// [`Error::MsgId`], [`Error::MsgIdReused`], [`Error::MsgIdStale`],
    /// [`Error::OutOfTurn`], [`Error::SessionOver`].
    pub fn handle_message(
        &mut self,
        now: Tick,
        tree: &mut Tree,
        received: &Received<'_>,
        random: &mut dyn Random,
    ) -> Result<Handled, Error> {
        let header = &received.message.header;
        self.check_header(header)?;
        let number = match self.inbox.judge(received)? {
            Arrival::Repeat => return Ok(Handled::Repeated),
            Arrival::New(number) => number,
        };
        match self.state {
            State::Waiting { .. } => {}
            State::Over => return Err(Error::SessionOver),
            State::New | State::Ready | State::Held { .. } => return Err(Error::OutOfTurn),
        }
        self.inbox.take(number, received);
        self.resend = false;
        self.take(now, tree, received, random);
        Ok(Handled::Taken)
    }

    fn check_header(&self, header: &SyncHdr) -> Result<(), Error> {
        let profile = self.config.profile;
        if !profile.takes_dtd(header) || !profile.takes_protocol(header) {
            return Err(Error::Version);
        }
        if !profile.is_same_session(&header.session_id, &self.config.session_id) {
            return Err(Error::WrongSession);
        }
        if header.source.uri != self.config.server_source {
            return Err(Error::WrongSource);
        }
        if header.target.uri != self.config.device_uri {
            return Err(Error::WrongTarget);
        }
        Ok(())
    }

    fn take(
        &mut self,
        now: Tick,
        tree: &mut Tree,
        received: &Received<'_>,
        random: &mut dyn Random,
    ) {
        let header = &received.message.header;
        let commands = &received.message.body.commands;
        let known = self.verifier.is_satisfied();
        let verdict = self.verifier.check(received.shown(), random);
        if known && let Verdict::Failed { code } = verdict {
            // No word counts that comes under a broken HMAC (DM Security clause
            // 5.4.3).
            return self.fail(now, header, commands, code);
        }
        if let Some(max) = header.meta.as_ref().and_then(|meta| meta.max_msg_size) {
            self.peer_max = usize::try_from(max).map_or(MAX_MESSAGE, |max| max.min(MAX_MESSAGE));
        }
        if let Some(uri) = &header.resp_uri {
            if !self.config.resp_uris.allow(uri) {
                return self.end(Event::Aborted(AbortReason::RespUri));
            }
            self.uri.clone_from(uri);
        }
        if let Answer::Refused(why) = self.take_header_status(commands) {
            return self.end(Event::Aborted(AbortReason::ProofRefused(why)));
        }
        if commands.iter().any(is_abort) {
            return self.end(Event::Aborted(AbortReason::ByPeer));
        }
        self.server_final = received.message.body.is_final;
        if self.server_final {
            self.accepted.clear();
        }
        match verdict {
            Verdict::Accepted { next, .. } if received.incomplete => {
                self.answer_header(header, StatusCode::BAD_REQUEST, None);
                self.trust_server(next, known);
                self.refuse(header, commands, StatusCode::BAD_REQUEST);
            }
            Verdict::Accepted { code, chal, next } => {
                self.answer_header(header, code, chal);
                self.trust_server(next, known);
                self.execute(tree, header, commands);
            }
            Verdict::Challenged { code, chal } => {
                self.answer_header(header, code, Some(chal));
                self.refuse(header, commands, code);
            }
            Verdict::Failed { code } => return self.fail(now, header, commands, code),
        }
        self.conclude(now);
    }

    /// The server's last chance is gone.
    fn fail(&mut self, now: Tick, header: &SyncHdr, commands: &[Command], code: StatusCode) {
        self.answer_header(header, code, None);
        self.refuse(header, commands, code);
        self.aborting = Some(AbortReason::PeerNotAuthenticated);
        self.conclude(now);
    }

    /// Takes the Status for the header of this side's last message first: it
    /// decides what the others mean.
    fn take_header_status(&mut self, commands: &[Command]) -> Answer {
        let statuses = || {
            commands.iter().filter_map(|command| match command {
                Command::Status(status) => Some(status.as_ref()),
                _ => None,
            })
        };
        let current = self.next_msg - 1;
        let mine = statuses()
            .find(|status| status.cmd_ref.is_header() && status.msg_ref.number() == Some(current));
        let answer = match mine {
            Some(status) => {
                let proving = self.prover.was_sent();
                let answer = self.prover.handle_status(status.code, status.chal.as_ref());
                if proving && answer == Answer::Accepted {
                    self.events.push_back(Event::Authenticated);
                }
                answer
            }
            None => {
                let missing = Event::Violation(Violation::HeaderStatusMissing);
                self.events.push_back(missing);
                self.prover.handle_no_status()
            }
        };
        if answer == Answer::Again {
            self.queue_again(current);
        } else {
            for status in statuses().filter(|status| !status.cmd_ref.is_header()) {
                self.take_status(status);
            }
        }
        answer
    }

    /// Puts what the challenged message said to the front of the queue.
    fn queue_again(&mut self, msg_id: u32) {
        let (again, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut self.sent)
            .into_iter()
            .partition(|sent| sent.msg_id == msg_id);
        self.sent = rest;
        for sent in again.into_iter().rev() {
            if sent.outgoing.kind != Kind::NextMessage {
                self.queue.push_front(sent.outgoing);
            }
        }
    }

    fn take_status(&mut self, status: &Status) {
        let place = self.sent.iter().position(|sent| {
            sent.outgoing.kind != Kind::Answer
                && status.msg_ref.number() == Some(sent.msg_id)
                && status.cmd_ref.number() == Some(sent.cmd_id)
        });
        let Some(place) = place else {
            let unknown = Event::Violation(Violation::UnknownReference);
            return self.events.push_back(unknown);
        };
        if let Kind::Alert(alert) = self.sent.remove(place).outgoing.kind {
            self.events.push_back(Event::AlertAnswered {
                alert,
                status: status.code,
            });
        }
    }

    fn answer_header(&mut self, header: &SyncHdr, code: StatusCode, chal: Option<Chal>) {
        self.header_status = Some(header_status(header, code, chal));
    }

    /// The server is who it should be: what it said about nonces counts now.
    fn trust_server(&mut self, given: Option<Nonce>, known: bool) {
        if !known && !matches!(self.config.verify, Requirement::Transport) {
            self.events.push_back(Event::ServerAuthenticated);
        }
        if given.is_some() {
            self.given = given;
        }
        if let Some(nonce) = self.prover.take_next() {
            self.nonces.prove = Some(nonce);
            self.report_nonces();
        }
    }

    fn refuse(&mut self, header: &SyncHdr, commands: &[Command], code: StatusCode) {
        for status in refuse_all(header, commands, code) {
            self.queue_answer(status);
        }
    }

    fn execute(&mut self, tree: &mut Tree, header: &SyncHdr, commands: &[Command]) {
        let room = self.room_for_answer();
        let mut executor = Executor::new(
            tree,
            &self.config.server_id,
            self.config.encoding,
            &header.msg_id,
            room,
            &mut self.chunk,
        );
        for command in commands {
            executor.run(command);
        }
        let done = executor.finish();
        self.events.extend(done.events);
        self.accepted.extend(done.running.iter().cloned());
        self.running.extend(done.running);
        for answer in done.answers {
            self.queue_answer(answer);
        }
    }

    fn queue_answer(&mut self, command: Command) {
        self.queue.push_back(Outgoing {
            command,
            kind: Kind::Answer,
        });
    }

    /// Decides whether this side speaks. It does not if all it had to say were
    /// the Status for the header (OMA DM Protocol 1.2 clause 8).
    fn conclude(&mut self, now: Tick) {
        if self.server_final {
            self.queue.extend(self.deferred.drain(..));
        }
        if self.queue.len() > MAX_PENDING {
            self.end(Event::Aborted(AbortReason::Overload));
        } else if self.aborting.is_some() || !self.queue.is_empty() || !self.server_final {
            self.make_ready();
        } else if !self.verifier.is_satisfied() {
            self.end(Event::Aborted(AbortReason::PeerNotAuthenticated));
        } else if self.running.is_empty() {
            self.end(Event::Finished);
        } else {
            self.state = State::Held {
                deadline: now.plus(self.config.timing.patience),
            };
        }
    }
}

fn is_abort(command: &Command) -> bool {
    matches!(command, Command::Alert(alert) if alert.code == Some(AlertCode::SESSION_ABORT))
}
