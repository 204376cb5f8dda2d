//! Access control lists (OMA DM TND 1.2 clause 7.7.1).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use crate::Error;

/// The name that a management server has in ACLs (`ServerID`): printable ASCII
/// without white space, `=`, `&`, `*` and `+` (clause 7.7.1.5).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerId(String);

impl ServerId {
    /// The most octets.
    pub const MAX_LENGTH: usize = 255;

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ServerId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let fits = |octet: u8| octet.is_ascii_graphic() && !b"=&*+".contains(&octet);
        if text.is_empty() || text.len() > Self::MAX_LENGTH || !text.bytes().all(fits) {
            return Err(Error::ServerId);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ServerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A command that an ACL can allow. Copy needs those of its equivalent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// Create children.
    Add,
    /// Remove the node and what is below it.
    Delete,
    /// Run the process behind the node.
    Exec,
    /// Read.
    Get,
    /// Overwrite.
    Replace,
}

impl Right {
    /// All of them, in the order of the specification's grammar.
    pub const ALL: [Self; 5] = [
        Self::Add,
        Self::Delete,
        Self::Exec,
        Self::Get,
        Self::Replace,
    ];

    /// The command's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Add => "Add",
            Self::Delete => "Delete",
            Self::Exec => "Exec",
            Self::Get => "Get",
            Self::Replace => "Replace",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Holders {
    Everybody,
    Servers(BTreeSet<ServerId>),
}

/// An ACL with a value. "No value", which inherits from the parent, is `None`
/// wherever an ACL is optional.
///
/// Nothing is added up along the path: as soon as a node has a value, that
/// value alone counts (clause 7.7.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acl(BTreeMap<Right, Holders>);

impl Acl {
    /// The most octets of the written form.
    pub const MAX_LENGTH: usize = 4096;

    /// `rights` for `server` and nothing for anybody else. Without rights the
    /// list denies everything to every server; it can't be written on the wire.
    #[must_use]
    pub fn only(server: &ServerId, rights: &[Right]) -> Self {
        rights
            .iter()
            .fold(Self(BTreeMap::new()), |acl, right| acl.and(*right, server))
    }

    /// `rights` for every server.
    #[must_use]
    pub fn everybody(rights: &[Right]) -> Self {
        Self(
            rights
                .iter()
                .map(|right| (*right, Holders::Everybody))
                .collect(),
        )
    }

    /// This list with `right` for `server` too.
    #[must_use]
    pub fn and(mut self, right: Right, server: &ServerId) -> Self {
        let holders = self
            .0
            .entry(right)
            .or_insert_with(|| Holders::Servers(BTreeSet::new()));
        if let Holders::Servers(servers) = holders {
            servers.insert(server.clone());
        }
        self
    }

    /// This list without `server`; `None` if it is not named here.
    pub(super) fn without(&self, server: &ServerId) -> Option<Self> {
        let names = |holders: &Holders| match holders {
            Holders::Everybody => false,
            Holders::Servers(servers) => servers.contains(server),
        };
        if !self.0.values().any(names) {
            return None;
        }
        let mut rights = self.0.clone();
        rights.retain(|_, holders| match holders {
            Holders::Everybody => true,
            Holders::Servers(servers) => {
                servers.remove(server);
                !servers.is_empty()
            }
        });
        Some(Self(rights))
    }

    /// Whether it allows anybody anything.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// This list with every right that `before` had and this one has not, for
    /// every server.
    pub(super) fn opened_like(mut self, before: &Self) -> Self {
        for right in before.0.keys() {
            self.0.entry(*right).or_insert(Holders::Everybody);
        }
        self
    }

    /// The entry for one right as written; `None` if nobody has it.
    pub(super) fn only_right(&self, right: Right) -> Option<String> {
        let holders = self.0.get(&right)?.clone();
        Some(Self(BTreeMap::from([(right, holders)])).to_string())
    }

    /// Whether `server` has `right`.
    #[must_use]
    pub fn allows(&self, server: &ServerId, right: Right) -> bool {
        match self.0.get(&right) {
            Some(Holders::Everybody) => true,
            Some(Holders::Servers(servers)) => servers.contains(server),
            None => false,
        }
    }
}

impl FromStr for Acl {
    type Err = Error;

    /// Reads `Add=a+b&Get=*`. A wildcard beside names overrides them.
    fn from_str(text: &str) -> Result<Self, Error> {
        if text.len() > Self::MAX_LENGTH {
            return Err(Error::Acl("too long"));
        }
        let mut lists = BTreeMap::new();
        for entry in text.split('&') {
            let (command, names) = entry
                .split_once('=')
                .ok_or(Error::Acl("entry without servers"))?;
            let right = Right::ALL
                .into_iter()
                .find(|right| right.as_str() == command)
                .ok_or(Error::Acl("unknown command"))?;
            if lists.insert(right, read_holders(names)?).is_some() {
                return Err(Error::Acl("command twice"));
            }
        }
        Ok(Self(lists))
    }
}

fn read_holders(names: &str) -> Result<Holders, Error> {
    let mut servers = BTreeSet::new();
    let mut everybody = false;
    for name in names.split('+') {
        if name == "*" {
            everybody = true;
        } else {
            let server = name.parse().map_err(|_| Error::Acl("server identifier"))?;
            servers.insert(server);
        }
    }
    Ok(if everybody {
        Holders::Everybody
    } else {
        Holders::Servers(servers)
    })
}

impl fmt::Display for Acl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (right, holders)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "&" };
            write!(f, "{separator}{}=", right.as_str())?;
            match holders {
                Holders::Everybody => f.write_str("*")?,
                Holders::Servers(servers) => {
                    let names: Vec<&str> = servers.iter().map(ServerId::as_str).collect();
                    f.write_str(&names.join("+"))?;
                }
            }
        }
        Ok(())
    }
}
