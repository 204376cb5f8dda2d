//! Accounts that go away (OMA DM TND 1.2 clause 7.7.1.4): a server without an
//! account is taken out of every ACL, so that no other one finds rights under its
//! name.

use std::collections::BTreeSet;

use dm::objects::dm_account::{Account, TransportKey};
use dm::tree::{NodeUri, ServerId, Tree};

use super::account::Route;
use super::client::Client;
use crate::Error;

/// Where the accounts are.
pub(super) const ACCOUNTS: &str = "./DMAcc";

/// The servers that accounts name, also those that no session can be held with.
pub(super) fn named(tree: &Tree) -> Result<BTreeSet<String>, Error> {
    let accounts: NodeUri = ACCOUNTS.parse()?;
    let mut servers = BTreeSet::new();
    for name in tree.names(&accounts) {
        let leaf = accounts.child(&name)?.child("ServerID")?;
        if let Ok(value) = tree.value(&leaf) {
            servers.insert(String::from_utf8_lossy(value.data()).into_owned());
        }
    }
    Ok(servers)
}

/// Where accounts have their pins, those too that have none.
pub(super) fn pins(tree: &Tree) -> Result<Vec<NodeUri>, Error> {
    let accounts: NodeUri = ACCOUNTS.parse()?;
    let names = tree.names(&accounts).into_iter();
    let pins = names.map(|name| Ok(Account::pin_uri(&accounts.child(&name)?)?));
    pins.collect()
}

impl Client {
    /// Removes the accounts of a server, and with them its rights in the tree.
    /// Blocks.
    ///
    /// # Errors
    /// [`Error::Account`] if it has none; [`Error::Store`].
    pub fn remove_account(&mut self, server: &ServerId) -> Result<(), Error> {
        let before = named(&self.kept.tree)?;
        if !before.contains(server.as_str()) {
            return Err(Error::Account("there is none of this server"));
        }
        let accounts: NodeUri = ACCOUNTS.parse()?;
        for name in self.kept.tree.names(&accounts) {
            let at = accounts.child(&name)?;
            let id = self.kept.tree.value(&at.child("ServerID")?);
            if id.is_ok_and(|id| id.data() == server.as_str().as_bytes()) {
                self.kept.tree.remove(&at)?;
            }
        }
        self.forget_gone(&before)?;
        self.kept.save()
    }

    /// Changes what connections to a server show in TLS; `None` takes it away.
    /// Blocks.
    ///
    /// # Errors
    /// [`Error::Account`] if the server has no account, or for what it can't be
    /// shown; [`Error::Store`].
    pub fn set_transport(
        &mut self,
        server: &ServerId,
        transport: Option<&TransportKey>,
    ) -> Result<(), Error> {
        let (at, mut account) = self.account(server)?;
        account.transport = transport.cloned();
        Route::of(&account)?;
        Account::set_transport(&mut self.kept.tree, &at, transport)?;
        self.kept.save()
    }

    /// Changes the pin of a server's certificate or key, `sha256:` or `spki:` and 64
    /// hexadecimal digits; `None` takes it away. Blocks.
    ///
    /// # Errors
    /// [`Error::Account`] if the server has no account, or one whose server shows no
    /// certificate; [`Error::Login`] for what is no pin; [`Error::Store`].
    pub fn set_pin(&mut self, server: &ServerId, pin: Option<&str>) -> Result<(), Error> {
        let (at, mut account) = self.account(server)?;
        account.pin = pin.map(str::to_owned);
        Route::of(&account)?;
        Account::set_pin(&mut self.kept.tree, &at, pin)?;
        self.kept.save()
    }

    fn account(&self, server: &ServerId) -> Result<(NodeUri, Account), Error> {
        let all = Account::all(&self.kept.tree);
        let found = all.into_iter().find_map(|(at, account)| {
            let account = account.ok().filter(|it| it.server_id == *server)?;
            Some((at, account))
        });
        found.ok_or(Error::Account("there is none of this server"))
    }

    /// Takes servers that no account names any more out of every ACL.
    pub(super) fn forget_gone(&mut self, before: &BTreeSet<String>) -> Result<(), Error> {
        let after = named(&self.kept.tree)?;
        for gone in before.difference(&after) {
            // What is no identifier is in no ACL.
            if let Ok(server) = gone.parse() {
                tracing::info!(server = %gone, "has no account any more");
                self.kept.tree.forget_server(&server);
            }
        }
        Ok(())
    }
}
