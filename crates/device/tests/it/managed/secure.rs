//! Sessions over HTTPS: a server under an authority of the device's, and one
//! under another.

use std::sync::Arc;

use device::management::Client;
use tls::http::{Address, Hosts, Transport};
use tls::{ClientAuthentication, ClientConfig, Credentials, Profile, Roots, ServerConfig};
use tokens::OperatorKeyDir;

use super::device::{Managed, add, config};
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
