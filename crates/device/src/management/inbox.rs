//! The device's Inbox (OMA DM StdObj 1.2 clause 5.3.4): servers that may add
//! accounts and access points do so without knowing where they are kept.

use dm::objects::dm_account::Account;
use dm::objects::inbox::{self, TYPE};
use dm::objects::nap::Nap;
use dm::tree::{Node, NodeKind, NodeUri, Place, ServerId, Tree};

use super::account::Route;
use super::accounts::ACCOUNTS;
use super::setup::NAPS;
use crate::Error;

/// Where servers leave objects.
pub const INBOX: &str = "./Inbox";

/// Writes the Inbox, for `servers`.
pub(super) fn write(tree: &mut Tree, servers: &[ServerId]) -> Result<(), Error> {
    Ok(inbox::write(tree, &INBOX.parse()?, servers)?)
}

/// Puts the Inbox to work, if the device was set up with one.
pub(super) fn open(tree: &mut Tree) -> Result<(), Error> {
    let at: NodeUri = INBOX.parse()?;
    // A server may have made a node of the name, but none that is permanent.
    let ours = |node: &Node| {
        let typed =
            matches!(node.kind(), NodeKind::Interior { type_: Some(type_) } if type_ == TYPE);
        typed && node.is_permanent()
    };
    if !tree.export().any(|(uri, node)| *uri == at && ours(node)) {
        return Ok(());
    }
    let accounts = Place {
        check,
        ..Account::place(ACCOUNTS.parse()?)
    };
    tree.set_inbox(at, vec![accounts, Nap::place(NAPS.parse()?)]);
    Ok(())
}

/// Whether an account is one that sessions can be held with.
fn check(tree: &Tree, at: &NodeUri) -> Result<(), dm::Error> {
    Account::check_place(tree, at)?;
    match Route::of(&Account::read(tree, at)?) {
        Ok(_) => Ok(()),
        Err(Error::Account(why)) => Err(dm::Error::Account(why)),
        Err(_) => Err(dm::Error::Account("no session can be held with it")),
    }
}
