//! What an account's connections show in TLS (OMA DM session security clauses 9.2.1
//! and 9.2.2): a pre-shared key, or a certificate with its key. DMAcc 1.0 has no
//! place for either, so they stand in its extension, `<x>/Ext/rehome/Trsp`; secrets
//! can be written there and never read, as AAuthSecret.

use secret::SecretBytes;

use super::Account;
use crate::Error;
use crate::objects::access::{GET, GET_REPLACE};
use crate::tree::{Node, NodeUri, Right, Rights, Tree, Value};

const REPLACE: &[Right] = &[Right::Replace];

/// The nodes from the account down.
const PATH: [&str; 3] = ["Ext", "rehome", "Trsp"];
/// Those above it.
const ABOVE: [&str; 2] = ["Ext", "rehome"];
const PSK_IDENTITY: &str = "PSKIdentity";
const PSK_SECRET: &str = "PSKSecret";
const CERTIFICATE: &str = "Certificate";
const KEY_SECRET: &str = "KeySecret";

/// Octets of the longest identity.
const MAX_IDENTITY: usize = 255;
/// Octets of a pre-shared key.
const KEY: core::ops::RangeInclusive<usize> = 16..=512;

/// What a connection shows in TLS. There is no `Debug`: it holds secrets.
#[derive(Clone)]
pub enum TransportKey {
    /// A key that the server has too.
    Psk {
        /// `PSKIdentity`: 1 to 255 octets.
        identity: String,
        /// `PSKSecret`: 16 to 512 octets.
        key: SecretBytes,
    },
    /// A certificate.
    Certificate {
        /// `Certificate`: the leaf, then what is above it, in PEM.
        chain: String,
        /// `KeySecret`: the leaf's private key in PEM.
        key: SecretBytes,
    },
}

impl TransportKey {
    /// Whether it can be shown at all; a certificate is the TLS library's to read.
    pub(super) fn check(&self) -> Result<(), Error> {
        match self {
            Self::Psk { identity, key } => {
                let fits = (1..=MAX_IDENTITY).contains(&identity.len());
                if !fits || identity.chars().any(char::is_control) {
                    return Err(Error::Account("PSKIdentity is of another form"));
                }
                if !KEY.contains(&key.expose().len()) {
                    return Err(Error::Account("PSKSecret is of another length"));
                }
                Ok(())
            }
            Self::Certificate { chain, key } => {
                if chain.is_empty() || key.expose().is_empty() {
                    return Err(Error::Account("Certificate or KeySecret is empty"));
                }
                Ok(())
            }
        }
    }

    /// Reads what stands below the account at `account`.
    pub(super) fn read(tree: &Tree, account: &NodeUri) -> Result<Option<Self>, Error> {
        let top = below(account)?;
        let octets = |name: &str| match tree.value(&top.child(name)?) {
            Ok(value) => Ok(Some(SecretBytes::new(value.data().to_vec()))),
            Err(Error::NotFound) => Ok(None),
            Err(_) => Err(Error::Account("an interior node for a leaf")),
        };
        let text = |name: &str| {
            let octets = octets(name)?;
            let text = octets.map(|octets| String::from_utf8(octets.expose().clone()));
            text.transpose()
                .map_err(|_| Error::Account("text that is not UTF-8"))
        };
        let psk = (text(PSK_IDENTITY)?, octets(PSK_SECRET)?);
        let certificate = (text(CERTIFICATE)?, octets(KEY_SECRET)?);
        match (psk, certificate) {
            ((None, None), (None, None)) => Ok(None),
            ((Some(identity), Some(key)), (None, None)) => Ok(Some(Self::Psk { identity, key })),
            ((None, None), (Some(chain), Some(key))) => Ok(Some(Self::Certificate { chain, key })),
            _ => Err(Error::Account(
                "Trsp is neither a pre-shared key nor a certificate with its key",
            )),
        }
    }

    /// Writes it below the account at `account`.
    pub(super) fn put(&self, tree: &mut Tree, account: &NodeUri) -> Result<(), Error> {
        let at = make(tree, account, &PATH)?;
        let mut put = |name: &str, rights, value| {
            let node = Node::leaf(value).taking(Rights::of(rights));
            tree.put(at.child(name)?, node)
        };
        match self {
            Self::Psk { identity, key } => {
                put(PSK_IDENTITY, GET_REPLACE, Value::text(identity))?;
                put(PSK_SECRET, REPLACE, Value::octets(key.expose().clone()))
            }
            Self::Certificate { chain, key } => {
                put(CERTIFICATE, GET_REPLACE, Value::text(chain))?;
                put(KEY_SECRET, REPLACE, Value::octets(key.expose().clone()))
            }
        }
    }
}

impl Account {
    /// Changes what the connections of the account at `at` show in TLS; `None`
    /// takes it away.
    ///
    /// # Errors
    /// [`Error::Account`] for what can't be shown; [`Error::NotFound`] if there is
    /// no account; else as [`Tree::put`].
    pub fn set_transport(
        tree: &mut Tree,
        at: &NodeUri,
        transport: Option<&TransportKey>,
    ) -> Result<(), Error> {
        if matches!(tree.value(at), Err(Error::NotFound)) {
            return Err(Error::NotFound);
        }
        if let Some(transport) = transport {
            transport.check()?;
        }
        tree.begin()?;
        let mut change = || {
            tree.remove(&below(at)?)?;
            transport.map_or(Ok(()), |transport| transport.put(tree, at))
        };
        match change() {
            Ok(()) => tree.commit(),
            Err(error) => tree.roll_back().and(Err(error)),
        }
    }
}

/// Makes `Ext/rehome` below the account at `account`, if it is missing.
pub(super) fn put_above(tree: &mut Tree, account: &NodeUri) -> Result<(), Error> {
    make(tree, account, &ABOVE).map(drop)
}

/// Makes the interior nodes that are missing from `account` down.
fn make(tree: &mut Tree, account: &NodeUri, path: &[&str]) -> Result<NodeUri, Error> {
    let mut at = account.clone();
    for name in path {
        at = at.child(name)?;
        if matches!(tree.value(&at), Err(Error::NotFound)) {
            tree.put(at.clone(), Node::interior().taking(Rights::of(GET)))?;
        }
    }
    Ok(at)
}

fn below(account: &NodeUri) -> Result<NodeUri, Error> {
    PATH.into_iter()
        .try_fold(account.clone(), |at, name| at.child(name))
}

/// The rights of a node with this path below an account, where it is one of these.
pub(super) fn rights(path: &[&str], interior: bool) -> Option<Rights> {
    let rights = match (interior, path) {
        (true, ["Ext", "rehome"] | ["Ext", "rehome", "Trsp"]) => GET,
        (false, ["Ext", "rehome", "Trsp", PSK_IDENTITY | CERTIFICATE]) => GET_REPLACE,
        (false, ["Ext", "rehome", "Trsp", PSK_SECRET | KEY_SECRET]) => REPLACE,
        _ => return None,
    };
    Some(Rights::of(rights))
}
