//! `rehome dm tree`: a Get with `?list=StructData` (OMA DM TND 1.2 clause
//! 7.5.1), whose results are all nodes below one.

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use super::api::{rows, text};
use super::render::{command, is_interior, plain, value};
use super::send::Order;

/// `rehome dm tree`
#[derive(Args)]
pub(crate) struct Arguments {
    /// The node to begin with
    #[arg(value_name = "URI", default_value = ".")]
    target: String,
    #[command(flatten)]
    order: Order,
}

impl Arguments {
    pub(super) fn run(&self) -> Result<()> {
        let target = format!("{}?list=StructData", self.target);
        let request = json!({ "get": { "target": target } });
        self.order.place_and_show(&[request], &tree)
    }
}

/// A command's results as a tree; without any as every command is shown.
fn tree(answer: &Value) -> String {
    let mut readings: Vec<&Value> = rows(answer, "results")
        .flat_map(|result| rows(result, "values"))
        .collect();
    if readings.is_empty() {
        return command(answer);
    }
    readings.sort_by_key(|reading| segments(reading));
    let least = readings.iter().map(|reading| segments(reading).len()).min();
    let mut lines = String::new();
    for reading in readings {
        let names = segments(reading);
        let depth = names.len().saturating_sub(least.unwrap_or_default());
        // The first node is shown whole, those below it by their names.
        let name = match depth {
            0 => text(reading, "uri"),
            _ => names.last().copied().unwrap_or_default(),
        };
        let indent = "  ".repeat(depth);
        let line = match reading.get("value") {
            Some(found) if !is_interior(found) => format!("{} = {}", plain(name), value(found)),
            _ => format!("{}/", plain(name)),
        };
        lines.push_str(&format!("{indent}{line}\n"));
    }
    lines
}

fn segments(reading: &Value) -> Vec<&str> {
    let uri = text(reading, "uri");
    let path = uri.split('?').next().unwrap_or(uri);
    path.split('/').filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_become_a_tree() {
        let node = |uri: &str| json!({ "uri": uri, "value": { "format": "node", "text": "" } });
        let leaf = |uri: &str| json!({ "uri": uri, "value": { "format": "chr", "text": "1" } });
        let shown = tree(&json!({ "results": [{ "values": [
            node("./DevDetail"), leaf("./DevDetail/SwV"), node("./DevDetail/Ext"),
            leaf("./DevDetail/Ext/a"), leaf("./DevDetail/OEM"),
        ] }] }));
        let wanted = "./DevDetail/\n  Ext/\n    a = 1\n  OEM = 1\n  SwV = 1\n";
        assert_eq!(shown, wanted);
    }
}
