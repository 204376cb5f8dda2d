//! Our side, each in a process of its own: the responder of an operator's node
//! with its store, and the HTTP server that answers with a file's octets.

use std::fs;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use provisioning::Terms;
use provisioning::bootstrap::NetworkAccess;
use provisioning::donor::DonorPolicy;
use provisioning::payload::OperatorConstants;
use secret::Secret;
use server::PeerBook;
use server::operator::{
    CertificateSettings, HlrSettings, OperatorConfig, OperatorListeners, OperatorNode,
};
use store::{SqliteOptions, Store, StoreKey};
use tls::http::header::{self, HeaderValue};
use tls::http::{
    Bytes, Hosts, Request, Response, ServerLimits, StatusCode, Transport, serve as serve_http,
};
use tokens::{OperatorKeyDir, Protection};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tre::Suite;

use super::place;
use crate::report;

/// A node with the runtime that it needs.
pub(super) struct Ours {
    address: SocketAddr,
    _node: OperatorNode,
    _runtime: Runtime,
}

/// `bench --serve-ocsp DIR`: says where it listens, and ends with its standard
/// input.
pub(crate) fn serve(dir: &str) -> Result<()> {
    let ours = start(Path::new(dir))?;
    wait(ours.address)
}

/// `bench --serve-fixed FILE`.
pub(crate) fn serve_fixed(file: &str) -> Result<()> {
    let runtime = runtime()?;
    let answer = Bytes::from(fs::read(file)?);
    let server = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let handler = move |_: Request| {
            let mut response = Response::new(StatusCode::OK).with_body(answer.clone());
            let kind = HeaderValue::from_static("application/ocsp-response");
            response.headers.insert(header::CONTENT_TYPE, kind);
            std::future::ready(response)
        };
        let limits = ServerLimits::default();
        anyhow::Ok(serve_http(listener, Transport::Plain, limits, handler)?)
    })?;
    wait(server.address())
}

fn wait(address: SocketAddr) -> Result<()> {
    report::say(&address.to_string());
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn runtime() -> Result<Runtime> {
    Ok(Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?)
}

pub(super) fn start(dir: &Path) -> Result<Ours> {
    let runtime = runtime()?;
    let url = format!("sqlite:{}", dir.join("store.db").display());
    let key = StoreKey::new(1, &Secret::new([7; 32]))?;
    let store = Store::open(&url, key, &SqliteOptions::default())?;
    let keys = OperatorKeyDir::load(&place::keys(dir), Protection::Plain)?;
    let node = runtime.block_on(async {
        let listen = async || TcpListener::bind("127.0.0.1:0").await;
        let listeners = OperatorListeners {
            dm: listen().await?,
            peer: listen().await?,
            gsup: listen().await?,
            gsup_plain: None,
            api: None,
            ocsp: Some(listen().await?),
        };
        anyhow::Ok(OperatorNode::start(
            config(keys)?,
            store,
            listeners,
            Arc::new(()),
        )?)
    })?;
    Ok(Ours {
        address: node.ocsp_address().context("no responder")?,
        _node: node,
        _runtime: runtime,
    })
}

pub(crate) fn config(keys: OperatorKeyDir) -> Result<OperatorConfig> {
    Ok(OperatorConfig {
        connector: None,
        keys,
        constants: OperatorConstants {
            op: Secret::new([0x5c; 16]),
            top: None,
        },
        peers: PeerBook::new([])?,
        pvas: Vec::new(),
        ask_pva: false,
        hosts: Hosts::new([])?,
        access: NetworkAccess {
            id: "internet".to_owned(),
            apn: "m2m.example".to_owned(),
        },
        policy: DonorPolicy::default(),
        terms: Terms::DEFAULT,
        lifetime: Duration::from_secs(3600),
        suites: vec![Suite::Two],
        lease: provisioning::hold::Lease::default(),
        prov_urls: vec!["https://dpf.rehome.test/dm".to_owned()],
        drf_url: "https://drf.rehome.test/drf".to_owned(),
        server_id: "dpf".to_owned(),
        limits: ServerLimits::default(),
        certificates: CertificateSettings::default(),
        hlr: HlrSettings::default(),
        api_token: None,
    })
}

#[cfg(test)]
impl Ours {
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}
