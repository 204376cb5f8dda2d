//! DM accounts, DevInfo and DevDetail as static nodes (OMA DM StdObj 1.2
//! clause 5.3): what stands where, who may read and write it, and what is read
//! back.

use dm::Error;
use dm::auth::{Nonce, Scheme};
use dm::bootstrap::ProvisioningDoc;
use dm::objects::dev_detail::DevDetail;
use dm::objects::dev_info::DevInfo;
use dm::objects::dm_account::{Account, Address, AddressType, AuthLevel, AuthSetting, AuthType};
use dm::server::{self, Request};
use dm::tree::{Acl, Node, NodeUri, Right, Rights, ServerId, Tree, TreeLimits, Value};
use secret::SecretBytes;

use crate::kit::{
    Talk, get, id, idle_client, in_batches, over, plain_client, plain_server, text, uri,
};

fn secret(text: &str) -> Option<SecretBytes> {
    Some(SecretBytes::new(text.as_bytes().to_vec()))
}

fn setting(level: AuthLevel, type_: AuthType) -> AuthSetting {
    AuthSetting {
        level,
        type_,
        name: Some(format!("name {}", level.as_str())),
        secret: secret("a secret"),
        data: secret("nonce"),
    }
}

fn account(server: &str) -> Account {
    Account {
        server_id: id(server),
        name: Some("An Operator".to_owned()),
        preferred_connection: Some("./NAP/main".to_owned()),
        connections: vec!["./NAP/main".to_owned(), "./NAP/other".to_owned()],
        addresses: vec![
            Address {
                address: format!("https://{server}/dm"),
                type_: AddressType::Uri,
                ports: vec![443, 8443],
            },
            Address {
                address: "2001:db8::1".to_owned(),
                type_: AddressType::IpV6,
                ports: Vec::new(),
            },
        ],
        preferred_auth: Some(AuthType::Digest),
        auth: vec![
            setting(AuthLevel::Client, AuthType::Digest),
            setting(AuthLevel::Server, AuthType::Basic),
        ],
        transport: None,
        pin: None,
    }
}

fn empty_tree() -> Tree {
    let root = Acl::everybody(&[Right::Add, Right::Get]);
    Tree::new(root, TreeLimits::default())
}

const A: &str = "./DMAcc/a";

fn tree_with(servers: &[(&str, &str)]) -> Tree {
    let mut tree = empty_tree();
    for (at, server) in servers {
        account(server).write(&mut tree, &uri(at)).unwrap();
    }
    tree
}

fn status<T>(outcome: Result<T, Error>) -> u16 {
    outcome.map_or_else(|error| error.status().0, |_| 200)
}

fn leaf(tree: &Tree, at: &str) -> Vec<u8> {
    tree.value(&uri(at)).unwrap().data().to_vec()
}

#[test]
fn an_account_stands_in_the_standard_nodes() {
    let tree = tree_with(&[(A, "op.a")]);
    let nodes: Vec<String> = tree
        .leaves(&uri(A))
        .iter()
        .map(|(at, _)| at.to_string().split_off(A.len() + 1))
        .collect();
    let wanted = [
        "AAuthPref",
        "AppAddr/1/Addr",
        "AppAddr/1/AddrType",
        "AppAddr/1/Port/1/PortNbr",
        "AppAddr/1/Port/2/PortNbr",
        "AppAddr/2/Addr",
        "AppAddr/2/AddrType",
        "AppAuth/1/AAuthData",
        "AppAuth/1/AAuthLevel",
        "AppAuth/1/AAuthName",
        "AppAuth/1/AAuthSecret",
        "AppAuth/1/AAuthType",
        "AppAuth/2/AAuthData",
        "AppAuth/2/AAuthLevel",
        "AppAuth/2/AAuthName",
        "AppAuth/2/AAuthSecret",
        "AppAuth/2/AAuthType",
        "AppID",
        "Name",
        "PrefConRef",
        "ServerID",
        "ToConRef/1/ConRef",
        "ToConRef/2/ConRef",
    ];
    assert_eq!(nodes, wanted);
    assert_eq!(leaf(&tree, "./DMAcc/a/AppID"), b"w7");
    assert_eq!(leaf(&tree, "./DMAcc/a/ServerID"), b"op.a");
    assert_eq!(leaf(&tree, "./DMAcc/a/AppAuth/1/AAuthLevel"), b"CLCRED");
    assert_eq!(leaf(&tree, "./DMAcc/a/AppAuth/2/AAuthLevel"), b"SRVCRED");
    assert_eq!(leaf(&tree, "./DMAcc/a/AppAuth/1/AAuthType"), b"DIGEST");
    assert_eq!(leaf(&tree, "./DMAcc/a/AppAddr/2/AddrType"), b"IPv6");
    let bin = tree.value(&uri("./DMAcc/a/AppAuth/1/AAuthData")).unwrap();
    assert_eq!(bin.format().to_string(), "bin");
}

#[test]
fn accounts_side_by_side_are_read_back() {
    let tree = tree_with(&[(A, "op.a"), ("./DMAcc/b", "op.b"), ("./DMAcc/c", "op.c")]);
    let all = Account::all(&tree);
    let servers: Vec<String> = all
        .iter()
        .map(|(at, account)| format!("{at} {}", account.as_ref().unwrap().server_id))
        .collect();
    assert_eq!(
        servers,
        ["./DMAcc/a op.a", "./DMAcc/b op.b", "./DMAcc/c op.c"]
    );
    let read = all.into_iter().next().unwrap().1.unwrap();
    let wrote = account("op.a");
    assert_eq!(read.name, wrote.name);
    assert_eq!(read.preferred_connection, wrote.preferred_connection);
    assert_eq!(read.connections, wrote.connections);
    assert_eq!(read.addresses, wrote.addresses);
    assert_eq!(read.preferred_auth, wrote.preferred_auth);
    assert_eq!(read.auth.len(), 2);
    let client = read.auth(AuthLevel::Client).unwrap();
    assert_eq!(client.type_, AuthType::Digest);
    assert!(
        client
            .secret
            .as_ref()
            .unwrap()
            .ct_eq(&secret("a secret").unwrap())
    );
    assert_eq!(client.nonce().unwrap().octets(), b"nonce");
    let credentials = client.credentials().unwrap();
    assert_eq!(credentials.user(), "name CLCRED");
    assert_eq!(credentials.scheme(), Scheme::Md5);
    let server = read.auth(AuthLevel::Server).unwrap();
    assert_eq!(server.credentials().unwrap().scheme(), Scheme::Basic);
    assert!(read.auth(AuthLevel::Http).is_none());
    // The tree comes back from a store.
    let nodes: Vec<(NodeUri, Node)> = tree
        .export()
        .map(|(at, node)| (at.clone(), node.clone()))
        .collect();
    let tree = Tree::import(nodes, TreeLimits::default()).unwrap();
    assert!(
        Account::all(&tree)
            .iter()
            .all(|(_, account)| account.is_ok())
    );
    assert_eq!(Account::all(&tree).len(), 3);
}

#[test]
fn ten_lists_keep_their_order() {
    let mut many = account("op.a");
    many.connections = (1..=12).map(|number| format!("nap {number}")).collect();
    let mut tree = empty_tree();
    many.write(&mut tree, &uri(A)).unwrap();
    assert_eq!(
        Account::read(&tree, &uri(A)).unwrap().connections,
        many.connections
    );
}

#[test]
fn another_server_can_neither_read_nor_write() {
    let mut tree = tree_with(&[(A, "op.a"), ("./DMAcc/b", "op.b")]);
    let nodes: Vec<NodeUri> = tree
        .export()
        .map(|(at, _)| at.clone())
        .filter(|at| *at == uri(A) || at.below(&uri(A)).is_some())
        .collect();
    assert!(nodes.len() > 20);
    for other in ["op.b", "op.a2", "op", "OP.A"] {
        let other = id(other);
        for at in &nodes {
            assert_eq!(status(tree.get(&other, at)), 425, "{at}");
            assert_eq!(status(tree.replace(&other, at, over("x"))), 425, "{at}");
            assert_eq!(status(tree.delete(&other, at)), 425, "{at}");
            assert_eq!(status(tree.exec(&other, at, &Default::default())), 425);
            let below = at.child("new").unwrap();
            assert_eq!(status(tree.add(&other, &below, text("x"))), 425, "{at}");
        }
        // Nor does it put one of its own beside.
        let new = uri("./DMAcc/new");
        assert_eq!(status(tree.add(&other, &new, crate::kit::interior())), 405);
        assert_eq!(status(tree.delete(&other, &uri("./DMAcc"))), 425);
    }
    assert!(Account::read(&tree, &uri(A)).is_ok());
}

#[test]
fn the_account_s_server_reads_all_but_the_secrets() {
    let mut tree = tree_with(&[(A, "op.a")]);
    let own = id("op.a");
    for (at, _) in tree.leaves(&uri(A)) {
        let name = at.name().unwrap();
        let secret = ["AAuthSecret", "AAuthData"].contains(&name);
        let fixed = ["AppID", "ServerID", "AAuthLevel", "AAuthType"].contains(&name);
        let read = if secret { 405 } else { 200 };
        assert_eq!(status(tree.get(&own, &at)), read, "{at}");
        let mut copy = tree_with(&[(A, "op.a")]);
        let written = if fixed { 405 } else { 200 };
        assert_eq!(status(copy.replace(&own, &at, over("1"))), written, "{at}");
        assert_eq!(status(copy.delete(&own, &at)), 405, "{at}");
    }
    let secret = uri("./DMAcc/a/AppAuth/1/AAuthSecret");
    tree.replace(&own, &secret, over("new secret")).unwrap();
    let account = Account::read(&tree, &uri(A)).unwrap();
    let new = account.auth(AuthLevel::Client).unwrap().secret.as_ref();
    assert_eq!(new.unwrap().expose(), b"new secret");
    // StdObj appendix B: Get, Replace and Delete.
    tree.delete(&own, &uri(A)).unwrap();
    assert!(Account::all(&tree).is_empty());
}

/// Takes nodes away or puts others in their place.
fn broken(change: impl FnOnce(&mut Tree)) -> u16 {
    let mut tree = tree_with(&[(A, "op.a"), ("./DMAcc/b", "op.b")]);
    change(&mut tree);
    let all = Account::all(&tree);
    assert!(all[1].1.is_ok(), "the other account is well");
    let error = all[0].1.as_ref().err().unwrap();
    assert_eq!(error.code(), "dm-account-incomplete");
    error.status().0
}

#[test]
fn an_incomplete_account_is_refused() {
    let without = [
        "AppID",
        "ServerID",
        "AppAddr",
        "AppAddr/1/Addr",
        "AppAddr/1/Port/1/PortNbr",
        "AppAuth/1/AAuthLevel",
        "AppAuth/1/AAuthType",
        "AppAuth/1/AAuthName",
        "AppAuth/1/AAuthSecret",
        "ToConRef/1/ConRef",
    ];
    for node in without {
        let code = broken(|tree| assert!(tree.remove(&uri(&format!("{A}/{node}"))).unwrap()));
        assert_eq!(code, 400, "{node}");
    }
    let values = [
        ("AppID", "w2"),
        ("ServerID", ""),
        ("ServerID", "a b"),
        ("AAuthPref", "ROT13"),
        ("AppAddr/1/Addr", ""),
        ("AppAddr/1/Addr", "https://a b"),
        ("AppAddr/1/AddrType", "IPv4"),
        ("AppAddr/1/AddrType", "IPX"),
        ("AppAddr/1/Port/1/PortNbr", "65536"),
        ("AppAddr/1/Port/1/PortNbr", "https"),
        ("AppAuth/1/AAuthLevel", "APPSRV"),
        ("AppAuth/1/AAuthLevel", "SRVCRED"),
        ("AppAuth/1/AAuthLevel", "HTTP"),
        ("AppAuth/1/AAuthType", "MD5"),
        ("AppAuth/1/AAuthType", "HTTP-BASIC"),
        ("AppAuth/1/AAuthName", ""),
        ("AppAuth/1/AAuthSecret", ""),
    ];
    for (node, value) in values {
        let leaf = Node::leaf(Value::text(value));
        let code = broken(|tree| tree.put(uri(&format!("{A}/{node}")), leaf).unwrap());
        assert_eq!(code, 400, "{node} {value}");
    }
    let latin = Node::leaf(Value::octets(vec![0xe4]));
    broken(|tree| tree.put(uri("./DMAcc/a/Name"), latin).unwrap());
    let long = Node::leaf(Value::octets(vec![b'n'; 257]));
    broken(|tree| {
        tree.put(uri("./DMAcc/a/AppAuth/1/AAuthData"), long)
            .unwrap()
    });
    broken(|tree| {
        tree.put(uri("./DMAcc/a/AppAuth/9"), Node::leaf(Value::text("x")))
            .unwrap();
    });
    broken(|tree| {
        tree.remove(&uri("./DMAcc/a/Name")).unwrap();
        tree.put(uri("./DMAcc/a/Name"), Node::interior()).unwrap();
    });
}

#[test]
fn what_may_be_left_out() {
    let mut tree = tree_with(&[(A, "op.a")]);
    for node in [
        "Name",
        "PrefConRef",
        "ToConRef",
        "AAuthPref",
        "AppAuth",
        "AppAddr/1/Port",
    ] {
        assert!(tree.remove(&uri(&format!("{A}/{node}"))).unwrap());
    }
    // No value is URI.
    tree.remove(&uri("./DMAcc/a/AppAddr/1/AddrType")).unwrap();
    let account = Account::read(&tree, &uri(A)).unwrap();
    assert_eq!(account.addresses[0].type_, AddressType::Uri);
    assert!(account.auth.is_empty());
    let empty = || Node::leaf(Value::text(""));
    tree.put(uri("./DMAcc/a/AppAddr/1/AddrType"), empty())
        .unwrap();
    tree.put(uri("./DMAcc/a/AAuthPref"), empty()).unwrap();
    let account = Account::read(&tree, &uri(A)).unwrap();
    assert_eq!(account.addresses[0].type_, AddressType::Uri);
    assert_eq!(account.preferred_auth, None);
    // The transport, or a certificate, proves it.
    for (level, type_) in [
        (AuthLevel::Client, AuthType::Transport),
        (AuthLevel::Http, AuthType::Transport),
        (AuthLevel::Client, AuthType::X509),
    ] {
        let bare = AuthSetting {
            level,
            type_,
            name: None,
            secret: None,
            data: None,
        };
        let account = Account {
            auth: vec![bare],
            ..account.clone()
        };
        account.write(&mut tree, &uri(A)).unwrap();
        let read = Account::read(&tree, &uri(A)).unwrap();
        let error = read.auth[0].credentials().err().unwrap();
        assert_eq!(error.code(), "dm-account-incomplete");
    }
}

#[test]
fn an_account_that_can_not_be_is_not_written() {
    let wrong: [fn(&mut Account); 6] = [
        |account| account.addresses.clear(),
        |account| account.addresses[0].address.clear(),
        |account| account.addresses[0].type_ = AddressType::IpV4,
        |account| account.auth[0].secret = None,
        |account| account.auth[0].type_ = AuthType::HttpDigest,
        |account| account.auth[1].level = AuthLevel::Client,
    ];
    for change in wrong {
        let mut account = account("op.a");
        change(&mut account);
        let mut tree = empty_tree();
        let before = tree.export().count();
        assert_eq!(status(account.write(&mut tree, &uri(A))), 400);
        assert_eq!(tree.export().count(), before);
    }
}

#[test]
fn an_account_is_written_whole_or_not_at_all() {
    let limits = TreeLimits {
        max_nodes: 20,
        ..TreeLimits::default()
    };
    let mut tree = Tree::new(Acl::everybody(&[Right::Get]), limits);
    let mut small = account("op.a");
    small.connections.clear();
    small.auth.truncate(1);
    small.addresses.truncate(1);
    small.addresses[0].ports.clear();
    small.write(&mut tree, &uri(A)).unwrap();
    let before: Vec<NodeUri> = tree.export().map(|(at, _)| at.clone()).collect();
    assert_eq!(status(account("op.b").write(&mut tree, &uri(A))), 420);
    assert_eq!(
        status(account("op.b").write(&mut tree, &uri("./DMAcc/b"))),
        420
    );
    let after: Vec<NodeUri> = tree.export().map(|(at, _)| at.clone()).collect();
    assert_eq!(before, after);
    assert_eq!(Account::read(&tree, &uri(A)).unwrap().server_id, id("op.a"));
    // Something new in its place leaves nothing of the old.
    let mut tree = tree_with(&[(A, "op.a")]);
    small.write(&mut tree, &uri(A)).unwrap();
    assert!(
        Account::read(&tree, &uri(A))
            .unwrap()
            .connections
            .is_empty()
    );
    assert_eq!(
        small.write(&mut tree, &uri("./a")).unwrap_err().code(),
        "dm-misuse"
    );
}

#[test]
fn nonces_are_stored_where_they_belong() {
    let mut tree = tree_with(&[(A, "op.a")]);
    let nonce = Nonce::from_octets(b"next".to_vec()).unwrap();
    Account::store_nonce(&mut tree, &uri(A), AuthLevel::Server, Some(&nonce)).unwrap();
    Account::store_nonce(&mut tree, &uri(A), AuthLevel::Client, None).unwrap();
    let account = Account::read(&tree, &uri(A)).unwrap();
    let of = |level| account.auth(level).unwrap().nonce();
    assert_eq!(of(AuthLevel::Server).unwrap().octets(), b"next");
    assert!(of(AuthLevel::Client).is_none());
    let own = id("op.a");
    let data = uri("./DMAcc/a/AppAuth/2/AAuthData");
    assert_eq!(status(tree.get(&own, &data)), 405);
    let none = Account::store_nonce(&mut tree, &uri(A), AuthLevel::Obex, Some(&nonce));
    assert_eq!(status(none), 404);
}

#[test]
fn a_provisioned_account_goes_into_the_tree() {
    let document = r#"<wap-provisioningdoc><characteristic type="APPLICATION">
        <parm name="APPID" value="w7"/><parm name="PROVIDER-ID" value="op.a"/>
        <parm name="NAME" value="Op"/><parm name="TO-NAPID" value="nap1"/>
        <characteristic type="APPADDR"><parm name="ADDR" value="https://a.test/dm"/>
        <characteristic type="PORT"><parm name="PORTNBR" value="443"/></characteristic>
        </characteristic>
        <characteristic type="APPAUTH"><parm name="AAUTHLEVEL" value="APPSRV"/>
        <parm name="AAUTHTYPE" value="DIGEST"/><parm name="AAUTHNAME" value="dev"/>
        <parm name="AAUTHSECRET" value="s1"/><parm name="AAUTHDATA" value="bm9uY2U="/>
        </characteristic>
        <characteristic type="APPAUTH"><parm name="AAUTHLEVEL" value="CLIENT"/>
        <parm name="AAUTHTYPE" value="DIGEST"/><parm name="AAUTHNAME" value="srv"/>
        <parm name="AAUTHSECRET" value="s2"/></characteristic>
        </characteristic></wap-provisioningdoc>"#;
    let limits = dm::bootstrap::DocumentLimits::default();
    let document = ProvisioningDoc::read(document.as_bytes(), &limits).unwrap();
    let provisioned = &document.accounts().unwrap()[0];
    let account = Account::try_from(provisioned).unwrap();
    let mut tree = empty_tree();
    account.write(&mut tree, &uri(A)).unwrap();
    let read = Account::read(&tree, &uri(A)).unwrap();
    assert_eq!(read.connections, ["nap1"]);
    assert_eq!(read.addresses[0].ports, [443]);
    let client = read.auth(AuthLevel::Client).unwrap();
    assert_eq!(client.name.as_deref(), Some("dev"));
    assert_eq!(client.nonce().unwrap().octets(), b"nonce");
    let server = read.auth(AuthLevel::Server).unwrap();
    assert_eq!(server.name.as_deref(), Some("srv"));
    let mut nameless = provisioned.clone();
    nameless.provider_id = None;
    assert!(Account::try_from(&nameless).is_err());
}

fn info() -> DevInfo {
    DevInfo {
        device_id: "urn:x-rehome:tre:acme:0011".to_owned(),
        manufacturer: "Acme".to_owned(),
        model: "M1".to_owned(),
        client_version: "rehome 1".to_owned(),
        language: "en".to_owned(),
    }
}

fn detail() -> DevDetail {
    DevDetail {
        device_type: "M2M".to_owned(),
        oem: "Acme".to_owned(),
        firmware: "1.0".to_owned(),
        software: "2.0".to_owned(),
        hardware: "3.0".to_owned(),
        large_objects: false,
    }
}

fn check_read_only(tree: &mut Tree, top: &str, by: &ServerId) {
    let nodes: Vec<(NodeUri, bool, Rights)> = tree
        .export()
        .filter(|(at, _)| at.to_string().starts_with(top))
        .map(|(at, node)| (at.clone(), node.is_permanent(), node.access()))
        .collect();
    assert!(nodes.len() > 5);
    for (at, permanent, access) in nodes {
        assert!(permanent, "{at}");
        assert_eq!(access, Rights::of(&[Right::Get]), "{at}");
        assert_eq!(status(tree.get(by, &at)), 200);
        assert_eq!(status(tree.replace(by, &at, over("x"))), 405);
        assert_eq!(status(tree.delete(by, &at)), 405);
        assert_eq!(
            status(tree.add(by, &at.child("new").unwrap(), text("x"))),
            405
        );
    }
}

#[test]
fn device_information_is_permanent_and_read_only() {
    // Every right by ACL: it is the AccessType that refuses.
    let mut tree = Tree::new(Acl::everybody(&Right::ALL), TreeLimits::default());
    info().write(&mut tree, &uri("./DevInfo")).unwrap();
    detail().write(&mut tree, &uri("./DevDetail")).unwrap();
    let by = id("op.a");
    check_read_only(&mut tree, "./DevInfo", &by);
    check_read_only(&mut tree, "./DevDetail", &by);
    let children = |at: &str| {
        let value = tree.get(&by, &uri(at)).unwrap();
        String::from_utf8(value.data().to_vec()).unwrap()
    };
    assert_eq!(children("./DevInfo"), "DevId/DmV/Lang/Man/Mod");
    let wanted = "DevTyp/FwV/HwV/LrgObj/OEM/SwV/URI";
    assert_eq!(children("./DevDetail"), wanted);
    assert_eq!(leaf(&tree, "./DevDetail/URI/MaxDepth"), b"32");
    assert_eq!(leaf(&tree, "./DevDetail/URI/MaxTotLen"), b"1024");
    assert_eq!(leaf(&tree, "./DevDetail/URI/MaxSegLen"), b"255");
    let large = tree.value(&uri("./DevDetail/LrgObj")).unwrap();
    assert_eq!(
        (large.data(), large.format().to_string()),
        (&b"false"[..], "bool".to_owned())
    );
    let updated = DevDetail {
        firmware: "1.1".to_owned(),
        ..detail()
    };
    updated.write(&mut tree, &uri("./DevDetail")).unwrap();
    assert_eq!(leaf(&tree, "./DevDetail/FwV"), b"1.1");
}

#[test]
fn a_device_has_a_name_of_its_own() {
    let mut tree = empty_tree();
    for wrong in [
        "",
        "device",
        "urn:",
        "urn:x",
        "urn:x:",
        "urn::y",
        "urn:x:y z",
        "IMEI:",
    ] {
        let info = DevInfo {
            device_id: wrong.to_owned(),
            ..info()
        };
        let error = info.write(&mut tree, &uri("./DevInfo")).unwrap_err();
        assert_eq!(error.code(), "dm-misuse", "{wrong}");
    }
    let info = DevInfo {
        device_id: "IMEI:493005100592800".to_owned(),
        ..info()
    };
    info.write(&mut tree, &uri("./DevInfo")).unwrap();
    let empty = DevInfo {
        language: String::new(),
        ..info
    };
    assert!(empty.write(&mut tree, &uri("./DevInfo")).is_err());
}

/// StdObj clause 5.3: servers support all three objects. One reads each of
/// their nodes that may be read, and writes an account's.
#[test]
fn a_server_reads_and_writes_the_three_objects() {
    let mut tree = tree_with(&[(A, "new.operator")]);
    info().write(&mut tree, &uri("./DevInfo")).unwrap();
    detail().write(&mut tree, &uri("./DevDetail")).unwrap();
    let at = |name: &str| format!("{A}/{name}");
    let asked = [
        ("./DevInfo/DevId".to_owned(), "urn:x-rehome:tre:acme:0011"),
        ("./DevInfo/Man".to_owned(), "Acme"),
        ("./DevDetail/FwV".to_owned(), "1.0"),
        ("./DevDetail/LrgObj".to_owned(), "false"),
        ("./DevDetail/URI/MaxDepth".to_owned(), "32"),
        (at("AppID"), "w7"),
        (at("ServerID"), "new.operator"),
        (at("AppAddr/1/Addr"), "https://new.operator/dm"),
        (at("AppAddr/1/Port/1/PortNbr"), "443"),
        (at("AppAuth/1/AAuthType"), "DIGEST"),
    ];
    let replace = |name: &str, value: Value| Request::Replace {
        target: at(name),
        value,
    };
    let nonce = Value::octets(b"another nonce".to_vec());
    let mut batch: Vec<Request> = asked.iter().map(|(at, _)| get(at)).collect();
    batch.extend([
        get(&at("AppAuth/1/AAuthSecret")),
        replace("Name", Value::text("Another")),
        replace("AppAuth/1/AAuthData", nonce),
    ]);
    let mut talk = Talk::new(plain_client(), plain_server(), tree);
    talk.run(&mut in_batches(vec![batch]), &mut idle_client);
    let info = talk.server_events.iter().find_map(|event| match event {
        server::Event::DeviceInfo(leaves) => Some(leaves.len()),
        _ => None,
    });
    assert_eq!(info, Some(5));
    let read: Vec<(String, String)> = talk
        .server_events
        .iter()
        .filter_map(|event| match event {
            server::Event::Results { source, value, .. } => {
                let text = String::from_utf8(value.data().to_vec()).unwrap();
                Some((source.clone().unwrap(), text))
            }
            _ => None,
        })
        .collect();
    let wanted: Vec<(String, String)> = asked
        .iter()
        .map(|(at, value)| (at.clone(), (*value).to_owned()))
        .collect();
    assert_eq!(read, wanted);
    let mut codes = vec![200; asked.len()];
    codes.push(405);
    assert_eq!(talk.command_codes("Get"), codes);
    assert_eq!(talk.command_codes("Replace"), [200, 200]);
    let account = Account::read(&talk.tree, &uri(A)).unwrap();
    assert_eq!(account.name.as_deref(), Some("Another"));
    let data = account.auth[0].data.as_ref().unwrap();
    assert_eq!(data.expose(), b"another nonce");
}
