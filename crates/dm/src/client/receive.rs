//! A message from the server (OMA DM Protocol 1.2 clauses 8.4, 8.6 and 9).

use clock::{Random, Tick};
use syncml::{AlertCode, Chal, Command, MsgId, Status, StatusCode, SyncHdr};

use super::execute::Executor;
use super::interact::Paused;
use super::large::Objects;
use super::{Event, Kind, Outgoing, Session, State};
use crate::Error;
use crate::auth::{Answer, Nonce, Requirement, Verdict};
use crate::interaction::Reply;
use crate::session::{
    AbortReason, Arrival, Handled, MAX_MESSAGE, MAX_PENDING, Received, Terms, Violation,
    header_status, refuse_all,
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
            State::New | State::Ready | State::Held { .. } | State::Suspended { .. } => {
                return Err(Error::OutOfTurn);
            }
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
        self.take_limits(header);
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
        self.closed_now = received.message.body.is_final;
        if self.closed_now {
            self.accepted.clear();
        }
        let is_lost = |command: &Command| is_alert(command, AlertCode::NO_END_OF_DATA);
        if commands.iter().any(is_lost) {
            self.give_up_object();
        }
        self.measure_tree(tree);
        self.peer_is_wbxml = received.encoding.is_wbxml();
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

    /// What the server takes.
    fn take_limits(&mut self, header: &SyncHdr) {
        let Some(meta) = &header.meta else {
            return;
        };
        if let Some(max) = meta.rare.max_msg_size {
            self.peer_max = usize::try_from(max).map_or(MAX_MESSAGE, |max| max.min(MAX_MESSAGE));
        }
        if meta.rare.max_obj_size.is_some() {
            self.peer_object = meta.rare.max_obj_size;
        }
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
        self.challenged = answer == Answer::Again;
        if self.challenged {
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
        // An object goes on where the challenged message did.
        for part in again.iter().filter_map(|sent| sent.outgoing.part.as_ref()) {
            self.take_rest_of(part);
        }
        for sent in again.into_iter().rev() {
            if sent.outgoing.kind != Kind::NextMessage {
                self.queue.push_front(sent.outgoing);
            }
        }
    }

    fn take_status(&mut self, status: &Status) {
        let place = self.sent.iter().position(|sent| {
            (sent.outgoing.kind != Kind::Answer || sent.outgoing.part.is_some())
                && status.msg_ref.number() == Some(sent.msg_id)
                && status.cmd_ref.number() == Some(sent.cmd_id)
        });
        let Some(place) = place else {
            let unknown = Event::Violation(Violation::UnknownReference);
            return self.events.push_back(unknown);
        };
        let outgoing = self.sent.remove(place).outgoing;
        if outgoing.part.is_some() {
            return self.take_chunk_status(&outgoing, status.code);
        }
        if let Kind::Alert(alert) = outgoing.kind {
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
        self.carry_out(tree, &header.msg_id, |executor| executor.begin(commands));
    }

    /// The commands behind an interaction that has its outcome.
    pub(super) fn execute_rest(&mut self, tree: &mut Tree, paused: Paused, reply: &Reply) {
        let Paused {
            msg_ref,
            levels,
            question,
            ..
        } = paused;
        self.carry_out(tree, &msg_ref, |executor| {
            executor.levels = levels;
            executor.take_reply(question, reply);
        });
    }

    fn carry_out(
        &mut self,
        tree: &mut Tree,
        msg_ref: &MsgId,
        begin: impl FnOnce(&mut Executor<'_>),
    ) {
        tree.set_guard(&self.config.guarded, self.is_mutual());
        let room = self.room_for_answer();
        let objects = Objects {
            terms: Terms {
                limit: self.object_limit,
                is_wbxml: self.peer_is_wbxml,
            },
            peer_limit: self.peer_object,
            excused: self.challenged,
            waiting: self.waiting_objects(),
            incoming: &mut self.incoming,
        };
        let mut executor = Executor::new(
            tree,
            &self.config.server_id,
            self.config.encoding,
            msg_ref,
            room,
            objects,
            &self.config.interactions,
        );
        begin(&mut executor);
        executor.go();
        let (done, rest) = executor.finish();
        tree.set_guard(&[], true);
        self.events.extend(done.events);
        self.accepted.extend(done.running.iter().cloned());
        self.running.extend(done.running);
        for answer in done.answers {
            self.queue_answer(answer);
        }
        for object in done.objects {
            self.queue_object(object);
        }
        self.paused = rest.map(|(levels, question)| Paused {
            id: self.next_interaction(),
            msg_ref: msg_ref.clone(),
            levels,
            question,
            reply: None,
        });
    }

    /// Whether each side has proved itself to the other by its credentials; the
    /// transport's word does not count here.
    fn is_mutual(&self) -> bool {
        let server = match self.config.verify {
            Requirement::Credentials(_) => self.verifier.is_satisfied(),
            Requirement::Transport | Requirement::Unknown => false,
        };
        server && self.prover.is_accepted() && !self.challenged
    }

    fn queue_answer(&mut self, command: Command) {
        let kind = match command {
            Command::Alert(_) => Kind::NoEndOfData,
            _ => Kind::Answer,
        };
        self.queue_outgoing(Outgoing {
            command,
            kind,
            part: None,
        });
    }

    /// Whether this message is answered for the sake of its challenge alone.
    fn challenges_alone(&self) -> bool {
        let challenge = self.header_status.as_ref().and_then(|it| it.chal.as_ref());
        self.config.challenge_alone && challenge.is_some() && !self.verifier.is_satisfied()
    }

    /// Decides whether this side speaks. It does not if all it had to say were
    /// the Status for the header (OMA DM Protocol 1.2 clause 8).
    pub(super) fn conclude(&mut self, now: Tick) {
        if self.paused.is_some() {
            return self.suspend(now);
        }
        // A package with an object in it ends with the object.
        self.closed_now &= !self.incoming.is_open();
        self.server_final |= self.closed_now;
        if self.closed_now {
            self.queue.extend(self.deferred.drain(..));
        }
        if self.queue.len() > MAX_PENDING {
            self.end(Event::Aborted(AbortReason::Overload));
        } else if self.aborting.is_some()
            || !self.queue.is_empty()
            || !self.server_final
            || self.challenges_alone()
        {
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
    is_alert(command, AlertCode::SESSION_ABORT)
}

fn is_alert(command: &Command, code: AlertCode) -> bool {
    matches!(command, Command::Alert(alert) if alert.code == Some(code))
}
