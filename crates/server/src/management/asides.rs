//! What a message gets that proves nothing, in a session that has begun (OMA DM
//! Security 1.2 clause 5.3). A session is found by names that others may know, so
//! such a message is answered by a copy of the session: its challenge stands
//! beside the session, which neither loses a MsgID nor changes otherwise. Whoever
//! answers the challenge with a proof goes on in the copy, and that is the session
//! from then on.

use clock::{Tick, Timestamp};
use dm::Error;
use dm::queue::{Direction, Transcript};
use dm::server::Session;
use dm::session::{Handled, Received, Transmit};
use tokens::os::OsRandom;

/// Challenges that may stand open beside one session.
const OPEN: usize = 4;

/// The challenges beside a session, oldest first.
#[derive(Default)]
pub(super) struct Asides {
    open: Vec<Aside>,
    /// Somebody has answered a challenge wrongly; there is no other one until
    /// the session has gone on.
    spent: bool,
}

/// A copy of a session that has challenged somebody.
pub(super) struct Aside {
    pub(super) session: Session,
    /// What was said in it, for the record of the session that it becomes.
    pub(super) said: Vec<(Timestamp, Direction, String)>,
}

impl Asides {
    /// The session has gone on: what was challenged before is void.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes out the copy in which this message proves the device.
    pub(super) fn take_proved(&mut self, received: &Received<'_>) -> Option<Aside> {
        let proves = |aside: &Aside| {
            aside.session.is_proved_by(received) && aside.session.is_followed_by(received)
        };
        let at = self.open.iter().position(proves)?;
        Some(self.open.swap_remove(at))
    }

    /// Whether a message is known here, or proves the device.
    pub(super) fn is_met_by(&self, received: &Received<'_>) -> bool {
        self.open.iter().any(|aside| {
            aside.session.is_repeated_by(received) || aside.session.is_proved_by(received)
        })
    }

    /// Answers a message that proves nothing beside `session`.
    pub(super) fn answer(
        &mut self,
        session: &Session,
        transcript: &Transcript,
        (ticks, now): (Tick, Timestamp),
        received: &Received<'_>,
    ) -> Result<Option<Transmit>, Error> {
        let again = |aside: &&mut Aside| aside.session.is_repeated_by(received);
        if let Some(aside) = self.open.iter_mut().find(again) {
            aside
                .session
                .handle_message(ticks, received, &mut OsRandom)?;
            return Ok(aside.session.poll_transmit(ticks));
        }
        if self.spent {
            return Err(Error::SessionOver);
        }
        // Who was challenged and is wrong again goes on where that happened.
        let follows = |aside: &&Aside| aside.session.is_followed_by(received);
        let (copy, mut said) = match self.open.iter().rev().find(follows) {
            Some(aside) => (aside.session.clone(), aside.said.clone()),
            None => (session.clone(), Vec::new()),
        };
        let mut session = copy;
        let handled = session.handle_message(ticks, received, &mut OsRandom)?;
        let transmit = session.poll_transmit(ticks);
        while session.poll_event().is_some() {}
        if handled == Handled::Repeated {
            return Ok(transmit);
        }
        if session.is_over() {
            self.spent = true;
            return Ok(transmit);
        }
        let mut transcript = *transcript;
        said.push((now, Direction::In, transcript.received(received)));
        if let Some(transmit) = &transmit {
            let text = transcript.sent(transmit.encoding, &transmit.octets);
            said.push((now, Direction::Out, text));
        }
        if self.open.len() >= OPEN {
            self.open.remove(0);
        }
        self.open.push(Aside { session, said });
        Ok(transmit)
    }
}
