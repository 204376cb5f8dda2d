//! `rehome device manage init`: a directory with a fresh key, a store with the
//! first management tree, and the settings.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use device::management::Setup;
use dm::objects::dev_detail::DevDetail;
use dm::objects::dev_info::DevInfo;
use dm::tree::ServerId;
use tokens::NodeKey;
use tokens::os::OsRandom;

use super::account::{Names, from_document, from_toml};
use super::settings;
use crate::node::init::new_dir;

/// `rehome device manage init`
#[derive(Args)]
pub(crate) struct Arguments {
    /// The directory, which must not exist
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// The device's URN, for example urn:imei:490154203237518
    #[arg(long, value_name = "ID")]
    device_id: String,
    /// The manufacturer
    #[arg(long, default_value = "unknown")]
    man: String,
    /// The model
    #[arg(long = "mod", value_name = "MOD", default_value = "unknown")]
    model: String,
    /// The kind of device
    #[arg(long, value_name = "TYPE", default_value = "unknown")]
    device_type: String,
    /// The version of its firmware
    #[arg(long, value_name = "VERSION", default_value = "unknown")]
    firmware: String,
    /// An account in TOML; the first account's server may change firmware and software
    /// and leave accounts and access points in ./Inbox
    #[arg(long, value_name = "FILE", required_unless_present = "bootstrap")]
    account: Vec<PathBuf>,
    /// Who certifies servers reached by HTTPS, one or more certificates in PEM; kept in
    /// the device's encrypted store
    #[arg(long, value_name = "FILE")]
    authorities: Option<PathBuf>,
    /// A provisioning document with APPLICATION w7
    #[arg(long, value_name = "FILE.xml")]
    bootstrap: Vec<PathBuf>,
}

/// Runs `rehome device manage init`.
pub(super) fn run(arguments: &Arguments) -> Result<()> {
    // Everything is read before anything is made.
    let setup = setup(arguments)?;
    let dir = &arguments.state;
    new_dir(dir)?;
    let key = NodeKey::create(&dir.join("node.key"), &mut OsRandom)?;
    let made = setup.create(dir, &key);
    let path = dir.join(settings::FILE);
    let made = made.map_err(anyhow::Error::from).and_then(|()| {
        fs::write(&path, settings::DEFAULT).with_context(|| path.display().to_string())
    });
    if made.is_err() {
        // Made by this very command, and of no use to anybody.
        let _ = fs::remove_dir_all(dir);
    }
    made
}

fn setup(arguments: &Arguments) -> Result<Setup> {
    let mut accounts = Vec::new();
    for path in &arguments.account {
        accounts.push(from_toml(path)?);
    }
    let mut naps = Vec::new();
    let mut nap_names = Names::default();
    for path in &arguments.bootstrap {
        let found = from_document(path, &mut nap_names)?;
        let servers = found.accounts.iter().map(|it| it.server_id.clone());
        let servers: Vec<ServerId> = servers.collect();
        let of_all = |(name, nap)| (name, nap, servers.clone());
        naps.extend(found.naps.into_iter().map(of_all));
        accounts.extend(found.accounts);
    }
    let read = |path: &PathBuf| fs::read(path).with_context(|| path.display().to_string());
    let authorities = arguments.authorities.as_ref().map(read).transpose()?;
    let first = accounts.first().map(|account| account.server_id.clone());
    let mut names = Names::default();
    let named = accounts.into_iter().map(|account| {
        let name = names.name(account.server_id.as_str());
        (name, account)
    });
    Ok(Setup {
        info: DevInfo {
            device_id: arguments.device_id.clone(),
            manufacturer: arguments.man.clone(),
            model: arguments.model.clone(),
            client_version: format!("rehome {}", env!("CARGO_PKG_VERSION")),
            language: "en".to_owned(),
        },
        detail: DevDetail {
            device_type: arguments.device_type.clone(),
            oem: arguments.man.clone(),
            firmware: arguments.firmware.clone(),
            software: "unknown".to_owned(),
            hardware: "unknown".to_owned(),
            large_objects: true,
        },
        accounts: named.collect(),
        naps,
        firmware: first.iter().cloned().collect(),
        software: first.iter().cloned().collect(),
        inbox: first.into_iter().collect(),
        authorities,
    })
}
