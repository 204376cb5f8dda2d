//! What a management server must store, and how: load, let the engines decide,
//! commit all of it in one transaction, then answer (house rule "store, then
//! answer"). Implemented by the crate `store`.

use std::future::Future;
use std::sync::Arc;

use clock::Timestamp;
use thiserror::Error as ThisError;

use super::{Account, QueuedCommand, QueuedId, SessionRef};
use crate::auth::Nonces;

/// An aggregate with the version under which it was loaded; 0 for a new one.
#[derive(Clone)]
pub struct Versioned<T> {
    /// The aggregate.
    pub value: T,
    /// Raised by one at every commit.
    pub version: u64,
}

/// What is kept of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// Its name here.
    pub id: SessionRef,
    /// The device's Source LocURI.
    pub device: String,
    /// The SessionID of its messages.
    pub session_id: String,
    /// When its first message came.
    pub started: Timestamp,
    /// When it ended, if it has.
    pub ended: Option<Timestamp>,
    /// How it ended: `finished` or a reason code.
    pub outcome: Option<String>,
}

/// Where a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the device.
    In,
    /// To the device.
    Out,
}

impl Direction {
    /// Its name in API and store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }
}

/// A message of a session, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRecord {
    /// The session.
    pub session: SessionRef,
    /// Its place among the session's messages in both directions, from 1.
    pub number: u32,
    /// Where it went.
    pub direction: Direction,
    /// When.
    pub at: Timestamp,
    /// The message as XML, masked.
    pub text: String,
}

/// All that one step changed. Committed whole or not at all.
#[derive(Clone, Default)]
pub struct Commit {
    /// New nonces of a device's account.
    pub nonces: Option<(String, Nonces)>,
    /// Commands of the queue.
    pub commands: Vec<Versioned<QueuedCommand>>,
    /// A session's record, made or changed.
    pub session: Option<SessionRecord>,
    /// Messages of sessions that have a record.
    pub messages: Vec<MessageRecord>,
}

/// Why a store did not do what it was asked.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum StoreError {
    /// Something changed since it was loaded: load it again and repeat the
    /// step. Nothing was stored.
    #[error("a command changed since it was loaded")]
    Conflict,
    /// No room: nothing was stored.
    #[error("the store is full")]
    Full,
    /// Another fault of the store; nothing was stored.
    #[error("the store failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A management server's store.
pub trait QueueStore: Send + Sync {
    /// A device's account.
    fn account(
        &self,
        device: &str,
    ) -> impl Future<Output = Result<Option<Account>, StoreError>> + Send;

    /// The account whose [login](Account::login) has this name.
    fn account_of_login(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<Option<Account>, StoreError>> + Send;

    /// A device's commands that are queued or sent, oldest first.
    fn open_commands(
        &self,
        device: &str,
    ) -> impl Future<Output = Result<Vec<Versioned<QueuedCommand>>, StoreError>> + Send;

    /// Commands that wait and whose time has passed.
    fn expired(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Versioned<QueuedCommand>>, StoreError>> + Send;

    /// A command by its name.
    fn command(
        &self,
        id: QueuedId,
    ) -> impl Future<Output = Result<Option<Versioned<QueuedCommand>>, StoreError>> + Send;

    /// Stores all of it, or nothing. A device whose account is gone is a
    /// [`StoreError::Conflict`].
    fn commit(&self, commit: Commit) -> impl Future<Output = Result<(), StoreError>> + Send;
}

impl<S: QueueStore> QueueStore for Arc<S> {
    fn account(
        &self,
        device: &str,
    ) -> impl Future<Output = Result<Option<Account>, StoreError>> + Send {
        S::account(self, device)
    }

    fn account_of_login(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<Option<Account>, StoreError>> + Send {
        S::account_of_login(self, name)
    }

    fn open_commands(
        &self,
        device: &str,
    ) -> impl Future<Output = Result<Vec<Versioned<QueuedCommand>>, StoreError>> + Send {
        S::open_commands(self, device)
    }

    fn expired(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Versioned<QueuedCommand>>, StoreError>> + Send {
        S::expired(self, now, limit)
    }

    fn command(
        &self,
        id: QueuedId,
    ) -> impl Future<Output = Result<Option<Versioned<QueuedCommand>>, StoreError>> + Send {
        S::command(self, id)
    }

    fn commit(&self, commit: Commit) -> impl Future<Output = Result<(), StoreError>> + Send {
        S::commit(self, commit)
    }
}
