//! Texts and names of every length, with what is special at every place: readers
//! and writers look at several octets at a time (XML 1.0 clauses 2.2, 2.4 and 3.1).

use syncml::{Class, Command, Data, Error, Item, ItemCommand, Limits, Message, wbxml, xml};

use super::document::{HEADER, read, with_body, with_item};
use super::refused::all;

/// Longer than two of the blocks that are looked at.
const LONGEST: usize = 40;

/// `c` at every place of texts of every length.
fn texts(c: char) -> impl Iterator<Item = String> {
    (0..LONGEST).flat_map(move |length| {
        (0..=length).map(move |at| {
            let (before, after) = ("a".repeat(at), "z".repeat(length - at));
            format!("{before}{c}{after}")
        })
    })
}

fn message(text: &str) -> Message {
    let mut message = read(&with_body("<Final/>")).unwrap();
    let item = Item::target("./A").with_data(Data::text(text));
    message.body.commands = vec![Command::Add(ItemCommand::new("1", vec![item]))];
    message
}

/// The text of the only `Data` of a document, by another reader.
fn data_of(xml: &[u8]) -> String {
    let document = roxmltree::Document::parse(std::str::from_utf8(xml).unwrap()).unwrap();
    let mut nodes = document.descendants();
    let data = nodes.find(|node| node.has_tag_name(("SYNCML:SYNCML1.2", "Data")));
    data.unwrap().text().unwrap_or_default().to_owned()
}

#[test]
fn every_character_that_xml_allows_comes_through() {
    let limits = Limits::default();
    for c in "&<>\r\n\t]\"é\u{feff}\u{fffd}\u{10000}".chars() {
        for text in texts(c) {
            let message = message(&text);
            let written = xml::encode(&message).unwrap();
            assert_eq!(data_of(&written), text);
            assert_eq!(xml::decode(&written, &limits).unwrap(), message, "{text:?}");
            let written = wbxml::encode(&message).unwrap();
            let string = [b"\x03", text.as_bytes(), b"\0"].concat();
            let mut windows = written.windows(string.len());
            assert!(windows.any(|window| window == string), "{text:?}");
            assert_eq!(
                wbxml::decode(&written, &limits).unwrap(),
                message,
                "{text:?}"
            );
        }
    }
}

#[test]
fn every_character_that_xml_forbids_is_refused() {
    let limits = Limits::default();
    for c in ['\u{1}', '\u{b}', '\u{1f}', '\u{fffe}', '\u{ffff}'] {
        for text in texts(c) {
            let message = message(&text);
            let unwritable = |error: Error| error.code() == "syncml-unwritable";
            assert!(xml::encode(&message).is_err_and(unwritable), "{text:?}");
            assert!(wbxml::encode(&message).is_err_and(unwritable), "{text:?}");
            let document = with_item(&format!("<Data>{text}</Data>"));
            let error = read(&document).unwrap_err();
            assert_eq!(error.code(), "syncml-character-forbidden", "{text:?}");
            assert_eq!(error.place().unwrap().offset, document.find(c).unwrap());
            // A line feed is allowed, and as long as a control character.
            let allowed = self::message(&text.replace(c, "\n".repeat(c.len_utf8()).as_str()));
            let mut document = wbxml::encode(&allowed).unwrap();
            let at = document.iter().position(|octet| *octet == b'\n').unwrap();
            document.splice(at..at + c.len_utf8(), c.to_string().bytes());
            let error = wbxml::decode(&document, &limits).unwrap_err();
            assert_eq!(error.code(), "syncml-character-forbidden", "{text:?}");
        }
    }
}

/// XML 1.0 clause 2.11.
#[test]
fn line_ends_are_line_feeds() {
    for text in texts('\r') {
        let read = read(&with_item(&format!("<Data>{text}</Data>"))).unwrap();
        let data = read.body.commands[0].items()[0].data.clone();
        assert_eq!(data, Some(Data::text(text.replace('\r', "\n"))));
    }
}

/// A header with an element `name` that it may not have.
fn refused_as(name: &str) {
    let element = format!("<{name}>1</{name}></SyncHdr>");
    let header = HEADER.replace("</SyncHdr>", &element);
    let document = format!("<SyncML>{header}<SyncBody><Final/></SyncBody></SyncML>");
    let error = read(&document).unwrap_err();
    assert_eq!(error.code(), "syncml-element-unexpected", "{error}: {name}");
    let said = error.to_string();
    assert!(
        said.ends_with(&format!("unexpected element {name}")),
        "{said}"
    );
}

#[test]
fn names_that_are_not_ours_are_others() {
    for more in [
        "",
        "x",
        "1",
        "-",
        ".",
        "_",
        "é",
        "\u{10000}",
        "Dx",
        "D1",
        "D-",
        "D.",
    ] {
        refused_as(&format!("MsgI{more}"));
    }
    for name in ["M", "NumberOfChangesx", "NumberOfChanges1"] {
        refused_as(name);
    }
    // Enough of them to meet ours wherever those may be looked up.
    for first in 'A'..='Z' {
        for second in 'a'..='z' {
            refused_as(&format!("{first}{second}"));
        }
    }
}

#[test]
fn end_tags_that_only_begin_as_they_should_are_wrong() {
    let good = with_item("<Data>1</Data>");
    let documents = [
        "Dat", "Datax", "Data1", "Data-", "Data.", "data", "Item", "",
    ]
    .map(|name| good.replace("</Data>", &format!("</{name}>")));
    all("syncml-not-well-formed", Class::Malformed, &documents);
    let documents =
        ["Ite", "Itemx", "Add", "item"].map(|name| good.replace("</Item>", &format!("</{name}>")));
    all("syncml-not-well-formed", Class::Malformed, &documents);
    assert!(read(&good.replace("</Data>", "</Data >")).is_ok());
}
