//! The device's Inbox: a server brings another one (OMA DM StdObj 1.2 clause
//! 5.3.4).

use dm::server::Request;
use dm::tnds::MEDIA_TYPE_XML;
use dm::tree::{NodeKind, Value};
use syncml::Format;

use super::device::{Managed, get};
use super::server::DmServer;

/// An Add of the account of `b`, under the name `server`, with credentials of the
/// type `type_`.
fn bring(server: &str, url: &str, type_: &str) -> Request {
    let node = |name: &str, rest: &str| format!("<Node><NodeName>{name}</NodeName>{rest}</Node>");
    let leaf = |name: &str, value: &str| node(name, &format!("<Value>{value}</Value>"));
    let auth = |level: &str, name: &str, secret: &str| {
        let leaves = [
            leaf("AAuthLevel", level),
            leaf("AAuthType", type_),
            leaf("AAuthName", name),
            leaf("AAuthSecret", secret),
        ];
        node(level, &leaves.concat())
    };
    let properties = "<RTProperties><ACL>Delete=b&amp;Get=b&amp;Replace=b</ACL>\
        <Format><node/></Format>\
        <Type><DDFName>urn:oma:mo:oma-dm-dmacc:1.0</DDFName></Type></RTProperties>";
    let parts = [
        properties.to_owned(),
        leaf("AppID", "w7"),
        leaf("ServerID", server),
        node("AppAddr", &node("1", &leaf("Addr", url))),
        node(
            "AppAuth",
            &[
                auth("CLCRED", "device", "device secret"),
                auth("SRVCRED", "b", "b secret"),
            ]
            .concat(),
        ),
    ];
    let account = node("new", &parts.concat());
    let document = format!("<MgmtTree><VerDTD>1.2</VerDTD>{account}</MgmtTree>");
    Request::Add {
        target: "./Inbox".to_owned(),
        kind: NodeKind::Leaf(Value::new(
            Format::Xml,
            Some(MEDIA_TYPE_XML.to_owned()),
            document.into_bytes(),
        )),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_brings_another_one() {
    let a = DmServer::start("a", "a secret").await;
    let b = DmServer::start("b", "b secret").await;
    let device = Managed::new(&[("a", &a.url)]);
    a.plan(vec![bring("b", &b.url, "DIGEST"), get("./Inbox")]);
    let round = device.open().round().await.unwrap();
    assert!(round.is_complete(), "{:?}", round.sessions);
    assert_eq!(a.status("Add ./Inbox"), Some(200));
    assert_eq!(a.status("Get ./Inbox"), Some(405));
    // After a restart the device goes to both, and the new one has what is its own.
    b.plan(vec![
        get("./DMAcc/new/ServerID"),
        get("./DMAcc/a/ServerID"),
        bring("c", &b.url, "DIGEST"),
    ]);
    let mut client = device.open();
    let round = client.round().await.unwrap();
    assert!(round.is_complete(), "{:?}", round.sessions);
    assert_eq!(b.seen().sessions, 1);
    assert_eq!(
        b.seen().results,
        [("./DMAcc/new/ServerID".to_owned(), "b".to_owned())]
    );
    assert_eq!(b.status("Get ./DMAcc/a/ServerID"), Some(425));
    assert_eq!(b.status("Add ./Inbox"), Some(425), "not this server's");
    assert_eq!(client.accounts().len(), 2);
}

/// Basic without TLS would show the secret, so such an account is none.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_a_way_to_its_server_is_refused() {
    let a = DmServer::start("a", "a secret").await;
    let device = Managed::new(&[("a", &a.url)]);
    a.plan(vec![bring("b", "http://127.0.0.1:1/dm", "BASIC")]);
    let mut client = device.open();
    assert!(client.round().await.unwrap().is_complete());
    assert_eq!(a.status("Add ./Inbox"), Some(400));
    assert_eq!(client.accounts().len(), 1);
}
