//! User interaction among other commands: what waits, what an answer does to the
//! commands behind it, time, and sessions between both ends (OMA DM Protocol 1.2
//! clause 10; OMA DM RepPro 1.2 clauses 6.6.3 and 6.6.14).

use std::time::Duration;

use clock::Tick;
use dm::client;
use dm::interaction::{Asked, Reply};
use dm::server::{self, Request};
use dm::session::{AbortReason, Encoding, Handled};
use dm::tree::Tree;
use syncml::Command;

use crate::commands::{add, found, group, leaf, numbered};
use crate::fake::{FakeClient, FakeServer, alert, octets};
use crate::interaction::{
    ask, asking, coded, fake, reply, reply_code, said, stop_at, waiting, with_user,
};
use crate::kit::{
    From, Talk, device_tree, get, idle_client, names, order_tree, package, plain_server, text, uri,
};

/// What the commands around an interaction get: before it, itself, behind it.
fn around(place: fn(Vec<Command>) -> Vec<Command>, answer: Reply) -> (Vec<u16>, Tree) {
    let mut fake = fake();
    let inside = vec![
        numbered(3, add(leaf("./NAP/a", "1"))),
        asking(4, 1101, &["", "Go on?"]),
        numbered(5, add(leaf("./NAP/b", "1"))),
    ];
    let mut commands = place(inside);
    commands.push(numbered(9, add(leaf("./NAP/c", "1"))));
    stop_at(&mut fake, commands);
    assert_eq!(fake.tree.value(&uri("./NAP/a")).unwrap().data(), b"1");
    assert!(fake.tree.value(&uri("./NAP/b")).is_err());
    let message = reply(&mut fake, answer).unwrap();
    assert!(!fake.tree.is_open());
    let codes = found(&coded(&message));
    (codes, fake.tree)
}

fn plain(inside: Vec<Command>) -> Vec<Command> {
    inside
}

fn in_sequence(inside: Vec<Command>) -> Vec<Command> {
    vec![Command::Sequence(group(2, inside))]
}

fn in_atomic(inside: Vec<Command>) -> Vec<Command> {
    vec![Command::Atomic(group(2, inside))]
}

fn in_both(inside: Vec<Command>) -> Vec<Command> {
    let atomic = Command::Atomic(group(2, inside));
    let after = numbered(7, add(leaf("./NAP/d", "1")));
    vec![Command::Sequence(group(1, vec![atomic, after]))]
}

fn there(tree: &Tree) -> String {
    let is = |name: &&str| tree.value(&uri(&format!("./NAP/{name}"))).is_ok();
    ["a", "b", "c", "d"].into_iter().filter(is).collect()
}

/// Clause 10.2.2: what a refusal does depends on where it stands.
#[test]
fn a_refusal_by_place() {
    for (place, codes, left) in [
        (
            plain as fn(Vec<Command>) -> Vec<Command>,
            vec![200, 304, 200, 200],
            "abc",
        ),
        (in_sequence, vec![200, 200, 304, 215, 200], "ac"),
        (in_atomic, vec![507, 216, 304, 215, 200], "c"),
        (in_both, vec![200, 507, 216, 304, 215, 200, 200], "cd"),
    ] {
        let (found, tree) = around(place, Reply::Refused);
        assert_eq!((found, there(&tree).as_str()), (codes, left));
    }
}

#[test]
fn a_consent_by_place() {
    for (place, codes, left) in [
        (
            plain as fn(Vec<Command>) -> Vec<Command>,
            vec![200; 4],
            "abc",
        ),
        (in_sequence, vec![200; 5], "abc"),
        (in_atomic, vec![200; 5], "abc"),
        (in_both, vec![200; 7], "abcd"),
    ] {
        let (found, tree) = around(place, Reply::Confirmed);
        assert_eq!((found, there(&tree).as_str()), (codes, left));
    }
}

/// Clause 10.2: a cancel stops the processing of the message; clause 10.3.2: no
/// answer in time counts as one.
#[test]
fn a_cancel_stops_everything_behind_it() {
    for (answer, code) in [(Reply::Cancelled, 214), (Reply::TimedOut, 408)] {
        for (place, codes, left) in [
            (
                plain as fn(Vec<Command>) -> Vec<Command>,
                vec![200, code, 215, 215],
                "a",
            ),
            (in_sequence, vec![200, 200, code, 215, 215], "a"),
            (in_atomic, vec![507, 216, code, 215, 215], ""),
            (in_both, vec![200, 507, 216, code, 215, 215, 215], ""),
        ] {
            let answer = match answer {
                Reply::Cancelled => Reply::Cancelled,
                _ => Reply::TimedOut,
            };
            let (found, tree) = around(place, answer);
            assert_eq!((found, there(&tree).as_str()), (codes, left));
        }
    }
}

/// What can't be shown is a failure like others: in an Atomic it counts, in a
/// Sequence it does not.
#[test]
fn what_is_not_shown_by_place() {
    for (place, codes) in [
        (
            plain as fn(Vec<Command>) -> Vec<Command>,
            vec![200, 416, 200, 200],
        ),
        (in_sequence, vec![200, 200, 416, 200, 200]),
        (in_atomic, vec![507, 216, 416, 215, 200]),
    ] {
        assert_eq!(around(place, Reply::NotShown).0, codes);
    }
}

/// A cancel reaches whole groups behind it, but not the request for the next
/// message.
#[test]
fn what_a_cancel_leaves_of_groups() {
    let mut fake = fake();
    let atomic = Command::Atomic(group(3, vec![numbered(4, add(leaf("./NAP/a", "1")))]));
    let sequence = Command::Sequence(group(5, vec![numbered(6, alert(6, 1101))]));
    stop_at(
        &mut fake,
        vec![
            asking(2, 1101, &["", "?"]),
            atomic,
            sequence,
            alert(7, 1222),
        ],
    );
    let message = reply(&mut fake, Reply::Cancelled).unwrap();
    assert_eq!(found(&coded(&message)), [214, 215, 215, 215, 215, 200]);
    assert_eq!(there(&fake.tree), "");
    // The next message is carried out again.
    assert_eq!(
        found(&fake.codes(vec![numbered(2, add(leaf("./NAP/a", "1")))])),
        [200]
    );
}

/// One after the other, never two at a time, in order with the commands around.
#[test]
fn interactions_come_one_by_one() {
    let mut fake = fake();
    let sequence = vec![
        asking(3, 1101, &["", "first"]),
        numbered(4, add(leaf("./NAP/a", "1"))),
        asking(5, 1102, &["", "second"]),
    ];
    let atomic = vec![
        asking(7, 1100, &["", "third"]),
        numbered(8, add(leaf("./NAP/b", "1"))),
    ];
    let commands = vec![
        Command::Sequence(group(2, sequence)),
        Command::Atomic(group(6, atomic)),
    ];
    assert_eq!(stop_at(&mut fake, commands).text, "first");
    assert_eq!(there(&fake.tree), "");
    assert!(reply(&mut fake, Reply::Confirmed).is_none());
    assert_eq!(waiting(&fake).1.text, "second");
    assert_eq!(there(&fake.tree), "a");
    assert!(!fake.tree.is_open());
    assert!(reply(&mut fake, Reply::text("x")).is_none());
    assert_eq!(waiting(&fake).1.text, "third");
    assert!(fake.tree.is_open());
    let message = reply(&mut fake, Reply::Done).unwrap();
    let refs: Vec<String> = coded(&message)
        .into_iter()
        .map(|(cmd_ref, _)| cmd_ref)
        .collect();
    assert_eq!(refs, ["2", "3", "4", "5", "6", "7", "8"]);
    assert_eq!(found(&coded(&message)), [200; 7]);
    assert_eq!(there(&fake.tree), "ab");
    // Statuses of the commands before an interaction are told before it.
    let order: Vec<&str> = fake
        .events
        .iter()
        .map(|event| match event {
            client::Event::Executed { command, .. } => command.as_str(),
            client::Event::Interaction { .. } => "?",
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        order,
        [
            "Sequence", "?", "Alert", "Add", "?", "Alert", "?", "Atomic", "Alert", "Add"
        ]
    );
}

/// What the user typed in an Atomic comes with the others' statuses; objects
/// take part as ever.
#[test]
fn an_answer_in_an_atomic() {
    let (tree, log) = order_tree();
    let (mut fake, _) = FakeServer::with(with_user(), tree);
    let inside = vec![
        numbered(3, add(leaf(&package(), "sealed"))),
        asking(2, 1102, &["", "PIN?"]),
    ];
    stop_at(&mut fake, vec![Command::Atomic(group(4, inside))]);
    assert_eq!(*log.lock().unwrap(), ["begin", "add 6"]);
    let message = reply(&mut fake, Reply::text("1234")).unwrap();
    assert_eq!(said(&message), (200, vec!["1234".to_owned()]));
    assert_eq!(*log.lock().unwrap(), ["begin", "add 6", "commit"]);

    let (tree, log) = order_tree();
    let (mut fake, _) = FakeServer::with(with_user(), tree);
    let inside = vec![
        numbered(3, add(leaf(&package(), "sealed"))),
        asking(2, 1101, &["", "Really?"]),
    ];
    stop_at(&mut fake, vec![Command::Atomic(group(4, inside))]);
    reply(&mut fake, Reply::Refused).unwrap();
    assert_eq!(*log.lock().unwrap(), ["begin", "add 6", "roll back"]);
}

#[test]
fn the_time_that_a_user_gets() {
    let at = |seconds| Tick::from_origin(Duration::from_secs(seconds));
    for (parameters, due) in [
        ("", 60),
        ("MAXDT=20", 20),
        ("MAXDT=20&MINDT=30", 30),
        ("MINDT=90", 90),
        ("MINDT=10", 60),
        ("MAXDT=99999", 600),
    ] {
        let mut fake = fake();
        stop_at(
            &mut fake,
            vec![
                asking(2, 1101, &[parameters, "?"]),
                numbered(3, add(leaf("./NAP/a", "1"))),
            ],
        );
        assert_eq!(fake.client.poll_timeout(), Some(at(due)), "{parameters}");
        fake.client.handle_timeout(at(due - 1));
        assert!(!fake.client.resume(at(due - 1), &mut fake.tree));
        fake.client.handle_timeout(at(due));
        assert_eq!(fake.client.poll_timeout(), None);
        // Too late for the user.
        let (id, _) = waiting(&fake);
        let late = fake.client.answer_interaction(id, Reply::Confirmed);
        assert_eq!(late.unwrap_err().code(), "dm-misuse");
        assert!(fake.client.poll_transmit(at(due)).is_none());
        assert!(fake.client.resume(at(due), &mut fake.tree));
        let message = fake.next().unwrap();
        assert_eq!(found(&coded(&message)), [408, 215]);
        assert_eq!(there(&fake.tree), "");
    }
}

/// While the user thinks, the same message again is known, another one is out of
/// turn, and nothing is sent twice.
#[test]
fn messages_while_the_commands_wait() {
    let mut fake = fake();
    let commands = vec![
        numbered(3, add(leaf("./NAP/a", "1"))),
        asking(2, 1101, &["", "?"]),
    ];
    let message = octets(&fake.message(commands, true));
    assert_eq!(fake.hand_octets(&message).unwrap(), Handled::Taken);
    for _ in 0..3 {
        assert_eq!(fake.hand_octets(&message).unwrap(), Handled::Repeated);
        assert!(fake.client.poll_transmit(fake.now).is_none());
    }
    let next = fake.message(vec![add(leaf("./NAP/b", "1"))], true);
    let error = fake.hand(&next).unwrap_err();
    assert_eq!(error.code(), "dm-message-out-of-turn");
    fake.msg_id -= 1;
    reply_code(&mut fake, Reply::Confirmed, 200);
    assert_eq!(there(&fake.tree), "a");
    assert!(fake.client.poll_transmit(fake.now).is_none());
    assert_eq!(fake.hand_octets(&message).unwrap(), Handled::Repeated);
    // The alert that the owner queued meanwhile, and its session, go on.
    assert_eq!(found(&fake.codes(vec![add(leaf("./NAP/b", "1"))])), [200]);
}

#[test]
fn an_abort_while_the_commands_wait() {
    let mut fake = fake();
    let inside = vec![
        numbered(3, add(leaf("./NAP/a", "1"))),
        asking(4, 1101, &["", "?"]),
    ];
    stop_at(&mut fake, vec![Command::Atomic(group(2, inside))]);
    assert!(fake.tree.is_open());
    fake.client.abort();
    assert!(fake.client.poll_transmit(fake.now).is_none());
    assert!(fake.client.resume(fake.now, &mut fake.tree));
    assert!(!fake.tree.is_open());
    assert_eq!(there(&fake.tree), "");
    let message = fake.next().unwrap();
    assert!(names(&message).contains(&"Alert"));
    assert!(message.body.is_final);
    assert_eq!(found(&coded(&message)), [507, 216, 214]);
    let aborted = client::Event::Aborted(AbortReason::ByUs);
    assert_eq!(fake.events.last(), Some(&aborted));
    assert!(fake.client.is_over());
}

/// The server's alert 1223 beside an interaction: nobody is asked any more.
#[test]
fn an_abort_by_the_server_asks_nobody() {
    let mut fake = fake();
    let message = fake.message(vec![asking(2, 1101, &["", "?"]), alert(3, 1223)], true);
    fake.hand(&message).unwrap();
    assert!(!fake.client.is_suspended());
    let aborted = client::Event::Aborted(AbortReason::ByPeer);
    assert_eq!(fake.events, [aborted]);
}

#[test]
fn resume_without_an_interaction_does_nothing() {
    let mut fake = fake();
    assert!(!fake.client.resume(fake.now, &mut fake.tree));
    assert!(fake.client.poll_transmit(fake.now).is_none());
}

/// A server waits for the user's time on top of its own.
#[test]
fn a_server_waits_for_the_user() {
    let mut fake = FakeClient::new();
    let opening = fake.opening(Vec::new());
    fake.hand(&opening).unwrap();
    let mut slow = ask(Asked::Confirm, "?");
    slow.options.max_wait = Some(Duration::from_secs(400));
    let mut fast = ask(Asked::Display, "!");
    fast.options.min_shown = Some(Duration::from_secs(50));
    let sequence = Request::Sequence(vec![Request::Interaction(slow)]);
    fake.server.push(sequence).unwrap();
    fake.server.push(Request::Interaction(fast)).unwrap();
    fake.next().unwrap();
    let due = Tick::from_origin(Duration::from_secs(300 + 450));
    assert_eq!(fake.server.poll_timeout(), Some(due));
}

/// Both ends, in both encodings: consent asked plainly, in a Sequence and in an
/// Atomic, and the answers as the server's logic reads them.
#[test]
fn a_conversation_with_a_user() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let mut config = with_user();
        config.encoding = encoding;
        let mut talk = Talk::new(config, plain_server(), device_tree());
        let choices = || vec!["CNN".to_owned(), "Bank & <Co>".to_owned()];
        let asked = [
            ask(Asked::Display, "Hello"),
            ask(Asked::TextInput, "Name?"),
            ask(Asked::SingleChoice(choices()), "One"),
            ask(Asked::MultipleChoice(choices()), "Some"),
            ask(Asked::Confirm, "In sequence?"),
            ask(Asked::Confirm, "In atomic?"),
        ];
        let requests = vec![
            Request::Interaction(asked[0].clone()),
            Request::Interaction(asked[1].clone()),
            Request::Interaction(asked[2].clone()),
            Request::Interaction(asked[3].clone()),
            Request::Sequence(vec![
                Request::Interaction(asked[4].clone()),
                crate::kit::add("./NAP/a", text("1")),
                get("./NAP/a"),
            ]),
            Request::Atomic(vec![
                crate::kit::add("./NAP/b", text("1")),
                Request::Interaction(asked[5].clone()),
            ]),
        ];
        let mut ids = Vec::new();
        let mut requests = Some(requests);
        let mut on_server = |session: &mut server::Session, event: &server::Event| {
            if *event == server::Event::PackageReceived {
                for request in requests.take().into_iter().flatten() {
                    ids.push(session.push(request).unwrap());
                }
            }
        };
        let mut seen = Vec::new();
        let mut on_client = |session: &mut client::Session, event: &client::Event| {
            if let client::Event::Interaction { interaction, asked } = event {
                seen.push(asked.clone());
                let reply = match asked.text.as_str() {
                    "Hello" => Reply::Done,
                    "Name?" => Reply::text("Ä & <b>"),
                    "One" => Reply::Choices(vec![2]),
                    "Some" => Reply::Choices(vec![2, 1]),
                    "In sequence?" => Reply::Confirmed,
                    _ => Reply::Refused,
                };
                session.answer_interaction(*interaction, reply).unwrap();
            }
        };
        talk.run(&mut on_server, &mut on_client);
        assert_eq!(seen, asked);
        assert_eq!(talk.client_events.last(), Some(&client::Event::Finished));
        let answers: Vec<Option<Reply>> = asked
            .iter()
            .zip([
                ids[0],
                ids[1],
                ids[2],
                ids[3],
                ids[4].inside(0),
                ids[5].inside(1),
            ])
            .map(|(asked, id)| {
                talk.server_events.iter().find_map(|event| match event {
                    server::Event::Status {
                        command,
                        status,
                        items,
                    } if *command == id => Some(asked.reply(*status, items)),
                    _ => None,
                })?
            })
            .collect();
        let expected = [
            Reply::Done,
            Reply::text("Ä & <b>"),
            Reply::Choices(vec![2]),
            Reply::Choices(vec![2, 1]),
            Reply::Confirmed,
            Reply::Refused,
        ];
        assert_eq!(answers, expected.map(Some));
        assert_eq!(there(&talk.tree), "a");
        assert_eq!(
            talk.messages
                .iter()
                .filter(|(who, _)| *who == From::Client)
                .count(),
            2
        );
    }
}

/// In the pump of the other tests the owner resumes by itself; here nobody
/// answers, and the time runs out.
#[test]
fn a_conversation_in_which_nobody_answers() {
    let mut talk = Talk::new(with_user(), plain_server(), device_tree());
    let request = Request::Interaction(ask(Asked::Confirm, "?"));
    let mut logic = crate::kit::in_batches(vec![vec![request]]);
    talk.run(&mut logic, &mut idle_client);
    assert!(talk.client.is_suspended());
    talk.now = talk.client.poll_timeout().unwrap();
    talk.client.handle_timeout(talk.now);
    assert!(talk.client.resume(talk.now, &mut talk.tree));
    talk.go_on(&mut logic, &mut idle_client);
    assert_eq!(talk.command_codes("Alert"), [408]);
    assert_eq!(talk.client_events.last(), Some(&client::Event::Finished));
}
