//! What the device itself does with its tree; no ACL binds it (OMA DM TND 1.2
//! clause 6.2: the device itself may change the tree).

use super::find::Found;
use super::{Acl, ManagementObject, Node, NodeUri, ServerId, Tree, Value};
use crate::Error;

impl Tree {
    /// Creates or overwrites the static node at `uri`, with its ACL and
    /// AccessType. An interior node may not become a leaf while it has
    /// children.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::NotAllowed`] if the parent is missing
    /// or a leaf, [`Error::Misuse`] below a mount point and for a root without
    /// ACL, [`Error::TooLarge`] and [`Error::Full`] past the limits.
    pub fn put(&mut self, uri: NodeUri, node: Node) -> Result<(), Error> {
        match uri.parent() {
            None if node.acl().is_none() || node.value().is_some() => {
                return Err(Error::Misuse("the root is interior and has an ACL"));
            }
            None => {}
            Some(_) if self.mount_above(&uri).is_some() => {
                return Err(Error::Misuse("a static node below a mount point"));
            }
            Some(parent) => {
                let parent = self.find(&parent).ok_or(Error::NotFound)?;
                if !parent.is_interior() {
                    return Err(Error::NotAllowed);
                }
            }
        }
        if node.value().is_some()
            && (self.mounts.contains_key(&uri) || self.static_below(&uri).next().is_some())
        {
            return Err(Error::Misuse("a leaf over a node with children"));
        }
        let (freed, new) = self.nodes.get(&uri).map_or((0, 1), |old| (old.size(), 0));
        self.check_room(node.size(), freed, new)?;
        self.set(&uri, Some(node));
        Ok(())
    }

    /// Removes the static node at `uri` and what is below it. Whether it was
    /// there.
    ///
    /// # Errors
    /// [`Error::Misuse`] for the root, and where an object is mounted at or
    /// below `uri`.
    pub fn remove(&mut self, uri: &NodeUri) -> Result<bool, Error> {
        if uri.parent().is_none() {
            return Err(Error::Misuse("the root stays"));
        }
        if self.has_mount_at_or_below(uri) {
            return Err(Error::Misuse("an object is mounted there"));
        }
        if !self.nodes.contains_key(uri) {
            return Ok(false);
        }
        self.remove_static(uri);
        Ok(true)
    }

    /// Lets `object` answer for everything below `at`, which becomes a
    /// permanent interior node with `acl` (`None` inherits) and the object
    /// identifier `type_`.
    ///
    /// # Errors
    /// As [`put`](Self::put), and [`Error::Misuse`] for the root, for a node
    /// with children, and for a second object at the place.
    pub fn mount(
        &mut self,
        at: NodeUri,
        type_: impl Into<String>,
        acl: Option<Acl>,
        object: Box<dyn ManagementObject>,
    ) -> Result<(), Error> {
        if at.parent().is_none() || self.mounts.contains_key(&at) {
            return Err(Error::Misuse("an object can't be mounted there"));
        }
        if self.static_below(&at).next().is_some() {
            return Err(Error::Misuse("an object over a node with children"));
        }
        let mut node = Node::object(type_).permanent();
        if let Some(acl) = acl {
            node = node.with_fixed_acl(acl);
        }
        self.put(at.clone(), node)?;
        self.mounts.insert(at, object);
        Ok(())
    }

    /// Takes the object at `at` away, with its mount point.
    pub fn unmount(&mut self, at: &NodeUri) -> Option<Box<dyn ManagementObject>> {
        let object = self.mounts.remove(at)?;
        self.set(at, None);
        Some(object)
    }

    /// Takes a server that the device has no account for any more out of every
    /// ACL, so that no other server of its name finds rights (TND clause
    /// 7.7.1.4). An ACL that is left without entries inherits, unless only the
    /// device changes it: then it goes on denying everything. A right at the
    /// root that nobody else has becomes everybody's.
    pub fn forget_server(&mut self, server: &ServerId) {
        let named: Vec<(NodeUri, Node, Acl)> = self
            .nodes
            .iter()
            .filter_map(|(uri, node)| {
                let left = node.acl()?.without(server)?;
                Some((uri.clone(), node.clone(), left))
            })
            .collect();
        for (uri, mut node, left) in named {
            let before = node.acl().cloned();
            let left = match before.filter(|_| uri.parent().is_none()) {
                Some(before) => left.opened_like(&before),
                None => left,
            };
            let inherits = left.is_empty() && !node.has_fixed_acl();
            node.set_acl((!inherits).then_some(left));
            self.set(&uri, Some(node));
        }
    }

    /// The value of the leaf at `uri`, whoever may read it.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::NotAllowed`] for an interior node, or what
    /// the object says.
    pub fn value(&self, uri: &NodeUri) -> Result<Value, Error> {
        match self.find(uri).ok_or(Error::NotFound)? {
            Found::Static(node) => node.value().cloned().ok_or(Error::NotAllowed),
            Found::Object(_, node) if node.interior => Err(Error::NotAllowed),
            Found::Object(mount, _) => {
                let path = uri.below(&mount).ok_or(Error::NotFound)?;
                self.object(&mount).ok_or(Error::NotFound)?.get(&path)
            }
        }
    }

    /// The names of the children of the interior node `uri`, in order, whoever
    /// may read them; none for a leaf and where nothing is.
    #[must_use]
    pub fn names(&self, uri: &NodeUri) -> Vec<String> {
        match self.find(uri) {
            Some(found) if found.is_interior() => self.children(uri),
            _ => Vec::new(),
        }
    }

    /// The static leaves below `uri`, in order: what a device reports of
    /// itself from `./DevInfo`.
    #[must_use]
    pub fn leaves(&self, uri: &NodeUri) -> Vec<(NodeUri, Value)> {
        self.static_below(uri)
            .filter_map(|(below, node)| Some((below.clone(), node.value()?.clone())))
            .collect()
    }

    pub(super) fn has_mount_at_or_below(&self, uri: &NodeUri) -> bool {
        self.mounts
            .keys()
            .any(|mount| mount == uri || mount.below(uri).is_some())
    }

    /// Removes a static node and what is below it, children first.
    pub(super) fn remove_static(&mut self, uri: &NodeUri) {
        let mut doomed: Vec<NodeUri> = self
            .static_below(uri)
            .map(|(below, _)| below.clone())
            .collect();
        doomed.insert(0, uri.clone());
        for node in doomed.iter().rev() {
            self.set(node, None);
        }
    }
}
