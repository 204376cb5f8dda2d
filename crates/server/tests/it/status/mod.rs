//! The operator's side of certificate status over real sockets: the responder,
//! staples, revocation, renewal (docs/certificate-status.md).

mod api;
mod programs;
mod renewal;
mod responder;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use provisioning::Terms;
use provisioning::bootstrap::NetworkAccess;
use provisioning::donor::DonorPolicy;
use provisioning::payload::OperatorConstants;
use secret::Secret;
use server::PeerBook;
use server::operator::{
    CertificateSettings, HlrSettings, OperatorConfig, OperatorListeners, OperatorNode,
};
use tls::http::{Hosts, ServerLimits};
use tls::{ClientConfig, PeerIdentity, PeerRole, PeerVerifier, Profile, Refusal, TlsStream};
use tokens::os::{self, OsRandom};
use tokens::{OperatorKeyDir, OperatorKeyPlace, OperatorPlan, Protection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout};
use tre::{KeyKind, Suite};
use trust::issue::{LeafRequest, Validity, issue_leaf};
use trust::ocsp::{CertId, ExpiryPolicy, IssuerHash, Nonce, Request, ResponderConfig};
use trust::{Certificate, Purpose};

use crate::world::scratch::Scratch;
use crate::world::{SHO, domain, ocsp_host, open_store, sho};

/// Far beyond what any test takes; only a hang reaches it.
const HANG: Duration = Duration::from_secs(60);
/// SHA-256 of the API's token `t`.
const TOKEN: &str = "t";

/// What a test may want otherwise.
pub struct Setup {
    pub kind: KeyKind,
    pub expiry: ExpiryPolicy,
    pub dpf_validity: Option<Duration>,
    pub limits: ServerLimits,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            kind: KeyKind::EcP256,
            expiry: ExpiryPolicy::RevokeOnExpiry,
            dpf_validity: None,
            limits: ServerLimits::default(),
        }
    }
}

/// The directory of one operator, whose node can be started again and again.
pub struct Site {
    pub scratch: Scratch,
    pub setup: Setup,
    /// Seconds by which the node's clock is ahead.
    ahead: Arc<AtomicU64>,
}

impl Site {
    pub fn new(name: &str, setup: Setup) -> Self {
        let scratch = Scratch::new(&format!("status-{name}"));
        let now = os::now();
        let day = Duration::from_secs(86_400);
        let plan = OperatorPlan {
            sho_id: sho(SHO),
            dpf_names: vec![format!("dpf.{}", domain(SHO))],
            peer_names: vec![format!("peer.{}", domain(SHO))],
            ocsp_url: Some(format!("http://{}/", ocsp_host(SHO))),
            validity: Validity::new(now.minus(day), now.plus(365 * day)).unwrap(),
            kind: setup.kind,
        };
        let keys = scratch.path().join("keys");
        OperatorKeyDir::create(&keys, &plan, Protection::Plain, &mut OsRandom).unwrap();
        Self {
            scratch,
            setup,
            ahead: Arc::default(),
        }
    }

    pub fn keys(&self) -> PathBuf {
        self.scratch.path().join("keys")
    }

    pub fn place(&self) -> OperatorKeyPlace {
        OperatorKeyPlace::new(self.keys(), None)
    }

    pub fn anchor(&self) -> Certificate {
        self.read("anchor.pem")
    }

    pub fn read(&self, name: &str) -> Certificate {
        let pem = std::fs::read(self.keys().join(name)).unwrap();
        let x509 = openssl::x509::X509::from_pem(&pem).unwrap();
        Certificate::from_der(&x509.to_der().unwrap()).unwrap()
    }

    pub fn store(&self) -> store::Store {
        open_store(self.scratch.path(), SHO, None)
    }

    /// What the node takes for the time from now on.
    pub fn set_ahead(&self, seconds: u64) {
        self.ahead.store(seconds, Ordering::SeqCst);
    }

    /// Starts the node and waits until it answers.
    pub async fn start(&self) -> OperatorNode {
        let node = self.start_only().await;
        if let Some(at) = node.ocsp_address() {
            let question = self.question(self.read("peer.pem").serial(), None);
            let octets = post(&question.to_der().unwrap());
            // Until the records are read, the answer is tryLater.
            until(async || talk(at, &octets).await.body.len() > 5).await;
        }
        node
    }

    pub async fn start_only(&self) -> OperatorNode {
        let keys = OperatorKeyDir::load(&self.keys(), Protection::Plain).unwrap();
        let ahead = Arc::clone(&self.ahead);
        let certificates = CertificateSettings {
            place: Some(self.place()),
            dpf_validity: self.setup.dpf_validity,
            responder: ResponderConfig {
                expiry: self.setup.expiry,
                ..ResponderConfig::default()
            },
            look: Duration::from_millis(50),
            clock: Arc::new(move || {
                os::now().plus(Duration::from_secs(ahead.load(Ordering::SeqCst)))
            }),
        };
        let config = OperatorConfig {
            connector: None,
            keys,
            constants: OperatorConstants {
                op: Secret::new([0x5c; 16]),
                top: None,
            },
            peers: PeerBook::new([]).unwrap(),
            pvas: Vec::new(),
            ask_pva: false,
            hosts: Hosts::default(),
            access: NetworkAccess {
                id: "internet".to_owned(),
                apn: "m2m.example".to_owned(),
            },
            policy: DonorPolicy::default(),
            terms: Terms::DEFAULT,
            lifetime: Duration::from_secs(3600),
            suites: vec![Suite::Two],
            lease: provisioning::hold::Lease::default(),
            prov_urls: vec![format!("https://dpf.{}/dm", domain(SHO))],
            drf_url: format!("https://drf.{}/drf", domain(SHO)),
            server_id: format!("dpf-{SHO}"),
            limits: self.setup.limits.clone(),
            certificates,
            hlr: HlrSettings::default(),
            api_token: Some(openssl::sha::sha256(TOKEN.as_bytes())),
        };
        let listeners = OperatorListeners {
            dm: listener().await,
            peer: listener().await,
            gsup: listener().await,
            gsup_plain: None,
            api: Some(listener().await),
            ocsp: Some(listener().await),
        };
        OperatorNode::start(config, self.store(), listeners, Arc::new(())).unwrap()
    }

    /// A leaf that ended an hour ago, in no file and no record.
    pub fn issue_over(&self) -> Certificate {
        let (anchor, key) = self.place().issuer().unwrap();
        let now = os::now();
        let hour = Duration::from_secs(3600);
        let request = LeafRequest {
            purpose: Purpose::DpfServer,
            public_key: key.public_key(),
            dns_names: &[format!("dpf.{}", domain(SHO))],
            validity: Validity::new(now.minus(2 * hour), now.minus(hour)).unwrap(),
            ocsp_url: None,
        };
        issue_leaf(&key, &anchor, &request, &mut OsRandom).unwrap()
    }

    /// A question about the certificate with this serial number.
    pub fn question(&self, serial: &[u8], nonce: Option<Nonce>) -> Request {
        let id = CertId::new(&self.anchor(), serial, IssuerHash::Sha1).unwrap();
        Request::new(id, nonce)
    }
}

async fn listener() -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap()
}

/// Waits until it is so.
pub async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + HANG;
    while !is_so().await {
        assert!(Instant::now() < end, "the test hangs");
        sleep(Duration::from_millis(20)).await;
    }
}

/// An answer as it came.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// A header field, its name in lower case.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (own, value) = line.split_once(": ")?;
            own.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// Sends a request that ends its connection, and reads the answer.
pub async fn talk(at: SocketAddr, octets: &[u8]) -> Answer {
    let exchange = async {
        let mut tcp = TcpStream::connect(at).await.unwrap();
        tcp.write_all(octets).await.unwrap();
        let mut answer = Vec::new();
        tcp.read_to_end(&mut answer).await.unwrap();
        answer
    };
    let octets = timeout(HANG, exchange).await.expect("the test hangs");
    let end = octets.windows(4).position(|at| at == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(octets[..end].to_vec()).unwrap();
    Answer {
        status: head[9..12].parse().unwrap(),
        body: octets[end + 4..].to_vec(),
        head,
    }
}

/// RFC 6960 appendix A.1.
pub fn post(question: &[u8]) -> Vec<u8> {
    with_type("application/ocsp-request", question)
}

pub fn with_type(media_type: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST / HTTP/1.1\r\nHost: o\r\nConnection: close\r\nContent-Type: {media_type}\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

pub fn get(target: &str, fields: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nHost: o\r\nConnection: close\r\n{fields}\r\n").into_bytes()
}

/// Takes any server.
struct Anybody;

impl PeerVerifier for Anybody {
    fn verify(&self, leaf: &[u8], _: &[Vec<u8>], _: PeerRole<'_>) -> Result<PeerIdentity, Refusal> {
        Ok(PeerIdentity::new(
            &data_encoding::HEXLOWER.encode(Certificate::from_der(leaf).unwrap().serial()),
        ))
    }
}

/// A connection to the DPF, and the serial number of the leaf that it showed.
pub async fn connect(node: &OperatorNode) -> (TlsStream, String) {
    let config = ClientConfig::new(Profile::ThreeGpp, None, Arc::new(Anybody)).unwrap();
    let tcp = TcpStream::connect(node.dm_address()).await.unwrap();
    let name = format!("dpf.{}", domain(SHO));
    let end = Instant::now() + HANG;
    let stream = tls::connect(&config, tcp, &name, end).await.unwrap();
    let serial = stream.peer().unwrap().name().to_owned();
    (stream, serial)
}

pub async fn shown(node: &OperatorNode) -> String {
    connect(node).await.1
}

pub fn serial(certificate: &Certificate) -> String {
    data_encoding::HEXLOWER.encode(certificate.serial())
}
