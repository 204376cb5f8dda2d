//! Nodes, their values and run-time properties (OMA DM TND 1.2 clauses 6 and
//! 7), and what the device description says of them (AccessType, clause 9;
//! permanent or dynamic, clause 6.2.3).

use std::fmt;

use clock::Timestamp;
use secret::SecretBytes;
use syncml::Format;

use super::{Acl, Right};

/// The value of a leaf. Its octets are wiped when dropped and never printed: a
/// tree holds account secrets like any other leaf.
#[derive(Clone)]
pub struct Value {
    format: Format,
    type_: Option<String>,
    data: SecretBytes,
}

impl Value {
    /// Text of the type `text/plain`.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::new(
            Format::Chr,
            Some("text/plain".to_owned()),
            text.into().into_bytes(),
        )
    }

    /// Octets (`bin`) of the type `application/octet-stream`.
    #[must_use]
    pub fn octets(data: Vec<u8>) -> Self {
        Self::new(
            Format::Bin,
            Some("application/octet-stream".to_owned()),
            data,
        )
    }

    /// A value of any format and media type. `b64` becomes `bin`: base64 is
    /// how octets travel, not what they are (clause 7.7.2).
    #[must_use]
    pub fn new(format: Format, type_: Option<String>, data: Vec<u8>) -> Self {
        let format = match format {
            Format::B64 => Format::Bin,
            other => other,
        };
        Self {
            format,
            type_,
            data: SecretBytes::new(data),
        }
    }

    /// How the octets are to be read.
    #[must_use]
    pub const fn format(&self) -> &Format {
        &self.format
    }

    /// The media type, if one was given.
    #[must_use]
    pub fn type_(&self) -> Option<&str> {
        self.type_.as_deref()
    }

    /// The octets.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        self.data.expose()
    }

    /// The property Size: the number of octets, not encoded (clause 7.7.4).
    #[must_use]
    pub fn size(&self) -> usize {
        self.data().len()
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.format == other.format && self.type_ == other.type_ && self.data.ct_eq(&other.data)
    }
}

impl Eq for Value {}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({}, {} octets)", self.format, self.size())
    }
}

/// A set of commands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Rights(u8);

impl Rights {
    /// No command.
    pub const NONE: Self = Self(0);
    /// Every command but Exec: what a node takes that a server added.
    pub const ORDINARY: Self = Self(0b1_1011);

    /// The commands of a list.
    #[must_use]
    pub fn of(rights: &[Right]) -> Self {
        Self(rights.iter().fold(0, |bits, right| bits | bit(*right)))
    }

    /// Whether the set has `right`.
    #[must_use]
    pub const fn has(self, right: Right) -> bool {
        self.0 & bit(right) != 0
    }

    /// The commands in it.
    pub fn iter(self) -> impl Iterator<Item = Right> {
        Right::ALL.into_iter().filter(move |right| self.has(*right))
    }
}

const fn bit(right: Right) -> u8 {
    match right {
        Right::Add => 1,
        Right::Delete => 1 << 1,
        Right::Exec => 1 << 2,
        Right::Get => 1 << 3,
        Right::Replace => 1 << 4,
    }
}

impl fmt::Debug for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// Interior or leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A node with children.
    Interior {
        /// The management object identifier, if one begins here.
        type_: Option<String>,
    },
    /// A node with a value.
    Leaf(Value),
}

/// A static node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    kind: NodeKind,
    acl: Option<Acl>,
    access: Rights,
    permanent: bool,
    acl_fixed: bool,
    title: Option<String>,
    changed: Option<Timestamp>,
    ver_no: u16,
}

impl Node {
    /// A dynamic interior node without a type, open to every command but Exec,
    /// with an inherited ACL.
    #[must_use]
    pub const fn interior() -> Self {
        Self::of(NodeKind::Interior { type_: None })
    }

    /// The same, at the root of the management object `type_`
    /// (`urn:oma:mo:…`, `com.company/1.0/Name`).
    #[must_use]
    pub fn object(type_: impl Into<String>) -> Self {
        Self::of(NodeKind::Interior {
            type_: Some(type_.into()),
        })
    }

    /// A dynamic leaf, open to every command but Exec, with an inherited ACL.
    #[must_use]
    pub const fn leaf(value: Value) -> Self {
        Self::of(NodeKind::Leaf(value))
    }

    /// A dynamic node of either kind.
    #[must_use]
    pub const fn of(kind: NodeKind) -> Self {
        Self {
            kind,
            acl: None,
            access: Rights::ORDINARY,
            permanent: false,
            acl_fixed: false,
            title: None,
            changed: None,
            ver_no: 0,
        }
    }

    /// This node with an ACL of its own.
    #[must_use]
    pub fn with_acl(mut self, acl: Acl) -> Self {
        self.acl = Some(acl);
        self
    }

    /// This node with an ACL that no server changes, whatever rights it has
    /// here or above; only the device does.
    #[must_use]
    pub fn with_fixed_acl(mut self, acl: Acl) -> Self {
        self.acl = Some(acl);
        self.acl_fixed = true;
        self
    }

    /// This node with the property Title.
    #[must_use]
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// This node as it was left: changed last at `changed`, `ver_no` times
    /// modulo 2^16.
    #[must_use]
    pub const fn with_history(mut self, changed: Option<Timestamp>, ver_no: u16) -> Self {
        self.changed = changed;
        self.ver_no = ver_no;
        self
    }

    /// This node with `access` as its AccessType: any other command is refused
    /// whatever the ACL says. What is below is deleted with its parent all the
    /// same (clause 6.2.5).
    #[must_use]
    pub const fn taking(mut self, access: Rights) -> Self {
        self.access = access;
        self
    }

    /// This node as a permanent one: no server can remove it, its format or
    /// its type.
    #[must_use]
    pub const fn permanent(mut self) -> Self {
        self.permanent = true;
        self
    }

    /// Interior or leaf.
    #[must_use]
    pub const fn kind(&self) -> &NodeKind {
        &self.kind
    }

    /// The value of a leaf.
    #[must_use]
    pub const fn value(&self) -> Option<&Value> {
        match &self.kind {
            NodeKind::Leaf(value) => Some(value),
            NodeKind::Interior { .. } => None,
        }
    }

    /// The node's own ACL; `None` inherits.
    #[must_use]
    pub const fn acl(&self) -> Option<&Acl> {
        self.acl.as_ref()
    }

    /// Whether no server changes the ACL.
    #[must_use]
    pub const fn has_fixed_acl(&self) -> bool {
        self.acl_fixed
    }

    /// The property Title.
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// When it was changed last, where the device knew the time (property
    /// TStamp).
    #[must_use]
    pub const fn changed(&self) -> Option<Timestamp> {
        self.changed
    }

    /// How often it was changed, modulo 2^16 (property VerNo).
    #[must_use]
    pub const fn ver_no(&self) -> u16 {
        self.ver_no
    }

    /// The commands that it takes.
    #[must_use]
    pub const fn access(&self) -> Rights {
        self.access
    }

    /// Whether it is permanent.
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        self.permanent
    }

    pub(super) fn size(&self) -> usize {
        self.value().map_or(0, Value::size)
    }

    pub(super) fn set_value(&mut self, value: Value) {
        self.kind = NodeKind::Leaf(value);
    }

    pub(super) fn set_acl(&mut self, acl: Option<Acl>) {
        self.acl = acl;
    }

    pub(super) fn set_title(&mut self, title: Option<String>) {
        self.title = title;
    }
}
