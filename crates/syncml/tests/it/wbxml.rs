//! Messages and documents in WBXML: what real clients send, what is tolerated,
//! what is refused (WAP-192-WBXML; SyncML RepPro 1.2, "WBXML Definition").

use syncml::infoset::{Content, Element};
use syncml::{
    Alert, AlertCode, Cred, Data, Error, Format, Item, ItemCommand, Limits, Location, Message,
    Meta, NextNonce, StatusCode, SyncBody, SyncHdr, Unwritable, wbxml, xml,
};

use super::samples;

const PACKAGE_1: &[u8] = include_bytes!("../../../../vectors/oma-dm/libdmclient-package1.wbxml");
const PACKAGE_3: &[u8] = include_bytes!("../../../../vectors/oma-dm/libdmclient-package3.wbxml");
const PROVISIONING: &[u8] = include_bytes!("../../../../vectors/oma-dm/client-provisioning.xml");
const TNDS: &[u8] = include_bytes!("../../../../vectors/oma-dm/tnds-bootstrap.xml");

fn read(octets: &[u8]) -> Result<Message, Error> {
    wbxml::decode(octets, &Limits::default())
}

fn code(octets: &[u8]) -> &'static str {
    match read(octets) {
        Ok(message) => panic!("taken as {message:?}"),
        Err(error) => error.code(),
    }
}

/// `[header, body]` with the shortest header: `SyncML` open, everything in it
/// that must be there, then `body`, then both ends.
fn document(body: &[u8]) -> Vec<u8> {
    framed(&[0x02, 0xa4, 0x01, 0x6a, 0x00], body)
}

fn framed(head: &[u8], body: &[u8]) -> Vec<u8> {
    let location = |tag| [&[tag, 0x57, 0x03][..], b"a\0", &[0x01, 0x01]].concat();
    let mut out = [head, &[0x6d, 0x6c]].concat();
    for (tag, text) in [(0x71, "1.2"), (0x72, "DM/1.2"), (0x65, "1"), (0x5b, "1")] {
        out.extend([&[tag, 0x03], text.as_bytes(), &[0, 0x01]].concat());
    }
    out.extend(location(0x6e));
    out.extend(location(0x67));
    out.push(0x01);
    out.push(0x6b);
    out.extend(body);
    out.extend([0x01, 0x01]);
    out
}

/// A Get with the CmdID 1 and an item with `inside`.
fn with_item(inside: &[u8]) -> Vec<u8> {
    document(
        &[
            &[0x53, 0x4b, 0x03, b'1', 0, 0x01, 0x54],
            inside,
            &[0x01, 0x01],
        ]
        .concat(),
    )
}

fn item(octets: &[u8]) -> Item {
    let message = read(octets).unwrap();
    message.body.commands[0].items()[0].clone()
}

#[test]
fn a_real_client_says_the_same_in_both_representations() {
    for (octets, other) in [
        (PACKAGE_1, samples::ALL[0].1),
        (PACKAGE_3, samples::ALL[1].1),
    ] {
        assert_eq!(read(octets).unwrap(), samples::read(other));
    }
}

#[test]
fn what_is_written_begins_as_a_real_client_begins() {
    let written = wbxml::encode(&samples::read(samples::ALL[0].1)).unwrap();
    let start: &[u8] = &[0x02, 0xa4, 0x01, 0x6a, 0x00, 0x6d, 0x6c, 0x71, 0x03];
    assert_eq!(&written[..start.len()], start);
    assert_eq!(&PACKAGE_1[..start.len()], start);
    assert_eq!(&written[start.len()..start.len() + 4], b"1.2\0");
    // The client writes the text of items as OPAQUE data, which takes as many
    // octets as strings do.
    assert_eq!(written.len(), PACKAGE_1.len());
}

#[test]
fn headers_of_every_kind_are_read() {
    let get = [0x13];
    let body = [&[0x53, 0x4b, 0x03, b'1', 0, 0x01], &get[..0], &[0x01]].concat();
    let plain = read(&document(&body)).unwrap();
    let name = b"-//SYNCML//DTD SyncML 1.2//EN";
    let length = u8::try_from(name.len()).unwrap();
    let heads: [Vec<u8>; 11] = [
        vec![0x00, 0xa4, 0x01, 0x00],       // 1.0 has no character set
        vec![0x01, 0xa4, 0x01, 0x6a, 0x00], // 1.1
        vec![0x03, 0xa4, 0x01, 0x6a, 0x00], // 1.3
        vec![0x02, 0xa4, 0x01, 0x00, 0x00], // character set unknown
        vec![0x02, 0xa4, 0x01, 0x03, 0x00], // US-ASCII
        vec![0x02, 0x9f, 0x51, 0x6a, 0x00], // SyncML 1.0
        vec![0x02, 0x9f, 0x53, 0x6a, 0x00], // SyncML 1.1
        vec![0x02, 0x01, 0x6a, 0x00],       // unknown
        vec![0x02, 0x80, 0x80, 0xa4, 0x01, 0x6a, 0x80, 0x00], // numbers with leading zeros
        [&[0x02, 0x00, 0x00, 0x6a, length][..], name].concat(),
        [&[0x02, 0x00, 0x01, 0x6a, length + 2, b'x'][..], name, &[0]].concat(),
    ];
    for head in heads {
        let message = read(&framed(&head, &body));
        assert_eq!(
            message.unwrap_or_else(|error| panic!("{error}: {head:?}")),
            plain
        );
    }
}

#[test]
fn headers_that_are_not_read() {
    let body = [0x53, 0x4b, 0x03, b'1', 0, 0x01, 0x01];
    for (head, expected) in [
        (&[0x12, 0xa4, 0x01, 0x6a, 0x00][..], "syncml-wbxml-version"),
        (&[0x02, 0x04, 0x6a, 0x00], "syncml-wbxml-language"),
        (
            &[0x02, 0x00, 0x00, 0x6a, 0x01, b'x'],
            "syncml-wbxml-language",
        ),
        (&[0x02, 0x00, 0x05, 0x6a, 0x01, b'x'], "syncml-string-table"),
        (&[0x02, 0x0b, 0x6a, 0x00], "syncml-wrong-root"),
        (
            &[0x02, 0xa4, 0x01, 0x04, 0x00],
            "syncml-encoding-unsupported",
        ),
        (
            &[0x02, 0xa4, 0x01, 0x6a, 0x8f, 0xff, 0xff, 0xff, 0x7f],
            "syncml-cut-short",
        ),
        (
            &[0x02, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            "syncml-cut-short",
        ),
    ] {
        assert_eq!(code(&framed(head, &body)), expected, "{head:x?}");
    }
}

#[test]
fn every_cut_is_an_error() {
    for sample in [PACKAGE_1, PACKAGE_3] {
        for length in 0..sample.len() {
            let error = read(&sample[..length]).unwrap_err();
            assert_eq!(error.code(), "syncml-cut-short", "{length} octets");
        }
        let more = [sample, &[0x00]].concat();
        assert_eq!(code(&more), "syncml-text-unexpected");
    }
}

#[test]
fn text_comes_in_every_form() {
    // "abc" as a string, from the table, as an entity between, as OPAQUE data.
    let table = [&[0x02, 0xa4, 0x01, 0x6a, 0x04][..], b"abc\0"].concat();
    let forms: [&[u8]; 4] = [
        b"\x03abc\x00",
        &[0x83, 0x00],
        &[0x03, b'a', 0, 0x02, 0x62, 0x03, b'c', 0],
        b"\xc3\x03abc",
    ];
    for form in forms {
        let get = [
            &[0x53, 0x4b, 0x03, b'1', 0, 0x01, 0x54, 0x6e, 0x57][..],
            form,
            &[0x01, 0x01, 0x4f],
            form,
            &[0x01, 0x01, 0x01],
        ]
        .concat();
        let message = read(&framed(&table, &get)).unwrap();
        let item = &message.body.commands[0].items()[0];
        assert_eq!(item.target, Some(Location::new("abc")));
        assert_eq!(item.data, Some(Data::text("abc")));
    }
}

#[test]
fn names_may_stand_in_the_string_table() {
    let table = [&[0x02, 0xa4, 0x01, 0x6a, 0x09][..], b"Item\0New\0"].concat();
    let get = [
        0x53, 0x4b, 0x03, b'1', 0, 0x01, 0x44, 0x00, 0x44, 0x05, 0x01, 0x01, 0x01,
    ];
    let message = read(&framed(&table, &get)).unwrap();
    assert_eq!(message.body.commands[0].items(), [Item::default()]);
}

/// What some handsets send: the namespace as an attribute whose name refers to
/// a string table that is not there.
#[test]
fn a_namespace_as_an_attribute_is_skipped() {
    let mut octets = PACKAGE_3.to_vec();
    let attribute = [
        &[0xed, 0x04, 0x00, 0x03][..],
        b"SYNCML:SYNCML1.2\0",
        &[0x01],
    ]
    .concat();
    assert_eq!(octets[5], 0x6d);
    octets.splice(5..6, attribute);
    assert_eq!(read(&octets).unwrap(), read(PACKAGE_3).unwrap());
}

#[test]
fn octets_are_what_their_format_says() {
    let with = |format: &str, opaque: &[u8]| {
        let mut inside = [&[0x5a, 0x00, 0x01, 0x47, 0x03][..], format.as_bytes()].concat();
        inside.extend([0x00, 0x01, 0x01, 0x00, 0x00, 0x4f, 0xc3]);
        inside.push(u8::try_from(opaque.len()).unwrap());
        inside.extend(opaque);
        inside.push(0x01);
        item(&with_item(&inside))
    };
    assert_eq!(
        with("bin", b"abc").data,
        Some(Data::Opaque(b"abc".to_vec()))
    );
    assert_eq!(with("b64", b"YWJj").data, Some(Data::text("YWJj")));
    assert_eq!(
        with("b64", b"\x00\x01").data,
        Some(Data::Opaque(vec![0, 1]))
    );
    assert_eq!(with("chr", b"abc").data, Some(Data::text("abc")));
    assert_eq!(with("chr", b"\xff").data, Some(Data::Opaque(vec![0xff])));
    for (format, data) in [("bin", &b"abc"[..]), ("b64", b"YWJj"), ("b64", b"abc")] {
        let octets = with(format, data)
            .octets(None)
            .unwrap()
            .unwrap()
            .into_owned();
        assert_eq!(octets, b"abc", "{format}");
    }
}

#[test]
fn binary_values_change_their_form_with_the_representation() {
    let mut message = samples::read(samples::ALL[0].1);
    let syncml::Command::Replace(replace) = &mut message.body.commands[1] else {
        panic!("Replace expected");
    };
    replace.items.truncate(1);
    replace.items[0].meta = Some(Meta::formatted(Format::Bin));
    replace.items[0].data = Some(Data::base64(&[0, 255]));
    let octets = wbxml::encode(&message).unwrap();
    assert!(
        octets
            .windows(4)
            .any(|window| window == [0xc3, 0x02, 0, 255])
    );
    let read = read(&octets).unwrap();
    let item = &read.body.commands[1].items()[0];
    assert_eq!(item.data, Some(Data::Opaque(vec![0, 255])));
    assert_eq!(samples::read(&xml::encode(&read).unwrap()), message);
}

#[test]
fn a_nonce_is_base64_text_or_its_octets() {
    let with = |format: Option<&str>, nonce: &[u8]| {
        let mut inside = vec![0x5a, 0x00, 0x01];
        if let Some(format) = format {
            inside.extend([&[0x47, 0x03], format.as_bytes(), &[0x00, 0x01]].concat());
        }
        inside.push(0x50);
        inside.extend(nonce);
        inside.extend([0x01, 0x01, 0x00, 0x00]);
        item(&with_item(&inside))
            .meta
            .unwrap()
            .rare
            .into_inner()
            .next_nonce
            .unwrap()
    };
    let expected = Some(&b"\x01\x02\x03"[..]);
    assert_eq!(with(Some("b64"), b"\x03AQID\0").octets(), expected);
    assert_eq!(with(Some("b64"), b"\xc3\x04AQID").octets(), expected);
    assert_eq!(with(None, b"\xc3\x03\x01\x02\x03").octets(), expected);
    assert_eq!(
        with(Some("bin"), b"\xc3\x04AQID").octets(),
        Some(&b"AQID"[..])
    );
}

#[test]
fn documents_in_items_are_opened_and_closed() {
    let message = samples::read(TNDS);
    let octets = wbxml::encode(&message).unwrap();
    // The inner document: no number, its public identifier in a string table.
    let inner = [
        &[0x02, 0x00, 0x00, 0x6a, 0x1b][..],
        b"-//OMA//DTD-DM-DDF 1.2//EN\0\x00\x02\x60",
    ];
    let inner = inner.concat();
    assert!(octets.windows(inner.len()).any(|window| window == inner));
    let type_ = b"application/vnd.syncml.dmtnds+wbxml";
    assert!(octets.windows(type_.len()).any(|window| window == type_));
    let read = read(&octets).unwrap();
    let item = &read.body.commands[0].items()[0];
    assert_eq!(item.type_(None), Some("application/vnd.syncml.dmtnds+xml"));
    let tree = |message: &Message| {
        let data = message.body.commands[0].items()[0].data.clone();
        let Some(Data::Xml(markup)) = data else {
            panic!("markup expected");
        };
        xml::read_tree(markup.as_bytes(), &Limits::default()).unwrap()
    };
    assert_eq!(tree(&read), tree(&message));
    assert_eq!(wbxml::encode(&read).unwrap(), octets);
}

/// The tokens of page 2 in `Data` itself, without a document of their own.
#[test]
fn a_tree_may_stand_in_the_message_itself() {
    let inside = [
        0x4f, 0x00, 0x02, 0x60, 0x77, 0x03, b'1', 0, 0x01, 0x01, 0x00, 0x00, 0x01,
    ];
    let expected = r#"<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1</VerDTD></MgmtTree>"#;
    assert_eq!(
        item(&with_item(&inside)).data,
        Some(Data::Xml(expected.to_owned()))
    );
    let mixed = [&[0x4f, 0x03, b'a', 0][..], &inside[1..]].concat();
    let expected = format!("a{expected}");
    assert_eq!(item(&with_item(&mixed)).data, Some(Data::Xml(expected)));
}

#[test]
fn what_is_no_document_stays_octets() {
    let bad = [0x02, 0x00, 0x00, 0x6a, 0x7f];
    let meta = Meta::typed(Format::Xml, "application/vnd.syncml.dmtnds+wbxml");
    let item = Item::target("./Inbox")
        .with_meta(meta)
        .with_data(Data::Opaque(bad.to_vec()));
    let message = message_with(item.clone());
    let read = read(&wbxml::encode(&message).unwrap()).unwrap();
    assert_eq!(read.body.commands[0].items()[0], item);
}

fn message_with(item: Item) -> Message {
    Message {
        header: SyncHdr::new("1".into(), "1".into(), "a".into(), "b".into()),
        body: SyncBody {
            commands: vec![syncml::Command::Add(ItemCommand::new("1", vec![item]))],
            is_final: true,
        },
    }
}

#[test]
fn a_provisioning_document_comes_back() {
    let tree = xml::read_tree(PROVISIONING, &Limits::default()).unwrap();
    let octets = wbxml::write_tree(&tree).unwrap();
    assert_eq!(&octets[..4], [0x02, 0x0b, 0x6a, 0x00]);
    // version="1.1": the attribute's start, then the value; then page 0's
    // BOOTSTRAP, and page 1's APPLICATION and w7 as a string.
    assert_eq!(
        &octets[4..12],
        [0xc5, 0x45, 0x03, b'1', b'.', b'1', 0x00, 0x01]
    );
    assert!(octets.windows(3).any(|window| window == [0xc6, 0x56, 0x01]));
    let w7 = [0x00, 0x01, 0x36, 0x00, 0x00, 0x06, 0x03, b'w', b'7', 0x00];
    let w7_on_page_1 = [0x36, 0x06, 0x03, b'w', b'7', 0x00];
    let has = |part: &[u8]| octets.windows(part.len()).any(|window| window == part);
    assert!(has(&w7) || has(&w7_on_page_1));
    assert_eq!(wbxml::read_tree(&octets, &Limits::default()).unwrap(), tree);
}

#[test]
fn more_than_the_limits_allow() {
    // 200 kB of open tags, wherever nesting is possible.
    for (tag, around) in [(0x64, &[][..]), (0x48, &[]), (0x4f, &[0x53, 0x54])] {
        let body = [around, &vec![tag; 200_000][..]].concat();
        assert_eq!(code(&document(&body)), "syncml-too-deep", "{tag:x}");
    }
    let skipped = [&[0x53, 0x54][..], &vec![0x45; 200_000]].concat();
    assert_eq!(code(&document(&skipped)), "syncml-too-deep");
    // Lengths past the end.
    for number in [&[0x7f][..], &[0x8f, 0xff, 0xff, 0xff, 0x7f]] {
        let inside = [&[0x4f, 0xc3][..], number, &[0x01]].concat();
        assert_eq!(code(&with_item(&inside)), "syncml-cut-short");
    }
    // A string of 1,000 octets, referred to 10,000 times.
    let table = [&[0x02, 0xa4, 0x01, 0x6a, 0x87, 0x68][..], &[b'x'; 1000]].concat();
    let data = [&[0x53, 0x54, 0x4f][..], &[0x83, 0x00].repeat(10_000)].concat();
    assert_eq!(code(&framed(&table, &data)), "syncml-expands-too-much");
    let get = [0x53, 0x4b, 0x03, b'1', 0, 0x01, 0x01];
    assert_eq!(
        code(&document(&get.repeat(1001))),
        "syncml-too-many-commands"
    );
    assert_eq!(
        code(&with_item(&[&[0x01][..], &[0x14; 4000], &[0x54]].concat())),
        "syncml-too-many-items"
    );
    let short = Limits {
        max_octets: PACKAGE_1.len() - 1,
        ..Limits::default()
    };
    let error = wbxml::decode(PACKAGE_1, &short).unwrap_err();
    assert_eq!(error.code(), "syncml-too-large");
    let short = Limits {
        max_text: 4,
        ..Limits::default()
    };
    let error = wbxml::decode(PACKAGE_1, &short).unwrap_err();
    assert_eq!(error.code(), "syncml-text-too-long");
    assert_eq!(error.place().unwrap().path, "SyncML/SyncHdr/VerProto");
}

#[test]
fn tokens_that_may_not_stand_where_they_do() {
    for (inside, expected) in [
        (&[0x4f, 0x40, b'x', 0, 0x01][..], "syncml-wbxml-extension"),
        (&[0x4f, 0x80, 0x00, 0x01], "syncml-wbxml-extension"),
        (&[0x4f, 0xc0, 0x01], "syncml-wbxml-extension"),
        (&[0x4f, 0x83, 0x05, 0x01], "syncml-string-table"),
        (&[0x4f, 0x02, 0x00, 0x01], "syncml-character-forbidden"),
        (
            &[0x4f, 0x02, 0x83, 0xb0, 0x00, 0x01],
            "syncml-character-forbidden",
        ),
        (
            &[0x4f, 0x03, 0x0b, 0x00, 0x01],
            "syncml-character-forbidden",
        ),
        (&[0x4f, 0x03, 0xff, 0x00, 0x01], "syncml-not-utf8"),
        (
            &[0x6e, 0x57, 0xc3, 0x01, 0xff, 0x01, 0x01],
            "syncml-not-utf8",
        ),
        (
            &[0x6e, 0x57, 0xc3, 0x01, 0x00, 0x01, 0x01],
            "syncml-character-forbidden",
        ),
        (&[0x6e, 0x57, 0x17, 0x01, 0x01], "syncml-element-unexpected"),
        (&[0x03, b'x', 0x00], "syncml-text-unexpected"),
        (&[0x34, 0x34], "syncml-element-duplicate"),
    ] {
        assert_eq!(code(&with_item(inside)), expected, "{inside:x?}");
    }
    assert_eq!(code(&document(&[0x7f, 0x01])), "syncml-element-unexpected");
    assert_eq!(code(&document(&[0x46, 0x0b, 0x01])), "syncml-cmdid-missing");
}

#[test]
fn what_can_not_be_written() {
    let bad = |data, format| {
        let item = Item::target("./a")
            .with_meta(Meta::formatted(format))
            .with_data(data);
        wbxml::encode(&message_with(item)).unwrap_err().code()
    };
    assert_eq!(bad(Data::text("a\0b"), Format::Chr), "syncml-unwritable");
    assert_eq!(
        bad(Data::text("no base64!"), Format::Bin),
        "syncml-not-base64"
    );
}

#[test]
fn credentials_and_challenges_come_back() {
    let mut header = SyncHdr::new("1".into(), "1".into(), "a".into(), "b".into());
    header.cred = Some(Cred::b64(Cred::MD5, "AQID"));
    let mut status = syncml::Status::new("1", "1", "0", "SyncHdr", StatusCode::UNAUTHORIZED);
    let nonce = NextNonce::from_octets(b"nonce");
    status.chal = Some(syncml::Chal::b64(Cred::MD5, Some(nonce)));
    let message = Message {
        header,
        body: SyncBody {
            commands: vec![
                syncml::Command::Status(Box::new(status)),
                syncml::Command::Alert(Alert::new("2", AlertCode::NEXT_MESSAGE)),
            ],
            is_final: false,
        },
    };
    assert_eq!(read(&wbxml::encode(&message).unwrap()).unwrap(), message);
}

/// Where a tree is wrong; and a name out of the string table that would make
/// other markup of itself is no name in XML.
#[test]
fn trees_tell_where_they_are_wrong() {
    let limits = Limits::default();
    let unknown = b"\x02\xa4\x01\x6a\x00\x6d\x6b\x3f\x01\x01\x01";
    let error = wbxml::read_tree(unknown, &limits).unwrap_err();
    assert_eq!(error.place().unwrap().path, "SyncML/SyncBody");
    let mut root = Element::new("", "SyncML");
    let mut body = Element::new("", "SyncBody");
    body.content.push(Content::Element(Element::new("", "Odd")));
    root.content.push(Content::Element(body));
    let error = wbxml::write_tree(&root).unwrap_err();
    assert_eq!(error.place().unwrap().path, "SyncML/SyncBody/Odd");
    let literal = b"\x02\xa4\x01\x6a\x05a/>b\x00\x04\x00";
    let root = wbxml::read_tree(literal, &limits).unwrap();
    assert_eq!(root.name, "a/>b");
    assert!(matches!(
        xml::write_tree(&root),
        Err(Error::Unwritable {
            cause: Unwritable::Name,
            ..
        })
    ));
}
