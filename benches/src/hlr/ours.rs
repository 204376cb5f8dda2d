//! Our side: an operator's node with its store, its keys and its plain listener, in a
//! process of its own.

use std::io::Read as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use provisioning::ports::{Commit, OperatorStore, Versioned};
use secret::Secret;
use server::operator::{HlrSettings, OperatorConfig, OperatorListeners, OperatorNode, Rate};
use server::{PlainClient, Serves};
use store::{SqliteOptions, Store, StoreKey};
use tokens::{OperatorKeyDir, Protection};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use super::place::{keys_dir, subscribers};
use crate::ocsp::operator_config;
use crate::report;

/// Subscribers that are stored in one transaction.
const TOGETHER: usize = 500;
const WITHOUT_LIMIT: Rate = Rate { per_s: 0, burst: 0 };

/// A node with the runtime that it needs.
pub(super) struct Ours {
    address: SocketAddr,
    _node: OperatorNode,
    _runtime: Runtime,
}

/// `bench --serve-hlr DIR`: says where it listens, and ends with its standard input.
pub(crate) fn serve(dir: &str) -> Result<()> {
    let ours = start(Path::new(dir))?;
    report::say(&ours.address.to_string());
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

pub(super) fn start(dir: &Path) -> Result<Ours> {
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let url = format!("sqlite:{}", dir.join("store.db").display());
    let key = StoreKey::new(1, &Secret::new([7; 32]))?;
    let store = Store::open(&url, key, &SqliteOptions::default())?;
    let keys = OperatorKeyDir::load(&keys_dir(dir), Protection::Plain)?;
    let node = runtime.block_on(async {
        for some in subscribers()?.chunks(TOGETHER) {
            let rows = some.iter().map(|value| Versioned {
                value: value.clone(),
                version: 0,
            });
            let commit = Commit {
                subscribers: rows.collect(),
                ..Commit::default()
            };
            store.commit(commit).await?;
        }
        let listen = async || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listeners = OperatorListeners {
            dm: listen().await?,
            peer: listen().await?,
            gsup: listen().await?,
            gsup_plain: Some(listen().await?),
            api: None,
            ocsp: None,
        };
        let config = OperatorConfig {
            hlr: HlrSettings {
                clients: vec![PlainClient {
                    address: IpAddr::V4(Ipv4Addr::LOCALHOST),
                    name: "bench".to_owned(),
                    serves: Serves::all(),
                }],
                node_rate: WITHOUT_LIMIT,
                subscriber_rate: WITHOUT_LIMIT,
                ..HlrSettings::default()
            },
            ..operator_config(keys)?
        };
        anyhow::Ok(OperatorNode::start(config, store, listeners, Arc::new(()))?)
    })?;
    Ok(Ours {
        address: node.gsup_plain_address().context("no plain listener")?,
        _node: node,
        _runtime: runtime,
    })
}

#[cfg(test)]
impl Ours {
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }
}
