//! Who a device takes for its server: authorities in its own store, and an account's
//! pin (docs/certificate-status.md; `<x>/Ext/rehome/Pin` of the account).

use std::path::Path;

use device::management::Client;
use dm::objects::dm_account::{Account, TransportKey};
use openssl::sha::sha256;
use openssl::x509::X509;
use secret::SecretBytes;
use tls::http::{Address, Hosts, Transport};
use tls::{ClientAuthentication, Credentials, Profile, ServerConfig};
use tokens::os::OsRandom;
use tokens::{NodeKey, OperatorKeyDir};

use super::device::{Managed, account, add, config, get, replace, setup};
use super::server::DmServer;
use crate::world::{NEW, OLD, domain, operator};

const PIN: &str = "./DMAcc/a/Ext/rehome/Pin";

fn host() -> String {
    format!("dpf.{}", domain(NEW))
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// As `openssl x509 -outform DER | openssl sha256` has it.
fn by_certificate(leaf: &[u8]) -> String {
    format!("sha256:{}", hex(&sha256(leaf)))
}

/// As `openssl x509 -pubkey | openssl pkey -pubin -outform DER | openssl sha256`.
fn by_key(leaf: &[u8]) -> String {
    let key = X509::from_der(leaf).unwrap().public_key().unwrap();
    format!("spki:{}", hex(&sha256(&key.public_key_to_der().unwrap())))
}

/// A server under the operator's authority, with credentials of DM too.
async fn server(leaf: &[u8], key: &openssl::pkey::PKey<openssl::pkey::Private>) -> DmServer {
    let own = Credentials::new(leaf, &[], key.clone()).unwrap();
    let tls = ServerConfig::new(Profile::ThreeGpp, &own, ClientAuthentication::None).unwrap();
    DmServer::over("a", "a secret", &host(), Transport::Tls(tls)).await
}

fn pem(keys: &Path, name: &str) -> Vec<u8> {
    std::fs::read(keys.join(name).join("anchor.pem")).unwrap()
}

/// A device that has its authorities in the store.
fn device(accounts: Vec<(&str, Account)>, authorities: Option<Vec<u8>>) -> Managed {
    let managed = Managed::empty();
    let key = NodeKey::create(&managed.dir.join("node.key"), &mut OsRandom).unwrap();
    let accounts = accounts.into_iter();
    let named = accounts.map(|(name, account)| (name.to_owned(), account));
    let mut setup = setup(named.collect());
    setup.authorities = authorities;
    setup.create(&managed.dir, &key).unwrap();
    managed
}

fn pinned(server: &DmServer, pin: &str) -> Account {
    let mut account = account("a", &server.url);
    account.pin = Some(pin.to_owned());
    account
}

fn open_for(
    device: &Managed,
    url: &str,
    change: impl FnOnce(&mut device::management::Config),
) -> Result<Client, device::Error> {
    let port = url.rsplit_once(':').unwrap().1;
    let at = format!("127.0.0.1:{}", port.trim_end_matches("/dm"));
    let mut config = config(&device.dir);
    config.allow_http = false;
    config.hosts = Hosts::new([(host().as_str(), Address::At(at.parse().unwrap()))]).unwrap();
    change(&mut config);
    Client::open(&device.dir, config)
}

fn open(device: &Managed, server: &DmServer) -> Client {
    open_for(device, &server.url, |_| {}).unwrap()
}

/// How the only session ended: the code of its error, or `finished`.
async fn ended(client: &mut Client) -> String {
    let mut round = client.round().await.unwrap();
    let complete = round.is_complete();
    match round.sessions.remove(0).1 {
        Ok(_) if complete => "finished".to_owned(),
        Ok(report) => format!("{:?}", report.ended),
        Err(error) => error.code(),
    }
}

fn operators() -> (Managed, OperatorKeyDir) {
    let keys = Managed::empty();
    let own = operator(&keys.dir, NEW);
    operator(&keys.dir, OLD);
    (keys, own)
}

#[tokio::test(flavor = "multi_thread")]
async fn authorities_in_the_store_judge_servers() {
    let (keys, own) = operators();
    for (authority, code) in [(NEW, "finished"), (OLD, "server-certificate-refused")] {
        let server = server(&own.dpf.leaf, &own.dpf.key).await;
        let authorities = pem(&keys.dir, authority);
        let device = device(
            vec![("a", account("a", &server.url))],
            Some(authorities.clone()),
        );
        // Twice: what is stored stays.
        for _ in 0..2 {
            assert_eq!(ended(&mut open(&device, &server)).await, code);
        }
        assert_eq!(server.seen().requests > 0, code == "finished");
        let stored = std::fs::read(device.dir.join("management.db")).unwrap();
        let line = b"-----BEGIN CERTIFICATE-----";
        assert!(!stored.windows(line.len()).any(|part| part == line));
        // Whoever can write the configuration alone does not put others in their place.
        let refused = open_for(&device, &server.url, |config| {
            let tls =
                device::management_tls(&authorities, Profile::ThreeGpp, None, Hosts::default());
            config.tls = Some(tls.unwrap());
        });
        assert_eq!(refused.err().unwrap().code(), "management-refused");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_are_no_authorities_makes_no_device() {
    for wrong in [b"".to_vec(), b"no certificate".to_vec()] {
        let managed = Managed::empty();
        let key = NodeKey::create(&managed.dir.join("node.key"), &mut OsRandom).unwrap();
        let mut setup = setup(vec![("a".to_owned(), account("a", "https://dm.test/dm"))]);
        setup.authorities = Some(wrong);
        let refused = setup.create(&managed.dir, &key).unwrap_err();
        assert!(matches!(refused, device::Error::Tls(_)), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_the_pinned_certificate_or_key_hears_nothing() {
    let (keys, own) = operators();
    for (pin, code) in [
        (by_certificate(&own.dpf.leaf), "finished"),
        (by_key(&own.dpf.leaf), "finished"),
        (
            by_key(&own.dpf.leaf).to_uppercase().replace("SPKI", "spki"),
            "finished",
        ),
        (by_certificate(&own.peer.leaf), "certificate-pin-wrong"),
        (by_key(&own.peer.leaf), "certificate-pin-wrong"),
        // The one's digest for the other.
        (
            by_key(&own.dpf.leaf).replace("spki", "sha256"),
            "certificate-pin-wrong",
        ),
        (
            by_certificate(&own.dpf.leaf).replace("sha256", "spki"),
            "certificate-pin-wrong",
        ),
    ] {
        // Its own: a device counts its sessions from 1.
        let server = server(&own.dpf.leaf, &own.dpf.key).await;
        let device = device(
            vec![("a", pinned(&server, &pin))],
            Some(pem(&keys.dir, NEW)),
        );
        assert_eq!(ended(&mut open(&device, &server)).await, code, "{pin}");
        assert_eq!(server.seen().requests > 0, code == "finished", "{pin}");
    }
    // A pin does not stand for the authorities.
    let pin = by_certificate(&own.dpf.leaf);
    let server = server(&own.dpf.leaf, &own.dpf.key).await;
    for (authorities, code) in [
        (Some(pem(&keys.dir, OLD)), "server-certificate-refused"),
        (None, "management-refused"),
    ] {
        let device = device(vec![("a", pinned(&server, &pin))], authorities);
        assert_eq!(ended(&mut open(&device, &server)).await, code);
    }
    assert_eq!(server.seen().requests, 0);
}

/// The server announces its next key in a session, which goes on under the old one.
#[tokio::test(flavor = "multi_thread")]
async fn a_pin_is_replaced_in_a_session_for_the_next() {
    let (keys, own) = operators();
    let server = server(&own.dpf.leaf, &own.dpf.key).await;
    let pin = by_key(&own.dpf.leaf);
    let device = device(
        vec![("a", pinned(&server, &pin))],
        Some(pem(&keys.dir, NEW)),
    );
    server.plan(vec![
        get(PIN),
        replace(PIN, &by_certificate(&own.dpf.leaf)),
        get("./DevInfo/Man"),
    ]);
    assert_eq!(ended(&mut open(&device, &server)).await, "finished");
    assert_eq!(server.status(&format!("Replace {PIN}")), Some(200));
    assert_eq!(server.seen().results[0], (PIN.to_owned(), pin));
    // By the new pin, the same server; and one more, of a key that it has not.
    server.plan(vec![
        get(PIN),
        replace(PIN, &by_key(&own.peer.leaf)),
        get("./DevInfo/Man"),
    ]);
    assert_eq!(ended(&mut open(&device, &server)).await, "finished");
    assert_eq!(server.status("Get ./DevInfo/Man"), Some(200));
    let last = server.seen().results[2].clone();
    assert_eq!(last, (PIN.to_owned(), by_certificate(&own.dpf.leaf)));
    let before = server.seen().requests;
    assert_eq!(
        ended(&mut open(&device, &server)).await,
        "certificate-pin-wrong"
    );
    assert_eq!(server.seen().requests, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_pin_is_named_and_its_server_hears_nothing() {
    let (keys, own) = operators();
    let pin = by_key(&own.dpf.leaf);
    for wrong in [
        "",
        "spki:00",
        "none",
        &pin.replace("spki", "md5"),
        &format!("{pin}00"),
    ] {
        let server = server(&own.dpf.leaf, &own.dpf.key).await;
        let device = device(
            vec![("a", pinned(&server, &pin))],
            Some(pem(&keys.dir, NEW)),
        );
        server.plan(vec![replace(PIN, wrong)]);
        assert_eq!(ended(&mut open(&device, &server)).await, "finished");
        let before = server.seen().requests;
        let mut client = open(&device, &server);
        assert_eq!(ended(&mut client).await, "pin-malformed", "{wrong}");
        assert_eq!(server.seen().requests, before);
        // The owner sets it right.
        let id = "a".parse().unwrap();
        let refused = client.set_pin(&id, Some(wrong)).unwrap_err();
        assert_eq!(refused.code(), "pin-malformed");
        client.set_pin(&id, Some(&pin)).unwrap();
        assert_eq!(ended(&mut client).await, "finished");
        let none = client
            .set_pin(&"c".parse().unwrap(), Some(&pin))
            .unwrap_err();
        assert_eq!(none.code(), "dm-account-unusable");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_server_does_not_touch_it() {
    let (keys, own) = operators();
    let server = server(&own.dpf.leaf, &own.dpf.key).await;
    let pin = by_key(&own.dpf.leaf);
    // The same server in fact, with the name and the account of another.
    let mut other = account("b", &server.url);
    other.auth = account("a", &server.url).auth;
    let accounts = vec![("a", pinned(&server, &pin)), ("b", other)];
    let device = device(accounts, Some(pem(&keys.dir, NEW)));
    let mut client = open(&device, &server);
    let wrong = by_key(&own.peer.leaf);
    server.plan(vec![get(PIN), replace(PIN, &wrong), get("./DevInfo/Man")]);
    let at = "./DMAcc/b".parse().unwrap();
    let by = device::management::Initiation::Client;
    assert!(client.session(&at, by).await.unwrap().is_finished());
    assert_eq!(server.status(&format!("Get {PIN}")), Some(425));
    assert_eq!(server.status(&format!("Replace {PIN}")), Some(425));
    assert_eq!(server.status("Get ./DevInfo/Man"), Some(200));
    let value = client.tree().value(&PIN.parse().unwrap()).unwrap();
    assert_eq!(value.data(), pin.as_bytes());
}

/// A server that only the authorities vouch for, whose account has no credentials for
/// it, changes all that is its own but the pin.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_credentials_of_dm_does_not_replace_it() {
    let (keys, own) = operators();
    let server = server(&own.dpf.leaf, &own.dpf.key).await;
    let pin = by_key(&own.dpf.leaf);
    let mut account = pinned(&server, &pin);
    account.auth.truncate(1);
    let device = device(vec![("a", account)], Some(pem(&keys.dir, NEW)));
    server.plan(vec![
        replace(PIN, &by_key(&own.peer.leaf)),
        replace("./DMAcc/a/Name", "mine"),
        add("./Settings", None),
    ]);
    let mut client = open(&device, &server);
    assert_eq!(ended(&mut client).await, "finished");
    assert_eq!(server.status(&format!("Replace {PIN}")), Some(425));
    assert_eq!(server.status("Replace ./DMAcc/a/Name"), Some(200));
    let value = client.tree().value(&PIN.parse().unwrap()).unwrap();
    assert_eq!(value.data(), pin.as_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_whose_servers_show_no_certificate_have_no_pin() {
    let pin = format!("spki:{}", "0".repeat(64));
    for (url, by_key) in [("http://dm.test/dm", false), ("https://dm.test/dm", true)] {
        let mut account = account("a", url);
        account.pin = Some(pin.clone());
        account.transport = by_key.then(|| TransportKey::Psk {
            identity: "i".to_owned(),
            key: SecretBytes::new(vec![1; 16]),
        });
        let managed = Managed::empty();
        let key = NodeKey::create(&managed.dir.join("node.key"), &mut OsRandom).unwrap();
        let setup = setup(vec![("a".to_owned(), account)]);
        let refused = setup.create(&managed.dir, &key).unwrap_err();
        assert_eq!(refused.code(), "dm-account-unusable", "{url}");
    }
}
