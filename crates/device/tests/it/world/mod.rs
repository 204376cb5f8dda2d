//! An old operator, a new one and a device; the operators' decisions by the
//! engines, their stores in memory.

mod dpf;
mod network;

pub use dpf::{Behaviour, Site};
pub use network::{Network, Scripted};

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aka::{Amf, AuthenticationVector, Imsi, Ind, Rand, Seq, Sqn};
use clock::Random;
use device::{Clock, Device, DeviceConfig, Status};
use provisioning::bootstrap::NetworkAccess;
use provisioning::donor::{Acceptor, DonorPolicy, Subscription, TransferPolicy, read_announcement};
use provisioning::effect::Effect;
use provisioning::payload::MilenageKeys;
use provisioning::peer::Peer;
use provisioning::recipient::{Order, Registrar, Registration, TreCertificates};
use provisioning::tre::{Pcid, TreKind};
use provisioning::{McimId, Terms};
use secret::Secret;
use tls::http::{Address, Hosts};
use tokens::os::{self, OsRandom};
use tokens::{
    NodeKey, OperatorKeyDir, OperatorPlan, Protection, SupplierKeyDir, SupplierPlan, TrePackage,
    TrePlan,
};
use tokio::net::TcpListener;
use tre::{CertTre, KeyKind, KeyPairs, Suite, TreId};
use trust::issue::Validity;
use trust::{PvaAnchor, ShoId, TimeInterval, TimePolicy};

pub const OLD: &str = "001-01";
pub const NEW: &str = "001-02";
const TRE: &str = "urn:x-rehome:tre:acme:00000000000000000000000000000001";
pub const HANG: Duration = Duration::from_secs(60);

pub fn time() -> TimePolicy {
    TimePolicy::Trusted(TimeInterval::exactly(os::now()))
}

/// Subscribers that may authenticate, with their keys and next SEQ.
#[derive(Default)]
pub struct Hlr(BTreeMap<String, (MilenageKeys, bool, u64)>);

impl Hlr {
    pub fn vector(&mut self, imsi: &Imsi) -> Option<AuthenticationVector> {
        let (keys, enabled, seq) = self.0.get_mut(imsi.digits())?;
        *seq += 1;
        let sqn = Sqn::new(Seq::new(*seq).unwrap(), Ind::default());
        let milenage = keys.milenage().unwrap();
        let rand = Rand(OsRandom.array());
        enabled.then(|| AuthenticationVector::new(&milenage, rand, sqn, Amf([0, 0])))
    }

    pub fn apply(&mut self, effect: &Effect) {
        match effect {
            Effect::CreateSubscriber { imsi, keys } => {
                let row = (keys.clone(), false, 0);
                self.0.insert(imsi.digits().to_owned(), row);
            }
            Effect::EnableSubscriber(imsi) => self.0.get_mut(imsi.digits()).unwrap().1 = true,
            Effect::DisableSubscriber(imsi) => self.0.get_mut(imsi.digits()).unwrap().1 = false,
            _ => {}
        }
    }
}

/// What the new operator knows.
pub struct Recipient {
    pub keys: OperatorKeyDir,
    pub order: Order,
    pub envelope: Option<Vec<u8>>,
    pub pva: PvaAnchor,
    pub access: NetworkAccess,
}

pub struct World {
    dir: PathBuf,
    pub hlr: Arc<Mutex<Hlr>>,
    pub subscription: Subscription,
    pub recipient: Arc<Mutex<Recipient>>,
    /// The bootstraps, in order: connectivity, change.
    pub containers: Vec<Vec<u8>>,
    pub listeners: BTreeMap<&'static str, TcpListener>,
    config: DeviceConfig,
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

pub fn sho(name: &str) -> ShoId {
    name.parse().unwrap()
}

pub fn domain(name: &str) -> String {
    let id = sho(name);
    format!("mnc{:0>3}.mcc{}.rehome.test", id.mnc(), id.mcc())
}

fn validity() -> Validity {
    let (now, day) = (os::now(), Duration::from_secs(86_400));
    Validity::new(now.minus(day), now.plus(day)).unwrap()
}

pub fn operator(dir: &std::path::Path, name: &str) -> OperatorKeyDir {
    let path = dir.join(name);
    let domain = domain(name);
    let plan = OperatorPlan {
        sho_id: sho(name),
        dpf_names: vec![format!("dpf.{domain}"), format!("drf.{domain}")],
        peer_names: Vec::new(),
        ocsp_url: None,
        validity: validity(),
        kind: KeyKind::EcP256,
    };
    if !path.exists() {
        OperatorKeyDir::create(&path, &plan, Protection::Plain, &mut OsRandom).unwrap();
    }
    OperatorKeyDir::load(&path, Protection::Plain).unwrap()
}

impl World {
    pub async fn new(name: &str, terms: Terms) -> Self {
        use std::os::unix::fs::DirBuilderExt;
        let dir = std::env::temp_dir().join(format!("rehome-device-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::DirBuilder::new().mode(0o700).create(&dir).unwrap();
        let (old, new) = (operator(&dir, OLD), operator(&dir, NEW));
        let plan = SupplierPlan {
            supplier: "acme".parse().unwrap(),
            pva_names: vec!["pva.acme.rehome.test".to_owned()],
            validity: validity(),
            kind: KeyKind::EcP256,
        };
        let (supplier, plain) = (dir.join("supplier"), Protection::Plain);
        SupplierKeyDir::create(&supplier, &plan, plain, &mut OsRandom).unwrap();
        let supplier = SupplierKeyDir::load(&supplier, plain).unwrap();
        let key = NodeKey::create(&dir.join("node.key"), &mut OsRandom).unwrap();
        let (tre_id, imsi): (TreId, Imsi) =
            (TRE.parse().unwrap(), "001010000000001".parse().unwrap());
        let pcid = MilenageKeys::random(&Secret::new([1; 16]), &mut OsRandom);
        let package = manufacture(&dir, &supplier, &old, &key, &tre_id, &imsi, &pcid);
        let mut hlr = Hlr::default();
        hlr.apply(&Effect::CreateSubscriber {
            imsi: imsi.clone(),
            keys: pcid,
        });
        hlr.apply(&Effect::EnableSubscriber(imsi.clone()));
        let certificates = TreCertificates {
            signature: package.signature_certificate,
            envelope: package.envelope_certificate,
        };
        let mcim_id = McimId::of_pcid(&tre_id, &imsi);
        let signature = certificates.signature.clone();
        let mut subscription =
            Subscription::new(tre_id.clone(), signature, imsi, mcim_id, 0).unwrap();
        let (order, effects) = register(&new, &supplier, &tre_id, &certificates, terms);
        effects.iter().for_each(|effect| hlr.apply(effect));
        let containers = bootstraps(&old, &new, &mut subscription, &order);
        let mut listeners = BTreeMap::new();
        let mut table = Vec::new();
        for name in [OLD, NEW] {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            let at = Address::At(listener.local_addr().unwrap());
            table.push((format!("dpf.{}", domain(name)), at));
            table.push((format!("drf.{}", domain(name)), at));
            listeners.insert(name, listener);
        }
        let hosts = Hosts::new(table.iter().map(|(name, at)| (name.as_str(), *at))).unwrap();
        let config = DeviceConfig {
            tre: dir.join("tre"),
            store: dir.join("device.db"),
            key,
            hosts,
            clock: Clock::Trusted,
            encoding: provisioning::session::Encoding::Wbxml,
            tick: Duration::from_millis(100),
        };
        let recipient = Recipient {
            keys: new,
            order,
            envelope: certificates.envelope,
            pva: supplier.pva.clone(),
            access: access(NEW),
        };
        Self {
            dir,
            hlr: Arc::new(Mutex::new(hlr)),
            subscription,
            recipient: Arc::new(Mutex::new(recipient)),
            containers,
            listeners,
            config,
        }
    }

    pub fn device(&self) -> Device {
        Device::open(self.config.clone()).unwrap()
    }

    pub fn database(&self) -> PathBuf {
        self.config.store.clone()
    }

    pub fn keys_of(&self, name: &str) -> OperatorKeyDir {
        operator(&self.dir, name)
    }

    /// Where the new operator listens.
    pub fn new_site(&mut self, behaviour: Behaviour) -> Site {
        let listener = self.listeners.remove(NEW).unwrap();
        let keys = self.keys_of(NEW);
        Site::start(
            listener,
            &keys,
            behaviour,
            self.recipient.clone(),
            self.hlr.clone(),
        )
    }
}

pub fn access(name: &str) -> NetworkAccess {
    NetworkAccess {
        id: "internet".to_owned(),
        apn: format!("m2m.{name}.example"),
    }
}

#[allow(clippy::too_many_arguments, reason = "a factory has many parts")]
fn manufacture(
    dir: &std::path::Path,
    supplier: &SupplierKeyDir,
    old: &OperatorKeyDir,
    key: &NodeKey,
    tre_id: &TreId,
    imsi: &Imsi,
    pcid: &MilenageKeys,
) -> TrePackage {
    let plan = TrePlan {
        tre_id: tre_id.clone(),
        keys: KeyPairs::generate(KeyKind::EcP256).unwrap(),
        limits: CertTre {
            suites: vec![1, 2],
            min_suite: 1,
            algorithms: vec![1],
            slots: 4,
            t_attach_min: 1,
            t_ack_min: 1,
        },
        kind: TreKind {
            kind: "native".to_owned(),
            model: "T1".to_owned(),
            firmware: "1.0".to_owned(),
        },
        anchor: &old.anchor,
        pcid_mcim: McimId::of_pcid(tre_id, imsi),
        pcid: Pcid {
            imsi: imsi.clone(),
            keys: pcid.clone(),
        },
        made: os::now().minus(Duration::from_secs(60)),
    };
    let protection = Protection::Encrypted(key);
    TrePackage::manufacture(&dir.join("tre"), supplier, plan, protection, &mut OsRandom).unwrap()
}

fn register(
    new: &OperatorKeyDir,
    supplier: &SupplierKeyDir,
    tre_id: &TreId,
    certificates: &TreCertificates,
    terms: Terms,
) -> (Order, Vec<Effect>) {
    let registration = Registration {
        tre_id: tre_id.clone(),
        from: sho(OLD),
        certificates: certificates.clone(),
        token: None,
    };
    let registrar = Registrar {
        now: os::now(),
        time: time(),
        sho_id: new.anchor.sho_id(),
        keys: &new.keys,
        op: &Secret::new([2; 16]),
        pvas: std::slice::from_ref(&supplier.pva),
        suites: &[Suite::Two],
        terms,
        lifetime: Duration::from_secs(3600),
        prov_urls: &[format!("https://dpf.{}/dm", domain(NEW))],
        drf_url: &format!("https://drf.{}/drf", domain(NEW)),
        server_id: "dpf",
    };
    let imsi = "001020000000001".parse().unwrap();
    let (mut order, effects) =
        Order::register(registration, &registrar, imsi, &mut OsRandom).unwrap();
    order.announcement_answered(202, None);
    (order, effects)
}

/// The connectivity bootstrap, and the one of the change.
fn bootstraps(
    old: &OperatorKeyDir,
    new: &OperatorKeyDir,
    subscription: &mut Subscription,
    order: &Order,
) -> Vec<Vec<u8>> {
    let policy = DonorPolicy {
        transfer: TransferPolicy::Open,
        ..DonorPolicy::default()
    };
    let access = access(OLD);
    let acceptor = Acceptor {
        now: os::now(),
        policy: &policy,
        keys: &old.keys,
        from: old.anchor.sho_id(),
        access: &access,
    };
    let peer = Peer {
        anchor: new.anchor.clone(),
        domains: vec![domain(NEW)],
    };
    let drf = format!("https://drf.{}/drf", domain(OLD));
    let mut effects = subscription.connectivity(&acceptor, &drf).unwrap();
    let signed = read_announcement(&peer, order.announcement(), time()).unwrap();
    let octets = order.announcement();
    effects.extend(
        subscription
            .announce(&acceptor, &peer, &signed, octets)
            .unwrap(),
    );
    effects
        .into_iter()
        .map(|effect| match effect {
            Effect::Push { container, .. } => container,
            _ => panic!("only pushes"),
        })
        .collect()
}

/// Waits until the device's status fits.
pub async fn until(
    status: &mut tokio::sync::watch::Receiver<Status>,
    fits: impl FnMut(&Status) -> bool,
) {
    tokio::time::timeout(HANG, status.wait_for(fits))
        .await
        .unwrap()
        .unwrap();
}
