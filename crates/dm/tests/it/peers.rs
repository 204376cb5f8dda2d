//! Clients that are not as the specification has it: old ones in C, and those
//! of Windows ([MS-MDM]); what the profiles allow, and that the others don't.

use clock::Tick;
use dm::auth::{Credentials, Requirement};
use dm::session::{Encoding, Handled, Profile, Received};
use dm::tree::{Acl, Right, Tree, TreeLimits};
use dm::{Error, client, server};
use secret::SecretBytes;
use sim::net::SimRandom;
use syncml::{AlertCode, Command, Item, ItemCommand, Limits, wbxml, xml};

use crate::fake::{FakeClient, FakeServer};
use crate::kit::{device_tree, plain_client, plain_server, uri};

const TARGET: &str = "http://127.0.0.1:8090/palmcsext/swupdateserver";
const CAPTURED: [(Encoding, &[u8]); 2] = [
    (
        Encoding::PlainXml,
        include_bytes!("../../../../vectors/oma-dm/libdmclient-package1.xml"),
    ),
    (
        Encoding::PlainWbxml,
        include_bytes!("../../../../vectors/oma-dm/libdmclient-package1.wbxml"),
    ),
];

/// The server of the captured session, with the account that its credentials
/// (`funambol:funambol` in base64) belong to.
fn server(session: &str) -> server::Config {
    let secret = SecretBytes::new(b"funambol".to_vec());
    let credentials = Credentials::basic("funambol", &secret).unwrap();
    let requirement = Requirement::Credentials(credentials);
    server::Config::new(TARGET, "DMCtest", session.into(), requirement)
}

fn events(session: &mut server::Session) -> Vec<server::Event> {
    std::iter::from_fn(|| session.poll_event()).collect()
}

/// One step of a session by octets: the answer, in the same encoding.
fn step(session: &mut server::Session, encoding: Encoding, octets: &[u8]) -> Option<Vec<u8>> {
    let received = Received::read(encoding, octets).unwrap();
    let mut random = SimRandom::from_seed(5);
    let handled = session.handle_message(Tick::ZERO, &received, &mut random);
    assert_eq!(handled.unwrap(), Handled::Taken);
    let answer = session.poll_transmit(Tick::ZERO)?;
    assert_eq!(answer.encoding, encoding);
    assert!(!answer.encoding.content_type().contains(".dm"));
    Some(answer.octets)
}

/// The document in the encoding; in WBXML its elements keep their order.
fn written(encoding: Encoding, document: &str) -> Vec<u8> {
    if encoding == Encoding::PlainXml {
        return document.as_bytes().to_vec();
    }
    let tree = xml::read_tree(document.as_bytes(), &Limits::default()).unwrap();
    wbxml::write_tree(&tree).unwrap()
}

/// Package #3 as an old client writes it: a SessionID in hexadecimal, no Meta
/// in the header, and the Data of each Status before its TargetRef.
fn package_3(session: &str, get: &str) -> String {
    format!(
        "<SyncML xmlns='SYNCML:SYNCML1.2'><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto>\
         <SessionID>{session}</SessionID><MsgID>2</MsgID><Target><LocURI>{TARGET}</LocURI></Target>\
         <Source><LocURI>DMCtest</LocURI></Source></SyncHdr><SyncBody>\
         <Status><CmdID>1</CmdID><MsgRef>1</MsgRef><CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd>\
         <Data>200</Data><TargetRef>DMCtest</TargetRef><SourceRef>{TARGET}</SourceRef></Status>\
         <Status><CmdID>2</CmdID><MsgRef>1</MsgRef><CmdRef>{get}</CmdRef><Cmd>Get</Cmd>\
         <Data>200</Data><TargetRef>./DevInfo/Man</TargetRef></Status>\
         <Results><CmdID>3</CmdID><MsgRef>1</MsgRef><CmdRef>{get}</CmdRef>\
         <Item><Data>Acme</Data><Source><LocURI>./DevInfo/Man</LocURI></Source></Item></Results>\
         <Final/></SyncBody></SyncML>"
    )
}

#[test]
fn an_old_c_client_completes_a_session() {
    for (encoding, captured) in CAPTURED {
        for id in ["1", "1F", "0a", "0"] {
            // The captured first message, under this SessionID and without the
            // header's Meta.
            let first = String::from_utf8(CAPTURED[0].1.to_vec()).unwrap();
            let first = first.replace("<SessionID>1<", &format!("<SessionID>{id}<"));
            let meta =
                "<Meta><MaxMsgSize xmlns='syncml:metinf'>16384</MaxMsgSize></Meta></SyncHdr>";
            assert!(first.contains(meta));
            let first = match id {
                "1" => captured.to_vec(),
                _ => written(encoding, &first.replace(meta, "</SyncHdr>")),
            };
            let mut session = server::Session::new(server(id));
            let target = "./DevInfo/Man".to_owned();
            session.push(server::Request::Get { target }).unwrap();
            let answer = step(&mut session, encoding, &first).unwrap();
            let answer = Received::read(encoding, &answer).unwrap();
            let get = answer
                .message()
                .body
                .commands
                .iter()
                .find_map(|command| match command {
                    Command::Get(get) => Some(get.cmd_id.to_string()),
                    _ => None,
                });
            let third = written(encoding, &package_3(id, &get.unwrap()));
            let answer = step(&mut session, encoding, &third).unwrap();
            let answer = Received::read(encoding, &answer).unwrap();
            assert!(answer.message().body.is_final);
            let events = events(&mut session);
            assert!(events.contains(&server::Event::Authenticated), "{events:?}");
            assert!(events.contains(&server::Event::Finished), "{events:?}");
            let read = events.iter().find_map(|event| match event {
                server::Event::Results { value, .. } => Some(value.data().to_vec()),
                _ => None,
            });
            assert_eq!(read.unwrap(), b"Acme", "{id} {encoding:?}");
        }
    }
}

#[test]
fn the_same_client_without_its_secret_does_not() {
    let mut config = server("1");
    let secret = SecretBytes::new(b"other".to_vec());
    let credentials = Credentials::basic("funambol", &secret).unwrap();
    config.verify = Requirement::Credentials(credentials);
    let mut session = server::Session::new(config);
    step(&mut session, Encoding::PlainXml, CAPTURED[0].1).unwrap();
    assert!(!events(&mut session).contains(&server::Event::Authenticated));
}

/// SessionIDs: as text, and as numbers in hexadecimal.
#[test]
fn session_ids_are_numbers_only_where_the_profile_says_so() {
    for (own, other, same) in [
        ("1F", "1f", true),
        ("1", "01", true),
        ("A", "10", false),
        ("1", "x1", false),
    ] {
        for (profile, taken) in [
            (Profile::Default, false),
            (Profile::Windows, same),
            (Profile::Lenient, same),
        ] {
            let mut config = plain_server();
            config.session_id = own.into();
            config.profile = profile;
            let mut fake = FakeClient::with(config);
            let mut message = fake.opening(vec![]);
            message.header.session_id = other.into();
            let handled = fake.hand(&message);
            assert_eq!(handled.is_ok(), taken, "{profile} {own} {other}");
            if !taken {
                assert!(matches!(handled, Err(Error::WrongSession)));
            }
        }
    }
}

#[test]
fn older_versions_and_other_cases_are_for_the_lenient() {
    for (profile, expected) in [
        (Profile::Default, 505),
        (Profile::Windows, 505),
        (Profile::Lenient, 200),
    ] {
        let mut config = plain_server();
        config.profile = profile;
        let mut fake = FakeClient::with(config);
        let mut message = fake.opening(vec![]);
        message.header.ver_dtd = "1.1".to_owned();
        message.header.ver_proto = "DM/1.1".to_owned();
        fake.hand(&message).unwrap();
        let answer = fake.next().unwrap();
        assert_eq!(
            crate::kit::statuses(&answer)[0].code.0,
            expected,
            "{profile}"
        );
        let mut config = plain_server();
        config.profile = profile;
        let mut fake = FakeClient::with(config);
        let mut message = fake.opening(vec![]);
        message.header.source.uri = message.header.source.uri.to_ascii_uppercase();
        assert_eq!(
            fake.hand(&message).is_ok(),
            profile == Profile::Lenient,
            "{profile}"
        );
    }
    for name in ["default", "windows", "lenient"] {
        assert_eq!(name.parse::<Profile>().unwrap().to_string(), name);
    }
    assert!("Windows".parse::<Profile>().is_err());
}

fn windows() -> (client::Config, Tree) {
    let mut config = plain_client();
    config.profile = Profile::Windows;
    let mut tree = Tree::new(Acl::everybody(&Right::ALL), TreeLimits::default());
    for (at, node) in device_tree().export() {
        if at.parent().is_some() {
            tree.put(at.clone(), node.clone()).unwrap();
        }
    }
    tree.set_implicit_add(true);
    tree.set_device_scope(true);
    (config, tree)
}

#[test]
fn a_windows_client_tells_who_is_logged_in() {
    let (config, tree) = windows();
    let (_, first) = FakeServer::with(config, tree);
    let Command::Alert(alert) = &first.body.commands[1] else {
        panic!("an alert expected: {first:?}");
    };
    assert_eq!(alert.code, Some(AlertCode::CLIENT_EVENT));
    assert_eq!(
        alert.items[0].type_(None),
        Some("com.microsoft/MDM/LoginStatus")
    );
    // An item is one event, with Type and Format in its Meta and the rest in
    // its Data (RepPro clauses 6.6.2 and 7).
    assert_eq!(alert.items.len(), 1);
    let meta = alert.items[0].meta.as_ref().unwrap();
    assert!(meta.type_.is_some() && meta.format == Some(syncml::Format::Chr));
    assert_eq!(alert.items[0].data, Some("none".into()));
    // The server's side takes it, and only under this profile by itself.
    for (profile, expected) in [(Profile::Windows, 200), (Profile::Default, 406)] {
        let mut config = plain_server();
        config.profile = profile;
        let mut fake = FakeClient::with(config);
        let message = fake.opening(vec![first.body.commands[1].clone()]);
        fake.hand(&message).unwrap();
        let answer = fake.next().unwrap();
        let statuses = crate::kit::statuses(&answer);
        let codes: Vec<u16> = statuses
            .iter()
            .filter(|status| status.cmd == "Alert")
            .map(|status| status.code.0)
            .collect();
        assert_eq!(codes, [200, expected], "{profile}");
    }
}

#[test]
fn a_windows_client_adds_parents_and_knows_its_scopes() {
    let (config, tree) = windows();
    let (mut fake, _) = FakeServer::with(config, tree);
    let add = |id: u32, at: &str| {
        let item = Item::target(at).with_data("1".into());
        Command::Add(ItemCommand::new(id, vec![item]))
    };
    let codes = fake.codes(vec![
        add(2, "./Vendor/MSFT/Policy/Config/A"),
        add(3, "./Device/Vendor/MSFT/Policy/Config/B"),
        add(4, "./User/Vendor/MSFT/C"),
        Command::Get(ItemCommand::new(
            5u32,
            vec![Item::target("./Device/Vendor/MSFT/Policy/Config/A")],
        )),
        add(6, "/Vendor/MSFT/D"),
    ]);
    let codes: Vec<u16> = codes.iter().map(|(_, code)| *code).collect();
    assert_eq!(codes, [200, 200, 200, 200, 400]);
    assert!(
        fake.tree
            .value(&uri("./Vendor/MSFT/Policy/Config/B"))
            .is_ok()
    );
    assert!(fake.tree.value(&uri("./User/Vendor/MSFT/C")).is_ok());
}

#[test]
fn a_windows_client_answers_400_without_a_cmd_id() {
    let document = |session: &str| {
        let (config, tree) = windows();
        let (mut fake, _) = FakeServer::with(config, tree);
        let message = fake.message(
            vec![
                Command::Get(ItemCommand::new("7", vec![Item::target("./DevInfo/Man")])),
                Command::Get(ItemCommand::new("8", vec![Item::target("./DevInfo/Mod")])),
            ],
            true,
        );
        let text = String::from_utf8(xml::encode(&message).unwrap()).unwrap();
        (fake, text.replace("<CmdID>7</CmdID>", session))
    };
    let (mut fake, text) = document("");
    assert!(Received::read(Encoding::Xml, text.as_bytes()).is_err());
    let received = Received::read_for(Profile::Windows, Encoding::Xml, text.as_bytes()).unwrap();
    let handled = fake
        .client
        .handle_message(fake.now, &mut fake.tree, &received, &mut fake.random);
    assert_eq!(handled.unwrap(), Handled::Taken);
    let answer = fake.next().unwrap();
    let statuses = crate::kit::statuses(&answer);
    let codes: Vec<(String, u16)> = statuses
        .iter()
        .map(|status| (status.cmd_ref.to_string(), status.code.0))
        .collect();
    assert_eq!(codes, [("0".to_owned(), 400), ("8".to_owned(), 400)]);
    assert!(
        !answer
            .body
            .commands
            .iter()
            .any(|command| matches!(command, Command::Results(_)))
    );
}

/// As every client: Get in an Atomic is 500, and so is an Atomic in one.
#[test]
fn a_windows_client_refuses_what_an_atomic_may_not_have() {
    let (config, tree) = windows();
    let (mut fake, _) = FakeServer::with(config, tree);
    let get = Command::Get(ItemCommand::new(3u32, vec![Item::target("./DevInfo/Man")]));
    let group = syncml::Group {
        cmd_id: 2u32.into(),
        commands: vec![get],
        ..syncml::Group::default()
    };
    let codes = fake.codes(vec![Command::Atomic(group)]);
    assert_eq!(codes, [("2".to_owned(), 500), ("3".to_owned(), 500)]);
}
