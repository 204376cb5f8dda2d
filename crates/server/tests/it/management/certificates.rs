//! Certificates of devices over connections that stay (RFC 5280 clause 4.2.1.6;
//! OMA DM session security clause 9.2.2): what an account says counts for each
//! message.

use clock::Tick;
use dm::queue::{Account, CertificateLogin, LoginKind, TransportLogin};
use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::sha::sha256;
use openssl::x509::X509;
use secret::SecretBytes;
use server::management::{
    ClientCertificates, HttpAuthentication, ManagementClients, ManagementConfig,
    ManagementListeners, ManagementNode, ManagementTls, Policy,
};
use store::{SqliteOptions, Store, StoreKey};
use tls::http::header::{self, HeaderValue};
use tls::http::{
    Address, Client, ClientLimits, ClientRequest, Hosts, Method, Response, ServerLimits, StatusCode,
};
use tls::{
    ClientConfig, ClientSettings, Credentials, PeerIdentity, PeerRole, PeerVerifier, Profile, Psk,
    Refusal,
};
use tokens::os;
use tokio::net::TcpListener;
use zeroize::Zeroizing;

use super::{Bench, DEVICE, HOUR, secret};
use crate::world::scratch::Scratch;

const HOST: &str = "dm.rehome.test";

/// A certificate that signs itself, for anything.
fn leaf() -> Credentials {
    let (der, key) = signed();
    Credentials::new(&der, &[], key).unwrap()
}

fn signed() -> (Vec<u8>, PKey<openssl::pkey::Private>) {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_pubkey(&key).unwrap();
    let (from, to) = (Asn1Time::days_from_now(0), Asn1Time::days_from_now(1));
    builder.set_not_before(&from.unwrap()).unwrap();
    builder.set_not_after(&to.unwrap()).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    (builder.build().to_der().unwrap(), key)
}

/// Who the server is is not what these tests are about.
struct Anybody;

impl PeerVerifier for Anybody {
    fn verify(&self, _: &[u8], _: &[Vec<u8>], _: PeerRole<'_>) -> Result<PeerIdentity, Refusal> {
        Ok(PeerIdentity::new("the server"))
    }
}

struct World {
    scratch: Scratch,
    node: ManagementNode,
    https: Client,
    store: Store,
}

impl World {
    async fn new(name: &str, certificates: ClientCertificates, http: HttpAuthentication) -> Self {
        let scratch = Scratch::new(name);
        let store = open(&scratch);
        let mut tls = ManagementTls::new(leaf());
        tls.keys = true;
        tls.clients = ManagementClients {
            certificates,
            authorities: None,
        };
        let config = ManagementConfig {
            server_id: "dm".to_owned(),
            server_uri: format!("https://{HOST}/dm"),
            other_targets: vec![super::URI.to_owned()],
            tls: Some(tls),
            http_authentication: http,
            policy: Policy::default(),
            idle: HOUR,
            limits: ServerLimits::default(),
            api_token: [0; 32],
        };
        let listeners = ManagementListeners {
            dm: TcpListener::bind("127.0.0.1:0").await.unwrap(),
            api: TcpListener::bind("127.0.0.1:0").await.unwrap(),
        };
        let node = ManagementNode::start(config, open(&scratch), listeners);
        let node = node.await.unwrap();
        let hosts = Hosts::new([(HOST, Address::At(node.dm_address()))]).unwrap();
        Self {
            scratch,
            node,
            https: Client::new(hosts, ClientLimits::default()),
            store,
        }
    }

    async fn post(&self, config: &ClientConfig, octets: &[u8]) -> Result<Response, tls::Error> {
        let mut request = ClientRequest::new(Method::POST, HOST, "/dm");
        let media_type = HeaderValue::from_static("application/vnd.syncml.dm+wbxml");
        request.headers.insert(header::CONTENT_TYPE, media_type);
        request.body = octets.to_vec().into();
        self.https.send(config, request).await
    }

    async fn end(self) {
        self.node.shutdown().await;
        drop(self.scratch);
    }
}

fn open(scratch: &Scratch) -> Store {
    let url = format!("sqlite:{}", scratch.path().join("dm.db").display());
    let key = StoreKey::new(1, &secret::Secret::new([7; 32])).unwrap();
    Store::open(&url, key, &SqliteOptions::default()).unwrap()
}

fn account(login: Option<TransportLogin>) -> Account {
    let mut account = Account::new(DEVICE, "dm", "device", secret("one"), os::now());
    account.server_secret = Some(secret("two"));
    account.login = login;
    account
}

fn client(credentials: Option<Credentials>) -> ClientConfig {
    let mut settings = ClientSettings::new(Profile::ThreeGpp);
    settings.credentials = credentials;
    settings.verifier = Some(std::sync::Arc::new(Anybody));
    ClientConfig::of(&settings).unwrap()
}

fn code(response: &Response) -> String {
    let problem: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
    problem["code"].as_str().unwrap().to_owned()
}

async fn first_message() -> Vec<u8> {
    let mut bench = Bench::with("certificates-device", |_, _| {}).await;
    let mut session = bench.session();
    session.poll_transmit(Tick::ZERO).unwrap().octets
}

fn pinned(der: &[u8]) -> Option<TransportLogin> {
    TransportLogin::of_certificate(&CertificateLogin::Leaf(sha256(der))).ok()
}

/// A connection outlives the account that let it in, but gets nothing by it.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_counts_as_long_as_its_account() {
    let required = ClientCertificates::Required;
    let world = World::new("certificate-revoked", required, HttpAuthentication::None).await;
    let (der, key) = signed();
    world
        .store
        .add_account(&account(pinned(&der)))
        .await
        .unwrap();
    let client = client(Some(Credentials::new(&der, &[], key).unwrap()));
    let message = first_message().await;
    let answer = world.post(&client, &message).await.unwrap();
    assert_eq!(answer.status, StatusCode::OK);
    world.store.remove_account(DEVICE).await.unwrap();
    // The same connection: a handshake would be refused.
    let answer = world.post(&client, &message).await.unwrap();
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(code(&answer), "client-certificate-of-nobody");
    // Another account of that name does not take it over.
    let (other, _) = signed();
    world
        .store
        .add_account(&account(pinned(&other)))
        .await
        .unwrap();
    let answer = world.post(&client, &message).await.unwrap();
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    world.end().await;
}

/// Certificates are wanted of those who have no key.
#[tokio::test(flavor = "multi_thread")]
async fn a_device_with_a_pre_shared_key_needs_no_certificate() {
    let required = ClientCertificates::Required;
    let world = World::new("certificate-or-key", required, HttpAuthentication::None).await;
    let key = SecretBytes::new(vec![5; 32]);
    let login = TransportLogin::new(LoginKind::Psk, "key", key).ok();
    world.store.add_account(&account(login)).await.unwrap();
    let mut settings = ClientSettings::new(Profile::ThreeGpp);
    let server = PeerIdentity::new("dm");
    settings.psk = Psk::new(b"key", Zeroizing::new(vec![5; 32]), server).ok();
    let message = first_message().await;
    let keyed = ClientConfig::of(&settings).unwrap();
    let answer = world.post(&keyed, &message).await.unwrap();
    assert_eq!(answer.status, StatusCode::OK);
    let refused = world.post(&client(None), &message).await.unwrap_err();
    assert!(
        matches!(refused, tls::Error::RefusedByPeer { .. }),
        "{refused}"
    );
    world.end().await;
}

/// Whether the device's own proof is not enough is told to nobody but the device.
#[tokio::test]
async fn a_stranger_does_not_learn_that_an_account_wants_a_certificate() {
    let mut bench = Bench::with("certificate-missing", |account, _| {
        account.login = pinned(b"a certificate");
    })
    .await;
    let mut session = bench.session();
    // Its first message proves nothing yet, as a stranger's.
    let status = bench.turn(&mut session).await;
    assert_eq!(status, Some(StatusCode::OK));
    let status = bench.turn(&mut session).await;
    assert_eq!(status, Some(StatusCode::FORBIDDEN));
    // Nor does it get the account's commands.
    let id = bench.queue_usual().await;
    let mut session = bench.session();
    while bench.turn(&mut session).await == Some(StatusCode::OK) {}
    let states = bench.states(&id).await;
    assert!(
        states
            .iter()
            .all(|it| *it == dm::queue::CommandState::Queued)
    );
}
