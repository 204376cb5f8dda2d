//! The management tree of a device (OMA DM TND 1.2 clauses 5 to 7).
//!
//! A [`Tree`] holds static nodes in memory and [`ManagementObject`]s under
//! mount points, which answer for what is below them. Operations come from the
//! device itself ([`Tree::put`], [`Tree::remove`], [`Tree::value`]) or from a
//! server ([`Tree::get`], [`Tree::add`], [`Tree::replace`], [`Tree::delete`],
//! [`Tree::exec`]), whose rights the access control lists decide.
//!
//! The static nodes can be taken out and put back as a flat list
//! ([`Tree::export`], [`Tree::import`]) for a store; objects keep their own
//! state.

mod acl;
mod address;
mod copy;
mod described;
mod device;
mod find;
mod guard;
mod inbox;
mod list;
mod node;
mod object;
mod property;
mod serialised;
mod server;
mod transaction;
mod uri;

use std::collections::{BTreeMap, BTreeSet};

use clock::Timestamp;

pub use acl::{Acl, Right, ServerId};
pub use address::{Address, Part};
pub use inbox::Place;
pub use list::{List, Listed, Listing};
pub use node::{Node, NodeKind, Rights, Value};
pub use object::{Executed, Execution, ManagementObject, ObjectNode, Overwrite};
pub use property::Property;
pub use uri::NodeUri;

use crate::Error;
use crate::ddf::Description;

/// How large a tree may become through what servers add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeLimits {
    /// Static nodes.
    pub max_nodes: usize,
    /// Octets of all static values together.
    pub max_octets: usize,
    /// Octets of one value, those handed to management objects included.
    pub max_value: usize,
}

impl Default for TreeLimits {
    /// 4,096 nodes, 1 MiB, 64 KiB for one value.
    fn default() -> Self {
        Self {
            max_nodes: 4096,
            max_octets: 1 << 20,
            max_value: 1 << 16,
        }
    }
}

/// A device's management tree.
pub struct Tree {
    nodes: BTreeMap<NodeUri, Node>,
    mounts: BTreeMap<NodeUri, Box<dyn ManagementObject>>,
    limits: TreeLimits,
    /// Octets of all static values.
    octets: usize,
    revision: u64,
    open: Option<Open>,
    /// The time, for the property TStamp.
    now: Option<Timestamp>,
    /// Whether an Add creates the parents that are missing.
    implicit_add: bool,
    /// Whether `./Device` is the root too.
    device_scope: bool,
    /// What judges commands below a place.
    descriptions: Vec<(NodeUri, Description)>,
    /// Where objects are left that the device puts away.
    inbox: Option<inbox::Inbox>,
    /// What a server changes in some sessions only.
    guard: guard::Guard,
}

/// An open transaction: what to put back, newest last, and the objects that
/// were told of it.
#[derive(Default)]
struct Open {
    before: Vec<(NodeUri, Option<Node>)>,
    begun: BTreeSet<NodeUri>,
}

impl Tree {
    /// A tree with nothing but its root, whose ACL is `root`. The specification
    /// recommends `Add=*&Get=*` (clause 7.7.1.2); a device that hides more
    /// gives less.
    #[must_use]
    pub fn new(root: Acl, limits: TreeLimits) -> Self {
        let node = Node::interior().permanent().with_acl(root);
        Self {
            nodes: BTreeMap::from([(NodeUri::ROOT, node)]),
            mounts: BTreeMap::new(),
            limits,
            octets: 0,
            revision: 0,
            open: None,
            now: None,
            implicit_add: false,
            device_scope: false,
            descriptions: Vec::new(),
            inbox: None,
            guard: guard::Guard::default(),
        }
    }

    /// Tells the tree the time, with which it stamps what changes from here
    /// on. A device without a clock leaves it out and has no property TStamp.
    pub const fn set_time(&mut self, now: Option<Timestamp>) {
        self.now = now;
    }

    /// Lets an Add create the interior nodes above it that are missing, as
    /// some devices do and the specification allows (OMA DM RepPro 1.2 clause
    /// 6.6.1).
    pub const fn set_implicit_add(&mut self, creates_parents: bool) {
        self.implicit_add = creates_parents;
    }

    /// Rises with every change of a static node, roll-backs included. A store
    /// that has this revision is up to date.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// Takes `./Device/A` for `./A`, as Windows does, whose other scope is
    /// `./User`.
    pub const fn set_device_scope(&mut self, is_root: bool) {
        self.device_scope = is_root;
    }

    /// The node that a server means.
    pub(crate) fn resolved(&self, uri: NodeUri) -> NodeUri {
        let rest: Option<Vec<&str>> = {
            let mut segments = uri.segments();
            let scoped = self.device_scope && segments.next() == Some("Device");
            scoped.then(|| segments.collect())
        };
        match rest.map(|rest| rest.join("/")) {
            None => uri,
            Some(rest) if rest.is_empty() => NodeUri::ROOT,
            Some(rest) => rest.parse().unwrap_or(uri),
        }
    }

    /// How large it may become.
    #[must_use]
    pub const fn limits(&self) -> TreeLimits {
        self.limits
    }

    /// Every static node, parents before children.
    pub fn export(&self) -> impl Iterator<Item = (&NodeUri, &Node)> {
        self.nodes.iter()
    }

    /// A tree of `nodes`, in any order, as [`export`](Self::export) gave them.
    ///
    /// # Errors
    /// [`Error::Misuse`] without a root that has an ACL, and for a node without
    /// an interior parent or twice in the list; [`Error::Full`] and
    /// [`Error::TooLarge`] past the limits.
    pub fn import(
        nodes: impl IntoIterator<Item = (NodeUri, Node)>,
        limits: TreeLimits,
    ) -> Result<Self, Error> {
        let mut sorted = BTreeMap::new();
        for (uri, node) in nodes {
            if sorted.insert(uri, node).is_some() {
                return Err(Error::Misuse("a node twice in the list"));
            }
        }
        let root = sorted
            .remove(&NodeUri::ROOT)
            .and_then(|root| root.acl().cloned())
            .ok_or(Error::Misuse("no root with an ACL in the list"))?;
        let mut tree = Self::new(root, limits);
        for (uri, node) in sorted {
            tree.put(uri, node)?;
        }
        tree.revision = 0;
        Ok(tree)
    }

    /// Stores a change of a static node: stamped and counted.
    fn set(&mut self, uri: &NodeUri, node: Option<Node>) {
        let known = self.nodes.get(uri).map(Node::ver_no);
        let ver_no = known.map_or(0, |ver_no| ver_no.wrapping_add(1));
        let node = node.map(|node| match (self.now, known) {
            // What comes from a store has its history.
            (None, None) => node,
            (now, _) => {
                let changed = now.or(node.changed());
                node.with_history(changed, ver_no)
            }
        });
        self.put_as_it_is(uri, node);
    }

    /// Stores or removes a static node and keeps count, and the state before
    /// if a transaction is open.
    fn put_as_it_is(&mut self, uri: &NodeUri, node: Option<Node>) {
        let size = node.as_ref().map_or(0, Node::size);
        let before = match node {
            Some(node) => self.nodes.insert(uri.clone(), node),
            None => self.nodes.remove(uri),
        };
        self.octets = self
            .octets
            .saturating_add(size)
            .saturating_sub(before.as_ref().map_or(0, Node::size));
        self.revision = self.revision.wrapping_add(1);
        if let Some(open) = &mut self.open {
            open.before.push((uri.clone(), before));
        }
    }

    /// Whether a static node with a value of `size` octets fits where one of
    /// `freed` octets goes away; `new` nodes come to the others.
    fn check_room(&self, size: usize, freed: usize, new: usize) -> Result<(), Error> {
        if size > self.limits.max_value {
            return Err(Error::TooLarge);
        }
        let octets = self.octets.saturating_sub(freed).saturating_add(size);
        if octets > self.limits.max_octets || self.nodes.len() + new > self.limits.max_nodes {
            return Err(Error::Full);
        }
        Ok(())
    }
}
