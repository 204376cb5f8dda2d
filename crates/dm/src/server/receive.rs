//! A message from the device (OMA DM Protocol 1.2 clauses 8.3, 8.5 and 9).

use clock::{Random, Tick};
use syncml::{
    AlertCode, Command, Item, Meta, Results, Status, StatusCode, SyncHdr, UnsupportedCommand,
};

use super::{AlertId, CommandId, Event, Opening, Reply, Session, State};
use crate::Error;
use crate::auth::{Answer, Nonce, Verdict};
use crate::session::{
    AbortReason, Arrival, Handled, MAX_MESSAGE, MAX_PENDING, Profile, Received, Violation,
    command_status, header_status, item_value, refuse_all,
};
use crate::tree::Value;

impl Session {
    /// Takes a message from the device.
    ///
    /// # Errors
    /// A message that is refused changes nothing: [`Error::WrongSession`],
    /// [`Error::WrongSource`], [`Error::WrongTarget`], [`Error::MsgId`],
    /// [`Error::MsgIdReused`], [`Error::MsgIdStale`], [`Error::OutOfTurn`],
    /// [`Error::SessionOver`].
    pub fn handle_message(
        &mut self,
        now: Tick,
        received: &Received<'_>,
        random: &mut dyn Random,
    ) -> Result<Handled, Error> {
        let header = &received.message.header;
        self.check_header(header)?;
        let number = match self.inbox.judge(received)? {
            Arrival::Repeat => {
                self.resend = true;
                return Ok(Handled::Repeated);
            }
            Arrival::New(number) => number,
        };
        match self.state {
            State::Waiting => {}
            State::Owing => return Err(Error::OutOfTurn),
            State::Over => return Err(Error::SessionOver),
        }
        self.inbox.take(number, received);
        self.resend = false;
        self.finished = false;
        self.encoding = received.encoding;
        self.deadline = Some(now.plus(self.config.idle));
        self.state = State::Owing;
        self.take(received, random);
        Ok(Handled::Taken)
    }

    /// Whether a message is the last one again, octet by octet.
    #[must_use]
    pub fn is_repeated_by(&self, received: &Received<'_>) -> bool {
        matches!(self.inbox.judge(received), Ok(Arrival::Repeat))
    }

    /// Whether a message proves that the device sent it. Nothing else of it is
    /// looked at.
    #[must_use]
    pub fn is_proved_by(&self, received: &Received<'_>) -> bool {
        self.verifier.is_proved_by(received.shown())
    }

    /// Whether a message comes after the last one.
    #[must_use]
    pub fn is_followed_by(&self, received: &Received<'_>) -> bool {
        matches!(self.inbox.judge(received), Ok(Arrival::New(_)))
    }

    fn check_header(&self, header: &SyncHdr) -> Result<(), Error> {
        let profile = self.config.profile;
        if !profile.is_same_session(&header.session_id, &self.config.session_id) {
            return Err(Error::WrongSession);
        }
        if !profile.is_same_party(&header.source.uri, &self.config.device_uri) {
            return Err(Error::WrongSource);
        }
        let mut targets =
            std::iter::once(&self.config.server_uri).chain(&self.config.other_targets);
        if !targets.any(|target| *target == header.target.uri) {
            return Err(Error::WrongTarget);
        }
        Ok(())
    }

    fn take(&mut self, received: &Received<'_>, random: &mut dyn Random) {
        let header = &received.message.header;
        let commands = &received.message.body.commands;
        if let Some(max) = header.meta.as_ref().and_then(|meta| meta.rare.max_msg_size) {
            self.peer_max = usize::try_from(max).map_or(MAX_MESSAGE, |max| max.min(MAX_MESSAGE));
        }
        if let Some(max) = header.meta.as_ref().and_then(|meta| meta.rare.max_obj_size) {
            self.peer_object = Some(max);
        }
        if let Some(code) = version_fault(self.config.profile, header) {
            self.ending = Some(AbortReason::Version);
            self.header_status = Some(header_status(header, code, None));
            return self.refuse(header, commands, code);
        }
        let known = self.verifier.is_satisfied();
        match self.verifier.check(received.shown(), random) {
            Verdict::Accepted { code, chal, next } => {
                self.header_status = Some(header_status(header, code, chal));
                self.trust_device(known, next);
                self.take_body(header, commands, received.message.body.is_final);
                if self.replies.len() > MAX_PENDING {
                    self.ending = Some(AbortReason::Overload);
                }
            }
            Verdict::Challenged { code, chal } => {
                self.header_status = Some(header_status(header, code, Some(chal)));
                self.refuse(header, commands, code);
            }
            Verdict::Failed { code } => {
                self.ending = Some(AbortReason::PeerNotAuthenticated);
                self.header_status = Some(header_status(header, code, None));
                self.refuse(header, commands, code);
            }
        }
    }

    fn refuse(&mut self, header: &SyncHdr, commands: &[Command], code: StatusCode) {
        for status in refuse_all(header, commands, code) {
            self.reply(status, None);
        }
    }

    pub(super) fn reply(&mut self, status: Command, alert: Option<AlertId>) {
        self.replies.push_back(Reply { status, alert });
    }

    fn trust_device(&mut self, known: bool, given: Option<Nonce>) {
        if !known {
            self.events.push_back(Event::Authenticated);
        }
        if given.is_some() {
            self.nonces.verify = given;
            self.report_nonces();
        }
    }

    fn take_body(&mut self, header: &SyncHdr, commands: &[Command], is_final: bool) {
        if commands.iter().any(is_abort) {
            self.ending = Some(AbortReason::ByPeer);
        }
        let again = self.take_header_status(commands);
        self.settle_chunk(again);
        self.incoming.begin_message();
        if again {
            self.incoming.excuse();
        }
        for command in commands {
            let Some(command) = self.whole(header, command) else {
                continue;
            };
            let command = command.as_ref();
            match command {
                Command::Status(status) if again || status.cmd_ref.is_header() => {}
                Command::Status(status) => self.take_status(status),
                Command::Results(results) => self.take_results(header, command, results),
                Command::Alert(alert) => self.take_alert(header, command, alert),
                Command::Replace(replace) => self.take_device_info(header, command, replace),
                other => self.refuse_command(header, other),
            }
        }
        let unfinished = self.incoming.end_message();
        self.report(unfinished);
        if is_final && self.ending.is_none() {
            self.close_package();
        }
    }

    /// Whether the device challenged the last message, so that its commands
    /// must go out again.
    fn take_header_status(&mut self, commands: &[Command]) -> bool {
        let current = self.next_msg - 1;
        let mine = commands.iter().find_map(|command| match command {
            Command::Status(status)
                if status.cmd_ref.is_header() && status.msg_ref.number() == Some(current) =>
            {
                Some(status)
            }
            _ => None,
        });
        if mine.is_none() && current > 0 {
            let missing = Event::Violation(Violation::HeaderStatusMissing);
            self.events.push_back(missing);
        }
        let answer = match mine {
            Some(status) => self.prover.handle_status(status.code, status.chal.as_ref()),
            None => self.prover.handle_no_status(),
        };
        match answer {
            Answer::Accepted => {
                if mine.is_some() && self.prover.was_sent() {
                    self.events.push_back(Event::Proved);
                }
                if let Some(nonce) = self.prover.take_next() {
                    self.nonces.prove = Some(nonce);
                    self.report_nonces();
                }
                false
            }
            Answer::Again => {
                self.in_flight.retain(|sent| sent.msg_id != current);
                for queued in self.last_requests.drain(..).rev() {
                    self.queue.push_front(queued);
                }
                true
            }
            Answer::Refused(why) => {
                self.ending.get_or_insert(AbortReason::ProofRefused(why));
                true
            }
        }
    }

    fn take_status(&mut self, status: &Status) {
        let place = (status.msg_ref.number(), status.cmd_ref.number());
        let is_place = |(msg_id, cmd_id): &(u32, u32)| place == (Some(*msg_id), Some(*cmd_id));
        if let Some(alert) = self.own_alerts.iter().position(is_place) {
            self.own_alerts.swap_remove(alert);
            return;
        }
        let sent = self.in_flight.iter_mut().find(|sent| {
            status.msg_ref.number() == Some(sent.msg_id)
                && status.cmd_ref.number() == Some(sent.cmd_id)
        });
        let Some(sent) = sent else {
            let unknown = Event::Violation(Violation::UnknownReference);
            return self.events.push_back(unknown);
        };
        sent.answered = true;
        let command = sent.id;
        if sent.is_chunk {
            if self.take_chunk_status(status.code) {
                self.events.push_back(Event::Status {
                    command,
                    status: status.code,
                    items: status.items.clone(),
                });
            }
            return;
        }
        if status.code == StatusCode::ACCEPTED_FOR_PROCESSING
            && let Some(correlator) = &sent.correlator
            && !self.reported.contains(correlator)
        {
            self.awaited.insert(correlator.clone());
        }
        self.events.push_back(Event::Status {
            command,
            status: status.code,
            items: status.items.clone(),
        });
    }

    /// Results get a Status only when they are refused (RepPro clause 6.5.1).
    fn take_results(&mut self, header: &SyncHdr, command: &Command, results: &Results) {
        let Some(get) = self.answered_get(results) else {
            let unknown = Event::Violation(Violation::UnknownReference);
            self.events.push_back(unknown);
            let status = command_status(
                &header.msg_id,
                command,
                StatusCode::COMMAND_NOT_ALLOWED,
                None,
            );
            return self.reply(status, None);
        };
        for item in &results.items {
            match read_value(item, results.meta.as_ref()) {
                Ok(value) => self.events.push_back(Event::Results {
                    command: get,
                    source: item.source_uri().map(str::to_owned),
                    value,
                }),
                Err(error) => {
                    self.events
                        .push_back(Event::Violation(Violation::DataUnreadable));
                    let status = command_status(&header.msg_id, command, error.status(), None);
                    self.reply(status, None);
                }
            }
        }
    }

    /// The Get that Results answer.
    pub(super) fn answered_get(&self, results: &Results) -> Option<CommandId> {
        // A missing MsgRef means the first message.
        let msg_ref = results.msg_ref.as_ref().map_or(Some(1), |id| id.number());
        let sent = self.in_flight.iter().find(|sent| {
            msg_ref == Some(sent.msg_id) && results.cmd_ref.number() == Some(sent.cmd_id)
        });
        sent.map(|sent| sent.id)
    }

    /// A client sends nothing else (OMA DM Protocol 1.2 clause 8).
    pub(super) fn refuse_command(&mut self, header: &SyncHdr, command: &Command) {
        self.events
            .push_back(Event::Violation(Violation::CommandNotAllowed));
        let code = match command {
            Command::Unsupported(UnsupportedCommand { element: None, .. }) => {
                StatusCode::COMMAND_NOT_IMPLEMENTED
            }
            Command::Unsupported(_) => StatusCode::OPTIONAL_FEATURE_NOT_SUPPORTED,
            _ => StatusCode::COMMAND_NOT_ALLOWED,
        };
        self.refuse(header, std::slice::from_ref(command), code);
    }

    fn close_package(&mut self) {
        self.my_turn = true;
        if self.is_sending() {
            // The device's package ends with this side's.
            return;
        }
        if let Opening::Due { alert, info } = self.opening {
            self.opening = Opening::Seen;
            if !alert {
                let missing = Event::Violation(Violation::SessionAlertMissing);
                self.events.push_back(missing);
            }
            if !info {
                let missing = Event::Violation(Violation::DeviceInfoMissing);
                self.events.push_back(missing);
            }
        }
        for sent in self.in_flight.drain(..).filter(|sent| !sent.answered) {
            self.events
                .push_back(Event::Unanswered { command: sent.id });
        }
        self.reported.clear();
        self.own_alerts.clear();
        self.events.push_back(Event::PackageReceived);
    }
}

/// 505 or 513 for a version that is not spoken.
fn version_fault(profile: Profile, header: &SyncHdr) -> Option<StatusCode> {
    if !profile.takes_dtd(header) {
        Some(StatusCode::DTD_VERSION_NOT_SUPPORTED)
    } else if !profile.takes_protocol(header) {
        Some(StatusCode::PROTOCOL_VERSION_NOT_SUPPORTED)
    } else {
        None
    }
}

fn is_abort(command: &Command) -> bool {
    matches!(command, Command::Alert(alert) if alert.code == Some(AlertCode::SESSION_ABORT))
}

/// The value of an item. One without data says what kind of node it is, as in
/// the answer to `?list=Struct` (OMA DM TND 1.2 clause 8.2).
fn read_value(item: &Item, meta: Option<&Meta>) -> Result<Value, Error> {
    if let Some(value) = item_value(item, meta)? {
        return Ok(value);
    }
    Ok(match item.format(meta) {
        Some(format) => {
            let type_ = item.type_(meta).map(str::to_owned);
            Value::new(format.clone(), type_, Vec::new())
        }
        None => Value::text(""),
    })
}
