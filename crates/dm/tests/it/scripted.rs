//! What real peers do and our own engines never would: references that lead
//! nowhere, Results before Status, forbidden commands, RespURI, old versions.

use dm::client::{self, RespUris};
use dm::server;
use dm::session::{AbortReason, Encoding, Received, Violation};
use syncml::{Command, Data, Format, Item, Message, Meta, StatusCode};

use crate::fake::{FakeClient, FakeServer, alert, item_command, octets, results, status};
use crate::kit::{SERVER, device_tree, get, names, plain_client, server_config, statuses};

fn get_command(cmd_id: u32) -> Command {
    Command::Get(item_command(cmd_id, vec![Item::target("./DevInfo/Man")]))
}

fn opened(more: Vec<Command>) -> (FakeClient, Message) {
    let mut fake = FakeClient::new();
    let opening = fake.opening(more);
    fake.hand(&opening).unwrap();
    let answer = fake.next().unwrap();
    (fake, answer)
}

fn violations(events: &[server::Event]) -> Vec<Violation> {
    events
        .iter()
        .filter_map(|event| match event {
            server::Event::Violation(violation) => Some(*violation),
            _ => None,
        })
        .collect()
}

/// With a Get under way as command 4 of message 1.
fn asked() -> (FakeClient, server::CommandId) {
    let mut fake = FakeClient::new();
    let opening = fake.opening(Vec::new());
    fake.hand(&opening).unwrap();
    let id = fake.server.push(get("./DevInfo/Man")).unwrap();
    let answer = fake.next().unwrap();
    assert_eq!(names(&answer), ["Status", "Status", "Status", "Get"]);
    (fake, id)
}

fn man(value: &str) -> Item {
    Item::source("./DevInfo/Man").with_data(value.into())
}

#[test]
fn results_may_come_before_their_status() {
    let (mut fake, id) = asked();
    fake.events.clear();
    fake.say(
        vec![
            status(1, 1, 0, "SyncHdr", 200),
            results(2, 1, 4, man("Acme")),
            status(3, 1, 4, "Get", 200),
        ],
        true,
    );
    let kinds: Vec<&str> = fake
        .events
        .iter()
        .map(|event| match event {
            server::Event::Results { command, value, .. } => {
                assert_eq!((*command, value.data()), (id, b"Acme".as_slice()));
                "results"
            }
            server::Event::Status {
                command, status, ..
            } => {
                assert_eq!((*command, *status), (id, StatusCode::OK));
                "status"
            }
            server::Event::PackageReceived => "package",
            server::Event::Finished => "finished",
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(kinds, ["results", "status", "package", "finished"]);
}

#[test]
fn statuses_and_results_for_what_was_never_sent() {
    let (mut fake, id) = asked();
    fake.events.clear();
    let answer = fake.say(
        vec![
            status(1, 1, 0, "SyncHdr", 200),
            status(2, 1, 5, "Get", 200),
            status(3, 2, 4, "Get", 200),
            results(4, 1, 5, man("forged")),
            results(5, 9, 4, man("forged")),
        ],
        true,
    );
    assert_eq!(violations(&fake.events), [Violation::UnknownReference; 4]);
    let forged = |event: &server::Event| matches!(event, server::Event::Results { .. });
    assert!(!fake.events.iter().any(forged));
    assert!(
        fake.events
            .contains(&server::Event::Unanswered { command: id })
    );
    let codes: Vec<_> = statuses(&answer)
        .iter()
        .map(|s| (s.cmd.clone(), s.code.0))
        .collect();
    assert_eq!(
        codes[1..],
        [("Results".to_owned(), 405), ("Results".to_owned(), 405)]
    );
}

#[test]
fn results_that_are_not_what_they_say() {
    let (mut fake, _) = asked();
    fake.events.clear();
    let bad = man("???").with_meta(Meta::formatted(Format::B64));
    let answer = fake.say(
        vec![
            status(1, 1, 0, "SyncHdr", 200),
            status(2, 1, 4, "Get", 200),
            results(3, 1, 4, bad),
        ],
        true,
    );
    assert_eq!(violations(&fake.events), [Violation::DataUnreadable]);
    let last = statuses(&answer).pop().unwrap();
    assert_eq!((last.cmd.as_str(), last.code.0), ("Results", 400));
}

#[test]
fn a_missing_header_status_is_noticed_and_lived_with() {
    let (mut fake, _) = asked();
    fake.say(vec![status(2, 1, 4, "Get", 200)], true);
    assert_eq!(violations(&fake.events), [Violation::HeaderStatusMissing]);
    assert_eq!(fake.events.last(), Some(&server::Event::Finished));

    let (mut fake, _) = FakeServer::new();
    let mut message = fake.message(vec![get_command(1)], true);
    message.body.commands.remove(0);
    fake.hand(&message).unwrap();
    assert!(fake.next().is_some());
    let noticed = client::Event::Violation(Violation::HeaderStatusMissing);
    assert!(fake.events.contains(&noticed));
}

/// OMA DM Protocol 1.2 clause 8: a client sends Replace of DevInfo, Results
/// and Alert.
#[test]
fn a_client_gets_no_other_command_through() {
    let item = || vec![Item::target("./DevInfo/Man").with_data("x".into())];
    let elsewhere = vec![Item::source("./DMAcc/x").with_data("x".into())];
    let mixed = vec![man("x"), Item::source("./DMAcc/x").with_data("x".into())];
    for command in [
        Command::Add(item_command(3, item())),
        Command::Get(item_command(3, item())),
        Command::Delete(item_command(3, item())),
        Command::Replace(item_command(3, elsewhere)),
        Command::Replace(item_command(3, mixed)),
    ] {
        let (fake, answer) = opened(vec![command]);
        assert_eq!(statuses(&answer)[3].code.0, 405);
        assert_eq!(violations(&fake.events), [Violation::CommandNotAllowed]);
    }
}

#[test]
fn a_first_package_without_what_it_must_have() {
    let mut fake = FakeClient::new();
    fake.say(vec![alert(1, 1222)], true);
    assert_eq!(
        violations(&fake.events),
        [Violation::SessionAlertMissing, Violation::DeviceInfoMissing]
    );
    // And a second start in the middle is refused.
    let answer = fake.say(vec![status(1, 1, 0, "SyncHdr", 200), alert(2, 1201)], true);
    assert_eq!(statuses(&answer)[1].code.0, 405);
}

#[test]
fn an_alert_whose_data_is_not_what_it_says() {
    let mut bad = syncml::Alert::new(3, syncml::AlertCode::GENERIC_ALERT);
    let item = Item::default().with_meta(Meta::formatted(Format::Bin));
    bad.items = vec![item.with_data(Data::text("???"))];
    let (fake, answer) = opened(vec![Command::Alert(bad)]);
    assert_eq!(statuses(&answer)[3].code.0, 400);
    assert_eq!(violations(&fake.events), [Violation::DataUnreadable]);
    let alert = |event: &server::Event| matches!(event, server::Event::Alert { .. });
    assert!(!fake.events.iter().any(alert));
}

#[test]
fn other_versions_are_refused_by_name() {
    type Change = fn(&mut Message);
    let changes: [(Change, u16); 2] = [
        (|m| m.header.ver_dtd = "1.1".into(), 505),
        (|m| m.header.ver_proto = "DM/1.1".into(), 513),
    ];
    for (change, code) in changes {
        let mut fake = FakeClient::new();
        let mut opening = fake.opening(Vec::new());
        change(&mut opening);
        fake.hand(&opening).unwrap();
        let answer = fake.next().unwrap();
        let codes: Vec<u16> = statuses(&answer).iter().map(|s| s.code.0).collect();
        assert_eq!(codes, [code; 3]);
        assert_eq!(fake.events, [server::Event::Aborted(AbortReason::Version)]);
    }
}

#[test]
fn the_client_heeds_the_abort_of_the_server_in_silence() {
    let (mut fake, _) = FakeServer::new();
    assert!(
        fake.say(vec![alert(2, 1223), get_command(3)], true)
            .is_none()
    );
    assert_eq!(fake.events, [client::Event::Aborted(AbortReason::ByPeer)]);
}

fn destination(resp_uris: RespUris, resp_uri: &str) -> Result<String, AbortReason> {
    let mut config = plain_client();
    config.resp_uris = resp_uris;
    let (mut fake, _) = FakeServer::with(config, device_tree());
    fake.resp_uri = Some(resp_uri.to_owned());
    let message = fake.message(vec![get_command(2)], true);
    fake.hand(&message).unwrap();
    match fake.client.poll_transmit(fake.now) {
        Some(transmit) => {
            // The Target stays the server, wherever it is.
            let received = Received::read(Encoding::Xml, &transmit.octets).unwrap();
            assert_eq!(received.target(), SERVER);
            Ok(transmit.to.unwrap())
        }
        None => match fake.events.last() {
            Some(client::Event::Aborted(reason)) => Err(*reason),
            other => panic!("{other:?}"),
        },
    }
}

#[test]
fn a_resp_uri_is_followed_by_policy_alone() {
    let here = "https://dpf.mnc002.mcc001.rehome.test/dm?s=1";
    let there = "https://evil.example/dm";
    let listed = || RespUris::Listed(vec![here.to_owned()]);
    let judged = || RespUris::Judged(Box::new(|uri| uri.starts_with("https://dpf.")));
    assert_eq!(
        destination(RespUris::Refused, here),
        Err(AbortReason::RespUri)
    );
    assert_eq!(destination(listed(), here), Ok(here.to_owned()));
    assert_eq!(destination(listed(), there), Err(AbortReason::RespUri));
    assert_eq!(
        destination(listed(), "https://dpf."),
        Err(AbortReason::RespUri)
    );
    assert_eq!(destination(judged(), here), Ok(here.to_owned()));
    assert_eq!(destination(judged(), there), Err(AbortReason::RespUri));
}

/// Nothing of a message without right credentials is carried out or believed:
/// no event, no status, no nonce.
#[test]
fn a_server_does_nothing_for_a_stranger() {
    let mut fake = FakeClient::with(server_config());
    let chal = syncml::Chal::b64(
        syncml::Cred::MD5,
        Some(syncml::NextNonce::from_octets(b"chosen by a stranger")),
    );
    let mut header = syncml::Status::new(1, 0, 0, "SyncHdr", StatusCode(401));
    header.chal = Some(chal);
    let mut opening = fake.opening(vec![alert(3, 1226), alert(4, 1223)]);
    let header = Command::Status(Box::new(header));
    opening.body.commands.insert(0, header);
    fake.hand(&opening).unwrap();
    fake.server.push(get("./DevInfo/Man")).unwrap();
    let answer = fake.next().unwrap();
    assert!(fake.events.is_empty(), "{:?}", fake.events);
    assert_eq!(names(&answer), ["Status"; 5]);
    assert!(statuses(&answer).iter().all(|status| status.code.0 == 407));
    assert!(answer.header.cred.is_none());
    assert!(!fake.server.is_over());
}

#[test]
fn a_command_without_cmdid_is_not_carried_out() {
    let (mut fake, _) = FakeServer::new();
    let message = fake.message(vec![get_command(2)], true);
    let written = String::from_utf8(octets(&message)).unwrap();
    let without = written.replace("<Get><CmdID>2</CmdID>", "<Get>");
    assert_ne!(written, without);
    let error = fake.hand_octets(without.as_bytes()).unwrap_err();
    assert_eq!(error.code(), "syncml-cmdid-missing");
    assert_eq!(error.status().0, 400);
    assert!(fake.next().is_none());
}

/// A challenge of the message that asked for the rest of a package is not one
/// of the commands before it: they have been carried out.
#[test]
fn a_late_challenge_does_not_send_old_commands_again() {
    let mut config = server_config();
    config.verify = dm::auth::Requirement::Transport;
    config.nonces.prove = Some(crate::kit::nonce(1));
    let mut fake = FakeClient::with(config);
    let opening = fake.opening(Vec::new());
    fake.hand(&opening).unwrap();
    fake.server.push(get("./DevInfo/Man")).unwrap();
    assert!(names(&fake.next().unwrap()).contains(&"Get"));
    let half = vec![status(1, 1, 0, "SyncHdr", 200), status(2, 1, 4, "Get", 200)];
    let answer = fake.say(half, false);
    assert_eq!(names(&answer), ["Status", "Alert"]);
    let mut challenge = syncml::Status::new(1, 2, 0, "SyncHdr", StatusCode(401));
    let nonce = syncml::NextNonce::from_octets(b"another nonce");
    challenge.chal = Some(syncml::Chal::b64(syncml::Cred::MD5, Some(nonce)));
    let answer = fake.say(
        vec![
            Command::Status(Box::new(challenge)),
            results(2, 1, 4, man("Acme")),
        ],
        true,
    );
    assert_eq!(names(&answer), ["Status"]);
    assert!(answer.header.cred.is_some());
    let read = |event: &server::Event| matches!(event, server::Event::Results { .. });
    assert!(fake.events.iter().any(read));
}

/// What intel/libdmclient sends; the README beside the files says how they were
/// taken.
const LIBDMCLIENT_1: &[u8] = include_bytes!("../../../../vectors/oma-dm/libdmclient-package1.xml");
const LIBDMCLIENT_3: &[u8] = include_bytes!("../../../../vectors/oma-dm/libdmclient-package3.xml");

fn libdmclient(verify: dm::auth::Requirement) -> FakeClient {
    FakeClient::with(server::Config::new(
        "http://127.0.0.1:8090/palmcsext/swupdateserver",
        "DMCtest",
        "1".into(),
        verify,
    ))
}

#[test]
fn a_real_client_opens_a_session() {
    let secret = secret::SecretBytes::new(b"funambol".to_vec());
    let basic = dm::auth::Credentials::basic("funambol", &secret).unwrap();
    let mut fake = libdmclient(dm::auth::Requirement::Credentials(basic));
    fake.hand_octets(LIBDMCLIENT_1).unwrap();
    fake.server.push(get("./DevInfo/Man")).unwrap();
    let answer = fake.next().unwrap();
    let codes: Vec<u16> = statuses(&answer).iter().map(|s| s.code.0).collect();
    assert_eq!(codes, [212, 200, 200]);
    let leaves = fake.events.iter().find_map(|event| match event {
        server::Event::DeviceInfo(leaves) => Some(leaves),
        _ => None,
    });
    let leaves: Vec<(String, &[u8])> = leaves
        .unwrap()
        .iter()
        .map(|(at, value)| (at.to_string(), value.data()))
        .collect();
    assert_eq!(leaves.len(), 9);
    assert!(leaves.contains(&("./DevInfo/DevId".to_owned(), b"DMCtest")));
    assert!(leaves.contains(&("./DevInfo/Ext/other/test3".to_owned(), b"data of test3")));
    assert!(violations(&fake.events).is_empty());

    // It answers `0` to everything because the server showed no credentials.
    fake.events.clear();
    fake.hand_octets(LIBDMCLIENT_3).unwrap();
    fake.next().unwrap();
    let why = dm::auth::ProofRefused::Status(StatusCode(0));
    let refused = AbortReason::ProofRefused(why);
    assert_eq!(fake.events, [server::Event::Aborted(refused)]);
}

#[test]
fn a_real_client_with_basic_credentials_is_refused_by_default() {
    let verify = dm::auth::Requirement::Credentials(crate::kit::md5("funambol", "funambol"));
    let mut fake = libdmclient(verify);
    fake.hand_octets(LIBDMCLIENT_1).unwrap();
    let answer = fake.next().unwrap();
    let header = &statuses(&answer)[0];
    assert_eq!(header.code.0, 401);
    let chal = header.chal.as_ref().unwrap();
    assert_eq!(chal.type_.as_deref(), Some("syncml:auth-md5"));
    assert!(fake.events.is_empty());
}

/// Protocol clause 8.1.2: the answer to Alert 1223 has Statuses for the Alert
/// and the header, and no commands, whatever waits.
#[test]
fn commands_stay_behind_when_the_device_gives_up() {
    // In the middle, with a command under way and one that waits.
    let (mut fake, _) = asked();
    fake.server.push(get("./DevInfo/Mod")).unwrap();
    let said = vec![
        status(1, 1, 0, "SyncHdr", 200),
        status(2, 1, 4, "Get", 200),
        alert(3, 1223),
    ];
    let answer = fake.say(said, true);
    let answered: Vec<_> = statuses(&answer)
        .iter()
        .map(|s| (s.cmd.clone(), s.code.0))
        .collect();
    let wanted = [("SyncHdr".to_owned(), 200), ("Alert".to_owned(), 200)];
    assert_eq!(answered, wanted);
    assert_eq!(names(&answer), ["Status"; 2]);
    assert!(answer.body.is_final && fake.server.is_over());

    // In the first message, before anything could go out.
    let mut fake = FakeClient::new();
    fake.server.push(get("./DevInfo/Man")).unwrap();
    let opening = fake.opening(vec![alert(3, 1223)]);
    fake.hand(&opening).unwrap();
    assert_eq!(names(&fake.next().unwrap()), ["Status"; 4]);
    let aborted = server::Event::Aborted(AbortReason::ByPeer);
    assert_eq!(fake.events.last(), Some(&aborted));
}

/// RepPro clause 7: other codes than the listed ones mean nothing; nobody is
/// told of them.
#[test]
fn alert_codes_that_are_not_listed_are_refused() {
    for code in [0, 100, 206, 1099, 1105, 1199, 1202, 1221, 1227, 9999] {
        let (fake, answer) = opened(vec![alert(3, code)]);
        assert_eq!(statuses(&answer)[3].code.0, 406, "{code}");
        let told = |event: &server::Event| matches!(event, server::Event::Alert { .. });
        assert!(!fake.events.iter().any(told), "{code}");
    }
    for listed in [1224, 1226] {
        let mut event = syncml::Alert::new(3, syncml::AlertCode(listed));
        let meta = Meta::typed(Format::Chr, "urn:x:event");
        event.items = vec![Item::default().with_meta(meta).with_data("1".into())];
        let (fake, _) = opened(vec![Command::Alert(event)]);
        let told = |event: &server::Event| match event {
            server::Event::Alert { code, items, .. } => Some((code.0, items.clone())),
            _ => None,
        };
        let told: Vec<_> = fake.events.iter().filter_map(told).collect();
        assert_eq!((told.len(), told[0].0), (1, listed));
        let value = told[0].1[0].value.as_ref().unwrap();
        assert_eq!(
            (value.data(), value.format()),
            (b"1".as_slice(), &Format::Chr)
        );
    }
}

/// RepPro clause 6.1 has RespURI received. Over a transport whose responses
/// belong to their requests the answer stays where it was asked for.
#[test]
fn a_server_that_gets_a_resp_uri_answers_where_it_was_asked() {
    let mut fake = FakeClient::new();
    let mut opening = fake.opening(Vec::new());
    opening.header.resp_uri = Some("https://elsewhere.example/dm".to_owned());
    fake.hand(&opening).unwrap();
    let transmit = fake.server.poll_transmit(fake.now).unwrap();
    assert_eq!(transmit.to, None);
    let answer = crate::fake::read(&transmit);
    assert_eq!(answer.header.target.uri, crate::kit::DEVICE);
    let codes: Vec<u16> = statuses(&answer).iter().map(|s| s.code.0).collect();
    assert_eq!(codes, [200; 3]);
}
