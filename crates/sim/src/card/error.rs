//! What can be wrong with a card's profile, its state and its store.

use std::io;
use std::path::PathBuf;

use thiserror::Error;
use uicc::UiccError;

/// A refusal. No variant carries keys, PINs or what a file of the card has in it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CardError {
    /// Malformed: a profile that is no TOML or JSON of the fields that there are.
    #[error("the profile can't be read: {0}")]
    Profile(String),
    /// Malformed: something in a profile that can't be.
    #[error("the profile is wrong: {0}")]
    ProfileValue(String),
    /// Denied or malformed: keys of a key set.
    #[error("a key set is wrong: {0}")]
    Keys(#[source] UiccError),
    /// Malformed: a message that can't be written.
    #[error("a message is wrong: {0}")]
    Message(#[source] UiccError),
    /// Denied: a message that a mobile does not give to its card.
    #[error(
        "the message is not for the card: TP-PID {protocol:02x}, TP-DCS {coding:02x}, \
         not 7f and class 2"
    )]
    NotForCard {
        /// TP-PID.
        protocol: u8,
        /// TP-DCS.
        coding: u8,
    },
    /// Malformed: a state that can't be read, without what stands there.
    #[error("the card's state can't be read (line {line}, column {column})")]
    Unreadable {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// Malformed: a state that no card can have.
    #[error("the card's state is wrong: {0}")]
    State(&'static str),
    /// Unsupported: a state of another version.
    #[error("the card's state has version {0}, which this program does not know")]
    Version(u32),
    /// Denied: a state that group or others may read or write.
    #[error("{path} is open to others: mode {mode:04o}")]
    OpenToOthers {
        /// Which file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Misuse: a card is there already.
    #[error("{0} has a card already")]
    Exists(PathBuf),
    /// Unavailable: another process has the card.
    #[error("another process has the card in {0}")]
    Busy(PathBuf),
    /// Unavailable: the file system.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl CardError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Profile(_) => "profile-unreadable",
            Self::ProfileValue(_) => "profile-wrong",
            Self::Keys(error) | Self::Message(error) => error.code(),
            Self::NotForCard { .. } => "message-not-for-card",
            Self::Unreadable { .. } => "card-state-unreadable",
            Self::State(_) => "card-state-wrong",
            Self::Version(_) => "card-state-version",
            Self::OpenToOthers { .. } => "file-open-to-others",
            Self::Exists(_) => "card-exists",
            Self::Busy(_) => "card-busy",
            Self::Io { .. } => "io",
        }
    }

    pub(super) fn io(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}
