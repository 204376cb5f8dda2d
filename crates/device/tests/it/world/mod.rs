//! An old operator, a new one and a device; the operators' decisions by the
//! engines, their stores in memory.

mod dpf;
mod network;
mod responder;

pub use dpf::{Behaviour, Site};
pub use network::{Network, Scripted};
pub use responder::{Answers, OcspSite};

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aka::{Amf, AuthenticationVector, Imsi, Ind, Rand, Seq, Sqn};
use clock::Random;
use device::{Clock, Device, DeviceConfig, Status, Validation};
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::PKey;
use provisioning::bootstrap::NetworkAccess;
use provisioning::donor::{Acceptor, DonorPolicy, Subscription, TransferPolicy, read_announcement};
use provisioning::effect::Effect;
use provisioning::payload::{MilenageKeys, OperatorConstants, SubscriberKeys};
use provisioning::peer::Peer;
use provisioning::recipient::{Order, Registrar, Registration, TreCertificates};
use provisioning::tre::{Pcid, TreKind};
use provisioning::{McimId, Terms};
use secret::Secret;
use tls::http::{Address, Hosts};
use tokens::os::{self, OsRandom};
use tokens::{
    NodeKey, OperatorKeyDir, OperatorPlan, Protection, SupplierKeyDir, SupplierPlan, TlsIdentity,
    TrePackage, TrePlan,
};
use tokio::net::TcpListener;
use tre::{CertTre, KeyKind, KeyPairs, Suite, TreId};
use trust::issue::{LeafRequest, SoftwareIssuer, Validity, issue_leaf};
use trust::{PublicKey, Purpose, PvaAnchor, ShoId, TimeInterval, TimePolicy};

pub const OLD: &str = "001-01";
pub const NEW: &str = "001-02";
const TRE: &str = "urn:x-rehome:tre:acme:00000000000000000000000000000001";
pub const HANG: Duration = Duration::from_secs(60);

pub fn time() -> TimePolicy {
    TimePolicy::Trusted(TimeInterval::exactly(os::now()))
}

/// Subscribers that may authenticate, with their keys and next SEQ.
#[derive(Default)]
pub struct Hlr(BTreeMap<String, (SubscriberKeys, bool, u64)>);

impl Hlr {
    pub fn vector(&mut self, imsi: &Imsi) -> Option<AuthenticationVector> {
        let (keys, enabled, seq) = self.0.get_mut(imsi.digits())?;
        *seq += 1;
        let sqn = Sqn::new(Seq::new(*seq).unwrap(), Ind::default());
        let algorithm = keys.algorithm().unwrap();
        let rand = Rand(OsRandom.array());
        enabled.then(|| AuthenticationVector::new(&algorithm, rand, sqn, Amf([0, 0])))
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
    /// Where responders are that don't listen yet.
    responders: BTreeMap<&'static str, std::net::SocketAddr>,
    /// What leaves of [`World::site_with_leaf`] say of their responder.
    pub ocsp_url: Option<String>,
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

const DAY: Duration = Duration::from_secs(86_400);

fn validity() -> Validity {
    let now = os::now();
    Validity::new(now.minus(DAY), now.plus(DAY)).unwrap()
}

fn ocsp_url(name: &str) -> String {
    format!("http://ocsp.{}/", domain(name))
}

pub fn operator(dir: &std::path::Path, name: &str) -> OperatorKeyDir {
    operator_valid(dir, name, validity())
}

fn operator_valid(dir: &std::path::Path, name: &str, validity: Validity) -> OperatorKeyDir {
    let path = dir.join(name);
    let domain = domain(name);
    let plan = OperatorPlan {
        sho_id: sho(name),
        dpf_names: vec![format!("dpf.{domain}"), format!("drf.{domain}")],
        peer_names: Vec::new(),
        ocsp_url: Some(ocsp_url(name)),
        validity,
        kind: KeyKind::EcP256,
    };
    if !path.exists() {
        OperatorKeyDir::create(&path, &plan, Protection::Plain, &mut OsRandom).unwrap();
    }
    OperatorKeyDir::load(&path, Protection::Plain).unwrap()
}

impl World {
    pub async fn new(name: &str, terms: Terms) -> Self {
        Self::with(name, terms, validity()).await
    }

    /// A world whose operators' certificates live for two centuries.
    pub async fn new_long_lived(name: &str, terms: Terms) -> Self {
        let now = os::now();
        let validity = Validity::new(now.minus(DAY), now.plus(200 * 365 * DAY)).unwrap();
        Self::with(name, terms, validity).await
    }

    async fn with(name: &str, terms: Terms, validity: Validity) -> Self {
        use std::os::unix::fs::DirBuilderExt;
        let dir = std::env::temp_dir().join(format!("rehome-device-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::DirBuilder::new().mode(0o700).create(&dir).unwrap();
        let of = |name| operator_valid(&dir, name, validity);
        let (old, new) = (of(OLD), of(NEW));
        let plan = SupplierPlan {
            supplier: "acme".parse().unwrap(),
            pva_names: vec!["pva.acme.rehome.test".to_owned()],
            validity,
            kind: KeyKind::EcP256,
        };
        let (supplier, plain) = (dir.join("supplier"), Protection::Plain);
        SupplierKeyDir::create(&supplier, &plan, plain, &mut OsRandom).unwrap();
        let supplier = SupplierKeyDir::load(&supplier, plain).unwrap();
        let key = NodeKey::create(&dir.join("node.key"), &mut OsRandom).unwrap();
        let (tre_id, imsi): (TreId, Imsi) =
            (TRE.parse().unwrap(), "001010000000001".parse().unwrap());
        let pcid = SubscriberKeys::from(MilenageKeys::random(&Secret::new([1; 16]), &mut OsRandom));
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
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let at = Address::At(listener.local_addr().unwrap());
        table.push((format!("ocsp.{}", domain(NEW)), at));
        listeners.insert("ocsp", listener);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let at = listener.local_addr().unwrap();
        table.push((format!("ocsp.{}", domain(OLD)), Address::At(at)));
        let responders = BTreeMap::from([(OLD, at)]);
        let hosts = Hosts::new(table.iter().map(|(name, at)| (name.as_str(), *at))).unwrap();
        let config = DeviceConfig {
            tre: dir.join("tre"),
            store: dir.join("device.db"),
            key,
            hosts,
            clock: Clock::Trusted,
            validation: None,
            encoding: provisioning::session::Encoding::Wbxml,
            drop_pcid: false,
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
            responders,
            ocsp_url: Some(ocsp_url(NEW)),
            config,
        }
    }

    /// How the device judges servers from now on.
    pub fn secure(&mut self, clock: Clock, validation: Validation) {
        self.config.clock = clock;
        self.config.validation = Some(validation);
    }

    pub fn validation(&mut self) -> &mut Validation {
        self.config.validation.as_mut().unwrap()
    }

    pub fn key(&self) -> NodeKey {
        self.config.key.clone()
    }

    pub fn clock_counter(&self) -> PathBuf {
        self.config.tre.join("clock-counter")
    }

    pub fn try_device(&self) -> Result<Device, device::Error> {
        Device::open(self.config.clone())
    }

    /// The key of an operator's CertSHO.
    fn issuer_key(&self, name: &str) -> SoftwareIssuer {
        let octets = std::fs::read(self.dir.join(name).join("issuer.key")).unwrap();
        SoftwareIssuer::new(PKey::private_key_from_pkcs8(&octets).unwrap()).unwrap()
    }

    /// The device erases its PCID as soon as it can.
    pub fn drop_pcid(&mut self) {
        self.config.drop_pcid = true;
    }

    pub fn hosts(&self) -> Hosts {
        self.config.hosts.clone()
    }

    /// CertSHO of an operator in PEM.
    pub fn anchor_pem(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.dir.join(name).join("anchor.pem")).unwrap()
    }

    /// A connection to the new operator's DPF.
    pub async fn connect(&self, config: &tls::ClientConfig) -> Result<tls::TlsStream, tls::Error> {
        let host = format!("dpf.{}", domain(NEW));
        let address = self.config.hosts.resolve(&host).await.unwrap()[0];
        let tcp = tokio::net::TcpStream::connect(address).await.unwrap();
        let deadline = tokio::time::Instant::now() + HANG;
        tls::connect(config, tcp, &host, deadline).await
    }

    /// In the new operator's place a server with a self-signed certificate that
    /// has an address too, which is returned.
    pub fn serve_with_address(&mut self) -> Vec<u8> {
        let group = EcGroup::from_curve_name(Nid::SECP384R1).unwrap();
        let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
        let mut name = openssl::x509::X509Name::builder().unwrap();
        name.append_entry_by_text("CN", "server").unwrap();
        let name = name.build();
        let mut builder = openssl::x509::X509::builder().unwrap();
        let days = |days| openssl::asn1::Asn1Time::days_from_now(days).unwrap();
        let serial = openssl::bn::BigNum::from_u32(7).unwrap();
        builder.set_version(2).unwrap();
        builder
            .set_serial_number(&serial.to_asn1_integer().unwrap())
            .unwrap();
        builder.set_subject_name(&name).unwrap();
        builder.set_issuer_name(&name).unwrap();
        builder.set_not_before(&days(0)).unwrap();
        builder.set_not_after(&days(2)).unwrap();
        builder.set_pubkey(&key).unwrap();
        let host = format!("dpf.{}", domain(NEW));
        let names = openssl::x509::extension::SubjectAlternativeName::new()
            .dns(&host)
            .ip("127.0.0.1")
            .build(&builder.x509v3_context(None, None))
            .unwrap();
        builder.append_extension(names).unwrap();
        builder
            .sign(&key, openssl::hash::MessageDigest::sha384())
            .unwrap();
        let certificate = builder.build();
        let own = tls::Credentials::new(&certificate.to_der().unwrap(), &[], key).unwrap();
        let clients = tls::ClientAuthentication::None;
        let config = tls::ServerConfig::new(tls::Profile::ThreeGpp, &own, clients).unwrap();
        let listener = self.listeners.remove(NEW).unwrap();
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let deadline = tokio::time::Instant::now() + HANG;
                let _ = tls::accept(&config, tcp, deadline).await;
            }
        });
        certificate.to_pem().unwrap()
    }

    pub fn ocsp_url_of(&self, name: &str) -> String {
        let address = self.responders[name];
        format!("http://{address}/")
    }

    /// A responder of one of the operators, at its own address.
    pub async fn ocsp_site_of(&self, name: &str, answers: Answers) -> OcspSite {
        // One before it may still be about to close.
        let bound = async {
            loop {
                match TcpListener::bind(self.responders[name]).await {
                    Ok(listener) => return listener,
                    Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
                }
            }
        };
        let listener = tokio::time::timeout(HANG, bound).await.unwrap();
        let issuer = self.keys_of(name).anchor.certificate().clone();
        OcspSite::start(listener, issuer, self.issuer_key(name), answers)
    }

    /// The old operator's DPF.
    pub fn old_site(&mut self) -> Site {
        let listener = self.listeners.remove(OLD).unwrap();
        let keys = self.keys_of(OLD);
        let (recipient, hlr) = (self.recipient.clone(), self.hlr.clone());
        Site::start(listener, &keys, Behaviour::Right, recipient, hlr)
    }

    /// The new operator's responder; without answers nobody listens there.
    pub fn ocsp_site(&mut self, answers: Option<Answers>) -> Option<OcspSite> {
        let listener = self.listeners.remove("ocsp").unwrap();
        let issuer = self.keys_of(NEW).anchor.certificate().clone();
        answers.map(|answers| OcspSite::start(listener, issuer, self.issuer_key(NEW), answers))
    }

    /// Where the new operator listens, with a leaf that is valid from and to so many
    /// days from now.
    pub fn site_with_leaf(&mut self, (from, to): (i64, i64)) -> Site {
        let listener = self.listeners.remove(NEW).unwrap();
        let key = PKey::from_ec_key(
            EcKey::generate(&EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap()).unwrap(),
        )
        .unwrap();
        let at = |days: i64| {
            let by = u32::try_from(days.unsigned_abs()).unwrap() * DAY;
            let now = os::now();
            if days < 0 {
                now.minus(by)
            } else {
                now.plus(by)
            }
        };
        let public = PublicKey::from_spki_der(&key.public_key_to_der().unwrap()).unwrap();
        let request = LeafRequest {
            purpose: Purpose::DpfServer,
            public_key: &public,
            dns_names: &[format!("dpf.{}", domain(NEW))],
            validity: Validity::new(at(from), at(to)).unwrap(),
            ocsp_url: self.ocsp_url.as_deref(),
        };
        let anchor = self.keys_of(NEW).anchor;
        let leaf = issue_leaf(&self.issuer_key(NEW), &anchor, &request, &mut OsRandom).unwrap();
        let identity = TlsIdentity {
            leaf: leaf.der().to_vec(),
            key,
        };
        let (recipient, hlr) = (self.recipient.clone(), self.hlr.clone());
        Site::with(listener, &identity, Behaviour::Right, recipient, hlr)
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
    pcid: &SubscriberKeys,
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
            shared: false,
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
        constants: &OperatorConstants {
            op: Secret::new([2; 16]),
            top: None,
        },
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
