//! Requests that wait for their answers. GSUP has no numbers for its requests:
//! an answer goes to the oldest request for its subscriber and its kind of
//! procedure.

use std::collections::{HashMap, VecDeque};

use gsup::Message;
use tokio::sync::oneshot;

/// Requests that wait for an answer, on one connection at one time.
pub(super) const WAITING: usize = 1024;

/// A request, and who wants the answer.
pub(super) struct Job {
    pub(super) request: Message,
    pub(super) answer: oneshot::Sender<Message>,
}

/// Whose answer it is: the subscriber, and the type without its two low bits.
type Key = (String, u8);

/// Requests that wait for their answers.
#[derive(Default)]
pub(super) struct Waiting(HashMap<Key, VecDeque<oneshot::Sender<Message>>>);

impl Waiting {
    pub(super) fn len(&self) -> usize {
        self.0.values().map(VecDeque::len).sum()
    }

    /// Forgets those who gave up, once there are many: a peer that answers some
    /// requests only must not stop the others.
    pub(super) fn make_room(&mut self) {
        if self.len() >= WAITING {
            self.0.retain(|_, queue| {
                queue.retain(|answer| !answer.is_closed());
                !queue.is_empty()
            });
        }
    }

    /// `request` was sent, and its answer goes to `answer`.
    pub(super) fn put(&mut self, request: &Message, answer: oneshot::Sender<Message>) {
        self.0.entry(key(request)).or_default().push_back(answer);
    }

    /// Gives an answer to whoever waits for it.
    pub(super) fn answer(&mut self, message: Message) {
        let key = key(&message);
        let Some(queue) = self.0.get_mut(&key) else {
            return;
        };
        // One who gave up waiting has had its answer too.
        if let Some(first) = queue.pop_front() {
            let _ = first.send(message);
        }
        if queue.is_empty() {
            self.0.remove(&key);
        }
    }
}

fn key(message: &Message) -> Key {
    let procedure = message.body.message_type() & !0b11;
    (message.header.imsi.as_str().to_owned(), procedure)
}
