//! Device descriptions (OMA DM TND 1.2 clause 9, DDF), in XML: which nodes a
//! device may have, and what they take.
//!
//! [`read`] takes elements in any order and leaves out what is in a vendor's
//! namespace. A [`Description`] finds what describes a path and judges a
//! command by it; ACLs and existence are the tree's affair.

mod check;
mod find;
mod read;

pub use read::read;

use syncml::Format;

pub use crate::dmddf::TreeDocumentLimits;
use crate::tree::Rights;

/// A device description (`MgmtTree`, clause 9.4.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// The version of the DTD; 1.2 where the document has none.
    pub ver_dtd: String,
    /// Who makes the device.
    pub man: Option<String>,
    /// Its model.
    pub mod_: Option<String>,
    /// The topmost nodes.
    pub nodes: Vec<Described>,
}

/// The description of a node (`Node` and `DFProperties`, clauses 9.4.1.5 and
/// 9.4.1.10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// The name; `None` if it is given when the node is created, so that this
    /// describes nodes of any name (clause 9.4.1.6).
    pub name: Option<String>,
    /// Where the node is, if not in the node around this one (clause 9.4.1.7).
    pub path: Option<String>,
    /// The commands that it takes.
    pub access: AccessType,
    /// Its value from the factory (clause 9.4.3.2).
    pub default_value: Option<String>,
    /// What it is, for people (clause 9.4.3.3).
    pub description: Option<String>,
    /// The format of its value; `node` for an interior node (clause 9.4.3.4).
    pub format: Format,
    /// How many there may be.
    pub occurrence: Occurrence,
    /// Whether it is there for good.
    pub scope: Scope,
    /// Its name for people (clause 9.4.3.7).
    pub title: Option<String>,
    /// The types that its value may have.
    pub type_: DfType,
    /// Whether case counts in its name and those below; `None` as above
    /// (clause 9.4.3.23).
    pub case_sense: Option<CaseSense>,
    /// The nodes in it.
    pub children: Vec<Self>,
}

impl Described {
    /// Whether it describes nodes of any name.
    #[must_use]
    pub const fn is_placeholder(&self) -> bool {
        self.name.is_none()
    }

    /// Whether it is an interior node (clause 9.4.3.4).
    #[must_use]
    pub fn is_interior(&self) -> bool {
        self.format == Format::Node
    }
}

/// The commands that a node takes, whatever its ACL (clause 9.4.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessType {
    /// All but Copy, which has no right of its own.
    pub rights: Rights,
    /// Copy.
    pub copy: bool,
}

/// How many nodes a description may stand for (clause 9.4.3.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Occurrence {
    /// Exactly one. This is what nothing means, too.
    #[default]
    One,
    /// One or none.
    ZeroOrOne,
    /// Any number.
    ZeroOrMore,
    /// Any number but none.
    OneOrMore,
    /// Up to this many.
    ZeroOrN(u32),
    /// One up to this many.
    OneOrN(u32),
}

impl Occurrence {
    /// The least number.
    #[must_use]
    pub const fn least(self) -> usize {
        match self {
            Self::One | Self::OneOrMore | Self::OneOrN(_) => 1,
            Self::ZeroOrOne | Self::ZeroOrMore | Self::ZeroOrN(_) => 0,
        }
    }

    /// The greatest number, if there is one.
    #[must_use]
    pub fn most(self) -> Option<usize> {
        match self {
            Self::One | Self::ZeroOrOne => Some(1),
            Self::ZeroOrMore | Self::OneOrMore => None,
            Self::ZeroOrN(most) | Self::OneOrN(most) => {
                Some(usize::try_from(most).unwrap_or(usize::MAX))
            }
        }
    }
}

/// Whether a server can create and delete a node (clause 9.4.3.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// It can't.
    Permanent,
    /// It can. This is what nothing means, too.
    #[default]
    Dynamic,
}

/// The property DFType (clause 9.4.3.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DfType {
    /// The media types that a leaf may have.
    Mime(Vec<String>),
    /// The management object that begins at an interior node, or nothing.
    DdfName(String),
}

/// The property CaseSense (clause 9.4.3.23).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseSense {
    /// `CS`: case counts.
    Sensitive,
    /// `CIS`: it does not.
    Insensitive,
}
