//! `rehome device run`: a device by its configuration, until it is told to end.
//! What changes of it is a JSON line on standard output. `rehome device manage`
//! is in [`manage`](super::manage).

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use device::{Clock, Device, DeviceConfig, Status, SystemClock};
use serde_json::{Value, json};
use tokens::NodeKey;
use tokio::sync::watch;

use super::config::{self, Config, Loaded};
use super::manage;
use super::serve::told_to_end;
use super::status::StatusSection;
use crate::radio::RadioBearer;

/// `rehome device`
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Switch a device on
    Run {
        /// The device's rehome.toml
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// A device that DM servers manage
    #[command(subcommand)]
    Manage(manage::Verb),
}

/// Runs `rehome device`.
pub(crate) fn run(verb: &Verb) -> Result<()> {
    match verb {
        Verb::Run { config } => switch_on(config),
        Verb::Manage(verb) => manage::run(verb),
    }
}

/// A device's settings, and where its radio is.
pub(crate) fn settings(config: &Path) -> Result<(DeviceConfig, SocketAddr)> {
    let loaded = Loaded::read(config)?;
    let Config::Device(config) = &loaded.config else {
        bail!("this configuration is no device's: `rehome serve` runs nodes");
    };
    let validation = config.status.as_ref().map(StatusSection::validation);
    let settings = DeviceConfig {
        tre: loaded.dir.join(&config.tre),
        store: loaded.dir.join(&config.store),
        key: NodeKey::load(&loaded.dir.join(&config.key))?,
        hosts: config::hosts([&config.hosts])?,
        clock: clock(config),
        validation: validation.transpose()?,
        encoding: config.encoding.encoding(),
        drop_pcid: config.drop_pcid,
        tick: Duration::from_secs(1),
    };
    Ok((settings, config.radio))
}

/// What a device knows of the time. Those that were configured before there was
/// `[status]` go on as they were.
fn clock(config: &config::Device) -> Clock {
    match (&config.status, config.trusted_clock) {
        (None, true) => Clock::Trusted,
        (None, false) => Clock::Floor(clock::Timestamp::default()),
        (Some(_), true) => Clock::Secure(Some(Arc::new(SystemClock))),
        (Some(_), false) => Clock::Secure(None),
    }
}

fn switch_on(config: &Path) -> Result<()> {
    let (settings, radio) = settings(config)?;
    let device = Device::open(settings).context("the device can't be opened")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(live(device, RadioBearer::new(radio)))
}

async fn live(device: Device, bearer: RadioBearer) -> Result<()> {
    let mut status = device.status();
    let (stop, stopped) = watch::channel(false);
    let mut running = tokio::spawn(device.run(bearer, Arc::new(()), stopped));
    println!("{}", shown(&status.borrow_and_update()));
    loop {
        tokio::select! {
            ended = &mut running => return Ok(ended??),
            told = told_to_end() => {
                told?;
                let _ = stop.send(true);
                return Ok(running.await??);
            }
            changed = status.changed() => {
                if changed.is_ok() {
                    println!("{}", shown(&status.borrow_and_update()));
                }
            }
        }
    }
}

fn shown(status: &Status) -> Value {
    json!({
        "current_sho": status.current_sho.to_string(),
        "switch_counter": status.switch_counter,
        "order": status.order.map(|(order_id, _)| order_id.to_string()),
        "phase": status.order.map(|(_, phase)| format!("{phase:?}").to_lowercase()),
        "serving_plmn": status.serving_plmn,
        "restored": status.restored,
    })
}
