//! A managed device's first state (OMA DM StdObj 1.2 clause 5; OMA DM TND 1.2
//! clause 7.7.1.2 for the root's ACL): device information, accounts, objects for
//! firmware and software, an Inbox.

use std::path::Path;

use dm::objects::dev_detail::DevDetail;
use dm::objects::dev_info::DevInfo;
use dm::objects::dm_account::Account;
use dm::objects::fumo::Fumo;
use dm::objects::nap::Nap;
use dm::objects::scomo::Scomo;
use dm::tree::{Acl, NodeUri, Right, ServerId, Tree, TreeLimits};
use tls::Profile;
use tls::http::Hosts;
use tokens::NodeKey;

use super::account::Route;
use super::inbox;
use super::kept::{Kept, make_above};
use crate::{Error, management_tls};

/// Where the firmware object is.
pub const FIRMWARE: &str = "./FUMO/firmware";

/// Where the object for software is.
pub const SOFTWARE: &str = "./SCOMO/software";

/// Where network access points are.
pub const NAPS: &str = "./NAP";

/// Where the device information is.
pub(super) const DEV_INFO: &str = "./DevInfo";

/// Where more of it is.
pub(super) const DEV_DETAIL: &str = "./DevDetail";

/// What a device is set up with.
pub struct Setup {
    /// `./DevInfo`.
    pub info: DevInfo,
    /// `./DevDetail`; its LrgObj follows the client's configuration.
    pub detail: DevDetail,
    /// Accounts with the names that their nodes have below `./DMAcc`.
    pub accounts: Vec<(String, Account)>,
    /// Network access points with the names that their nodes have below `./NAP`,
    /// and the servers that may change them.
    pub naps: Vec<(String, Nap, Vec<ServerId>)>,
    /// Servers that may update the firmware.
    pub firmware: Vec<ServerId>,
    /// Servers that may change the software.
    pub software: Vec<ServerId>,
    /// Servers that may leave accounts and access points in `./Inbox`.
    pub inbox: Vec<ServerId>,
    /// Who certifies the servers, one or more certificates in PEM, kept in the store.
    /// `None` where the configuration names them ([`Config::tls`](super::Config::tls)),
    /// or there is no need.
    pub authorities: Option<Vec<u8>>,
}

impl Setup {
    /// Makes the store in the directory `dir`, which exists. Blocks.
    ///
    /// # Errors
    /// [`Error::Management`] if there is one already, [`Error::Account`] for an
    /// account that no session can be held with, [`Error::Tls`] for authorities that
    /// can't be read, [`Error::Dm`] for a value that can't be, [`Error::Store`].
    pub fn create(&self, dir: &Path, key: &NodeKey) -> Result<(), Error> {
        let (tree, firmware, software) = self.tree()?;
        if let Some(pem) = &self.authorities {
            let hosts = Hosts::default();
            management_tls(pem, Profile::default(), None, hosts)?;
        }
        let authorities = self.authorities.as_deref();
        Kept::create(dir, key, tree, firmware, software, authorities)
    }

    fn tree(&self) -> Result<(Tree, Fumo, Scomo), Error> {
        let root = Acl::everybody(&[Right::Add, Right::Get]);
        let mut tree = Tree::new(root, TreeLimits::default());
        self.info.write(&mut tree, &DEV_INFO.parse()?)?;
        self.detail.write(&mut tree, &DEV_DETAIL.parse()?)?;
        let accounts: NodeUri = "./DMAcc".parse()?;
        for (name, account) in &self.accounts {
            Route::of(account)?;
            let at = accounts.child(name)?;
            let servers = Account::all(&tree);
            let taken = servers.iter().any(|(uri, other)| {
                let same = |other: &Account| other.server_id == account.server_id;
                *uri == at || other.as_ref().is_ok_and(same)
            });
            if taken {
                return Err(Error::Account(
                    "there is one of this name or server already",
                ));
            }
            account.write(&mut tree, &at)?;
        }
        let naps: NodeUri = NAPS.parse()?;
        for (name, nap, servers) in &self.naps {
            nap.write(&mut tree, &naps.child(name)?, servers)?;
        }
        inbox::write(&mut tree, &self.inbox)?;
        let uri: NodeUri = FIRMWARE.parse()?;
        make_above(&mut tree, &uri)?;
        let firmware = Fumo::new(uri);
        let rights = [Right::Exec, Right::Get, Right::Replace];
        firmware.mount(&mut tree, Some(acl(&self.firmware, &rights)))?;
        let uri: NodeUri = SOFTWARE.parse()?;
        make_above(&mut tree, &uri)?;
        let software = Scomo::new(uri);
        software.mount(&mut tree, Some(acl(&self.software, &Right::ALL)))?;
        Ok((tree, firmware, software))
    }
}

/// These rights for these servers.
fn acl(servers: &[ServerId], rights: &[Right]) -> Acl {
    servers.iter().fold(Acl::everybody(&[]), |acl, server| {
        let add = |acl: Acl, right: &Right| acl.and(*right, server);
        rights.iter().fold(acl, add)
    })
}
