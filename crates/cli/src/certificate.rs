//! `rehome certificate`: what an operator's CertSHO issued, revoked (RFC 5280
//! clause 3.3) and renewed (docs/certificate-status.md), by its API.

use std::io::Write;

use anyhow::{Result, bail};
use clap::Subcommand;
use serde_json::{Value, json};
use trust::RevocationReason;

use crate::Usage;
use crate::portal::{Api, text};

/// `rehome certificate`
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// What CertSHO issued, the last first
    List {
        #[command(flatten)]
        api: Api,
        /// One JSON object for each certificate
        #[arg(long)]
        json: bool,
    },
    /// Revoke a certificate for ever
    Revoke {
        #[command(flatten)]
        api: Api,
        /// Its serial number, in hex
        #[arg(long, value_name = "HEX")]
        serial: String,
        /// keyCompromise, superseded, cessationOfOperation or another one of RFC 5280
        #[arg(long)]
        reason: String,
    },
    /// Issue the DPF's leaf anew and show it from now on
    Renew {
        #[command(flatten)]
        api: Api,
        /// With a new key: pins of the old one don't hold any more
        #[arg(long)]
        new_key: bool,
    },
}

const CERTIFICATES: &str = "/api/v1/certificates";

/// Runs `rehome certificate`.
pub(crate) fn run(verb: &Verb) -> Result<()> {
    match verb {
        Verb::List { api, json } => list(api, *json),
        Verb::Revoke {
            api,
            serial,
            reason,
        } => revoke(api, serial, reason),
        Verb::Renew { api, new_key } => {
            let body = json!({ "new_key": new_key }).to_string();
            let path = format!("{CERTIFICATES}/renewals");
            let leaf = api.request("POST", &path, Some(body.as_bytes()))?;
            println!(
                "{} until {}",
                text(&leaf, "serial"),
                text(&leaf, "not_after")
            );
            Ok(())
        }
    }
}

fn revoke(api: &Api, serial: &str, reason: &str) -> Result<()> {
    let serial: String = serial.chars().filter(|c| *c != ':').collect();
    if serial.is_empty() || !serial.chars().all(|c| c.is_ascii_hexdigit()) {
        bail!(Usage("--serial takes hex digits".to_owned()));
    }
    if RevocationReason::by_name(reason).is_none() {
        let names = RevocationReason::ALL.map(RevocationReason::name).join(", ");
        bail!(Usage(format!("--reason takes one of {names}")));
    }
    let body = json!({ "reason": reason }).to_string();
    let path = format!("{CERTIFICATES}/{serial}/revocation");
    let row = api.request("POST", &path, Some(body.as_bytes()))?;
    eprintln!("{} {} is revoked", text(&row, "name"), text(&row, "serial"));
    Ok(())
}

fn list(api: &Api, as_json: bool) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let mut before = None;
    loop {
        let mut path = format!("{CERTIFICATES}?limit=200");
        if let Some(before) = before {
            path.push_str(&format!("&before={before}"));
        }
        let page = api.request("GET", &path, None)?;
        let rows = page.get("certificates").and_then(Value::as_array);
        for row in rows.into_iter().flatten() {
            if as_json {
                writeln!(out, "{row}")?;
            } else {
                writeln!(out, "{}", line(row))?;
            }
        }
        before = page.get("next").and_then(Value::as_u64);
        if before.is_none() {
            return Ok(());
        }
    }
}

fn line(row: &Value) -> String {
    let fields = ["serial", "name", "not_before", "not_after"].map(|name| text(row, name));
    let line = fields.join(" ");
    match row.get("revoked").filter(|revoked| !revoked.is_null()) {
        Some(revoked) => format!(
            "{line} revoked {} {}",
            text(revoked, "at"),
            text(revoked, "reason")
        ),
        None => line,
    }
}
