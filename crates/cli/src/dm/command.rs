//! `rehome dm command`: commands that were queued, and what came of them.

use std::io::Write;

use anyhow::Result;
use clap::Subcommand;

use super::api::{Server, encoded};
use super::render;

/// `rehome dm command`
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Commands, newest first
    List {
        #[command(flatten)]
        server: Server,
        /// Only those for this device
        #[arg(long, value_name = "ID")]
        device: Option<String>,
        /// Only those in this state: queued, sent, done, expired, cancelled or
        /// unknown
        #[arg(long)]
        state: Option<String>,
        /// One JSON object for each command
        #[arg(long)]
        json: bool,
    },
    /// One command with what came of it
    Show {
        /// 16 hex digits
        command_id: String,
        #[command(flatten)]
        server: Server,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Call off a command that waits
    Cancel {
        /// 16 hex digits
        command_id: String,
        #[command(flatten)]
        server: Server,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
}

/// Runs `rehome dm command`.
pub(super) fn run(verb: &Verb) -> Result<()> {
    match verb {
        Verb::List {
            server,
            device,
            state,
            json,
        } => {
            let filter = [("device", device.as_deref()), ("state", state.as_deref())];
            let mut out = std::io::stdout().lock();
            server.each("commands", &filter, "before", |command| {
                if *json {
                    writeln!(out, "{command}")?;
                } else {
                    write!(out, "{}", render::command(command))?;
                }
                Ok(())
            })
        }
        Verb::Show {
            command_id,
            server,
            json,
        } => one(server, "GET", command_id, *json),
        Verb::Cancel {
            command_id,
            server,
            json,
        } => one(server, "DELETE", command_id, *json),
    }
}

fn one(server: &Server, method: &str, id: &str, json: bool) -> Result<()> {
    let command = server.request(method, &format!("commands/{}", encoded(id)), None)?;
    if json {
        println!("{command}");
    } else {
        print!("{}", render::command(&command));
    }
    Ok(())
}
