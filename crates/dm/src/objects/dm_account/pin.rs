//! An account's pin of its server's certificate or key, `<x>/Ext/rehome/Pin`
//! (docs/certificate-status.md). DMAcc 1.0 has no place for one. The account's own
//! server reads and replaces it, and can hand that right to nobody; in what sessions,
//! says [`Config::guarded`](crate::client::Config::guarded).

use super::{Account, transport};
use crate::Error;
use crate::objects::access::GET_REPLACE;
use crate::tree::{Acl, Node, NodeUri, Right, Rights, ServerId, Tree, Value};

const PIN: &str = "Pin";

impl Account {
    /// Where the account at `at` has its pin.
    ///
    /// # Errors
    /// [`Error::UriTooLong`].
    pub fn pin_uri(at: &NodeUri) -> Result<NodeUri, Error> {
        above(at)?.child(PIN)
    }

    /// Changes the pin of the account at `at`; `None` takes it away. Whether the
    /// text is a pin, is the caller's to judge.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no account; else as [`Tree::put`].
    pub fn set_pin(tree: &mut Tree, at: &NodeUri, pin: Option<&str>) -> Result<(), Error> {
        let server = tree.value(&at.child("ServerID")?)?;
        let server = String::from_utf8_lossy(server.data()).parse()?;
        tree.begin()?;
        let mut change = || {
            tree.remove(&Self::pin_uri(at)?)?;
            pin.map_or(Ok(()), |pin| put(tree, at, &server, pin))
        };
        match change() {
            Ok(()) => tree.commit(),
            Err(error) => tree.roll_back().and(Err(error)),
        }
    }
}

/// Reads what stands below the account at `at`, a pin or not: what is no UTF-8 is
/// none.
pub(super) fn read(tree: &Tree, at: &NodeUri) -> Result<Option<String>, Error> {
    match tree.value(&Account::pin_uri(at)?) {
        Ok(value) => Ok(Some(String::from_utf8_lossy(value.data()).into_owned())),
        Err(Error::NotFound) => Ok(None),
        Err(_) => Err(Error::Account("an interior node for a leaf")),
    }
}

/// Writes it below the account at `at`.
pub(super) fn put(
    tree: &mut Tree,
    at: &NodeUri,
    server: &ServerId,
    pin: &str,
) -> Result<(), Error> {
    transport::put_above(tree, at)?;
    let acl = Acl::only(server, &[Right::Get, Right::Replace, Right::Delete]);
    let node = Node::leaf(Value::text(pin)).with_fixed_acl(acl);
    tree.put(Account::pin_uri(at)?, node.taking(Rights::of(GET_REPLACE)))
}

/// What comes through the Inbox has the ACL that came with it, which its server may
/// change, so no pin comes that way.
pub(super) fn check_place(tree: &Tree, at: &NodeUri) -> Result<(), Error> {
    match read(tree, at)? {
        None => Ok(()),
        Some(_) => Err(Error::NotAllowed),
    }
}

fn above(at: &NodeUri) -> Result<NodeUri, Error> {
    at.child("Ext")?.child("rehome")
}
