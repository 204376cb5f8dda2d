//! The port of the crate `dm` over writer and readers, and what people ask.

use std::sync::{Arc, PoisonError};

use clock::Timestamp;
use dm::queue::{
    Account, Commit, MessageRecord, QueueStore, QueuedCommand, QueuedId, SessionRecord, SessionRef,
    StoreError, Versioned,
};
use rusqlite::Connection;

use super::accounts::{self, AccountRow, AccountSummary};
use super::commands::{self, CommandPage, CommandQuery};
use super::groups::{self, Group};
use super::sessions::{self, SessionPage, SessionQuery};
use super::{ManagementChange, Prepared};
use crate::sqlite::SqliteStore;
use crate::sqlite::change::{Change, Done};
use crate::{Error, StoreKey};

impl SqliteStore {
    async fn manage(&self, change: ManagementChange) -> Result<usize, Error> {
        match self.change(Change::Management(change)).await? {
            Done::Rows(rows) => Ok(rows),
            _ => Err(Error::Closed),
        }
    }

    async fn look<T: Send + 'static>(
        &self,
        find: impl FnOnce(&Connection, &StoreKey) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let key = Arc::clone(&self.key);
        self.readers.read(move |conn| find(conn, &key)).await
    }

    /// Makes an account.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the device has one; [`Error::SecretReused`] if
    /// another device knows its server by the same secret.
    pub async fn add_account(&self, account: &Account) -> Result<(), Error> {
        let row = AccountRow::seal(&self.key, account)?;
        self.manage(ManagementChange::AddAccount(row)).await?;
        Ok(())
    }

    /// Removes an account with all that is kept of its device; whether there
    /// was one.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn remove_account(&self, device: &str) -> Result<bool, Error> {
        let change = ManagementChange::RemoveAccount(device.to_owned());
        Ok(self.manage(change).await? > 0)
    }

    /// The account whose login has this name, for a handshake: it blocks, on a
    /// connection of its own.
    ///
    /// # Errors
    /// What SQLite says, or a row that does not open.
    pub fn account_of_login_now(&self, name: &str) -> Result<Option<Account>, Error> {
        let conn = self.handshakes.lock();
        let conn = conn.unwrap_or_else(PoisonError::into_inner);
        accounts::by_login(&conn, &self.key, name)
    }

    /// A device's account, for a handshake, as
    /// [`account_of_login_now`](Self::account_of_login_now).
    ///
    /// # Errors
    /// What SQLite says, or a row that does not open.
    pub fn account_now(&self, device: &str) -> Result<Option<Account>, Error> {
        let conn = self.handshakes.lock();
        let conn = conn.unwrap_or_else(PoisonError::into_inner);
        let found = accounts::by_device(&conn, &self.key, device)?;
        Ok(found.map(|(account, _)| account))
    }

    /// Accounts in the order of their devices, those behind `after`.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn accounts(&self, after: &str, limit: usize) -> Result<Vec<AccountSummary>, Error> {
        let after = after.to_owned();
        self.look(move |conn, _| accounts::list(conn, &after, limit))
            .await
    }

    /// Puts a device into a group.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the device has no account.
    pub async fn join_group(&self, name: &str, device: &str) -> Result<(), Error> {
        let (name, device) = (name.to_owned(), device.to_owned());
        self.manage(ManagementChange::JoinGroup { name, device })
            .await?;
        Ok(())
    }

    /// Takes a device, or all, out of a group; whether any was in it.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn leave_group(&self, name: &str, device: Option<&str>) -> Result<bool, Error> {
        let (name, device) = (name.to_owned(), device.map(str::to_owned));
        let change = ManagementChange::LeaveGroup { name, device };
        Ok(self.manage(change).await? > 0)
    }

    /// All groups.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn groups(&self) -> Result<Vec<Group>, Error> {
        self.look(|conn, _| groups::list(conn)).await
    }

    /// The devices of a group; none for one that is not there.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn group_members(&self, name: &str) -> Result<Vec<String>, Error> {
        let name = name.to_owned();
        self.look(move |conn, _| groups::members(conn, &name)).await
    }

    /// A page of commands, newest first.
    ///
    /// # Errors
    /// What SQLite says, or a row that does not open.
    pub async fn commands(&self, query: CommandQuery) -> Result<CommandPage, Error> {
        self.look(move |conn, key| commands::page(conn, key, &query))
            .await
    }

    /// A page of sessions, newest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn sessions(&self, query: SessionQuery) -> Result<SessionPage, Error> {
        self.look(move |conn, _| sessions::page(conn, &query)).await
    }

    /// A session with its messages.
    ///
    /// # Errors
    /// What SQLite says, or a row that does not open.
    pub async fn session(
        &self,
        session: SessionRef,
    ) -> Result<Option<(SessionRecord, Vec<MessageRecord>)>, Error> {
        self.look(move |conn, key| sessions::by_ref(conn, key, &session.to_string()))
            .await
    }

    /// Ends the records of sessions that their server did not end.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn close_sessions(&self, now: Timestamp) -> Result<usize, Error> {
        self.manage(ManagementChange::CloseSessions(now)).await
    }

    /// Stores commands that were just queued, all or none.
    ///
    /// # Errors
    /// [`Error::QueueFull`] for a device with too many of them,
    /// [`Error::Conflict`] for one without an account.
    pub async fn queue(&self, commands: Vec<QueuedCommand>) -> Result<(), Error> {
        let new = |value| Versioned { value, version: 0 };
        let commit = Commit {
            commands: commands.into_iter().map(new).collect(),
            ..Commit::default()
        };
        let prepared = Prepared::new(&self.key, &commit)?;
        self.manage(ManagementChange::Commit(prepared)).await?;
        Ok(())
    }
}

impl QueueStore for SqliteStore {
    async fn account(&self, device: &str) -> Result<Option<Account>, StoreError> {
        let device = device.to_owned();
        let found = self.look(move |conn, key| accounts::by_device(conn, key, &device));
        Ok(found.await?.map(|(account, _)| account))
    }

    async fn account_of_login(&self, name: &str) -> Result<Option<Account>, StoreError> {
        let name = name.to_owned();
        let found = self.look(move |conn, key| accounts::by_login(conn, key, &name));
        Ok(found.await?)
    }

    async fn open_commands(
        &self,
        device: &str,
    ) -> Result<Vec<Versioned<QueuedCommand>>, StoreError> {
        let device = device.to_owned();
        let found = self.look(move |conn, key| commands::open_of(conn, key, &device));
        Ok(found.await?)
    }

    async fn expired(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Versioned<QueuedCommand>>, StoreError> {
        let found = self.look(move |conn, key| commands::expired(conn, key, now, limit));
        Ok(found.await?)
    }

    async fn command(&self, id: QueuedId) -> Result<Option<Versioned<QueuedCommand>>, StoreError> {
        let found = self.look(move |conn, key| commands::by_id(conn, key, &id.to_string()));
        Ok(found.await?)
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        let prepared = Prepared::new(&self.key, &commit)?;
        self.manage(ManagementChange::Commit(prepared)).await?;
        Ok(())
    }
}
