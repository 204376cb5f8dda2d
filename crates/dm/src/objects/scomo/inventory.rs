//! What a device has and is to have of software (OMA SCOMO 1.0, nodes of
//! Download, Delivered and Deployed, with their Status and State).

use std::collections::BTreeMap;

use crate::Error;
use crate::objects::DownloadUrl;

/// Status of what nothing was done to. The other numbers mean something else in
/// each of the three lists.
pub(super) const IDLE: u8 = 10;

/// Status of a package in Download.
pub(super) mod download {
    pub(in super::super) const FAILED: u8 = 20;
    pub(in super::super) const PROGRESSING: u8 = 30;
    pub(in super::super) const COMPLETE: u8 = 40;
    pub(in super::super) const INSTALLING: u8 = 50;
    pub(in super::super) const INSTALL_FAILED_HAVE_DATA: u8 = 60;
    pub(in super::super) const INSTALL_FAILED_NO_DATA: u8 = 70;
}

/// Status of a package in Delivered.
pub(super) mod delivered {
    pub(in super::super) const REMOVE_FAILED: u8 = 20;
    pub(in super::super) const REMOVING: u8 = 30;
    pub(in super::super) const INSTALLING: u8 = 40;
    pub(in super::super) const INSTALL_FAILED_HAVE_DATA: u8 = 50;
    pub(in super::super) const INSTALL_FAILED_NO_DATA: u8 = 60;
}

/// Status of a component in Deployed.
pub(super) mod deployed {
    pub(in super::super) const REMOVE_FAILED: u8 = 20;
    pub(in super::super) const REMOVING: u8 = 30;
    pub(in super::super) const ACTIVATE_FAILED: u8 = 40;
    pub(in super::super) const ACTIVATING: u8 = 50;
    pub(in super::super) const DEACTIVATE_FAILED: u8 = 60;
    pub(in super::super) const DEACTIVATING: u8 = 70;
}

/// The most entries of each list.
const MOST: usize = 64;

/// A package to be fetched.
#[derive(Clone, Default)]
pub(super) struct Download {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) url: Option<DownloadUrl>,
    pub(super) status: u8,
}

/// A package that is here.
#[derive(Clone)]
pub(super) struct Delivered {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) installed: bool,
    pub(super) status: u8,
}

impl Delivered {
    /// State: 10 for delivered, 20 for installed.
    pub(super) const fn state(&self) -> u8 {
        if self.installed { 20 } else { 10 }
    }
}

/// A deployment component: software on the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// The name of its node.
    pub node: String,
    /// ID.
    pub id: String,
    /// Name.
    pub name: Option<String>,
    /// Version.
    pub version: Option<String>,
    /// PkgIDRef: the package that it came in.
    pub package: Option<String>,
    /// State: whether it is active.
    pub active: bool,
}

#[derive(Clone)]
pub(super) struct Deployed {
    pub(super) component: Component,
    pub(super) status: u8,
}

impl Deployed {
    /// State: 10 for inactive, 20 for active.
    pub(super) const fn state(&self) -> u8 {
        if self.component.active { 20 } else { 10 }
    }
}

/// The three lists, by the names of their nodes.
#[derive(Clone, Default)]
pub(super) struct Inventory {
    pub(super) downloads: BTreeMap<String, Download>,
    pub(super) delivered: BTreeMap<String, Delivered>,
    pub(super) deployed: BTreeMap<String, Deployed>,
}

/// Whether there is room for another entry under this name.
pub(super) fn check_room<T>(list: &BTreeMap<String, T>, name: &str) -> Result<(), Error> {
    if list.len() < MOST || list.contains_key(name) {
        Ok(())
    } else {
        Err(Error::Full)
    }
}

impl Inventory {
    /// Puts a component into Deployed, in place of the one at its node.
    pub(super) fn deploy(&mut self, component: Component) -> Result<(), Error> {
        check_room(&self.deployed, &component.node)?;
        let old = self.deployed.get(&component.node);
        let status = old.map_or(IDLE, |old| old.status);
        let node = component.node.clone();
        self.deployed.insert(node, Deployed { component, status });
        Ok(())
    }

    /// The identifier of the package that is to be fetched, else of the one
    /// that is here, else the name of its node.
    pub(super) fn wanted_id(&self, name: &str) -> String {
        let wanted = self.downloads.get(name);
        let id = wanted.and_then(|package| package.id.clone());
        id.unwrap_or_else(|| self.fetched_id(name))
    }

    /// The identifier of the package that is here, else the name of its node.
    pub(super) fn fetched_id(&self, name: &str) -> String {
        let fetched = self.delivered.get(name);
        fetched.map_or_else(|| name.to_owned(), |package| package.id.clone())
    }
}
