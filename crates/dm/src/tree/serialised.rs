//! Serialised trees in commands: a Get that gives one, an Add and a Replace
//! that bring one (OMA DM RepPro 1.2 clauses 6.6.1 and 6.6.11; OMA DM TNDS 1.2).
//! What a command brings is taken as a whole or not at all; each node is judged
//! as if it came alone, and its failure is that of the command.

use secret::SecretBytes;
use syncml::Format;

use super::find::Found;
use super::{
    Listed, Listing, Node, NodeKind, NodeUri, Overwrite, Property, Right, ServerId, Tree, Value,
};
use crate::Error;
use crate::tnds::{self, FlatNode, ManagementTree};

impl Tree {
    /// `nodes`, which the server may read, as the value of a Results.
    pub(super) fn to_tnds(
        &self,
        by: &ServerId,
        top: &NodeUri,
        nodes: Vec<Listed>,
        listing: &Listing,
    ) -> Result<Value, Error> {
        let mut flat = Vec::new();
        for Listed { uri, kind } in nodes {
            if uri.parent().is_none() {
                // The root has no name; what is below it stands at the top.
                continue;
            }
            let mut node = FlatNode::new(kind);
            node.has_value &= listing.value;
            if let Some(Found::Static(known)) = self.find(&uri) {
                describe(known, listing, &mut node);
            }
            // A server that may read the node may read its ACL.
            if listing.has(Property::Acl) && self.property(by, &uri, Property::Acl).is_ok() {
                let acl = self.own_acl(&uri).map(std::borrow::Cow::into_owned);
                node.acl = acl.filter(|acl| !acl.to_string().is_empty());
            }
            flat.push((uri, node));
        }
        if flat.is_empty() {
            return Err(Error::NotFound);
        }
        let mut tree = tnds::from_flat(flat, top)?;
        if let (Some(name), Some(first)) = (top.name(), tree.nodes.first_mut()) {
            name.clone_into(&mut first.name);
        }
        let xml = tnds::write(&tree)?;
        let type_ = Some(tnds::MEDIA_TYPE_XML.to_owned());
        Ok(Value::new(Format::Xml, type_, xml.into_bytes()))
    }

    /// Creates the nodes of a serialised tree at and below `target`. Below the
    /// Inbox the device names what has no name.
    ///
    /// # Errors
    /// What [`add`](Self::add) and [`set_property`](Self::set_property) say of
    /// the first node that fails; what [`tnds::flatten`] says of the tree.
    pub fn add_serialised(
        &mut self,
        by: &ServerId,
        target: &NodeUri,
        tree: &ManagementTree,
    ) -> Result<(), Error> {
        let nodes = match self.is_inbox(target) {
            true => tnds::flatten(&self.named(tree, target), target)?,
            false => tnds::flatten(tree, target)?,
        };
        self.whole(|tree| {
            for (uri, node) in &nodes {
                tree.add(by, uri, node.kind.clone())?;
                tree.set_described(by, uri, None, node.title.clone())?;
            }
            // An ACL may take from the server what it needs for the nodes below.
            for (uri, node) in nodes.iter().rev() {
                let acl = node.acl.as_ref().map(ToString::to_string);
                tree.set_described(by, uri, acl, None)?;
            }
            Ok(())
        })
    }

    fn add_flat(&mut self, by: &ServerId, uri: &NodeUri, node: FlatNode) -> Result<(), Error> {
        self.add(by, uri, node.kind)?;
        self.set_described(by, uri, node.acl.map(|acl| acl.to_string()), node.title)
    }

    fn set_described(
        &mut self,
        by: &ServerId,
        uri: &NodeUri,
        acl: Option<String>,
        title: Option<String>,
    ) -> Result<(), Error> {
        if let Some(title) = title {
            self.set_property(by, uri, Property::Title, &title)?;
        }
        if let Some(acl) = acl {
            self.set_property(by, uri, Property::Acl, &acl)?;
        }
        Ok(())
    }

    /// Makes the part of the tree at `target` what a serialised tree says:
    /// nodes that are missing are created, values replaced, others removed.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Denied`] and [`Error::NotAllowed`] for the
    /// node itself, which must be interior; what [`add`](Self::add),
    /// [`replace`](Self::replace) and [`delete`](Self::delete) say of the first
    /// node that fails.
    pub fn replace_serialised(
        &mut self,
        by: &ServerId,
        target: &NodeUri,
        tree: &ManagementTree,
    ) -> Result<(), Error> {
        if !self.find_for(by, Right::Replace, target)?.is_interior() {
            return Err(Error::NotAllowed);
        }
        let nodes = tnds::flatten(tree, target)?;
        self.whole(|tree| {
            let stays = |uri: &NodeUri| nodes.iter().any(|(known, _)| known == uri);
            tree.remove_others(by, target, &stays)?;
            for (uri, node) in &nodes {
                tree.make_flat(by, uri, node)?;
            }
            Ok(())
        })
    }

    /// Removes what is below `uri` and does not stay.
    fn remove_others(
        &mut self,
        by: &ServerId,
        uri: &NodeUri,
        stays: &dyn Fn(&NodeUri) -> bool,
    ) -> Result<(), Error> {
        for name in self.children(uri) {
            let child = uri.child(&name)?;
            if !stays(&child) {
                self.delete(by, &child)?;
            } else if self.find(&child).is_some_and(|found| found.is_interior()) {
                self.remove_others(by, &child, stays)?;
            }
        }
        Ok(())
    }

    /// Creates a node or gives it its value.
    fn make_flat(&mut self, by: &ServerId, uri: &NodeUri, node: &FlatNode) -> Result<(), Error> {
        let Some(found) = self.find(uri) else {
            return self.add_flat(by, uri, node.clone());
        };
        match (&node.kind, found.is_interior()) {
            (NodeKind::Interior { .. }, true) => {}
            (NodeKind::Leaf(value), false) => {
                if node.has_value {
                    self.replace(by, uri, overwritten(value))?;
                }
            }
            _ => return Err(Error::NotAllowed),
        }
        let acl = node.acl.as_ref().map(ToString::to_string);
        self.set_described(by, uri, acl, node.title.clone())
    }
}

fn overwritten(value: &Value) -> Overwrite {
    Overwrite {
        format: Some(value.format().clone()),
        type_: value.type_().map(str::to_owned),
        data: SecretBytes::new(value.data().to_vec()),
    }
}

/// What the tree keeps of a static node beside its value and ACL.
fn describe(known: &Node, listing: &Listing, node: &mut FlatNode) {
    if listing.has(Property::Title) {
        node.title = known.title().map(str::to_owned);
    }
    if listing.has(Property::VerNo) {
        node.ver_no = Some(known.ver_no());
    }
    if listing.has(Property::TStamp) {
        let changed = known.changed();
        node.tstamp = changed.map(|changed| changed.to_string().replace(['-', ':'], ""));
    }
}
