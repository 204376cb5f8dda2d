//! What an account's connections show in TLS (OMA DM session security clause 9.2.2;
//! RFC 4279, RFC 8446 clauses 4.2.11 and 4.4.2).

use std::sync::Arc;

use device::management::Client;
use dm::objects::dm_account::TransportKey;
use dm::server::Request;
use dm::tree::Value;
use secret::SecretBytes;
use tls::http::{Address, Hosts, Transport};
use tls::{
    ClientAuthentication, ClientConfig, Credentials, CustomProfile, PeerIdentity, PeerRole,
    PeerVerifier, Profile, PskKey, PskKeys, Refusal, Roots, ServerConfig, ServerSettings, Version,
};
use tokens::OperatorKeyDir;
use zeroize::Zeroizing;

use super::device::{Managed, account, add, config};
use super::server::DmServer;
use crate::world::{NEW, domain, operator};

const IDENTITY: &str = "the device";

struct Keys;

impl PskKeys for Keys {
    fn find(&self, identity: &[u8]) -> Option<PskKey> {
        (identity == IDENTITY.as_bytes()).then(|| PskKey {
            key: Zeroizing::new(vec![7; 32]),
            client: PeerIdentity::new(IDENTITY),
        })
    }
}

fn psk(identity: &str, octet: u8) -> TransportKey {
    TransportKey::Psk {
        identity: identity.to_owned(),
        key: SecretBytes::new(vec![octet; 32]),
    }
}

fn host() -> String {
    format!("dpf.{}", domain(NEW))
}

/// A device with one account, which shows `key`.
fn device(server: &DmServer, key: Option<TransportKey>) -> Managed {
    let mut account = account("a", &server.url);
    account.transport = key;
    Managed::of(vec![("a".to_owned(), account)])
}

/// Its client; with the operator's keys it has an authority of servers.
fn client(device: &Managed, server: &DmServer, keys: Option<&Managed>) -> Client {
    let port = server.url.rsplit_once(':').unwrap().1;
    let at = format!("127.0.0.1:{}", port.trim_end_matches("/dm"));
    let mut config = config(&device.dir);
    config.allow_http = false;
    config.hosts = Hosts::new([(host().as_str(), Address::At(at.parse().unwrap()))]).unwrap();
    // The default has suites for keys in TLS 1.3 alone.
    config.profile = Profile::Dm;
    config.tls = keys.map(|keys| {
        let pem = std::fs::read(keys.dir.join(NEW).join("anchor.pem")).unwrap();
        let now = i64::try_from(tokens::os::now().unix_millis() / 1000).unwrap();
        let roots = Roots::from_pem(&pem, move || now).unwrap();
        ClientConfig::new(Profile::ThreeGpp, None, Arc::new(roots)).unwrap()
    });
    Client::open(&device.dir, config).unwrap()
}

async fn code(client: &mut Client) -> String {
    let mut round = client.round().await.unwrap();
    round.sessions.remove(0).1.unwrap_err().code()
}

async fn keyed(profile: Profile) -> DmServer {
    let mut settings = ServerSettings::new(profile, Vec::new());
    settings.keys = Some(Arc::new(Keys));
    let tls = Transport::Tls(ServerConfig::of(&settings).unwrap());
    DmServer::over("a", "a secret", &host(), tls).await
}

fn only(version: Version, suite: &str) -> Profile {
    Profile::Custom(Arc::new(
        CustomProfile::new((version, version), [suite], true).unwrap(),
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pre_shared_key_in_both_versions() {
    for profile in [
        only(Version::Tls1_2, "TLS_DHE_PSK_WITH_AES_128_GCM_SHA256"),
        only(Version::Tls1_3, "TLS_AES_128_GCM_SHA256"),
    ] {
        let server = keyed(profile.clone()).await;
        let right = device(&server, Some(psk(IDENTITY, 7)));
        server.plan(vec![add("./Settings", None)]);
        let round = client(&right, &server, None).round().await.unwrap();
        assert!(round.is_complete(), "{profile:?} {:?}", round.sessions);
        assert_eq!(server.status("Add ./Settings"), Some(200));
        let before = server.seen().requests;
        for wrong in [psk(IDENTITY, 8), psk("another", 7)] {
            let wrong = device(&server, Some(wrong));
            let mut client = client(&wrong, &server, None);
            assert_eq!(code(&mut client).await, "psk-refused", "{profile:?}");
        }
        assert_eq!(server.seen().requests, before);
    }
}

/// With a key no certificate stands for the server, not even one of the device's
/// authority.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_the_key_is_not_talked_to() {
    let keys = Managed::empty();
    let own = operator(&keys.dir, NEW);
    let server = certified(&own, ClientAuthentication::None).await;
    let device = device(&server, Some(psk(IDENTITY, 7)));
    let mut client = client(&device, &server, Some(&keys));
    let code = code(&mut client).await;
    assert!(
        ["psk-refused", "certificate-not-judged"].contains(&code.as_str()),
        "{code}"
    );
    assert_eq!(server.seen().requests, 0);
}

/// A server gives its device another key in a session; the next one is under it.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_replaced_in_a_session() {
    let server = keyed(Profile::ThreeGpp).await;
    let device = device(&server, Some(psk(IDENTITY, 7)));
    let secret = "./DMAcc/a/Ext/rehome/Trsp/PSKSecret";
    server.plan(vec![
        Request::Get {
            target: secret.to_owned(),
        },
        Request::Replace {
            target: secret.to_owned(),
            value: Value::octets(vec![8; 32]),
        },
    ]);
    let mut client = client(&device, &server, None);
    let round = client.round().await.unwrap();
    assert!(round.is_complete(), "{:?}", round.sessions);
    assert_eq!(server.status(&format!("Get {secret}")), Some(405));
    assert_eq!(server.status(&format!("Replace {secret}")), Some(200));
    assert_eq!(code(&mut client).await, "psk-refused");
}

async fn certified(own: &OperatorKeyDir, clients: ClientAuthentication) -> DmServer {
    let own = Credentials::new(&own.dpf.leaf, &[], own.dpf.key.clone()).unwrap();
    let tls = ServerConfig::new(Profile::ThreeGpp, &own, clients).unwrap();
    DmServer::over("a", "a secret", &host(), Transport::Tls(tls)).await
}

/// Admits the one leaf.
struct Only(Vec<u8>);

impl PeerVerifier for Only {
    fn verify(&self, leaf: &[u8], _: &[Vec<u8>], _: PeerRole<'_>) -> Result<PeerIdentity, Refusal> {
        match leaf == self.0 {
            true => Ok(PeerIdentity::new("it")),
            false => Err(Refusal::unknown_authority("unknown", "another leaf")),
        }
    }
}

fn pem(leaf: &[u8], key: &openssl::pkey::PKeyRef<openssl::pkey::Private>) -> TransportKey {
    let leaf = openssl::x509::X509::from_der(leaf).unwrap();
    TransportKey::Certificate {
        chain: String::from_utf8(leaf.to_pem().unwrap()).unwrap(),
        key: SecretBytes::new(key.private_key_to_pem_pkcs8().unwrap()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_the_device() {
    let keys = Managed::empty();
    let own = operator(&keys.dir, NEW);
    // Any two leaves: what they are for is the server's to judge.
    let (right, wrong) = (&own.peer, &own.dpf);
    let required = ClientAuthentication::Required(Arc::new(Only(right.leaf.clone())));
    let server = certified(&own, required).await;
    let show = |key| {
        let device = device(&server, key);
        let client = client(&device, &server, Some(&keys));
        (device, client)
    };
    let (_device, mut client) = show(Some(pem(&right.leaf, &right.key)));
    let round = client.round().await.unwrap();
    assert!(round.is_complete(), "{:?}", round.sessions);
    let before = server.seen().requests;
    let (_device, mut client) = show(Some(pem(&wrong.leaf, &wrong.key)));
    assert_eq!(code(&mut client).await, "client-certificate-refused");
    let (_device, mut client) = show(None);
    assert_eq!(code(&mut client).await, "client-certificate-missing");
    assert_eq!(server.seen().requests, before);
}

/// What could never be shown makes no account.
#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_shown_is_no_account() {
    let keys = Managed::empty();
    let own = operator(&keys.dir, NEW);
    let mismatch = pem(&own.peer.leaf, &own.dpf.key);
    let secure = "https://dm.test/dm";
    for (url, key) in [
        ("http://dm.test/dm", psk(IDENTITY, 7)),
        ("http://dm.test/dm", pem(&own.peer.leaf, &own.peer.key)),
        (secure, mismatch),
    ] {
        let mut wrong = account("a", url);
        wrong.transport = Some(key);
        let managed = Managed::empty();
        let path = managed.dir.join("node.key");
        let node_key = tokens::NodeKey::create(&path, &mut tokens::os::OsRandom).unwrap();
        let setup = super::device::setup(vec![("a".to_owned(), wrong)]);
        let refused = setup.create(&managed.dir, &node_key).unwrap_err();
        assert_eq!(refused.code(), "dm-account-unusable", "{url}");
    }
}
