//! Commands judged by the device descriptions that a tree was given (OMA DM
//! TND 1.2 clause 9): AccessType, Format and Type, Occurrence, Scope. A
//! description adds to what ACLs and the nodes themselves allow; it replaces
//! only the AccessType by which a parent takes an Add, since it has that of
//! the new node itself.

use syncml::Format;

use super::{Node, NodeKind, NodeUri, Overwrite, Right, Rights, Tree};
use crate::Error;
use crate::ddf::{Described, Description};

/// A description, and the segments of a node below the place it is for.
type Judge<'a> = (&'a Description, Vec<&'a str>);

impl Tree {
    /// Judges commands on what is below `above` by `description`, as far as
    /// its topmost nodes are named there. Of several for one place the first
    /// counts.
    pub fn describe(&mut self, above: NodeUri, description: Description) {
        self.descriptions.push((above, description));
    }

    fn judge<'a>(&'a self, uri: &'a NodeUri) -> Option<Judge<'a>> {
        self.descriptions.iter().find_map(|(above, description)| {
            let path = uri.below(above)?;
            description.find(path.get(..1)?)?;
            Some((description, path))
        })
    }

    /// Whether a description is there for the node, and if so whether it lets
    /// it be created.
    pub(super) fn judge_add(&self, uri: &NodeUri, kind: &NodeKind) -> Result<bool, Error> {
        let Some((description, path)) = self.judge(uri) else {
            return Ok(false);
        };
        let (format, type_) = match kind {
            NodeKind::Interior { type_ } => (Format::Node, type_.as_deref()),
            NodeKind::Leaf(value) => (value.format().clone(), value.type_()),
        };
        let siblings = self.alike(uri, description, &path);
        description.check_add(&path, siblings, Some(&format), type_)?;
        Ok(true)
    }

    /// What a new node takes by its description.
    pub(super) fn described(&self, uri: &NodeUri, node: Node) -> Node {
        let found = self
            .judge(uri)
            .and_then(|(description, path)| description.find(&path));
        let Some(found) = found else {
            return node;
        };
        let adds = found.is_interior().then_some(Right::Add);
        let rights: Vec<Right> = found.access.rights.iter().chain(adds).collect();
        node.taking(Rights::of(&rights))
    }

    pub(super) fn judge_replace(&self, uri: &NodeUri, new: &Overwrite) -> Result<(), Error> {
        self.judge(uri).map_or(Ok(()), |(description, path)| {
            description.check_replace(&path, new.format.as_ref(), new.type_.as_deref())
        })
    }

    pub(super) fn judge_delete(&self, uri: &NodeUri) -> Result<(), Error> {
        self.judge(uri).map_or(Ok(()), |(description, path)| {
            let siblings = self.alike(uri, description, &path);
            description.check_delete(&path, siblings)
        })
    }

    pub(super) fn judge_get(&self, uri: &NodeUri) -> Result<(), Error> {
        self.judge(uri)
            .map_or(Ok(()), |(description, path)| description.check_get(&path))
    }

    pub(super) fn judge_exec(&self, uri: &NodeUri) -> Result<(), Error> {
        self.judge(uri)
            .map_or(Ok(()), |(description, path)| description.check_exec(&path))
    }

    /// How many nodes there are that the same part of the description is for.
    fn alike(&self, uri: &NodeUri, description: &Description, path: &[&str]) -> usize {
        let Some((found, parent)) = description.find(path).zip(uri.parent()) else {
            return 0;
        };
        let above = path.split_last().map_or(&[][..], |(_, above)| above);
        let same = |name: &String| {
            let mut at = above.to_vec();
            at.push(name);
            let other: Option<&Described> = description.find(&at);
            other.is_some_and(|other| std::ptr::eq(other, found))
        };
        self.children(&parent)
            .iter()
            .filter(|name| same(name))
            .count()
    }
}
