//! Reads DM accounts out of the tree (OMA DM StdObj 1.2 clause 5.3.1), whoever
//! wrote them.

use secret::SecretBytes;

use super::{Account, Address, AddressType, AuthLevel, AuthSetting, AuthType, TransportKey, pin};
use crate::Error;
use crate::objects::access;
use crate::tree::{NodeKind, NodeUri, Tree};

impl Account {
    /// Every account of the tree, in order of their nodes. One that is
    /// incomplete does not stand in the way of the others.
    #[must_use]
    pub fn all(tree: &Tree) -> Vec<(NodeUri, Result<Self, Error>)> {
        let tops: Vec<NodeUri> = tree
            .export()
            .filter(|(_, node)| {
                matches!(node.kind(), NodeKind::Interior { type_: Some(type_) } if type_ == Self::TYPE)
            })
            .map(|(uri, _)| uri.clone())
            .collect();
        tops.into_iter()
            .map(|at| {
                let account = Self::read(tree, &at);
                (at, account)
            })
            .collect()
    }

    /// The account at `at`.
    ///
    /// # Errors
    /// [`Error::Account`] if something is missing or can't be.
    pub fn read(tree: &Tree, at: &NodeUri) -> Result<Self, Error> {
        let top = Branch { tree, at };
        if top.text("AppID")?.as_deref() != Some(Self::APP_ID) {
            return Err(Error::Account("AppID is not w7"));
        }
        let server_id = top.required("ServerID", "ServerID is missing")?;
        let mut account = Self {
            server_id: server_id
                .parse()
                .map_err(|_| Error::Account("ServerID can't be in an ACL"))?,
            name: top.text("Name")?,
            preferred_connection: top.text("PrefConRef")?,
            connections: Vec::new(),
            addresses: Vec::new(),
            preferred_auth: None,
            auth: Vec::new(),
            transport: TransportKey::read(tree, at)?,
            pin: pin::read(tree, at)?,
        };
        // An empty AAuthPref leaves the choice to the device.
        if let Some(text) = top.text("AAuthPref")?.filter(|text| !text.is_empty()) {
            account.preferred_auth = Some(auth_type(&text)?);
        }
        for at in top.items("ToConRef")? {
            let item = Branch { tree, at: &at };
            let connection = item.required("ConRef", "ConRef is missing")?;
            account.connections.push(connection);
        }
        for at in top.items("AppAddr")? {
            account.addresses.push(address(&Branch { tree, at: &at })?);
        }
        for at in top.items("AppAuth")? {
            account.auth.push(auth(&Branch { tree, at: &at })?);
        }
        account.check()?;
        Ok(account)
    }
}

fn address(at: &Branch<'_>) -> Result<Address, Error> {
    let type_ = at.text("AddrType")?.unwrap_or_default();
    let known = |known: &AddressType| known.as_str() == type_;
    let found = AddressType::ALL.into_iter().find(known);
    let default = type_.is_empty().then_some(AddressType::Uri);
    let mut address = Address {
        address: at.required("Addr", "Addr is missing")?,
        type_: found
            .or(default)
            .ok_or(Error::Account("unknown AddrType"))?,
        ports: Vec::new(),
    };
    for below in at.items("Port")? {
        let port = Branch {
            tree: at.tree,
            at: &below,
        };
        let number = port.required("PortNbr", "PortNbr is missing")?;
        let number = number.parse();
        address
            .ports
            .push(number.map_err(|_| Error::Account("PortNbr is not a port"))?);
    }
    Ok(address)
}

fn auth(at: &Branch<'_>) -> Result<AuthSetting, Error> {
    let level = at.required("AAuthLevel", "AAuthLevel is missing")?;
    let known = |known: &AuthLevel| known.as_str() == level;
    let type_ = at.required("AAuthType", "AAuthType is missing")?;
    Ok(AuthSetting {
        level: AuthLevel::ALL
            .into_iter()
            .find(known)
            .ok_or(Error::Account("unknown AAuthLevel"))?,
        type_: auth_type(&type_)?,
        name: at.text("AAuthName")?,
        secret: at.octets("AAuthSecret")?,
        data: at.octets("AAuthData")?,
    })
}

fn auth_type(text: &str) -> Result<AuthType, Error> {
    AuthType::of_text(text).ok_or(Error::Account("unknown authentication type"))
}

/// A node and what stands below it.
struct Branch<'a> {
    tree: &'a Tree,
    at: &'a NodeUri,
}

impl Branch<'_> {
    fn octets(&self, name: &str) -> Result<Option<SecretBytes>, Error> {
        match self.tree.value(&self.at.child(name)?) {
            Ok(value) => Ok(Some(SecretBytes::new(value.data().to_vec()))),
            Err(Error::NotFound) => Ok(None),
            Err(_) => Err(Error::Account("an interior node for a leaf")),
        }
    }

    fn text(&self, name: &str) -> Result<Option<String>, Error> {
        let octets = self.octets(name)?;
        let text = octets.map(|octets| access::text(octets.expose()));
        text.transpose()
            .map_err(|_| Error::Account("text that is not UTF-8"))
    }

    fn required(&self, name: &str, missing: &'static str) -> Result<String, Error> {
        self.text(name)?.ok_or(Error::Account(missing))
    }

    /// The children of `name`, which all have children themselves; those of a
    /// numbered list in the order of their numbers.
    fn items(&self, name: &str) -> Result<Vec<NodeUri>, Error> {
        let top = self.at.child(name)?;
        let mut items = Vec::new();
        for (uri, node) in self.tree.export() {
            if uri.parent().as_ref() != Some(&top) {
                continue;
            }
            if node.value().is_some() {
                return Err(Error::Account("a leaf in a list"));
            }
            items.push(uri.clone());
        }
        items.sort_by_key(|uri| {
            let number = uri.name().and_then(|name| name.parse::<u32>().ok());
            number.unwrap_or(u32::MAX)
        });
        Ok(items)
    }
}
