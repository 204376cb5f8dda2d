//! Which nodes there are (OMA SCOMO 1.0) and what they show.

use super::inventory::{Delivered, Deployed, Download, Inventory};
use crate::Error;
use crate::objects::DownloadUrl;
use crate::objects::access::{EXEC, GET, GET_REPLACE, interior, leaf, number};
use crate::tree::{ObjectNode, Right, Value};

/// Nodes of an entry in the order in which they are listed. `Operations` is
/// interior, all others are leaves.
const DOWNLOAD: &[&str] = &["PkgID", "Name", "PkgURL", "Status", "Operations"];
const DELIVERED: &[&str] = &["PkgID", "Name", "State", "Status", "Operations"];
const DEPLOYED: &[&str] = &[
    "ID",
    "Name",
    "Version",
    "PkgIDRef",
    "State",
    "Status",
    "Operations",
];

impl Download {
    fn leaf(&self, name: &str) -> Option<Value> {
        match name {
            "PkgID" => text(self.id.as_deref()),
            "Name" => text(self.name.as_deref()),
            "PkgURL" => text(self.url.as_ref().map(DownloadUrl::as_str)),
            "Status" => Some(number(self.status.into())),
            _ => None,
        }
    }
}

impl Delivered {
    fn leaf(&self, name: &str) -> Option<Value> {
        match name {
            "PkgID" => text(Some(&self.id)),
            "Name" => text(self.name.as_deref()),
            "State" => Some(number(self.state().into())),
            "Status" => Some(number(self.status.into())),
            _ => None,
        }
    }
}

impl Deployed {
    fn leaf(&self, name: &str) -> Option<Value> {
        match name {
            "ID" => text(Some(&self.component.id)),
            "Name" => text(self.component.name.as_deref()),
            "Version" => text(self.component.version.as_deref()),
            "PkgIDRef" => text(self.component.package.as_deref()),
            "State" => Some(number(self.state().into())),
            "Status" => Some(number(self.status.into())),
            _ => None,
        }
    }
}

fn text(text: Option<&str>) -> Option<Value> {
    text.map(Value::text)
}

impl Inventory {
    /// The value of a leaf; `None` if it is not there.
    pub(super) fn leaf(&self, path: &[&str]) -> Option<Value> {
        match path {
            ["Download", name, leaf] => self.downloads.get(*name)?.leaf(leaf),
            ["Inventory", "Delivered", name, leaf] => self.delivered.get(*name)?.leaf(leaf),
            ["Inventory", "Deployed", name, leaf] => self.deployed.get(*name)?.leaf(leaf),
            _ => None,
        }
    }

    /// The primitives of an entry; those that are refused have a node too, for
    /// the server to be told so.
    fn operations(&self, list: &[&str], name: &str) -> &'static [&'static str] {
        match list {
            ["Download"] if self.downloads.contains_key(name) => {
                &["Download", "DownloadInstall", "DownloadInstallInactive"]
            }
            ["Inventory", "Delivered"] if self.delivered.contains_key(name) => {
                &["Install", "InstallInactive", "Remove"]
            }
            ["Inventory", "Deployed"] if self.deployed.contains_key(name) => {
                &["Activate", "Deactivate", "Remove"]
            }
            _ => &[],
        }
    }

    pub(super) fn lookup(&self, path: &[&str]) -> Option<ObjectNode> {
        match path {
            ["Download"] => return Some(interior(&[Right::Add, Right::Get])),
            ["Inventory"] | ["Inventory", "Delivered" | "Deployed"] => return Some(interior(GET)),
            ["Download", name] => {
                let rights = [Right::Add, Right::Delete, Right::Get];
                return self
                    .downloads
                    .contains_key(*name)
                    .then(|| interior(&rights));
            }
            ["Inventory", list @ ("Delivered" | "Deployed"), name] => {
                let there = !self.operations(&["Inventory", list], name).is_empty();
                return there.then(|| interior(GET));
            }
            [list @ .., name, "Operations"] => {
                let there = !self.operations(list, name).is_empty();
                return there.then(|| interior(GET));
            }
            [list @ .., name, "Operations", node] => {
                let there = self.operations(list, name).contains(node);
                return there.then(|| leaf(EXEC));
            }
            _ => {}
        }
        let writable = matches!(path, ["Download", _, "PkgID" | "Name" | "PkgURL"]);
        let rights = if writable { GET_REPLACE } else { GET };
        self.leaf(path).map(|_| leaf(rights))
    }

    pub(super) fn children(&self, path: &[&str]) -> Vec<String> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let names = match path {
            [] => return owned(&["Download", "Inventory"]),
            ["Inventory"] => return owned(&["Delivered", "Deployed"]),
            ["Download"] => return self.downloads.keys().cloned().collect(),
            ["Inventory", "Delivered"] => return self.delivered.keys().cloned().collect(),
            ["Inventory", "Deployed"] => return self.deployed.keys().cloned().collect(),
            [list @ .., name, "Operations"] => return owned(self.operations(list, name)),
            ["Download", _] => DOWNLOAD,
            ["Inventory", "Delivered", _] => DELIVERED,
            ["Inventory", "Deployed", _] => DEPLOYED,
            _ => return Vec::new(),
        };
        let there = |name: &&&str| {
            let below: Vec<&str> = path.iter().copied().chain([**name]).collect();
            self.lookup(&below).is_some()
        };
        let names: Vec<&str> = names.iter().filter(there).copied().collect();
        owned(&names)
    }

    pub(super) fn get(&self, path: &[&str]) -> Result<Value, Error> {
        self.leaf(path).ok_or(Error::NotAllowed)
    }
}
