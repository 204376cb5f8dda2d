//! `rehome device manage tree`: the stored management tree, indented.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use device::management::{Entry, Outline};
use dm::tree::NodeUri;
use serde_json::{Value, json};

use super::settings::key;

/// `rehome device manage tree`
#[derive(Args)]
pub(crate) struct Arguments {
    /// The device's directory
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// The node to begin with
    #[arg(default_value = ".")]
    uri: NodeUri,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

/// Runs `rehome device manage tree`.
pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let outline = Outline::open(&arguments.state, &key(&arguments.state)?)?;
    let entries = outline.entries(&arguments.uri)?;
    if arguments.json {
        let shown: Vec<Value> = entries.iter().map(as_json).collect();
        println!("{}", serde_json::to_string_pretty(&shown)?);
        return Ok(());
    }
    let top = arguments.uri.depth();
    for entry in &entries {
        let indent = "  ".repeat(entry.uri.depth().saturating_sub(top));
        println!("{indent}{}", line(entry));
    }
    Ok(())
}

/// A node in a line; what could move a terminal's cursor is escaped.
fn line(entry: &Entry) -> String {
    let name = entry.uri.name().unwrap_or(".").escape_debug();
    let mut line = name.to_string();
    if let Some(value) = &entry.value {
        line.push_str(&format!(" = {}", value.escape_debug()));
    }
    if entry.interior
        && let Some(type_) = &entry.type_
    {
        line.push_str(&format!(" ({})", type_.escape_debug()));
    }
    if let Some(acl) = &entry.acl {
        line.push_str(&format!(" [{acl}]"));
    }
    line
}

fn as_json(entry: &Entry) -> Value {
    json!({
        "uri": entry.uri.to_string(),
        "interior": entry.interior,
        "format": entry.format,
        "type": entry.type_,
        "acl": entry.acl,
        "value": entry.value,
    })
}
