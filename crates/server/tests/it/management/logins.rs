//! What a device proves below DM: in HTTP, and by a pre-shared key (OMA DM session
//! security clauses 9.2.1 and 9.2.2).

use clock::Tick;
use dm::queue::{Account, LoginKind, TransportLogin};
use dm::session::{Received, Transmit};
use secret::SecretBytes;
use server::management::{
    HttpAuthentication, ManagementClients, ManagementConfig, ManagementListeners, ManagementNode,
    ManagementTls, Policy, Shown,
};
use store::{SqliteOptions, Store, StoreKey};
use tls::http::auth::{HttpLogin, LoginScheme};
use tls::http::header::{self, AUTHORIZATION, HeaderValue};
use tls::http::{
    Address, Client, ClientLimits, ClientRequest, ClientTransport, Handler, Hosts, Method, Request,
    Response, ServerLimits, StatusCode, exchange,
};
use tls::{ClientConfig, ClientSettings, Error, PeerIdentity, Profile, Psk};
use tokens::os;
use tokio::net::TcpListener;
use zeroize::Zeroizing;

use super::{Bench, DEVICE, HOUR, request, secret};
use crate::world::scratch::Scratch;

const USER: &str = "the device";
const OTHER: &str = "urn:imei:350000000000006";

fn login(kind: LoginKind, text: &str) -> Option<TransportLogin> {
    Some(TransportLogin::new(kind, USER, secret(text)).unwrap())
}

async fn bench(name: &str, kind: LoginKind, wanted: HttpAuthentication) -> Bench {
    let bench = Bench::with(name, |account, config| {
        account.login = login(kind, "of HTTP");
        config.http_authentication = wanted;
    });
    bench.await
}

fn client(scheme: LoginScheme, text: &str) -> HttpLogin {
    let secret = Zeroizing::new(text.as_bytes().to_vec());
    HttpLogin::new(scheme, USER, secret).unwrap()
}

/// The first message of a session.
fn first(bench: &mut Bench) -> Transmit {
    bench.session().poll_transmit(Tick::ZERO).unwrap()
}

fn logged_in(login: &mut HttpLogin, transmit: &Transmit) -> Request {
    let mut request = request(transmit);
    let value = login.authorization("POST", "/dm", &request.body).unwrap();
    request
        .headers
        .extend(value.map(|value| (AUTHORIZATION, value)));
    request
}

/// Sends a message, and once more after a challenge.
async fn post(bench: &mut Bench, login: &mut HttpLogin) -> Response {
    let transmit = first(bench);
    let response = bench.endpoint.handle(logged_in(login, &transmit)).await;
    if response.status != StatusCode::UNAUTHORIZED || login.challenged(&response.headers).is_err() {
        return response;
    }
    bench.endpoint.handle(logged_in(login, &transmit)).await
}

fn code(response: &Response) -> String {
    let problem: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
    problem["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_device_logs_in_with_digest() {
    let mut bench = bench("digest", LoginKind::HttpDigest, HttpAuthentication::Digest).await;
    let mut right = client(LoginScheme::Digest, "of HTTP");
    let response = post(&mut bench, &mut right).await;
    assert_eq!(response.status, StatusCode::OK);
    // The server proves that it knows the secret too.
    assert!(response.headers.contains_key("authentication-info"));
    right.answered(&response.headers, &response.body).unwrap();

    let mut wrong = client(LoginScheme::Digest, "a guess");
    let response = post(&mut bench, &mut wrong).await;
    assert_eq!(response.status, StatusCode::UNAUTHORIZED);
    assert_eq!(code(&response), "http-credentials-wrong");
    let anonymous = request(&first(&mut bench));
    let response = bench.endpoint.handle(anonymous).await;
    assert_eq!(response.status, StatusCode::UNAUTHORIZED);
    assert_eq!(code(&response), "http-credentials-missing");
    let challenges = response.headers.get_all(header::WWW_AUTHENTICATE).iter();
    let schemes = challenges.map(|value| value.to_str().unwrap().split(' ').next().unwrap());
    assert_eq!(schemes.collect::<Vec<_>>(), ["Digest", "Digest"]);
}

/// Whoever may use Basic may not because somebody else may.
#[tokio::test]
async fn the_account_says_which_scheme() {
    let wanted = HttpAuthentication::DigestOrBasic;
    for (kind, scheme, status) in [
        (LoginKind::HttpBasic, LoginScheme::Basic, StatusCode::OK),
        (LoginKind::HttpDigest, LoginScheme::Digest, StatusCode::OK),
        (
            LoginKind::HttpDigest,
            LoginScheme::Basic,
            StatusCode::UNAUTHORIZED,
        ),
        (
            LoginKind::HttpBasic,
            LoginScheme::Digest,
            StatusCode::UNAUTHORIZED,
        ),
    ] {
        let mut bench = bench("scheme", kind, wanted).await;
        let response = post(&mut bench, &mut client(scheme, "of HTTP")).await;
        assert_eq!(response.status, status, "{kind:?} {scheme:?}");
    }
    let only_digest = HttpAuthentication::Digest;
    let mut bench = bench("no-basic", LoginKind::HttpBasic, only_digest).await;
    let response = post(&mut bench, &mut client(LoginScheme::Basic, "of HTTP")).await;
    assert_eq!(code(&response), "http-scheme-not-offered");
}

/// Mutual authentication bound to identity: the transport of one device brings
/// no messages of another.
#[tokio::test]
async fn one_device_does_not_speak_for_another() {
    let mut bench = bench("another", LoginKind::HttpDigest, HttpAuthentication::Digest).await;
    let mut other = Account::new(OTHER, "dm", "other", secret("three"), os::now());
    other.login = TransportLogin::new(LoginKind::HttpDigest, "other", secret("of HTTP")).ok();
    let store = &bench.endpoint.store().store;
    store.add_account(&other).await.unwrap();
    let secret = Zeroizing::new(b"of HTTP".to_vec());
    let mut login = HttpLogin::new(LoginScheme::Digest, "other", secret).unwrap();
    let response = post(&mut bench, &mut login).await;
    assert_eq!(response.status, StatusCode::FORBIDDEN);
    assert_eq!(code(&response), "transport-of-another-device");

    // The same where TLS has told who it is.
    for (name, status) in [(DEVICE, StatusCode::OK), (OTHER, StatusCode::FORBIDDEN)] {
        let mut request = request(&first(&mut bench));
        request.peer = Some(PeerIdentity::new(name));
        assert_eq!(bench.endpoint.handle(request).await.status, status);
    }
}

const HOST: &str = "dm.rehome.test";

fn with_key(identity: &str, key: &[u8], upgrade: bool) -> ClientConfig {
    let key = Zeroizing::new(key.to_vec());
    let server = PeerIdentity::new("dm");
    let mut settings = ClientSettings::new(Profile::Dm);
    settings.psk = Some(Psk::new(identity.as_bytes(), key, server).unwrap());
    settings.upgrade = upgrade;
    ClientConfig::of(&settings).unwrap()
}

/// A node without any certificate, and devices with the keys of their accounts.
#[tokio::test(flavor = "multi_thread")]
async fn a_device_comes_with_its_pre_shared_key() {
    devices_with_keys("management-psk", false).await;
}

/// RFC 2817: the same over HTTP that goes on with TLS, and nothing without.
#[tokio::test(flavor = "multi_thread")]
async fn a_device_asks_for_tls_inside_http() {
    devices_with_keys("management-upgrade", true).await;
}

async fn devices_with_keys(name: &str, upgrade: bool) {
    let scratch = Scratch::new(name);
    let url = format!("sqlite:{}", scratch.path().join("dm.db").display());
    let key = StoreKey::new(1, &secret::Secret::new([7; 32])).unwrap();
    let store = Store::open(&url, key, &SqliteOptions::default()).unwrap();
    for (number, device) in [DEVICE, OTHER].into_iter().enumerate() {
        let key = SecretBytes::new(vec![u8::try_from(number).unwrap(); 16]);
        let mut account = Account::new(device, "dm", "device", secret("one"), os::now());
        account.login = TransportLogin::new(LoginKind::Psk, device, key).ok();
        store.add_account(&account).await.unwrap();
    }
    let mut http = Account::new("http", "dm", "device", secret("one"), os::now());
    http.login = TransportLogin::new(LoginKind::HttpDigest, "http", secret(&"k".repeat(16))).ok();
    store.add_account(&http).await.unwrap();
    let config = ManagementConfig {
        server_id: "dm".to_owned(),
        server_uri: format!("https://{HOST}/dm"),
        other_targets: vec![super::URI.to_owned()],
        tls: Some(ManagementTls {
            profile: Profile::Dm,
            shown: Shown::default(),
            keys: true,
            renewed: None,
            upgrade,
            clients: ManagementClients::default(),
        }),
        // Not asked of whoever has a key.
        http_authentication: HttpAuthentication::Digest,
        policy: Policy::default(),
        idle: HOUR,
        limits: ServerLimits::default(),
        api_token: [0; 32],
    };
    let listeners = ManagementListeners {
        dm: TcpListener::bind("127.0.0.1:0").await.unwrap(),
        api: TcpListener::bind("127.0.0.1:0").await.unwrap(),
    };
    let node = ManagementNode::start(config, store, listeners)
        .await
        .unwrap();
    let at = Address::At(node.dm_address());
    let https = Client::new(Hosts::new([(HOST, at)]).unwrap(), ClientLimits::default());

    let mut bench = Bench::with(&format!("{name}-device"), |_, _| {}).await;
    let transmit = first(&mut bench);
    let post = async |config: ClientConfig| {
        let mut request = ClientRequest::new(Method::POST, HOST, "/dm");
        let media_type = HeaderValue::from_static(transmit.encoding.content_type());
        request.headers.insert(header::CONTENT_TYPE, media_type);
        request.body = transmit.octets.clone().into();
        https.send(&config, request).await
    };
    let answer = post(with_key(DEVICE, &[0; 16], upgrade)).await.unwrap();
    assert_eq!(answer.status, StatusCode::OK);
    let received = Received::read(transmit.encoding, &answer.body).unwrap();
    assert_eq!(received.source(), format!("https://{HOST}/dm"));
    let answer = post(with_key(OTHER, &[1; 16], upgrade)).await.unwrap();
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(code(&answer), "transport-of-another-device");
    for (identity, key) in [
        (DEVICE, [1; 16]),
        ("nobody", [0; 16]),
        // A secret of HTTP is no key of TLS.
        ("http", [b'k'; 16]),
    ] {
        let config = with_key(identity, &key, upgrade);
        let refused = post(config).await.unwrap_err();
        assert!(matches!(refused, Error::RefusedByPeer { .. }), "{refused}");
    }
    if upgrade {
        let mut request = ClientRequest::new(Method::POST, HOST, "/dm");
        request.body = transmit.octets.clone().into();
        let (plain, limits) = (ClientTransport::Plain, ClientLimits::default());
        let answer = exchange(&plain, &[node.dm_address()], HOST, request, &limits).await;
        assert_eq!(answer.unwrap().status, StatusCode::UPGRADE_REQUIRED);
    }
    node.shutdown().await;
}
