//! `rehome dm session`: when devices came, and every message of a session.

use std::io::Write;

use anyhow::Result;
use clap::Subcommand;
use serde_json::Value;

use super::api::{Server, encoded, rows, text};
use super::render::plain;
use super::xml::indented;

/// `rehome dm session`
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Sessions, newest first
    List {
        #[command(flatten)]
        server: Server,
        /// Only those of this device
        #[arg(long, value_name = "ID")]
        device: Option<String>,
        /// One JSON object for each session
        #[arg(long)]
        json: bool,
    },
    /// One session with its messages in both directions, secrets masked
    Show {
        /// 16 hex digits
        session: String,
        #[command(flatten)]
        server: Server,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
}

/// Runs `rehome dm session`.
pub(super) fn run(verb: &Verb) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match verb {
        Verb::List {
            server,
            device,
            json,
        } => {
            let filter = [("device", device.as_deref())];
            server.each("sessions", &filter, "before", |session| {
                if *json {
                    writeln!(out, "{session}")?;
                } else {
                    writeln!(out, "{}", line(session))?;
                }
                Ok(())
            })
        }
        Verb::Show {
            session,
            server,
            json,
        } => {
            let path = format!("sessions/{}", encoded(session));
            let session = server.request("GET", &path, None)?;
            if *json {
                writeln!(out, "{session}")?;
                return Ok(());
            }
            writeln!(out, "{}", line(&session))?;
            for message in rows(&session, "messages") {
                let number = message.get("number").and_then(Value::as_u64);
                let way = match text(message, "direction") {
                    "in" => "from the device",
                    _ => "to the device",
                };
                let (number, at) = (number.unwrap_or_default(), plain(text(message, "at")));
                writeln!(out, "\n{number} {way}, {at}")?;
                for line in indented(text(message, "text")).lines() {
                    writeln!(out, "{}", plain(line))?;
                }
            }
            Ok(())
        }
    }
}

fn line(session: &Value) -> String {
    let names = ["session", "device", "started", "ended", "outcome"];
    let fields = names.map(|name| match text(session, name) {
        "" => "-".to_owned(),
        text => plain(text),
    });
    fields.join(" ")
}
