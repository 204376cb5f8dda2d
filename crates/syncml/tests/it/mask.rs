//! What the wire log may show of a message (OMA DM Security 1.2 for
//! credentials and nonces, DM Standardized Objects 1.2 for secret leaves).

use syncml::{
    Alert, AlertCode, Chal, Command, Cred, Data, Format, Group, Item, ItemCommand, Meta, NextNonce,
    RareMeta, Results, Status, StatusCode, xml,
};

use super::samples;

const SECRET: &str = "OhBehave";

/// A message with the commands, and its masked form as Debug and as XML show
/// it.
fn shown(commands: Vec<Command>) -> String {
    let mut message = samples::read(samples::ALL[0].1);
    message.header.cred = Some(Cred::b64(Cred::BASIC, SECRET));
    message.body.commands = commands;
    let before = message.clone();
    let masked = message.masked();
    assert_eq!(message, before);
    let octets = xml::encode(&masked).unwrap();
    format!("{masked:?}{}", String::from_utf8(octets).unwrap())
}

fn hidden(commands: Vec<Command>) {
    let shown = shown(commands);
    assert!(!shown.contains(SECRET), "{shown}");
    assert!(shown.contains("***"), "{shown}");
}

fn item(uri: &str) -> Item {
    Item::target(uri).with_data(Data::text(SECRET))
}

fn replace(item: Item) -> Command {
    Command::Replace(ItemCommand::new(1, vec![item]))
}

#[test]
fn values_of_secret_leaves_are_hidden() {
    for uri in [
        "./DMAcc/Op/AppAuth/Srv/AAuthSecret",
        "./DMAcc/Op/AppAuth/Srv/AAUTHSECRET",
        "./DMAcc/Op/AppAuth/Srv/AAuthData",
        "./NAP/1/NAPAUTHINFO/AUTHSECRET",
        "./SyncML/DMAcc/1/ClientPW",
        "./SyncML/DMAcc/1/ServerNonce",
        "./WiFi/Passphrase",
        "./AuC/K",
        "./AuC/OPc?prop=Format",
        "./DMAcc/Op/AppAuth/Srv/AAuthSecret?prop=Format",
        "./Inbox",
        "./Inbox/1",
        "AAuthSecret",
    ] {
        hidden(vec![replace(item(uri))]);
        let source = Item::source(uri).with_data(Data::Opaque(SECRET.as_bytes().to_vec()));
        hidden(vec![Command::Add(ItemCommand::new(1, vec![source]))]);
    }
}

#[test]
fn documents_with_secrets_are_hidden() {
    let leaf = format!("<Node><NodeName>AAuthSecret</NodeName><Value>{SECRET}</Value></Node>");
    hidden(vec![replace(
        Item::target("./DMAcc").with_data(Data::Xml(leaf.clone())),
    )]);
    hidden(vec![replace(
        Item::target("./DMAcc").with_data(Data::text(leaf.clone())),
    )]);
    let octets = Data::Opaque(leaf.into_bytes());
    let base64 = Item::target("./DMAcc").with_meta(Meta::formatted(Format::B64));
    let Data::Opaque(plain) = &octets else {
        panic!("octets");
    };
    let text = Data::base64(plain);
    let Data::Text(encoded) = &text else {
        panic!("text");
    };
    let shown = shown(vec![replace(base64.clone().with_data(text.clone()))]);
    assert!(!shown.contains(encoded), "{shown}");
    hidden(vec![replace(base64.with_data(octets))]);
    for type_ in [
        "application/vnd.syncml.dmtnds+wbxml",
        "text/vnd.wap.connectivity-xml",
        "application/vnd.wap.connectivity-wbxml",
    ] {
        let meta = Meta {
            type_: Some(type_.to_owned()),
            ..Meta::default()
        };
        hidden(vec![replace(item("./a").with_meta(meta.clone()))]);
        let mut command = ItemCommand::new(1, vec![item("./a")]);
        command.meta = Some(meta);
        hidden(vec![Command::Add(command)]);
    }
}

#[test]
fn chunks_are_hidden() {
    let mut chunk = item("./a");
    chunk.more_data = true;
    hidden(vec![replace(chunk)]);
}

#[test]
fn secrets_in_groups_and_reports_are_hidden() {
    let uri = "./DMAcc/1/AAuthSecret";
    let group = Group {
        cmd_id: 1.into(),
        commands: vec![replace(item(uri))],
        ..Group::default()
    };
    hidden(vec![Command::Sequence(group.clone())]);
    hidden(vec![Command::Atomic(Group {
        commands: vec![Command::Sequence(group)],
        cmd_id: 9.into(),
        ..Group::default()
    })]);
    hidden(vec![Command::Alert(Alert {
        items: vec![item(uri)],
        ..Alert::new(1, AlertCode::GENERIC_ALERT)
    })]);
    let plain = Item::default().with_data(Data::text(SECRET));
    hidden(vec![Command::Results(Results {
        cmd_id: 1.into(),
        cmd_ref: 1.into(),
        target_ref: Some(uri.to_owned()),
        items: vec![plain.clone()],
        ..Results::default()
    })]);
    let mut status = Status::new(1, "1", "1", "Replace", StatusCode::OK);
    status.source_refs = vec![uri.to_owned()];
    status.items = vec![plain];
    hidden(vec![Command::Status(Box::new(status))]);
}

#[test]
fn credentials_and_nonces_are_hidden() {
    let nonce = || Some(NextNonce::from_octets(SECRET.as_bytes()));
    let written = nonce().unwrap().as_written().to_owned();
    let mut status = Status::new(1, "1", "0", "SyncHdr", StatusCode::UNAUTHORIZED);
    status.chal = Some(Chal::b64(Cred::MD5, nonce()));
    status.cred = Some(Cred::b64(Cred::MD5, SECRET));
    let meta = Meta::from(RareMeta {
        next_nonce: nonce(),
        ..RareMeta::default()
    });
    let mut add = ItemCommand::new(2, vec![Item::default().with_meta(meta.clone())]);
    add.meta = Some(meta);
    let shown = shown(vec![Command::Status(Box::new(status)), Command::Add(add)]);
    assert!(!shown.contains(SECRET), "{shown}");
    assert!(!shown.contains(&written), "{shown}");
}

#[test]
fn other_values_are_shown() {
    for uri in [
        "./DevInfo/DevId",
        "./M2MCIMM/0011/Package",
        "./DMAcc/1/AAuthName",
        "./Ki/Name",
    ] {
        assert!(shown(vec![replace(item(uri))]).contains(SECRET), "{uri}");
    }
    let get = Command::Get(ItemCommand::new(
        1,
        vec![Item::target("./DMAcc/1/AAuthSecret")],
    ));
    assert!(shown(vec![get]).contains("./DMAcc/1/AAuthSecret"));
}

/// The parts of a large object but its first do not show what they belong to.
#[test]
fn what_goes_on_with_an_object_is_hidden() {
    let mut first = samples::read(samples::ALL[0].1);
    let mut item = Item::target("./A/note").with_data("begin".into());
    item.more_data = true;
    let group = Group {
        cmd_id: "8".into(),
        commands: vec![Command::Add(ItemCommand::new("9", vec![item]))],
        ..Group::default()
    };
    first.body.commands = vec![Command::Sequence(group)];
    assert!(first.has_unfinished_item());
    let mut last = samples::read(samples::ALL[0].1);
    assert!(!last.has_unfinished_item());
    let item = Item::target("./A/note").with_data(SECRET.into());
    last.body.commands = vec![Command::Add(ItemCommand::new("9", vec![item]))];
    let text =
        |message: &syncml::Message| String::from_utf8(xml::encode(message).unwrap()).unwrap();
    // By itself it looks like any other value.
    assert!(text(&last.masked()).contains(SECRET));
    assert!(!text(&last.masked_as_continued()).contains(SECRET));
    assert!(text(&last.masked_as_continued()).contains("./A/note"));
}
