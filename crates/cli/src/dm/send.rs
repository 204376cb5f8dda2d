//! How a request gets into the queue, and `rehome dm send`.

use std::io::Write;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::{Value, json};

use super::api::{Server, encoded, rows, text};
use super::render::command;
use super::value::octets;

/// How often an answer is looked for.
const LOOK: Duration = Duration::from_millis(300);

/// For whom a request is, and how it is to be handled.
#[derive(Args)]
pub(super) struct Order {
    #[command(flatten)]
    server: Server,
    /// The device
    #[arg(long, value_name = "ID", required_unless_present = "group")]
    device: Option<String>,
    /// Each device of a group
    #[arg(long, value_name = "NAME", conflicts_with = "device")]
    group: Option<String>,
    /// -128 to 127; higher goes first
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    priority: i8,
    /// Not to be sent after this time: 90, 90s, 5m, 2h or 7d
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    expires: Option<u64>,
    /// Wait for the device's answer, 300 seconds if no other time is said
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "300"
    )]
    wait: Option<u64>,
    /// One JSON object for each command
    #[arg(long)]
    json: bool,
}

/// `rehome dm send`
#[derive(Args)]
pub(crate) struct Arguments {
    /// A request as JSON, - for standard input:
    /// {"atomic":[{"replace":{"target":"./A","value":{"text":"1"}}}]}
    file: PathBuf,
    #[command(flatten)]
    order: Order,
}

impl Arguments {
    pub(super) fn run(&self) -> Result<()> {
        let octets = octets(&self.file)?;
        let request = serde_json::from_slice(&octets)
            .with_context(|| format!("{} is no JSON", self.file.display()))?;
        self.order.place(&[request])
    }
}

impl Order {
    /// Queues the requests and shows what came of them.
    pub(super) fn place(&self, requests: &[Value]) -> Result<()> {
        self.place_and_show(requests, &command)
    }

    /// The same with another way of showing a result.
    pub(super) fn place_and_show(
        &self,
        requests: &[Value],
        show: &dyn Fn(&Value) -> String,
    ) -> Result<()> {
        let mut queued = Vec::new();
        for request in requests {
            let body = json!({
                "device": self.device,
                "group": self.group,
                "request": request,
                "priority": self.priority,
                "expires_in_s": self.expires,
            });
            let answer = self.server.request("POST", "commands", Some(&body))?;
            queued.extend(rows(&answer, "commands").cloned());
        }
        match self.wait {
            Some(seconds) => self.wait_for(&queued, Duration::from_secs(seconds), show),
            None => self.tell(&queued),
        }
    }

    fn tell(&self, queued: &[Value]) -> Result<()> {
        let mut out = std::io::stdout().lock();
        for row in queued {
            if self.json {
                writeln!(out, "{row}")?;
            } else {
                let (id, device) = (text(row, "command_id"), text(row, "device"));
                writeln!(out, "{id} {device} queued")?;
            }
        }
        Ok(())
    }

    fn wait_for(
        &self,
        queued: &[Value],
        patience: Duration,
        show: &dyn Fn(&Value) -> String,
    ) -> Result<()> {
        let began = Instant::now();
        let mut failed = 0;
        for row in queued {
            let path = format!("commands/{}", encoded(text(row, "command_id")));
            let answer = loop {
                let answer = self.server.request("GET", &path, None)?;
                let open = ["queued", "sent"].contains(&text(&answer, "state"));
                if !open || began.elapsed() > patience {
                    break answer;
                }
                sleep(LOOK);
            };
            let succeeded = answer.get("succeeded").and_then(Value::as_bool);
            failed += usize::from(succeeded != Some(true));
            let mut out = std::io::stdout().lock();
            if self.json {
                writeln!(out, "{answer}")?;
            } else {
                write!(out, "{}", show(&answer))?;
            }
        }
        if failed > 0 {
            bail!("{failed} of {} commands did not succeed", queued.len());
        }
        Ok(())
    }
}

/// Seconds of `90`, `90s`, `5m`, `2h` or `7d`.
fn duration(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let unit = match text.get(digits.len()..) {
        Some("" | "s") => Some(1),
        Some("m") => Some(60),
        Some("h") => Some(3600),
        Some("d") => Some(86_400),
        _ => None,
    };
    let number = digits.parse::<u64>().ok();
    unit.zip(number)
        .and_then(|(unit, number)| number.checked_mul(unit))
        .ok_or_else(|| "a duration is 90, 90s, 5m, 2h or 7d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_have_units() {
        let read = ["0", "90", "90s", "5m", "2h", "7d"].map(|text| duration(text).unwrap());
        assert_eq!(read, [0, 90, 90, 300, 7200, 604_800]);
        for wrong in ["", "s", "5w", "-1", "1.5h", "99999999999999999999", "5 m"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
