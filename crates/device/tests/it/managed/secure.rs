//! Sessions over HTTPS: a server under an authority of the device's, and one
//! under another.

use std::sync::Arc;

use device::management::Client;
use tls::http::{Address, Hosts, Transport};
use tls::{ClientAuthentication, ClientConfig, Credentials, Profile, Roots, ServerConfig};
use tokens::OperatorKeyDir;

use super::device::{Managed, add, config, get};
use super::server::DmServer;
use crate::world::{NEW, OLD, domain, operator};

async fn server(keys: &OperatorKeyDir, host: &str) -> DmServer {
    let own = Credentials::new(&keys.dpf.leaf, &[], keys.dpf.key.clone()).unwrap();
    let tls = ServerConfig::new(Profile::ThreeGpp, &own, ClientAuthentication::None).unwrap();
    DmServer::over("a", "a secret", host, Transport::Tls(tls)).await
}

/// A client whose servers are under `authority`, at the time `now`.
fn client(device: &Managed, url: &str, host: &str, pem: &std::path::Path, now: i64) -> Client {
    let port = url.rsplit_once(':').unwrap().1.trim_end_matches("/dm");
    let at = format!("127.0.0.1:{port}").parse().unwrap();
    let mut config = config(&device.dir);
    config.allow_http = false;
    config.hosts = Hosts::new([(host, Address::At(at))]).unwrap();
    let roots = Roots::from_pem(&std::fs::read(pem).unwrap(), move || now).unwrap();
    let tls = ClientConfig::new(Profile::ThreeGpp, None, Arc::new(roots)).unwrap();
    config.tls = Some(tls);
    Client::open(&device.dir, config).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_server_under_the_device_s_authority_in_date_and_by_its_name() {
    let keys_dir = Managed::empty();
    let keys = operator(&keys_dir.dir, NEW);
    operator(&keys_dir.dir, OLD);
    let pem = |name: &str| keys_dir.dir.join(name).join("anchor.pem");
    let right = format!("dpf.{}", domain(NEW));
    let now = i64::try_from(tokens::os::now().unix_millis() / 1000).unwrap();
    let cases = [
        (right.as_str(), NEW, now, true),
        (right.as_str(), OLD, now, false),
        (right.as_str(), NEW, now + 400 * 86_400, false),
        ("elsewhere.test", NEW, now, false),
    ];
    for (host, authority, now, passes) in cases {
        let server = server(&keys, host).await;
        let device = Managed::new(&[("a", &server.url)]);
        server.plan(vec![add("./Settings", None)]);
        let mut client = client(&device, &server.url, host, &pem(authority), now);
        let round = client.round().await.unwrap();
        let case = format!("{host} {authority} {now}: {:?}", round.sessions);
        assert_eq!(round.is_complete(), passes, "{case}");
        let status = server.status("Add ./Settings");
        assert_eq!(status, passes.then_some(200), "{case}");
        assert_eq!(server.seen().requests > 0, passes, "{case}");
    }
}

/// OMA DM Security 1.2 clause 5.3: a connection that says nothing of who is at its
/// end binds no session, so each message proves itself (200); TLS does, so that
/// the server need prove itself once (212).
#[tokio::test(flavor = "multi_thread")]
async fn without_tls_each_message_proves_itself() {
    let commands = || {
        let text = "x".repeat(10_000);
        let mut commands = vec![add("./Settings", None)];
        for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
            commands.push(add(&format!("./Settings/{name}"), Some(&text)));
        }
        commands.push(get("./Settings/h"));
        commands
    };
    let plain = DmServer::start("a", "a secret").await;
    let device = Managed::new(&[("a", &plain.url)]);
    let keys_dir = Managed::empty();
    let keys = operator(&keys_dir.dir, NEW);
    let host = format!("dpf.{}", domain(NEW));
    let secure = server(&keys, &host).await;
    let other = Managed::new(&[("a", &secure.url)]);
    let pem = keys_dir.dir.join(NEW).join("anchor.pem");
    let now = i64::try_from(tokens::os::now().unix_millis() / 1000).unwrap();
    let over_tls = client(&other, &secure.url, &host, &pem, now);
    for (server, mut client, code) in [(&plain, device.open(), 200), (&secure, over_tls, 212)] {
        server.plan(commands());
        let round = client.round().await.unwrap();
        assert!(round.is_complete(), "{:?}", round.sessions);
        let seen = server.seen();
        assert_eq!(seen.results.len(), 1);
        let accepted = |status: &&u16| (200..300).contains(*status);
        let statuses: Vec<u16> = seen
            .header_statuses
            .iter()
            .filter(accepted)
            .copied()
            .collect();
        assert!(statuses.contains(&code), "{statuses:?}");
        assert_eq!(statuses.contains(&212), code == 212, "{statuses:?}");
        assert!(statuses.len() >= 2, "{statuses:?}");
        // The first has no nonce yet; this server wants each of the others proved.
        let shown: Vec<bool> = seen.shown.clone();
        assert!(
            shown.len() > 3 && shown[1..].iter().all(|shown| *shown),
            "{shown:?}"
        );
    }
}
