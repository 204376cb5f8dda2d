//! Large objects of a server (OMA DM Protocol 1.2 clause 7): commands in chunks
//! to a device that takes them, Results and alerts in chunks from it.
//!
//! A command is cut only if no message can hold it whole. Its package is as
//! many messages as there are chunks, with nothing else in them but statuses.

use std::borrow::Cow;

use syncml::{Alert, AlertCode, Command, Results, StatusCode, SyncHdr};

use super::{CommandId, Event, InFlight, Queued, Request, Session};
use crate::Error;
use crate::session::{AbortReason, Chunk, Draft, Key, Object, Terms, Violation, command_status};
use crate::tree::{NodeKind, Value};

/// A command on its way in chunks.
#[derive(Clone)]
pub(super) struct Sending {
    command: CommandId,
    correlator: Option<String>,
    object: Object,
    /// Where the last chunk sent began.
    before: usize,
    /// Where the next begins.
    at: usize,
}

impl Sending {
    fn is_sent(&self) -> bool {
        self.at >= self.object.size()
    }
}

impl Session {
    /// Has devices take objects in chunks that do not announce a `MaxObjSize`,
    /// as `./DevDetail/LrgObj` says.
    pub const fn assume_large_objects(&mut self) {
        self.config.large_objects = true;
    }

    /// Whether chunks of a command are still to be sent.
    pub(super) fn is_sending(&self) -> bool {
        self.sending
            .as_ref()
            .is_some_and(|sending| !sending.is_sent())
    }

    /// Whether the device takes all values of a request by its `MaxObjSize`.
    pub(super) fn takes_values(&self, request: &Request) -> bool {
        let largest = u64::try_from(request.largest_value()).unwrap_or(u64::MAX);
        self.peer_object.is_none_or(|limit| largest <= limit)
    }

    /// Begins to send a command in chunks if it can be; whether it did.
    pub(super) fn begin_object(&mut self, queued: &Queued, room: usize) -> Result<bool, Error> {
        let takes = self.peer_object.is_some() || self.config.large_objects;
        let Some(value) = queued.request.one_value().filter(|_| takes) else {
            return Ok(false);
        };
        let command = queued.request.to_command(self.encoding)?;
        let object = Object::new(self.encoding, command, value.clone())?;
        if object.cut(self.encoding, 0, room)?.is_none() {
            return Ok(false);
        }
        self.sending = Some(Sending {
            command: queued.id,
            correlator: queued.request.correlator().map(str::to_owned),
            object,
            before: 0,
            at: 0,
        });
        Ok(true)
    }

    /// Puts the next chunk into a message. Whether the package ends with it.
    pub(super) fn push_chunk(&mut self, draft: &mut Draft) -> Result<bool, AbortReason> {
        let Some(sending) = &mut self.sending else {
            return Ok(true);
        };
        let cut = sending.object.cut(self.encoding, sending.at, draft.room());
        let Some((command, next)) = cut.map_err(|_| AbortReason::Unwritable)? else {
            // Before the first chunk the statuses may have taken the room.
            let begun = sending.at > 0;
            return if begun {
                Err(AbortReason::MaxMsgSize)
            } else {
                Ok(false)
            };
        };
        let pushed = draft.push(command).map_err(|_| AbortReason::Unwritable)?;
        let cmd_id = pushed.ok_or(AbortReason::MaxMsgSize)?;
        sending.before = sending.at;
        sending.at = next;
        let is_last = sending.is_sent();
        self.in_flight = vec![InFlight {
            id: sending.command,
            msg_id: self.next_msg,
            cmd_id,
            correlator: sending.correlator.clone(),
            answered: false,
            is_chunk: !is_last,
        }];
        if is_last {
            self.my_turn = false;
        }
        Ok(is_last)
    }

    /// The device has, or has not, challenged the message with the last chunk.
    pub(super) fn settle_chunk(&mut self, again: bool) {
        if again {
            if let Some(sending) = &mut self.sending {
                sending.at = sending.before;
            }
        } else if !self.is_sending() {
            self.sending = None;
        }
    }

    /// The device's Status for a chunk with others behind it: `true` if it is
    /// the Status of the command, which ends here.
    pub(super) fn take_chunk_status(&mut self, code: StatusCode) -> bool {
        if code == StatusCode::CHUNKED_ITEM_ACCEPTED {
            return false;
        }
        let sending = self.sending.take();
        if code.is_success() {
            // What it did with a part is anybody's guess.
            self.violate(Violation::ChunkTakenForWhole);
            self.events.extend(sending.map(|sending| Event::Unanswered {
                command: sending.command,
            }));
            return false;
        }
        true
    }

    /// Alert 1225: the device has lost the object.
    pub(super) fn give_up_object(&mut self) {
        if let Some(sending) = self.sending.take_if(|sending| !sending.is_sent()) {
            self.violate(Violation::ObjectRefused);
            self.events.push_back(Event::Unanswered {
                command: sending.command,
            });
        }
    }

    fn violate(&mut self, violation: Violation) {
        self.events.push_back(Event::Violation(violation));
    }

    /// A command of the device with its chunks put together; `None` where there
    /// is nothing whole in it.
    pub(super) fn whole<'c>(
        &mut self,
        header: &SyncHdr,
        command: &'c Command,
    ) -> Option<Cow<'c, Command>> {
        let is_chunk = command.items().iter().any(|item| item.more_data);
        match command {
            Command::Status(_) => {}
            Command::Alert(alert) if alert.code == Some(AlertCode::NEXT_MESSAGE) => {
                // Statuses that wait come before the object's next part.
                if !self.replies.is_empty() {
                    self.incoming.excuse();
                }
            }
            Command::Results(results) if is_chunk || self.incoming.is_busy() => {
                return self.whole_results(header, command, results);
            }
            Command::Alert(alert) if is_chunk || self.incoming.is_busy() => {
                return self.whole_alert(header, command, alert);
            }
            _ if is_chunk => {
                // The device information goes into the first message (clause
                // 8.3) and is never cut.
                self.interrupt();
                let status = StatusCode::OPTIONAL_FEATURE_NOT_SUPPORTED;
                self.reply(command_status(&header.msg_id, command, status, None), None);
                return None;
            }
            _ => self.interrupt(),
        }
        Some(Cow::Borrowed(command))
    }

    fn terms(&self) -> Terms {
        Terms {
            limit: Some(self.config.max_object),
            is_wbxml: self.encoding.is_wbxml(),
        }
    }

    fn whole_results<'c>(
        &mut self,
        header: &SyncHdr,
        command: &'c Command,
        results: &Results,
    ) -> Option<Cow<'c, Command>> {
        let Some(get) = self.answered_get(results) else {
            self.interrupt();
            return Some(Cow::Borrowed(command));
        };
        let mut items = Vec::new();
        for item in &results.items {
            let key = Key::of(command, item);
            let terms = self.terms();
            let meta = results.meta.as_ref();
            let (unfinished, chunk) = self.incoming.take(key, meta, item, terms);
            self.report(unfinished);
            let status = match chunk {
                Chunk::Whole => {
                    items.push(item.clone());
                    continue;
                }
                Chunk::Complete(item) => {
                    items.push(*item);
                    continue;
                }
                Chunk::Buffered => StatusCode::CHUNKED_ITEM_ACCEPTED,
                Chunk::Refused(status) => {
                    let command = get;
                    self.events
                        .push_back(Event::ResultsRefused { command, status });
                    status
                }
            };
            self.reply(command_status(&header.msg_id, command, status, None), None);
        }
        let whole = Results {
            items,
            ..results.clone()
        };
        (!whole.items.is_empty()).then_some(Cow::Owned(Command::Results(whole)))
    }

    /// An alert in chunks has one item.
    fn whole_alert<'c>(
        &mut self,
        header: &SyncHdr,
        command: &'c Command,
        alert: &Alert,
    ) -> Option<Cow<'c, Command>> {
        let [item] = alert.items.as_slice() else {
            self.interrupt();
            if alert.items.iter().any(|item| item.more_data) {
                let status = StatusCode::OPTIONAL_FEATURE_NOT_SUPPORTED;
                self.reply(command_status(&header.msg_id, command, status, None), None);
                return None;
            }
            return Some(Cow::Borrowed(command));
        };
        let terms = self.terms();
        let key = Key::of(command, item);
        let (unfinished, chunk) = self.incoming.take(key, None, item, terms);
        self.report(unfinished);
        let status = match chunk {
            Chunk::Whole => return Some(Cow::Borrowed(command)),
            Chunk::Complete(item) => {
                let items = vec![*item];
                let alert = Alert {
                    items,
                    ..alert.clone()
                };
                return Some(Cow::Owned(Command::Alert(alert)));
            }
            Chunk::Buffered => StatusCode::CHUNKED_ITEM_ACCEPTED,
            Chunk::Refused(status) => status,
        };
        self.reply(command_status(&header.msg_id, command, status, None), None);
        None
    }

    fn interrupt(&mut self) {
        let unfinished = self.incoming.interrupt();
        self.report(unfinished);
    }

    /// Alert 1225 for an object that ended without its last chunk.
    pub(super) fn report(&mut self, unfinished: Option<Key>) {
        if let Some(key) = unfinished {
            self.violate(Violation::ObjectUnfinished);
            self.reply(key.no_end_of_data(), None);
        }
    }
}

impl Request {
    /// The value of a command that may be cut.
    fn one_value(&self) -> Option<&Value> {
        match self {
            Self::Add {
                kind: NodeKind::Leaf(value),
                ..
            }
            | Self::Replace { value, .. } => Some(value),
            Self::Exec { argument, .. } => argument.as_ref(),
            _ => None,
        }
    }

    /// The octets of the largest value, those in a group included.
    fn largest_value(&self) -> usize {
        let own = self.one_value().map_or(0, Value::size);
        let inside = self.inside().iter().map(Self::largest_value);
        inside.fold(own, usize::max)
    }
}
