//! The login of AAuthLevel HTTP (OMA DM StdObj 1.2 clause 5.3.1; RFC 7616 clauses
//! 3.3 to 3.5, RFC 7617 clause 2), with servers that behave and servers that don't.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use device::management::Client;
use dm::objects::dm_account::{AuthLevel, AuthSetting, AuthType};
use secret::SecretBytes;
use tls::http::auth::{Authenticator, DigestAlgorithm, Offer};
use tls::http::header::{AUTHORIZATION, HeaderName, HeaderValue, LOCATION, WWW_AUTHENTICATE};
use tls::http::{Address, Hosts, Request, Response, StatusCode, Transport};
use tls::{ClientAuthentication, ClientConfig, Credentials, Profile, Roots, ServerConfig};

use super::device::{Managed, account, add, config};
use super::server::DmServer;
use crate::world::{NEW, domain, operator};

const USER: &str = "a device";
const SECRET: &str = "of HTTP";
const INFO: HeaderName = HeaderName::from_static("authentication-info");

/// A device whose account has this login.
fn device(url: &str, type_: AuthType, secret: &str) -> Managed {
    let mut account = account("a", url);
    account.auth.push(AuthSetting {
        level: AuthLevel::Http,
        type_,
        name: Some(USER.to_owned()),
        secret: Some(SecretBytes::new(secret.as_bytes().to_vec())),
        data: None,
    });
    Managed::of(vec![("a".to_owned(), account)])
}

/// What requests showed, in order: the scheme, if there was any.
type Shown = Arc<Mutex<Vec<Option<String>>>>;

fn note(shown: &Shown, request: &Request) {
    let value = request.headers.get(AUTHORIZATION);
    let scheme = value.map(|it| it.to_str().unwrap().split(' ').next().unwrap().to_owned());
    shown.lock().unwrap().push(scheme);
}

fn asked(challenges: &[HeaderValue]) -> Response {
    let mut response = Response::new(StatusCode::UNAUTHORIZED);
    for challenge in challenges {
        response.headers.append(WWW_AUTHENTICATE, challenge.clone());
    }
    response
}

/// Lets those through who log in, and notes what all showed.
fn guard(server: &DmServer, offers: &[Offer], life: Duration) -> Shown {
    let shown = Shown::default();
    let authenticator = Authenticator::new("dm", offers, life).unwrap();
    let noted = shown.clone();
    server.guard(move |request, inner| {
        note(&noted, request);
        let claim = match authenticator.read(request).unwrap() {
            Ok(claim) => claim,
            Err(denied) => return asked(&denied.challenges),
        };
        let known = (claim.user() == USER).then_some(SECRET.as_bytes());
        match authenticator.judge(claim, known, request).unwrap() {
            Err(denied) => asked(&denied.challenges),
            Ok(accepted) => {
                let mut response = inner();
                let info = authenticator.info(&accepted, SECRET.as_bytes(), &response.body);
                response
                    .headers
                    .extend(info.unwrap().map(|info| (INFO, info)));
                response
            }
        }
    });
    shown
}

const LIFE: Duration = Duration::from_secs(60);

/// The code with which a session ended that did not come to its end.
async fn code(client: &mut Client) -> String {
    let mut round = client.round().await.unwrap();
    round.sessions.remove(0).1.unwrap_err().code()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_answers_challenges_of_digest() {
    let both = [DigestAlgorithm::Sha256, DigestAlgorithm::Md5].map(Offer::Digest);
    for offers in [&both[..1], &both[1..], &both] {
        let server = DmServer::start("a", "a secret").await;
        let shown = guard(&server, offers, LIFE);
        let device = device(&server.url, AuthType::HttpDigest, SECRET);
        server.plan(vec![add("./Settings", None)]);
        let round = device.open().round().await.unwrap();
        assert!(round.is_complete(), "{offers:?} {:?}", round.sessions);
        assert_eq!(server.status("Add ./Settings"), Some(200));
        let shown = shown.lock().unwrap().clone();
        // One challenge for the session, whose nonce goes on.
        assert_eq!(shown[0], None);
        assert!(shown.len() > 2, "{shown:?}");
        let digest = Some("Digest".to_owned());
        assert!(shown[1..].iter().all(|it| *it == digest), "{shown:?}");
    }
}

/// A nonce that has become too old is a challenge like another, not a refusal.
#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_that_is_too_old_is_asked_for_once_more() {
    let server = DmServer::start("a", "a secret").await;
    let offers = [Offer::Digest(DigestAlgorithm::Sha256)];
    let (young, old) = (
        Authenticator::new("dm", &offers, LIFE).unwrap(),
        Authenticator::new("dm", &offers, Duration::ZERO).unwrap(),
    );
    let count = Mutex::new(0);
    server.guard(move |request, inner| {
        let mut count = count.lock().unwrap();
        *count += 1;
        // The first challenge is of the one whose nonces never last.
        let judge = if *count == 1 { &old } else { &young };
        let claim = match judge.read(request).unwrap() {
            Ok(claim) => claim,
            Err(denied) => return asked(&denied.challenges),
        };
        match judge
            .judge(claim, Some(SECRET.as_bytes()), request)
            .unwrap()
        {
            Ok(_) => inner(),
            Err(_) => {
                let stale = "Digest realm=\"dm\", qop=\"auth\", algorithm=SHA-256, \
                             nonce=\"bmV3\", stale=true";
                match *count {
                    2 => asked(&[HeaderValue::from_static(stale)]),
                    _ => inner(),
                }
            }
        }
    });
    let device = device(&server.url, AuthType::HttpDigest, SECRET);
    let round = device.open().round().await.unwrap();
    assert!(round.is_complete(), "{:?}", round.sessions);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_ends_the_session_at_once() {
    let server = DmServer::start("a", "a secret").await;
    let offers = [Offer::Digest(DigestAlgorithm::Md5)];
    let shown = guard(&server, &offers, LIFE);
    let device = device(&server.url, AuthType::HttpDigest, "a guess");
    assert_eq!(code(&mut device.open()).await, "http-login-refused");
    assert_eq!(shown.lock().unwrap().len(), 2);
    assert_eq!(server.seen().requests, 0);
}

/// RFC 7616 clause 3.3: `stale` says that the secret is right. A server that says
/// so for ever does not keep the device for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_no_nonce_is_left() {
    let server = DmServer::start("a", "a secret").await;
    let shown = Shown::default();
    let noted = shown.clone();
    server.guard(move |request, _| {
        note(&noted, request);
        asked(&[HeaderValue::from_static(
            "Digest realm=\"dm\", qop=\"auth\", nonce=\"bm9uY2U\", stale=true",
        )])
    });
    let device = device(&server.url, AuthType::HttpDigest, SECRET);
    assert_eq!(code(&mut device.open()).await, "http-login-refused");
    assert_eq!(shown.lock().unwrap().len(), 3);
}

/// Nobody on the way talks a device of Digest into showing its secret.
#[tokio::test(flavor = "multi_thread")]
async fn a_device_of_digest_never_answers_by_basic() {
    let server = DmServer::start("a", "a secret").await;
    let shown = guard(&server, &[Offer::Basic], LIFE);
    let device = device(&server.url, AuthType::HttpDigest, SECRET);
    assert_eq!(code(&mut device.open()).await, "http-login-not-offered");
    assert_eq!(*shown.lock().unwrap(), [None]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_proof_of_the_server_is_refused() {
    let server = DmServer::start("a", "a secret").await;
    let offers = [Offer::Digest(DigestAlgorithm::Sha256)];
    let authenticator = Authenticator::new("dm", &offers, LIFE).unwrap();
    server.guard(move |request, inner| {
        let claim = match authenticator.read(request).unwrap() {
            Ok(claim) => claim,
            Err(denied) => return asked(&denied.challenges),
        };
        let known = Some(SECRET.as_bytes());
        let accepted = authenticator.judge(claim, known, request).unwrap().unwrap();
        let mut response = inner();
        // Of somebody who let the device in without the secret.
        let info = authenticator.info(&accepted, b"no secret", &response.body);
        response.headers.insert(INFO, info.unwrap().unwrap());
        response
    });
    let device = device(&server.url, AuthType::HttpDigest, SECRET);
    server.plan(vec![add("./Settings", None)]);
    assert_eq!(code(&mut device.open()).await, "http-server-unproved");
    assert_eq!(server.status("Add ./Settings"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_a_device_without_a_login_is_left() {
    let server = DmServer::start("a", "a secret").await;
    let shown = guard(&server, &[Offer::Basic], LIFE);
    let device = Managed::new(&[("a", &server.url)]);
    assert_eq!(code(&mut device.open()).await, "http-login-missing");
    assert_eq!(shown.lock().unwrap().len(), 1);
}

/// RFC 9110 clause 15.4: who follows a redirect with its credentials gives them away.
#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_takes_the_login_nowhere() {
    for status in [301, 302, 307, 308] {
        let (server, other) = (
            DmServer::start("a", "a secret").await,
            DmServer::start("a", "a secret").await,
        );
        let to = HeaderValue::from_str(&other.url).unwrap();
        let there = guard(&other, &[Offer::Digest(DigestAlgorithm::Md5)], LIFE);
        server.guard(move |request, _| {
            if !request.headers.contains_key(AUTHORIZATION) {
                return asked(&[HeaderValue::from_static(
                    "Digest realm=\"dm\", qop=\"auth\", nonce=\"bm9uY2U\"",
                )]);
            }
            let mut response = Response::new(StatusCode::from_u16(status).unwrap());
            response.headers.insert(LOCATION, to.clone());
            response
        });
        let device = device(&server.url, AuthType::HttpDigest, SECRET);
        assert_eq!(code(&mut device.open()).await, "answer-refused", "{status}");
        assert!(there.lock().unwrap().is_empty());
    }
}

/// Basic shows the secret: behind TLS only, even where plain HTTP is allowed.
#[tokio::test(flavor = "multi_thread")]
async fn basic_is_for_tls_alone() {
    let server = DmServer::start("a", "a secret").await;
    let mut plain = account("a", &server.url);
    plain.auth.push(AuthSetting {
        level: AuthLevel::Http,
        type_: AuthType::HttpBasic,
        name: Some(USER.to_owned()),
        secret: Some(SecretBytes::new(SECRET.as_bytes().to_vec())),
        data: None,
    });
    let managed = Managed::empty();
    let key = tokens::NodeKey::create(&managed.dir.join("node.key"), &mut tokens::os::OsRandom);
    let setup = super::device::setup(vec![("a".to_owned(), plain)]);
    let refused = setup.create(&managed.dir, &key.unwrap()).unwrap_err();
    assert_eq!(refused.code(), "dm-account-unusable");

    let keys_dir = Managed::empty();
    let keys = operator(&keys_dir.dir, NEW);
    let own = Credentials::new(&keys.dpf.leaf, &[], keys.dpf.key.clone()).unwrap();
    let tls = ServerConfig::new(Profile::ThreeGpp, &own, ClientAuthentication::None).unwrap();
    let host = format!("dpf.{}", domain(NEW));
    let server = DmServer::over("a", "a secret", &host, Transport::Tls(tls)).await;
    let shown = guard(&server, &[Offer::Basic], LIFE);
    let device = device(&server.url, AuthType::HttpBasic, SECRET);
    let port = server.url.rsplit_once(':').unwrap().1;
    let at = format!("127.0.0.1:{}", port.trim_end_matches("/dm"));
    let mut config = config(&device.dir);
    config.allow_http = false;
    config.hosts = Hosts::new([(host.as_str(), Address::At(at.parse().unwrap()))]).unwrap();
    let pem = std::fs::read(keys_dir.dir.join(NEW).join("anchor.pem")).unwrap();
    let now = i64::try_from(tokens::os::now().unix_millis() / 1000).unwrap();
    let roots = Roots::from_pem(&pem, move || now).unwrap();
    config.tls = Some(ClientConfig::new(Profile::ThreeGpp, None, Arc::new(roots)).unwrap());
    let mut client = Client::open(&device.dir, config).unwrap();
    let round = client.round().await.unwrap();
    assert!(round.is_complete(), "{:?}", round.sessions);
    let shown = shown.lock().unwrap().clone();
    let basic = Some("Basic".to_owned());
    assert!(shown.iter().all(|it| *it == basic), "{shown:?}");
}
