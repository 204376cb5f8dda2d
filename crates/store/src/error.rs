//! Why a store refuses or fails, and who is to blame (house rule 4). No message
//! carries a secret or a whole IMSI.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use provisioning::ports::StoreError;
use provisioning::{ProvisioningError, Reason};
use thiserror::Error;

/// A refusal or failure by this crate.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// Denied: an aggregate changed since it was loaded. Nothing was stored.
    #[error("an aggregate changed since it was loaded")]
    Conflict,
    /// Denied: no room on the disk or under the store's own limit. Nothing was
    /// stored.
    #[error("the store is full")]
    Full,
    /// Unsupported: not the URL of a store that this version has.
    #[error("`{0}` is not the URL of a store; write sqlite:PATH")]
    UrlUnsupported(String),
    /// Unsupported: SQLite did not take a setting on which durability rests.
    #[error("SQLite answered `{answered}` instead of `{wanted}` to PRAGMA {pragma}")]
    Pragma {
        /// The pragma.
        pragma: &'static str,
        /// The setting.
        wanted: &'static str,
        /// What holds instead.
        answered: String,
    },
    /// Misuse: a database that something else made.
    #[error("the database is not a store of this kind (its application_id is {0:#010x})")]
    NotOurs(i32),
    /// Unsupported: a schema from before the first one, or none at all beside
    /// tables of somebody's.
    #[error("the store's schema has version {0}, which no version of this program has made")]
    SchemaOlder(i64),
    /// Unsupported: the schema of a newer version of this program.
    #[error("the store's schema has version {found}; this program knows {known} at most")]
    SchemaNewer {
        /// The version found.
        found: i64,
        /// The newest that is known here.
        known: i64,
    },
    /// Misuse: the key given is not the one with which the store was made.
    #[error("the store was made with another key")]
    WrongKey,
    /// Malformed: a row does not open in its place: altered, moved, or sealed
    /// under another key.
    #[error("row {key} of {table} does not open: altered, moved or under another key")]
    RowAltered {
        /// The table.
        table: &'static str,
        /// The row's key; an IMSI is masked.
        key: String,
    },
    /// Malformed: what SQLite's own check found.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// Misuse: a commit that can't be meant.
    #[error("the commit can't be stored: {0}")]
    Misuse(&'static str),
    /// Misuse: a subscriber is to be enabled that the HLR does not have.
    #[error("the HLR does not have the subscriber that is to be enabled")]
    NoSuchSubscriber,
    /// Misuse: not 5 to 14 digits, or one of two prefixes that overlap.
    #[error("IMSIs can't be taken under the prefix `{0}`")]
    ImsiPrefix(String),
    /// Denied: every IMSI under the prefix was given.
    #[error("no IMSI is left under the prefix `{0}`")]
    ImsiExhausted(String),
    /// Denied by a rule of numbers or pools.
    #[error("refused: {0}")]
    Refused(provisioning::Reason),
    /// Denied: a device has as many commands waiting as it may have.
    #[error("too many commands wait for the device")]
    QueueFull,
    /// Denied: another account has this server's secret (OMA DM Security 1.2
    /// clause 5.1). Nothing was stored.
    #[error("another account has the same secret of its server")]
    SecretReused,
    /// Denied: another account's transport has this name. Nothing was stored.
    #[error("another account has the same name towards its transport")]
    LoginTaken,
    /// Misuse: a backup never overwrites a file.
    #[error("{} exists already and is not overwritten", .0.display())]
    BackupExists(PathBuf),
    /// The system refused a file.
    #[error("{}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// SQLite failed.
    #[error("SQLite failed")]
    Sqlite(#[source] Arc<rusqlite::Error>),
    /// libcrypto failed.
    #[error("libcrypto failed")]
    Crypto(#[from] openssl::error::ErrorStack),
    /// Bug: an aggregate can't be written or read.
    #[error("an aggregate can't be encoded")]
    State(#[from] serde_json::Error),
    /// The store was closed, or its writer has ended.
    #[error("the store is closed")]
    Closed,
}

impl Error {
    /// The reason code, stable.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            // Its reason has a code of its own.
            Self::Refused(_) => "store-refused",
            Self::Conflict => "store-conflict",
            Self::Full => "store-full",
            Self::UrlUnsupported(_) => "store-url-unsupported",
            Self::Pragma { .. } => "store-pragma-refused",
            Self::NotOurs(_) => "store-not-ours",
            Self::SchemaOlder(_) => "store-schema-older",
            Self::SchemaNewer { .. } => "store-schema-newer",
            Self::WrongKey => "store-key-wrong",
            Self::RowAltered { .. } => "store-row-altered",
            Self::Damaged(_) => "store-damaged",
            Self::Misuse(_) => "store-misuse",
            Self::NoSuchSubscriber => "store-subscriber-unknown",
            Self::ImsiPrefix(_) => "store-imsi-prefix",
            Self::ImsiExhausted(_) => "imsis-exhausted",
            Self::QueueFull => "dm-queue-full",
            Self::SecretReused => "server-secret-reused",
            Self::LoginTaken => "login-taken",
            Self::BackupExists(_) => "store-backup-exists",
            Self::Io { .. } => "store-io",
            Self::Sqlite(_) => "store-sqlite",
            Self::Crypto(_) => "store-crypto",
            Self::State(_) => "store-state-encoding",
            Self::Closed => "store-closed",
        }
    }

    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            _ => Self::Sqlite(Arc::new(error)),
        }
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::Conflict => Self::Conflict,
            Error::Full => Self::Full,
            Error::Refused(reason) => Self::Refused(reason),
            Error::ImsiExhausted(_) => Self::Refused(Reason::new("imsis-exhausted")),
            other => Self::Failed(Box::new(other)),
        }
    }
}

/// A rule of pools or numbers said no, or a row can't be what it should.
impl From<ProvisioningError> for Error {
    fn from(error: ProvisioningError) -> Self {
        match error {
            ProvisioningError::Refused(reason) => Self::Refused(reason),
            other => Self::Damaged(other.to_string()),
        }
    }
}

impl From<Error> for dm::queue::StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::Conflict => Self::Conflict,
            Error::Full => Self::Full,
            other => Self::Failed(Box::new(other)),
        }
    }
}
