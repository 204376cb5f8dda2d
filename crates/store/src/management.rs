//! A management server's store over the backends.

use clock::Timestamp;
use dm::queue::{
    Account, Commit, MessageRecord, QueueStore, QueuedCommand, QueuedId, SessionRecord, SessionRef,
    StoreError, Versioned,
};

use crate::{
    AccountSummary, CommandPage, CommandQuery, Error, Group, SessionPage, SessionQuery, Store,
};

macro_rules! as_there {
    ($($name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        impl Store {$(
            #[doc = concat!("As [`SqliteStore::", stringify!($name), "`](crate::SqliteStore::", stringify!($name), ").")]
            ///
            /// # Errors
            /// As there.
            pub async fn $name(&self, $($argument: $type),*) -> Result<$answer, Error> {
                match self {
                    Self::Sqlite(store) => store.$name($($argument),*).await,
                }
            }
        )*}
    };
}

as_there! {
    add_account(account: &Account) -> ();
    remove_account(device: &str) -> bool;
    accounts(after: &str, limit: usize) -> Vec<AccountSummary>;
    join_group(name: &str, device: &str) -> ();
    leave_group(name: &str, device: Option<&str>) -> bool;
    groups() -> Vec<Group>;
    group_members(name: &str) -> Vec<String>;
    commands(query: CommandQuery) -> CommandPage;
    sessions(query: SessionQuery) -> SessionPage;
    session(session: SessionRef) -> Option<(SessionRecord, Vec<MessageRecord>)>;
    close_sessions(now: Timestamp) -> usize;
    queue(commands: Vec<QueuedCommand>) -> ();
}

impl Store {
    /// As [`SqliteStore::account_of_login_now`](crate::SqliteStore::account_of_login_now).
    ///
    /// # Errors
    /// As there.
    pub fn account_of_login_now(&self, name: &str) -> Result<Option<Account>, Error> {
        match self {
            Self::Sqlite(store) => store.account_of_login_now(name),
        }
    }

    /// As [`SqliteStore::account_now`](crate::SqliteStore::account_now).
    ///
    /// # Errors
    /// As there.
    pub fn account_now(&self, device: &str) -> Result<Option<Account>, Error> {
        match self {
            Self::Sqlite(store) => store.account_now(device),
        }
    }
}

impl QueueStore for Store {
    async fn account(&self, device: &str) -> Result<Option<Account>, StoreError> {
        match self {
            Self::Sqlite(store) => store.account(device).await,
        }
    }

    async fn account_of_login(&self, name: &str) -> Result<Option<Account>, StoreError> {
        match self {
            Self::Sqlite(store) => store.account_of_login(name).await,
        }
    }

    async fn open_commands(
        &self,
        device: &str,
    ) -> Result<Vec<Versioned<QueuedCommand>>, StoreError> {
        match self {
            Self::Sqlite(store) => store.open_commands(device).await,
        }
    }

    async fn expired(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Versioned<QueuedCommand>>, StoreError> {
        match self {
            Self::Sqlite(store) => store.expired(now, limit).await,
        }
    }

    async fn command(&self, id: QueuedId) -> Result<Option<Versioned<QueuedCommand>>, StoreError> {
        match self {
            Self::Sqlite(store) => store.command(id).await,
        }
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => QueueStore::commit(store, commit).await,
        }
    }
}
