//! `rehome device manage account`: the accounts of a device that is set up.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Subcommand;
use device::management::Client;
use dm::tree::ServerId;

use super::settings::Settings;

/// `rehome device manage account`
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Removes a server's account, and the server from every ACL
    Remove {
        /// The server's identifier
        server: ServerId,
        /// The device's directory
        #[arg(long, value_name = "DIR")]
        state: PathBuf,
    },
}

/// Runs `rehome device manage account`.
pub(super) fn run(verb: &Verb) -> Result<()> {
    let Verb::Remove { server, state } = verb;
    let dir = std::path::absolute(state)?;
    let config = Settings::read(&dir)?.config(&dir, false)?;
    let mut client = Client::open(&dir, config).context("the device can't be opened")?;
    client.remove_account(server)?;
    eprintln!("{server} removed");
    Ok(())
}
