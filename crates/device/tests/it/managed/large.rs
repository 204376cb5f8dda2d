//! Large objects (OMA DM Protocol 1.2 clause 7): values that no message can
//! hold travel both ways, as DevDetail/LrgObj says.

use dm::server::Request;
use dm::tree::{NodeKind, Value};

use super::device::{Managed, get};
use super::server::DmServer;

/// More than three messages can hold.
const OCTETS: usize = 200_000;

fn big() -> String {
    let line = |at: usize| format!("{at:09}\n");
    (0..OCTETS / 10).map(line).collect()
}

fn add_big(target: &str) -> Request {
    Request::Add {
        target: target.to_owned(),
        kind: NodeKind::Leaf(Value::text(big())),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_objects_travel_both_ways_as_the_device_says() {
    let server = DmServer::start("a", "a secret").await;
    let device = Managed::new(&[("a", &server.url)]);
    server.plan(vec![
        get("./DevDetail/LrgObj"),
        add_big("./Big"),
        get("./Big"),
    ]);
    let round = device.open().round().await.unwrap();
    assert!(round.is_complete(), "{:?}", round.sessions);
    assert_eq!(server.status("Add ./Big"), Some(200));
    let results = std::mem::take(&mut server.seen().results);
    let named = |(uri, value): (&str, String)| (uri.to_owned(), value);
    let wanted = [("./DevDetail/LrgObj", "true".to_owned()), ("./Big", big())];
    assert_eq!(results, wanted.map(named));
    // It is stored, and stays where the device takes less from now on.
    let mut client = device.with(|config| config.max_object = Some(100_000));
    let value = client.tree().value(&"./Big".parse().unwrap()).unwrap();
    assert_eq!(value.size(), OCTETS);
    server.plan(vec![add_big("./Other")]);
    client.round().await.unwrap();
    assert_eq!(server.status("Add ./Other"), None, "it is not even sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_without_large_objects_says_so_and_takes_none() {
    let server = DmServer::start("a", "a secret").await;
    let device = Managed::new(&[("a", &server.url)]);
    server.plan(vec![get("./DevDetail/LrgObj"), add_big("./Big")]);
    let mut client = device.with(|config| config.max_object = None);
    client.round().await.unwrap();
    assert_eq!(server.seen().results[0].1, "false");
    assert_eq!(server.status("Add ./Big"), None, "it is not even sent");
    assert!(client.tree().value(&"./Big".parse().unwrap()).is_err());
}
