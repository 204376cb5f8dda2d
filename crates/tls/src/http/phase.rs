//! Where a server connection stands, and until when it may stand there. One
//! clock for each phase: a request that comes in one octet at a time has no
//! more time than one that comes at once (RFC 9112 clause 9.5).

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// After a request's time is up, the answer that says so may still be written.
const LAST_WORD: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No request under way.
    Idle,
    /// Octets of a request have come, not yet a whole head.
    Head,
    /// The head is there: body, handler.
    Request,
    /// The answer goes out.
    Answer,
}

#[derive(Clone, Copy)]
struct State {
    kind: Kind,
    until: Instant,
}

/// The phase of one connection; clones share it.
#[derive(Clone)]
pub(crate) struct Phase {
    state: Arc<watch::Sender<State>>,
    idle: Duration,
    request: Duration,
}

impl Phase {
    pub(crate) fn new(idle: Duration, request: Duration) -> Self {
        let state = State {
            kind: Kind::Idle,
            until: Instant::now() + idle,
        };
        Self {
            state: Arc::new(watch::Sender::new(state)),
            idle,
            request,
        }
    }

    /// Octets came in; while nothing was under way they begin a request.
    pub(crate) fn octets_came(&self) {
        if self.kind() == Kind::Idle {
            self.enter(Kind::Head, self.request);
        }
    }

    /// A head is complete; returns until when its handler has to answer.
    pub(crate) fn head_came(&self) -> Instant {
        let state = *self.state.borrow();
        // A pipelined head comes from hyper's buffer, without new octets.
        let until = match state.kind {
            Kind::Head => state.until,
            _ => Instant::now() + self.request,
        };
        self.state.send_replace(State {
            kind: Kind::Request,
            until: until + LAST_WORD,
        });
        until
    }

    /// The answer is ready to go out.
    pub(crate) fn answered(&self) {
        self.enter(Kind::Answer, self.request);
    }

    /// All octets that there were have gone out.
    pub(crate) fn all_written(&self) {
        if self.kind() == Kind::Answer {
            self.enter(Kind::Idle, self.idle);
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        self.state.borrow().kind
    }

    /// Waits until a phase has lasted too long, and says which.
    pub(crate) async fn overdue(&self) -> Kind {
        let mut changes = self.state.subscribe();
        loop {
            let State { kind, until } = *changes.borrow_and_update();
            tokio::select! {
                () = sleep_until(until) => return kind,
                // `self` holds the sender, so that this can't fail.
                _ = changes.changed() => {}
            }
        }
    }

    fn enter(&self, kind: Kind, lasting: Duration) {
        self.state.send_replace(State {
            kind,
            until: Instant::now() + lasting,
        });
    }
}
