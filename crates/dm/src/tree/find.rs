//! Where a URI leads, and which ACL counts there (OMA DM TND 1.2 clause
//! 7.7.1.1, inheritance).

use std::borrow::Cow;

use super::{Acl, ManagementObject, Node, NodeUri, Right, Rights, ServerId, Tree};
use crate::Error;

/// What stands at a URI.
pub(super) enum Found<'a> {
    /// A node in memory.
    Static(&'a Node),
    /// A node of the object mounted at the first URI.
    Object(NodeUri, super::ObjectNode),
}

impl Found<'_> {
    pub(super) fn is_interior(&self) -> bool {
        match self {
            Self::Static(node) => node.value().is_none(),
            Self::Object(_, node) => node.interior,
        }
    }

    pub(super) fn access(&self) -> Rights {
        match self {
            Self::Static(node) => node.access(),
            Self::Object(_, node) => node.access,
        }
    }
}

impl Tree {
    /// The mount point above `uri`, if an object answers for it.
    pub(super) fn mount_above(&self, uri: &NodeUri) -> Option<NodeUri> {
        uri.upwards()
            .skip(1)
            .find(|above| self.mounts.contains_key(above))
    }

    pub(super) fn object(&self, mount: &NodeUri) -> Option<&dyn ManagementObject> {
        self.mounts.get(mount).map(AsRef::as_ref)
    }

    /// What stands at `uri`.
    pub(super) fn find(&self, uri: &NodeUri) -> Option<Found<'_>> {
        if let Some(node) = self.nodes.get(uri) {
            return Some(Found::Static(node));
        }
        let mount = self.mount_above(uri)?;
        let path = uri.below(&mount)?;
        let node = self.object(&mount)?.lookup(&path)?;
        Some(Found::Object(mount, node))
    }

    /// The ACL value at `uri` itself; `None` if it inherits.
    pub(super) fn own_acl(&self, uri: &NodeUri) -> Option<Cow<'_, Acl>> {
        match self.find(uri)? {
            Found::Static(node) => node.acl().map(Cow::Borrowed),
            Found::Object(_, node) => node.acl.map(Cow::Owned),
        }
    }

    /// Whether the ACL that counts at `uri` gives `by` the right.
    pub(super) fn allows(&self, by: &ServerId, right: Right, uri: &NodeUri) -> bool {
        uri.upwards()
            .find_map(|node| self.own_acl(&node))
            .is_some_and(|acl| acl.allows(by, right))
    }

    /// Which ACL denies `by` the right at `uri`, and what it says of it, if the
    /// server may read it; `None` where nothing is denied.
    pub(crate) fn denial(&self, by: &ServerId, right: Right, uri: &NodeUri) -> Option<String> {
        let start = match right {
            Right::Add => uri.parent()?,
            _ => uri.clone(),
        };
        let counts = |node: &NodeUri| self.own_acl(node).map(|acl| (node.clone(), acl));
        let (node, acl) = start.upwards().find_map(|node| counts(&node))?;
        if acl.allows(by, right) {
            return None;
        }
        let mut text = format!("ACL of {node}");
        if acl.allows(by, Right::Get) {
            let entry = acl.only_right(right);
            let holders = entry.as_deref().and_then(|entry| entry.split_once('='));
            let holders = holders.map_or("nobody", |(_, holders)| holders);
            text.push_str(&format!(" gives {} to {holders}", right.as_str()));
        }
        Some(text)
    }

    /// The node at `uri`, if it is there, `by` has the right and its AccessType
    /// has the command. The order decides what a server without rights learns:
    /// that the node exists, not which commands it takes.
    pub(super) fn find_for(
        &self,
        by: &ServerId,
        right: Right,
        uri: &NodeUri,
    ) -> Result<Found<'_>, Error> {
        // Whatever is there, and whoever asks (StdObj clause 5.3.4).
        if right == Right::Get && self.is_in_inbox(uri) {
            return Err(Error::NotAllowed);
        }
        let found = self.find(uri).ok_or(Error::NotFound)?;
        if !self.allows(by, right, uri) {
            return Err(Error::Denied);
        }
        if !found.access().has(right) {
            return Err(Error::NotAllowed);
        }
        if matches!(right, Right::Replace | Right::Delete) {
            self.check_guard(uri)?;
        }
        Ok(found)
    }

    /// The names of the children of the interior node `uri`, in order.
    pub(super) fn children(&self, uri: &NodeUri) -> Vec<String> {
        if let Some(object) = self.object(uri) {
            return object.children(&[]);
        }
        if let Some(mount) = self.mount_above(uri) {
            let object = self.object(&mount);
            let path = uri.below(&mount).unwrap_or_default();
            return object.map_or_else(Vec::new, |object| object.children(&path));
        }
        let depth = uri.depth() + 1;
        self.static_below(uri)
            .filter(|(below, _)| below.depth() == depth)
            .filter_map(|(below, _)| below.name().map(str::to_owned))
            .collect()
    }

    /// The static nodes below `uri`, parents first.
    pub(super) fn static_below<'a>(
        &'a self,
        uri: &'a NodeUri,
    ) -> impl Iterator<Item = (&'a NodeUri, &'a Node)> {
        self.nodes
            .range(uri.clone()..)
            .skip_while(move |(node, _)| *node == uri)
            .take_while(move |(node, _)| node.below(uri).is_some())
    }
}
