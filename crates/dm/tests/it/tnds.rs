//! Serialised trees (OMA-TS-DM_TNDS-V1_2).

use dm::tnds::{
    FlatNode, ManagementTree, NodeType, RtProperties, TndsNode, TndsValue, TreeDocumentLimits,
    ValueForm, flatten, from_flat, write,
};
use dm::tree::{Acl, Node, NodeKind, NodeUri, Value};
use dm::{Blame, Error};
use proptest::prelude::*;
use secret::SecretBytes;
use syncml::{Command, Data, Format, Limits};

use crate::kit::uri;

/// A document that libwbxml's tools take in both directions; its README is
/// beside it.
const BOOTSTRAP: &[u8] = include_bytes!("../../../../vectors/oma-dm/tnds-bootstrap.xml");

fn read(xml: &str) -> Result<ManagementTree, Error> {
    dm::tnds::read(xml, &TreeDocumentLimits::default())
}

/// `content` in the root.
fn tree(content: &str) -> Result<ManagementTree, Error> {
    read(&format!(
        "<MgmtTree xmlns=\"syncml:dmddf1.2\"><VerDTD>1.2</VerDTD>{content}</MgmtTree>"
    ))
}

/// One node with these properties and value.
fn one(inside: &str) -> Result<TndsNode, Error> {
    let tree = tree(&format!("<Node><NodeName>N</NodeName>{inside}</Node>"))?;
    Ok(tree.nodes.into_iter().next().unwrap())
}

fn is_malformed(result: &Result<ManagementTree, Error>) -> bool {
    matches!(result, Err(Error::TreeDocument { .. }))
}

fn uris(tree: &ManagementTree, base: &str) -> Vec<String> {
    let flat = flatten(tree, &uri(base)).unwrap();
    flat.iter().map(|(uri, _)| uri.to_string()).collect()
}

#[test]
fn the_sample_reads_as_it_was_written() {
    let message = syncml::xml::decode(BOOTSTRAP, &Limits::default()).unwrap();
    let Command::Add(add) = &message.body.commands[0] else {
        panic!("no Add");
    };
    let Some(Data::Xml(xml)) = &add.items[0].data else {
        panic!("no markup");
    };
    let tree = read(xml).unwrap();
    let app_id = TndsNode::text("AppID", "w7");
    let type_ = Some("org.openmobilealliance/1.0/w7");
    let expected = TndsNode::interior("OperatorX", type_, vec![app_id]);
    assert_eq!(tree, ManagementTree::new(vec![expected]));
    // Its author kept to the DTD's order, too.
    assert_eq!(write(&tree).unwrap(), *xml);
    let flat = flatten(&tree, &NodeUri::ROOT).unwrap();
    let object = Node::object("org.openmobilealliance/1.0/w7");
    assert_eq!(flat[0].0, uri("./OperatorX"));
    assert_eq!(flat[0].1, FlatNode::new(object.kind().clone()));
    assert_eq!(flat[1].0, uri("./OperatorX/AppID"));
    assert_eq!(flat[1].1, FlatNode::new(NodeKind::Leaf(Value::text("w7"))));
    assert_eq!(flat.len(), 2);
}

/// Clause 6.3.1.7: both ways to write `Vendor/ISP/GWInfo/GWName`.
#[test]
fn nested_nodes_and_paths_say_the_same() {
    let nested = "<Node><NodeName>Vendor</NodeName><Node><NodeName>ISP</NodeName>\
        <Node><NodeName>GWInfo</NodeName><Node><NodeName>GWName</NodeName>\
        <Value>gw.yyy.se</Value></Node></Node></Node></Node>";
    let paths = "<Node><NodeName>GWName</NodeName><Path>Vendor/ISP/GWInfo</Path>\
        <Value>gw.yyy.se</Value></Node>\
        <Node><NodeName>Vendor</NodeName></Node>\
        <Node><NodeName>ISP</NodeName><Path>Vendor</Path></Node>\
        <Node><NodeName>GWInfo</NodeName><Path>Vendor/ISP</Path></Node>";
    let (nested, paths) = (tree(nested).unwrap(), tree(paths).unwrap());
    for base in [".", "./Inbox"] {
        let flat = flatten(&nested, &uri(base)).unwrap();
        assert_eq!(flat, flatten(&paths, &uri(base)).unwrap());
    }
    let expected = [
        "./Vendor",
        "./Vendor/ISP",
        "./Vendor/ISP/GWInfo",
        "./Vendor/ISP/GWInfo/GWName",
    ];
    assert_eq!(uris(&paths, "."), expected);
    let flat = flatten(&paths, &NodeUri::ROOT).unwrap();
    assert!(matches!(
        &flat[2].1.kind,
        NodeKind::Interior { type_: None }
    ));
    let NodeKind::Leaf(value) = &flat[3].1.kind else {
        panic!("not a leaf");
    };
    assert_eq!(
        (value.format(), value.data()),
        (&Format::Chr, &b"gw.yyy.se"[..])
    );
}

/// Clause 6.3.1.7: names and paths of the nodes around are put together.
#[test]
fn paths_go_on_from_the_node_around() {
    let inside = "<Node><NodeName>A</NodeName><Path>X</Path>\
        <Node><NodeName>B</NodeName><Path>Y/Z</Path></Node></Node>";
    let tree = tree(inside).unwrap();
    assert_eq!(uris(&tree, "./T"), ["./T/X/A", "./T/X/A/Y/Z/B"]);
}

/// A document reaches no further than the command that brings it.
#[test]
fn paths_do_not_leave_the_target() {
    let at = |path: &str| {
        let content = format!("<Node><NodeName>N</NodeName><Path>{path}</Path></Node>");
        flatten(&tree(&content).unwrap(), &uri("./A/B"))
    };
    for inside in ["./A/B", "./A/B/C", "C", "C/D"] {
        assert!(at(inside).is_ok(), "{inside}");
    }
    for outside in [
        ".",
        "./A",
        "./A/BB",
        "./X",
        "..",
        "../C",
        "C/../..",
        "/",
        "/A/B",
        "C//D",
        "C/",
        "C?prop=ACL",
    ] {
        let error = at(outside).unwrap_err();
        assert!(matches!(error, Error::Uri(_)), "{outside}: {error}");
    }
    let name = |name: &str| {
        let content = format!("<Node><NodeName>{name}</NodeName></Node>");
        flatten(&tree(&content).unwrap(), &uri("./A/B"))
    };
    for bad in ["..", ".", "../X", "X/Y", "X?list=Struct"] {
        assert!(matches!(name(bad), Err(Error::Uri(_))), "{bad}");
    }
}

/// Clause 6.3.1.6.
#[test]
fn nodes_without_names_are_told() {
    let top = tree("<Node><NodeName/><Node><NodeName>A</NodeName></Node></Node>").unwrap();
    assert!(top.has_unnamed() && top.nodes[0].is_unnamed());
    let flat = flatten(&top, &uri("./Inbox/x")).unwrap();
    assert_eq!(flat[0].0, uri("./Inbox/x"));
    assert!(flat[0].1.named_by_target && !flat[1].1.named_by_target);
    assert_eq!(flat[1].0, uri("./Inbox/x/A"));
    assert!(
        flatten(&top, &NodeUri::ROOT).is_err(),
        "the root names nothing"
    );
    assert_eq!(
        top,
        tree("<Node><Node><NodeName>A</NodeName></Node></Node>").unwrap()
    );

    let below = "<Node><NodeName>A</NodeName><Node><NodeName/></Node>\
        <Node><NodeName/></Node></Node>";
    let mut below = tree(below).unwrap();
    let error = flatten(&below, &uri("./T")).unwrap_err();
    assert_eq!(error.blame(), Blame::Unsupported);
    let mut count = 0;
    below.name_nodes(&mut |node| {
        assert!(node.is_unnamed());
        count += 1;
        format!("x{count}")
    });
    assert!(!below.has_unnamed());
    assert_eq!(uris(&below, "./T"), ["./T/A", "./T/A/x1", "./T/A/x2"]);

    let twice = tree("<Node><NodeName/></Node><Node><NodeName/></Node>").unwrap();
    assert!(matches!(
        flatten(&twice, &uri("./T")),
        Err(Error::AlreadyExists)
    ));
}

#[test]
fn every_property_is_read() {
    let node = one(
        "<RTProperties><VerNo>65535</VerNo><Type><MIME>text/plain</MIME></Type>\
         <TStamp>20010711T163817Z</TStamp><Title> a title </Title><Size>3</Size><Name>N</Name>\
         <Format><chr/></Format><ACL>Add=a+b&amp;Get=*</ACL></RTProperties><Value>abc</Value>",
    )
    .unwrap();
    let expected = RtProperties {
        acl: Some("Add=a+b&Get=*".parse().unwrap()),
        format: Some(Format::Chr),
        name: Some("N".into()),
        size: Some(3),
        title: Some("a title".into()),
        tstamp: Some("20010711T163817Z".into()),
        type_: Some(NodeType::Mime("text/plain".into())),
        ver_no: Some(65535),
    };
    assert_eq!(node.rt_properties, Some(expected));
    assert_eq!(node.value, Some(TndsValue::text("abc")));
    let empty = one(
        "<RTProperties><ACL/><Format/><Name/><Size/><Title/><TStamp/><Type/><VerNo/>\
         </RTProperties>",
    );
    assert_eq!(empty.unwrap().rt_properties, Some(RtProperties::default()));
}

/// Real peers' freedoms.
#[test]
fn reading_is_tolerant() {
    let expected = tree(
        "<Node><NodeName>N</NodeName><RTProperties><Format><bin/></Format></RTProperties>\
         <Value>AAH+/w==</Value></Node>",
    )
    .unwrap();
    for same in [
        // A prefix, white space, a comment, no VerDTD, text for elements.
        "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE MgmtTree PUBLIC \"-//OMA//DTD-DM-DDF 1.2//EN\" \"x\">\n\
         <d:MgmtTree xmlns:d=\"SYNCML:dmddf1.2\"><!-- c -->\n <d:Node>\n  <d:Value>\n AAH+\n\
         /w \n</d:Value><d:RTProperties><d:Format> bin </d:Format></d:RTProperties>\n\
         <d:NodeName>\n N </d:NodeName></d:Node><?pi x?></d:MgmtTree>\n",
        // No namespace, no padding, framework properties, a vendor's elements.
        "<MgmtTree xml:lang=\"en\" xmlns:V=\"http://v.example/\"><Node><NodeName>N</NodeName>\
         <RTProperties><Format><b64/></Format><V:x>t<V:Node y='1'/><Node>u</Node></V:x>\
         </RTProperties><DFProperties><AccessType><Get/></AccessType></DFProperties>\
         <V:Value>no</V:Value><Value>AAH+/w</Value></Node></MgmtTree>",
        "<MgmtTree><Node><NodeName><![CDATA[N]]></NodeName><RTProperties><Format><bin/></Format>\
         </RTProperties><Value>AA&#72;&#x2B;/w==</Value></Node></MgmtTree>",
    ] {
        let read = read(same).unwrap();
        let (read, expected) = (&read.nodes[0], &expected.nodes[0]);
        assert_eq!(
            (&read.name, &read.value),
            (&expected.name, &expected.value),
            "{same}"
        );
        let value = read.value.as_ref().unwrap();
        // printf '\x00\x01\xfe\xff' | base64 gives AAH+/w==.
        assert_eq!(value.data().expose(), &[0, 1, 0xfe, 0xff]);
        assert_eq!(value.form(), ValueForm::Base64);
    }
    assert_eq!(
        read("<MgmtTree/>").unwrap(),
        ManagementTree::new(Vec::new())
    );
    let typed = |format: &str| {
        let inside =
            format!("<RTProperties><Format>{format}</Format><Type>x/y</Type></RTProperties>");
        one(&inside).unwrap().rt_properties.unwrap().type_.unwrap()
    };
    assert_eq!(typed("node"), NodeType::DdfName("x/y".into()));
    assert_eq!(typed("chr"), NodeType::Mime("x/y".into()));
}

#[test]
fn white_space_belongs_to_text_alone() {
    let value = |format: &str| {
        let inside =
            format!("<RTProperties><Format><{format}/></Format></RTProperties><Value> 1\n</Value>");
        one(&inside).unwrap().value.unwrap()
    };
    assert_eq!(value("chr"), TndsValue::text(" 1\n"));
    assert_eq!(value("xml"), TndsValue::text(" 1\n"));
    for format in ["int", "bool", "float", "date", "time", "null"] {
        assert_eq!(value(format), TndsValue::text("1"), "{format}");
    }
    let escaped = one("<Value>&lt;a b=&quot;c&quot;&gt; &amp;&apos;<![CDATA[<]]></Value>").unwrap();
    assert_eq!(escaped.value, Some(TndsValue::text("<a b=\"c\"> &'<")));
    assert_eq!(one("<Value/>").unwrap().value, Some(TndsValue::text("")));
    assert_eq!(one("").unwrap().value, None);
}

#[test]
fn wrong_documents_are_refused() {
    for wrong in [
        "",
        " ",
        "<MgmtTree>",
        "<MgmtTree/><MgmtTree/>",
        "x<MgmtTree/>",
        "<MgmtTree/>x",
        "&#32;<MgmtTree/>",
        "<![CDATA[]]><MgmtTree/>",
        "<Node/>",
        "<mgmttree/>",
        "<d:MgmtTree/>",
        "<MgmtTree xmlns=\"http://v.example/\"/>",
        "<MgmtTree a=\"1\" a=\"2\"/>",
        "<MgmtTree a=\"&x;\"/>",
        "<MgmtTree><Unknown/></MgmtTree>",
        "<MgmtTree><Value/></MgmtTree>",
        "<MgmtTree>text</MgmtTree>",
        "<MgmtTree><VerDTD>1.2</VerDTD><VerDTD>1.2</VerDTD></MgmtTree>",
        "<MgmtTree><Node></MgmtTree></Node>",
        "<MgmtTree><Man>a]]>b</Man></MgmtTree>",
        "<MgmtTree><Man>\u{1}</Man></MgmtTree>",
        "<MgmtTree><Man>&#0;</Man></MgmtTree>",
        "<MgmtTree><Man>&#x-41;</Man></MgmtTree>",
        "<MgmtTree><Man>&nbsp;</Man></MgmtTree>",
        "<MgmtTree><Man>&</Man></MgmtTree>",
        "<?xml version=\"1.1\"?><MgmtTree/>",
        "<?xml version=\"1.0\" encoding=\"utf-16\"?><MgmtTree/>",
        " <?xml version=\"1.0\"?><MgmtTree/>",
        "<!DOCTYPE MgmtTree [<!ENTITY a \"b\">]><MgmtTree/>",
        "<!DOCTYPE MgmtTree><!DOCTYPE MgmtTree><MgmtTree/>",
        "<MgmtTree><!DOCTYPE MgmtTree></MgmtTree>",
    ] {
        assert!(is_malformed(&read(wrong)), "{wrong}: {:?}", read(wrong));
    }
    assert!(matches!(
        read("<MgmtTree><VerDTD>2.0</VerDTD></MgmtTree>"),
        Err(Error::Version)
    ));
    assert!(read("<MgmtTree><VerDTD>1.3</VerDTD></MgmtTree>").is_ok());
}

#[test]
fn wrong_nodes_are_refused() {
    for wrong in [
        "<NodeName>M</NodeName>",
        "<Path>a</Path><Path>a</Path>",
        "<Value/><Value/>",
        "<Value/><Node/>",
        "<Node/><Value/>",
        "<Value><Node/></Value>",
        "<Type/>",
        "<RTProperties/><RTProperties/>",
        "<RTProperties>x</RTProperties>",
        "<RTProperties><ACL/><ACL/></RTProperties>",
        "<RTProperties><AccessType/></RTProperties>",
        "<RTProperties><Format><chr/><bin/></Format></RTProperties>",
        "<RTProperties><Format><chr>x</chr></Format></RTProperties>",
        "<RTProperties><Format><Name/></Format></RTProperties>",
        "<RTProperties><Format>text</Format></RTProperties>",
        "<RTProperties><Type><MIME>a/b</MIME><MIME>a/c</MIME></Type></RTProperties>",
        "<RTProperties><Type><Name>a</Name></Type></RTProperties>",
        "<RTProperties><Size>-1</Size></RTProperties>",
        "<RTProperties><Size>+1</Size></RTProperties>",
        "<RTProperties><Size>4294967296</Size></RTProperties>",
        "<RTProperties><VerNo>65536</VerNo></RTProperties>",
        "<RTProperties><TStamp>2001-07-11T16:38:17Z</TStamp></RTProperties>",
        "<RTProperties><TStamp>20010711T163817</TStamp></RTProperties>",
        "<RTProperties><TStamp>20010711T163817+0100</TStamp></RTProperties>",
        "<RTProperties><TStamp>20010711T1638Z</TStamp></RTProperties>",
        "<RTProperties><TStamp>20010711</TStamp></RTProperties>",
        "<RTProperties><TStamp>20011311T163817Z</TStamp></RTProperties>",
        "<RTProperties><TStamp>20010711T243817Z</TStamp></RTProperties>",
        "<RTProperties><TStamp>2001071\u{e9}T163817Z</TStamp></RTProperties>",
    ] {
        let result = one(wrong);
        assert!(
            matches!(result, Err(Error::TreeDocument { .. })),
            "{wrong}: {result:?}"
        );
    }
    for base64 in [
        "A",
        "AAH+/w=",
        "AAH+/w===",
        "AAH+/x==",
        "A=AA",
        "====",
        "A===",
        "=",
        "AAE!",
        "AAH-_w==",
    ] {
        let inside =
            format!("<RTProperties><Format><bin/></Format></RTProperties><Value>{base64}</Value>");
        assert!(one(&inside).is_err(), "{base64}");
    }
    // Read as no ACL, it would be an inherited one.
    for acl in ["x", "Add", "Add=", "Add=a&Add=b", "Add=a b"] {
        let acl = acl.replace('&', "&amp;");
        let result = one(&format!("<RTProperties><ACL>{acl}</ACL></RTProperties>"));
        assert!(matches!(result, Err(Error::Acl(_))), "{acl}");
    }
}

#[test]
fn every_truncation_is_refused() {
    let whole = write(&sample()).unwrap();
    for (length, _) in whole.char_indices() {
        assert!(is_malformed(&read(&whole[..length])), "{length}");
    }
    assert_eq!(read(&whole).unwrap(), sample());
}

/// Facts: 200 kB of nested tags, entity bombs, huge counts.
#[test]
fn bombs_are_refused() {
    let too_large = |xml: &str, what: &str| match read(xml) {
        Err(Error::TreeDocumentTooLarge(found)) => assert_eq!(found, what),
        other => panic!("{what}: {other:?}"),
    };
    let nested = |count: usize| {
        let (open, close) = ("<Node>".repeat(count), "</Node>".repeat(count));
        format!("<MgmtTree>{open}{close}</MgmtTree>")
    };
    too_large(&nested(10_000), "depth");
    too_large(&nested(33), "depth");
    assert!(read(&nested(32)).is_ok());
    too_large(&format!("<MgmtTree>{}", "<Node>".repeat(50_000)), "depth");
    for other in [
        "<v:x xmlns:v=\"v:v\">",
        "<Man>",
        "<Node><RTProperties><Type>",
    ] {
        let xml = format!("<MgmtTree>{}", other.repeat(10_000));
        assert!(read(&xml).is_err(), "{other}");
    }
    let nodes = |count| format!("<MgmtTree>{}</MgmtTree>", "<Node/>".repeat(count));
    too_large(&nodes(4097), "nodes");
    assert!(read(&nodes(4096)).is_ok());
    let attributes: String = (0..17).map(|index| format!(" a{index}=\"\"")).collect();
    too_large(&format!("<MgmtTree{attributes}/>"), "attributes");
    let types = "<MIME>a</MIME>".repeat(10_000);
    too_large(
        &format!("<MgmtTree><Node><RTProperties><Type>{types}"),
        "properties",
    );
    too_large(&" ".repeat((1 << 20) + 1), "octets");
    let bomb = "<!DOCTYPE MgmtTree [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;\">\
        <!ENTITY c \"&b;&b;&b;&b;&b;\">]><MgmtTree><Man>&c;</Man></MgmtTree>";
    assert!(is_malformed(&read(bomb)));
    let external = "<!DOCTYPE MgmtTree SYSTEM \"file:///etc/passwd\"><MgmtTree><Man>&a;</Man>\
        </MgmtTree>";
    assert!(is_malformed(&read(external)));
    let small = TreeDocumentLimits {
        max_depth: 1,
        max_nodes: 1,
        ..TreeDocumentLimits::default()
    };
    assert!(dm::tnds::read(&nested(1), &small).is_ok());
    assert!(dm::tnds::read(&nested(2), &small).is_err());
    let deep = TreeDocumentLimits {
        max_depth: 1000,
        ..small
    };
    assert!(dm::tnds::read(&nested(33), &deep).is_err());
}

fn sample() -> ManagementTree {
    let mut secret = TndsNode::text("Secret", "");
    secret.value = Some(TndsValue::octets(SecretBytes::new(vec![0, 1, 0xfe, 0xff])));
    secret.rt_properties = Some(RtProperties {
        acl: Some("Get=a&Replace=a+b".parse().unwrap()),
        format: Some(Format::Bin),
        title: Some("t".into()),
        tstamp: Some("20010711T163817Z".into()),
        type_: Some(NodeType::Mime("application/octet-stream".into())),
        ver_no: Some(7),
        ..RtProperties::default()
    });
    let mut top = TndsNode::interior(
        "A",
        Some("urn:x:y"),
        vec![TndsNode::text("B", "<&\r>"), secret],
    );
    top.path = Some("./X".into());
    ManagementTree {
        man: Some("M".into()),
        mod_: Some("é".into()),
        ..ManagementTree::new(vec![top])
    }
}

/// `xmllint --dtdvalid` finds it valid under the content models of TND clause
/// 9.4 as a DTD.
#[test]
fn writing_keeps_the_order_of_the_dtd() {
    let expected = "<MgmtTree xmlns=\"syncml:dmddf1.2\"><VerDTD>1.2</VerDTD><Man>M</Man>\
        <Mod>é</Mod><Node><NodeName>A</NodeName><Path>./X</Path><RTProperties>\
        <Format><node/></Format><Type><DDFName>urn:x:y</DDFName></Type></RTProperties>\
        <Node><NodeName>B</NodeName><RTProperties><Format><chr/></Format>\
        <Type><MIME>text/plain</MIME></Type></RTProperties>\
        <Value>&lt;&amp;&#13;&gt;</Value></Node><Node><NodeName>Secret</NodeName><RTProperties>\
        <ACL>Get=a&amp;Replace=a+b</ACL><Format><bin/></Format><Title>t</Title>\
        <TStamp>20010711T163817Z</TStamp><Type><MIME>application/octet-stream</MIME></Type>\
        <VerNo>7</VerNo></RTProperties><Value>AAH+/w==</Value></Node></Node></MgmtTree>";
    assert_eq!(write(&sample()).unwrap(), expected);
}

/// Clauses 6.1 and 6.3.1.9: what is mandatory is written.
#[test]
fn writing_adds_what_is_mandatory() {
    let bare = |value: Option<TndsValue>| {
        let node = TndsNode {
            rt_properties: None,
            value,
            ..TndsNode::text("N", "")
        };
        let written = write(&ManagementTree::new(vec![node])).unwrap();
        let properties = read(&written)
            .unwrap()
            .nodes
            .remove(0)
            .rt_properties
            .unwrap();
        (properties.format.unwrap(), properties.type_.unwrap())
    };
    let mime = |type_: &str| NodeType::Mime(type_.into());
    let octets = TndsValue::octets(SecretBytes::new(vec![1]));
    assert_eq!(bare(None), (Format::Node, NodeType::DdfName(String::new())));
    assert_eq!(
        bare(Some(TndsValue::text("x"))),
        (Format::Chr, mime("text/plain"))
    );
    assert_eq!(
        bare(Some(octets)),
        (Format::Bin, mime("application/octet-stream"))
    );
}

#[test]
fn what_can_not_be_read_again_is_not_written() {
    let refused = |change: &dyn Fn(&mut TndsNode)| {
        let mut node = TndsNode::text("N", "x");
        change(&mut node);
        let written = write(&ManagementTree::new(vec![node]));
        matches!(written, Err(Error::Misuse(_)))
    };
    let with = |change: &dyn Fn(&mut RtProperties)| {
        refused(&|node| change(node.rt_properties.as_mut().unwrap()))
    };
    assert!(!refused(&|_| {}));
    assert!(refused(&|node| node.name = " N".into()));
    assert!(refused(&|node| node.name = "\u{1}".into()));
    assert!(refused(&|node| node.path = Some("\u{fffe}".into())));
    assert!(refused(
        &|node| node.children = vec![TndsNode::text("M", "")]
    ));
    assert!(refused(
        &|node| node.value = Some(TndsValue::octets(SecretBytes::new(vec![])))
    ));
    assert!(refused(&|node| node.value = Some(TndsValue::text("\0"))));
    assert!(with(&|properties| properties.format = Some(Format::Node)));
    assert!(with(&|properties| properties.format = Some(Format::Bin)));
    assert!(with(
        &|properties| properties.format = Some(Format::Other("x".into()))
    ));
    assert!(with(
        &|properties| properties.type_ = Some(NodeType::DdfName("x".into()))
    ));
    assert!(with(
        &|properties| properties.type_ = Some(NodeType::Mime(String::new()))
    ));
    // Nobody may do anything; read again, it would inherit.
    let nothing = Acl::only(&"a".parse().unwrap(), &[]);
    assert!(with(&|properties| properties.acl = Some(nothing.clone())));
    assert!(write(&ManagementTree::new(Vec::new())).is_err());
    let mut deep = TndsNode::text("N", "x");
    for _ in 0..31 {
        deep = TndsNode::interior("N", None, vec![deep]);
    }
    assert!(write(&ManagementTree::new(vec![deep.clone()])).is_ok());
    let deeper = TndsNode::interior("N", None, vec![deep]);
    assert!(write(&ManagementTree::new(vec![deeper])).is_err());
    let other = ManagementTree {
        ver_dtd: "1.1".into(),
        ..ManagementTree::new(vec![TndsNode::text("N", "x")])
    };
    assert!(write(&other).is_err());
}

#[test]
fn contradictions_are_not_flattened() {
    for wrong in [
        "<Node><NodeName>A</NodeName><RTProperties><Format><node/></Format></RTProperties>\
         <Value/></Node>",
        "<Node><NodeName>A</NodeName><RTProperties><Format><chr/></Format></RTProperties>\
         <Node><NodeName>B</NodeName></Node></Node>",
        "<Node><NodeName>A</NodeName><Value/></Node>\
         <Node><NodeName>B</NodeName><Path>A</Path></Node>",
        "<Node><NodeName>A</NodeName><RTProperties><Type><DDFName>x</DDFName></Type>\
         </RTProperties><Value/></Node>",
    ] {
        let result = flatten(&tree(wrong).unwrap(), &uri("./T"));
        assert!(
            matches!(result, Err(Error::TreeDocumentContent(_))),
            "{wrong}: {result:?}"
        );
    }
    let twice = "<Node><NodeName>A</NodeName></Node><Node><NodeName>A</NodeName></Node>";
    let result = flatten(&tree(twice).unwrap(), &uri("./T"));
    assert!(matches!(result, Err(Error::AlreadyExists)));
    let mut deep = String::new();
    for _ in 0..32 {
        deep = format!("<Node><NodeName>N</NodeName>{deep}</Node>");
    }
    let deep = tree(&deep).unwrap();
    assert!(flatten(&deep, &NodeUri::ROOT).is_ok());
    assert!(matches!(
        flatten(&deep, &uri("./T")),
        Err(Error::UriTooLong)
    ));
}

#[test]
fn a_list_becomes_a_tree() {
    let interior = || FlatNode::new(NodeKind::Interior { type_: None });
    let leaf = || FlatNode::new(NodeKind::Leaf(Value::text("v")));
    let list = [
        ("./T/B/y", leaf()),
        ("./T", interior()),
        ("./T/B", interior()),
        ("./T/C/D/e", leaf()),
        ("./T/B/x", leaf()),
        ("./T/A", leaf()),
    ];
    let list: Vec<(NodeUri, FlatNode)> = list.map(|(at, node)| (uri(at), node)).into();
    let made = from_flat(list.clone(), &uri("./T")).unwrap();
    let with_path = TndsNode {
        path: Some("./T/C/D".into()),
        ..TndsNode::text("e", "v")
    };
    let x_y = vec![TndsNode::text("x", "v"), TndsNode::text("y", "v")];
    let below = vec![TndsNode::text("A", "v"), TndsNode::interior("B", None, x_y)];
    let expected = vec![TndsNode::interior("", None, below), with_path];
    assert_eq!(made, ManagementTree::new(expected));

    let refused = |nodes: Vec<(NodeUri, FlatNode)>, base: &str| {
        matches!(from_flat(nodes, &uri(base)), Err(Error::Misuse(_)))
    };
    assert!(refused(list, "./T/B"), "outside");
    assert!(refused(
        vec![(uri("./T"), leaf()), (uri("./T"), leaf())],
        "."
    ));
    assert!(refused(
        vec![(uri("./T"), leaf()), (uri("./T/a"), leaf())],
        "."
    ));
    assert!(refused(vec![(NodeUri::ROOT, interior())], "."));
}

#[test]
fn debug_shows_no_value() {
    let shown = format!("{:?}", sample());
    assert!(shown.contains("TndsValue(Base64, 4 octets)"), "{shown}");
    assert!(!shown.contains("<&"));
    let shown = format!("{:?}", flatten(&sample(), &NodeUri::ROOT).unwrap());
    assert!(!shown.contains("<&"));
}

fn flat_node() -> impl Strategy<Value = FlatNode> {
    let kinds = prop_oneof![
        "([a-z][a-z:/.]{0,8})?".prop_map(|type_| NodeKind::Interior {
            type_: Some(type_).filter(|type_| !type_.is_empty())
        }),
        "[ -~é\n\r\t]{0,12}".prop_map(|text| NodeKind::Leaf(Value::text(text))),
        prop::collection::vec(any::<u8>(), 0..12)
            .prop_map(|octets| NodeKind::Leaf(Value::octets(octets))),
    ];
    let acl = prop::option::of(Just("Add=a&Get=*".parse::<Acl>().unwrap()));
    let title = prop::option::of("[!-~]{1,8}");
    (kinds, acl, title, any::<Option<u16>>()).prop_map(|(kind, acl, title, ver_no)| FlatNode {
        acl,
        title,
        ver_no,
        ..FlatNode::new(kind)
    })
}

proptest! {
    /// Lists in which every node below a leaf was left out.
    #[test]
    fn a_list_comes_back(
        nodes in prop::collection::btree_map("T(/[abc]){0,4}", flat_node(), 1..12)
    ) {
        let nodes: Vec<(NodeUri, FlatNode)> =
            nodes.into_iter().map(|(at, node)| (at.parse().unwrap(), node)).collect();
        let is_leaf = |at: &NodeUri| nodes.iter().any(|(uri, node)| {
            uri == at && matches!(node.kind, NodeKind::Leaf(_))
        });
        let base = uri("./T");
        let mut nodes: Vec<(NodeUri, FlatNode)> = nodes
            .iter()
            .filter(|(at, _)| !at.upwards().skip(1).any(|above| is_leaf(&above)))
            .cloned()
            .collect();
        for (at, node) in &mut nodes {
            node.named_by_target = *at == base;
        }
        nodes.sort_by(|a, b| a.0.cmp(&b.0));
        let tree = from_flat(nodes.clone(), &base).unwrap();
        let written = write(&tree).unwrap();
        prop_assert_eq!(&read(&written).unwrap(), &tree);
        prop_assert_eq!(flatten(&tree, &base).unwrap(), nodes);
    }

    #[test]
    fn changed_documents_are_read_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<char>()), 1..5)
    ) {
        let mut text: Vec<char> = write(&sample()).unwrap().chars().collect();
        for (at, c) in changes {
            let at = at.index(text.len());
            text[at] = c;
        }
        let text: String = text.into_iter().collect();
        if let Ok(tree) = read(&text) {
            let _ = write(&tree);
            let _ = flatten(&tree, &uri("./X"));
        }
    }
}
