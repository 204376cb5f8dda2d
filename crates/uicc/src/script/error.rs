//! What is wrong with a script as it is written: the line, the word, and what is
//! allowed there.

use std::borrow::Cow;
use std::fmt;

use thiserror::Error;

use crate::UiccError;

/// A refusal of a script, by its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    /// The line, from 1.
    pub line: usize,
    /// The word in the line, from 1; 0 for the line as a whole.
    pub position: usize,
    /// The word; nothing where it has to be hexadecimal or a subscriber's number: that
    /// may be a secret.
    pub word: Option<Box<str>>,
    /// What is wrong.
    pub fault: ScriptFault,
    /// What is allowed there; empty if the fault says it.
    pub allowed: Cow<'static, str>,
}

/// What is wrong with a line of a script.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScriptFault {
    /// Double quotes that don't end, or touch another word.
    #[error("double quotes don't end, or touch another word")]
    Quotes,
    /// The first word is no statement.
    #[error("no such statement")]
    Statement,
    /// A word that is not allowed where it stands.
    #[error("not allowed here")]
    Word,
    /// The line ends too early.
    #[error("a word is missing")]
    Missing,
    /// The line goes on.
    #[error("one word too many")]
    Extra,
    /// The same header or option twice.
    #[error("given twice")]
    Twice,
    /// A header behind a statement.
    #[error("a header stands before all statements")]
    LateHeader,
    /// Characters that are no hexadecimal digits.
    #[error("not hexadecimal")]
    NotHex,
    /// Half an octet.
    #[error("an odd number of hexadecimal digits: {0}")]
    OddHex(usize),
    /// Octets that are too many or too few.
    #[error("{0} octets")]
    Octets(usize),
    /// No number, or one that is out of range.
    #[error("no number that is in range")]
    Number,
    /// A value for one file while another is selected.
    #[error("another file is selected")]
    Selected,
    /// A file that was selected by its short identifier, which the next packet would
    /// have to select again.
    #[error("the next packet can't select its file again: only a short identifier is known")]
    ShortIdentifier,
    /// A file that could not be read, in the words of the caller.
    #[error("{0}")]
    Source(String),
    /// What a file or an APDU has in it.
    #[error("{0}")]
    Content(UiccError),
    /// More blocks than LOAD can number.
    #[error("more than 256 blocks")]
    Blocks,
    /// A command that is longer than a packet may be.
    #[error("a packet with this command has {octets} octets, {limit} are allowed")]
    DoesNotFit {
        /// With what has to be selected before it.
        octets: usize,
        /// The limit.
        limit: usize,
    },
    /// A command that can't be written in the format.
    #[error("the format can't write it: {0}")]
    Format(UiccError),
    /// More packets than one script may be.
    #[error("more than {} packets", super::MOST_PACKETS)]
    Packets,
    /// More octets than one script may be.
    #[error("more than {} octets of commands", super::MOST_OCTETS)]
    TooLong,
}

impl ScriptFault {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Quotes => "script-quotes",
            Self::Statement => "script-statement",
            Self::Word => "script-word",
            Self::Missing => "script-word-missing",
            Self::Extra => "script-word-extra",
            Self::Twice => "script-twice",
            Self::LateHeader => "script-header-late",
            Self::NotHex | Self::OddHex(_) => "script-hex",
            Self::Octets(_) => "script-octets",
            Self::Number => "script-number",
            Self::Selected => "script-file-selected",
            Self::ShortIdentifier => "script-short-identifier",
            Self::Source(_) => "script-source",
            Self::Content(_) => "script-content",
            Self::Blocks => "script-blocks",
            Self::DoesNotFit { .. } => "script-limit",
            Self::Format(_) => "script-format",
            Self::Packets => "script-packets",
            Self::TooLong => "script-too-long",
        }
    }
}

impl ScriptError {
    pub(super) fn of_line(line: usize, fault: ScriptFault) -> Self {
        Self {
            line,
            position: 0,
            word: None,
            fault,
            allowed: Cow::Borrowed(""),
        }
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if self.position > 0 {
            write!(f, ", word {}", self.position)?;
        }
        if let Some(word) = &self.word {
            write!(f, " ({})", word.escape_debug())?;
        }
        write!(f, ": {}", self.fault)?;
        match self.allowed.is_empty() {
            true => Ok(()),
            false => write!(f, "; allowed: {}", self.allowed),
        }
    }
}

impl std::error::Error for ScriptError {}
