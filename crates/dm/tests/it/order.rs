//! Messages that come twice, late, from elsewhere or out of turn: "tests others
//! forgot". OMA DM Protocol 1.2 clause 8.3 wants MsgIDs unambiguous in a
//! session; what follows from that is decided here.

use std::time::Duration;

use clock::Tick;
use dm::session::{AbortReason, Encoding, Handled, Received};
use dm::{client, server};
use syncml::{Command, Item, Message};

use crate::fake::{FakeClient, FakeServer, alert, item_command, octets, status};
use crate::kit::{
    DEVICE, SERVER, add, device_tree, get, names, plain_client, plain_server, text, uri,
};

fn added(target: &str) -> Command {
    let item = Item::target(target).with_data("x".into());
    Command::Add(item_command(2, vec![item]))
}

fn executed(fake: &FakeServer) -> usize {
    let is = |event: &&client::Event| matches!(event, client::Event::Executed { .. });
    fake.events.iter().filter(is).count()
}

#[test]
fn a_server_answers_a_repeated_message_with_the_same_octets() {
    let mut fake = FakeClient::new();
    let opening = octets(&fake.opening(Vec::new()));
    fake.hand_octets(&opening).unwrap();
    let command = fake.server.push(add("./NAP/x", text("1"))).unwrap();
    let answer = fake.server.poll_transmit(fake.now).unwrap();
    let events = fake.events.len();
    for _ in 0..3 {
        assert_eq!(fake.hand_octets(&opening).unwrap(), Handled::Repeated);
        assert_eq!(fake.server.poll_transmit(fake.now).unwrap(), answer);
        assert!(fake.server.poll_transmit(fake.now).is_none());
    }
    assert_eq!(fake.events.len(), events);
    // The session goes on as if nothing had happened.
    let statuses = vec![status(1, 1, 0, "SyncHdr", 200), status(2, 1, 4, "Add", 200)];
    let last = fake.say(statuses, true);
    assert_eq!(names(&last), ["Status"]);
    assert!(fake.events.iter().any(|event| matches!(
        event,
        server::Event::Status { command: done, .. } if *done == command
    )));
    assert_eq!(fake.events.last(), Some(&server::Event::Finished));
    // The answer to the last message can be lost too.
    let closing = fake.server.poll_transmit(fake.now);
    assert!(closing.is_none());
}

#[test]
fn the_last_answer_is_repeated_even_after_the_end() {
    let mut fake = FakeClient::new();
    let opening = octets(&fake.opening(vec![alert(3, 1223)]));
    fake.hand_octets(&opening).unwrap();
    let answer = fake.server.poll_transmit(fake.now).unwrap();
    assert!(fake.server.is_over());
    assert_eq!(fake.hand_octets(&opening).unwrap(), Handled::Repeated);
    assert_eq!(fake.server.poll_transmit(fake.now).unwrap(), answer);
    let another = fake.message(vec![alert(1, 1222)], true);
    assert_eq!(fake.hand(&another).unwrap_err().code(), "dm-session-over");
}

/// One session over two connections: the second one gets nothing while the
/// first is being answered.
#[test]
fn a_message_while_the_answer_is_due_is_out_of_turn() {
    let mut fake = FakeClient::new();
    let opening = fake.opening(Vec::new());
    fake.hand(&opening).unwrap();
    let other = fake.message(vec![alert(1, 1222)], true);
    assert_eq!(
        fake.hand(&other).unwrap_err().code(),
        "dm-message-out-of-turn"
    );
    // A repetition meanwhile has no answer yet, and then gets the one.
    assert_eq!(fake.hand(&opening).unwrap(), Handled::Repeated);
    assert!(fake.next().is_some());
    assert!(fake.server.poll_transmit(fake.now).is_none());
    fake.hand(&other).unwrap();
    assert!(fake.next().is_some());
}

#[test]
fn a_msgid_with_other_octets_is_refused() {
    let mut fake = FakeClient::new();
    let opening = fake.opening(Vec::new());
    fake.hand(&opening).unwrap();
    fake.next().unwrap();
    let events = fake.events.len();
    let mut forged = opening.clone();
    forged.body.commands.push(alert(3, 1226));
    assert_eq!(fake.hand(&forged).unwrap_err().code(), "dm-msgid-reused");
    assert!(fake.server.poll_transmit(fake.now).is_none());
    assert_eq!(fake.events.len(), events);
    fake.say(vec![status(1, 1, 0, "SyncHdr", 200), alert(2, 1222)], true);
}

#[test]
fn msgids_rise() {
    let mut fake = FakeClient::new();
    fake.msg_id = 6;
    let opening = fake.opening(Vec::new());
    fake.hand(&opening).unwrap();
    fake.next().unwrap();
    for (msg_id, code) in [
        ("6", "dm-msgid-stale"),
        ("0", "dm-msgid-stale"),
        ("", "syncml-element-missing"),
        ("A", "dm-msgid-malformed"),
        ("-1", "dm-msgid-malformed"),
        ("8.0", "dm-msgid-malformed"),
        ("4294967296", "dm-msgid-malformed"),
    ] {
        let mut message = fake.message(vec![alert(1, 1222)], true);
        message.header.msg_id = msg_id.into();
        if msg_id.is_empty() {
            // It can't even be written.
            continue;
        }
        assert_eq!(fake.hand(&message).unwrap_err().code(), code, "{msg_id}");
    }
    // A gap does no harm.
    fake.msg_id = 100;
    fake.say(vec![status(1, 1, 0, "SyncHdr", 200), alert(2, 1222)], true);
}

type Change = fn(&mut Message);

const ELSEWHERE: [(&str, Change, &str); 7] = [
    (
        "another device under this SessionID",
        |message| message.header.source.uri = DEVICE.replace("aa", "ab"),
        "dm-source-differs",
    ),
    (
        "a Source that begins with the right one",
        |message| message.header.source.uri.push('0'),
        "dm-source-differs",
    ),
    (
        "a Source that the right one begins with",
        |message| message.header.source.uri.truncate(DEVICE.len() - 1),
        "dm-source-differs",
    ),
    (
        "a Source in another case",
        |message| message.header.source.uri = DEVICE.to_uppercase(),
        "dm-source-differs",
    ),
    (
        "another session",
        |message| message.header.session_id = "7f".into(),
        "dm-session-id-differs",
    ),
    (
        "another Target",
        |message| message.header.target.uri = format!("{SERVER}/"),
        "dm-target-differs",
    ),
    (
        "another Target host",
        |message| message.header.target.uri = SERVER.replace("002", "003"),
        "dm-target-differs",
    ),
];

#[test]
fn a_server_takes_nothing_from_elsewhere() {
    let mut fake = FakeClient::new();
    let opening = fake.opening(Vec::new());
    fake.hand(&opening).unwrap();
    fake.next().unwrap();
    let events = fake.events.len();
    for (what, change, code) in ELSEWHERE {
        let mut message = fake.message(vec![alert(1, 1223)], true);
        fake.msg_id -= 1;
        change(&mut message);
        assert_eq!(fake.hand(&message).unwrap_err().code(), code, "{what}");
        assert!(fake.server.poll_transmit(fake.now).is_none(), "{what}");
    }
    assert_eq!(fake.events.len(), events);
    assert!(!fake.server.is_over());
    fake.say(vec![status(1, 1, 0, "SyncHdr", 200), alert(2, 1222)], true);
}

#[test]
fn a_client_takes_nothing_from_elsewhere() {
    let changes: [(Change, &str); 6] = [
        (|m| m.header.source.uri.push('/'), "dm-source-differs"),
        (|m| m.header.target.uri.push('0'), "dm-target-differs"),
        (
            |m| m.header.session_id = "7f".into(),
            "dm-session-id-differs",
        ),
        (
            |m| m.header.ver_dtd = "1.1".into(),
            "dm-version-unsupported",
        ),
        (
            |m| m.header.ver_proto = "DM/1.1".into(),
            "dm-version-unsupported",
        ),
        (|m| m.header.msg_id = "x".into(), "dm-msgid-malformed"),
    ];
    let (mut fake, _) = FakeServer::new();
    for (change, code) in changes {
        let mut message = fake.message(vec![added("./NAP/x")], true);
        change(&mut message);
        assert_eq!(fake.hand(&message).unwrap_err().code(), code);
        assert!(fake.next().is_none());
    }
    assert!(fake.tree.value(&uri("./NAP/x")).is_err());
    assert!(fake.events.is_empty(), "{:?}", fake.events);
    assert!(fake.say(vec![added("./NAP/x")], true).is_some());
    assert!(fake.tree.value(&uri("./NAP/x")).is_ok());
}

#[test]
fn a_client_executes_a_repeated_answer_once_and_says_nothing_to_it() {
    let (mut fake, _) = FakeServer::new();
    let message = fake.message(vec![added("./NAP/x")], true);
    assert_eq!(fake.hand(&message).unwrap(), Handled::Taken);
    // Before its own answer is out, and after.
    assert_eq!(fake.hand(&message).unwrap(), Handled::Repeated);
    assert!(fake.next().is_some());
    assert_eq!(fake.hand(&message).unwrap(), Handled::Repeated);
    assert!(fake.next().is_none());
    assert_eq!(executed(&fake), 1);
    let mut forged = message.clone();
    forged.body.commands.push(added("./NAP/y"));
    assert_eq!(fake.hand(&forged).unwrap_err().code(), "dm-msgid-reused");
    assert_eq!(executed(&fake), 1);
}

#[test]
fn a_client_takes_answers_in_turn_only() {
    let (mut fake, _) = FakeServer::new();
    let first = fake.message(vec![added("./NAP/x")], true);
    let second = fake.message(vec![added("./NAP/y")], true);
    fake.hand(&first).unwrap();
    // Its own answer is due: nothing new may come.
    assert_eq!(
        fake.hand(&second).unwrap_err().code(),
        "dm-message-out-of-turn"
    );
    fake.next().unwrap();
    fake.hand(&second).unwrap();
    fake.next().unwrap();
    assert_eq!(fake.hand(&first).unwrap_err().code(), "dm-msgid-stale");
    assert_eq!(executed(&fake), 2);
}

#[test]
fn a_client_repeats_itself_unchanged_and_then_gives_up() {
    let mut config = plain_client();
    config.timing = client::Timing {
        retransmit_after: Duration::from_secs(10),
        transmissions: 3,
        patience: Duration::from_secs(1),
    };
    let mut session = client::Session::new(config);
    session.start(&device_tree()).unwrap();
    assert_eq!(session.poll_timeout(), None);
    let at = |seconds| Tick::from_origin(Duration::from_secs(seconds));
    let first = session.poll_transmit(at(0)).unwrap();
    assert!(session.poll_transmit(at(0)).is_none());
    for due in [10, 20] {
        assert_eq!(session.poll_timeout(), Some(at(due)));
        session.handle_timeout(at(due - 1));
        assert!(session.poll_transmit(at(due - 1)).is_none());
        session.handle_timeout(at(due));
        assert_eq!(session.poll_transmit(at(due)).unwrap(), first);
        assert!(session.poll_transmit(at(due)).is_none());
    }
    session.handle_timeout(at(30));
    assert!(session.poll_transmit(at(30)).is_none());
    assert_eq!(
        session.poll_event(),
        Some(client::Event::Aborted(AbortReason::TimedOut))
    );
    assert_eq!(session.poll_timeout(), None);
}

#[test]
fn a_server_gives_up_a_device_that_has_gone() {
    let mut config = plain_server();
    config.idle = Duration::from_secs(60);
    let mut fake = FakeClient::with(config);
    assert_eq!(fake.server.poll_timeout(), None);
    let opening = fake.opening(Vec::new());
    fake.hand(&opening).unwrap();
    // While the answer is due, the server is the slow one.
    assert_eq!(fake.server.poll_timeout(), None);
    fake.server.push(get("./A")).unwrap();
    fake.next().unwrap();
    let due = Tick::from_origin(Duration::from_secs(60));
    assert_eq!(fake.server.poll_timeout(), Some(due));
    fake.server.handle_timeout(due);
    fake.drain();
    assert_eq!(
        fake.events.last(),
        Some(&server::Event::Aborted(AbortReason::TimedOut))
    );
    assert!(fake.server.is_over());
}

#[test]
fn a_finished_session_times_out_in_silence() {
    let mut fake = FakeClient::new();
    let opening = fake.opening(Vec::new());
    fake.hand(&opening).unwrap();
    fake.next().unwrap();
    assert_eq!(fake.events.last(), Some(&server::Event::Finished));
    let due = fake.server.poll_timeout().unwrap();
    fake.server.handle_timeout(due);
    fake.drain();
    assert_eq!(fake.events.last(), Some(&server::Event::Finished));
    assert!(fake.server.is_over());
}

#[test]
fn a_message_past_the_limit_is_not_read() {
    let mut large = b"<SyncML>".to_vec();
    large.resize(65_537, b' ');
    let error = Received::read(Encoding::Xml, &large).err().unwrap();
    assert_eq!(error.code(), "syncml-too-large");
}
