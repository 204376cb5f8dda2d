//! The Inbox, `./Inbox` (OMA DM StdObj 1.2 clause 5.3.4; transcription 7.1.3.4): a
//! server adds an object there and the device puts it where its type belongs. The
//! clause leaves open who may, and what becomes of an object without a place: here
//! the servers that the device names, and such an object is refused.

use super::access::{GET, GET_REPLACE};
use super::nap::Nap;
use crate::Error;
use crate::tree::{Acl, Node, NodeUri, Place, Right, Rights, ServerId, Tree};

/// The object identifier.
pub const TYPE: &str = "urn:oma:mo:oma-dm-inbox:1.0";

/// Writes the Inbox at `at`, as a rule `./Inbox`. `servers` may add to it, and
/// nobody else; only the device changes that. It takes objects once the tree knows
/// of it ([`Tree::set_inbox`]).
///
/// # Errors
/// As [`Tree::put`].
pub fn write(tree: &mut Tree, at: &NodeUri, servers: &[ServerId]) -> Result<(), Error> {
    let none = Acl::everybody(&[]);
    let acl = servers
        .iter()
        .fold(none, |acl, server| acl.and(Right::Add, server));
    let node = Node::object(TYPE).permanent().with_fixed_acl(acl);
    tree.put(at.clone(), node.taking(Rights::of(&[Right::Add])))
}

impl Nap {
    /// The place of access points below `above`. They need a NAPID.
    #[must_use]
    pub fn place(above: NodeUri) -> Place {
        Place {
            type_: Self::TYPE,
            above,
            rights,
            references: &[],
            check,
        }
    }
}

/// The specification could not be read, so other nodes than ours are taken too.
fn rights(path: &[&str], interior: bool) -> Option<Rights> {
    Some(Rights::of(match (path, interior) {
        ([], true) => &[Right::Get, Right::Delete],
        ([], false) => return None,
        (_, true) => GET,
        ([.., "AuthSecret"], false) => &[Right::Replace],
        (_, false) => GET_REPLACE,
    }))
}

fn check(tree: &Tree, at: &NodeUri) -> Result<(), Error> {
    let id = tree.value(&at.child("NAPID")?);
    match id {
        Ok(id) if id.size() > 0 => Ok(()),
        _ => Err(Error::Command("an access point without a NAPID")),
    }
}
