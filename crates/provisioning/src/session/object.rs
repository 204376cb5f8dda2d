//! The device's object for one order (docs/operator-change.md section 6):
//! `Package` takes Add and Replace and is never read, `Install` takes Exec,
//! `Decision` takes Replace, `State` takes Get. Only the order's server reaches
//! it.

use std::sync::{Arc, Mutex, PoisonError};

use dm::Error;
use dm::tree::{
    Acl, Executed, Execution, ManagementObject, NodeKind, ObjectNode, Overwrite, Right, Rights,
    ServerId, Value,
};

/// What the server left in the object.
#[derive(Default)]
pub(super) struct Left {
    pub(super) package: Option<Vec<u8>>,
    pub(super) decision: Option<Vec<u8>>,
    pub(super) install: bool,
}

/// Shared between the tree, which is the session's, and the session's owner.
#[derive(Clone, Default)]
pub(super) struct Shared(Arc<Mutex<Left>>);

impl Shared {
    pub(super) fn with<T>(&self, call: impl FnOnce(&mut Left) -> T) -> T {
        call(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(super) struct OrderObject {
    order: String,
    server: ServerId,
    state: &'static str,
    left: Shared,
}

impl OrderObject {
    pub(super) fn new(order: String, server: ServerId, state: &'static str, left: Shared) -> Self {
        Self {
            order,
            server,
            state,
            left,
        }
    }

    fn leaf<'a>(&self, path: &[&'a str]) -> Option<&'a str> {
        match path {
            [order, leaf] if *order == self.order => Some(leaf),
            _ => None,
        }
    }
}

impl ManagementObject for OrderObject {
    fn lookup(&self, path: &[&str]) -> Option<ObjectNode> {
        if path == [self.order.as_str()] {
            let acl = Acl::only(&self.server, &Right::ALL);
            return Some(ObjectNode {
                interior: true,
                acl: Some(acl),
                access: Rights::of(&[Right::Add, Right::Get]),
            });
        }
        let package = self.left.with(|left| left.package.is_some());
        let rights: &[Right] = match self.leaf(path)? {
            "Package" if package => &[Right::Replace],
            "Install" => &[Right::Exec],
            "Decision" => &[Right::Replace],
            "State" => &[Right::Get],
            _ => return None,
        };
        Some(ObjectNode {
            interior: false,
            acl: None,
            access: Rights::of(rights),
        })
    }

    fn children(&self, path: &[&str]) -> Vec<String> {
        match path {
            [] => vec![self.order.clone()],
            [order] if *order == self.order => {
                ["Install", "Decision", "State"].map(str::to_owned).to_vec()
            }
            _ => Vec::new(),
        }
    }

    fn get(&self, path: &[&str]) -> Result<Value, Error> {
        match self.leaf(path) {
            Some("State") => Ok(Value::text(self.state)),
            _ => Err(Error::NotAllowed),
        }
    }

    fn add(&mut self, path: &[&str], kind: NodeKind) -> Result<(), Error> {
        match (self.leaf(path), kind) {
            (Some("Package"), NodeKind::Leaf(value)) => {
                self.left
                    .with(|left| left.package = Some(value.data().to_vec()));
                Ok(())
            }
            _ => Err(Error::NotAllowed),
        }
    }

    fn replace(&mut self, path: &[&str], new: Overwrite) -> Result<(), Error> {
        let octets = new.data.expose().clone();
        match self.leaf(path) {
            Some("Package") => self.left.with(|left| left.package = Some(octets)),
            Some("Decision") => self.left.with(|left| left.decision = Some(octets)),
            _ => return Err(Error::NotAllowed),
        }
        Ok(())
    }

    fn exec(&mut self, path: &[&str], _: &Execution) -> Result<Executed, Error> {
        let ready = self.left.with(|left| left.package.is_some());
        match self.leaf(path) {
            Some("Install") if ready => {
                self.left.with(|left| left.install = true);
                Ok(Executed::Accepted)
            }
            Some("Install") => Err(Error::Failed("no package")),
            _ => Err(Error::NotAllowed),
        }
    }
}
