//! A supplier, operators and a visited network on loopback, each with keys and
//! a store in a directory of its own.

mod device;
pub mod scratch;

pub use device::Device;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hlr::OsmoProgram;
use provisioning::Terms;
use provisioning::bootstrap::NetworkAccess;
use provisioning::donor::DonorPolicy;
use provisioning::hold::Lease;
use provisioning::payload::OperatorConstants;
use provisioning::peer::Peer;
use secret::Secret;
use server::operator::{
    CertificateSettings, HlrSettings, Operator, OperatorConfig, OperatorListeners, OperatorNode,
};
use server::supplier::{Records, SupplierNode};
use server::vno::{VnoConfig, VnoNode};
use server::{GsupAddress, OperatorVerifier, PeerBook, RegisteredPeer, RegisteredPva, Serves};
use store::{SqliteOptions, Store, StoreKey, SupplierStore};
use tls::http::{Address, Client, ClientLimits, ClientRequest, Hosts, Method, ServerLimits};
use tls::{ClientConfig, Credentials, Profile};
use tokens::os::{self, OsRandom};
use tokens::{OperatorKeyDir, OperatorPlan, Protection, SupplierKeyDir, SupplierPlan, TlsIdentity};
use tokio::net::TcpListener;
use tre::{KeyKind, Suite};
use trust::ShoId;
use trust::issue::Validity;

use scratch::Scratch;

pub const SUPPLIER: &str = "acme";
pub const RO: &str = "001-01";
pub const SHO: &str = "001-02";
pub const VNO: &str = "001-99";
/// An operator that is registered with nobody.
pub const STRANGER: &str = "001-66";

/// What a test may want otherwise.
#[derive(Clone)]
pub struct Setup {
    pub terms: Terms,
    pub policy: DonorPolicy,
    pub max_octets: Option<u64>,
    pub pva: bool,
    /// Operators whose subscribers are in a real OsmoHLR.
    pub osmo: Vec<&'static str>,
    /// Whether the visited network asks those over plain GSUP, or still asks us.
    pub plain: bool,
    pub hlr: HlrSettings,
    pub lease: Lease,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            terms: Terms {
                t_attach: 60,
                t_ack: 60,
                revert_s: 600,
                retention_s: 3600,
            },
            policy: DonorPolicy::default(),
            max_octets: None,
            pva: true,
            osmo: Vec::new(),
            plain: true,
            hlr: HlrSettings::default(),
            lease: Lease::default(),
        }
    }
}

pub struct World {
    pub operators: BTreeMap<String, OperatorNode>,
    pub vno: VnoNode,
    pub supplier: SupplierKeyDir,
    pub records: Records,
    pub pva: Option<SupplierNode>,
    pub hosts: Hosts,
    /// Leaves of peers, a stranger's too.
    pub identities: BTreeMap<String, TlsIdentity>,
    pub anchors: BTreeMap<String, trust::Anchor>,
    /// Ended when the world is dropped.
    pub osmo: BTreeMap<String, OsmoProgram>,
    /// Of the registration operator: what signs its batches, and for which
    /// suppliers encipher.
    pub document: trust::Certificate,
    pub encipherment: trust::Certificate,
    pub scratch: Scratch,
    made: u32,
}

pub fn sho(name: &str) -> ShoId {
    name.parse().unwrap()
}

pub fn domain(name: &str) -> String {
    let id = sho(name);
    format!("mnc{:0>3}.mcc{}.rehome.test", id.mnc(), id.mcc())
}

pub fn peer_host(name: &str) -> String {
    format!("peer.{}", domain(name))
}

fn validity() -> Validity {
    let now = os::now();
    let day = Duration::from_secs(86_400);
    Validity::new(now.minus(day), now.plus(365 * day)).unwrap()
}

async fn listener() -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap()
}

fn keys(dir: &Path, name: &str) -> OperatorKeyDir {
    let dir = dir.join(format!("keys-{name}"));
    let domain = domain(name);
    let plan = OperatorPlan {
        sho_id: sho(name),
        dpf_names: vec![format!("dpf.{domain}"), format!("drf.{domain}")],
        peer_names: vec![format!("peer.{domain}"), format!("hlr.{domain}")],
        ocsp_url: Some(format!("http://{}/", ocsp_host(name))),
        validity: validity(),
        kind: KeyKind::EcP256,
    };
    OperatorKeyDir::create(&dir, &plan, Protection::Plain, &mut OsRandom).unwrap();
    OperatorKeyDir::load(&dir, Protection::Plain).unwrap()
}

/// Where an operator's responder is.
pub fn ocsp_host(name: &str) -> String {
    format!("ocsp.{}", domain(name))
}

fn leaf(der: &[u8]) -> trust::Certificate {
    trust::Certificate::from_der(der).unwrap()
}

fn registered(
    name: &str,
    keys: &OperatorKeyDir,
    home: bool,
    osmo: Option<&OsmoProgram>,
) -> RegisteredPeer {
    let domain = domain(name);
    RegisteredPeer {
        host: format!("peer.{domain}"),
        gsup: home.then(|| match osmo {
            Some(osmo) => GsupAddress::Plain(osmo.gsup()),
            None => GsupAddress::Tls(format!("hlr.{domain}")),
        }),
        serves: if home {
            Serves::default()
        } else {
            Serves::all()
        },
        peer: Peer {
            anchor: keys.anchor.clone(),
            domains: vec![domain],
        },
    }
}

impl World {
    pub async fn new(name: &str) -> Self {
        Self::with(name, Setup::default()).await
    }

    pub async fn with(name: &str, setup: Setup) -> Self {
        let scratch = Scratch::new(name);
        let dir = scratch.path();
        let all: BTreeMap<&str, OperatorKeyDir> = [RO, SHO, VNO, STRANGER]
            .into_iter()
            .map(|name| (name, keys(dir, name)))
            .collect();
        let supplier = supplier(dir);
        let pva_at = listener().await;
        let mut table = vec![(pva_host(), pva_at.local_addr().unwrap())];
        let mut sockets = BTreeMap::new();
        for name in [RO, SHO, VNO] {
            let listeners = OperatorListeners {
                dm: listener().await,
                peer: listener().await,
                gsup: listener().await,
                gsup_plain: Some(listener().await).filter(|_| name == RO),
                api: None,
                ocsp: Some(listener().await),
            };
            table.extend(hosts_of(name, &listeners));
            sockets.insert(name, listeners);
        }
        let hosts = Hosts::new(
            table
                .iter()
                .map(|(name, at)| (name.as_str(), Address::At(*at))),
        );
        let hosts = hosts.unwrap();
        let osmo = osmo(dir, &setup);
        let book = |names: &[&str]| {
            let peers = names.iter().map(|name| {
                let osmo = osmo.get(*name).filter(|_| setup.plain);
                registered(name, &all[name], *name != VNO, osmo)
            });
            PeerBook::new(peers).unwrap()
        };
        let (everybody, homes) = (book(&[RO, SHO, VNO]), book(&[RO, SHO]));
        let identities = all
            .iter()
            .map(|(name, keys)| ((*name).to_owned(), keys.peer.clone()))
            .collect();
        let anchors = all
            .iter()
            .map(|(name, keys)| ((*name).to_owned(), keys.anchor.clone()))
            .collect();
        let document = leaf(&all[RO].document.leaf);
        let encipherment = leaf(&all[RO].encipherment.leaf);
        let records = SupplierStore::open(&dir.join("supplier.db")).unwrap();
        let records: Records = Arc::new(Mutex::new(records));
        let pva = RegisteredPva {
            anchor: supplier.pva.clone(),
            host: pva_host(),
            document: Some(leaf(&supplier.document.leaf)),
            encipherment: supplier.encipherment.as_ref().map(|own| leaf(&own.leaf)),
        };
        let node = SupplierNode::start(
            &supplier.server,
            homes.clone(),
            Arc::clone(&records),
            pva_at,
            ServerLimits::default(),
        );
        let mut operators = BTreeMap::new();
        let mut visited = None;
        for (name, keys) in all {
            let Some(listeners) = sockets.remove(name) else {
                continue;
            };
            if name == VNO {
                let config = VnoConfig {
                    sho_id: sho(VNO),
                    peer: keys.peer,
                    peers: homes.clone(),
                    hosts: hosts.clone(),
                    limits: ServerLimits::default(),
                };
                visited = Some(VnoNode::start(config, listeners.peer).unwrap());
                continue;
            }
            let mut config = config(name, keys, &everybody, &pva, &hosts, &setup);
            config.connector = osmo.get(name).map(|osmo| osmo.connector().unwrap());
            let store = open_store(dir, name, setup.max_octets);
            let node = OperatorNode::start(config, store, listeners, Arc::new(())).unwrap();
            operators.insert(name.to_owned(), node);
        }
        Self {
            operators,
            vno: visited.unwrap(),
            supplier,
            records,
            pva: Some(node.unwrap()).filter(|_| setup.pva),
            hosts,
            identities,
            anchors,
            osmo,
            document,
            encipherment,
            scratch,
            made: 0,
        }
    }

    pub fn operator(&self, name: &str) -> &Operator {
        self.operators[name].operator()
    }

    /// A device of the registration operator that was never switched on.
    pub async fn device(&mut self) -> Device {
        self.made += 1;
        Device::make(self, self.made).await
    }

    pub async fn shutdown(self) {
        for (_, node) in self.operators {
            node.shutdown().await;
        }
        self.vno.shutdown().await;
        if let Some(pva) = self.pva {
            pva.shutdown().await;
        }
    }
}

fn osmo(dir: &Path, setup: &Setup) -> BTreeMap<String, OsmoProgram> {
    let start = |name: &&str| {
        let dir = dir.join(format!("osmo-{name}"));
        std::fs::create_dir(&dir).unwrap();
        ((*name).to_owned(), OsmoProgram::start(&dir).unwrap())
    };
    setup.osmo.iter().map(start).collect()
}

pub fn open_store(dir: &Path, name: &str, max_octets: Option<u64>) -> Store {
    let url = format!("sqlite:{}", dir.join(format!("{name}.db")).display());
    let key = StoreKey::new(1, &Secret::new([7; 32])).unwrap();
    let options = SqliteOptions {
        max_octets,
        ..SqliteOptions::default()
    };
    Store::open(&url, key, &options).unwrap()
}

fn config(
    name: &str,
    keys: OperatorKeyDir,
    peers: &PeerBook,
    pva: &RegisteredPva,
    hosts: &Hosts,
    setup: &Setup,
) -> OperatorConfig {
    let domain = domain(name);
    OperatorConfig {
        connector: None,
        keys,
        constants: OperatorConstants {
            op: Secret::new([0x5c; 16]),
            top: None,
        },
        peers: peers.clone(),
        pvas: vec![pva.clone()],
        ask_pva: true,
        hosts: hosts.clone(),
        access: NetworkAccess {
            id: "internet".to_owned(),
            apn: format!("m2m.{name}.example"),
        },
        policy: setup.policy.clone(),
        terms: setup.terms,
        lifetime: Duration::from_secs(3600),
        suites: vec![Suite::Two],
        lease: setup.lease,
        prov_urls: vec![format!("https://dpf.{domain}/dm")],
        drf_url: format!("https://drf.{domain}/drf"),
        server_id: format!("dpf-{name}"),
        limits: ServerLimits::default(),
        certificates: CertificateSettings::default(),
        hlr: setup.hlr.clone(),
        api_token: None,
    }
}

fn hosts_of(name: &str, listeners: &OperatorListeners) -> [(String, SocketAddr); 4] {
    let domain = domain(name);
    let dm = listeners.dm.local_addr().unwrap();
    [
        (format!("dpf.{domain}"), dm),
        (format!("drf.{domain}"), dm),
        (
            format!("peer.{domain}"),
            listeners.peer.local_addr().unwrap(),
        ),
        (
            format!("hlr.{domain}"),
            listeners.gsup.local_addr().unwrap(),
        ),
    ]
}

pub fn pva_host() -> String {
    format!("pva.{SUPPLIER}.rehome.test")
}

fn supplier(dir: &Path) -> SupplierKeyDir {
    let dir = dir.join("supplier");
    let plan = SupplierPlan {
        supplier: SUPPLIER.parse().unwrap(),
        pva_names: vec![pva_host()],
        validity: validity(),
        kind: KeyKind::EcP256,
    };
    SupplierKeyDir::create(&dir, &plan, Protection::Plain, &mut OsRandom).unwrap();
    SupplierKeyDir::load(&dir, Protection::Plain).unwrap()
}

/// A POST to the peer interface of `to` with the leaf of `who`: status and
/// reason code, or why there was no answer.
pub async fn post(
    world: &World,
    who: &str,
    to: &str,
    path: &str,
    octets: Vec<u8>,
) -> Result<(u16, String), String> {
    let identity = &world.identities[who];
    let own = Credentials::new(&identity.leaf, &[], identity.key.clone()).unwrap();
    let peer = RegisteredPeer {
        host: peer_host(to),
        gsup: None,
        serves: Serves::default(),
        peer: Peer {
            anchor: world.anchors[to].clone(),
            domains: vec![domain(to)],
        },
    };
    let verifier = Arc::new(OperatorVerifier::new(PeerBook::new([peer]).unwrap()));
    let config = ClientConfig::new(Profile::ThreeGpp, Some(&own), verifier).unwrap();
    let client = Client::new(world.hosts.clone(), ClientLimits::default());
    let request = ClientRequest::new(Method::POST, &peer_host(to), path).with_body(octets);
    let answer = client.send(&config, request).await;
    let answer = answer.map_err(|error| error.code().to_owned())?;
    let problem: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code = problem["code"].as_str().unwrap_or_default().to_owned();
    Ok((answer.status.as_u16(), code))
}
