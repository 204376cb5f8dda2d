//! `rehome clock`: the secure clock of a device (docs/certificate-status.md, "Time
//! from an answer").

use std::path::PathBuf;

use anyhow::{Result, anyhow};
use clap::{Args, Subcommand};
use device::{ClockView, Device};
use serde_json::{Map, Value, json};
use trust::TimePolicy;
use trust::secure_clock::Reach;

use crate::node::device::settings;

/// `rehome clock`
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// What a device knows of the time, by what it has stored
    Status(Of),
    /// Ask an OCSP responder of the device's present operator for the time
    SetFrom {
        /// The responder's http URL, or the https URL of a DPF or DRF whose
        /// certificate names one
        url: String,
        #[command(flatten)]
        of: Of,
    },
    /// Begin anew from the build time, for a device whose clock's state was restored
    Reset(Of),
}

#[derive(Args)]
pub(crate) struct Of {
    /// The device's rehome.toml
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Runs `rehome clock`.
pub(crate) fn run(verb: &Verb) -> Result<()> {
    match verb {
        Verb::Status(of) => {
            let (config, _) = settings(&of.config)?;
            of.show(&config.clock_view().map_err(coded)?);
            Ok(())
        }
        Verb::Reset(of) => {
            let (config, _) = settings(&of.config)?;
            of.show(&config.reset_clock().map_err(coded)?);
            Ok(())
        }
        Verb::SetFrom { url, of } => {
            let (config, _) = settings(&of.config)?;
            let mut device = Device::open(config).map_err(coded)?;
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()?;
            let set = runtime.block_on(device.set_clock(url)).map_err(coded)?;
            let everywhere = set.reach == Reach::Everywhere;
            if !of.json {
                println!(
                    "{}: {} to {}{}",
                    set.chain,
                    set.heard.earliest(),
                    set.heard.latest(),
                    if everywhere {
                        ", a floor for all"
                    } else {
                        ", for this operator alone"
                    }
                );
            }
            if let Some(view) = device.clock() {
                of.show(&view);
            }
            Ok(())
        }
    }
}

/// With the stable code behind the words.
fn coded(error: device::Error) -> anyhow::Error {
    let code = error.code();
    anyhow!("{error} ({code})")
}

impl Of {
    fn show(&self, view: &ClockView) {
        if self.json {
            println!("{}", json(view));
            return;
        }
        println!("stored {} times", view.generation);
        println!("{:<10} {}", "all", words(view.global));
        for (chain, known) in &view.chains {
            println!("{chain:<10} {}", words(*known));
        }
    }
}

fn json(view: &ClockView) -> Value {
    let chains: Map<String, Value> = view
        .chains
        .iter()
        .map(|(chain, known)| (chain.clone(), known_json(*known)))
        .collect();
    json!({
        "generation": view.generation,
        "lead_s": view.lead.as_secs_f64(),
        "all": known_json(view.global),
        "chains": chains,
    })
}

/// An interval with its width, or a floor, whose width nobody knows.
fn known_json(known: TimePolicy) -> Value {
    match known {
        TimePolicy::Floor(floor) => json!({ "floor": floor.to_string() }),
        TimePolicy::Trusted(now) => json!({
            "earliest": now.earliest().to_string(),
            "latest": now.latest().to_string(),
            "width_s": now.latest().since(now.earliest()).as_secs_f64(),
        }),
    }
}

fn words(known: TimePolicy) -> String {
    match known {
        TimePolicy::Floor(floor) => format!("not before {floor}"),
        TimePolicy::Trusted(now) => format!(
            "{} to {}, {:.3} s wide",
            now.earliest(),
            now.latest(),
            now.latest().since(now.earliest()).as_secs_f64()
        ),
    }
}
