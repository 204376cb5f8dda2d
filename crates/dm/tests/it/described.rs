//! Writes checked against a device description (OMA DM TND 1.2 clause 9):
//! AccessType, Format and Type, Occurrence, Scope.

use dm::Error;
use dm::ddf::{self, TreeDocumentLimits};
use dm::tnds;
use dm::tree::{Acl, Execution, Node, NodeKind, Overwrite, Right, Tree, TreeLimits, Value};
use secret::SecretBytes;
use syncml::Format;

use crate::kit::{id, interior, over, text, uri};

/// `./V/<any, at most two>/{name, port, secret, count}` as a vendor ships it.
const VENDOR: &str = "<MgmtTree><VerDTD>1.2</VerDTD>
 <Node><NodeName>V</NodeName><DFProperties><AccessType><Get/></AccessType>
  <DFFormat><node/></DFFormat><Occurrence><One/></Occurrence><Scope><Permanent/></Scope>
  <DFType><DDFName>com.vendor/1.0/V</DDFName></DFType></DFProperties>
  <Node><NodeName></NodeName><DFProperties><AccessType>
    <Add/><Delete/><Get/><Replace/></AccessType>
   <DFFormat><node/></DFFormat><Occurrence><ZeroOrN>2</ZeroOrN></Occurrence>
   <Scope><Dynamic/></Scope><DFType><DDFName/></DFType></DFProperties>
   <Node><NodeName>name</NodeName><DFProperties><AccessType><Add/><Get/><Replace/></AccessType>
    <DFFormat><chr/></DFFormat><Occurrence><One/></Occurrence>
    <DFType><MIME>text/plain</MIME></DFType></DFProperties></Node>
   <Node><NodeName>port</NodeName><DFProperties><AccessType><Add/><Delete/><Get/></AccessType>
    <DFFormat><int/></DFFormat><Occurrence><ZeroOrOne/></Occurrence>
    <DFType><MIME>text/plain</MIME></DFType></DFProperties></Node>
   <Node><NodeName>must</NodeName><DFProperties><AccessType><Add/><Delete/><Get/></AccessType>
    <DFFormat><chr/></DFFormat><Occurrence><One/></Occurrence>
    <DFType><MIME>text/plain</MIME></DFType></DFProperties></Node>
   <Node><NodeName>secret</NodeName><DFProperties><AccessType><Add/><Replace/></AccessType>
    <DFFormat><chr/></DFFormat><Occurrence><ZeroOrOne/></Occurrence>
    <DFType><MIME>text/plain</MIME></DFType></DFProperties></Node>
  </Node></Node></MgmtTree>";

fn tree() -> Tree {
    let mut tree = Tree::new(Acl::everybody(&Right::ALL), TreeLimits::default());
    tree.put(uri("./V"), Node::object("com.vendor/1.0/V").permanent())
        .unwrap();
    let description = ddf::read(VENDOR, &TreeDocumentLimits::default()).unwrap();
    tree.describe(uri("."), description);
    tree
}

fn status<T>(done: Result<T, Error>) -> u16 {
    done.map_or_else(|error| error.status().0, |_| 200)
}

fn add(tree: &mut Tree, at: &str, kind: NodeKind) -> u16 {
    status(tree.add(&id("s"), &uri(at), kind))
}

fn number(value: &str) -> NodeKind {
    let type_ = Some("text/plain".to_owned());
    NodeKind::Leaf(Value::new(Format::Int, type_, value.as_bytes().to_vec()))
}

#[test]
fn what_is_added_is_as_described() {
    let mut tree = tree();
    for (at, kind, expected) in [
        ("./V/a", interior(), 200),
        ("./V/a/name", text("n"), 200),
        ("./V/a/port", text("80"), 415),
        ("./V/a/port", number("80"), 200),
        ("./V/a/other", text("x"), 405),
        ("./V/a/name/x", text("x"), 405),
        ("./V/leaf", text("x"), 415),
        ("./V/b", interior(), 200),
        // ZeroOrN 2.
        ("./V/c", interior(), 405),
        ("./V/b/secret", text("s"), 200),
        // What no description is for is as before.
        ("./W", interior(), 200),
        ("./W/x", text("1"), 200),
    ] {
        assert_eq!(add(&mut tree, at, kind), expected, "{at}");
    }
}

#[test]
fn access_types_scope_and_occurrence_count() {
    let mut tree = tree();
    assert_eq!(add(&mut tree, "./V/a", interior()), 200);
    assert_eq!(add(&mut tree, "./V/a/name", text("n")), 200);
    assert_eq!(add(&mut tree, "./V/a/port", number("1")), 200);
    assert_eq!(add(&mut tree, "./V/a/secret", text("s")), 200);
    let s = id("s");
    assert_eq!(status(tree.get(&s, &uri("./V/a/name"))), 200);
    assert_eq!(status(tree.get(&s, &uri("./V/a/secret"))), 405);
    assert_eq!(
        status(tree.replace(&s, &uri("./V/a/secret"), over("t"))),
        200
    );
    assert_eq!(status(tree.replace(&s, &uri("./V/a/port"), over("2"))), 405);
    let octets = Overwrite {
        format: Some(Format::Bin),
        type_: None,
        data: SecretBytes::new(vec![1]),
    };
    assert_eq!(status(tree.replace(&s, &uri("./V/a/name"), octets)), 415);
    assert_eq!(
        status(tree.exec(&s, &uri("./V/a/name"), &Execution::default())),
        405
    );
    assert_eq!(status(tree.delete(&s, &uri("./V/a/name"))), 405);
    // One there must be, though its AccessType has Delete.
    assert_eq!(add(&mut tree, "./V/a/must", text("1")), 200);
    assert_eq!(status(tree.delete(&s, &uri("./V/a/must"))), 405);
    assert_eq!(status(tree.delete(&s, &uri("./V/a/port"))), 200);
    assert_eq!(status(tree.delete(&s, &uri("./V"))), 405);
    assert_eq!(status(tree.delete(&s, &uri("./V/a"))), 200);
    assert_eq!(add(&mut tree, "./V/b", interior()), 200);
    assert_eq!(add(&mut tree, "./V/c", interior()), 200);
}

#[test]
fn a_list_leaves_out_what_a_description_hides() {
    let mut tree = tree();
    add(&mut tree, "./V/a", interior());
    add(&mut tree, "./V/a/secret", text("s"));
    let listed = tree.list(&id("s"), &uri("./V")).unwrap();
    let names: Vec<String> = listed.iter().map(|node| node.uri.to_string()).collect();
    assert_eq!(names, ["./V", "./V/a"]);
}

/// RepPro clause 6.6.11: one format or value that is not supported, and nothing
/// of a serialised tree is replaced.
#[test]
fn an_unsupported_format_replaces_nothing() {
    let s = id("s");
    let leaf = |name: &str, value: Value| {
        let mut node = tnds::TndsNode::text(name, "");
        let properties = node.rt_properties.as_mut().unwrap();
        properties.format = Some(value.format().clone());
        let text = String::from_utf8(value.data().to_vec()).unwrap();
        node.value = Some(tnds::TndsValue::text(&text));
        node
    };
    let int = |value: &str| Value::new(Format::Int, None, value.as_bytes().to_vec());
    let name = || leaf("name", Value::text("new"));
    for (third, expected) in [
        (leaf("secret", Value::text("t")), 200),
        (leaf("secret", int("1")), 415),
        (leaf("port", int("80")), 200),
        (leaf("port", Value::text("80")), 415),
    ] {
        let mut tree = tree();
        add(&mut tree, "./V/a", interior());
        add(&mut tree, "./V/a/name", text("old"));
        let export = |tree: &Tree| -> Vec<(String, Node)> {
            let nodes = tree.export();
            nodes
                .map(|(at, node)| (at.to_string(), node.clone()))
                .collect()
        };
        let before = export(&tree);
        let document = tnds::ManagementTree::new(vec![name(), third]);
        let done = tree.replace_serialised(&s, &uri("./V/a"), &document);
        assert_eq!(status(done), expected);
        assert_eq!(export(&tree) == before, expected != 200);
    }
}
