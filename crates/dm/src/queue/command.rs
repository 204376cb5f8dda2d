//! A command that waits for its device, and its life: queued, sent, done; or
//! expired, cancelled, unknown.

use clock::Timestamp;
use serde::{Deserialize, Serialize};
use syncml::{Item, StatusCode};

use super::stored::{millis, text};
use super::{Part, QueuedId, Reading, RequestForm};
use crate::Error;
use crate::auth::Requirement;
use crate::server::{Config, Request, Session};

/// Where a command stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CommandState {
    /// Waits for its device.
    Queued,
    /// Given to a session; the device has not answered.
    Sent,
    /// Answered by the device, with whatever status, or never to be sent.
    Done,
    /// Its time passed before its device came.
    Expired,
    /// Called off before it was sent.
    Cancelled,
    /// Sent and never answered: nobody knows whether it was carried out.
    Unknown,
}

impl CommandState {
    const ALL: [Self; 6] = [
        Self::Queued,
        Self::Sent,
        Self::Done,
        Self::Expired,
        Self::Cancelled,
        Self::Unknown,
    ];

    /// Its name in API and store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Done => "done",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether nothing more is expected.
    #[must_use]
    pub const fn is_over(self) -> bool {
        !matches!(self, Self::Queued | Self::Sent)
    }
}

/// What somebody wants of a device.
#[derive(Clone)]
pub struct Order {
    /// The device's Source LocURI.
    pub device: String,
    /// The group that it was meant for, if not for the device alone.
    pub group: Option<String>,
    /// The command.
    pub request: Request,
    /// Higher goes first.
    pub priority: i8,
    /// Not to be sent from then on.
    pub expires_at: Timestamp,
}

/// A command in the queue. There is no `Debug`: values may be secrets.
#[derive(Clone, Serialize, Deserialize)]
pub struct QueuedCommand {
    #[serde(with = "text")]
    id: QueuedId,
    device: String,
    group: Option<String>,
    request: RequestForm,
    priority: i8,
    #[serde(with = "millis")]
    created: Timestamp,
    #[serde(with = "millis")]
    expires_at: Timestamp,
    pub(super) state: CommandState,
    /// How often it was given to a session.
    pub(super) attempts: u32,
    pub(super) parts: Vec<Part>,
    pub(super) remark: Option<String>,
}

impl QueuedCommand {
    /// Queues what somebody wants.
    ///
    /// # Errors
    /// As [`Session::push`] for a request that can't be sent at all.
    pub fn new(id: QueuedId, now: Timestamp, order: Order) -> Result<Self, Error> {
        let none = Config::new("", "", "1".into(), Requirement::Unknown);
        Session::new(none).push(order.request.clone())?;
        Ok(Self {
            id,
            device: order.device,
            group: order.group,
            request: RequestForm::from(&order.request),
            priority: order.priority,
            created: now,
            expires_at: order.expires_at,
            state: CommandState::Queued,
            attempts: 0,
            parts: Vec::new(),
            remark: None,
        })
    }

    /// Its name.
    #[must_use]
    pub const fn id(&self) -> QueuedId {
        self.id
    }

    /// The device's Source LocURI.
    #[must_use]
    pub fn device(&self) -> &str {
        &self.device
    }

    /// The group that it was meant for.
    #[must_use]
    pub fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// The command.
    #[must_use]
    pub const fn request(&self) -> &RequestForm {
        &self.request
    }

    /// Higher goes first.
    #[must_use]
    pub const fn priority(&self) -> i8 {
        self.priority
    }

    /// When it was queued.
    #[must_use]
    pub const fn created(&self) -> Timestamp {
        self.created
    }

    /// Not to be sent from then on.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> CommandState {
        self.state
    }

    /// How often it was given to a session.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// What the device made of it: first the command itself, then those inside
    /// it, parents before children.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Why there is no status.
    #[must_use]
    pub fn remark(&self) -> Option<&str> {
        self.remark.as_deref()
    }

    /// Whether it is done and the device said yes.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.state == CommandState::Done && self.parts.first().is_some_and(Part::succeeded)
    }

    /// Calls it off.
    ///
    /// # Errors
    /// [`Error::Misuse`] once it was sent or is over.
    pub fn cancel(&mut self) -> Result<(), Error> {
        if self.state != CommandState::Queued {
            return Err(Error::Misuse("only a command that waits can be called off"));
        }
        self.state = CommandState::Cancelled;
        Ok(())
    }

    /// Marks it as expired if it still waits when its time has passed.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        if self.state == CommandState::Queued && self.expires_at <= now {
            self.state = CommandState::Expired;
        }
    }

    /// Takes what the device tells of an Exec after its answer.
    pub fn take_report(&mut self, values: Vec<Reading>) {
        if let Some(part) = self.part(0) {
            values.into_iter().for_each(|value| part.take_value(value));
        }
    }

    /// What goes to the device: an Exec bears the command's name as correlator
    /// unless it has another.
    pub(super) fn to_request(&self) -> Request {
        let mut request = Request::from(self.request.clone());
        if let Request::Exec { correlator, .. } = &mut request {
            correlator.get_or_insert_with(|| self.id.to_string());
        }
        request
    }

    /// Commands in it, itself and those inside.
    pub(super) fn count(&self) -> u32 {
        fn count(form: &RequestForm) -> u32 {
            match form {
                RequestForm::Sequence(inside) | RequestForm::Atomic(inside) => {
                    inside.iter().map(count).fold(1, u32::saturating_add)
                }
                _ => 1,
            }
        }
        count(&self.request)
    }

    /// Whether it runs a process, which must not run twice.
    pub(super) fn runs(&self) -> bool {
        fn runs(form: &RequestForm) -> bool {
            match form {
                RequestForm::Exec { .. } => true,
                RequestForm::Sequence(inside) | RequestForm::Atomic(inside) => {
                    inside.iter().any(runs)
                }
                _ => false,
            }
        }
        runs(&self.request)
    }

    /// The outcome of one of its commands; `None` past the last.
    pub(super) fn part(&mut self, at: u32) -> Option<&mut Part> {
        let count = usize::try_from(self.count()).unwrap_or(usize::MAX);
        if self.parts.len() < count {
            self.parts.resize_with(count, Part::default);
        }
        self.parts.get_mut(usize::try_from(at).ok()?)
    }

    pub(super) fn take_status(&mut self, at: u32, code: StatusCode, items: &[Item]) {
        if let Some(part) = self.part(at) {
            part.take_status(code, items);
        }
    }

    pub(super) fn is_answered(&self) -> bool {
        self.parts.first().is_some_and(|part| part.status.is_some())
    }
}
