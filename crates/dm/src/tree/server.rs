//! What a server does with the tree: the commands of OMA DM RepPro 1.2 clause
//! 6.6 on one node each, under the ACLs of OMA DM TND 1.2 clause 7.7.1.
//!
//! Here one rule is stricter than the text. A Delete reaches what is below the
//! node, and the specification leaves open whether the ACLs there count. They
//! do: a node with an ACL of its own that denies Delete to the server keeps
//! every ancestor from being deleted by it. So what an operator has been given
//! to itself can't be taken away from above.

use syncml::Format;

use super::find::Found;
use super::{
    Acl, Executed, Execution, ManagementObject, Node, NodeKind, NodeUri, Overwrite, Right,
    ServerId, Tree, Value,
};
use crate::Error;

/// Nodes of an object that one Delete may have to look at.
const MOST_OBJECT_NODES: usize = 4096;

impl Tree {
    /// The value of a leaf, or the names of an interior node's children
    /// between slashes in the format `node` (TND clause 6.2.2).
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Denied`], [`Error::NotAllowed`], or what
    /// the object says.
    pub fn get(&self, by: &ServerId, uri: &NodeUri) -> Result<Value, Error> {
        let found = self.find_for(by, Right::Get, uri)?;
        self.judge_get(uri)?;
        if found.is_interior() {
            let names = self.children(uri).join("/");
            let type_ = Some("text/plain".to_owned());
            return Ok(Value::new(Format::Node, type_, names.into_bytes()));
        }
        self.value(uri)
    }

    /// Creates a node. Its parent must be there, unless parents are created
    /// implicitly ([`set_implicit_add`](Self::set_implicit_add)).
    ///
    /// The new node inherits its ACL, with one exception: an interior node
    /// below one that the server can't Replace gets Add, Delete, Get and
    /// Replace for this server alone (TND clause 7.7.1.3; Get because an ACL
    /// with a value inherits nothing).
    ///
    /// Outside of an Atomic a node below the Inbox ([`set_inbox`](Self::set_inbox))
    /// has to be a whole object by itself.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`]; [`Error::NotFound`], [`Error::Denied`] or
    /// [`Error::NotAllowed`] for the parent; [`Error::TooLarge`],
    /// [`Error::Full`], or what the object says.
    pub fn add(&mut self, by: &ServerId, uri: &NodeUri, kind: NodeKind) -> Result<(), Error> {
        if !self.implicit_add && !self.is_in_inbox(uri) {
            return self.add_one(by, uri, kind);
        }
        if !self.implicit_add {
            return self.whole(|tree| tree.add_one(by, uri, kind));
        }
        let missing: Vec<NodeUri> = uri
            .upwards()
            .skip(1)
            .take_while(|above| self.find(above).is_none())
            .collect();
        self.whole(|tree| {
            for parent in missing.iter().rev() {
                tree.add_one(by, parent, NodeKind::Interior { type_: None })?;
            }
            tree.add_one(by, uri, kind)
        })
    }

    fn add_one(&mut self, by: &ServerId, uri: &NodeUri, kind: NodeKind) -> Result<(), Error> {
        if self.find(uri).is_some() {
            return Err(Error::AlreadyExists);
        }
        let parent = uri.parent().ok_or(Error::AlreadyExists)?;
        let found = self.find(&parent).ok_or(Error::NotFound)?;
        if !self.allows(by, Right::Add, &parent) {
            return Err(Error::Denied);
        }
        self.check_guarded_place(uri)?;
        let described = self.judge_add(uri, &kind)?;
        if !found.is_interior() || !(described || found.access().has(Right::Add)) {
            return Err(Error::NotAllowed);
        }
        let size = match &kind {
            NodeKind::Leaf(value) => value.size(),
            NodeKind::Interior { .. } => 0,
        };
        if size > self.limits.max_value {
            return Err(Error::TooLarge);
        }
        if let Some(mount) = self.mount_above(uri) {
            return self.on_object(&mount, uri, |object, path| object.add(path, kind));
        }
        self.check_room(size, 0, 1)?;
        let interior = matches!(kind, NodeKind::Interior { .. });
        let mut node = self.described(uri, Node::of(kind));
        if interior && !self.allows(by, Right::Replace, &parent) {
            let rights = [Right::Add, Right::Delete, Right::Get, Right::Replace];
            node = node.with_acl(Acl::only(by, &rights));
        }
        self.set(uri, Some(node));
        Ok(())
    }

    /// Overwrites the value of a leaf. An interior node is replaced by a
    /// serialised tree only ([`replace_serialised`](Self::replace_serialised)).
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Denied`], [`Error::NotAllowed`] (also for
    /// an interior node, and for another format or type of a permanent one),
    /// [`Error::TooLarge`], [`Error::Full`], or what the object says.
    pub fn replace(&mut self, by: &ServerId, uri: &NodeUri, new: Overwrite) -> Result<(), Error> {
        let found = self.find_for(by, Right::Replace, uri)?;
        self.judge_replace(uri, &new)?;
        if found.is_interior() || new.format == Some(Format::Node) {
            return Err(Error::NotAllowed);
        }
        let size = new.data.expose().len();
        if size > self.limits.max_value {
            return Err(Error::TooLarge);
        }
        let (old, permanent) = match found {
            Found::Static(node) => (node.clone(), node.is_permanent()),
            Found::Object(mount, _) => {
                return self.on_object(&mount, uri, |object, path| object.replace(path, new));
            }
        };
        let before = old.value().ok_or(Error::NotAllowed)?;
        let value = new.onto(before);
        if permanent && (value.format() != before.format() || value.type_() != before.type_()) {
            return Err(Error::NotAllowed);
        }
        self.check_room(size, before.size(), 0)?;
        let mut node = old;
        node.set_value(value);
        self.set(uri, Some(node));
        Ok(())
    }

    /// Removes a node and what is below it, or nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::NotAllowed`] for the root, a permanent
    /// node, and where one is below; [`Error::Denied`] by the ACL here or one
    /// below; or what the object says.
    pub fn delete(&mut self, by: &ServerId, uri: &NodeUri) -> Result<(), Error> {
        if uri.parent().is_none() {
            return Err(Error::NotAllowed);
        }
        self.find_for(by, Right::Delete, uri)?;
        self.judge_delete(uri)?;
        match self.find(uri).ok_or(Error::NotFound)? {
            Found::Object(mount, _) => {
                self.check_object_below(by, &mount, uri)?;
                self.on_object(&mount, uri, |object, path| object.delete(path))
            }
            Found::Static(node) => {
                if node.is_permanent() {
                    return Err(Error::NotAllowed);
                }
                self.check_static_below(by, uri)?;
                self.remove_static(uri);
                Ok(())
            }
        }
    }

    /// Runs the process behind a node. Only objects have any.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Denied`], [`Error::NotAllowed`], or what
    /// the object says.
    pub fn exec(
        &mut self,
        by: &ServerId,
        uri: &NodeUri,
        call: &Execution,
    ) -> Result<Executed, Error> {
        self.find_for(by, Right::Exec, uri)?;
        self.judge_exec(uri)?;
        match self.find(uri).ok_or(Error::NotFound)? {
            Found::Static(_) => Err(Error::NotAllowed),
            Found::Object(mount, _) => {
                self.on_object(&mount, uri, |object, path| object.exec(path, call))
            }
        }
    }

    /// ACLs first: a server that may not touch what is below does not learn
    /// which of it is permanent.
    fn check_static_below(&self, by: &ServerId, uri: &NodeUri) -> Result<(), Error> {
        let denied = |node: &Node| node.acl().is_some_and(|acl| !acl.allows(by, Right::Delete));
        if self.static_below(uri).any(|(_, node)| denied(node)) {
            return Err(Error::Denied);
        }
        // Mount points are permanent, so no object is below what goes on.
        if self.static_below(uri).any(|(_, node)| node.is_permanent()) {
            return Err(Error::NotAllowed);
        }
        Ok(())
    }

    fn check_object_below(
        &self,
        by: &ServerId,
        mount: &NodeUri,
        uri: &NodeUri,
    ) -> Result<(), Error> {
        let object = self.object(mount).ok_or(Error::NotFound)?;
        let top = uri.below(mount).ok_or(Error::NotFound)?;
        let mut open: Vec<Vec<String>> = vec![top.into_iter().map(str::to_owned).collect()];
        let mut seen = 0;
        while let Some(path) = open.pop() {
            seen += 1;
            if seen > MOST_OBJECT_NODES {
                return Err(Error::Failed("too much below the node"));
            }
            let segments: Vec<&str> = path.iter().map(String::as_str).collect();
            let Some(node) = object.lookup(&segments) else {
                continue;
            };
            if node.acl.is_some_and(|acl| !acl.allows(by, Right::Delete)) {
                return Err(Error::Denied);
            }
            for name in object.children(&segments) {
                let mut below = path.clone();
                below.push(name);
                open.push(below);
            }
        }
        Ok(())
    }

    /// Calls an object, in the open transaction if there is one.
    fn on_object<T>(
        &mut self,
        mount: &NodeUri,
        uri: &NodeUri,
        call: impl FnOnce(&mut dyn ManagementObject, &[&str]) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let path = uri.below(mount).ok_or(Error::NotFound)?;
        let object = self.mounts.get_mut(mount).ok_or(Error::NotFound)?;
        if let Some(open) = &mut self.open
            && !open.begun.contains(mount)
        {
            object.begin()?;
            open.begun.insert(mount.clone());
        }
        call(object.as_mut(), &path)
    }
}
