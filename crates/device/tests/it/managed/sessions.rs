//! Sessions: what servers do stays over a restart, each within its ACLs, and
//! only after it has proved who it is.

use std::sync::{Arc, Mutex};

use device::management::{Ended, Initiation, VendorObject};
use dm::notification::SessionId;
use dm::objects::dm_account::{AuthLevel, AuthType};
use dm::server::Request;
use dm::session::{AbortReason, Encoding};
use dm::tree::{Acl, ManagementObject, NodeUri, ObjectNode, Overwrite, Right, Rights, Value};
use secret::SecretBytes;
use tokens::NodeKey;
use tokens::os::OsRandom;

use super::device::{Managed, account, add, config, exec, get, replace, setup};
use super::server::DmServer;

fn value(client: &device::management::Client, uri: &str) -> String {
    let value = client.tree().value(&uri.parse().unwrap()).unwrap();
    String::from_utf8(value.data().to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_does_stays_over_a_restart() {
    let server = DmServer::start("a", "a secret").await;
    let device = Managed::new(&[("a", &server.url)]);
    server.plan(vec![
        get("./DevInfo/Man"),
        add("./Settings", None),
        add("./Settings/colour", Some("red")),
    ]);
    let mut client = device.open();
    // As an embedding program does it: in a task of its own.
    let task = tokio::spawn(async move { client.round().await });
    let round = task.await.unwrap().unwrap();
    assert!(round.is_complete(), "{:?}", round.sessions);
    let client = device.open();
    assert_eq!(value(&client, "./Settings/colour"), "red");
    drop(client);
    server.plan(vec![replace("./Settings/colour", "blue")]);
    device.open().round().await.unwrap();
    server.plan(vec![get("./Settings/colour"), get("./Settings")]);
    device.open().round().await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.sessions, 3);
    let results = [
        ("./DevInfo/Man", "Acme"),
        ("./Settings/colour", "blue"),
        ("./Settings", "colour"),
    ];
    let results = results.map(|(uri, value)| (uri.to_owned(), value.to_owned()));
    assert_eq!(seen.results, results);
    assert!(seen.statuses.iter().all(|(_, status)| *status == 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn nonces_stay_so_that_later_sessions_need_no_challenge() {
    let server = DmServer::start("a", "a secret").await;
    let device = Managed::new(&[("a", &server.url)]);
    server.plan(vec![get("./DevInfo/Man")]);
    device.open().round().await.unwrap();
    let first = server.seen().requests;
    for _ in 0..3 {
        let before = server.seen().requests;
        server.plan(vec![get("./DevInfo/Man")]);
        let round = device.open().round().await.unwrap();
        assert!(round.is_complete(), "{:?}", round.sessions);
        let needed = server.seen().requests - before;
        assert!(needed < first, "{needed} requests after {first}");
    }
}

/// A server that has lost its nonces and has nothing to say proves itself even
/// so, and hears of a result once.
#[tokio::test(flavor = "multi_thread")]
async fn lost_nonces_are_found_again() {
    let server = DmServer::start("a", "a secret").await;
    let device = Managed::new(&[("a", &server.url)]);
    for _ in 0..3 {
        server.forget_nonces();
        let round = device.open().round().await.unwrap();
        assert!(round.is_complete(), "{:?}", round.sessions);
    }
    server.plan(vec![exec("DownloadAndUpdate", "no URL")]);
    let mut client = device.open();
    let at = "./DMAcc/a".parse().unwrap();
    client.session(&at, Initiation::Client).await.unwrap();
    server.forget_nonces();
    assert!(client.has_report());
    let report = client.session(&at, Initiation::Client).await.unwrap();
    assert!(report.is_finished() && report.reported, "{report:?}");
    assert!(!client.has_report());
    assert_eq!(server.seen().reports.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_server_sees_only_what_its_acls_allow() {
    let a = DmServer::start("a", "a secret").await;
    let b = DmServer::start("b", "b secret").await;
    let device = Managed::new(&[("a", &a.url), ("b", &b.url)]);
    a.plan(vec![
        add("./Settings", None),
        add("./Settings/colour", Some("red")),
        get("./DMAcc/a/Name"),
        get("./DMAcc/a/AppAuth/1/AAuthSecret"),
        get("./FUMO/firmware/State"),
    ]);
    b.plan(vec![
        get("./Settings/colour"),
        replace("./Settings/colour", "green"),
        get("./DMAcc/a/Name"),
        get("./DMAcc/b/Name"),
        get("./FUMO/firmware/State"),
        exec("Update", "x"),
        get("./DevInfo/DevId"),
    ]);
    let mut client = device.open();
    assert!(client.round().await.unwrap().is_complete());
    assert_eq!(value(&client, "./Settings/colour"), "red");
    for (command, status) in [
        ("Get ./DMAcc/a/Name", 200),
        ("Get ./DMAcc/a/AppAuth/1/AAuthSecret", 405),
        ("Get ./FUMO/firmware/State", 200),
    ] {
        assert_eq!(a.status(command), Some(status), "{command}");
    }
    for (command, status) in [
        ("Get ./Settings/colour", 425),
        ("Replace ./Settings/colour", 425),
        ("Get ./DMAcc/a/Name", 425),
        ("Get ./DMAcc/b/Name", 200),
        ("Get ./FUMO/firmware/State", 425),
        ("Exec ./FUMO/firmware/Update", 425),
        ("Get ./DevInfo/DevId", 200),
    ] {
        assert_eq!(b.status(command), Some(status), "{command}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_wrong_credentials_has_nothing_done() {
    let server = DmServer::start("a", "not a's secret").await;
    let device = Managed::new(&[("a", &server.url)]);
    let commands = || {
        vec![
            add("./Settings", None),
            get("./DevInfo/Man"),
            replace(
                "./FUMO/firmware/DownloadAndUpdate/PkgURL",
                "http://127.0.0.1:1/",
            ),
            exec("DownloadAndUpdate", "x"),
        ]
    };
    server.plan(commands());
    let mut client = device.open();
    let report = client
        .session(&"./DMAcc/a".parse().unwrap(), Initiation::Client)
        .await
        .unwrap();
    // Refused, this server gives up by itself.
    assert_eq!(report.ended, Ended::Aborted(AbortReason::ByPeer));
    assert!(report.executed.is_empty(), "{:?}", report.executed);
    assert!(
        client
            .tree()
            .names(&"./Settings".parse().unwrap())
            .is_empty()
    );
    assert_eq!(client.firmware().unwrap().number(), 10);
    assert!(server.seen().results.is_empty());
    // Nor does it take a result away that is due to the real one.
    assert!(!client.has_report());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_fails_at_first_is_asked_again() {
    let server = DmServer::start("a", "a secret").await;
    let device = Managed::new(&[("a", &server.url)]);
    server.fail_first(2);
    server.plan(vec![add("./Settings", None)]);
    assert!(device.open().round().await.unwrap().is_complete());
    assert_eq!(server.status("Add ./Settings"), Some(200));
    server.fail_first(100);
    let round = device.open().round().await.unwrap();
    let (_, held) = &round.sessions[0];
    let timed_out = Ended::Aborted(AbortReason::TimedOut);
    assert_eq!(held.as_ref().unwrap().ended, timed_out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_has_the_number_of_its_notification() {
    let server = DmServer::start("a", "a secret").await;
    let device = Managed::new(&[("a", &server.url)]);
    let mut client = device.open();
    let asked = Initiation::Server(SessionId(0x2a7));
    let report = client.session(&"./DMAcc/a".parse().unwrap(), asked).await;
    assert!(report.unwrap().is_finished());
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_only_where_it_is_allowed() {
    let server = DmServer::start("a", "a secret").await;
    let device = Managed::new(&[("a", &server.url)]);
    let mut client = device.with(|config| config.allow_http = false);
    let round = client.round().await.unwrap();
    let (_, held) = &round.sessions[0];
    let error = held.as_ref().unwrap_err();
    assert!(error.to_string().contains("HTTP is not allowed"), "{error}");
    assert_eq!(server.seen().requests, 0, "not one octet");
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_that_would_show_secrets_or_trust_anybody_are_refused() {
    let key =
        |device: &Managed| NodeKey::create(&device.dir.join("node.key"), &mut OsRandom).unwrap();
    let good = || account("a", "http://127.0.0.1:1/dm");
    let mut anybody = good();
    anybody.auth.retain(|auth| auth.level == AuthLevel::Client);
    let mut basic = good();
    basic.auth[0].type_ = AuthType::Basic;
    let mut other = good();
    other.addresses[0].address = "obex://somewhere".to_owned();
    for (what, account) in [("anybody", anybody), ("basic", basic), ("other", other)] {
        let device = Managed::empty();
        let made = setup(vec![("a".to_owned(), account)]).create(&device.dir, &key(&device));
        assert_eq!(made.unwrap_err().code(), "dm-account-unusable", "{what}");
    }
    let device = Managed::empty();
    let key = key(&device);
    let setup = setup(vec![("a".to_owned(), good())]);
    setup.create(&device.dir, &key).unwrap();
    let again = setup.create(&device.dir, &key).unwrap_err();
    assert!(again.to_string().contains("set up already"), "{again}");
}

/// Title, TStamp and VerNo are the tree's matter; they have to come back.
#[tokio::test(flavor = "multi_thread")]
async fn properties_of_nodes_stay_too_in_either_encoding() {
    for encoding in [Encoding::Wbxml, Encoding::Xml] {
        let server = DmServer::start("a", "a secret").await;
        let device = Managed::new(&[("a", &server.url)]);
        server.plan(vec![
            add("./Settings", None),
            add("./Settings/colour", Some("red")),
            replace("./Settings/colour", "blue"),
            replace("./Settings/colour?prop=Title", "The colour"),
        ]);
        let mut client = device.with(|config| config.encoding = encoding);
        assert!(client.round().await.unwrap().is_complete());
        let of = |client: &device::management::Client| -> Vec<_> {
            let nodes = client.tree().export();
            let nodes = nodes.filter(|(uri, _)| uri.to_string().starts_with("./Settings"));
            nodes
                .map(|(uri, node)| (uri.clone(), node.clone()))
                .collect()
        };
        let before = of(&client);
        drop(client);
        assert_eq!(of(&device.open()), before);
        let (_, colour) = &before[1];
        assert_eq!(colour.title(), Some("The colour"));
        assert!(colour.changed().is_some() && colour.ver_no() > 0);
        assert_eq!(server.seen().encodings, [encoding].into());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_at_a_time_works_on_a_device() {
    let device = Managed::new(&[("a", "http://127.0.0.1:1/dm")]);
    let client = device.open();
    let second = device::management::Client::open(&device.dir, config(&device.dir));
    let error = second.err().unwrap().to_string();
    assert!(error.contains("another process"), "{error}");
    drop(client);
    device.open();
}

/// A vendor's object with one leaf, whose value it gives for the store.
#[derive(Clone, Default)]
struct Lamp(Arc<Mutex<Vec<u8>>>);

impl ManagementObject for Lamp {
    fn lookup(&self, path: &[&str]) -> Option<ObjectNode> {
        (path == ["colour"]).then(|| ObjectNode {
            interior: false,
            acl: None,
            access: Rights::of(&[Right::Get, Right::Replace]),
        })
    }

    fn children(&self, _: &[&str]) -> Vec<String> {
        vec!["colour".to_owned()]
    }

    fn get(&self, _: &[&str]) -> Result<Value, dm::Error> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        Ok(Value::text(text))
    }

    fn replace(&mut self, _: &[&str], new: Overwrite) -> Result<(), dm::Error> {
        *self.0.lock().unwrap() = new.data.expose().clone();
        Ok(())
    }
}

impl VendorObject for Lamp {
    fn uri(&self) -> NodeUri {
        "./Vendor/Acme/Lamp".parse().unwrap()
    }

    fn type_(&self) -> String {
        "com.acme/1.0/Lamp".to_owned()
    }

    fn acl(&self) -> Option<Acl> {
        let server = "a".parse().unwrap();
        Some(Acl::only(&server, &[Right::Get, Right::Replace]))
    }

    fn object(
        &mut self,
        stored: Option<&SecretBytes>,
    ) -> Result<Box<dyn ManagementObject>, dm::Error> {
        if let Some(stored) = stored {
            *self.0.lock().unwrap() = stored.expose().clone();
        }
        Ok(Box::new(self.clone()))
    }

    fn snapshot(&self) -> Option<SecretBytes> {
        Some(SecretBytes::new(self.0.lock().unwrap().clone()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_s_object_is_stored_with_the_tree() {
    let server = DmServer::start("a", "a secret").await;
    let device = Managed::new(&[("a", &server.url)]);
    server.plan(vec![replace("./Vendor/Acme/Lamp/colour", "amber")]);
    let with_lamp = || device.with(|config| config.objects.push(Box::new(Lamp::default())));
    assert!(with_lamp().round().await.unwrap().is_complete());
    // A start without the object loses nothing of it.
    device.open();
    let client = with_lamp();
    assert_eq!(value(&client, "./Vendor/Acme/Lamp/colour"), "amber");
    assert_eq!(
        server.status("Replace ./Vendor/Acme/Lamp/colour"),
        Some(200)
    );
}

/// OMA DM TND 1.2 clause 7.7.1.4: without its account a server has no rights left,
/// whoever removed the account.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_an_account_is_in_no_acl() {
    for by_server in [false, true] {
        let a = DmServer::start("a", "a secret").await;
        let b = DmServer::start("b", "b secret").await;
        let device = Managed::new(&[("a", &a.url), ("b", &b.url)]);
        a.plan(vec![add("./Settings", None), get("./DMAcc/a/Name")]);
        let mut client = device.open();
        client.round().await.unwrap();
        let acl = |client: &device::management::Client, uri: &str| {
            let uri: NodeUri = uri.parse().unwrap();
            let node = client.tree().export().find(|(at, _)| **at == uri);
            node.unwrap().1.acl().map(ToString::to_string)
        };
        for uri in ["./Settings", "./FUMO/firmware"] {
            let before = acl(&client, uri).unwrap();
            assert!(before.contains("=a"), "{uri}: {before}");
        }
        if by_server {
            a.plan(vec![Request::Delete {
                target: "./DMAcc/a".to_owned(),
            }]);
            client
                .session(&"./DMAcc/a".parse().unwrap(), Initiation::Client)
                .await
                .unwrap();
            assert_eq!(a.status("Delete ./DMAcc/a"), Some(200));
        } else {
            client.remove_account(&"a".parse().unwrap()).unwrap();
            let again = client.remove_account(&"a".parse().unwrap());
            assert!(matches!(again, Err(device::Error::Account(_))));
        }
        drop(client);
        let client = device.open();
        let servers: Vec<String> = client
            .accounts()
            .into_iter()
            .map(|(_, server)| server.to_string())
            .collect();
        assert_eq!(servers, ["b"]);
        for (uri, node) in client.tree().export() {
            let acl = node.acl().map(ToString::to_string).unwrap_or_default();
            let names: Vec<&str> = acl.split(['&', '=', '+']).collect();
            assert!(!names.contains(&"a"), "{uri}: {acl}");
        }
        assert!(
            client
                .tree()
                .value(&"./DMAcc/a/Name".parse().unwrap())
                .is_err()
        );
    }
}
