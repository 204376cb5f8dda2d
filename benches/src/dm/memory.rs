//! A store of the queue in memory: what a session costs when storing is free.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use clock::Timestamp;
use dm::queue::{
    Account, Commit, QueueStore, QueuedCommand, QueuedId, SessionRecord, SessionRef, StoreError,
    Versioned,
};

/// The store, and how often it was called.
#[derive(Default)]
pub(crate) struct Memory {
    all: Mutex<All>,
    calls: AtomicU64,
}

#[derive(Default)]
struct All {
    accounts: HashMap<String, Account>,
    /// Of each device, oldest first; those that are over go away.
    open: HashMap<String, Vec<Versioned<QueuedCommand>>>,
    sessions: HashMap<SessionRef, SessionRecord>,
}

impl Memory {
    pub(crate) fn add_account(&self, account: Account) {
        self.lock().accounts.insert(account.device.clone(), account);
    }

    pub(crate) fn queue(&self, commands: Vec<QueuedCommand>) {
        let mut all = self.lock();
        for value in commands {
            let device = value.device().to_owned();
            let command = Versioned { value, version: 1 };
            all.open.entry(device).or_default().push(command);
        }
    }

    /// Calls so far.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Commands that wait or are under way.
    pub(crate) fn open_count(&self) -> usize {
        self.lock().open.values().map(Vec::len).sum()
    }

    fn count(&self) -> MutexGuard<'_, All> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl QueueStore for Memory {
    async fn account(&self, device: &str) -> Result<Option<Account>, StoreError> {
        Ok(self.count().accounts.get(device).cloned())
    }

    async fn account_of_login(&self, _: &str) -> Result<Option<Account>, StoreError> {
        Ok(None)
    }

    async fn open_commands(
        &self,
        device: &str,
    ) -> Result<Vec<Versioned<QueuedCommand>>, StoreError> {
        Ok(self.count().open.get(device).cloned().unwrap_or_default())
    }

    async fn expired(
        &self,
        _: Timestamp,
        _: usize,
    ) -> Result<Vec<Versioned<QueuedCommand>>, StoreError> {
        Ok(Vec::new())
    }

    async fn command(&self, id: QueuedId) -> Result<Option<Versioned<QueuedCommand>>, StoreError> {
        let all = self.count();
        let mut open = all.open.values().flatten();
        Ok(open.find(|command| command.value.id() == id).cloned())
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        let mut all = self.count();
        for mut command in commit.commands {
            let open = all.open.get_mut(command.value.device());
            let open = open.ok_or(StoreError::Conflict)?;
            let at = open
                .iter()
                .position(|known| known.value.id() == command.value.id())
                .ok_or(StoreError::Conflict)?;
            let Some(known) = open.get_mut(at) else {
                return Err(StoreError::Conflict);
            };
            if known.version != command.version {
                return Err(StoreError::Conflict);
            }
            command.version += 1;
            *known = command;
            if known.value.state().is_over() {
                open.remove(at);
            }
        }
        if let Some((device, nonces)) = commit.nonces {
            let account = all.accounts.get_mut(&device);
            account.ok_or(StoreError::Conflict)?.set_nonces(nonces);
        }
        if let Some(session) = commit.session {
            if session.ended.is_some() {
                all.sessions.remove(&session.id);
            } else {
                all.sessions.insert(session.id, session);
            }
        }
        Ok(())
    }
}
