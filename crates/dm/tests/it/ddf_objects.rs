//! The device descriptions in docs/ddf say what the objects do (OMA DM TND 1.2
//! clause 9.3: NodeName, AccessType, DFFormat, DFType).

use std::collections::BTreeMap;

use dm::ddf;
use dm::objects::dev_detail::DevDetail;
use dm::objects::dev_info::DevInfo;
use dm::objects::dm_account::{
    Account, Address, AddressType, AuthLevel, AuthSetting, AuthType, TransportKey,
};
use dm::objects::fumo::Fumo;
use dm::objects::nap::{Nap, NapLogin};
use dm::objects::scomo::{Component, Scomo, Target};
use dm::tree::{Acl, Execution, Node, Overwrite, Right, Tree, TreeLimits};
use quick_xml::events::Event;
use secret::SecretBytes;
use syncml::Format;

use crate::kit::{id, interior, text, uri};

/// Where the descriptions are.
const DIR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/ddf");

#[derive(Debug, Default, PartialEq, Eq)]
struct Described {
    access: Vec<String>,
    format: String,
    type_: String,
}

/// The nodes of a description by path; unnamed ones are `*`.
fn described(file: &str) -> BTreeMap<String, Described> {
    let document = std::fs::read_to_string(format!("{DIR}/{file}.ddf.xml")).unwrap();
    let mut reader = quick_xml::Reader::from_str(&document);
    reader.config_mut().expand_empty_elements = true;
    let (mut nodes, mut path, mut open) = (BTreeMap::new(), Vec::new(), Vec::<String>::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => {
                let name = tag.name().as_ref().to_owned();
                let above = open.last().cloned().unwrap_or_default();
                if name == "Node" {
                    path.push("*".to_owned());
                } else if ["AccessType", "DFFormat"].contains(&above.as_str()) {
                    let node: &mut Described = nodes.entry(path.join("/")).or_default();
                    match above.as_str() {
                        "AccessType" => node.access.push(name.clone()),
                        _ => node.format = name.clone(),
                    }
                }
                open.push(name);
            }
            Event::Text(text) => {
                let text = (*text).to_owned();
                match open.last().map(String::as_str) {
                    Some("NodeName") => *path.last_mut().unwrap() = text,
                    Some("DDFName") => {
                        let node: &mut Described = nodes.entry(path.join("/")).or_default();
                        node.type_ = text;
                    }
                    _ => {}
                }
            }
            Event::End(_) if open.pop().as_deref() == Some("Node") => drop(path.pop()),
            Event::Eof => return nodes,
            _ => {}
        }
    }
}

/// Whether the node takes the command, well or not. ACLs give every right but
/// those that an account withholds.
fn takes<T>(outcome: Result<T, dm::Error>) -> bool {
    outcome.map_or_else(|error| ![405, 425].contains(&error.status().0), |_| true)
}

/// Every node below and at `top`, told from what commands it takes.
fn found(make: &dyn Fn() -> Tree, top: &str, account: Option<&str>) -> BTreeMap<String, Described> {
    let by = id(account.unwrap_or("s"));
    let mut open = vec![top.to_owned()];
    let mut nodes = BTreeMap::new();
    while let Some(at) = open.pop() {
        let node = uri(&format!("./{at}"));
        let value = make().get(&by, &node);
        let mut access = Vec::new();
        if takes(make().delete(&by, &node)) {
            access.push("Delete".to_owned());
        }
        if takes(make().exec(&by, &node, &Execution::default())) {
            access.push("Exec".to_owned());
        }
        if value.is_ok() {
            access.push("Get".to_owned());
        }
        let new = Overwrite {
            format: None,
            type_: None,
            data: SecretBytes::new(b"1".to_vec()),
        };
        if takes(make().replace(&by, &node, new)) {
            access.push("Replace".to_owned());
        }
        let format = make().value(&node).map(|value| value.format().to_string());
        let mut found = Described {
            access,
            ..Described::default()
        };
        match value {
            Ok(value) if value.format().to_string() == "node" => {
                found.format = "node".to_owned();
                let names = String::from_utf8(value.data().to_vec()).unwrap();
                let names = names.split('/').filter(|name| !name.is_empty());
                open.extend(names.map(|name| format!("{at}/{name}")));
            }
            // Not even the device reads some leaves of objects.
            _ => found.format = format.unwrap_or_default(),
        }
        nodes.insert(at, found);
    }
    nodes
}

/// Compares all but Add, which a description has at the new node and the tree
/// at its parent. `unnamed` are the names that stand for `*`.
fn compare(file: &str, tree: &dyn Fn() -> Tree, top: &str, unnamed: &[&str], by: Option<&str>) {
    let mut wanted = described(file);
    for (path, node) in &mut wanted {
        node.access.retain(|command| command != "Add");
        if !node.type_.is_empty() {
            let at = path.replace('*', unnamed.first().copied().unwrap_or_default());
            let tree = tree();
            let mut nodes = tree.export();
            let (_, found) = nodes
                .find(|(uri, _)| uri.to_string() == format!("./{at}"))
                .unwrap();
            let type_ = Some(node.type_.clone());
            assert_eq!(*found.kind(), dm::tree::NodeKind::Interior { type_ });
            node.type_.clear();
        }
    }
    let mut got = BTreeMap::new();
    for (at, node) in found(tree, top, by) {
        let path: Vec<&str> = at
            .split('/')
            .map(|name| if unnamed.contains(&name) { "*" } else { name })
            .collect();
        let path = path.join("/");
        let Some(wanted) = wanted.get(&path) else {
            panic!("{file} does not describe {at}");
        };
        assert_eq!(node.access, wanted.access, "{file} {at}");
        if !node.format.is_empty() {
            assert_eq!(node.format, wanted.format, "{file} {at}");
        }
        got.insert(path, ());
    }
    for path in wanted.keys() {
        assert!(got.contains_key(path), "{file} describes {path}");
    }
}

fn tree() -> Tree {
    Tree::new(Acl::everybody(&Right::ALL), TreeLimits::default())
}

#[test]
fn device_information() {
    let info = || {
        let mut tree = tree();
        let text = || "x".to_owned();
        let info = DevInfo {
            device_id: "urn:x:y".to_owned(),
            manufacturer: text(),
            model: text(),
            client_version: text(),
            language: text(),
        };
        info.write(&mut tree, &uri("./DevInfo")).unwrap();
        let detail = DevDetail {
            device_type: text(),
            oem: text(),
            firmware: text(),
            software: text(),
            hardware: text(),
            large_objects: true,
        };
        detail.write(&mut tree, &uri("./DevDetail")).unwrap();
        tree
    };
    compare("devinfo", &info, "DevInfo", &[], None);
    // Its limits of URIs are numbers in text.
    compare("devdetail", &info, "DevDetail", &[], None);
}

#[test]
fn accounts() {
    let make = || {
        let mut tree = tree();
        let octets = || Some(SecretBytes::new(b"x".to_vec()));
        let account = Account {
            server_id: id("op.a"),
            name: Some("A".to_owned()),
            preferred_connection: Some("c".to_owned()),
            connections: vec!["c".to_owned()],
            addresses: vec![Address {
                address: "https://a.test/".to_owned(),
                type_: AddressType::Uri,
                ports: vec![443],
            }],
            preferred_auth: Some(AuthType::Digest),
            auth: vec![AuthSetting {
                level: AuthLevel::Client,
                type_: AuthType::Digest,
                name: Some("n".to_owned()),
                secret: octets(),
                data: octets(),
            }],
            transport: Some(TransportKey::Psk {
                identity: "i".to_owned(),
                key: SecretBytes::new(vec![1; 16]),
            }),
            pin: Some("spki:0".to_owned()),
        };
        account.write(&mut tree, &uri("./DMAcc/1")).unwrap();
        let account = Account {
            transport: Some(TransportKey::Certificate {
                chain: "c".to_owned(),
                key: SecretBytes::new(b"k".to_vec()),
            }),
            ..account
        };
        account.write(&mut tree, &uri("./DMAcc/2")).unwrap();
        tree
    };
    compare("dmacc", &make, "DMAcc", &["1", "2"], Some("op.a"));
}

#[test]
fn network_access_points() {
    let make = || {
        let mut tree = tree();
        let text = |text: &str| Some(text.to_owned());
        let nap = Nap {
            id: "NAP1".to_owned(),
            name: text("n"),
            address: text("apn"),
            address_type: text("APN"),
            bearer: text("GSM-GPRS"),
            auth: Some(NapLogin {
                type_: "PAP".to_owned(),
                name: text("u"),
                secret: Some(SecretBytes::new(b"p".to_vec())),
            }),
        };
        nap.write(&mut tree, &uri("./NAP/1"), &[id("op.a")])
            .unwrap();
        tree
    };
    compare("nap", &make, "NAP", &["1"], Some("op.a"));
}

#[test]
fn firmware() {
    let make = || {
        let mut tree = tree();
        let get = dm::tree::Rights::of(&[Right::Get]);
        let node = Node::interior().permanent().taking(get);
        tree.put(uri("./FUMO"), node).unwrap();
        let fumo = Fumo::new(uri("./FUMO/x"));
        let text = || Some("1".to_owned());
        fumo.describe(text(), text()).unwrap();
        fumo.mount(&mut tree, None).unwrap();
        tree
    };
    compare("fumo", &make, "FUMO", &["x"], None);
}

#[test]
fn software() {
    let make = || {
        let mut tree = tree();
        let scomo = Scomo::new(uri("./SCOMO"));
        scomo.mount(&mut tree, None).unwrap();
        let by = id("s");
        let at = "./SCOMO/Download/x";
        tree.add(&by, &uri(at), interior()).unwrap();
        let leaves = [("PkgID", "1"), ("Name", "1"), ("PkgURL", "https://h/")];
        for (leaf, value) in leaves {
            let at = uri(&format!("{at}/{leaf}"));
            tree.add(&by, &at, text(value)).unwrap();
        }
        let fetch = uri(&format!("{at}/Operations/Download"));
        tree.exec(&by, &fetch, &Execution::default()).unwrap();
        let package = Target::Package("x".to_owned());
        scomo.handle_downloaded(&package).unwrap();
        scomo.handle_verified(&package).unwrap();
        let text = || Some("1".to_owned());
        let component = Component {
            node: "x".to_owned(),
            id: "1".to_owned(),
            name: text(),
            version: text(),
            package: text(),
            active: false,
        };
        scomo.put_component(component).unwrap();
        tree
    };
    compare("scomo", &make, "SCOMO", &["x"], None);
}

/// What the published descriptions say of the standard objects; the file says
/// where each row is from.
const STANDARD: &str = include_str!("../../../../vectors/oma-dm/standard-objects.toml");

const FILES: [&str; 8] = [
    "devdetail",
    "devinfo",
    "dmacc",
    "fumo",
    "m2mcimm",
    "m2mm",
    "nap",
    "scomo",
];

fn standard() -> toml::Table {
    STANDARD.parse().unwrap()
}

fn texts(row: &toml::Value, key: &str) -> Vec<String> {
    let all = row.get(key).and_then(toml::Value::as_array);
    let all = all.into_iter().flatten();
    all.map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// StdObj clause 5.1.2: commands may be added to a standard node, and none is
/// taken away; the nodes are all there, in their formats.
#[test]
fn no_command_of_a_standard_node_is_taken_away() {
    let standard = standard();
    for object in ["DMAcc", "DevInfo", "DevDetail"] {
        let object = &standard[object];
        let ours = described(object["file"].as_str().unwrap());
        let root = object["root"].as_str().unwrap();
        for row in object["nodes"].as_array().unwrap() {
            let path = match row["path"].as_str().unwrap() {
                "" => root.to_owned(),
                path => format!("{root}/{path}"),
            };
            let Some(node) = ours.get(&path) else {
                panic!("no {path}");
            };
            assert_eq!(node.format, row["format"].as_str().unwrap(), "{path}");
            for command in texts(row, "access") {
                assert!(node.access.contains(&command), "{path} without {command}");
            }
            for command in texts(row, "never") {
                assert!(!node.access.contains(&command), "{path} with {command}");
            }
        }
    }
}

/// All nodes of a description with where they are.
fn each(nodes: &[ddf::Described], at: &str, visit: &mut dyn FnMut(&str, &ddf::Described)) {
    for node in nodes {
        let at = format!("{at}/{}", node.name.as_deref().unwrap_or("*"));
        visit(&at, node);
        each(&node.children, &at, visit);
    }
}

/// TND clauses 9.4.1.1, 9.4.1.2, 9.4.2.14, 9.4.3.4 and 9.4.3.8: root and version,
/// and for each node a format and a type that fit what it is. The media types
/// are of IANA's registry (RFC 2046 clauses 4.1.3 and 4.5.1).
#[test]
fn every_description_is_of_version_1_2_and_its_formats_fit() {
    let there: Vec<String> = std::fs::read_dir(DIR)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(there.len(), FILES.len(), "{there:?}");
    for file in FILES {
        let text = std::fs::read_to_string(format!("{DIR}/{file}.ddf.xml")).unwrap();
        let limits = syncml::Limits::default();
        let root = syncml::xml::read_tree(text.as_bytes(), &limits).unwrap();
        assert_eq!(root.name, "MgmtTree", "{file}");
        let version = root.children().next().unwrap();
        let version = (version.name.as_str(), version.text());
        assert_eq!(version, ("VerDTD", "1.2".to_owned()), "{file}");
        let read = ddf::read(&text, &ddf::TreeDocumentLimits::default()).unwrap();
        let mut seen = 0;
        each(&read.nodes, file, &mut |at, node| {
            seen += 1;
            match &node.type_ {
                ddf::DfType::DdfName(_) => {
                    assert_eq!(node.format, Format::Node, "{at}");
                }
                ddf::DfType::Mime(types) => {
                    assert_ne!(node.format, Format::Node, "{at}");
                    assert!(node.children.is_empty(), "{at}");
                    let expected = match node.format {
                        Format::Bin => "application/octet-stream",
                        _ => "text/plain",
                    };
                    assert_eq!(*types, [expected], "{at}");
                }
            }
        });
        assert!(seen > 5, "{file}");
    }
}

/// TND clause 7.7.7.2: an object identifier is of its owner's name space, and no
/// two objects have the same.
#[test]
fn object_identifiers_are_registered_or_of_our_own() {
    let standard = standard();
    let register = standard["register"].as_table().unwrap();
    let mut all = Vec::new();
    for file in FILES {
        let mut here = 0;
        for (at, node) in described(file) {
            if !node.type_.is_empty() {
                let ours = node.type_.starts_with("urn:x-rehome:mo:");
                assert!(ours || register.contains_key(&node.type_), "{at}");
                all.push(node.type_);
                here += 1;
            }
        }
        assert_eq!(here, 1, "{file} has one object");
    }
    all.sort();
    let count = all.len();
    all.dedup();
    assert_eq!(all.len(), count, "{all:?}");
}
