//! The queue in front of sessions: what goes next, what came of it.

use std::collections::BTreeSet;

use clock::Timestamp;
use dm::client::GenericAlert;
use dm::queue::{
    CommandState, Delivery, Order, Picked, Policy, QueuedCommand, QueuedId, RequestForm, Versioned,
    pick,
};
use dm::server::{Event, Request};
use dm::tree::Value;
use sim::net::SimRandom;

use crate::kit::{
    DEVICE, Talk, device_tree, install, interior, order_tree, plain_client, plain_server, text,
};

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix_seconds(1_000_000 + seconds)
}

fn get(target: &str) -> Request {
    Request::Get {
        target: target.to_owned(),
    }
}

fn exec() -> Request {
    Request::Exec {
        target: install(),
        correlator: None,
        argument: None,
    }
}

/// Commands as a store gives them: each with a version.
struct Queue(SimRandom);

impl Queue {
    fn new() -> Self {
        Self(SimRandom::from_seed(7))
    }

    fn add(
        &mut self,
        request: Request,
        priority: i8,
        expires_at: Timestamp,
    ) -> Versioned<QueuedCommand> {
        let order = Order {
            device: DEVICE.to_owned(),
            group: None,
            request,
            priority,
            expires_at,
        };
        let id = QueuedId::random(&mut self.0);
        Versioned {
            value: QueuedCommand::new(id, at(0), order).unwrap(),
            version: 1,
        }
    }
}

fn targets(commands: &[Versioned<QueuedCommand>]) -> Vec<String> {
    let target = |command: &Versioned<QueuedCommand>| match command.value.request() {
        RequestForm::Get { target } | RequestForm::Exec { target, .. } => target.clone(),
        _ => panic!("another request"),
    };
    commands.iter().map(target).collect()
}

fn next(open: Vec<Versioned<QueuedCommand>>, now: Timestamp) -> Picked {
    pick(open, now, Policy::default(), &BTreeSet::new())
}

#[test]
fn priority_goes_before_age_and_age_decides_among_equals() {
    let mut queue = Queue::new();
    let wanted = [("./a", 0), ("./b", 5), ("./c", -3), ("./d", 5), ("./e", 0)];
    let open =
        wanted.map(|(target, priority)| queue.add(get(target), priority, Timestamp::NO_EXPIRY));
    let picked = next(open.to_vec(), at(1));
    assert_eq!(targets(&picked.next), ["./b", "./d", "./a", "./e", "./c"]);
    assert!(picked.changed.is_empty());
    for command in &picked.next {
        assert_eq!(command.value.state(), CommandState::Sent);
        assert_eq!(command.value.attempts(), 1);
        assert_eq!(command.version, 1, "the version under which it was loaded");
    }
}

#[test]
fn a_package_has_a_bound_and_the_rest_waits_unchanged() {
    let mut queue = Queue::new();
    let open = vec![
        queue.add(get("./a"), 0, at(9)),
        queue.add(get("./b"), 1, at(9)),
    ];
    let policy = Policy {
        package: 1,
        ..Policy::default()
    };
    let picked = pick(open, at(1), policy, &BTreeSet::new());
    assert_eq!(targets(&picked.next), ["./b"]);
    assert!(picked.changed.is_empty());
}

#[test]
fn what_expired_is_marked_and_never_goes_out() {
    let mut queue = Queue::new();
    let open = vec![
        queue.add(get("./late"), 9, at(5)),
        queue.add(get("./now"), 0, at(6)),
    ];
    let picked = next(open, at(5));
    assert_eq!(targets(&picked.next), ["./now"]);
    assert_eq!(targets(&picked.changed), ["./late"]);
    assert_eq!(picked.changed[0].value.state(), CommandState::Expired);
    assert_eq!(picked.changed[0].value.attempts(), 0);
}

#[test]
fn what_was_lost_goes_out_again_as_often_as_the_policy_says() {
    let mut queue = Queue::new();
    let mut open = vec![queue.add(get("./a"), 0, Timestamp::NO_EXPIRY)];
    for attempt in 1..=Policy::default().retries + 1 {
        open = next(open, at(1)).next;
        assert_eq!(open[0].value.attempts(), attempt);
    }
    let picked = next(open, at(1));
    assert!(picked.next.is_empty());
    assert_eq!(picked.changed[0].value.state(), CommandState::Unknown);
    assert_eq!(
        picked.changed[0].value.remark(),
        Some("sent, and never answered")
    );
}

#[test]
fn a_process_is_started_once_and_then_nobody_knows() {
    let mut queue = Queue::new();
    for request in [exec(), Request::Sequence(vec![get("./a"), exec()])] {
        let open = next(vec![queue.add(request, 0, Timestamp::NO_EXPIRY)], at(1)).next;
        let picked = next(open, at(1));
        assert!(picked.next.is_empty());
        assert_eq!(picked.changed[0].value.state(), CommandState::Unknown);
    }
}

#[test]
fn only_what_waits_can_be_called_off() {
    let mut queue = Queue::new();
    let mut command = queue.add(get("./a"), 0, Timestamp::NO_EXPIRY);
    let mut sent = next(vec![command.clone()], at(1)).next.remove(0);
    assert!(sent.value.cancel().is_err());
    command.value.cancel().unwrap();
    assert_eq!(command.value.state(), CommandState::Cancelled);
    assert!(command.value.cancel().is_err());
}

#[test]
fn a_request_that_can_t_be_sent_is_refused_at_once() {
    let order = Order {
        device: DEVICE.to_owned(),
        group: None,
        request: Request::Atomic(vec![get("./a")]),
        priority: 0,
        expires_at: at(9),
    };
    let id = QueuedId::random(&mut SimRandom::from_seed(1));
    assert!(QueuedCommand::new(id, at(0), order).is_err());
}

/// Runs a session with a queue in front of it.
fn run(talk: &mut Talk, mut open: Vec<Versioned<QueuedCommand>>) -> Vec<QueuedCommand> {
    let mut delivery = Delivery::new(Policy::default());
    let mut over = Vec::new();
    talk.run(
        &mut |session, event| {
            assert!(delivery.take(event).is_none());
            if delivery.wants_more() {
                let picked = pick(
                    open.split_off(0),
                    at(1),
                    Policy::default(),
                    delivery.tried(),
                );
                delivery.start(session, picked);
            }
            over.extend(delivery.take_changed());
        },
        &mut |_, _| {},
    );
    for command in &over {
        // 1 when loaded, 2 once it was committed as sent.
        assert!(command.version >= 2);
    }
    over.into_iter()
        .map(|command| command.value)
        .filter(|command| command.state().is_over())
        .collect()
}

#[test]
fn a_session_works_the_queue_off_and_brings_the_answers_back() {
    let mut queue = Queue::new();
    let never = Timestamp::NO_EXPIRY;
    let open = vec![
        queue.add(get("./DevInfo/Man"), 3, never),
        queue.add(get("./Nowhere"), 2, never),
        queue.add(
            Request::Atomic(vec![
                Request::Add {
                    target: "./NAP/a".to_owned(),
                    kind: interior(),
                },
                Request::Add {
                    target: "./NAP/a/b".to_owned(),
                    kind: text("1"),
                },
            ]),
            1,
            never,
        ),
        queue.add(
            Request::Replace {
                target: "./DevInfo/Man".to_owned(),
                value: Value::text("Other"),
            },
            0,
            never,
        ),
    ];
    let mut talk = Talk::new(plain_client(), plain_server(), device_tree());
    let done = run(&mut talk, open);
    let lines: Vec<Vec<String>> = done
        .iter()
        .map(|command| command.parts().iter().map(dm::queue::Part::line).collect())
        .collect();
    assert_eq!(
        lines,
        [
            vec!["200 ok"],
            vec!["404 not found"],
            vec!["200 ok", "200 ok", "200 ok"],
            // The tree gives Add and Get to everybody, nothing else.
            vec!["425 Permission denied (ACL of . gives Replace to nobody)"],
        ]
    );
    let succeeded: Vec<bool> = done.iter().map(QueuedCommand::succeeded).collect();
    assert_eq!(succeeded, [true, false, true, false]);
    let read = &done[0].parts()[0].values[0];
    assert_eq!(read.uri.as_deref(), Some("./DevInfo/Man"));
    assert_eq!(read.value.0.data(), b"Acme");
}

#[test]
fn an_exec_bears_the_command_s_name_for_a_later_report() {
    let mut queue = Queue::new();
    let (tree, log) = order_tree();
    let open = vec![queue.add(exec(), 0, Timestamp::NO_EXPIRY)];
    let id = open[0].value.id();
    let mut talk = Talk::new(plain_client(), plain_server(), tree);
    let done = run(&mut talk, open);
    assert_eq!(log.lock().unwrap().as_slice(), [format!("exec {id}")]);
    assert_eq!(done[0].parts()[0].line(), "202 accepted for processing");
    // The report comes in another session, beside one that means nothing here.
    let mut talk = Talk::new(plain_client(), plain_server(), device_tree());
    for correlator in [id.to_string(), "another".to_owned()] {
        let alert = GenericAlert {
            type_: "urn:x-rehome:at:installed:1.0".to_owned(),
            source: None,
            correlator: Some(correlator),
            mark: None,
            value: Value::text("installed"),
        };
        talk.client.alert(alert).unwrap();
    }
    let mut delivery = Delivery::new(Policy::default());
    let mut reports = Vec::new();
    talk.run(
        &mut |_, event| reports.extend(delivery.take(event)),
        &mut |_, _| {},
    );
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].id, id);
    assert_eq!(reports[0].values[0].value.0.data(), b"installed");
}

#[test]
fn a_lost_session_gives_its_commands_back() {
    let mut queue = Queue::new();
    let open = vec![
        queue.add(get("./a"), 0, Timestamp::NO_EXPIRY),
        queue.add(exec(), 0, Timestamp::NO_EXPIRY),
    ];
    let mut session = dm::server::Session::new(plain_server());
    let mut delivery = Delivery::new(Policy::default());
    let picked = pick(open, at(1), Policy::default(), delivery.tried());
    delivery.start(&mut session, picked);
    assert!(delivery.take_changed().is_empty(), "committed before");
    delivery.take(&Event::Aborted(dm::session::AbortReason::TimedOut));
    let states: Vec<_> = delivery
        .take_changed()
        .iter()
        .map(|c| c.value.state())
        .collect();
    assert_eq!(states, [CommandState::Queued, CommandState::Unknown]);
}

#[test]
fn requests_read_as_they_were_written() {
    let request = Request::Sequence(vec![
        get("./a?list=StructData"),
        Request::Add {
            target: "./b".to_owned(),
            kind: interior(),
        },
        Request::Add {
            target: "./b/c".to_owned(),
            kind: text("ü"),
        },
        Request::Replace {
            target: "./d".to_owned(),
            value: Value::octets(vec![0, 255]),
        },
        Request::Delete {
            target: "./e".to_owned(),
        },
        exec(),
    ]);
    let json = serde_json::to_string(&RequestForm::from(&request)).unwrap();
    assert!(json.contains(r#"{"delete":{"target":"./e"}}"#), "{json}");
    assert!(json.contains(r#""base64":"AP8=""#), "{json}");
    let form: RequestForm = serde_json::from_str(&json).unwrap();
    assert_eq!(Request::from(form), request);
    for wrong in [
        r#"{"get":{}}"#,
        r#"{"get":{"target":"./a","value":1}}"#,
        r#"{"replace":{"target":"./a","value":{}}}"#,
        r#"{"replace":{"target":"./a","value":{"text":"a","base64":""}}}"#,
        r#"{"replace":{"target":"./a","value":{"base64":"*"}}}"#,
        r#"{"alert":{}}"#,
    ] {
        assert!(
            serde_json::from_str::<RequestForm>(wrong).is_err(),
            "{wrong}"
        );
    }
    let short: RequestForm =
        serde_json::from_str(r#"{"replace":{"target":"./a","value":{"text":"1"}}}"#).unwrap();
    let Request::Replace { value, .. } = Request::from(short) else {
        panic!("another request");
    };
    assert_eq!(value.format(), &syncml::Format::Chr);
}

/// The later parts of a large object don't show that they are of a secret.
#[test]
fn a_transcript_hides_the_rest_of_an_object() {
    use dm::session::{Encoding, Received};
    use syncml::{Command, Item, ItemCommand, Message, SyncBody, SyncHdr, xml};
    let message = |text: &str, more: bool| {
        let mut item = Item::target("./A/password").with_data(text.into());
        if !more {
            item.target = Some("./A/x".into());
        }
        item.more_data = more;
        let message = Message {
            header: SyncHdr::new("1".into(), "1".into(), "a".into(), "b".into()),
            body: SyncBody {
                commands: vec![Command::Add(ItemCommand::new("1", vec![item]))],
                is_final: true,
            },
        };
        xml::encode(&message).unwrap()
    };
    let mut transcript = dm::queue::Transcript::default();
    let mut shown = |octets: &[u8]| {
        let received = Received::read(Encoding::Xml, octets).unwrap();
        transcript.received(&received)
    };
    assert!(!shown(&message("first part", true)).contains("first part"));
    assert!(!shown(&message("last part", false)).contains("last part"));
    assert!(shown(&message("another value", false)).contains("another value"));
}
