//! Accounts that come through the Inbox (OMA DM StdObj 1.2 clauses 5.3.1 and
//! 5.3.4; OMA DM Bootstrap 1.2, transcription clause 3.1.4.3: their ACLs come with
//! them).

use super::{Account, pin, transport};
use crate::Error;
use crate::objects::access::{GET, GET_REPLACE};
use crate::tree::{NodeUri, Place, Right, Rights, Tree};

impl Account {
    /// The place of accounts below `above`: whole accounts, of servers that have
    /// none yet.
    #[must_use]
    pub fn place(above: NodeUri) -> Place {
        Place {
            type_: Self::TYPE,
            above,
            rights,
            references: &["ConRef", "PrefConRef"],
            check: Self::check_place,
        }
    }

    /// Whether the account at `at` is whole, without a pin, and the only one of its
    /// server.
    ///
    /// # Errors
    /// As [`read`](Self::read); [`Error::NotAllowed`], [`Error::AlreadyExists`].
    pub fn check_place(tree: &Tree, at: &NodeUri) -> Result<(), Error> {
        let account = Self::read(tree, at)?;
        pin::check_place(tree, at)?;
        let server = account.server_id.as_str().as_bytes();
        for (other, _) in Self::all(tree) {
            let id = tree.value(&other.child("ServerID")?);
            if other != *at && id.is_ok_and(|id| id.data() == server) {
                return Err(Error::AlreadyExists);
            }
        }
        Ok(())
    }
}

/// As accounts are written ([`Account::write`]).
fn rights(path: &[&str], interior: bool) -> Option<Rights> {
    if let Some(rights) = transport::rights(path, interior) {
        return Some(rights);
    }
    let rights = match (interior, path) {
        (true, []) => &[Right::Get, Right::Delete],
        (true, ["ToConRef" | "AppAddr" | "AppAuth"] | ["ToConRef" | "AppAddr" | "AppAuth", _]) => {
            GET
        }
        (true, ["AppAddr", _, "Port"] | ["AppAddr", _, "Port", _]) => GET,
        (false, ["AppID" | "ServerID"] | ["AppAuth", _, "AAuthLevel" | "AAuthType"]) => GET,
        (false, ["Name" | "PrefConRef" | "AAuthPref"]) => GET_REPLACE,
        (false, ["ToConRef", _, "ConRef"] | ["AppAddr", _, "Addr" | "AddrType"]) => GET_REPLACE,
        (false, ["AppAddr", _, "Port", _, "PortNbr"]) => GET_REPLACE,
        (false, ["AppAuth", _, "AAuthName"]) => GET_REPLACE,
        (false, ["AppAuth", _, "AAuthSecret" | "AAuthData"]) => &[Right::Replace],
        (true, ["Ext", ..]) | (false, ["Ext", _, ..]) => return Some(Rights::ORDINARY),
        _ => return None,
    };
    Some(Rights::of(rights))
}
