//! Large objects of a device (OMA DM Protocol 1.2 clause 7): Add, Replace and
//! Exec in chunks from the server; Results and generic alerts in chunks to it.
//!
//! A command in a group has to fit into its message (clause 6.1), so there is
//! no chunk inside a Sequence or an Atomic: 406. The device information goes
//! into the first message (clause 8.3) and is not cut either.

use std::sync::Arc;

use syncml::{Alert, AlertCode, Command, Item, ItemCommand, StatusCode};

use super::execute::Executor;
use super::{Event, Kind, Outgoing, Session};
use crate::Error;
use crate::session::{
    AbortReason, Chunk, Draft, Encoding, Incoming, Key, Object, Terms, Violation,
};
use crate::tree::{Tree, Value};

/// What a message's commands must know of large objects.
pub(super) struct Objects<'a> {
    pub(super) incoming: &'a mut Incoming,
    pub(super) terms: Terms,
    /// The server's `MaxObjSize`.
    pub(super) peer_limit: Option<u64>,
    /// The message challenges this side and need not have the next part.
    pub(super) excused: bool,
    /// Octets of objects that wait to be sent.
    pub(super) waiting: usize,
}

/// An object on its way out.
#[derive(Clone)]
pub(super) struct Part {
    pub(super) object: Arc<Object>,
    /// Where the next chunk begins.
    pub(super) at: usize,
}

impl Part {
    pub(super) fn new(encoding: Encoding, command: Command, value: Value) -> Result<Self, Error> {
        let object = Arc::new(Object::new(encoding, command, value)?);
        Ok(Self { object, at: 0 })
    }

    fn is_of(&self, outgoing: &Outgoing) -> bool {
        let other = outgoing.part.as_ref();
        other.is_some_and(|other| Arc::ptr_eq(&self.object, &other.object))
    }
}

impl Executor<'_> {
    /// Runs an Add, Replace or Exec of the body, or keeps a chunk of it.
    pub(super) fn whole_or_chunk(&mut self, command: &Command) {
        let is_chunk = command.items().iter().any(|item| item.more_data);
        if !is_chunk && !self.objects.incoming.is_busy() {
            return self.items(command);
        }
        if command.items().is_empty() {
            self.interrupt();
            return self.items(command);
        }
        for item in command.items() {
            let key = Key::of(command, item);
            let meta = meta(command);
            let terms = self.objects.terms;
            let (unfinished, chunk) = self.objects.incoming.take(key, meta, item, terms);
            self.report(unfinished);
            match chunk {
                Chunk::Whole => self.items(&with_only(command, item.clone())),
                Chunk::Complete(item) => self.items(&with_only(command, *item)),
                Chunk::Buffered => {
                    let status = StatusCode::CHUNKED_ITEM_ACCEPTED;
                    self.answer(command, status, item.target_uri());
                }
                Chunk::Refused(status) => self.answer(command, status, item.target_uri()),
            }
        }
    }

    /// Another command than the object's next chunk: alert 1225.
    pub(super) fn interrupt(&mut self) {
        let unfinished = self.objects.incoming.interrupt();
        self.report(unfinished);
    }

    /// The end of a message: an object without a part in it is given up.
    pub(super) fn end_message(&mut self) {
        let unfinished = self.objects.incoming.end_message();
        self.report(unfinished);
    }

    fn report(&mut self, unfinished: Option<Key>) {
        if let Some(key) = unfinished {
            self.violation(Violation::ObjectUnfinished);
            self.say(key.no_end_of_data());
        }
    }

    /// What a Get read and no message can hold: an object to be cut, if the
    /// server takes one as large.
    pub(super) fn large_results(&mut self, results: Command, value: Value) -> Result<(), Error> {
        let size = value.size();
        let limit = self.objects.terms.limit.ok_or(Error::TooLarge)?;
        let object = Object::new(self.encoding, results, value)?;
        if object.cut(self.encoding, 0, self.room)?.is_none() {
            return Err(Error::TooLarge);
        }
        let waiting = self.objects.waiting.saturating_add(size);
        if self.objects.waiting > 0 && waiting > limit {
            return Err(Error::Busy);
        }
        self.objects.waiting = waiting;
        self.send(Arc::new(object));
        Ok(())
    }

    /// Whether the server takes an object of `size` octets, whole or in chunks.
    pub(super) fn check_peer_limit(&self, size: usize) -> Result<(), Error> {
        takes(self.objects.peer_limit, size)
            .then_some(())
            .ok_or(Error::TooLarge)
    }

    /// What goes on with a chunk that was not kept gets the same status.
    pub(super) fn note_refused_chunk(&mut self, command: &Command, status: StatusCode) {
        let may_be_chunk = matches!(
            command,
            Command::Add(_) | Command::Replace(_) | Command::Exec(_)
        );
        if may_be_chunk && !status.is_success() {
            for item in command.items().iter().filter(|item| item.more_data) {
                let key = Key::of_item(item);
                self.objects.incoming.refuse(key, item, status);
            }
        }
    }

    /// No chunks in groups, where `items` has not looked for them.
    pub(super) fn check_chunk(&mut self, item: &Item) -> Result<(), Error> {
        let key = Key::of_item(item);
        let code = StatusCode::OPTIONAL_FEATURE_NOT_SUPPORTED;
        if self.objects.incoming.refuse(key, item, code) {
            return Err(Error::Unsupported("large objects in groups"));
        }
        Ok(())
    }
}

/// Whether somebody with this `MaxObjSize` takes an object.
pub(super) fn takes(limit: Option<u64>, size: usize) -> bool {
    limit.is_none_or(|limit| u64::try_from(size).is_ok_and(|size| size <= limit))
}

const fn meta(command: &Command) -> Option<&syncml::Meta> {
    match command {
        Command::Add(command) | Command::Replace(command) => command.meta.as_ref(),
        Command::Exec(exec) => exec.meta.as_ref(),
        _ => None,
    }
}

/// The command with one item.
fn with_only(command: &Command, item: Item) -> Command {
    let one = |command: &ItemCommand, item| ItemCommand {
        cmd_id: command.cmd_id.clone(),
        no_resp: command.no_resp,
        meta: command.meta.clone(),
        items: vec![item],
    };
    match command {
        Command::Add(command) => Command::Add(one(command, item)),
        Command::Replace(command) => Command::Replace(one(command, item)),
        Command::Exec(exec) => Command::Exec(syncml::Exec {
            cmd_id: exec.cmd_id.clone(),
            no_resp: exec.no_resp,
            meta: exec.meta.clone(),
            correlator: exec.correlator.clone(),
            items: vec![item],
        }),
        other => other.clone(),
    }
}

impl Session {
    /// The largest object that is taken and announced: what the setting and
    /// the tree allow.
    pub(super) fn measure_tree(&mut self, tree: &Tree) {
        let most = tree.limits().max_value;
        self.object_limit = self.config.max_object.map(|limit| limit.min(most));
    }

    /// Octets of objects that wait.
    pub(super) fn waiting_objects(&self) -> usize {
        let parts = self.queue.iter().filter_map(|out| out.part.as_ref());
        parts.map(|part| part.object.size()).sum()
    }

    /// Queues an answer, before an object of which a part has gone out: only
    /// its chunks come after that.
    pub(super) fn queue_outgoing(&mut self, outgoing: Outgoing) {
        let begun = |out: &Outgoing| out.part.as_ref().is_some_and(|part| part.at > 0);
        let place = self.queue.iter().position(begun);
        self.queue
            .insert(place.unwrap_or(self.queue.len()), outgoing);
    }

    pub(super) fn queue_object(&mut self, object: Arc<Object>) {
        self.queue.push_back(Outgoing {
            // The object has the command.
            command: Command::Alert(Alert::new("1", AlertCode::NEXT_MESSAGE)),
            kind: Kind::Answer,
            part: Some(Part { object, at: 0 }),
        });
    }

    /// Puts the next chunk into a message, or all of an object that fits.
    /// Whether the message may go on; one object is sent at a time.
    pub(super) fn push_part(
        &mut self,
        draft: &mut Draft,
        outgoing: Outgoing,
        alone: bool,
        whole_room: usize,
    ) -> Result<bool, AbortReason> {
        let Some(part) = outgoing.part.clone() else {
            return Ok(true);
        };
        let too_large = part.at == 0 && !takes(self.peer_object, part.object.size());
        let cut = if too_large {
            None
        } else {
            let encoding = self.config.encoding;
            let cut = part.object.cut(encoding, part.at, draft.room());
            cut.map_err(|_| AbortReason::Unwritable)?
        };
        let whole = cut
            .as_ref()
            .is_some_and(|(_, next)| *next == part.object.size());
        let later = part.at == 0 && !whole && part.object.whole_len() <= whole_room;
        match cut {
            // What fits into one message is not cut: it waits for its own.
            Some(_) if later && !alone => {
                self.queue.push_front(outgoing);
                Ok(false)
            }
            Some((command, next)) => self.push_chunk(draft, outgoing, command, next),
            None if !alone && !too_large => {
                self.queue.push_front(outgoing);
                Ok(false)
            }
            None => self.drop_part(&outgoing),
        }
    }

    fn push_chunk(
        &mut self,
        draft: &mut Draft,
        mut outgoing: Outgoing,
        command: Command,
        next: usize,
    ) -> Result<bool, AbortReason> {
        let pushed = draft.push(command).map_err(|_| AbortReason::Unwritable)?;
        let cmd_id = pushed.ok_or(AbortReason::MaxMsgSize)?;
        self.note_sent(cmd_id, outgoing.clone());
        let Some(part) = &mut outgoing.part else {
            return Ok(true);
        };
        part.at = next;
        let is_last = next == part.object.size();
        if !is_last {
            self.queue.push_front(outgoing);
        }
        Ok(is_last)
    }

    /// An object that can't be sent.
    fn drop_part(&mut self, outgoing: &Outgoing) -> Result<bool, AbortReason> {
        match outgoing.kind {
            Kind::Alert(alert) => {
                self.events.push_back(Event::AlertDropped { alert });
                Ok(true)
            }
            _ => Err(AbortReason::MaxMsgSize),
        }
    }

    /// The rest of the object of which `sent` was a chunk, taken back.
    pub(super) fn take_rest_of(&mut self, part: &Part) -> Option<Outgoing> {
        let place = self.queue.iter().position(|out| part.is_of(out))?;
        self.queue.remove(place)
    }

    /// The server's Status for a chunk. Anything but 213 ends an object that
    /// has more of them.
    pub(super) fn take_chunk_status(&mut self, sent: &Outgoing, code: StatusCode) {
        let Some(part) = &sent.part else {
            return;
        };
        let rest = self.take_rest_of(part);
        match (rest, sent.kind) {
            (Some(rest), _) if code == StatusCode::CHUNKED_ITEM_ACCEPTED => {
                self.queue.push_front(rest);
            }
            (_, Kind::Alert(alert)) => {
                let status = code;
                self.events
                    .push_back(Event::AlertAnswered { alert, status });
            }
            (Some(_), _) => self.violate(Violation::ObjectRefused),
            (None, _) if !code.is_success() => self.violate(Violation::ObjectRefused),
            (None, _) => {}
        }
    }

    /// Alert 1225: the server has lost the object.
    pub(super) fn give_up_object(&mut self) {
        let begun = |out: &Outgoing| out.part.as_ref().is_some_and(|part| part.at > 0);
        let Some(place) = self.queue.iter().position(begun) else {
            return;
        };
        self.violate(Violation::ObjectRefused);
        if let Some(Outgoing {
            kind: Kind::Alert(alert),
            ..
        }) = self.queue.remove(place)
        {
            self.events.push_back(Event::AlertDropped { alert });
        }
    }

    fn violate(&mut self, violation: Violation) {
        self.events.push_back(Event::Violation(violation));
    }
}
