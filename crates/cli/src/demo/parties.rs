//! The parties of the demo: each with its own directory, keys, store and
//! listeners, talking to the others over sockets alone.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result};
use hlr::{OsmoHlr, OsmoProgram};
use provisioning::StepWatch;
use provisioning::Terms;
use provisioning::bootstrap::NetworkAccess;
use provisioning::donor::DonorPolicy;
use provisioning::payload::OperatorConstants;
use provisioning::peer::Peer;
use secret::Secret;
use server::operator::{
    CertificateSettings, HlrSettings, OperatorConfig, OperatorListeners, OperatorNode,
};
use server::supplier::{Records, SupplierNode};
use server::vno::{VnoConfig, VnoNode};
use server::{GsupAddress, PeerBook, RegisteredPeer, RegisteredPva, Serves};
use store::{SqliteOptions, Store, StoreKey, SupplierStore};
use tls::http::{Address, Hosts, ServerLimits};
use tokens::os::{self, OsRandom};
use tokens::{
    NodeKey, OperatorKeyDir, OperatorPlan, Protection, SupplierKeyDir, SupplierPlan, key_file,
};
use tokio::net::TcpListener;
use tre::Suite;
use trust::ShoId;
use trust::issue::Validity;

use super::plan::{HlrChoice, Plan};
use crate::node::config::AlgorithmChoice;

/// The supplier's name.
pub(super) const SUPPLIER: &str = "acme";
/// The registration operator, the next home operators, the visited network.
const REGISTRATION: &str = "001-01";
const HOMES: [&str; 2] = ["001-02", "001-03"];
const VISITED: &str = "001-99";
const YEAR: Duration = Duration::from_secs(365 * 86_400);

/// All of them, running.
pub(super) struct Parties {
    pub(super) supplier: Arc<SupplierKeyDir>,
    pub(super) records: Records,
    pva: SupplierNode,
    /// The registration operator first, then the homes in the order of moves.
    pub(super) operators: Vec<OperatorNode>,
    /// Their HLRs by the operators' names, where those are other programs. Dropping
    /// them ends the programs.
    pub(super) osmo: BTreeMap<String, OsmoProgram>,
    pub(super) vno: VnoNode,
    pub(super) hosts: Hosts,
}

/// An operator before it starts: its keys, and the sockets that it has bound.
struct Ready {
    sho_id: ShoId,
    dir: PathBuf,
    node_key: NodeKey,
    keys: OperatorKeyDir,
    listeners: OperatorListeners,
    osmo: Option<OsmoProgram>,
}

fn domain(sho_id: &ShoId) -> String {
    format!("mnc{:0>3}.mcc{}.rehome.test", sho_id.mnc(), sho_id.mcc())
}

fn pva_host() -> String {
    format!("pva.{SUPPLIER}.rehome.test")
}

fn validity() -> Result<Validity> {
    let now = os::now();
    Ok(Validity::new(
        now.minus(Duration::from_secs(3600)),
        now.plus(10 * YEAR),
    )?)
}

impl Parties {
    pub(super) async fn start(dir: &Path, plan: &Plan, watch: &Arc<dyn StepWatch>) -> Result<Self> {
        let homes = if plan.second_move { 2 } else { 1 };
        let names = [REGISTRATION]
            .into_iter()
            .chain(HOMES.into_iter().take(homes));
        let mut ready = Vec::new();
        for name in names {
            ready.push(Ready::new(dir, name, plan).await?);
        }
        let visited = Ready::new(dir, VISITED, plan).await?;
        let supplier = Arc::new(supplier(dir, plan)?);
        let records = SupplierStore::open(&dir.join("supplier").join("store.db"))?;
        let records: Records = Arc::new(Mutex::new(records));
        let pva_listener = listener().await?;
        let mut hosts = vec![(pva_host(), pva_listener.local_addr()?)];
        for party in ready.iter().chain([&visited]) {
            hosts.extend(party.hosts()?);
        }
        let hosts = Hosts::new(
            hosts
                .iter()
                .map(|(name, at)| (name.as_str(), Address::At(*at))),
        )?;
        let registered: Vec<RegisteredPeer> = ready.iter().map(Ready::as_home).collect();
        let with_visited =
            || PeerBook::new(registered.iter().cloned().chain([visited.as_visited()]));
        let homes = PeerBook::new(registered.clone())?;
        let pva = RegisteredPva {
            anchor: supplier.pva.clone(),
            host: pva_host(),
            document: None,
            encipherment: None,
        };
        let pva_node = SupplierNode::start(
            &supplier.server,
            homes.clone(),
            Arc::clone(&records),
            pva_listener,
            ServerLimits::default(),
        )?;
        let (mut operators, mut osmo) = (Vec::new(), BTreeMap::new());
        for mut party in ready {
            let hlr = party.osmo.take();
            let connector = hlr.as_ref().map(OsmoProgram::connector).transpose()?;
            osmo.extend(hlr.map(|hlr| (party.sho_id.to_string(), hlr)));
            let node = party.start(
                plan,
                with_visited()?,
                &pva,
                &hosts,
                connector,
                Arc::clone(watch),
            )?;
            operators.push(node);
        }
        let vno = VnoNode::start(
            VnoConfig {
                sho_id: visited.sho_id,
                peer: visited.keys.peer,
                peers: homes,
                hosts: hosts.clone(),
                limits: ServerLimits::default(),
            },
            visited.listeners.peer,
        )?;
        Ok(Self {
            supplier,
            records,
            pva: pva_node,
            operators,
            osmo,
            vno,
            hosts,
        })
    }

    pub(super) async fn shutdown(self) {
        // Who asks others ends before those whom it asks.
        self.vno.shutdown().await;
        for node in self.operators {
            node.shutdown().await;
        }
        drop(self.osmo);
        self.pva.shutdown().await;
    }
}

impl Ready {
    async fn new(dir: &Path, name: &str, plan: &Plan) -> Result<Self> {
        let sho_id: ShoId = name.parse()?;
        let dir = dir.join(format!("operator-{name}"));
        private_dir(&dir)?;
        let node_key = node_key(&dir)?;
        let keys = dir.join("keys");
        let protection = Protection::Encrypted(&node_key);
        if !fs::exists(&keys)? {
            let domain = domain(&sho_id);
            let plan = OperatorPlan {
                sho_id: sho_id.clone(),
                dpf_names: vec![format!("dpf.{domain}"), format!("drf.{domain}")],
                peer_names: vec![format!("peer.{domain}"), format!("hlr.{domain}")],
                ocsp_url: Some(format!("http://ocsp.{domain}/")),
                validity: validity()?,
                kind: plan.key.kind(),
            };
            OperatorKeyDir::create(&keys, &plan, protection, &mut OsRandom)?;
        }
        let keys = OperatorKeyDir::load(&keys, protection)?;
        let listeners = OperatorListeners {
            dm: listener().await?,
            peer: listener().await?,
            gsup: listener().await?,
            gsup_plain: None,
            api: None,
            ocsp: Some(listener().await?),
        };
        let external = plan.hlr == HlrChoice::Osmo && HOMES.contains(&name);
        let osmo = if external {
            let dir = dir.join("osmo-hlr");
            private_dir(&dir)?;
            Some(OsmoProgram::start(&dir)?)
        } else {
            None
        };
        Ok(Self {
            sho_id,
            dir,
            node_key,
            keys,
            listeners,
            osmo,
        })
    }

    fn hosts(&self) -> Result<Vec<(String, SocketAddr)>> {
        let domain = domain(&self.sho_id);
        let dm = self.listeners.dm.local_addr()?;
        let mut hosts = vec![
            (format!("dpf.{domain}"), dm),
            (format!("drf.{domain}"), dm),
            (format!("peer.{domain}"), self.listeners.peer.local_addr()?),
            (format!("hlr.{domain}"), self.listeners.gsup.local_addr()?),
        ];
        if let Some(ocsp) = &self.listeners.ocsp {
            hosts.push((format!("ocsp.{domain}"), ocsp.local_addr()?));
        }
        Ok(hosts)
    }

    fn as_visited(&self) -> RegisteredPeer {
        let domain = domain(&self.sho_id);
        RegisteredPeer {
            host: format!("peer.{domain}"),
            peer: Peer {
                anchor: self.keys.anchor.clone(),
                domains: vec![domain],
            },
            gsup: None,
            // The one visited network serves the devices of every operator here.
            serves: Serves::all(),
        }
    }

    fn as_home(&self) -> RegisteredPeer {
        RegisteredPeer {
            serves: Serves::default(),
            gsup: Some(match &self.osmo {
                Some(osmo) => GsupAddress::Plain(osmo.gsup()),
                None => GsupAddress::Tls(format!("hlr.{}", domain(&self.sho_id))),
            }),
            ..self.as_visited()
        }
    }

    fn start(
        self,
        plan: &Plan,
        peers: PeerBook,
        pva: &RegisteredPva,
        hosts: &Hosts,
        connector: Option<OsmoHlr>,
        watch: Arc<dyn StepWatch>,
    ) -> Result<OperatorNode> {
        let url = format!("sqlite:{}", self.dir.join("store.db").display());
        let key = StoreKey::new(1, self.node_key.secret())?;
        let store = Store::open(&url, key, &SqliteOptions::default())?;
        let domain = domain(&self.sho_id);
        let config = OperatorConfig {
            connector,
            constants: OperatorConstants {
                op: operator_constant(&self.dir.join("op.key"))?,
                top: match plan.algorithm {
                    AlgorithmChoice::Milenage => None,
                    AlgorithmChoice::Tuak => Some(operator_constant(&self.dir.join("top.key"))?),
                },
            },
            keys: self.keys,
            peers,
            pvas: vec![pva.clone()],
            ask_pva: true,
            hosts: hosts.clone(),
            access: NetworkAccess {
                id: "internet".to_owned(),
                apn: format!(
                    "m2m.mnc{:0>3}.mcc{}.gprs",
                    self.sho_id.mnc(),
                    self.sho_id.mcc()
                ),
            },
            policy: DonorPolicy::default(),
            terms: terms(plan),
            lifetime: Duration::from_secs(86_400),
            suites: vec![if plan.suite == 1 {
                Suite::One
            } else {
                Suite::Two
            }],
            lease: provisioning::hold::Lease::default(),
            prov_urls: vec![format!("https://dpf.{domain}/dm")],
            drf_url: format!("https://drf.{domain}/drf"),
            server_id: format!("dpf-{}", self.sho_id),
            limits: ServerLimits::default(),
            certificates: CertificateSettings::default(),
            hlr: HlrSettings::default(),
            api_token: None,
        };
        Ok(OperatorNode::start(config, store, self.listeners, watch)?)
    }
}

/// Devices without a cell are given up after a few seconds; the others have all
/// the time that the profile gives.
fn terms(plan: &Plan) -> Terms {
    if plan.no_coverage == 0 {
        return Terms::DEFAULT;
    }
    Terms {
        t_attach: 5,
        t_ack: 20,
        revert_s: 120,
        ..Terms::DEFAULT
    }
}

fn supplier(dir: &Path, plan: &Plan) -> Result<SupplierKeyDir> {
    let dir = dir.join("supplier");
    private_dir(&dir)?;
    let node_key = node_key(&dir)?;
    let keys = dir.join("keys");
    let protection = Protection::Encrypted(&node_key);
    if !fs::exists(&keys)? {
        let plan = SupplierPlan {
            supplier: SUPPLIER.parse()?,
            pva_names: vec![pva_host()],
            validity: validity()?,
            kind: plan.key.kind(),
        };
        SupplierKeyDir::create(&keys, &plan, protection, &mut OsRandom)?;
    }
    Ok(SupplierKeyDir::load(&keys, protection)?)
}

async fn listener() -> Result<TcpListener> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?)
}

/// A directory that is the owner's alone.
pub(super) fn private_dir(dir: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .with_context(|| dir.display().to_string())
}

/// The key in `node.key`, made if there is none.
pub(super) fn node_key(dir: &Path) -> Result<NodeKey> {
    let path = dir.join("node.key");
    if fs::exists(&path)? {
        Ok(NodeKey::load(&path)?)
    } else {
        Ok(NodeKey::create(&path, &mut OsRandom)?)
    }
}

/// The operator's OP or TOP, made if there is none.
fn operator_constant<const N: usize>(path: &Path) -> Result<Secret<[u8; N]>> {
    if !fs::exists(path)? {
        let mut octets = zeroize::Zeroizing::new([0; N]);
        clock::Random::fill(&mut OsRandom, octets.as_mut());
        key_file::create(path, octets.as_ref())?;
    }
    let octets = key_file::read(path)?;
    let octets: [u8; N] = octets.expose().as_slice().try_into()?;
    Ok(Secret::new(octets))
}
