//! `rehome device manage run`: rounds of sessions with the servers of all
//! accounts, firmware updates in between, until it is told to end.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use device::management::{Client, Ended, NotificationSocket, Round, SessionReport};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::settings::Settings;
use crate::node::serve::told_to_end;

/// `rehome device manage run`
#[derive(Args)]
pub(crate) struct Arguments {
    /// The device's directory
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// Take notifications that come here by UDP
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// One round, or with --listen one notification, then the end; fails if a
    /// session does
    #[arg(long)]
    once: bool,
    /// Reach servers and packages without TLS too
    #[arg(long)]
    allow_http: bool,
    /// JSON lines
    #[arg(long)]
    json: bool,
}

/// Runs `rehome device manage run`.
pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let dir = std::path::absolute(&arguments.state)?;
    let settings = Settings::read(&dir)?;
    let config = settings.config(&dir, arguments.allow_http)?;
    let client = Client::open(&dir, config).context("the device can't be opened")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        // What is under way when it is told to end goes on at the next start.
        tokio::select! {
            ended = live(client, arguments, settings.interval_s) => ended,
            told = told_to_end() => told,
        }
    })
}

async fn live(mut client: Client, arguments: &Arguments, interval_s: u64) -> Result<()> {
    let socket = match arguments.listen {
        Some(address) => Some(listen(address, arguments.json).await?),
        None => None,
    };
    loop {
        // Whoever waits for one notification wants no session before it.
        let round = match &socket {
            Some(socket) if arguments.once => next_notified(&mut client, socket).await?,
            _ => client.round().await?,
        };
        show(&client, &round, arguments.json);
        if arguments.once {
            if !round.is_complete() {
                bail!("not every session came to its end");
            }
            return Ok(());
        }
        let until = Instant::now() + Duration::from_secs(interval_s);
        match &socket {
            None => tokio::time::sleep_until(until).await,
            Some(socket) => {
                // Only the waiting ends with the interval, never a session.
                while Instant::now() < until
                    && let Ok(datagram) = timeout_at(until, socket.next()).await
                {
                    if let Some(round) = notified(&mut client, &datagram?).await? {
                        show(&client, &round, arguments.json);
                    }
                }
            }
        }
    }
}

async fn listen(address: SocketAddr, as_json: bool) -> Result<NotificationSocket> {
    let socket = NotificationSocket::bind(address).await;
    let socket = socket.with_context(|| format!("can't listen on {address}"))?;
    let address = socket.address()?.to_string();
    if as_json {
        println!("{}", json!({"listening": address}));
    } else {
        println!("listening on {address}");
    }
    Ok(socket)
}
/// What came of the next notification that is taken.
async fn next_notified(client: &mut Client, socket: &NotificationSocket) -> Result<Round> {
    loop {
        if let Some(round) = notified(client, &socket.next().await?).await? {
            return Ok(round);
        }
    }
}

/// What came of a datagram; nothing if it is no notification that is taken.
async fn notified(client: &mut Client, datagram: &[u8]) -> Result<Option<Round>> {
    match client.notified(datagram).await {
        Ok(round) => Ok(Some(round)),
        Err(error @ (device::Error::Store(_) | device::Error::File { .. })) => Err(error.into()),
        Err(error) => {
            eprintln!("rehome: a notification is refused: {error}");
            Ok(None)
        }
    }
}

fn show(client: &Client, round: &Round, as_json: bool) {
    for (at, held) in &round.sessions {
        let (ended, report) = match held {
            Ok(report) => (ended(report), Some(report)),
            Err(error) => (error.code(), None),
        };
        if as_json {
            let line = json!({
                "account": at.to_string(),
                "server": report.map(|report| report.server.to_string()),
                "ended": ended,
                "error": held.as_ref().err().map(ToString::to_string),
                "reported": report.is_some_and(|report| report.reported),
                "commands": report.map_or_else(Vec::new, commands),
            });
            println!("{line}");
        } else {
            let count = report.map_or(0, |report| report.executed.len());
            println!("{at}: {ended}, commands: {count}");
        }
        if let Err(error) = held {
            eprintln!("rehome: {at}: {error}");
        }
    }
    let state = client.firmware().map(|state| state.number());
    if as_json {
        println!(
            "{}",
            json!({"firmware": state, "report_due": client.has_report()})
        );
    } else if let Some(state) = state {
        println!("firmware: state {state}");
    }
}

fn ended(report: &SessionReport) -> String {
    match report.ended {
        Ended::Finished => "finished".to_owned(),
        Ended::Aborted(reason) => reason.code().to_owned(),
    }
}

fn commands(report: &SessionReport) -> Vec<Value> {
    let shown = report
        .executed
        .iter()
        .map(|it| json!({"command": it.command, "target": it.target, "status": it.status}));
    shown.collect()
}
