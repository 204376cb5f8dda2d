//! What real peers send beside the DTD and is read all the same (windows
//! clients, libdmclient, funambol; SyncML RepPro 1.2 for what is meant).

use syncml::{
    AlertCode, CmdId, Command, Data, Error, Format, Limits, Location, Malformed, SessionId,
    StatusCode, UnsupportedCommand, xml,
};

use super::document::{HEADER, command, commands, data, read, with_add, with_body, with_item};

/// A document with the root tag, a prefix for all names, and one Get.
fn in_namespace(root: &str, prefix: &str) -> String {
    let body = "<SyncBody><Get><CmdID>7</CmdID><Item><Meta><Type>a/b</Type></Meta></Item></Get>\
        <Final/></SyncBody>";
    let inner = format!("{HEADER}{body}");
    let inner = inner.replace("</", &format!("\u{1}{prefix}"));
    let inner = inner.replace('<', &format!("<{prefix}"));
    let inner = inner.replace('\u{1}', "</");
    format!("<{root}>{inner}</{prefix}SyncML>")
}

#[test]
fn every_spelling_of_the_namespace_is_read() {
    for (root, prefix) in [
        ("SyncML xmlns='SYNCML:SYNCML1.2'", ""),
        ("SyncML xmlns='syncml:SYNCML1.2'", ""),
        ("SyncML xmlns='syncml:syncml1.2'", ""),
        ("SyncML xmlns=\"SYNCML:SYNCML1.1\"", ""),
        ("SyncML xmlns=''", ""),
        ("SyncML xmlns=' SYNCML:SYNCML1.2'", ""),
        ("SyncML", ""),
        ("SyncML xmlns = 'SYNCML:SYNCML1.2' ", ""),
        ("s:SyncML xmlns:s='SYNCML:SYNCML1.2'", "s:"),
        ("syncml:SyncML xmlns:syncml='syncml:syncml1.2'", "syncml:"),
        (
            "s:SyncML xmlns:s='&#x53;YNCML:SYNCML1.2' xml:lang='en' xmlns='urn:x'",
            "s:",
        ),
    ] {
        let document = in_namespace(root, prefix);
        let message = read(&document).unwrap_or_else(|error| panic!("{error}: {document}"));
        let get = &message.body.commands[0];
        assert_eq!(get.cmd_id(), &CmdId::new("7"), "{document}");
        assert_eq!(get.items()[0].type_(None), Some("a/b"), "{document}");
        assert!(message.body.is_final, "{document}");
    }
}

#[test]
fn a_prefix_goes_on_behind_data_with_markup() {
    let body = "<s:Add><s:CmdID>1</s:CmdID><s:Item><s:Data><a xmlns='urn:a'/></s:Data></s:Item>\
        <s:Item><x:New xmlns:x='urn:x' xmlns='urn:y'/><s:Data>b</s:Data></s:Item></s:Add><Final/>";
    let header = HEADER
        .replace("</", "\u{1}")
        .replace('<', "<s:")
        .replace('\u{1}', "</s:");
    let document = format!(
        "<s:SyncML xmlns:s='SYNCML:SYNCML1.2'>{header}<s:SyncBody>{body}</s:SyncBody></s:SyncML>"
    );
    let message = read(&document).unwrap();
    let items = message.body.commands[0].items();
    assert_eq!(
        items[0].data,
        Some(Data::Xml("<a xmlns='urn:a'/>".to_owned()))
    );
    assert_eq!(items[1].data, Some(Data::text("b")));
    // Without a default namespace the plain name is SyncML's too.
    assert!(message.body.is_final);
}

#[test]
fn whatever_xml_allows_around_the_root_is_skipped() {
    let document = with_body("<Get><CmdID>1</CmdID><Item/></Get>");
    let plain = read(&document).unwrap();
    for prolog in [
        "\u{feff}",
        "<?xml version='1.0'?>",
        "<?xml version=\"1.0\" encoding=\"utf-8\" standalone='no' ?>\r\n",
        "\u{feff}<?xml version='1.0' encoding='US-ASCII'?>",
        "<!DOCTYPE SyncML PUBLIC \"-//SYNCML//DTD SyncML 1.2//EN\" \"http://127.0.0.1/x.dtd\">",
        "<?xml version='1.0'?> <!-- [a] --> <!DOCTYPE SyncML SYSTEM 'a[b]c'> <?pi x?>\n",
        "\n\t ",
    ] {
        let with_prolog = format!("{prolog}{document}");
        assert_eq!(read(&with_prolog).unwrap(), plain, "{prolog}");
    }
    for epilog in ["\n\n", "<!-- bye -->", "<?pi?> "] {
        assert_eq!(read(&format!("{document}{epilog}")).unwrap(), plain);
    }
}

#[test]
fn a_session_id_stays_as_written() {
    for id in ["1", "0", "00FF", "a1b2", "4294967296"] {
        let document = with_body("").replace("<SessionID>1<", &format!("<SessionID>{id}<"));
        assert_eq!(
            read(&document).unwrap().header.session_id,
            SessionId::new(id)
        );
    }
}

#[test]
fn children_come_in_any_order() {
    let usual = "<Status><CmdID>1</CmdID><MsgRef>1</MsgRef><CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd>\
        <TargetRef>t</TargetRef><SourceRef>s</SourceRef><Data>212</Data></Status>";
    // Data before TargetRef, and OMA DM RepPro 1.2's own MsgRef before CmdID.
    let other = "<Status><MsgRef>1</MsgRef><CmdID>1</CmdID><CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd>\
        <Data>212</Data><TargetRef>t</TargetRef><SourceRef>s</SourceRef></Status>";
    assert_eq!(command(&with_body(usual)), command(&with_body(other)));

    let usual = "<Target><LocURI>./a</LocURI></Target><Meta><Size>3</Size></Meta><Data>abc</Data>";
    let other = "<Meta><Size>3</Size></Meta><Data>abc</Data><Target><LocURI>./a</LocURI></Target>";
    assert_eq!(command(&with_item(usual)), command(&with_item(other)));

    let final_first = with_body("<Final/><Get><CmdID>1</CmdID><Item/></Get>");
    assert!(read(&final_first).unwrap().body.is_final);
    let body = "<SyncBody><Final/></SyncBody>";
    assert!(read(&format!("<SyncML>{body}{HEADER}</SyncML>")).is_ok());
}

#[test]
fn a_status_keeps_every_reference_and_any_code() {
    let status = "<Status><CmdID>1</CmdID><MsgRef>2</MsgRef><CmdRef>3</CmdRef><Cmd>Get</Cmd>\
        <TargetRef>./a</TargetRef><TargetRef>./b</TargetRef><SourceRef>./c</SourceRef>\
        <Data> 0 </Data></Status>";
    let Command::Status(status) = command(&with_body(status)) else {
        panic!("Status expected");
    };
    assert_eq!(status.target_refs, ["./a", "./b"]);
    assert_eq!(status.source_refs, ["./c"]);
    assert_eq!(status.code, StatusCode(0));
    assert_eq!(status.code.to_string(), "0");
}

#[test]
fn formats_are_read_in_any_case() {
    for (text, format) in [
        ("Chr", Format::Chr),
        ("B64", Format::B64),
        (" node\n", Format::Node),
        ("BOOL", Format::Bool),
        ("x-own", Format::Other("x-own".to_owned())),
    ] {
        let document = with_item(&format!("<Meta><Format>{text}</Format></Meta>"));
        assert_eq!(command(&document).items()[0].format(None), Some(&format));
    }
}

#[test]
fn meta_may_be_missing_empty_or_in_a_met_inf() {
    assert_eq!(command(&with_item("")).items()[0].meta, None);
    let empty = command(&with_item("<Meta/>"));
    assert_eq!(empty.items()[0].meta, Some(syncml::Meta::default()));
    let wrapped = with_item(
        "<Meta><MetInf xmlns='syncml:metinf'><Format>int</Format><Size>4</Size></MetInf></Meta>",
    );
    let wrapped = command(&wrapped).items()[0].meta.clone().unwrap();
    assert_eq!((wrapped.format, wrapped.size), (Some(Format::Int), Some(4)));
    let chal = "<Status><CmdID>1</CmdID><MsgRef>1</MsgRef><CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd>\
        <Chal/><Data>407</Data></Status>";
    assert!(read(&with_body(chal)).is_ok());
}

#[test]
fn unknown_elements_in_meta_and_items_are_skipped() {
    let item = with_item(
        "<Meta><Mem><FreeMem>1</FreeMem></Mem><x:Format xmlns:x='urn:x'>chr</x:Format>\
         <Type>t</Type></Meta><New><Data>no</Data></New><Data>yes</Data>",
    );
    let item = command(&item).items()[0].clone();
    assert_eq!(item.format(None), None);
    assert_eq!(item.type_(None), Some("t"));
    assert_eq!(item.data, Some(Data::text("yes")));
}

#[test]
fn identifiers_may_be_any_text() {
    let id = "3f2504e0-4f89-11d3-9a0c-0305e82c3301";
    let document = with_body(&format!("<Get><CmdID>\n{id}\n</CmdID><Item/></Get>"));
    assert_eq!(command(&document).cmd_id(), &CmdId::new(id));
    assert_eq!(CmdId::new(id).number(), None);
    assert_eq!(CmdId::new("+1").number(), None);
    assert_eq!(CmdId::new("").number(), None);
    assert_eq!(CmdId::new("12").number(), Some(12));
}

#[test]
fn commands_without_items_are_left_to_the_session() {
    for body in [
        "<Get><CmdID>1</CmdID></Get>",
        "<Exec><CmdID>1</CmdID></Exec>",
        "<Atomic><CmdID>1</CmdID></Atomic>",
        "<Results><CmdID>1</CmdID><CmdRef>1</CmdRef></Results>",
    ] {
        assert_eq!(command(&with_body(body)).items(), [], "{body}");
    }
    assert_eq!(commands(&with_body("")), []);
    let Command::Alert(alert) = command(&with_body("<Alert><CmdID>1</CmdID></Alert>")) else {
        panic!("Alert expected");
    };
    assert_eq!(alert.code, None);
}

#[test]
fn an_alert_of_a_windows_client_is_read() {
    let body = "<Alert><CmdID>2</CmdID><Data>1224</Data><Item><Meta>\
        <Type xmlns=\"syncml:metinf\">com.microsoft/MDM/LoginStatus</Type></Meta>\
        <Data>user</Data></Item></Alert>";
    let Command::Alert(alert) = command(&with_body(body)) else {
        panic!("Alert expected");
    };
    assert_eq!(alert.code, Some(AlertCode::CLIENT_EVENT));
    assert_eq!(
        alert.items[0].type_(None),
        Some("com.microsoft/MDM/LoginStatus")
    );
}

#[test]
fn a_generic_alert_is_read_as_the_protocol_shows_it() {
    let body = "<Alert><CmdID>2</CmdID><Data>1226</Data><Correlator>\n    abc1234\n</Correlator>\
        <Item><Source><LocURI>./SyncML/Sample</LocURI></Source><Meta>\
        <Type xmlns='syncml:metinf'>Reversed-Domain-Name: org.domain.samplealert</Type>\
        <Format xmlns='syncml:metinf'>xml</Format><Mark xmlns='syncml:metinf'>critical</Mark>\
        </Meta><Data>x</Data></Item></Alert>";
    let Command::Alert(alert) = command(&with_body(body)) else {
        panic!("Alert expected");
    };
    assert_eq!(alert.code, Some(AlertCode::GENERIC_ALERT));
    assert_eq!(alert.correlator.as_deref(), Some("abc1234"));
    assert_eq!(
        alert.items[0].source,
        Some(Location::new("./SyncML/Sample"))
    );
    let mark = alert.items[0]
        .meta
        .as_ref()
        .and_then(|meta| meta.rare.mark.as_deref());
    assert_eq!(mark, Some("critical"));
}

#[test]
fn data_is_text_with_every_character_kept() {
    for (content, expected) in [
        ("", ""),
        (" a\n b ", " a\n b "),
        ("a\r\nb\rc", "a\nb\nc"),
        ("a&#13;&#xA;b", "a\r\nb"),
        ("&lt;&gt;&amp;&quot;&apos;", "<>&\"'"),
        (
            "<![CDATA[<MgmtTree>&amp;</MgmtTree>]]>",
            "<MgmtTree>&amp;</MgmtTree>",
        ),
        ("a<![CDATA[]]]]><![CDATA[>]]>b", "a]]>b"),
        ("a<!-- <b/> -->b<?pi c?>d", "abd"),
        ("&#x1F600;é", "😀é"),
    ] {
        let document = with_item(&format!("<Data>{content}</Data>"));
        assert_eq!(data(&document), Some(Data::text(expected)), "{content}");
    }
    assert_eq!(data(&with_item("<Data/>")), Some(Data::text("")));
    assert_eq!(data(&with_item("")), None);
}

#[test]
fn markup_in_data_is_kept_as_it_stands() {
    for content in [
        "<a/>",
        "<a></a >",
        " \r\n<MgmtTree xmlns='syncml:dmddf1.2'>&lt;<!-- - -->\t</MgmtTree> ",
        "text <x:a xmlns:x='urn:x' x:b = \"'&#10;'\"><![CDATA[</a>]]></x:a> text",
        "<a><Data>inner</Data></a><Data/>",
    ] {
        let document = with_item(&format!("<Data>{content}</Data>"));
        assert_eq!(
            data(&document),
            Some(Data::Xml(content.to_owned())),
            "{content}"
        );
    }
}

#[test]
fn a_missing_cmd_id_leaves_the_rest_readable() {
    let body = "<Get><Item><Target><LocURI>./a</LocURI></Target></Item></Get>\
        <Get><CmdID>2</CmdID><Item/></Get><Add><CmdID> </CmdID></Add>";
    let error = read(&with_body(body)).unwrap_err();
    assert_eq!(error.code(), "syncml-cmdid-missing");
    assert_eq!(error.place().unwrap().path, "SyncML/SyncBody/Get");
    let Error::MissingCmdId {
        command, message, ..
    } = error
    else {
        panic!("MissingCmdId expected");
    };
    assert_eq!(command, "Get");
    assert_eq!(message.header.session_id, SessionId::new("1"));
    let ids: Vec<_> = message.body.commands.iter().map(Command::cmd_id).collect();
    assert_eq!(ids, [&CmdId::new(""), &CmdId::new("2"), &CmdId::new("")]);
    assert_eq!(
        message.body.commands[0].items()[0].target_uri(),
        Some("./a")
    );
    // A fault behind it counts for more.
    let error = read(&with_body("<Get/><Foo/>")).unwrap_err();
    assert!(matches!(
        error,
        Error::Malformed {
            cause: Malformed::Element(_),
            ..
        }
    ));
}

#[test]
fn commands_outside_device_management_are_named() {
    let foreign = |name, id: &str, element| UnsupportedCommand {
        name,
        cmd_id: CmdId::new(id),
        element,
    };
    let item = "<Item><Target><LocURI>./a</LocURI></Target></Item>";
    for (body, expected) in [
        (
            format!("<Put><CmdID>4</CmdID>{item}</Put>"),
            foreign("Put", "4", None),
        ),
        (
            "<Map><CmdID>5</CmdID><MapItem/></Map>".to_owned(),
            foreign("Map", "5", None),
        ),
        (
            "<Search><CmdID>6</CmdID></Search>".to_owned(),
            foreign("Search", "6", None),
        ),
        (
            format!("<Sync><Add><CmdID>8</CmdID>{item}</Add><CmdID>7</CmdID></Sync>"),
            foreign("Sync", "7", None),
        ),
        (
            format!("<Delete><CmdID>8</CmdID><SftDel/>{item}</Delete>"),
            foreign("Delete", "8", Some("SftDel")),
        ),
        (
            format!("<Delete><CmdID>8</CmdID><Archive/>{item}</Delete>"),
            foreign("Delete", "8", Some("Archive")),
        ),
        (
            format!("<Get><CmdID>9</CmdID><Cred><Data>x</Data></Cred>{item}</Get>"),
            foreign("Get", "9", Some("Cred")),
        ),
        (
            "<Get><CmdID>9</CmdID><Item><Target><LocURI>./a</LocURI><Filter><Meta/></Filter>\
             </Target></Item></Get>"
                .to_owned(),
            foreign("Get", "9", Some("Filter")),
        ),
        (
            "<Add><CmdID>9</CmdID><Item><TargetParent><LocURI>a</LocURI></TargetParent></Item>\
             </Add>"
                .to_owned(),
            foreign("Add", "9", Some("TargetParent")),
        ),
    ] {
        assert_eq!(
            command(&with_body(&body)),
            Command::Unsupported(expected),
            "{body}"
        );
    }
    // One in a group leaves the others alone.
    let Command::Atomic(group) = command(&with_body(&format!(
        "<Atomic><CmdID>1</CmdID><Put><CmdID>2</CmdID></Put><Add><CmdID>3</CmdID>{item}</Add>\
         </Atomic>"
    ))) else {
        panic!("Atomic expected");
    };
    assert_eq!(
        group.commands[0],
        Command::Unsupported(foreign("Put", "2", None))
    );
    assert!(matches!(group.commands[1], Command::Add(_)));
}

#[test]
fn what_device_management_ignores_is_read_over() {
    let get = command(&with_body(
        "<Get><CmdID>1</CmdID><NoResp/><Lang>en</Lang><Item/></Get>",
    ));
    let Command::Get(get) = get else {
        panic!("Get expected");
    };
    assert!(get.no_resp);
}

#[test]
fn a_bound_itself_may_be_reached() {
    let document = with_add("<Item><Data>12345678</Data></Item><Item/>");
    let header_texts = "http://www.syncml.org/mgmt-server".len();
    let limits = Limits {
        max_depth: 5,
        max_octets: document.len(),
        max_commands: 1,
        max_items: 2,
        max_text: header_texts,
        max_attributes: 1,
        max_expansion: 16,
    };
    assert!(xml::decode(document.as_bytes(), &limits).is_ok());
}

/// Namespaces in XML 1.0 clause 3: the value of the attribute, references
/// resolved.
#[test]
fn a_namespace_may_be_written_with_references() {
    let tree = |xml: &str| xml::read_tree(xml.as_bytes(), &Limits::default()).unwrap();
    let root = tree("<p:a xmlns:p=' urn:x&amp;y&#x7a; '><b xmlns='syncml:dmddf1&#46;2'/></p:a>");
    assert_eq!(root.namespace, "urn:x&yz");
    assert_eq!(root.child("b").unwrap().namespace, "syncml:dmddf1.2");
}
