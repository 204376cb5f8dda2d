//! `rehome device manage account`: the accounts of a device that is set up.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use device::management::Client;
use dm::tree::ServerId;

use super::account::{certificate, psk_file};
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
    /// What connections to a server show in TLS, and what it has to show
    Show {
        /// The server's identifier
        server: ServerId,
        /// The device's directory
        #[arg(long, value_name = "DIR")]
        state: PathBuf,
        #[command(flatten)]
        what: What,
    },
}

/// What is shown.
#[derive(Args)]
#[group(required = true, multiple = true)]
pub(crate) struct What {
    /// A file of mode 0600 with a pre-shared key, IDENTITY:HEX
    #[arg(long, value_name = "FILE")]
    psk_file: Option<PathBuf>,
    /// A certificate, then those above it, PEM
    #[arg(
        long,
        value_name = "FILE",
        requires = "key",
        conflicts_with = "psk_file"
    )]
    certificate: Option<PathBuf>,
    /// Its private key, PEM, mode 0600
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
    /// Nothing
    #[arg(long, conflicts_with_all = ["psk_file", "certificate"])]
    nothing: bool,
    /// The one certificate or key that the server may have: sha256:HEX of the
    /// certificate, spki:HEX of its SubjectPublicKeyInfo
    #[arg(long)]
    pin: Option<String>,
    /// Any that the authorities vouch for
    #[arg(long, conflicts_with = "pin")]
    no_pin: bool,
}

/// Runs `rehome device manage account`.
pub(super) fn run(verb: &Verb) -> Result<()> {
    match verb {
        Verb::Remove { server, state } => {
            open(state)?.remove_account(server)?;
            eprintln!("{server} removed");
        }
        Verb::Show {
            server,
            state,
            what,
        } => {
            let shown = match (&what.psk_file, &what.certificate, &what.key) {
                (Some(file), ..) => Some(psk_file(file)?),
                (None, Some(file), Some(key)) => Some(certificate(file, key)?),
                _ => None,
            };
            let mut client = open(state)?;
            if shown.is_some() || what.nothing {
                client.set_transport(server, shown.as_ref())?;
            }
            if what.pin.is_some() || what.no_pin {
                client.set_pin(server, what.pin.as_deref())?;
            }
            eprintln!("{server} changed");
        }
    }
    Ok(())
}

fn open(state: &Path) -> Result<Client> {
    let dir = std::path::absolute(state)?;
    let config = Settings::read(&dir)?.config(&dir, false)?;
    Client::open(&dir, config).context("the device can't be opened")
}
