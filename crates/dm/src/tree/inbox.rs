//! The Inbox: a place for management objects whose sender knows what they are and
//! not where this device keeps them (OMA DM StdObj 1.2 clause 5.3.4; transcription
//! 7.1.3.4). What is added below it is moved, by the type of its topmost node, when
//! the command or the Atomic around it is done. What has no place here, or is not
//! whole, makes the command fail, and nothing of it stays.

use std::sync::Arc;

use super::{Node, NodeKind, NodeUri, Right, Rights, Tree, Value};
use crate::Error;
use crate::tnds::ManagementTree;

/// Where objects of one type go.
pub struct Place {
    /// The object identifier: the type of the topmost node.
    pub type_: &'static str,
    /// The node above; made, permanent, if it is missing.
    pub above: NodeUri,
    /// The commands that a node takes, by its path below the topmost one and
    /// whether it is interior; `None` for a node that no such object has.
    pub rights: fn(&[&str], bool) -> Option<Rights>,
    /// Names of leaves that say where another object is. One below the Inbox
    /// becomes the place that the object went to.
    pub references: &'static [&'static str],
    /// Judges an object in its place.
    pub check: fn(&Tree, &NodeUri) -> Result<(), Error>,
}

/// A tree's Inbox.
pub(super) struct Inbox {
    at: NodeUri,
    places: Arc<[Place]>,
}

/// From where an object was moved, and where to.
struct Move<'a> {
    from: NodeUri,
    to: NodeUri,
    place: &'a Place,
}

impl Tree {
    /// Makes the node at `at` the Inbox for objects that have one of `places`. A
    /// Get of it, or of anything below, is refused from here on.
    pub fn set_inbox(&mut self, at: NodeUri, places: Vec<Place>) {
        let places = places.into();
        self.inbox = Some(Inbox { at, places });
    }

    pub(super) fn is_inbox(&self, uri: &NodeUri) -> bool {
        self.inbox.as_ref().is_some_and(|inbox| inbox.at == *uri)
    }

    /// Whether `uri` is the Inbox or below it, whatever is there.
    pub(super) fn is_in_inbox(&self, uri: &NodeUri) -> bool {
        let inbox = self.inbox.as_ref();
        inbox.is_some_and(|inbox| *uri == inbox.at || uri.below(&inbox.at).is_some())
    }

    /// `tree` with names for the nodes that the sender left to the device (OMA DM
    /// TNDS 1.2 clause 6.3.1.6), which below the Inbox has no name from the target.
    pub(super) fn named(&self, tree: &ManagementTree, inbox: &NodeUri) -> ManagementTree {
        let mut tree = tree.clone();
        let taken = self.names(inbox);
        let taken = |name: &str| taken.iter().any(|known| known == name);
        let mut names = (1_u64..).map(|number| number.to_string());
        let mut free = names.by_ref().filter(|name| !taken(name));
        tree.name_nodes(&mut |_| free.next().unwrap_or_default());
        tree
    }

    /// Moves what is in the Inbox to where it belongs. After an error the open
    /// transaction is to be rolled back.
    ///
    /// # Errors
    /// [`Error::MediaType`] for what is no object of a known type,
    /// [`Error::NotAllowed`] for a node that such an object does not have, what the
    /// place says of it, or past the limits.
    pub(super) fn settle(&mut self) -> Result<(), Error> {
        let Some(inbox) = &self.inbox else {
            return Ok(());
        };
        let (at, places) = (inbox.at.clone(), Arc::clone(&inbox.places));
        let mut moves = Vec::new();
        for name in self.names(&at) {
            let from = at.child(&name)?;
            let place = self.place(&places, &from).ok_or(Error::MediaType)?;
            let to = self.vacant(&place.above, &name)?;
            let step = Move { from, to, place };
            self.carry(&step)?;
            moves.push(step);
        }
        for step in &moves {
            self.follow(step, &moves)?;
        }
        moves
            .iter()
            .try_for_each(|step| (step.place.check)(self, &step.to))
    }

    fn place<'a>(&self, places: &'a [Place], uri: &NodeUri) -> Option<&'a Place> {
        let NodeKind::Interior { type_ } = self.nodes.get(uri)?.kind() else {
            return None;
        };
        let type_ = type_.as_deref()?;
        places.iter().find(|place| place.type_ == type_)
    }

    /// The node `name` below `above`, or the first number whose node is not there.
    fn vacant(&mut self, above: &NodeUri, name: &str) -> Result<NodeUri, Error> {
        if self.find(above).is_none() {
            let node = Node::interior().permanent();
            self.put(above.clone(), node.taking(Rights::of(&[Right::Get])))?;
        }
        let mut uri = above.child(name)?;
        let mut number = 0_u64;
        while self.find(&uri).is_some() {
            number += 1;
            uri = above.child(&number.to_string())?;
        }
        Ok(uri)
    }

    /// Moves an object, with its ACLs and titles; what its nodes take is as the
    /// place says.
    fn carry(&mut self, step: &Move<'_>) -> Result<(), Error> {
        let top = self.nodes.get(&step.from).ok_or(Error::NotFound)?;
        let mut nodes = vec![(step.to.clone(), step.taken(&[], top)?)];
        for (uri, node) in self.static_below(&step.from) {
            let path = uri.below(&step.from).unwrap_or_default();
            let at = path.iter().try_fold(step.to.clone(), |at, it| at.child(it));
            nodes.push((at?, step.taken(&path, node)?));
        }
        self.remove_static(&step.from);
        for (at, node) in nodes {
            self.put(at, node)?;
        }
        Ok(())
    }

    /// Turns what an object says of others in the Inbox into their places (OMA DM
    /// Bootstrap 1.2, transcription clause 3.1.4.5).
    fn follow(&mut self, step: &Move<'_>, moves: &[Move<'_>]) -> Result<(), Error> {
        let refers = |uri: &NodeUri| {
            let name = uri.name().unwrap_or_default();
            step.place.references.contains(&name)
        };
        let leaves = self.leaves(&step.to).into_iter();
        for (at, value) in leaves.filter(|(uri, _)| refers(uri)) {
            let Some(new) = moved(&value, moves) else {
                continue;
            };
            let node = self.nodes.get(&at).cloned();
            let mut node = node.ok_or(Error::NotFound)?;
            let type_ = value.type_().map(str::to_owned);
            let text = new.to_string().into_bytes();
            node.set_value(Value::new(value.format().clone(), type_, text));
            self.put(at, node)?;
        }
        Ok(())
    }
}

impl Move<'_> {
    /// A node as it stands in its place.
    fn taken(&self, path: &[&str], node: &Node) -> Result<Node, Error> {
        let interior = node.value().is_none();
        let rights = (self.place.rights)(path, interior).ok_or(Error::NotAllowed)?;
        Ok(node.clone().taking(rights))
    }
}

/// Where the node that `value` names has gone.
fn moved(value: &Value, moves: &[Move<'_>]) -> Option<NodeUri> {
    let named: NodeUri = std::str::from_utf8(value.data()).ok()?.parse().ok()?;
    moves.iter().find_map(|step| {
        if named == step.from {
            return Some(step.to.clone());
        }
        let path = named.below(&step.from)?;
        let at = path.iter().try_fold(step.to.clone(), |at, it| at.child(it));
        at.ok()
    })
}
