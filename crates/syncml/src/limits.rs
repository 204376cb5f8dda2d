//! How much a peer's message may ask of the reader. OMA DM bounds only the
//! octets of a message (`MaxMsgSize`, SyncML MetaInfo 1.2); the
//! rest keeps memory and depth bounded whatever the octets are.

use std::fmt;

/// Bounds for reading one message. Reaching a bound is allowed, passing it is
/// [`Error::Limit`](crate::Error::Limit).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Elements inside each other, the root included. More than 128 counts as
    /// 128, so that no setting lets a message exhaust the stack.
    pub max_depth: usize,
    /// Octets of the document.
    pub max_octets: usize,
    /// Commands, those inside `Atomic` and `Sequence` included.
    pub max_commands: usize,
    /// Items, and `TargetRef`s, `SourceRef`s and `EMI`s, of all commands
    /// together.
    pub max_items: usize,
    /// Octets of one element's text or markup, references resolved.
    pub max_text: usize,
    /// Attributes of one element, namespace declarations included.
    pub max_attributes: usize,
    /// Octets that references to WBXML's string table may stand for, all
    /// together, as a multiple of the document's own.
    pub max_expansion: usize,
}

impl Default for Limits {
    /// Roomy for device management: 1 MiB, 64 deep, 1,000 commands with 4,000
    /// items, 16 attributes, string table
    /// references for 16 times the document.
    fn default() -> Self {
        Self {
            max_depth: 64,
            max_octets: 1 << 20,
            max_commands: 1000,
            max_items: 4000,
            max_text: 1 << 20,
            max_attributes: 16,
            max_expansion: 16,
        }
    }
}

/// The bound that a message passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// [`Limits::max_depth`].
    Depth,
    /// [`Limits::max_octets`].
    Octets,
    /// [`Limits::max_commands`].
    Commands,
    /// [`Limits::max_items`].
    Items,
    /// [`Limits::max_text`].
    Text,
    /// [`Limits::max_attributes`].
    Attributes,
    /// [`Limits::max_expansion`].
    Expansion,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Depth => "depth of elements",
            Self::Octets => "size in octets",
            Self::Commands => "number of commands",
            Self::Items => "number of items",
            Self::Text => "length of a text",
            Self::Attributes => "number of attributes",
            Self::Expansion => "octets out of the string table",
        })
    }
}
