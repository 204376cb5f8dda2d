//! One session with a device: the engine, its part of the queue, and what is
//! kept for people.

use clock::{Tick, Timestamp};
use dm::queue::{
    Account, Commit, Delivery, Direction, LoginKind, MessageRecord, Report, SessionRecord,
    SessionRef, Transcript, accept_alert,
};
use dm::server::{Config, Event, Session};
use dm::session::{Handled, Received, Transmit};
use tokens::os::OsRandom;

use super::ManagementConfig;
use super::asides::Asides;
use crate::Error;

/// Messages that are kept of one session, and octets of all of them.
const KEPT: u32 = 200;
const KEPT_OCTETS: usize = 4 << 20;
/// Messages that are kept before the device has proved itself, and the most
/// octets of each: they may be anybody's.
const KEPT_OF_STRANGER: usize = 4;
const STRANGER_OCTETS: usize = 16 * 1024;

/// What became of a message in a session that has begun.
pub(super) enum Heard {
    /// It went on.
    Within(Handled),
    /// It stays as it was; this is the answer to whoever it is.
    Aside(Option<Transmit>),
}

/// One session.
pub(super) struct Dialogue {
    pub(super) session: Session,
    asides: Asides,
    pub(super) delivery: Delivery,
    /// What a device tells of commands of earlier sessions.
    pub(super) reports: Vec<Report>,
    pub(super) authenticated: bool,
    /// What the device's transport has to show.
    pub(super) login: Option<LoginKind>,
    record: SessionRecord,
    /// The record differs from what is stored.
    touched: bool,
    /// What its messages may show.
    pub(super) transcript: Transcript,
    messages: Vec<MessageRecord>,
    next_message: u32,
    kept_octets: usize,
    nonces: Option<dm::auth::Nonces>,
}

impl Dialogue {
    /// A session that begins with this message. A device without an account is
    /// asked for credentials that nobody has.
    pub(super) fn new(
        config: &ManagementConfig,
        account: Option<&Account>,
        first: &Received<'_>,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let device = first.source();
        let session_id = first.session_id().clone();
        let id_text = session_id.as_str().to_owned();
        let verify = account.map_or(Ok(dm::auth::Requirement::Unknown), Account::requirement);
        let verify = verify.map_err(provisioning::ProvisioningError::from)?;
        let mut settings = Config::new(&config.server_uri, device, session_id, verify);
        settings.other_targets.clone_from(&config.other_targets);
        // A session is found by names that anybody may know, so each message
        // proves itself.
        settings.scope = dm::auth::Scope::Message;
        settings.idle = config.idle;
        if let Some(account) = account {
            let prove = account.server_credentials();
            settings.prove = prove.map_err(provisioning::ProvisioningError::from)?;
            settings.nonces = account.nonces();
            // One that a later version wrote is taken for none.
            settings.profile = account.profile.parse().unwrap_or_default();
        }
        Ok(Self {
            session: Session::new(settings),
            asides: Asides::default(),
            delivery: Delivery::new(config.policy),
            reports: Vec::new(),
            authenticated: false,
            login: account.and_then(|it| Some(it.login.as_ref()?.kind())),
            record: SessionRecord {
                id: SessionRef::random(&mut OsRandom),
                device: device.to_owned(),
                session_id: id_text,
                started: now,
                ended: None,
                outcome: None,
            },
            touched: false,
            transcript: Transcript::default(),
            messages: Vec::new(),
            next_message: 1,
            kept_octets: 0,
            nonces: None,
        })
    }

    /// Whether a message is surely of this session: it proves the device, or is
    /// one that was answered already.
    pub(super) fn is_met_by(&self, received: &Received<'_>) -> bool {
        let session = &self.session;
        session.is_proved_by(received)
            || session.is_repeated_by(received)
            || self.asides.is_met_by(received)
    }

    /// Takes a message after the first. One that proves nothing leaves the
    /// session as it is.
    pub(super) fn hear(
        &mut self,
        ticks: Tick,
        now: Timestamp,
        received: &Received<'_>,
    ) -> Result<Heard, dm::Error> {
        if !self.session.is_proved_by(received) && !self.session.is_repeated_by(received) {
            let Some(aside) = self.asides.take_proved(received) else {
                let at = (ticks, now);
                let answer = self
                    .asides
                    .answer(&self.session, &self.transcript, at, received)?;
                return Ok(Heard::Aside(answer));
            };
            self.session = aside.session;
            for (at, direction, text) in aside.said {
                self.note(at, direction, text);
            }
        }
        let handled = self
            .session
            .handle_message(ticks, received, &mut OsRandom)?;
        if handled == Handled::Taken {
            self.asides.clear();
        }
        Ok(Heard::Within(handled))
    }

    /// The device's Source LocURI.
    pub(super) fn device(&self) -> &str {
        &self.record.device
    }

    /// Keeps a message for people.
    pub(super) fn note(&mut self, now: Timestamp, direction: Direction, text: String) {
        let stranger = !self.authenticated && self.messages.len() >= KEPT_OF_STRANGER;
        if stranger || self.next_message > KEPT {
            return;
        }
        let octets = text.len();
        let kept = self.kept_octets.saturating_add(octets);
        let stranger = !self.authenticated && octets > STRANGER_OCTETS;
        let text = if stranger || kept > KEPT_OCTETS {
            format!("(not kept: {octets} octets)")
        } else {
            self.kept_octets = kept;
            text
        };
        self.messages.push(MessageRecord {
            session: self.record.id,
            number: self.next_message,
            direction,
            at: now,
            text,
        });
        self.next_message = self.next_message.saturating_add(1);
    }

    /// Takes all events of the engine.
    pub(super) fn take_events(&mut self, now: Timestamp) {
        while let Some(event) = self.session.poll_event() {
            accept_alert(&mut self.session, &event);
            self.reports.extend(self.delivery.take(&event));
            match event {
                Event::Authenticated => {
                    self.authenticated = true;
                    self.touched = true;
                }
                Event::NoncesChanged(nonces) => self.nonces = Some(nonces),
                Event::Finished => self.end(now, "finished"),
                Event::Aborted(reason) => {
                    tracing::info!(reason = reason.code(), "a DM session was broken off");
                    self.end(now, reason.code());
                }
                _ => {}
            }
        }
    }

    /// Its device stayed away.
    pub(super) fn leave(&mut self, now: Timestamp) {
        self.delivery.abandon();
        if self.record.ended.is_none() {
            self.end(now, dm::session::AbortReason::TimedOut.code());
        }
    }

    fn end(&mut self, now: Timestamp, outcome: &str) {
        self.record.ended = Some(now);
        self.record.outcome = Some(outcome.to_owned());
        self.touched = true;
    }

    /// Whether something is to be stored that can't wait for the next message.
    pub(super) fn has_more_than_messages(&self) -> bool {
        self.authenticated && (self.touched || self.nonces.is_some() || self.delivery.has_changed())
    }

    /// Whether messages wait to be stored.
    pub(super) const fn has_messages(&self) -> bool {
        self.authenticated && !self.messages.is_empty()
    }

    /// What is to be stored; `None` if that is nothing. Whoever has proved
    /// nothing makes no one write.
    pub(super) fn take_commit(&mut self) -> Option<Commit> {
        if !self.authenticated {
            return None;
        }
        let commit = Commit {
            nonces: self
                .nonces
                .take()
                .map(|nonces| (self.record.device.clone(), nonces)),
            commands: self.delivery.take_changed(),
            session: std::mem::take(&mut self.touched).then(|| self.record.clone()),
            messages: std::mem::take(&mut self.messages),
        };
        let nothing = commit.nonces.is_none()
            && commit.commands.is_empty()
            && commit.session.is_none()
            && commit.messages.is_empty();
        (!nothing).then_some(commit)
    }
}
