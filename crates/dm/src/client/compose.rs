//! The next message to the server (OMA DM Protocol 1.2 clauses 6 and 8.3).

use clock::Tick;
use syncml::{Alert, AlertCode, Command, Location, Meta, MsgId, RareMeta, SyncHdr};

use super::{Event, Kind, Outgoing, Sent, Session, State};
use crate::Error;
use crate::session::{AbortReason, Draft, MAX_MESSAGE, Transmit};

impl Session {
    /// The next message to send, if one is due: a new one, or the last one
    /// again after a timeout.
    pub fn poll_transmit(&mut self, now: Tick) -> Option<Transmit> {
        match self.state {
            State::Waiting { .. } if self.resend => {
                self.resend = false;
                self.last.clone()
            }
            State::Ready => match self.compose() {
                Ok((octets, mac)) => Some(self.sending(now, octets, mac)),
                Err(reason) => {
                    self.end(Event::Aborted(reason));
                    None
                }
            },
            _ => None,
        }
    }

    fn sending(&mut self, now: Tick, octets: Vec<u8>, mac: Option<String>) -> Transmit {
        let transmit = Transmit {
            to: Some(self.uri.clone()),
            encoding: self.config.encoding,
            octets,
            mac,
        };
        if let Some(reason) = self.aborting {
            self.end(Event::Aborted(reason));
        } else {
            self.last = Some(transmit.clone());
            self.state = State::Waiting {
                deadline: now.plus(self.config.timing.retransmit_after),
                left: self.config.timing.transmissions.saturating_sub(1),
            };
        }
        transmit
    }

    /// The header of the next message.
    fn header(&self) -> SyncHdr {
        let mut header = SyncHdr::new(
            self.config.session_id.clone(),
            MsgId::from(self.next_msg),
            Location::new(self.config.server_uri.clone()),
            Location::new(self.config.device_uri.clone()),
        );
        header.cred = self.prover.cred();
        if self.prover.is_proving() {
            header.source.name = self.prover.user().map(str::to_owned);
        }
        header.meta = Some(Meta::from(RareMeta {
            max_msg_size: u64::try_from(MAX_MESSAGE).ok(),
            max_obj_size: self
                .object_limit
                .and_then(|limit| u64::try_from(limit).ok()),
            ..RareMeta::default()
        }));
        header
    }

    /// A message with its header and the Status for the server's.
    fn draft(&self) -> Result<Draft, AbortReason> {
        let mut draft = Draft::new(self.header(), self.config.encoding, self.peer_max)
            .map_err(unwritable)?
            .ok_or(AbortReason::MaxMsgSize)?;
        if let Some(status) = &self.header_status {
            let status = Command::Status(Box::new(status.clone()));
            if draft.push(status).map_err(unwritable)?.is_none() {
                return Err(AbortReason::MaxMsgSize);
            }
        }
        draft.reserve_next_message().map_err(unwritable)?;
        Ok(draft)
    }

    /// The octets that one answer may have, in a message of its own.
    pub(super) fn room_for_answer(&self) -> usize {
        self.draft().map_or(0, |draft| draft.room())
    }

    /// The next message and its HMAC.
    fn compose(&mut self) -> Result<(Vec<u8>, Option<String>), AbortReason> {
        let mut draft = self.draft()?;
        let whole_room = draft.room();
        // What this message answers has been heard; older commands may still
        // get their statuses.
        self.sent.retain(|sent| sent.outgoing.kind != Kind::Answer);
        if self.aborting.is_some() {
            // Nobody waits for objects any more.
            self.queue.retain(|outgoing| outgoing.part.is_none());
            self.queue.push_front(Outgoing {
                command: Command::Alert(Alert::new("1", AlertCode::SESSION_ABORT)),
                kind: Kind::Abort,
                part: None,
            });
        }
        self.push_queue(&mut draft, whole_room)?;
        let closes = self.server_final && self.queue.is_empty();
        if !self.server_final && self.aborting.is_none() {
            let cmd_id = draft.push_next_message();
            let alert = Alert::new(cmd_id, AlertCode::NEXT_MESSAGE);
            let outgoing = Outgoing {
                command: Command::Alert(alert),
                kind: Kind::NextMessage,
                part: None,
            };
            self.note_sent(cmd_id, outgoing);
        }
        self.write(draft, closes || self.aborting.is_some())
    }

    /// Puts in what waits, in order, as long as there is room.
    fn push_queue(&mut self, draft: &mut Draft, whole_room: usize) -> Result<(), AbortReason> {
        let before = self.sent.len();
        while let Some(outgoing) = self.queue.pop_front() {
            let kind = outgoing.kind;
            if outgoing.part.is_some() {
                let alone = self.sent.len() == before;
                if self.push_part(draft, outgoing, alone, whole_room)? {
                    continue;
                }
                break;
            }
            match draft.push(outgoing.command.clone()).map_err(unwritable)? {
                Some(cmd_id) => self.note_sent(cmd_id, outgoing),
                None if self.sent.len() > before => {
                    self.queue.push_front(outgoing);
                    break;
                }
                None => match kind {
                    Kind::Alert(alert) => {
                        self.events.push_back(Event::AlertDropped { alert });
                    }
                    _ => return Err(AbortReason::MaxMsgSize),
                },
            }
        }
        Ok(())
    }

    fn write(
        &mut self,
        draft: Draft,
        is_final: bool,
    ) -> Result<(Vec<u8>, Option<String>), AbortReason> {
        let with_credentials = draft.has_credentials();
        let octets = draft.write(is_final).map_err(unwritable)?;
        if is_final {
            // What the server says next is a package of its own.
            self.server_final = false;
        }
        self.prover.note_sent(with_credentials);
        let mac = self.prover.mac(&octets);
        self.next_msg = self.next_msg.saturating_add(1);
        Ok((octets, mac))
    }

    pub(super) fn note_sent(&mut self, cmd_id: u32, outgoing: Outgoing) {
        self.sent.push(Sent {
            msg_id: self.next_msg,
            cmd_id,
            outgoing,
        });
    }
}

fn unwritable(_: Error) -> AbortReason {
    AbortReason::Unwritable
}
