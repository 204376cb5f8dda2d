//! What a management server stores (dm::queue): accounts, groups, commands and
//! sessions. The one writer makes the changes, readers find.

mod accounts;
mod commands;
mod groups;
mod port;
mod sessions;

pub use accounts::AccountSummary;
pub use commands::{CommandPage, CommandQuery};
pub use groups::Group;
pub use sessions::{SessionPage, SessionQuery};

use clock::Timestamp;
use dm::auth::Nonces;
use dm::queue::{Commit, SessionRecord};
use rusqlite::Connection;

use crate::{Error, StoreKey};
use accounts::AccountRow;
use commands::CommandRow;
use sessions::MessageRow;

/// The longest page.
const MAX_PAGE: usize = 1000;

/// What the writer is asked for.
pub(super) enum ManagementChange {
    AddAccount(AccountRow),
    RemoveAccount(String),
    JoinGroup {
        name: String,
        device: String,
    },
    LeaveGroup {
        name: String,
        device: Option<String>,
    },
    Commit(Prepared),
    CloseSessions(Timestamp),
}

/// A commit whose rows are sealed already.
pub(super) struct Prepared {
    nonces: Option<(String, Nonces)>,
    commands: Vec<CommandRow>,
    session: Option<SessionRecord>,
    messages: Vec<MessageRow>,
}

impl Prepared {
    fn new(key: &StoreKey, commit: &Commit) -> Result<Self, Error> {
        Ok(Self {
            nonces: commit.nonces.clone(),
            commands: commit
                .commands
                .iter()
                .map(|command| CommandRow::seal(key, command))
                .collect::<Result<_, _>>()?,
            session: commit.session.clone(),
            messages: commit
                .messages
                .iter()
                .map(|message| MessageRow::seal(key, message))
                .collect::<Result<_, _>>()?,
        })
    }

    fn apply(&self, conn: &Connection, key: &StoreKey) -> Result<(), Error> {
        if let Some((device, nonces)) = &self.nonces {
            accounts::set_nonces(conn, key, device, nonces)?;
        }
        for command in &self.commands {
            command.write(conn)?;
        }
        if let Some(session) = &self.session {
            sessions::put(conn, session)?;
        }
        self.messages
            .iter()
            .try_for_each(|message| message.write(conn))
    }
}

impl ManagementChange {
    /// Makes the change; how many rows it was about.
    pub(super) fn apply(&self, conn: &Connection, key: &StoreKey) -> Result<usize, Error> {
        match self {
            Self::AddAccount(row) => row.write(conn, key).map(|()| 1),
            Self::RemoveAccount(device) => accounts::remove(conn, device),
            Self::JoinGroup { name, device } => groups::join(conn, name, device),
            Self::LeaveGroup { name, device } => groups::leave(conn, name, device.as_deref()),
            Self::Commit(prepared) => prepared.apply(conn, key).map(|()| 1),
            Self::CloseSessions(now) => sessions::close_all(conn, *now),
        }
    }
}

pub(super) use accounts::check as check_accounts;
pub(super) use commands::check as check_commands;
pub(super) use sessions::check as check_messages;
