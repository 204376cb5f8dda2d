//! What an operator's subscribers and people ask of its API: `rehome register`,
//! `token`, `hlr` and `order`.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use tokens::key_file;

use crate::explain::explain;
use crate::hlr;

/// Rows in one request.
const ROWS: usize = 200;
/// How long a node may take from its start until it listens.
const STARTING: Duration = Duration::from_secs(3);

/// An operator's API.
#[derive(Args)]
pub(crate) struct Api {
    /// The operator's API, http://ADDRESS:PORT
    #[arg(long = "operator", value_name = "URL")]
    url: String,
    /// Its API token
    #[arg(
        long,
        value_name = "API-TOKEN",
        env = "REHOME_TOKEN",
        hide_env_values = true,
        allow_hyphen_values = true
    )]
    token: String,
}

/// `rehome register`
#[derive(Args)]
pub(crate) struct Register {
    /// tre_id,sho_id,cert_sig,cert_enc, with a header
    devices: PathBuf,
    #[command(flatten)]
    api: Api,
    /// The present operator's tokens: tre_id,token, with a header, mode 0600
    #[arg(long, value_name = "FILE")]
    transfer_tokens: Option<PathBuf>,
    /// One JSON object for each row
    #[arg(long)]
    json: bool,
}

/// `rehome token`
#[derive(Subcommand)]
pub(crate) enum Token {
    /// Tokens with which another operator may take devices away
    Issue {
        /// tre_id in the first column, with a header
        devices: PathBuf,
        #[command(flatten)]
        api: Api,
        /// The operator that may take them, MCC-MNC
        #[arg(long)]
        to: String,
        /// Where to write tre_id,token; must not exist
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

/// `rehome hlr`
#[derive(Subcommand)]
pub(crate) enum Hlr {
    /// Take over devices with their initial credentials from a supplier
    Import {
        /// What `rehome manufacture` sealed for this operator
        handover: PathBuf,
        #[command(flatten)]
        api: Api,
    },
    /// Look whether the HLR that a node's configuration names can be used
    Probe(crate::node::hlr::Probe),
    /// Pools of PCIDs
    #[command(subcommand)]
    Pool(hlr::Pool),
    /// The pools in an operator's directory, and what is left of all numbers
    Pools(hlr::Local),
    /// What the devices with a PCID may reach, for a packet gateway
    Allowed(hlr::Allowed),
    /// What an operator's node did that can't be undone, newest first
    Log(hlr::Local),
}

/// `rehome order`
#[derive(Subcommand)]
pub(crate) enum Order {
    /// Orders, newest first
    List {
        #[command(flatten)]
        api: Api,
        /// Only those in this state, completed for example
        #[arg(long)]
        state: Option<String>,
        /// Wait until no order is open, for so long at most
        #[arg(long, value_name = "SECONDS")]
        wait: Option<u64>,
        /// One JSON object for each order
        #[arg(long)]
        json: bool,
    },
    /// One order
    Show {
        /// 32 hex digits
        order_id: String,
        #[command(flatten)]
        api: Api,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// The orders by which a device left this operator, or might have
    Departures {
        /// The device
        tre_id: String,
        #[command(flatten)]
        api: Api,
        /// One JSON object for each order
        #[arg(long)]
        json: bool,
    },
}

impl Api {
    /// The API of another node.
    pub(crate) fn new(url: &str, token: &str) -> Self {
        Self {
            url: url.to_owned(),
            token: token.to_owned(),
        }
    }

    pub(crate) fn request(&self, method: &str, path: &str, body: Option<&[u8]>) -> Result<Value> {
        let url = format!("{}{path}", self.url.trim_end_matches('/'));
        if !url.starts_with("http://") {
            bail!("an API is at http://ADDRESS:PORT of a loopback address");
        }
        let began = Instant::now();
        let answer = loop {
            let answer = self.send(method, &url, body);
            match &answer {
                // A node that is just starting.
                Err(ureq::Error::Io(error))
                    if error.kind() == ErrorKind::ConnectionRefused
                        && began.elapsed() < STARTING =>
                {
                    sleep(Duration::from_millis(100));
                }
                _ => break answer,
            }
        };
        let mut answer = answer.with_context(|| format!("no answer from {}", self.url))?;
        let status = answer.status();
        let value: Value = answer.body_mut().read_json().unwrap_or_default();
        if status.is_success() {
            return Ok(value);
        }
        let code = value
            .get("code")
            .and_then(Value::as_str)
            .unwrap_or("no reason");
        let why = explain(code).map_or_else(String::new, |why| format!(": {why}"));
        bail!("{} refused: {code} ({}){why}", self.url, status.as_u16());
    }
}

impl Api {
    fn send(
        &self,
        method: &str,
        url: &str,
        body: Option<&[u8]>,
    ) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
        let authorization = format!("Bearer {}", self.token);
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(120)))
            .build()
            .into();
        match (method, body) {
            ("POST", Some(body)) => agent
                .post(url)
                .header("authorization", &authorization)
                .send(body),
            ("DELETE", _) => agent
                .delete(url)
                .header("authorization", &authorization)
                .call(),
            _ => agent
                .get(url)
                .header("authorization", &authorization)
                .call(),
        }
    }
}

pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn results(value: &Value) -> Vec<Value> {
    let rows = value.get("results").and_then(Value::as_array);
    rows.cloned().unwrap_or_default()
}

/// The lines of a CSV file after this header, with their numbers.
fn csv(path: &Path, columns: &[&str]) -> Result<Vec<(usize, Vec<String>)>> {
    let file = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let mut lines = file.lines().enumerate();
    let header = lines.next().map(|(_, line)| line).unwrap_or_default();
    let found: Vec<&str> = header.split(',').collect();
    if !found.starts_with(columns) {
        bail!(
            "{} does not begin with {}",
            path.display(),
            columns.join(",")
        );
    }
    Ok(lines
        .filter(|(_, line)| !line.is_empty())
        .map(|(at, line)| (at + 1, line.split(',').map(str::to_owned).collect()))
        .collect())
}

/// The transfer tokens, from a file that is its owner's alone.
fn transfer_tokens(path: Option<&Path>) -> Result<BTreeMap<String, String>> {
    let Some(path) = path else {
        return Ok(BTreeMap::new());
    };
    // The file's mode is judged before its contents are used.
    key_file::read(path)?;
    let rows = csv(path, &["tre_id", "token"])?;
    let pairs = rows
        .into_iter()
        .filter_map(|(_, fields)| match fields.as_slice() {
            [tre_id, token] => Some((tre_id.clone(), token.clone())),
            _ => None,
        });
    Ok(pairs.collect())
}

/// Runs `rehome register`: a result for each row; bad rows keep no good one
/// from going through, but the exit status.
pub(crate) fn register(arguments: &Register) -> Result<()> {
    let tokens = transfer_tokens(arguments.transfer_tokens.as_deref())?;
    let columns = ["tre_id", "sho_id", "cert_sig", "cert_enc"];
    let (mut good, mut bad) = (0, 0);
    let mut show = |at: usize, row: &Value| {
        let (tre_id, order_id, code) = (
            text(row, "tre_id"),
            text(row, "order_id"),
            text(row, "code"),
        );
        if code.is_empty() {
            good += 1;
        } else {
            bad += 1;
        }
        if arguments.json {
            let mut row = row.clone();
            if let Some(object) = row.as_object_mut() {
                object.insert("row".to_owned(), json!(at));
            }
            println!("{row}");
        } else if code.is_empty() {
            println!("row {at}: {tre_id} order {order_id}");
        } else {
            println!("row {at}: {tre_id} refused: {code}");
        }
    };
    let mut batch = Vec::new();
    for (at, fields) in csv(&arguments.devices, &columns)? {
        match fields.as_slice() {
            [tre_id, sho_id, cert_sig, cert_enc] => batch.push((
                at,
                json!({
                    "tre_id": tre_id, "sho_id": sho_id, "cert_sig": cert_sig,
                    "cert_enc": cert_enc, "token": tokens.get(tre_id),
                }),
            )),
            _ => show(at, &json!({ "tre_id": "", "code": "row-malformed" })),
        }
    }
    for rows in batch.chunks(ROWS) {
        let devices: Vec<&Value> = rows.iter().map(|(_, row)| row).collect();
        let body = json!({ "devices": devices }).to_string();
        let answer = arguments
            .api
            .request("POST", "/api/v1/devices", Some(body.as_bytes()))?;
        for ((at, _), result) in rows.iter().zip(results(&answer)) {
            show(*at, &result);
        }
    }
    if bad > 0 {
        bail!("{good} registered, {bad} refused");
    }
    eprintln!("{good} registered");
    Ok(())
}

/// Runs `rehome token`.
pub(crate) fn token(verb: &Token) -> Result<()> {
    let Token::Issue {
        devices,
        api,
        to,
        out,
    } = verb;
    let rows = csv(devices, &["tre_id"])?;
    let (mut file, mut issued, mut bad) = (String::from("tre_id,token\n"), 0, 0);
    let tre_ids: Vec<&String> = rows.iter().filter_map(|(_, row)| row.first()).collect();
    for batch in tre_ids.chunks(ROWS) {
        let body = json!({ "to": to, "tre_ids": batch }).to_string();
        let answer = api.request("POST", "/api/v1/transfer-tokens", Some(body.as_bytes()))?;
        for row in results(&answer) {
            let (tre_id, token) = (text(&row, "tre_id"), text(&row, "token"));
            if token.is_empty() {
                bad += 1;
                eprintln!("{tre_id} refused: {}", text(&row, "code"));
            } else {
                issued += 1;
                file.push_str(&format!("{tre_id},{token}\n"));
            }
        }
    }
    key_file::create(out, file.as_bytes())?;
    if bad > 0 {
        bail!("{issued} tokens issued, {bad} refused");
    }
    eprintln!("{issued} tokens in {}", out.display());
    Ok(())
}

/// Runs `rehome hlr`.
pub(crate) fn hlr(verb: &Hlr) -> Result<()> {
    let (handover, api) = match verb {
        Hlr::Probe(arguments) => return crate::node::hlr::probe(arguments),
        Hlr::Import { handover, api } => (handover, api),
        Hlr::Pool(verb) => return hlr::pool(verb),
        Hlr::Pools(arguments) => return hlr::pools(arguments),
        Hlr::Allowed(arguments) => return hlr::allowed(arguments),
        Hlr::Log(arguments) => return hlr::log(arguments),
    };
    let octets = fs::read(handover).with_context(|| handover.display().to_string())?;
    let answer = api.request("POST", "/api/v1/handovers", Some(&octets))?;
    let rows = results(&answer);
    let refused: Vec<&Value> = rows
        .iter()
        .filter(|row| !text(row, "code").is_empty())
        .collect();
    for row in &refused {
        eprintln!("{} refused: {}", text(row, "tre_id"), text(row, "code"));
    }
    if !refused.is_empty() {
        bail!("{} of {} devices refused", refused.len(), rows.len());
    }
    eprintln!("{} devices imported", rows.len());
    Ok(())
}

/// Runs `rehome order`.
pub(crate) fn order(verb: &Order) -> Result<()> {
    match verb {
        Order::List {
            api,
            state,
            wait,
            json,
        } => {
            if let Some(seconds) = wait {
                wait_for_all(api, Duration::from_secs(*seconds))?;
            }
            list(api, state.as_deref(), *json)
        }
        Order::Departures { tre_id, api, json } => {
            let path = format!("/api/v1/departures/{tre_id}");
            let answer = api.request("GET", &path, None)?;
            let rows = answer.get("departures").and_then(Value::as_array);
            for row in rows.into_iter().flatten() {
                departure(row, *json);
            }
            Ok(())
        }
        Order::Show {
            order_id,
            api,
            json,
        } => {
            let order = api.request("GET", &format!("/api/v1/orders/{order_id}"), None)?;
            if *json {
                println!("{order}");
                return Ok(());
            }
            for (name, value) in order.as_object().into_iter().flatten() {
                let value = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                println!("{name:<16} {value}");
            }
            Ok(())
        }
    }
}

fn departure(row: &Value, as_json: bool) {
    let why = explain(text(row, "reason"));
    if as_json {
        let mut row = row.clone();
        if let Some(object) = row.as_object_mut() {
            object.insert("explanation".to_owned(), json!(why));
        }
        println!("{row}");
        return;
    }
    let fields = ["order_id", "to", "state", "reason"].map(|name| text(row, name));
    println!("{}", fields.join(" ").trim_end());
    if let Some(why) = why {
        println!("  {why}");
    }
}

/// The states in which nothing more is expected.
const OVER: [&str; 3] = ["completed", "rolled-back", "failed"];

/// Returns when no order is open any more.
fn wait_for_all(api: &Api, patience: Duration) -> Result<()> {
    let began = Instant::now();
    loop {
        let mut open = 0;
        each_order(api, None, |order| {
            open += usize::from(!OVER.contains(&text(order, "state")));
            Ok(())
        })?;
        if open == 0 {
            return Ok(());
        }
        if began.elapsed() > patience {
            bail!("{open} orders are still open");
        }
        sleep(Duration::from_millis(300));
    }
}

fn list(api: &Api, state: Option<&str>, as_json: bool) -> Result<()> {
    let mut out = std::io::stdout().lock();
    each_order(api, state, |order| {
        if as_json {
            return Ok(writeln!(out, "{order}")?);
        }
        let shown = ["order_id", "tre_id", "from", "to", "state", "reason"];
        let fields = shown.map(|name| text(order, name));
        Ok(writeln!(out, "{}", fields.join(" ").trim_end())?)
    })
}

/// Every order, page by page.
fn each_order(
    api: &Api,
    state: Option<&str>,
    mut each: impl FnMut(&Value) -> Result<()>,
) -> Result<()> {
    let mut before = None;
    loop {
        let mut path = String::from("/api/v1/orders?limit=200");
        if let Some(state) = state {
            path.push_str(&format!("&state={state}"));
        }
        if let Some(before) = before {
            path.push_str(&format!("&before={before}"));
        }
        let page = api.request("GET", &path, None)?;
        let orders = page.get("orders").and_then(Value::as_array);
        for order in orders.into_iter().flatten() {
            each(order)?;
        }
        before = page.get("next").and_then(Value::as_u64);
        if before.is_none() {
            return Ok(());
        }
    }
}
