//! What can be wrong with a message, and whose fault it is (SyncML RepPro 1.2
//! for the form, XML 1.0 for the representation).

use std::fmt;

use crate::{Limit, Message};

/// Why a message could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The document is not SyncML: the sender's fault.
    #[error("malformed SyncML at {at}: {cause}")]
    Malformed {
        /// Where it was noticed.
        at: Place,
        /// What is wrong there.
        cause: Malformed,
    },
    /// The document may be right, but uses what this reader does not take.
    #[error("unsupported SyncML at {at}: {cause}")]
    Unsupported {
        /// Where it was noticed.
        at: Place,
        /// What is not taken.
        cause: Unsupported,
    },
    /// The document asks for more than the reader's [`Limits`](crate::Limits).
    #[error("SyncML past the limit at {at}: {limit}")]
    Limit {
        /// Where the bound was passed.
        at: Place,
        /// Which bound.
        limit: Limit,
    },
    /// A command lacks its `CmdID`; everything else was read. A server answers
    /// 400 for it.
    #[error("malformed SyncML at {at}: {command} without CmdID")]
    MissingCmdId {
        /// The end of the first such command.
        at: Place,
        /// Its element name.
        command: &'static str,
        /// The whole message; commands that lack a `CmdID` have an empty one.
        message: Box<Message>,
    },
    /// The data of an item or a nonce is not the base64 that its `Format`
    /// says: the sender's fault.
    #[error("data is not the base64 that its Format says")]
    NotBase64,
    /// A message that its representation can't carry: the caller's fault.
    #[error("message can't be written: {cause} in {element}")]
    Unwritable {
        /// The element that would have been wrong.
        element: &'static str,
        /// What is wrong with it.
        cause: Unwritable,
    },
}

/// Whose fault an [`Error`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Class {
    /// The sender broke the format.
    Malformed,
    /// The sender asked for something that is not done here.
    Unsupported,
    /// The sender asked for too much.
    Limit,
    /// The caller of this crate made a wrong message.
    Misuse,
}

impl Error {
    /// Whose fault it is.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Malformed { .. } | Self::MissingCmdId { .. } | Self::NotBase64 => {
                Class::Malformed
            }
            Self::Unsupported { .. } => Class::Unsupported,
            Self::Limit { .. } => Class::Limit,
            Self::Unwritable { .. } => Class::Misuse,
        }
    }

    /// The stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed { cause, .. } => cause.code(),
            Self::Unsupported { cause, .. } => cause.code(),
            Self::Limit { limit, .. } => match limit {
                Limit::Depth => "syncml-too-deep",
                Limit::Octets => "syncml-too-large",
                Limit::Commands => "syncml-too-many-commands",
                Limit::Items => "syncml-too-many-items",
                Limit::Text => "syncml-text-too-long",
                Limit::Attributes => "syncml-too-many-attributes",
                Limit::Expansion => "syncml-expands-too-much",
            },
            Self::MissingCmdId { .. } => "syncml-cmdid-missing",
            Self::NotBase64 => "syncml-not-base64",
            Self::Unwritable { .. } => "syncml-unwritable",
        }
    }

    /// Where it was noticed, for an error of reading.
    #[must_use]
    pub const fn place(&self) -> Option<&Place> {
        match self {
            Self::Malformed { at, .. }
            | Self::Unsupported { at, .. }
            | Self::Limit { at, .. }
            | Self::MissingCmdId { at, .. } => Some(at),
            Self::NotBase64 | Self::Unwritable { .. } => None,
        }
    }

    /// The same, noticed inside of the element `name`.
    pub(crate) fn within(mut self, name: &str) -> Self {
        if let Self::Malformed { at, .. }
        | Self::Unsupported { at, .. }
        | Self::Limit { at, .. }
        | Self::MissingCmdId { at, .. } = &mut self
        {
            at.go_out(name);
        }
        self
    }
}

/// A place in a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Octets before it.
    pub offset: usize,
    /// The open elements, as `SyncML/SyncBody/Add`; long names and paths are
    /// cut.
    pub path: String,
}

impl Place {
    /// The most octets of a path that is put together on the way out.
    const LONGEST: usize = 512;

    /// `name` is the element around what the path tells so far.
    fn go_out(&mut self, name: &str) {
        let name: String = name.chars().take(40).collect();
        if self.path.is_empty() {
            self.path = name;
        } else if self.path.len() < Self::LONGEST {
            self.path = format!("{name}/{}", self.path);
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() {
            "document"
        } else {
            &self.path
        };
        write!(f, "octet {} in {path}", self.offset)
    }
}

/// What is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// Octets that are not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// A character, or a reference to one, that XML 1.0 forbids.
    #[error("a character that XML does not allow")]
    Character,
    /// A fault of well-formedness.
    #[error("not well-formed XML: {0}")]
    NotWellFormed(String),
    /// The root is not `SyncML`.
    #[error("the root element is not SyncML")]
    Root,
    /// An element that may not stand here.
    #[error("unexpected element {0}")]
    Element(String),
    /// An element that may stand here once only.
    #[error("second element {0}")]
    Duplicate(&'static str),
    /// An element that must stand here.
    #[error("missing element {0}")]
    Missing(&'static str),
    /// Text where only elements may stand.
    #[error("text outside of a value")]
    Text,
    /// WBXML that ends in the middle, or a number in it past 32 bits.
    #[error("the document is cut short")]
    Cut,
    /// A reference to nothing in WBXML's string table.
    #[error("a reference outside of the string table")]
    StringTable,
    /// A value that is not a number of the range that its element allows.
    #[error("{0} is not a number in its range")]
    Number(&'static str),
}

impl Malformed {
    const fn code(&self) -> &'static str {
        match self {
            Self::NotUtf8 => "syncml-not-utf8",
            Self::Character => "syncml-character-forbidden",
            Self::NotWellFormed(_) => "syncml-not-well-formed",
            Self::Root => "syncml-wrong-root",
            Self::Element(_) => "syncml-element-unexpected",
            Self::Duplicate(_) => "syncml-element-duplicate",
            Self::Missing(_) => "syncml-element-missing",
            Self::Text => "syncml-text-unexpected",
            Self::Cut => "syncml-cut-short",
            Self::StringTable => "syncml-string-table",
            Self::Number(_) => "syncml-number-invalid",
        }
    }
}

/// What a document uses that is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unsupported {
    /// A character set other than UTF-8, or an XML version other than 1.0.
    #[error("a document that is not in UTF-8, or not XML 1.0")]
    Encoding,
    /// A version of WBXML other than 1.x.
    #[error("a version of WBXML that is not 1.x")]
    Version,
    /// A WBXML document in a language without tokens here.
    #[error("a WBXML document in a language that is not known")]
    Language,
    /// A token that only other applications of WBXML define.
    #[error("an extension token")]
    Extension,
    /// An element or attribute that has no token in its language.
    #[error("{0} has no token")]
    NoToken(String),
    /// A document type declaration with an internal subset.
    #[error("a DTD with an internal subset")]
    InternalSubset,
    /// An entity other than the five of XML.
    #[error("an entity that XML does not define")]
    Entity,
    /// Markup as data whose names are declared outside of it.
    #[error("markup in Data that needs namespaces declared outside of it")]
    OuterNamespace,
}

impl Unsupported {
    const fn code(&self) -> &'static str {
        match self {
            Self::Encoding => "syncml-encoding-unsupported",
            Self::Version => "syncml-wbxml-version",
            Self::Language => "syncml-wbxml-language",
            Self::Extension => "syncml-wbxml-extension",
            Self::NoToken(_) => "syncml-no-token",
            Self::InternalSubset => "syncml-internal-subset",
            Self::Entity => "syncml-entity-unsupported",
            Self::OuterNamespace => "syncml-namespace-outside-data",
        }
    }
}

/// Why a representation can't carry a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unwritable {
    /// A character that XML 1.0 forbids.
    #[error("a character that XML does not allow")]
    Character,
    /// The name of an element or attribute that XML does not allow, or an
    /// attribute that stands twice.
    #[error("a name that XML does not allow")]
    Name,
    /// [`Data::Xml`](crate::Data::Xml) that is not well-formed by itself.
    #[error("markup that does not stand by itself")]
    Markup,
    /// [`Data::Opaque`](crate::Data::Opaque) that is not text, without a
    /// Format `b64` or `bin`.
    #[error("octets without a Format b64 or bin")]
    Octets,
    /// An identifier or other mandatory text that is empty.
    #[error("an empty value")]
    Empty,
    /// No item or command where SyncML asks for one.
    #[error("no content")]
    NoContent,
    /// A command that device management does not have.
    #[error("a command outside device management")]
    Command,
    /// More elements inside each other than [`Limits`](crate::Limits) allows
    /// by default.
    #[error("too many levels")]
    Depth,
}
