//! Device descriptions (OMA DM TND 1.2 clause 9).

use dm::Error;
use dm::ddf::{CaseSense, Description, DfType, Occurrence, Scope, TreeDocumentLimits};
use dm::tree::{Right, Rights};
use syncml::Format;

const M2MCIMM: &str = include_str!("../../../../docs/ddf/m2mcimm.ddf.xml");
const M2MM: &str = include_str!("../../../../docs/ddf/m2mm.ddf.xml");

fn read(xml: &str) -> Result<Description, Error> {
    dm::ddf::read(xml, &TreeDocumentLimits::default())
}

/// A node with the three mandatory properties and `more`.
fn node(name: &str, access: &str, format: &str, more: &str, inside: &str) -> String {
    let type_ = match format {
        "node" => "<DDFName/>",
        _ => "<MIME>text/plain</MIME>",
    };
    format!(
        "<Node><NodeName>{name}</NodeName><DFProperties><AccessType>{access}</AccessType>\
         <DFFormat><{format}/></DFFormat><DFType>{type_}</DFType>{more}</DFProperties>{inside}</Node>"
    )
}

fn description(content: &str) -> Description {
    read(&format!(
        "<MgmtTree><VerDTD>1.2</VerDTD>{content}</MgmtTree>"
    ))
    .unwrap()
}

fn path(text: &str) -> Vec<&str> {
    text.split('/').collect()
}

fn status(result: Result<(), Error>) -> u16 {
    result.map_or_else(|error| error.status().0, |()| 200)
}

#[test]
fn our_own_descriptions_are_read() {
    let orders = read(M2MCIMM).unwrap();
    assert_eq!(orders.ver_dtd, "1.2");
    assert_eq!(orders.man.as_deref(), Some("rehome"));
    assert_eq!(orders.mod_.as_deref(), Some("m2me"));
    let top = orders.find(&["M2MCIMM"]).unwrap();
    assert_eq!(top.access.rights, Rights::of(&[Right::Get]));
    assert!(!top.access.copy && top.is_interior());
    assert_eq!(
        (top.occurrence, top.scope),
        (Occurrence::One, Scope::Permanent)
    );
    assert_eq!(top.title.as_deref(), Some("MCIM provisioning"));
    let type_ = DfType::DdfName("urn:x-rehome:mo:m2mcimm:1.0".into());
    assert_eq!(top.type_, type_);
    let order = orders.find(&["M2MCIMM", "any-order"]).unwrap();
    assert!(order.is_placeholder());
    assert_eq!(order.occurrence, Occurrence::ZeroOrMore);
    let package = orders.find(&["M2MCIMM", "any-order", "Package"]).unwrap();
    assert_eq!(
        package.access.rights,
        Rights::of(&[Right::Add, Right::Replace])
    );
    assert_eq!(
        (&package.format, package.scope),
        (&Format::Bin, Scope::Dynamic)
    );
    assert_eq!(
        package.type_,
        DfType::Mime(vec!["application/octet-stream".into()])
    );
    assert!(orders.find(&["M2MCIMM", "any-order", "Other"]).is_none());
    assert!(orders.find(&["Other"]).is_none() && orders.find(&[]).is_none());

    let tre = read(M2MM).unwrap();
    let slots = tre.find(&["M2MM", "TREInfo", "FreeSlots"]).unwrap();
    assert_eq!(slots.format, Format::Int);
    assert_eq!(
        tre.find(&["M2MM", "Signed"]).unwrap().occurrence,
        Occurrence::ZeroOrOne
    );
}

/// The statuses that the device gives for its own nodes.
#[test]
fn our_own_descriptions_judge_commands() {
    let orders = read(M2MCIMM).unwrap();
    let bin = Some(&Format::Bin);
    let package = ["M2MCIMM", "o1", "Package"];
    let add = |path: &[&str], siblings, format, type_| {
        status(orders.check_add(path, siblings, format, type_))
    };
    let octets = Some("application/octet-stream");
    assert_eq!(add(&["M2MCIMM", "o1"], 3, Some(&Format::Node), None), 200);
    assert_eq!(add(&["M2MCIMM"], 0, Some(&Format::Node), None), 405);
    assert_eq!(add(&package, 0, bin, octets), 200);
    assert_eq!(add(&package, 0, Some(&Format::B64), octets), 200);
    assert_eq!(add(&package, 1, bin, octets), 405);
    assert_eq!(add(&package, 0, Some(&Format::Chr), octets), 415);
    assert_eq!(add(&package, 0, bin, Some("text/plain")), 415);
    assert_eq!(add(&["M2MCIMM", "o1", "Other"], 0, bin, octets), 405);
    assert_eq!(add(&["M2MCIMM", "o1", "Other", "x"], 0, bin, octets), 404);
    assert_eq!(add(&["Other"], 0, bin, octets), 405);
    assert_eq!(add(&[], 0, None, None), 404);
    assert_eq!(status(orders.check_get(&package)), 405);
    assert_eq!(status(orders.check_get(&["M2MCIMM"])), 200);
    assert_eq!(status(orders.check_get(&["Other"])), 404);
    assert_eq!(
        status(orders.check_exec(&["M2MCIMM", "o1", "Install"])),
        200
    );
    assert_eq!(status(orders.check_exec(&package)), 405);
    assert_eq!(status(orders.check_delete(&["M2MCIMM"], 1)), 405);
    assert_eq!(status(orders.check_delete(&["M2MCIMM", "o1"], 1)), 405);
}

#[test]
fn every_framework_property_is_read() {
    let more = "<CaseSense><CIS/></CaseSense><DefaultValue> d </DefaultValue>\
        <Description> what it is </Description><DFTitle>t</DFTitle><Scope><Permanent/></Scope>\
        <Occurrence><OneOrN>65536</OneOrN></Occurrence>";
    let all = "<Add/><Copy/><Delete/><Exec/><Get/><Replace/>";
    let content = node(
        "A",
        all,
        "chr",
        more,
        "<RTProperties><Size/></RTProperties><Value>v</Value>",
    );
    let description = description(&content.replace("</MIME>", "</MIME><MIME>audio/mpeg</MIME>"));
    let node = description.find(&["A"]).unwrap();
    assert_eq!(node.access.rights, Rights::of(&Right::ALL));
    assert!(node.access.copy && !node.is_interior());
    assert_eq!(node.default_value.as_deref(), Some(" d "));
    assert_eq!(node.description.as_deref(), Some("what it is"));
    assert_eq!(node.title.as_deref(), Some("t"));
    assert_eq!(
        (node.scope, node.occurrence),
        (Scope::Permanent, Occurrence::OneOrN(65536))
    );
    assert_eq!(node.case_sense, Some(CaseSense::Insensitive));
    assert_eq!(
        node.type_,
        DfType::Mime(vec!["text/plain".into(), "audio/mpeg".into()])
    );
}

/// Clauses 9.4.3.5 and 9.4.3.6.
#[test]
fn what_is_left_out_has_its_meaning() {
    let description = description(&node("A", "", "chr", "", ""));
    let node = description.find(&["A"]).unwrap();
    assert_eq!(
        (node.scope, node.occurrence),
        (Scope::Dynamic, Occurrence::One)
    );
    assert_eq!(node.access.rights, Rights::NONE);
    assert_eq!((&node.title, node.case_sense), (&None, None));
}

/// Clause 9.4.3.5: how many before an Add, how many with the one to delete.
#[test]
fn occurrences_bound_add_and_delete() {
    let table = [
        ("<One/>", vec![0], vec![2, 3, 1000]),
        ("<ZeroOrOne/>", vec![0], vec![1, 2, 3, 1000]),
        ("<ZeroOrMore/>", vec![0, 1, 2, 3, 1000], vec![1, 2, 3, 1000]),
        ("<OneOrMore/>", vec![0, 1, 2, 3, 1000], vec![2, 3, 1000]),
        ("<ZeroOrN>3</ZeroOrN>", vec![0, 1, 2], vec![1, 2, 3, 1000]),
        ("<OneOrN> 2 </OneOrN>", vec![0, 1], vec![2, 3, 1000]),
    ];
    for (occurrence, may_add, may_delete) in table {
        let more = format!("<Occurrence>{occurrence}</Occurrence>");
        let description = description(&node("", "<Add/><Delete/>", "chr", &more, ""));
        for siblings in [0, 1, 2, 3, 1000] {
            let add = status(description.check_add(&["x"], siblings, None, None));
            let expected = if may_add.contains(&siblings) {
                200
            } else {
                405
            };
            assert_eq!(add, expected, "{occurrence} {siblings}");
            let delete = status(description.check_delete(&["x"], siblings));
            let expected = if may_delete.contains(&siblings) {
                200
            } else {
                405
            };
            assert_eq!(delete, expected, "{occurrence} {siblings}");
        }
    }
}

/// Clauses 6.2.3 and 9.4.3.1.
#[test]
fn access_types_and_scope_refuse_with_405() {
    let commands = ["Add", "Delete", "Exec", "Get", "Replace"];
    for allowed in commands {
        let more = "<Occurrence><ZeroOrMore/></Occurrence>";
        let description = description(&node("A", &format!("<{allowed}/>"), "chr", more, ""));
        let results = [
            description.check_add(&["A"], 0, None, None),
            description.check_delete(&["A"], 1),
            description.check_exec(&["A"]),
            description.check_get(&["A"]),
            description.check_replace(&["A"], None, None),
        ];
        for (command, result) in commands.into_iter().zip(results) {
            let expected = if command == allowed { 200 } else { 405 };
            assert_eq!(status(result), expected, "{command} {allowed}");
        }
    }
    let more = "<Scope><Permanent/></Scope><Occurrence><ZeroOrMore/></Occurrence>";
    let permanent = description(&node("A", "<Add/><Delete/><Replace/>", "chr", more, ""));
    assert_eq!(status(permanent.check_add(&["A"], 0, None, None)), 405);
    assert_eq!(status(permanent.check_delete(&["A"], 5)), 405);
    assert_eq!(status(permanent.check_replace(&["A"], None, None)), 200);
}

/// Clauses 9.4.3.4 and 9.4.3.8.
#[test]
fn another_format_or_type_is_refused_with_415() {
    let more = "<Occurrence><ZeroOrMore/></Occurrence>";
    let content = [
        node("chr", "<Replace/>", "chr", more, ""),
        node("bin", "<Replace/>", "bin", more, "").replace("text/plain", "image/png"),
        node("open", "<Replace/>", "node", more, ""),
        node("mo", "<Replace/>", "node", more, "").replace("<DDFName/>", "<DDFName>m:o</DDFName>"),
    ]
    .concat();
    let description = description(&content);
    let replace = |name, format: Option<&str>, type_| {
        let format = format.map(Format::read);
        status(description.check_replace(&[name], format.as_ref(), type_))
    };
    assert_eq!(replace("chr", None, None), 200);
    assert_eq!(
        replace("chr", Some("Chr"), Some("Text/Plain; charset=utf-8")),
        200
    );
    assert_eq!(replace("chr", Some("int"), None), 415);
    assert_eq!(replace("chr", Some("node"), None), 415);
    assert_eq!(replace("chr", Some("x-odd"), None), 415);
    assert_eq!(replace("chr", None, Some("text/plainer")), 415);
    assert_eq!(replace("chr", None, Some("")), 415);
    assert_eq!(replace("bin", Some("b64"), Some("image/png")), 200);
    assert_eq!(replace("bin", Some("chr"), Some("image/png")), 415);
    assert_eq!(replace("open", Some("node"), Some("urn:any")), 200);
    assert_eq!(replace("open", Some("chr"), None), 415);
    assert_eq!(replace("mo", Some("node"), Some("m:o")), 200);
    assert_eq!(replace("mo", Some("node"), Some("text/plain")), 200);
    assert_eq!(replace("mo", Some("node"), Some("m:other")), 415);
    assert_eq!(replace("none", None, None), 404);
}

#[test]
fn names_go_before_placeholders() {
    let leaf = |name| node(name, "<Get/>", "chr", "", "");
    let general = node("", "<Get/>", "node", "", &[leaf("X"), leaf("")].concat());
    let inside = [general, leaf("Fixed")].concat();
    let description = description(&node("A", "<Get/>", "node", "", &inside));
    let name = |at: &str| {
        let found = description.find(&path(at))?;
        Some(found.name.as_deref().unwrap_or("*").to_owned())
    };
    assert_eq!(name("A").as_deref(), Some("A"));
    assert_eq!(name("A/other").as_deref(), Some("*"));
    assert_eq!(name("A/Fixed").as_deref(), Some("Fixed"));
    assert_eq!(name("A/other/X").as_deref(), Some("X"));
    assert_eq!(name("A/other/Y").as_deref(), Some("*"));
    // A leaf, though the general description has children.
    assert_eq!(name("A/Fixed/X"), None);
    assert_eq!(name("A/other/X/Y"), None);
    assert_eq!(name("B"), None);
    assert_eq!(name("a"), None);
}

/// Clause 9.4.1.7: the same in one tree and in pieces.
#[test]
fn pieces_with_paths_are_found() {
    let at = |path: &str, name: &str, inside: &str| {
        node(name, "<Get/>", "node", "", inside).replacen(
            "</NodeName>",
            &format!("</NodeName><Path>{path}</Path>"),
            1,
        )
    };
    let content = [
        node("Vendor", "<Get/>", "node", "", ""),
        at("Vendor", "ISP", ""),
        at(
            "./Vendor/ISP",
            "GWInfo",
            &node("GWName", "<Get/>", "chr", "", ""),
        ),
        at("Vendor", "", ""),
        at(".", "Top", ""),
    ]
    .concat();
    let description = description(&content);
    for there in [
        "Vendor",
        "Vendor/ISP",
        "Vendor/ISP/GWInfo",
        "Vendor/ISP/GWInfo/GWName",
        "Vendor/Any",
        "Top",
    ] {
        assert!(description.find(&path(there)).is_some(), "{there}");
    }
    assert!(
        description
            .find(&path("Vendor/Any"))
            .unwrap()
            .is_placeholder()
    );
    assert!(
        !description
            .find(&path("Vendor/ISP"))
            .unwrap()
            .is_placeholder()
    );
    for gone in [
        "ISP",
        "GWInfo",
        "Any",
        "Vendor/ISP/GWName",
        "Vendor/Any/GWInfo",
    ] {
        assert!(description.find(&path(gone)).is_none(), "{gone}");
    }
}

/// Clause 9.4.3.23.
#[test]
fn case_counts_unless_said_otherwise() {
    let leaf = |name, more| node(name, "<Get/>", "chr", more, "");
    let inside = [leaf("B", ""), leaf("C", "<CaseSense><CS/></CaseSense>")].concat();
    let more = "<CaseSense><CIS/></CaseSense>";
    let content = [node("A", "<Get/>", "node", more, &inside), leaf("D", "")].concat();
    let description = description(&content);
    for (there, found) in [
        ("a", true),
        ("A/b", true),
        ("a/C", true),
        ("a/c", false),
        ("d", false),
    ] {
        assert_eq!(description.find(&path(there)).is_some(), found, "{there}");
    }
}

/// As Windows writes them: a vendor's elements among the DTD's.
#[test]
fn vendors_elements_are_left_out() {
    let more = "<M:AllowedValues ValueType=\"Range\"><M:Value>[0-1]</M:Value></M:AllowedValues>";
    let content = node("A", "<Get/><M:Get/>", "chr", more, "");
    let xml = format!(
        "<MgmtTree xmlns:M=\"http://m.example/DM\"><VerDTD>1.2</VerDTD>\
        <M:Diagnostics/>{content}</MgmtTree>"
    );
    assert_eq!(
        read(&xml).unwrap(),
        description(&node("A", "<Get/>", "chr", "", ""))
    );
}

#[test]
fn wrong_descriptions_are_refused() {
    let good = node("A", "<Get/>", "chr", "", "");
    let replaced = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replace(from, to)
    };
    let more = |more: &str| node("A", "<Get/>", "chr", more, "");
    let no_type = "<DFType><MIME>text/plain</MIME></DFType>";
    let wrong = [
        "<Node><NodeName>A</NodeName></Node>".to_owned(),
        replaced("<AccessType><Get/></AccessType>", ""),
        replaced("<DFFormat><chr/></DFFormat>", ""),
        replaced("<chr/>", ""),
        replaced("<chr/>", "<chr/><int/>"),
        replaced("<chr/>", "<Get/>"),
        replaced(no_type, ""),
        replaced(no_type, "<DFType/>"),
        replaced(no_type, "<DFType>text/plain</DFType>"),
        replaced(no_type, "<DFType><DDFName/></DFType>"),
        replaced("</MIME>", "</MIME><DDFName/>"),
        replaced("<Get/>", "<Get/><One/>"),
        replaced("<Get/>", "<Get>x</Get>"),
        replaced("<Get/>", "Get"),
        more("<Occurrence/>"),
        more("<Occurrence><One/><One/></Occurrence>"),
        more("<Occurrence><One>1</One></Occurrence>"),
        more("<Occurrence>One</Occurrence>"),
        more("<Scope><Get/></Scope>"),
        more("<Scope/>"),
        more("<CaseSense><Get/></CaseSense>"),
        more("<DFTitle>a</DFTitle><DFTitle>b</DFTitle>"),
        more("<Title/>"),
        node("A", "<Get/>", "chr", "", &good),
        // A value ends the recursion (clause 9.4.1.5), wherever it stands.
        node(
            "A",
            "<Get/>",
            "node",
            "",
            &format!("<Value>1</Value>{good}"),
        ),
        node("A", "<Get/>", "node", "", &format!("{good}<Value/>")),
        replaced("text/plain", "text"),
        replaced("text/plain", "text/"),
        replaced("text/plain", "/plain"),
        replaced("text/plain", "text/plain/x"),
        replaced("text/plain", "text/pl ain"),
        replaced("text/plain", "*/*"),
        format!("{good}</MgmtTree>"),
        replaced("A", "&a;"),
    ];
    for content in &wrong {
        let result = read(&format!("<MgmtTree>{content}</MgmtTree>"));
        assert!(
            matches!(result, Err(Error::TreeDocument { .. })),
            "{content}: {result:?}"
        );
    }
    for number in [
        "",
        "0",
        "1",
        "65537",
        "-2",
        "+2",
        "2.0",
        "99999999999999999999",
    ] {
        for element in ["ZeroOrN", "OneOrN"] {
            let inside = more(&format!(
                "<Occurrence><{element}>{number}</{element}></Occurrence>"
            ));
            assert!(
                read(&format!("<MgmtTree>{inside}</MgmtTree>")).is_err(),
                "{number}"
            );
        }
    }
    assert!(matches!(
        read("<MgmtTree><VerDTD>2.0</VerDTD></MgmtTree>"),
        Err(Error::Version)
    ));
}

#[test]
fn every_truncation_is_refused() {
    let whole = M2MCIMM.trim_end();
    for length in (0..whole.len()).filter(|length| whole.is_char_boundary(*length)) {
        let result = read(&whole[..length]);
        assert!(
            matches!(result, Err(Error::TreeDocument { .. })),
            "{length}"
        );
    }
}

#[test]
fn bombs_are_refused() {
    for open in [
        "<Node>",
        "<Node><DFProperties><DFType>",
        "<v:v xmlns:v=\"v\">",
    ] {
        assert!(
            read(&format!("<MgmtTree>{}", open.repeat(10_000))).is_err(),
            "{open}"
        );
    }
    let leaf = node("A", "", "chr", "", "");
    let many = read(&format!("<MgmtTree>{}</MgmtTree>", leaf.repeat(4097)));
    assert!(matches!(many, Err(Error::TreeDocumentTooLarge("nodes"))));
    let mut deep = leaf;
    for _ in 0..31 {
        deep = node("A", "", "node", "", &deep);
    }
    assert!(read(&format!("<MgmtTree>{deep}</MgmtTree>")).is_ok());
    let deep = node("A", "", "node", "", &deep);
    let deep = read(&format!("<MgmtTree>{deep}</MgmtTree>"));
    assert!(matches!(deep, Err(Error::TreeDocumentTooLarge("depth"))));
    let bomb = "<!DOCTYPE MgmtTree [<!ENTITY a \"aaaa\">]><MgmtTree><Man>&a;</Man></MgmtTree>";
    assert!(read(bomb).is_err());
}
