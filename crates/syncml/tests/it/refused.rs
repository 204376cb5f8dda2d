//! What is refused, each with its reason code: XML 1.0's rules of
//! well-formedness and SyncML RepPro 1.2's DTD.

use syncml::{Class, Limits, xml};

use super::document::{HEADER, read, with_add, with_body, with_item};

/// Checks the reason code of every document.
pub(crate) fn all(code: &str, class: Class, documents: &[String]) {
    for document in documents {
        let start: String = document.chars().take(400).collect();
        match read(document) {
            Ok(message) => panic!("taken as {message:?}: {start}"),
            Err(error) => {
                assert_eq!(error.code(), code, "{error}: {start}");
                assert_eq!(error.class(), class, "{error}");
                let place = error.place().expect("a place");
                assert!(place.offset <= document.len(), "{error}");
            }
        }
    }
}

#[test]
fn octets_that_are_no_text() {
    let body = with_body("");
    let refuse = |octets: &[u8], code: &str| {
        let error = xml::decode(octets, &Limits::default()).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
    };
    refuse(&[b'<', 0xff, b'>'], "syncml-not-utf8");
    refuse(&[body.as_bytes(), &[0xc3]].concat(), "syncml-not-utf8");
    let utf16: Vec<u8> = body.encode_utf16().flat_map(u16::to_be_bytes).collect();
    refuse(
        &[&[0xfe, 0xff], &utf16[..]].concat(),
        "syncml-encoding-unsupported",
    );
    refuse(&utf16, "syncml-character-forbidden");
}

#[test]
fn encodings_and_versions_that_are_not_read() {
    let documents = [
        "<?xml version='1.0' encoding='ISO-8859-1'?>",
        "<?xml version='1.0' encoding='UTF-16'?>",
        "<?xml version='1.1'?>",
    ];
    let documents = documents.map(|prolog| prolog.to_owned() + &with_body(""));
    all(
        "syncml-encoding-unsupported",
        Class::Unsupported,
        &documents,
    );
}

#[test]
fn characters_that_xml_forbids() {
    all(
        "syncml-character-forbidden",
        Class::Malformed,
        &[
            with_item("<Data>\u{0}</Data>"),
            with_item("<Data>\u{b}</Data>"),
            with_item("<Data><a>\u{ffff}</a></Data>"),
            with_item("<Data>&#0;</Data>"),
            with_item("<Data>&#x1F;</Data>"),
            with_item("<Data>&#xD800;</Data>"),
            with_item("<Data>&#x110000;</Data>"),
            with_item("<Data>&#+65;</Data>"),
            with_item("<Data>&#X41;</Data>"),
            with_item("<Data>&#;</Data>"),
            with_item("<Data><a b='&#1;'/></Data>"),
        ],
    );
}

#[test]
fn documents_that_are_not_well_formed() {
    let good = with_body("<Get><CmdID>1</CmdID><Item/></Get>");
    let mut documents: Vec<String> = [
        "<Data><a></Data>",
        "<Data><a></b></Data>",
        "<Data></a></Data>",
        "<Data>]]></Data>",
        "<Data>&amp</Data>",
        "<Data>& </Data>",
        "<Data>a&</Data>",
        "<Data>&;</Data>",
        "<Data><![CDATA[</Data>",
        "<Data><!-- -- --></Data>",
        "<Data><a b/></Data>",
        "<Data><a b=c/></Data>",
        "<Data><a b='1' b='2'/></Data>",
        "<Data><a b='1'c='2'/></Data>",
        "<Data><a b='<'/></Data>",
        "<Data><a b='&x'/></Data>",
        "<Data><1/></Data>",
        "<Data>< a/></Data>",
        "<Data><a:b:c xmlns:a='urn:a'/></Data>",
        "<Data><:a/></Data>",
        "<Data><p:a/></Data>",
        "<Data><a p:b='1'/></Data>",
        "<Data><a xmlns:p='urn:p'/><p:b/></Data>",
        "<Data><a xmlns:p='urn:p'><q:b/></a></Data>",
        "<Data><a xmlns:p=''/></Data>",
        "<Data><a xmlns:xmlns='urn:a'/></Data>",
        "<Data><?xml version='1.0'?></Data>",
        "<Data><?XML a?></Data>",
        "<Data><??></Data>",
        "<Data><!DOCTYPE a></Data>",
    ]
    .map(with_item)
    .into();
    documents.extend([
        good.replace("</SyncML>", ""),
        good.replace("</SyncBody></SyncML>", ""),
        good.replace("</SyncML>", "</SyncML"),
        good.replace("</SyncML>", "</SyncML></SyncML>"),
        good.replace("</SyncML>", "</SyncML><SyncML/>"),
        good.replace("</SyncML>", "</SyncML><![CDATA[ ]]>"),
        good.replace("</SyncML>", "</SyncML>&#32;"),
        good.replace("</SyncML>", "</SyncML><?xml version='1.0'?>"),
        good.replace("</SyncML>", "</SyncML><!DOCTYPE SyncML>"),
        good.replace("</CmdID>", "</cmdid>"),
        good.replace("<Item/>", "<Item"),
        good.replace("<Item/>", "<s:Item/>"),
        format!(" <?xml version='1.0'?>{good}"),
        format!("<?xml version='1.0'?><?xml version='1.0'?>{good}"),
        format!("<?xml?>{good}"),
        format!("<?xml version='1.0' encodin='utf-8'?>{good}"),
        format!("<?xml encoding='utf-8' version='1.0'?>{good}"),
        format!("<?xml version='1.0' standalone='maybe'?>{good}"),
        format!("<!DOCTYPE SyncML><!DOCTYPE SyncML>{good}"),
        format!("<!ELEMENT a ANY>{good}"),
    ]);
    all("syncml-not-well-formed", Class::Malformed, &documents);
}

#[test]
fn dtds_with_content_and_their_entities() {
    let bomb = "<!DOCTYPE SyncML [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;'>\
        <!ENTITY c '&b;&b;&b;&b;&b;&b;&b;'>]>";
    let outside = "<!DOCTYPE SyncML [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>";
    all(
        "syncml-internal-subset",
        Class::Unsupported,
        &[
            bomb.to_owned() + &with_item("<Data>&c;</Data>"),
            outside.to_owned() + &with_item("<Data>&x;</Data>"),
            "<!DOCTYPE SyncML PUBLIC '[' 'x' []>".to_owned() + &with_body(""),
        ],
    );
    all(
        "syncml-entity-unsupported",
        Class::Unsupported,
        &[
            with_item("<Data>&nbsp;</Data>"),
            with_item("<Data>&LT;</Data>"),
            with_item("<Data><a>&c;</a></Data>"),
            with_item("<Data><a b='&c;'/></Data>"),
            with_item("<Target><LocURI>&c;</LocURI></Target>"),
            with_item("<Unknown>&c;</Unknown>"),
        ],
    );
}

#[test]
fn roots_that_are_not_syncml() {
    let inner = format!("{HEADER}<SyncBody/>");
    all(
        "syncml-wrong-root",
        Class::Malformed,
        &[
            String::new(),
            "\n".to_owned(),
            "<!-- no root -->".to_owned(),
            "<wap-provisioningdoc version='1.1'/>".to_owned(),
            format!("<syncml>{inner}</syncml>"),
            format!("<SyncML xmlns='urn:other'>{inner}</SyncML>"),
            format!("<x:SyncML xmlns:x='http://www.w3.org/1999/xhtml'>{inner}</x:SyncML>"),
        ],
    );
}

#[test]
fn text_where_only_elements_stand() {
    all(
        "syncml-text-unexpected",
        Class::Malformed,
        &[
            "garbage".to_owned(),
            format!("garbage{}", with_body("")),
            format!("{}garbage", with_body("")),
            with_body("").replace("</SyncML>", "\u{feff}</SyncML>"),
            with_body("text"),
            with_body("&#65;"),
            with_body("<![CDATA[x]]>"),
            with_add("text"),
            with_item("text"),
            with_item("<Meta>text</Meta>"),
            with_item("<MoreData>1</MoreData>"),
            with_body("<Final>1</Final>"),
        ],
    );
}

#[test]
fn elements_where_they_may_not_stand() {
    all(
        "syncml-element-unexpected",
        Class::Malformed,
        &[
            with_body("<Foo/>"),
            with_body("<add><CmdID>1</CmdID></add>"),
            with_body("<Item/>"),
            with_body("<CmdID>1</CmdID>"),
            with_body("<x:Get xmlns:x='urn:x'><x:CmdID>1</x:CmdID></x:Get>"),
            with_body("<SyncBody/>"),
            with_body("<Final><Get/></Final>"),
            with_add("<Foo/>"),
            with_add("<Correlator>1</Correlator>"),
            with_add("<Archive/>"),
            with_add("<Add><CmdID>1</CmdID></Add>"),
            with_body("<Get><CmdID><b>1</b></CmdID></Get>"),
            with_body("<Alert><CmdID>1</CmdID><Meta/></Alert>"),
            with_body("<Status><CmdID>1</CmdID><Meta/></Status>"),
            with_body("<Atomic><CmdID>1</CmdID><Item/></Atomic>"),
            with_body("<Atomic><CmdID>1</CmdID><Final/></Atomic>"),
            with_body("<Sequence><CmdID>1</CmdID><Status/></Sequence>"),
            with_body("<Atomic><CmdID>1</CmdID><Results/></Atomic>"),
            with_item("<Target><LocURI>a</LocURI><Foo/></Target>"),
            with_item("<Meta><Type><b>a</b></Type></Meta>"),
            with_body("").replace("</SyncHdr>", "<Foo/></SyncHdr>"),
            with_body("").replace("</LocURI></Target>", "</LocURI><Filter/></Target>"),
            with_body("").replace("</SyncML>", "<Foo/></SyncML>"),
        ],
    );
}

#[test]
fn elements_given_twice() {
    let status = "<Status><CmdID>1</CmdID><MsgRef>1</MsgRef><CmdRef>0</CmdRef><Cmd>Get</Cmd>\
        <Data>200</Data>";
    let twice = |element: &str| with_add(&format!("{element}{element}"));
    let twice_in_item = |element: &str| with_item(&format!("{element}{element}"));
    let mut documents = vec![
        with_body("<Final/><Final/>"),
        with_body("").replace("</SyncML>", "<SyncBody/></SyncML>"),
        with_body("").replace("</SyncML>", &format!("{HEADER}</SyncML>")),
        with_body("").replace("</SyncHdr>", "<MsgID>2</MsgID></SyncHdr>"),
        with_body("").replace("</SyncHdr>", "<Meta/><Meta/></SyncHdr>"),
        with_body("").replace("</LocURI></Target>", "</LocURI><LocURI>b</LocURI></Target>"),
        with_add("<CmdID>3</CmdID>"),
        twice("<Meta/>"),
        twice("<NoResp/>"),
        twice_in_item("<Target><LocURI>a</LocURI></Target>"),
        twice_in_item("<Source><LocURI>a</LocURI></Source>"),
        twice_in_item("<Meta/>"),
        twice_in_item("<Data/>"),
        twice_in_item("<MoreData/>"),
        with_item("<Meta><Format>chr</Format><Format>chr</Format></Meta>"),
        with_item("<Meta><Size>1</Size><MetInf><Size>1</Size></MetInf></Meta>"),
        with_item("<Meta><MetInf/><MetInf/></Meta>"),
        with_item("<Meta><Anchor><Next/></Anchor><Anchor><Next/></Anchor></Meta>"),
        with_body("<Results><CmdID>1</CmdID><TargetRef>a</TargetRef><TargetRef>b</TargetRef>"),
        with_body("<Put><CmdID>1</CmdID><CmdID>2</CmdID></Put>"),
    ];
    for child in [
        "<Data>1</Data>",
        "<Cmd>x</Cmd>",
        "<CmdRef>1</CmdRef>",
        "<MsgRef>1</MsgRef>",
    ] {
        documents.push(with_body(&format!("{status}{child}</Status>")));
    }
    for child in ["<Chal/>", "<Cred><Data/></Cred>"] {
        documents.push(with_body(&format!("{status}{child}{child}</Status>")));
    }
    all("syncml-element-duplicate", Class::Malformed, &documents);
}

#[test]
fn elements_that_are_missing() {
    let mut documents = vec![
        "<SyncML/>".to_owned(),
        format!("<SyncML>{HEADER}</SyncML>"),
        "<SyncML><SyncBody/></SyncML>".to_owned(),
        with_item("<Target/>"),
        with_item("<Source><LocName>a</LocName></Source>"),
        with_item("<Meta><Anchor><Last>1</Last></Anchor></Meta>"),
        with_body("<Results><CmdID>1</CmdID></Results>"),
        with_body("").replace("</SyncHdr>", "<Cred><Meta/></Cred></SyncHdr>"),
    ];
    for child in ["VerDTD", "VerProto", "SessionID", "MsgID"] {
        let document = with_body("");
        let start = document.find(&format!("<{child}>")).unwrap();
        let close = format!("</{child}>");
        let end = document.find(&close).unwrap() + close.len();
        documents.push(document[..start].to_owned() + &document[end..]);
    }
    let children = ["MsgRef", "CmdRef", "Cmd", "Data"];
    for missing in children {
        let rest: String = children
            .iter()
            .filter(|child| **child != missing)
            .map(|child| format!("<{child}>200</{child}>"))
            .collect();
        documents.push(with_body(&format!(
            "<Status><CmdID>1</CmdID>{rest}</Status>"
        )));
    }
    all("syncml-element-missing", Class::Malformed, &documents);
}

#[test]
fn numbers_that_are_none() {
    let status = |data: &str| {
        with_body(&format!(
            "<Status><CmdID>1</CmdID><MsgRef>1</MsgRef><CmdRef>1</CmdRef><Cmd>Get</Cmd>\
             <Data>{data}</Data></Status>"
        ))
    };
    let size = |size: &str| with_item(&format!("<Meta><Size>{size}</Size></Meta>"));
    all(
        "syncml-number-invalid",
        Class::Malformed,
        &[
            status(""),
            status("OK"),
            status("-1"),
            status("+200"),
            status("2 00"),
            status("0x200"),
            status("65536"),
            status("２００"),
            size(""),
            size("-1"),
            size("1.5"),
            size("18446744073709551616"),
            with_body("<Alert><CmdID>1</CmdID><Data>abc</Data></Alert>"),
            with_item("<Meta><MaxObjSize>many</MaxObjSize></Meta>"),
        ],
    );
}

#[test]
fn markup_that_leans_on_what_stands_around_it() {
    let document = |root: &str, data: &str| {
        with_item(&format!("<Data>{data}</Data>")).replace("<SyncML ", &format!("<SyncML {root} "))
    };
    all(
        "syncml-namespace-outside-data",
        Class::Unsupported,
        &[
            document("xmlns:d='syncml:dmddf1.2'", "<d:MgmtTree/>"),
            document("xmlns:d='urn:d'", "<a d:b='1'/>"),
            document("xmlns:d='urn:d'", "<a xmlns='urn:a'><d:b/></a>"),
            with_add("<Item xmlns='urn:x'/>").replace(
                "<Item xmlns='urn:x'/>",
                "<s:Item xmlns:s='SYNCML:SYNCML1.2' xmlns='urn:x'><s:Data><a/></s:Data></s:Item>",
            ),
        ],
    );
}

#[test]
fn errors_say_where() {
    let document = with_item("<Data>a</Data><Data>b</Data>");
    let error = read(&document).unwrap_err();
    let place = error.place().unwrap();
    assert_eq!(place.offset, document.find("<Data>b").unwrap());
    assert_eq!(place.path, "SyncML/SyncBody/Add/Item/Data");
    assert_eq!(
        error.to_string(),
        format!(
            "malformed SyncML at octet {} in SyncML/SyncBody/Add/Item/Data: second element Data",
            place.offset
        )
    );

    let document = format!(
        "\u{feff}{}",
        with_body("<Alert><CmdID>1</CmdID><Data>x</Data></Alert>")
    );
    let error = read(&document).unwrap_err();
    let place = error.place().unwrap();
    assert_eq!(place.offset, document.find("</Data>").unwrap());
    assert_eq!(place.path, "SyncML/SyncBody/Alert/Data");

    let name = "n".repeat(5000);
    let nested = format!("<{name}>").repeat(30);
    let error = read(&with_item(&format!("<Data>{nested}"))).unwrap_err();
    assert!(error.to_string().len() < 1000, "{error}");
    let error = read(&with_body(&format!("<{name}/>"))).unwrap_err();
    assert!(error.to_string().len() < 1000, "{error}");
    let error = read(&with_body(&format!("<{name}></{name}x>"))).unwrap_err();
    assert!(error.to_string().len() < 1000, "{error}");
}
