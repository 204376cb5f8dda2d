//! `rehome hlr`: pools of PCIDs and the batches that are drawn out of them for
//! suppliers, and what a node's own directory tells (docs/pcids.md).

use std::path::{Path, PathBuf};

use aka::Imsi;
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use clock::Timestamp;
use data_encoding::BASE64;
use provisioning::pool::PoolStore;
use serde_json::{Value, json};
use server::operator::{
    AllowedView, OwnAddresses, allowed_for, audit_entry_json, pool_json, stock_json,
};
use store::Store;
use tokens::{NodeKey, key_file};
use trust::ShoId;

use crate::node::config::{self, Config, Loaded};
use crate::node::names;
use crate::node::serve::open_store;
use crate::portal::{Api, text};

/// `rehome hlr pool`
#[derive(Subcommand)]
pub(crate) enum Pool {
    /// Add a range of PCIDs
    Add {
        /// 1 to 32 of a-z, 0-9 and -
        name: String,
        /// The first number, 15 digits
        #[arg(long, value_name = "IMSI")]
        first: String,
        /// The last number, in the pool too
        #[arg(long, value_name = "IMSI")]
        last: String,
        /// From when they may be given: 2026-01-31T00:00:00Z; now if absent
        #[arg(long, value_name = "TIME")]
        from: Option<Timestamp>,
        /// When every PCID of the pool expires
        #[arg(long, value_name = "TIME")]
        until: Timestamp,
        /// How long a number rests after its PCID expired
        #[arg(long, value_name = "DAYS", default_value_t = 30)]
        retention_days: u16,
        #[command(flatten)]
        api: Api,
    },
    /// Pools, and what is left of all numbers
    List {
        #[command(flatten)]
        api: Api,
        /// One JSON object for each pool and each stock
        #[arg(long)]
        json: bool,
    },
    /// Draw {PCID, K} for a supplier, signed and enciphered
    Draw {
        /// The pool
        name: String,
        /// The supplier's name, as the operator knows it
        #[arg(long)]
        supplier: String,
        /// How many
        #[arg(long, default_value_t = 1)]
        count: usize,
        /// Draw one PCID that a group of this name shares
        #[arg(long, conflicts_with = "count")]
        group: Option<String>,
        /// Where to; must not exist
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        api: Api,
    },
    /// A batch that was drawn: where its PCIDs stand
    Show {
        /// 32 hex digits
        batch: String,
        #[command(flatten)]
        api: Api,
        /// One JSON object for each PCID
        #[arg(long)]
        json: bool,
    },
    /// Seal a batch again whose file was lost before any device was made with it
    Again {
        /// 32 hex digits
        batch: String,
        /// Where to; must not exist
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        api: Api,
    },
    /// Give up what nobody used of a batch
    GiveUp {
        /// 32 hex digits
        batch: String,
        #[command(flatten)]
        api: Api,
    },
}

/// What is read out of an operator's directory, whether its node runs or not.
#[derive(Args)]
pub(crate) struct Local {
    /// The operator's directory
    dir: PathBuf,
    /// One JSON object for each
    #[arg(long)]
    json: bool,
}

/// `rehome hlr allowed`
#[derive(Args)]
pub(crate) struct Allowed {
    /// The operator's directory
    dir: PathBuf,
    /// The PCID
    imsi: Imsi,
    /// One JSON object for each host
    #[arg(long)]
    json: bool,
}

/// Runs `rehome hlr pool`.
pub(crate) fn pool(verb: &Pool) -> Result<()> {
    match verb {
        Pool::Add {
            name,
            first,
            last,
            from,
            until,
            retention_days,
            api,
        } => {
            let from = from.unwrap_or_else(tokens::os::now);
            let body = json!({
                "name": name, "first": first, "last": last, "from": from.to_string(),
                "until": until.to_string(),
                "retention_s": u32::from(*retention_days) * 86_400,
            });
            api.request("POST", "/api/v1/pools", Some(body.to_string().as_bytes()))?;
            eprintln!("the pool {name} is there");
            Ok(())
        }
        Pool::List { api, json } => {
            let answer = api.request("GET", "/api/v1/pools", None)?;
            for list in ["pools", "stocks"] {
                let rows = answer.get(list).and_then(Value::as_array);
                rows.into_iter().flatten().for_each(|row| show(row, *json));
            }
            Ok(())
        }
        Pool::Draw {
            name,
            supplier,
            count,
            group,
            out,
            api,
        } => {
            let body = json!({
                "pool": name, "supplier": supplier, "count": count, "group": group,
            });
            refuse_existing(out)?;
            let body = body.to_string();
            let answer = api.request("POST", "/api/v1/batches", Some(body.as_bytes()))?;
            write(&answer, out)
        }
        Pool::Show { batch, api, json } => {
            let answer = api.request("GET", &format!("/api/v1/batches/{batch}"), None)?;
            let rows = answer.get("pcids").and_then(Value::as_array);
            rows.into_iter().flatten().for_each(|row| show(row, *json));
            Ok(())
        }
        Pool::Again { batch, out, api } => {
            refuse_existing(out)?;
            let path = format!("/api/v1/batches/{batch}");
            write(&api.request("POST", &path, Some(&[]))?, out)
        }
        Pool::GiveUp { batch, api } => {
            let answer = api.request("DELETE", &format!("/api/v1/batches/{batch}"), None)?;
            let count = answer.get("given_up").cloned().unwrap_or_default();
            eprintln!("{count} PCIDs given up");
            Ok(())
        }
    }
}

/// Before anything is drawn for a file that can't be written.
fn refuse_existing(out: &Path) -> Result<()> {
    if out.exists() {
        bail!("{} exists already", out.display());
    }
    Ok(())
}

fn write(answer: &Value, out: &Path) -> Result<()> {
    let sealed = BASE64
        .decode(text(answer, "sealed").as_bytes())
        .context("an answer without a batch")?;
    key_file::create(out, &sealed)?;
    println!("{}", text(answer, "batch"));
    let count = answer.get("count").cloned().unwrap_or_default();
    let until = text(answer, "expires");
    eprintln!("{count} PCIDs, valid until {until}, in {}", out.display());
    Ok(())
}

fn show(row: &Value, as_json: bool) {
    if as_json {
        println!("{row}");
        return;
    }
    let fields = row.as_object().into_iter().flatten().map(|(name, value)| {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        format!("{name}={value}")
    });
    println!("{}", fields.collect::<Vec<_>>().join(" "));
}

/// Opens the store of an operator's directory beside whoever runs its node.
fn opened(dir: &Path) -> Result<Store> {
    let path = dir.join("rehome.toml");
    let loaded = Loaded::read(&path)?;
    let Config::Operator(config) = &loaded.config else {
        bail!("{} is no operator's", path.display());
    };
    let key = NodeKey::load(&loaded.dir.join("node.key"))?;
    open_store(&loaded.dir, &config.store, &key)
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?)
}

/// Runs `rehome hlr pools`.
pub(crate) fn pools(arguments: &Local) -> Result<()> {
    let store = opened(&arguments.dir)?;
    runtime()?.block_on(async {
        for status in store.pools().await? {
            show(&pool_json(&status), arguments.json);
        }
        for stock in store.stocks().await? {
            show(&stock_json(&stock), arguments.json);
        }
        store.close().await;
        Ok(())
    })
}

/// Runs `rehome hlr log`: the audit log, the newest first.
pub(crate) fn log(arguments: &Local) -> Result<()> {
    let store = opened(&arguments.dir)?;
    runtime()?.block_on(async {
        let mut before = None;
        loop {
            let rows = store.audit_log(before, 1000).await?;
            let Some(last) = rows.last() else {
                break;
            };
            before = Some(last.number);
            rows.iter()
                .for_each(|row| show(&audit_entry_json(row), arguments.json));
        }
        store.close().await;
        Ok(())
    })
}

/// Runs `rehome hlr allowed`.
pub(crate) fn allowed(arguments: &Allowed) -> Result<()> {
    let path = arguments.dir.join("rehome.toml");
    let loaded = Loaded::read(&path)?;
    let Config::Operator(config) = &loaded.config else {
        bail!("{} is no operator's", path.display());
    };
    let files = loaded.peers()?;
    let hosts = config::hosts(files.iter().map(|file| &file.hosts))?;
    let domain_of = |name: &str| {
        let file = files.iter().find(|file| file.name == name);
        file.map(|file| file.domain.clone())
    };
    let responder_of = |sho_id: &ShoId| {
        let domain = domain_of(&sho_id.to_string())?;
        Some(format!("ocsp.{domain}"))
    };
    let own: ShoId = config.plmn.parse()?;
    let own_responder = config
        .listen
        .ocsp
        .map(|_| format!("ocsp.{}", names::domain(&own)));
    let view = AllowedView {
        drf_url: &config.urls.drf,
        own_responder,
        own: OwnAddresses {
            dm: Some(config.listen.dm),
            ocsp: config.listen.ocsp,
        },
        hosts: &hosts,
        responder_of: &responder_of,
        pva_of: &domain_of,
    };
    let store = opened(&arguments.dir)?;
    runtime()?.block_on(async {
        let list = allowed_for(&store, &view, &arguments.imsi).await;
        store.close().await;
        for entry in list? {
            let row = entry.to_json();
            if arguments.json {
                println!("{row}");
                continue;
            }
            let addresses: Vec<String> = entry.addresses.iter().map(ToString::to_string).collect();
            let (host, port) = (&entry.host.host, entry.host.service.port());
            let service = entry.host.service.name();
            println!("{host}:{port} {service} {}", addresses.join(" "));
        }
        Ok(())
    })
}
