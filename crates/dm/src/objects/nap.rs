//! Network access points in the tree, from a provisioning document (OMA DM
//! Bootstrap 1.2, transcription clauses 3.1.3.4 and 3.1.3.6; OMA Provisioning
//! Content 1.1, NAPDEF). The object's own specification could not be read: its
//! identifier and the names of its nodes are those that devices in the field have.

use secret::SecretBytes;
use syncml::Format;

use super::access::{GET, GET_REPLACE};
use crate::Error;
use crate::bootstrap::NapDef;
use crate::tree::{Acl, Node, NodeUri, Right, Rights, ServerId, Tree, Value};

/// A network access point. There is no `Debug`: it may hold a secret.
#[derive(Clone)]
pub struct Nap {
    /// NAPID.
    pub id: String,
    /// Name, for people.
    pub name: Option<String>,
    /// Addr: for a packet network the access point name.
    pub address: Option<String>,
    /// AddrType: `APN`, `E164` and others.
    pub address_type: Option<String>,
    /// Bearer/BearerType: the network that it is for.
    pub bearer: Option<String>,
    /// AuthInfo: how this device proves itself to the network.
    pub auth: Option<NapLogin>,
}

/// AuthInfo. There is no `Debug`.
#[derive(Clone)]
pub struct NapLogin {
    /// AuthType: `PAP`, `CHAP` and others.
    pub type_: String,
    /// AuthName.
    pub name: Option<String>,
    /// AuthSecret, which nobody reads.
    pub secret: Option<SecretBytes>,
}

impl From<&NapDef> for Nap {
    /// Of several bearers and logins the first counts: they are in the order of
    /// preference.
    fn from(nap: &NapDef) -> Self {
        Self {
            id: nap.id.clone(),
            name: nap.name.clone(),
            address: nap.address.clone(),
            address_type: nap.address_type.clone(),
            bearer: nap.bearers.first().cloned(),
            auth: nap.auth.first().map(|auth| NapLogin {
                type_: auth.type_.clone(),
                name: auth.name.clone(),
                secret: auth.secret.clone(),
            }),
        }
    }
}

impl Nap {
    /// The object identifier.
    pub const TYPE: &'static str = "urn:oma:mo:oma-connmo-nap:1.0";

    /// Writes the access point at `at`, as a rule `./NAP/<x>`. `servers`, those of
    /// the same document, may read, change and delete it, and nobody else. A
    /// missing parent is made, permanent. All of it is written or nothing.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`] if something is there; [`Error::Misuse`] right below the
    /// root and while a transaction is open; else as [`Tree::put`].
    pub fn write(&self, tree: &mut Tree, at: &NodeUri, servers: &[ServerId]) -> Result<(), Error> {
        let parent = at.parent().filter(|parent| parent.name().is_some());
        let parent = parent.ok_or(Error::Misuse("an access point has a node above it"))?;
        if !matches!(tree.value(at), Err(Error::NotFound)) {
            return Err(Error::AlreadyExists);
        }
        tree.begin()?;
        match self.put(tree, &parent, at, servers) {
            Ok(()) => tree.commit(),
            Err(error) => tree.roll_back().and(Err(error)),
        }
    }

    fn put(
        &self,
        tree: &mut Tree,
        parent: &NodeUri,
        at: &NodeUri,
        servers: &[ServerId],
    ) -> Result<(), Error> {
        let interior = || Node::interior().taking(Rights::of(GET));
        if matches!(tree.value(parent), Err(Error::NotFound)) {
            tree.put(parent.clone(), interior().permanent())?;
        }
        let top = Node::object(Self::TYPE).taking(Rights::of(&[Right::Get, Right::Delete]));
        let top = match servers {
            // An ACL without entries would inherit.
            [] => top.with_fixed_acl(Acl::everybody(&[])),
            servers => top.with_acl(acl(servers)),
        };
        tree.put(at.clone(), top)?;
        let mut text = |at: &NodeUri, name: &str, text: Option<&String>| match text {
            None => Ok(()),
            Some(text) => {
                let leaf = Node::leaf(Value::text(text.as_str()));
                tree.put(at.child(name)?, leaf.taking(Rights::of(GET_REPLACE)))
            }
        };
        text(at, "NAPID", Some(&self.id))?;
        text(at, "Name", self.name.as_ref())?;
        text(at, "AddrType", self.address_type.as_ref())?;
        text(at, "Addr", self.address.as_ref())?;
        if let Some(bearer) = &self.bearer {
            let below = at.child("Bearer")?;
            tree.put(below.clone(), interior())?;
            let leaf = Node::leaf(Value::text(bearer.as_str()));
            let leaf = leaf.taking(Rights::of(GET_REPLACE));
            tree.put(below.child("BearerType")?, leaf)?;
        }
        let Some(auth) = &self.auth else {
            return Ok(());
        };
        let below = at.child("AuthInfo")?;
        tree.put(below.clone(), interior())?;
        auth.put(tree, &below)
    }
}

impl NapLogin {
    fn put(&self, tree: &mut Tree, at: &NodeUri) -> Result<(), Error> {
        let texts = [
            ("AuthType", Some(&self.type_)),
            ("AuthName", self.name.as_ref()),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                let leaf = Node::leaf(Value::text(text.as_str()));
                tree.put(at.child(name)?, leaf.taking(Rights::of(GET_REPLACE)))?;
            }
        }
        let Some(secret) = &self.secret else {
            return Ok(());
        };
        let type_ = Some("text/plain".to_owned());
        let value = Value::new(Format::Chr, type_, secret.expose().clone());
        let leaf = Node::leaf(value).taking(Rights::of(&[Right::Replace]));
        tree.put(at.child("AuthSecret")?, leaf)
    }
}

/// Get, Replace and Delete for each server; nothing for anybody without one.
fn acl(servers: &[ServerId]) -> Acl {
    let rights = [Right::Get, Right::Replace, Right::Delete];
    servers.iter().fold(Acl::everybody(&[]), |acl, server| {
        rights
            .into_iter()
            .fold(acl, |acl, right| acl.and(right, server))
    })
}
