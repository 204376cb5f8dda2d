//! Writes DM accounts into the tree (OMA DM StdObj 1.2 clause 5.3.1 for nodes
//! and AccessTypes; appendix B for the ACL).

use super::{Account, Address, AddressType, AuthLevel, AuthSetting, pin};
use crate::Error;
use crate::auth::Nonce;
use crate::objects::access::{GET, GET_REPLACE};
use crate::tree::{Acl, Node, NodeUri, Right, Rights, Tree, Value};

const REPLACE: &[Right] = &[Right::Replace];

impl Account {
    /// Whether a session can be run with it.
    ///
    /// # Errors
    /// [`Error::Account`].
    pub fn check(&self) -> Result<(), Error> {
        if self.addresses.is_empty() {
            return Err(Error::Account("AppAddr is missing"));
        }
        self.addresses.iter().try_for_each(Address::check)?;
        self.auth.iter().try_for_each(AuthSetting::check)?;
        if let Some(transport) = &self.transport {
            transport.check()?;
        }
        let of = |level: AuthLevel| self.auth.iter().filter(move |auth| auth.level == level);
        if AuthLevel::ALL
            .into_iter()
            .any(|level| of(level).count() > 1)
        {
            return Err(Error::Account("two AppAuth of one level"));
        }
        Ok(())
    }

    /// Writes the account at `at`, as a rule `./DMAcc/<x>`, in place of what is
    /// there. A missing parent is made: permanent, and only the device itself
    /// puts accounts into it. All of it is written or nothing.
    ///
    /// # Errors
    /// As [`check`](Self::check); [`Error::Misuse`] right below the root and
    /// while a transaction is open; else as [`Tree::put`].
    pub fn write(&self, tree: &mut Tree, at: &NodeUri) -> Result<(), Error> {
        self.check()?;
        let parent = at.parent().filter(|parent| parent.name().is_some());
        let parent = parent.ok_or(Error::Misuse("an account has a node above it"))?;
        tree.begin()?;
        match self.put(tree, &parent, at) {
            Ok(()) => tree.commit(),
            Err(error) => tree.roll_back().and(Err(error)),
        }
    }

    fn put(&self, tree: &mut Tree, parent: &NodeUri, at: &NodeUri) -> Result<(), Error> {
        if matches!(tree.value(parent), Err(Error::NotFound)) {
            let node = Node::interior().permanent().taking(Rights::of(GET));
            tree.put(parent.clone(), node)?;
        }
        tree.remove(at)?;
        let rights = [Right::Get, Right::Replace, Right::Delete];
        let node = Node::object(Self::TYPE)
            .with_acl(Acl::only(&self.server_id, &rights))
            .taking(Rights::of(&[Right::Get, Right::Delete]));
        tree.put(at.clone(), node)?;
        let mut writer = Branch { tree, at };
        writer.text("AppID", GET, Some(Self::APP_ID))?;
        writer.text("ServerID", GET, Some(self.server_id.as_str()))?;
        writer.text("Name", GET_REPLACE, self.name.as_deref())?;
        let preferred = self.preferred_connection.as_deref();
        writer.text("PrefConRef", GET_REPLACE, preferred)?;
        let preferred = self.preferred_auth.map(|type_| type_.as_str());
        writer.text("AAuthPref", GET_REPLACE, preferred)?;
        writer.list("ToConRef", &self.connections, |writer, connection| {
            writer.text("ConRef", GET_REPLACE, Some(connection))
        })?;
        writer.list("AppAddr", &self.addresses, put_address)?;
        writer.list("AppAuth", &self.auth, put_auth)?;
        if let Some(transport) = &self.transport {
            transport.put(tree, at)?;
        }
        match &self.pin {
            Some(pin) => pin::put(tree, at, &self.server_id, pin),
            None => Ok(()),
        }
    }

    /// Writes the nonce that a session has agreed on
    /// ([`Event::NoncesChanged`](crate::client::Event::NoncesChanged)) into the
    /// account at `at`; `None` empties it.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the account has no AppAuth of this level; as
    /// [`Tree::put`].
    pub fn store_nonce(
        tree: &mut Tree,
        at: &NodeUri,
        level: AuthLevel,
        nonce: Option<&Nonce>,
    ) -> Result<(), Error> {
        let all = at.child("AppAuth")?;
        let found = tree.leaves(&all).into_iter().find_map(|(uri, value)| {
            let its = uri.name() == Some("AAuthLevel") && value.data() == level.as_str().as_bytes();
            its.then(|| uri.parent()).flatten()
        });
        let auth = found.ok_or(Error::NotFound)?;
        let data = nonce.map_or_else(Vec::new, |nonce| nonce.octets().to_vec());
        let node = Node::leaf(Value::octets(data)).taking(Rights::of(REPLACE));
        tree.put(auth.child("AAuthData")?, node)
    }
}

impl Address {
    pub(super) fn check(&self) -> Result<(), Error> {
        let fits = match self.type_ {
            AddressType::Uri => {
                !self.address.is_empty() && self.address.bytes().all(|c| c.is_ascii_graphic())
            }
            AddressType::IpV4 => self.address.parse::<core::net::Ipv4Addr>().is_ok(),
            AddressType::IpV6 => self.address.parse::<core::net::Ipv6Addr>().is_ok(),
        };
        if fits {
            Ok(())
        } else {
            Err(Error::Account("Addr is not what AddrType says"))
        }
    }
}

fn put_address(writer: &mut Branch<'_>, address: &Address) -> Result<(), Error> {
    writer.text("Addr", GET_REPLACE, Some(&address.address))?;
    writer.text("AddrType", GET_REPLACE, Some(address.type_.as_str()))?;
    writer.list("Port", &address.ports, |writer, port| {
        writer.text("PortNbr", GET_REPLACE, Some(&port.to_string()))
    })
}

fn put_auth(writer: &mut Branch<'_>, auth: &AuthSetting) -> Result<(), Error> {
    writer.text("AAuthLevel", GET, Some(auth.level.as_str()))?;
    writer.text("AAuthType", GET, Some(auth.type_.as_str()))?;
    writer.text("AAuthName", GET_REPLACE, auth.name.as_deref())?;
    if let Some(secret) = &auth.secret {
        let format = syncml::Format::Chr;
        let type_ = Some("text/plain".to_owned());
        let value = Value::new(format, type_, secret.expose().clone());
        writer.leaf("AAuthSecret", REPLACE, value)?;
    }
    if let Some(data) = &auth.data {
        let value = Value::octets(data.expose().clone());
        writer.leaf("AAuthData", REPLACE, value)?;
    }
    Ok(())
}

/// A node and what is to be put below it.
struct Branch<'a> {
    tree: &'a mut Tree,
    at: &'a NodeUri,
}

impl Branch<'_> {
    fn leaf(&mut self, name: &str, rights: &[Right], value: Value) -> Result<(), Error> {
        let node = Node::leaf(value).taking(Rights::of(rights));
        self.tree.put(self.at.child(name)?, node)
    }

    fn text(&mut self, name: &str, rights: &[Right], text: Option<&str>) -> Result<(), Error> {
        text.map_or(Ok(()), |text| self.leaf(name, rights, Value::text(text)))
    }

    /// `name` with a node for each item below it, numbered from 1; nothing for
    /// no items.
    fn list<T>(
        &mut self,
        name: &str,
        items: &[T],
        each: impl Fn(&mut Branch<'_>, &T) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if items.is_empty() {
            return Ok(());
        }
        let node = || Node::interior().taking(Rights::of(GET));
        let top = self.at.child(name)?;
        self.tree.put(top.clone(), node())?;
        for (index, item) in items.iter().enumerate() {
            let at = top.child(&(index + 1).to_string())?;
            self.tree.put(at.clone(), node())?;
            let mut below = Branch {
                tree: &mut *self.tree,
                at: &at,
            };
            each(&mut below, item)?;
        }
        Ok(())
    }
}
