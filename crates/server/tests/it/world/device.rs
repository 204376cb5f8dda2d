//! A device without a process of its own: the agent, a TRE in memory of its
//! directory, a channel from the visited network, and HTTPS to the DPF.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aka::{Autn, Imsi, Rand};
use data_encoding::HEXLOWER;
use dm::session::{Encoding, Received, Transmit};
use provisioning::agent::{Agent, Duty, Host};
use provisioning::payload::SubscriberKeys;
use provisioning::pcids::PcidRow;
use provisioning::recipient::{self, TreCertificates};
use provisioning::tre::{Pcid, TreKind, UsimAnswer};
use provisioning::{McimId, OrderId, Reason};
use secret::Secret;
use server::operator::MadeDevice;
use server::vno::{Channel, Registration, Undelivered};
use tls::http::header::{self, HeaderValue};
use tls::http::{Client, ClientLimits, ClientRequest, Hosts, Method};
use tls::{ClientConfig, PeerIdentity, PeerRole, PeerVerifier, Profile, Refusal};
use tokens::os::{self, Monotonic, OsRandom};
use tokens::{FileBackend, Protection, TrePackage, TrePlan};
use tre::{CertTre, KeyKind, KeyPairs, TreId};
use trust::{Certificate, Purpose, TimeInterval, TimePolicy};

use super::{RO, SUPPLIER, World, sho};

/// What was pushed and not yet given to the TRE.
#[derive(Default)]
struct Inbox(Mutex<Vec<Vec<u8>>>);

impl Channel for Inbox {
    fn push(
        &self,
        octets: Vec<u8>,
    ) -> Pin<Box<dyn Future<Output = Result<(), Undelivered>> + Send + '_>> {
        self.0.lock().unwrap().push(octets);
        Box::pin(std::future::ready(Ok(())))
    }
}

pub struct Device {
    pub tre_id: TreId,
    pub certificates: TreCertificates,
    pub imsi: Imsi,
    agent: Agent<FileBackend<OsRandom>>,
    dir: PathBuf,
    inbox: Arc<Inbox>,
    client: Client,
    ticks: Monotonic,
    keys: SubscriberKeys,
    registration: Option<Registration>,
}

fn limits() -> CertTre {
    CertTre {
        suites: vec![1, 2],
        min_suite: 1,
        algorithms: vec![1],
        slots: 4,
        t_attach_min: 1,
        t_ack_min: 1,
    }
}

fn time() -> TimePolicy {
    TimePolicy::Trusted(TimeInterval::exactly(os::now()))
}

impl Device {
    pub async fn make(world: &World, number: u32) -> Self {
        let tre_id: TreId = format!("urn:x-rehome:tre:{SUPPLIER}:{number:032x}")
            .parse()
            .unwrap();
        let imsi: Imsi = format!("001019{number:09}").parse().unwrap();
        let home = world.operator(RO);
        let keys = home.pcid(&imsi).await.unwrap();
        let device = Self::manufacture(world, number, imsi.clone(), keys, false);
        let made = MadeDevice {
            tre_id: tre_id.clone(),
            certificates: device.certificates.clone(),
            imsi,
        };
        home.import(made.clone()).await.unwrap();
        home.import(made).await.unwrap();
        device
    }

    /// A TRE with this PCID that no operator knows yet.
    pub fn manufacture(
        world: &World,
        number: u32,
        imsi: Imsi,
        keys: SubscriberKeys,
        shared: bool,
    ) -> Self {
        let tre_id: TreId = format!("urn:x-rehome:tre:{SUPPLIER}:{number:032x}")
            .parse()
            .unwrap();
        let home = world.operator(RO);
        let dir = world.scratch.path().join(format!("device-{number}"));
        let plan = TrePlan {
            tre_id: tre_id.clone(),
            keys: KeyPairs::generate(KeyKind::EcP256).unwrap(),
            limits: limits(),
            kind: TreKind {
                kind: "native".to_owned(),
                model: "T1".to_owned(),
                firmware: "1.0".to_owned(),
            },
            anchor: home.anchor(),
            pcid_mcim: McimId::of_pcid(&tre_id, &imsi),
            pcid: Pcid {
                imsi: imsi.clone(),
                keys: keys.clone(),
                shared,
            },
            made: os::now().minus(Duration::from_secs(60)),
        };
        let package = TrePackage::manufacture(
            &dir,
            &world.supplier,
            plan,
            Protection::Plain,
            &mut OsRandom,
        );
        let package = package.unwrap();
        let certificates = TreCertificates {
            signature: package.signature_certificate,
            envelope: package.envelope_certificate,
        };
        let all = [
            Some(&certificates.signature),
            certificates.envelope.as_ref(),
        ];
        let issued: Vec<_> = all
            .into_iter()
            .flatten()
            .map(|der| {
                let serial = Certificate::from_der(der).unwrap().serial().to_vec();
                (tre_id.clone(), HEXLOWER.encode(&serial))
            })
            .collect();
        world
            .records
            .lock()
            .unwrap()
            .record(os::now(), &issued)
            .unwrap();
        let tre = TrePackage::open(&dir, Protection::Plain, OsRandom).unwrap();
        Self {
            tre_id,
            certificates,
            imsi,
            agent: Agent::new(tre, Host::default()),
            dir,
            inbox: Arc::default(),
            client: Client::new(world.hosts.clone(), ClientLimits::default()),
            ticks: Monotonic::start(),
            keys,
            registration: None,
        }
    }

    /// What its supplier hands over of it.
    pub fn row(&self) -> PcidRow {
        PcidRow {
            tre_id: self.tre_id.clone(),
            imsi: self.imsi.clone(),
            keys: self.keys.clone(),
            certificates: self.certificates.clone(),
        }
    }

    /// What it can reach from now on.
    pub fn reach(&mut self, hosts: Hosts) {
        self.client = Client::new(hosts, ClientLimits::default());
    }

    /// It leaves the network, which is told.
    pub fn leave(&mut self, world: &World) {
        let registration = self.registration.take().unwrap();
        world.vno.vno().detached(&self.imsi, registration);
        self.agent.detached();
    }

    pub fn agent(&mut self) -> &mut Agent<FileBackend<OsRandom>> {
        &mut self.agent
    }

    /// A registration with the operator that is to have the device.
    pub fn registration(
        &self,
        from: &str,
        token: Option<Secret<String>>,
    ) -> recipient::Registration {
        recipient::Registration {
            tre_id: self.tre_id.clone(),
            from: sho(from),
            certificates: self.certificates.clone(),
            token,
        }
    }

    /// Registers the device for a move, with a token of its operator.
    pub async fn register(&self, world: &World, from: &str, to: &str) -> OrderId {
        let token = world
            .operator(from)
            .issue_token(&self.tre_id, &sho(to))
            .await
            .unwrap();
        let registration = self.registration(from, Some(token));
        world.operator(to).register(registration).await.unwrap()
    }

    fn store(&mut self) {
        TrePackage::store(&self.dir, self.agent.tre_mut()).unwrap();
    }

    /// Does one thing, if there is one to do. The reason of a refusal comes
    /// back.
    pub async fn turn(&mut self, world: &World) -> Option<Reason> {
        let pushed = std::mem::take(&mut *self.inbox.0.lock().unwrap());
        let mut refused = None;
        for container in pushed {
            refused = self
                .agent
                .pushed(&container, time(), &mut OsRandom)
                .unwrap();
            self.store();
        }
        match self.agent.duty(self.ticks.now()) {
            Duty::Attach => self.attach(world).await,
            Duty::ReportRefusal { url, octets } => {
                let current = self.agent.tre().current_anchor().unwrap();
                let answer = self
                    .post(&url, "application/vnd.rehome.signed+xml", octets, current)
                    .await;
                assert!(answer.is_some(), "the DRF takes a signed refusal");
                self.agent.refusal_answered();
            }
            Duty::Leave => self.agent.left(self.ticks.now()),
            Duty::Session => self.session().await,
            Duty::Wait(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
        refused
    }

    pub async fn attach(&mut self, world: &World) {
        let vno = world.vno.vno();
        let imsi = self.agent.tre().active_imsi().clone();
        let Ok(vector) = vno.authentication(&imsi, None).await else {
            self.agent.failed(self.ticks.now());
            return tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let umts = vector.umts.unwrap();
        let answer = self
            .agent
            .tre_mut()
            .authenticate(&Rand(vector.rand), &Autn(umts.autn))
            .unwrap();
        self.store();
        let UsimAnswer::Response(response) = answer else {
            panic!("the HLR's numbers went back");
        };
        assert_eq!(response.res.expose(), umts.res.expose());
        let channel: Arc<dyn Channel> = self.inbox.clone();
        if let Ok(registration) = vno.attached(&imsi, channel).await {
            self.registration = Some(registration);
            self.agent.attached("001-99").unwrap();
        }
        self.store();
    }

    async fn session(&mut self) {
        let mut session = self
            .agent
            .begin_session(Encoding::Wbxml, &mut OsRandom)
            .unwrap();
        self.store();
        let tre = self.agent.tre();
        let anchor = tre
            .candidate_anchor()
            .or_else(|_| tre.current_anchor())
            .unwrap();
        while session.poll_end().is_none() {
            let Some(Transmit {
                to,
                encoding,
                octets,
                ..
            }) = session.poll_transmit(self.ticks.now()).unwrap()
            else {
                break;
            };
            let (url, media) = (to.unwrap(), encoding.content_type());
            let Some(answer) = self.post(&url, media, octets, anchor.clone()).await else {
                self.agent.dpf_unreachable().unwrap();
                self.agent.failed(self.ticks.now());
                return self.store();
            };
            let now = self.ticks.now();
            let received = Received::read(encoding, &answer).unwrap();
            let tre = self.agent.tre_mut();
            session
                .handle_message(now, &received, tre, time(), &mut OsRandom)
                .unwrap();
            let account = session.account().clone();
            self.agent.keep_account(&account);
            self.store();
        }
        let end = session.poll_end().cloned().unwrap_or_default();
        self.agent.session_ended(&end, self.ticks.now()).unwrap();
        self.store();
    }

    async fn post(
        &self,
        url: &str,
        media: &'static str,
        octets: Vec<u8>,
        anchor: trust::Anchor,
    ) -> Option<Vec<u8>> {
        let (host, path) = url
            .strip_prefix("https://")
            .unwrap()
            .split_once('/')
            .unwrap();
        let verifier = Arc::new(Dpf(anchor));
        let config = ClientConfig::new(Profile::ThreeGpp, None, verifier).unwrap();
        let mut request =
            ClientRequest::new(Method::POST, host, &format!("/{path}")).with_body(octets);
        request
            .headers
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
        let response = self.client.send(&config, request).await.ok()?;
        response.status.is_success().then(|| response.body.to_vec())
    }

    /// Goes on until the order at `to` is over.
    pub async fn until_over(&mut self, world: &World, to: &str, order_id: OrderId) {
        use provisioning::ports::OperatorStore;
        let patience = std::time::Instant::now();
        loop {
            self.turn(world).await;
            let order = world
                .operator(to)
                .store()
                .order(order_id)
                .await
                .unwrap()
                .unwrap()
                .0;
            if order.value.is_over() && self.agent.tre().open_order().is_none() {
                return;
            }
            let waited = patience.elapsed() < Duration::from_secs(60);
            let (state, duty) = (order.value.state(), self.agent.duty(self.ticks.now()));
            let phase = self.agent.tre().open_order();
            assert!(
                waited,
                "{state:?}, {:?}, {duty:?}, {phase:?}",
                order.value.reason()
            );
        }
    }
}

/// A DPF or DRF of the operator with this anchor.
struct Dpf(trust::Anchor);

impl PeerVerifier for Dpf {
    fn verify(
        &self,
        leaf: &[u8],
        _chain: &[Vec<u8>],
        role: PeerRole<'_>,
    ) -> Result<PeerIdentity, Refusal> {
        let refused = |error: trust::TrustError| Refusal::new(error.code(), error.to_string());
        let PeerRole::Server { name } = role else {
            return Err(Refusal::new("role", "a DPF is a server"));
        };
        let leaf = Certificate::from_der(leaf).map_err(refused)?;
        let sho_id = self.0.sho_id();
        let leaf = trust::verify_leaf(&leaf, &self.0, Purpose::DpfServer, sho_id, time());
        trust::dpf_name_matches(&leaf.map_err(refused)?, name).map_err(refused)?;
        Ok(PeerIdentity::new(name))
    }
}
