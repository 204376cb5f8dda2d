//! What is written, octet by octet, and what can't be (SyncML RepPro 1.2 and
//! SyncML MetaInfo 1.2 DTDs for the order of children).

use syncml::{
    Alert, AlertCode, Anchor, Chal, CmdId, Command, Cred, Data, Error, Exec, Format, Group, Item,
    ItemCommand, Location, Message, Meta, MsgId, NextNonce, Rare, RareMeta, Results, SessionId,
    Status, StatusCode, SyncBody, SyncHdr, UnsupportedCommand, Unwritable, xml,
};

fn message(commands: Vec<Command>) -> Message {
    let source = Location {
        uri: "IMEI:1".to_owned(),
        name: Some("Bruce2".to_owned()),
    };
    Message {
        header: SyncHdr::new(
            SessionId::new("a"),
            MsgId::from(1),
            Location::new("http://s"),
            source,
        ),
        body: SyncBody {
            commands,
            is_final: true,
        },
    }
}

/// The body that is written around the commands.
fn body(commands: Vec<Command>) -> String {
    let text = String::from_utf8(xml::encode(&message(commands)).unwrap()).unwrap();
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><SyncML xmlns=\"SYNCML:SYNCML1.2\">\
        <SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto><SessionID>a</SessionID>\
        <MsgID>1</MsgID><Target><LocURI>http://s</LocURI></Target>\
        <Source><LocURI>IMEI:1</LocURI><LocName>Bruce2</LocName></Source></SyncHdr><SyncBody>";
    let text = text.strip_prefix(head).unwrap_or_else(|| panic!("{text}"));
    let tail = "<Final/></SyncBody></SyncML>";
    text.strip_suffix(tail)
        .unwrap_or_else(|| panic!("{text}"))
        .to_owned()
}

fn full_meta() -> Meta {
    Meta {
        format: Some(Format::B64),
        type_: Some("t/t".to_owned()),
        size: Some(3),
        rare: Rare::from(RareMeta {
            mark: Some("minor".to_owned()),
            anchor: Some(Anchor {
                last: Some("1".to_owned()),
                next: "2".to_owned(),
            }),
            version: Some("v".to_owned()),
            next_nonce: Some(NextNonce::from_octets(b"f")),
            max_msg_size: Some(4),
            max_obj_size: Some(5),
            emi: vec!["e".to_owned()],
        }),
    }
}

const FULL_META: &str = "<Meta><Format xmlns=\"syncml:metinf\">b64</Format>\
    <Type xmlns=\"syncml:metinf\">t/t</Type><Mark xmlns=\"syncml:metinf\">minor</Mark>\
    <Size xmlns=\"syncml:metinf\">3</Size>\
    <Anchor xmlns=\"syncml:metinf\"><Last>1</Last><Next>2</Next></Anchor>\
    <Version xmlns=\"syncml:metinf\">v</Version><NextNonce xmlns=\"syncml:metinf\">Zg==</NextNonce>\
    <MaxMsgSize xmlns=\"syncml:metinf\">4</MaxMsgSize>\
    <MaxObjSize xmlns=\"syncml:metinf\">5</MaxObjSize><EMI xmlns=\"syncml:metinf\">e</EMI></Meta>";

#[test]
fn a_header_in_full() {
    let mut message = message(vec![Command::Alert(Alert::new(
        1,
        AlertCode::SESSION_ABORT,
    ))]);
    message.header.resp_uri = Some("http://r".to_owned());
    message.header.no_resp = true;
    message.header.cred = Some(Cred::b64(Cred::MD5, "Zz6EivR3yeaaENcRN6lpAQ=="));
    message.header.meta = Some(full_meta());
    let text = String::from_utf8(xml::encode(&message).unwrap()).unwrap();
    let tail = text.split_once("</Source>").unwrap().1;
    let expected = format!(
        "<RespURI>http://r</RespURI><NoResp/>\
         <Cred><Meta><Format xmlns=\"syncml:metinf\">b64</Format>\
         <Type xmlns=\"syncml:metinf\">syncml:auth-md5</Type></Meta>\
         <Data>Zz6EivR3yeaaENcRN6lpAQ==</Data></Cred>{FULL_META}</SyncHdr>\
         <SyncBody><Alert><CmdID>1</CmdID><Data>1223</Data></Alert><Final/></SyncBody></SyncML>"
    );
    assert_eq!(tail, expected);
}

#[test]
fn items_and_commands_in_the_order_of_the_dtd() {
    let item = Item {
        target: Some(Location::new("./a")),
        source: Some(Location::new("./b")),
        meta: Some(full_meta()),
        data: Some(Data::text("Zg==")),
        more_data: true,
    };
    let command = ItemCommand {
        cmd_id: CmdId::new("7"),
        no_resp: true,
        meta: Some(Meta::default()),
        items: vec![item, Item::default()],
    };
    let inner = format!(
        "<CmdID>7</CmdID><NoResp/><Meta></Meta><Item><Target><LocURI>./a</LocURI></Target>\
         <Source><LocURI>./b</LocURI></Source>{FULL_META}<Data>Zg==</Data><MoreData/></Item>\
         <Item></Item>"
    );
    for (written, name) in [
        (Command::Add(command.clone()), "Add"),
        (Command::Copy(command.clone()), "Copy"),
        (Command::Delete(command.clone()), "Delete"),
        (Command::Get(command.clone()), "Get"),
        (Command::Replace(command.clone()), "Replace"),
    ] {
        assert_eq!(body(vec![written]), format!("<{name}>{inner}</{name}>"));
    }
}

#[test]
fn alert_and_exec_with_a_correlator() {
    let alert = Command::Alert(Alert {
        correlator: Some("c".to_owned()),
        items: vec![Item::source("./a")],
        ..Alert::new(1, AlertCode::GENERIC_ALERT)
    });
    let exec = Command::Exec(Exec {
        cmd_id: CmdId::from(2),
        no_resp: false,
        meta: Some(Meta::formatted(Format::Chr)),
        correlator: Some("c".to_owned()),
        items: vec![Item::target("./a")],
    });
    assert_eq!(
        body(vec![alert, exec]),
        "<Alert><CmdID>1</CmdID><Data>1226</Data><Correlator>c</Correlator>\
         <Item><Source><LocURI>./a</LocURI></Source></Item></Alert>\
         <Exec><CmdID>2</CmdID><Meta><Format xmlns=\"syncml:metinf\">chr</Format></Meta>\
         <Correlator>c</Correlator><Item><Target><LocURI>./a</LocURI></Target></Item></Exec>"
    );
}

#[test]
fn status_and_results_in_the_order_of_the_dtd() {
    let mut status = Status::new(1, "2", "3", "Get", StatusCode::UNAUTHORIZED);
    status.target_refs = vec!["t".to_owned(), "u".to_owned()];
    status.source_refs = vec!["s".to_owned()];
    status.cred = Some(Cred {
        meta: None,
        data: "d".to_owned(),
    });
    status.chal = Some(Chal::b64(Cred::MD5, Some(NextNonce::from_octets(b"f"))));
    status.items = vec![Item::default().with_data(Data::text("i"))];
    let results = Results {
        cmd_id: CmdId::from(4),
        msg_ref: Some(MsgId::from(5)),
        cmd_ref: CmdId::from(6),
        meta: Some(Meta::default()),
        target_ref: Some("t".to_owned()),
        source_ref: Some("s".to_owned()),
        items: vec![Item::source("./a")],
    };
    assert_eq!(
        body(vec![
            Command::Status(Box::new(status)),
            Command::Results(results)
        ]),
        "<Status><CmdID>1</CmdID><MsgRef>2</MsgRef><CmdRef>3</CmdRef><Cmd>Get</Cmd>\
         <TargetRef>t</TargetRef><TargetRef>u</TargetRef><SourceRef>s</SourceRef>\
         <Cred><Data>d</Data></Cred><Chal><Meta><Format xmlns=\"syncml:metinf\">b64</Format>\
         <Type xmlns=\"syncml:metinf\">syncml:auth-md5</Type>\
         <NextNonce xmlns=\"syncml:metinf\">Zg==</NextNonce></Meta></Chal><Data>401</Data>\
         <Item><Data>i</Data></Item></Status>\
         <Results><CmdID>4</CmdID><MsgRef>5</MsgRef><CmdRef>6</CmdRef><Meta></Meta>\
         <TargetRef>t</TargetRef><SourceRef>s</SourceRef>\
         <Item><Source><LocURI>./a</LocURI></Source></Item></Results>"
    );
}

#[test]
fn groups_hold_their_commands_in_order() {
    let get = |id: u32| Command::Get(ItemCommand::new(id, vec![Item::default()]));
    let inner = Command::Sequence(Group {
        cmd_id: CmdId::from(2),
        commands: vec![get(3), get(4)],
        ..Group::default()
    });
    let outer = Command::Atomic(Group {
        cmd_id: CmdId::from(1),
        no_resp: true,
        meta: Some(Meta::default()),
        commands: vec![inner, get(5)],
    });
    assert_eq!(
        body(vec![outer]),
        "<Atomic><CmdID>1</CmdID><NoResp/><Meta></Meta><Sequence><CmdID>2</CmdID>\
         <Get><CmdID>3</CmdID><Item></Item></Get><Get><CmdID>4</CmdID><Item></Item></Get>\
         </Sequence><Get><CmdID>5</CmdID><Item></Item></Get></Atomic>"
    );
}

fn replace(data: Data, format: Option<Format>) -> Vec<Command> {
    let meta = Meta {
        format,
        ..Meta::default()
    };
    let item = Item::target("./a").with_meta(meta).with_data(data);
    vec![Command::Replace(ItemCommand::new(1, vec![item]))]
}

#[test]
fn text_is_escaped() {
    for (text, written) in [
        ("a<b>c&d\"e'f", "a&lt;b&gt;c&amp;d\"e'f"),
        ("]]>", "]]&gt;"),
        ("&amp;", "&amp;amp;"),
        ("\r\n\t", "&#13;\n\t"),
        ("\u{7f}\u{85}é😀", "\u{7f}\u{85}é😀"),
    ] {
        let body = body(replace(Data::text(text), None));
        let data = body
            .split_once("<Data>")
            .unwrap()
            .1
            .split_once("</Data>")
            .unwrap()
            .0;
        assert_eq!(data, written);
    }
}

#[test]
fn octets_are_written_by_their_format() {
    for (format, octets, written) in [
        (Some(Format::Bin), &[0xfb, 0xff][..], "+/8="),
        (Some(Format::B64), b"f", "Zg=="),
        (Some(Format::Chr), b"a<b", "a&lt;b"),
        (None, b"text", "text"),
    ] {
        let body = body(replace(Data::Opaque(octets.to_vec()), format));
        assert!(body.contains(&format!("<Data>{written}</Data>")), "{body}");
    }
    // The command's Meta counts where the item has none.
    let mut command = ItemCommand::new(1, vec![Item::default().with_data(Data::Opaque(vec![0]))]);
    command.meta = Some(Meta::formatted(Format::Bin));
    assert!(body(vec![Command::Add(command)]).contains("<Data>AA==</Data>"));
}

fn refused(message: &Message, cause: Unwritable) {
    match xml::encode(message) {
        Ok(octets) => panic!("written: {}", String::from_utf8_lossy(&octets)),
        Err(error) => {
            assert_eq!(error.code(), "syncml-unwritable");
            assert_eq!(error.class(), syncml::Class::Misuse);
            assert!(
                matches!(error, Error::Unwritable { cause: found, .. } if found == cause),
                "{error}"
            );
        }
    }
    assert!(xml::encoded_len(message).is_err());
}

#[test]
fn characters_that_xml_forbids_are_not_written() {
    for text in ["\0", "a\u{b}", "\u{1f}", "\u{fffe}", "\u{ffff}"] {
        refused(
            &message(replace(Data::text(text), None)),
            Unwritable::Character,
        );
        let mut header = message(replace(Data::text(""), None));
        header.header.source.name = Some(text.to_owned());
        refused(&header, Unwritable::Character);
        let format = Some(Format::Other(text.to_owned()));
        refused(
            &message(replace(Data::text(""), format)),
            Unwritable::Character,
        );
    }
    refused(
        &message(replace(Data::Opaque(vec![7]), None)),
        Unwritable::Character,
    );
    refused(
        &message(replace(Data::Opaque(vec![0xff]), None)),
        Unwritable::Octets,
    );
    let chr = Some(Format::Chr);
    refused(
        &message(replace(Data::Opaque(vec![0xc3, 0x28]), chr)),
        Unwritable::Octets,
    );
}

#[test]
fn markup_that_would_break_out_is_not_written() {
    for text in [
        "",
        "text only",
        "<a>",
        "</a>",
        "<a/></Data><Data>",
        "</Data><MoreData/><Data><a/>",
        "<a/></Data></Item></Replace><Exec/>",
        "<a/><!--",
        "<a/><![CDATA[",
        "<a/>&x;",
        "<a/>\u{0}",
        "<p:a/>",
        "<!DOCTYPE a><a/>",
        "<?xml version='1.0'?><a/>",
    ] {
        let xml = Data::Xml(text.to_owned());
        refused(
            &message(replace(xml, Some(Format::Xml))),
            Unwritable::Markup,
        );
    }
}

#[test]
fn what_the_dtd_demands_is_not_left_out() {
    let get = |items| Command::Get(ItemCommand::new(1, items));
    refused(&message(vec![]), Unwritable::NoContent);
    refused(&message(vec![get(vec![])]), Unwritable::NoContent);
    refused(
        &message(vec![Command::Exec(Exec {
            cmd_id: 1.into(),
            ..Exec::default()
        })]),
        Unwritable::NoContent,
    );
    let results = Results {
        cmd_id: 1.into(),
        cmd_ref: 1.into(),
        ..Results::default()
    };
    refused(
        &message(vec![Command::Results(results)]),
        Unwritable::NoContent,
    );
    let empty = Group {
        cmd_id: 1.into(),
        ..Group::default()
    };
    refused(
        &message(vec![Command::Atomic(empty.clone())]),
        Unwritable::NoContent,
    );
    refused(
        &message(vec![Command::Sequence(empty)]),
        Unwritable::NoContent,
    );

    let nameless = Command::Get(ItemCommand::new("", vec![Item::default()]));
    refused(&message(vec![nameless]), Unwritable::Empty);
    let alert = Alert {
        cmd_id: 1.into(),
        ..Alert::default()
    };
    refused(&message(vec![Command::Alert(alert)]), Unwritable::Empty);
    for (msg_ref, cmd_ref, cmd) in [("", "1", "Get"), ("1", "", "Get"), ("1", "1", "")] {
        let status = Status::new(1, msg_ref, cmd_ref, cmd, StatusCode::OK);
        refused(
            &message(vec![Command::Status(Box::new(status))]),
            Unwritable::Empty,
        );
    }
    let changes: [fn(&mut SyncHdr); 6] = [
        |header| header.ver_dtd.clear(),
        |header| header.ver_proto.clear(),
        |header| header.session_id = SessionId::new(""),
        |header| header.msg_id = MsgId::new(""),
        |header| header.target.uri.clear(),
        |header| header.source.uri.clear(),
    ];
    for change in changes {
        let mut message = message(vec![get(vec![Item::default()])]);
        change(&mut message.header);
        refused(&message, Unwritable::Empty);
    }
}

#[test]
fn what_device_management_does_not_have_is_not_written() {
    let foreign = Command::Unsupported(UnsupportedCommand {
        name: "Put",
        cmd_id: CmdId::from(1),
        element: None,
    });
    refused(&message(vec![foreign]), Unwritable::Command);
    for report in [
        Command::Status(Box::new(Status::new(2, "1", "1", "Get", StatusCode::OK))),
        Command::Results(Results::default()),
    ] {
        let group = Group {
            cmd_id: CmdId::from(1),
            commands: vec![report],
            ..Group::default()
        };
        refused(
            &message(vec![Command::Sequence(group)]),
            Unwritable::Command,
        );
    }
}

#[test]
fn groups_without_end_are_not_written() {
    let mut command = Command::Get(ItemCommand::new(1, vec![Item::default()]));
    for _ in 0..200 {
        command = Command::Sequence(Group {
            cmd_id: CmdId::from(1),
            commands: vec![command],
            ..Group::default()
        });
    }
    refused(&message(vec![command]), Unwritable::Depth);
}
