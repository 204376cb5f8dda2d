//! Nodes that a server changes only in a session in which both sides have proved
//! themselves, ACLs or not (house rule, for pins of servers' certificates:
//! docs/certificate-status.md).

use super::{NodeUri, Tree};
use crate::Error;

/// The nodes, wherever they are, and whether the session has come so far.
#[derive(Default)]
pub(super) struct Guard {
    nodes: Vec<NodeUri>,
    open: bool,
}

impl Tree {
    /// Guards nodes from servers: nobody adds one, and while it is not `open` nobody
    /// changes, renames or deletes one or what it stands below. Counts until it is
    /// called anew; the device itself is not bound.
    pub fn set_guard(&mut self, nodes: &[NodeUri], open: bool) {
        self.guard = Guard {
            nodes: nodes.to_vec(),
            open,
        };
    }

    /// Whether what stands at `uri` may be changed or go.
    pub(super) fn check_guard(&self, uri: &NodeUri) -> Result<(), Error> {
        let mut hit = self.guard.nodes.iter().filter(|node| is_at(node, uri));
        match !self.guard.open && hit.any(|node| self.find(node).is_some()) {
            true => Err(Error::Denied),
            false => Ok(()),
        }
    }

    /// Whether a node may come to stand at `uri`.
    pub(super) fn check_guarded_place(&self, uri: &NodeUri) -> Result<(), Error> {
        match self.guard.nodes.contains(uri) {
            true => Err(Error::NotAllowed),
            false => Ok(()),
        }
    }

    /// Whether a node may come to stand at `uri` with others below it.
    pub(super) fn check_guarded_move(&self, uri: &NodeUri) -> Result<(), Error> {
        match self.guard.nodes.iter().any(|node| is_at(node, uri)) {
            true => Err(Error::NotAllowed),
            false => Ok(()),
        }
    }
}

/// Whether `node` is at `uri` or below it.
fn is_at(node: &NodeUri, uri: &NodeUri) -> bool {
    node == uri || node.below(uri).is_some()
}
