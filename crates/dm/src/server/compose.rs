//! The answer to the device's message (OMA DM Protocol 1.2 clauses 6, 8.4 and
//! 8.6).

use clock::Tick;
use syncml::{
    Alert, AlertCode, Command, Location, Meta, MsgId, RareMeta, Status, StatusCode, SyncHdr,
};

use super::{CommandId, Event, InFlight, Queued, Session, State};
use crate::Error;
use crate::session::{AbortReason, Draft, Encoding, MAX_MESSAGE, Transmit};

impl Session {
    /// The answer that is due, or the last one again for a repeated message.
    pub fn poll_transmit(&mut self, now: Tick) -> Option<Transmit> {
        if self.state != State::Owing {
            return if std::mem::take(&mut self.resend) {
                self.last.clone()
            } else {
                None
            };
        }
        self.resend = false;
        match self.compose() {
            Ok((octets, mac)) => {
                let transmit = Transmit {
                    to: None,
                    encoding: self.encoding,
                    octets,
                    mac,
                };
                self.last = Some(transmit.clone());
                let requests = self.last_requests.iter();
                let user_time = requests.map(|queued| queued.request.user_time()).sum();
                self.deadline = Some(now.plus(self.config.idle).plus(user_time));
                self.state = State::Waiting;
                if let Some(reason) = self.ending {
                    self.end(reason);
                }
                Some(transmit)
            }
            Err(reason) => {
                self.end(reason);
                None
            }
        }
    }

    fn end(&mut self, reason: AbortReason) {
        self.state = State::Over;
        self.queue.clear();
        self.events.push_back(Event::Aborted(reason));
    }

    /// This server's credentials go only to a device that has proved itself.
    fn header(&self) -> SyncHdr {
        let mut header = SyncHdr::new(
            self.config.session_id.clone(),
            MsgId::from(self.next_msg),
            Location::new(self.config.device_uri.clone()),
            Location::new(self.config.server_uri.clone()),
        );
        if self.verifier.is_satisfied() {
            header.cred = self.prover.cred();
        }
        if self.is_proving() {
            header.source.name = self.prover.user().map(str::to_owned);
        }
        header.meta = Some(Meta::from(RareMeta {
            max_msg_size: u64::try_from(MAX_MESSAGE).ok(),
            max_obj_size: u64::try_from(self.config.max_object).ok(),
            ..RareMeta::default()
        }));
        header
    }

    fn is_proving(&self) -> bool {
        self.verifier.is_satisfied() && self.prover.is_proving()
    }

    /// The answer and its HMAC.
    fn compose(&mut self) -> Result<(Vec<u8>, Option<String>), AbortReason> {
        // A challenge of the message that goes out now is about its own
        // commands, never about those of an older one.
        self.last_requests.clear();
        let header = self.header();
        let with_credentials = header.cred.is_some();
        let mut draft = Draft::new(header, self.encoding, self.peer_max)
            .map_err(unwritable)?
            .ok_or(AbortReason::MaxMsgSize)?;
        self.push_header_status(&mut draft)?;
        draft.reserve_next_message().map_err(unwritable)?;
        let is_final = if self.ending.is_some() {
            self.push_ending(&mut draft)?;
            true
        } else {
            self.push_body(&mut draft)?
        };
        let octets = draft.write(is_final).map_err(unwritable)?;
        self.prover.note_sent(with_credentials);
        let mac = if self.is_proving() {
            self.prover.mac(&octets)
        } else {
            None
        };
        self.next_msg = self.next_msg.saturating_add(1);
        Ok((octets, mac))
    }

    fn push_header_status(&mut self, draft: &mut Draft) -> Result<(), AbortReason> {
        let Some(status) = self.header_status.take() else {
            return Ok(());
        };
        let status = Command::Status(Box::new(status));
        match draft.push(status).map_err(unwritable)? {
            Some(_) => Ok(()),
            None => Err(AbortReason::MaxMsgSize),
        }
    }

    /// The last message: why it ends, unless the device knows, and as many
    /// statuses as fit.
    fn push_ending(&mut self, draft: &mut Draft) -> Result<(), AbortReason> {
        if matches!(
            self.ending,
            Some(AbortReason::ByUs | AbortReason::Overload | AbortReason::ProofRefused(_))
        ) {
            let abort = Command::Alert(Alert::new("1", AlertCode::SESSION_ABORT));
            draft.push(abort).map_err(unwritable)?;
        }
        self.push_replies(draft)?;
        self.replies.clear();
        Ok(())
    }

    /// Statuses, then commands if it is this side's turn. Whether the package
    /// ends with this message.
    fn push_body(&mut self, draft: &mut Draft) -> Result<bool, AbortReason> {
        let whole_room = draft.room();
        let some_replies = self.push_replies(draft)?;
        if !self.replies.is_empty() {
            return if some_replies {
                Ok(false)
            } else {
                Err(AbortReason::MaxMsgSize)
            };
        }
        if !self.verifier.is_satisfied() {
            // A challenge ends the package; the device begins again.
            return Ok(true);
        }
        if !self.my_turn {
            let cmd_id = draft.push_next_message();
            self.own_alerts.push((self.next_msg, cmd_id));
            return Ok(false);
        }
        let room = if some_replies {
            // At best the device's request for the next message is answered
            // beside it.
            whole_room.saturating_sub(next_message_status(self.encoding)?)
        } else {
            whole_room
        };
        let some_commands = !self.is_sending() && self.push_commands(draft, room)?;
        if self.is_sending() && !some_commands {
            return self.push_chunk(draft);
        }
        if !some_commands && !self.queue.is_empty() {
            // The statuses took the room: the command gets its own message.
            return Ok(false);
        }
        self.my_turn = false;
        if !some_commands && self.awaited.is_empty() {
            self.finished = true;
            self.events.push_back(Event::Finished);
        }
        Ok(true)
    }

    /// Whether any went in.
    fn push_replies(&mut self, draft: &mut Draft) -> Result<bool, AbortReason> {
        let mut some = false;
        while let Some(reply) = self.replies.pop_front() {
            let pushed = draft.push(reply.status.clone()).map_err(unwritable)?;
            let Some(cmd_id) = pushed else {
                self.replies.push_front(reply);
                break;
            };
            if matches!(reply.status, Command::Alert(_)) {
                self.own_alerts.push((self.next_msg, cmd_id));
            }
            some = true;
        }
        Ok(some)
    }

    /// Whether any went in. One longer than `room`, which it has at best, is cut
    /// or never sent.
    fn push_commands(&mut self, draft: &mut Draft, room: usize) -> Result<bool, AbortReason> {
        self.in_flight.clear();
        while let Some(queued) = self.queue.pop_front() {
            let request = &queued.request;
            let command = request.to_command(self.encoding).map_err(unwritable)?;
            let len = draft.len_of(&command).map_err(unwritable)?;
            if !self.takes_values(&queued.request) {
                self.too_large(&queued);
                continue;
            }
            match draft.push(command).map_err(unwritable)? {
                Some(cmd_id) => self.note_sent(cmd_id, queued),
                None if self.last_requests.is_empty() && len > room => {
                    if self.begin_object(&queued, room).map_err(unwritable)? {
                        break;
                    }
                    self.too_large(&queued);
                }
                None => {
                    self.queue.push_front(queued);
                    break;
                }
            }
        }
        Ok(!self.last_requests.is_empty())
    }

    fn too_large(&mut self, queued: &Queued) {
        let command = queued.id;
        self.events.push_back(Event::TooLarge { command });
    }

    fn note_sent(&mut self, cmd_id: u32, queued: Queued) {
        let whole = std::iter::once(&queued.request);
        for (offset, request) in (0..).zip(whole.chain(queued.request.inside())) {
            self.in_flight.push(InFlight {
                id: CommandId(queued.id.0.wrapping_add(offset)),
                msg_id: self.next_msg,
                cmd_id: cmd_id + offset,
                correlator: request.correlator().map(str::to_owned),
                answered: false,
                is_chunk: false,
            });
        }
        self.last_requests.push(queued);
    }
}

/// The octets of the Status that a request for the next message gets.
fn next_message_status(encoding: Encoding) -> Result<usize, AbortReason> {
    let longest = u32::MAX;
    let status = Status::new(longest, longest, longest, "Alert", StatusCode::OK);
    let status = Command::Status(Box::new(status));
    encoding.command_len(&status).map_err(unwritable)
}

fn unwritable(_: Error) -> AbortReason {
    AbortReason::Unwritable
}
