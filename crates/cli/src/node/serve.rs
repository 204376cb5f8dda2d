//! `rehome serve`: a node by its configuration, until it is told to end. One
//! JSON line on standard output says that it listens, and where.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use provisioning::Digest;
use provisioning::bootstrap::NetworkAccess;
use provisioning::donor::DonorPolicy;
use provisioning::hold::Lease;
use provisioning::payload::OperatorConstants;
use provisioning::peer::Peer;
use secret::Secret;
use serde_json::json;
use server::operator::{
    CertificateSettings, HlrSettings, OperatorConfig, OperatorListeners, OperatorNode, Rate,
};
use server::supplier::SupplierNode;
use server::vno::{VnoConfig, VnoNode};
use server::{GsupAddress, PeerBook, RegisteredPeer, RegisteredPva};
use sim::radio::Coverage;
use store::{SqliteOptions, Store, StoreKey, SupplierStore};
use tls::http::ServerLimits;
use tokens::{NodeKey, OperatorKeyDir, OperatorKeyPlace, Protection, SupplierKeyDir, key_file};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tre::Suite;
use trust::ocsp::{ExpiryPolicy, ResponderConfig};
use trust::{Anchor, PvaAnchor};

use super::config::{self, AlgorithmChoice, Config, Loaded, PeerFile};
use super::{management, peer};
use crate::radio::station;

/// `rehome serve`
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The node's rehome.toml
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Runs `rehome serve`.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let loaded = Loaded::read(&arguments.config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match &loaded.config {
            Config::Operator(config) => operator(&loaded, config).await,
            Config::Supplier(config) => supplier(&loaded, config).await,
            Config::Vno(config) => vno(&loaded, config).await,
            Config::Dm(config) => management::serve(&loaded, config).await,
            Config::Device(_) => bail!("a device is run by `rehome device run`"),
        }
    })
}

pub(super) async fn listen(what: &str, at: SocketAddr) -> Result<TcpListener> {
    bound(&format!("listen.{what}"), at).await
}

/// A listener that the key `what` of the configuration asks for.
async fn bound(what: &str, at: SocketAddr) -> Result<TcpListener> {
    let listener = TcpListener::bind(at).await;
    listener.with_context(|| format!("can't listen on {at} ({what})"))
}

/// Waits for SIGTERM or SIGINT.
pub(super) async fn told_to_end() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

fn peer_book(dir: &Path, files: &[PeerFile]) -> Result<PeerBook> {
    let mut peers = Vec::new();
    for file in files {
        // A supplier's name is no PLMN.
        let Ok(sho_id) = file.name.parse() else {
            continue;
        };
        let certificate = peer::read(&dir.join("peers").join(&file.cert))?;
        let domain = file.domain.clone();
        peers.push(RegisteredPeer {
            peer: Peer {
                anchor: Anchor::new(sho_id, certificate)?,
                domains: vec![domain.clone()],
            },
            host: format!("peer.{domain}"),
            gsup: file.hlr.then(|| GsupAddress::Tls(format!("hlr.{domain}"))),
            serves: file.serves.clone(),
        });
    }
    Ok(PeerBook::new(peers)?)
}

fn pvas(dir: &Path, files: &[PeerFile]) -> Result<Vec<RegisteredPva>> {
    let mut pvas = Vec::new();
    for file in files {
        let Ok(name) = file.name.parse() else {
            continue;
        };
        let read = |name: &PathBuf| peer::read(&dir.join("peers").join(name));
        pvas.push(RegisteredPva {
            anchor: PvaAnchor::new(name, read(&file.cert)?)?,
            host: file.domain.clone(),
            document: file.document.as_ref().map(read).transpose()?,
            encipherment: file.encipherment.as_ref().map(read).transpose()?,
        });
    }
    Ok(pvas)
}

/// OP or TOP.
fn constant<const N: usize>(path: &Path) -> Result<Secret<[u8; N]>> {
    let octets = key_file::read(path)?;
    let octets: [u8; N] = octets
        .expose()
        .as_slice()
        .try_into()
        .with_context(|| format!("{} is {N} octets", path.display()))?;
    Ok(Secret::new(octets))
}

async fn operator(loaded: &Loaded, config: &config::Operator) -> Result<()> {
    let dir = &loaded.dir;
    let node_key = NodeKey::load(&dir.join("node.key"))?;
    let keys = OperatorKeyDir::load(&dir.join("keys"), Protection::Encrypted(&node_key))?;
    if keys.anchor.sho_id().to_string() != config.plmn {
        bail!(
            "keys/anchor.pem is {}'s, the configuration is {}'s",
            keys.anchor.sho_id(),
            config.plmn
        );
    }
    let top = match config.hlr.algorithm {
        AlgorithmChoice::Milenage => None,
        AlgorithmChoice::Tuak if config.hlr.osmo.is_some() => {
            bail!("unsupported: with hlr.osmo there is no TUAK (hlr.algorithm)")
        }
        AlgorithmChoice::Tuak => Some(constant(&dir.join("top.key"))?),
    };
    let digest = key_file::read(&dir.join("api.digest"))?;
    let digest: Digest = std::str::from_utf8(digest.expose())?.trim_end().parse()?;
    let files = loaded.peers()?;
    let listeners = OperatorListeners {
        dm: listen("dm", config.listen.dm).await?,
        peer: listen("peer", config.listen.peer).await?,
        gsup: listen("gsup", config.listen.gsup).await?,
        gsup_plain: match config.hlr.plain {
            Some(_) if config.hlr.osmo.is_some() => {
                bail!("with hlr.osmo the node is no HLR: hlr.plain has nothing to answer")
            }
            Some(at) => Some(bound("hlr.plain", at).await?),
            None if config.hlr.clients.is_empty() => None,
            None => bail!("hlr.clients want a listener: hlr.plain"),
        },
        api: Some(listen("api", config.listen.api).await?),
        ocsp: match config.listen.ocsp {
            Some(at) => Some(listen("ocsp", at).await?),
            None => None,
        },
    };
    let suites: Option<Vec<Suite>> = config
        .policy
        .suites
        .iter()
        .map(|suite| Suite::from_octet(*suite))
        .collect();
    let osmo = config.hlr.osmo.as_ref();
    let settings = OperatorConfig {
        connector: osmo.map(|osmo| osmo.connector(dir)).transpose()?,
        keys,
        constants: OperatorConstants {
            op: constant(&dir.join("op.key"))?,
            top,
        },
        peers: peer_book(dir, &files)?,
        pvas: pvas(dir, &files)?,
        ask_pva: config.policy.ask_pva,
        hosts: config::hosts(files.iter().map(|file| &file.hosts))?,
        access: NetworkAccess {
            id: config.access.id.clone(),
            apn: config.access.apn.clone(),
        },
        policy: DonorPolicy {
            transfer: config.policy.transfer,
            cert_tre_retention: Duration::from_secs(config.policy.cert_tre_retention_s),
            ..DonorPolicy::default()
        },
        terms: config.terms,
        lifetime: Duration::from_secs(config.policy.order_lifetime_s),
        suites: suites.context("policy.suites: 1 and 2 are supported")?,
        lease: Lease {
            stay: Duration::from_secs(config.policy.shared_lease_s),
            ..Lease::default()
        },
        prov_urls: config.urls.dpf.clone(),
        drf_url: config.urls.drf.clone(),
        server_id: format!("dpf-{}", config.plmn),
        limits: ServerLimits::default(),
        certificates: certificates(dir, &node_key, &config.certificates),
        hlr: hlr(&config.hlr),
        api_token: Some(digest.0),
    };
    let store = open_store(dir, &config.store, &node_key)?;
    let node = OperatorNode::start(settings, store, listeners, Arc::new(()))?;
    println!(
        "{}",
        json!({
            "ready": true, "role": "operator", "plmn": config.plmn,
            "dm": node.dm_address(), "peer": node.peer_address(),
            "gsup": node.gsup_address(), "gsup_plain": node.gsup_plain_address(),
            "api": node.api_address(),
            "ocsp": node.ocsp_address(),
        })
    );
    told_to_end().await?;
    node.shutdown().await;
    Ok(())
}

fn hlr(config: &config::Hlr) -> HlrSettings {
    let limits = &config.limits;
    HlrSettings {
        clients: config.clients.clone(),
        node_rate: Rate {
            per_s: limits.node_per_s,
            burst: limits.node_burst,
        },
        subscriber_rate: Rate {
            per_s: limits.subscriber_per_s,
            burst: limits.subscriber_burst,
        },
        gsm_triplets: config.gsm_triplets,
        ..HlrSettings::default()
    }
}

fn certificates(dir: &Path, key: &NodeKey, config: &config::Certificates) -> CertificateSettings {
    CertificateSettings {
        place: Some(OperatorKeyPlace::new(dir.join("keys"), Some(key.clone()))),
        dpf_validity: config.dpf_validity.map(|period| period.0),
        responder: ResponderConfig {
            expiry: match config.expired {
                config::Expired::Revoked => ExpiryPolicy::RevokeOnExpiry,
                config::Expired::Good => ExpiryPolicy::GoodAfterExpiry,
            },
            validity: config.answers.0,
            ..ResponderConfig::default()
        },
        ..CertificateSettings::default()
    }
}

/// `sqlite:PATH`, the path relative to the configuration's directory.
pub(crate) fn open_store(dir: &Path, url: &str, key: &NodeKey) -> Result<Store> {
    let url = match url.strip_prefix("sqlite:") {
        Some(path) => format!("sqlite:{}", dir.join(path).display()),
        None => url.to_owned(),
    };
    let key = StoreKey::new(1, key.secret())?;
    Ok(Store::open(&url, key, &SqliteOptions::default())?)
}

async fn supplier(loaded: &Loaded, config: &config::Supplier) -> Result<()> {
    let dir = &loaded.dir;
    let node_key = NodeKey::load(&dir.join("node.key"))?;
    let keys = SupplierKeyDir::load(&dir.join("keys"), Protection::Encrypted(&node_key))?;
    let records = SupplierStore::open(&dir.join(&config.store))?;
    let files = loaded.peers()?;
    let node = SupplierNode::start(
        &keys.server,
        peer_book(dir, &files)?,
        Arc::new(Mutex::new(records)),
        listen("pva", config.listen.pva).await?,
        ServerLimits::default(),
    )?;
    let ready = json!({
        "ready": true, "role": "supplier", "name": config.name, "pva": node.address(),
    });
    println!("{ready}");
    told_to_end().await?;
    node.shutdown().await;
    Ok(())
}

async fn vno(loaded: &Loaded, config: &config::Vno) -> Result<()> {
    let dir = &loaded.dir;
    let node_key = NodeKey::load(&dir.join("node.key"))?;
    let keys = OperatorKeyDir::load(&dir.join("keys"), Protection::Encrypted(&node_key))?;
    let files = loaded.peers()?;
    let settings = VnoConfig {
        sho_id: config.plmn.parse()?,
        peer: keys.peer,
        peers: peer_book(dir, &files)?,
        hosts: config::hosts(files.iter().map(|file| &file.hosts))?,
        limits: ServerLimits::default(),
    };
    let node = VnoNode::start(settings, listen("peer", config.listen.peer).await?)?;
    let listener = listen("radio", config.listen.radio).await?;
    let radio = station(listener, node.vno().clone(), Coverage::default())?;
    let ready = json!({
        "ready": true, "role": "vno", "plmn": config.plmn,
        "peer": node.address(), "radio": radio.address(),
    });
    println!("{ready}");
    told_to_end().await?;
    radio.shutdown().await;
    node.shutdown().await;
    Ok(())
}
