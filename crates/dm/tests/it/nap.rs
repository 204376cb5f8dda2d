//! Network access points of a provisioning document in the tree (OMA DM Bootstrap
//! 1.2, transcription clauses 3.1.3.4 and 3.1.3.6).

use dm::bootstrap::{DocumentLimits, ProvisioningDoc};
use dm::objects::nap::Nap;
use dm::tree::{Acl, Right, Tree, TreeLimits};

use crate::kit::{id, over, uri};

const DOCUMENT: &str = r#"<wap-provisioningdoc version="1.1">
<characteristic type="NAPDEF"><parm name="NAPID" value="NAP1"/>
<parm name="NAME" value="Internet"/><parm name="BEARER" value="GSM-GPRS"/>
<parm name="NAP-ADDRESS" value="internet.m2m"/><parm name="NAP-ADDRTYPE" value="APN"/>
<characteristic type="NAPAUTHINFO"><parm name="AUTHTYPE" value="PAP"/>
<parm name="AUTHNAME" value="u"/><parm name="AUTHSECRET" value="p"/></characteristic>
</characteristic>
<characteristic type="NAPDEF"><parm name="NAPID" value="NAP2"/></characteristic>
</wap-provisioningdoc>"#;

fn naps() -> Vec<Nap> {
    let document = ProvisioningDoc::read(DOCUMENT.as_bytes(), &DocumentLimits::default());
    let naps = document.unwrap().naps().unwrap();
    naps.iter().map(Nap::from).collect()
}

fn tree() -> Tree {
    Tree::new(
        Acl::everybody(&[Right::Add, Right::Get]),
        TreeLimits::default(),
    )
}

#[test]
fn an_access_point_stands_below_its_node() {
    let mut tree = tree();
    let [first, second] = <[Nap; 2]>::try_from(naps()).ok().unwrap();
    first.write(&mut tree, &uri("./NAP/1"), &[id("a")]).unwrap();
    second
        .write(&mut tree, &uri("./NAP/2"), &[id("a")])
        .unwrap();
    let leaves = tree.leaves(&uri("./NAP"));
    let found: Vec<(String, String)> = leaves
        .iter()
        .map(|(at, value)| {
            let value = String::from_utf8(value.data().to_vec()).unwrap();
            (at.to_string(), value)
        })
        .collect();
    let wanted = [
        ("./NAP/1/Addr", "internet.m2m"),
        ("./NAP/1/AddrType", "APN"),
        ("./NAP/1/AuthInfo/AuthName", "u"),
        ("./NAP/1/AuthInfo/AuthSecret", "p"),
        ("./NAP/1/AuthInfo/AuthType", "PAP"),
        ("./NAP/1/Bearer/BearerType", "GSM-GPRS"),
        ("./NAP/1/NAPID", "NAP1"),
        ("./NAP/1/Name", "Internet"),
        ("./NAP/2/NAPID", "NAP2"),
    ];
    let wanted = wanted.map(|(at, value)| (at.to_owned(), value.to_owned()));
    assert_eq!(found, wanted);
    let again = second.write(&mut tree, &uri("./NAP/1"), &[]);
    assert!(again.is_err(), "what is there stays");
    let id = tree.value(&uri("./NAP/1/NAPID")).unwrap();
    assert_eq!(id.data(), b"NAP1");
}

/// Get, Replace and Delete for the servers of the document, nothing for others.
#[test]
fn its_servers_alone_reach_it_and_nobody_its_secret() {
    let mut tree = tree();
    let nap = naps().remove(0);
    nap.write(&mut tree, &uri("./NAP/1"), &[id("a"), id("b")])
        .unwrap();
    nap.write(&mut tree, &uri("./NAP/nobody"), &[]).unwrap();
    let code = |result: Result<(), dm::Error>| result.err().map(|error| error.status().0);
    let addr = uri("./NAP/1/Addr");
    let secret = uri("./NAP/1/AuthInfo/AuthSecret");
    for server in ["a", "b"] {
        assert!(tree.get(&id(server), &addr).is_ok());
        tree.replace(&id(server), &addr, over("other.m2m")).unwrap();
        assert_eq!(code(tree.get(&id(server), &secret).map(drop)), Some(405));
        tree.replace(&id(server), &secret, over("new")).unwrap();
    }
    assert_eq!(code(tree.get(&id("c"), &addr).map(drop)), Some(425));
    assert_eq!(code(tree.replace(&id("c"), &addr, over("x"))), Some(425));
    assert_eq!(code(tree.delete(&id("c"), &uri("./NAP/1"))), Some(425));
    let nobodys = uri("./NAP/nobody/Addr");
    assert_eq!(code(tree.get(&id("a"), &nobodys).map(drop)), Some(425));
    tree.delete(&id("a"), &uri("./NAP/1")).unwrap();
    assert!(tree.leaves(&uri("./NAP/1")).is_empty());
}
