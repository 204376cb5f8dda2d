//! `rehome hlr probe`: whether the HLR that a node's configuration names can be
//! used (docs/hlr-connectors.md).

use std::path::PathBuf;

use anyhow::{Result, bail};
use provisioning::ports::hlr::HlrPort;
use serde_json::json;

use super::config::{Config, Loaded};

/// `rehome hlr probe`
#[derive(clap::Args)]
pub(crate) struct Probe {
    /// The operator's directory
    dir: PathBuf,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Runs `rehome hlr probe`.
pub(crate) fn probe(arguments: &Probe) -> Result<()> {
    let loaded = Loaded::read(&arguments.dir.join("rehome.toml"))?;
    let Config::Operator(config) = &loaded.config else {
        bail!("only an operator has an HLR");
    };
    let Some(osmo) = &config.hlr.osmo else {
        bail!("this operator's node is its own HLR: there is no [hlr.osmo] in its rehome.toml");
    };
    let connector = osmo.connector(&loaded.dir)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let found = runtime.block_on(connector.probe())?;
    if arguments.json {
        println!(
            "{}",
            json!({
                "program": found.program, "schema": found.schema,
                "subscribers": found.subscribers, "enabled": found.enabled,
                "located": found.located,
            })
        );
    } else {
        println!(
            "{}, schema {}: {} subscribers, {} enabled, {} in a network",
            found.program, found.schema, found.subscribers, found.enabled, found.located
        );
    }
    Ok(())
}
