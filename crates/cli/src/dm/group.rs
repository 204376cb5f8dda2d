//! `rehome dm group`: devices that are given the same commands.

use std::io::Write;

use anyhow::{Result, bail};
use clap::Subcommand;
use serde_json::{Value, json};

use super::api::{Server, encoded, rows, text};
use super::render::plain;

/// `rehome dm group`
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Puts devices into a group, which is there from its first device on
    Add {
        name: String,
        #[arg(required = true)]
        devices: Vec<String>,
        #[command(flatten)]
        server: Server,
        /// One JSON object for each device
        #[arg(long)]
        json: bool,
    },
    /// Takes devices out of a group, or all
    Remove {
        name: String,
        devices: Vec<String>,
        #[command(flatten)]
        server: Server,
    },
    /// Groups with their devices
    List {
        #[command(flatten)]
        server: Server,
        /// One JSON object for each group
        #[arg(long)]
        json: bool,
    },
}

/// Runs `rehome dm group`.
pub(super) fn run(verb: &Verb) -> Result<()> {
    match verb {
        Verb::Add {
            name,
            devices,
            server,
            json,
        } => add(server, name, devices, *json),
        Verb::Remove {
            name,
            devices,
            server,
        } => {
            let group = format!("groups/{}", encoded(name));
            if devices.is_empty() {
                server.request("DELETE", &group, None)?;
            }
            for device in devices {
                server.request("DELETE", &format!("{group}/{}", encoded(device)), None)?;
            }
            Ok(())
        }
        Verb::List { server, json } => {
            let answer = server.request("GET", "groups", None)?;
            let mut out = std::io::stdout().lock();
            for group in rows(&answer, "groups") {
                if *json {
                    writeln!(out, "{group}")?;
                    continue;
                }
                writeln!(out, "{}", plain(text(group, "name")))?;
                for device in rows(group, "devices") {
                    writeln!(out, "  {}", plain(device.as_str().unwrap_or_default()))?;
                }
            }
            Ok(())
        }
    }
}

fn add(server: &Server, name: &str, devices: &[String], json: bool) -> Result<()> {
    let body = json!({ "name": name, "devices": devices });
    let answer = server.request("POST", "groups", Some(&body))?;
    let results: Vec<&Value> = rows(&answer, "results").collect();
    let mut refused = 0;
    for result in &results {
        let code = text(result, "code");
        refused += usize::from(!code.is_empty());
        if json {
            println!("{result}");
        } else if !code.is_empty() {
            println!("{} refused: {code}", plain(text(result, "device")));
        }
    }
    if refused > 0 {
        bail!("{refused} of {} devices refused", results.len());
    }
    Ok(())
}
