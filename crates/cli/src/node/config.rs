//! The configuration file of a node or a device: TOML, every key known, paths
//! relative to the file's directory. What `rehome init` writes is the annotated
//! default.

use crate::encoding::EncodingChoice;
use std::collections::BTreeMap;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use hlr::OsmoHlr;
use provisioning::Terms;
use provisioning::donor::TransferPolicy;
use serde::{Deserialize, Serialize};
use server::operator::HlrSettings;
use server::{PlainClient, Serves};
use tls::http::{Address, Hosts};

use super::management::Management;
use super::period::Period;
use super::status::StatusSection;

/// A configuration file, by role.
#[derive(Deserialize)]
#[serde(tag = "role", rename_all = "lowercase")]
pub(crate) enum Config {
    /// `role = "operator"`
    Operator(Box<Operator>),
    /// `role = "supplier"`
    Supplier(Supplier),
    /// `role = "vno"`
    Vno(Vno),
    /// `role = "dm"`
    Dm(Management),
    /// `role = "device"`
    Device(Device),
}

/// An operator's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Operator {
    pub(crate) plmn: String,
    pub(crate) store: String,
    pub(crate) listen: OperatorListen,
    pub(crate) urls: Urls,
    pub(crate) access: Access,
    #[serde(default)]
    pub(crate) policy: Policy,
    #[serde(default = "default_terms")]
    pub(crate) terms: Terms,
    #[serde(default)]
    pub(crate) certificates: Certificates,
    #[serde(default)]
    pub(crate) hlr: Hlr,
}

/// Its HLR.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Hlr {
    /// What new subscribers get where their TRE has it; else MILENAGE.
    pub(crate) algorithm: AlgorithmChoice,
    /// GSUP without TLS for the clients below, if it listens for any.
    pub(crate) plain: Option<SocketAddr>,
    pub(crate) clients: Vec<PlainClient>,
    /// SRES and Kc in vectors.
    pub(crate) gsm_triplets: bool,
    pub(crate) limits: HlrLimits,
    /// The HLR that its subscribers are in, if not the node itself.
    pub(crate) osmo: Option<Osmo>,
}

/// OsmoHLR on this machine.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Osmo {
    /// Its control interface.
    ctrl: SocketAddr,
    /// Its database.
    database: PathBuf,
}

impl Osmo {
    /// The connector; `dir` is where paths start from.
    pub(crate) fn connector(&self, dir: &Path) -> Result<OsmoHlr> {
        Ok(OsmoHlr::new(self.ctrl, &dir.join(&self.database))?)
    }
}

/// How often it may be asked; 0 a second is without a limit.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct HlrLimits {
    pub(crate) node_per_s: u32,
    pub(crate) node_burst: u32,
    pub(crate) subscriber_per_s: u32,
    pub(crate) subscriber_burst: u32,
}

impl Default for HlrLimits {
    fn default() -> Self {
        let HlrSettings {
            node_rate,
            subscriber_rate,
            ..
        } = HlrSettings::default();
        Self {
            node_per_s: node_rate.per_s,
            node_burst: node_rate.burst,
            subscriber_per_s: subscriber_rate.per_s,
            subscriber_burst: subscriber_rate.burst,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OperatorListen {
    pub(crate) dm: SocketAddr,
    pub(crate) peer: SocketAddr,
    pub(crate) gsup: SocketAddr,
    pub(crate) api: SocketAddr,
    /// The responder for certificate status, if there is one.
    pub(crate) ocsp: Option<SocketAddr>,
}

/// What becomes of an operator's certificates.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Certificates {
    pub(crate) expired: Expired,
    /// From thisUpdate to nextUpdate.
    pub(crate) answers: Period,
    pub(crate) dpf_validity: Option<Period>,
}

/// What the responder says of expired certificates.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Expired {
    Revoked,
    Good,
}

impl Default for Certificates {
    fn default() -> Self {
        Self {
            expired: Expired::Revoked,
            answers: Period(Duration::from_secs(3600)),
            dpf_validity: None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Urls {
    pub(crate) dpf: Vec<String>,
    pub(crate) drf: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Access {
    pub(crate) id: String,
    pub(crate) apn: String,
}

/// An authentication algorithm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AlgorithmChoice {
    /// TS 35.206
    #[default]
    Milenage,
    /// TS 35.231
    Tuak,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Policy {
    pub(crate) transfer: TransferPolicy,
    pub(crate) ask_pva: bool,
    pub(crate) suites: Vec<u8>,
    pub(crate) order_lifetime_s: u64,
    pub(crate) cert_tre_retention_s: u64,
    pub(crate) shared_lease_s: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            transfer: TransferPolicy::Token,
            ask_pva: true,
            suites: vec![2],
            order_lifetime_s: 86_400,
            cert_tre_retention_s: 90 * 86_400,
            shared_lease_s: 300,
        }
    }
}

fn default_terms() -> Terms {
    Terms::DEFAULT
}

/// A supplier's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Supplier {
    pub(crate) name: String,
    pub(crate) store: PathBuf,
    pub(crate) listen: SupplierListen,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SupplierListen {
    pub(crate) pva: SocketAddr,
}

/// A visited network's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vno {
    pub(crate) plmn: String,
    pub(crate) listen: VnoListen,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VnoListen {
    pub(crate) peer: SocketAddr,
    pub(crate) radio: SocketAddr,
}

/// A device's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Device {
    pub(crate) tre: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) store: PathBuf,
    pub(crate) radio: SocketAddr,
    /// Whether the system's clock is one to be trusted.
    pub(crate) trusted_clock: bool,
    /// How it judges the certificates of DPFs and DRFs; without it by their dates
    /// alone.
    #[serde(default)]
    pub(crate) status: Option<StatusSection>,
    /// How its DM messages are written.
    #[serde(default)]
    pub(crate) encoding: EncodingChoice,
    /// Whether it erases its PCID once it has another operator.
    #[serde(default)]
    pub(crate) drop_pcid: bool,
    pub(crate) hosts: BTreeMap<String, SocketAddr>,
}

/// What `rehome peer add` writes of another party.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PeerFile {
    /// `MCC-MNC`, or a supplier's name.
    pub(crate) name: String,
    /// CertSHO, or the PVA's certificate.
    pub(crate) cert: PathBuf,
    /// The PVA's leaf for handovers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) document: Option<PathBuf>,
    /// The supplier's leaf for batches of PCIDs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) encipherment: Option<PathBuf>,
    /// The domain of an operator's hosts; of a supplier, the PVA's host.
    pub(crate) domain: String,
    /// Whether it has an HLR that answers GSUP in TLS.
    pub(crate) hlr: bool,
    /// Whom it may ask this node's HLR for.
    #[serde(default, skip_serializing_if = "Serves::is_nobody")]
    pub(crate) serves: Serves,
    pub(crate) hosts: BTreeMap<String, SocketAddr>,
}

/// A configuration and the directory that its paths start from.
pub(crate) struct Loaded {
    pub(crate) config: Config,
    pub(crate) dir: PathBuf,
}

impl Loaded {
    /// Reads a configuration file.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let config = toml::from_str(&text).with_context(|| path.display().to_string())?;
        let path = std::path::absolute(path)?;
        let dir = path.parent().unwrap_or(Path::new("/")).to_owned();
        Ok(Self { config, dir })
    }

    /// The parties that were added to this node.
    pub(crate) fn peers(&self) -> Result<Vec<PeerFile>> {
        let dir = self.dir.join("peers");
        let mut files = Vec::new();
        for entry in fs::read_dir(&dir).with_context(|| dir.display().to_string())? {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "toml")
            {
                let text = fs::read_to_string(&path)?;
                let peer: PeerFile =
                    toml::from_str(&text).with_context(|| path.display().to_string())?;
                files.push(peer);
            }
        }
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(files)
    }
}

/// A table of hosts of all these parties.
pub(crate) fn hosts<'a>(
    tables: impl IntoIterator<Item = &'a BTreeMap<String, SocketAddr>>,
) -> Result<Hosts> {
    let entries = tables
        .into_iter()
        .flatten()
        .map(|(name, address)| (name.as_str(), Address::At(*address)));
    Ok(Hosts::new(entries)?)
}

/// The ports that `init` gives to the listeners, and `peer add` expects.
pub(crate) struct Ports;

impl Ports {
    pub(crate) const DM: u16 = 8443;
    pub(crate) const PEER: u16 = 8444;
    pub(crate) const GSUP: u16 = 8445;
    pub(crate) const API: u16 = 8446;
    pub(crate) const RADIO: u16 = 8447;
    pub(crate) const PVA: u16 = 8448;
    pub(crate) const MANAGEMENT: u16 = 8449;
    pub(crate) const OCSP: u16 = 8450;
}

/// Where an operator's hosts are, if all of them are at one address.
pub(crate) fn operator_hosts(domain: &str, at: IpAddr) -> BTreeMap<String, SocketAddr> {
    [
        ("dpf", Ports::DM),
        ("drf", Ports::DM),
        ("peer", Ports::PEER),
        ("hlr", Ports::GSUP),
        ("ocsp", Ports::OCSP),
    ]
    .into_iter()
    .map(|(name, port)| (format!("{name}.{domain}"), SocketAddr::new(at, port)))
    .collect()
}
