//! Processes that go on: Exec answered with 202, its result in a generic alert
//! with the same Correlator in a later package (OMA DM Protocol 1.2 clause 8.7;
//! OMA DM RepPro 1.2 clause 6.6.6).

use std::time::Duration;

use clock::Tick;
use dm::session::AbortReason;
use dm::tree::{Acl, Executed, Execution, ManagementObject, ObjectNode, Right, Rights, Value};
use dm::{Error, client, server};
use syncml::{Command, StatusCode};

use crate::fake::{FakeClient, FakeServer, alert, status};
use crate::kit::{
    From, Log, MO, OrderObject, Talk, device_tree, exec, get, in_batches, install, names,
    order_tree, plain_client, plain_server, uri,
};

fn result(correlator: &str) -> client::GenericAlert {
    client::GenericAlert {
        type_: "urn:x-rehome:m2mcimm:installed".to_owned(),
        source: None,
        correlator: Some(correlator.to_owned()),
        mark: None,
        value: Value::text("done"),
    }
}

fn talk() -> Talk {
    let (tree, _) = order_tree();
    Talk::new(plain_client(), plain_server(), tree)
}

/// Where in the session the alert went, by the messages' command names.
fn alert_messages(talk: &Talk) -> Vec<usize> {
    let from_client = talk.messages.iter().filter(|(who, _)| *who == From::Client);
    from_client
        .enumerate()
        .filter(|(index, (_, message))| *index > 0 && names(message).contains(&"Alert"))
        .map(|(index, _)| index)
        .collect()
}

#[test]
fn a_result_that_is_ready_at_once_still_waits_for_the_next_package() {
    let mut talk = talk();
    let mut logic = in_batches(vec![vec![exec(&install(), Some("c1"))]]);
    talk.run(&mut logic, &mut |session, event| {
        if let client::Event::Running {
            correlator,
            uri: at,
        } = event
        {
            assert_eq!(correlator.as_deref(), Some("c1"));
            assert_eq!(*at, uri(&install()));
            session.alert(result("c1")).unwrap();
        }
    });
    assert_eq!(talk.command_codes("Exec"), [202]);
    assert_eq!(alert_messages(&talk), [2]);
    assert_eq!(talk.client_events.last(), Some(&client::Event::Finished));
    // Finished only after the alert, although the server had nothing to say
    // when the 202 came.
    let finished: Vec<usize> = talk
        .server_events
        .iter()
        .enumerate()
        .filter(|(_, event)| **event == server::Event::Finished)
        .map(|(index, _)| index)
        .collect();
    assert_eq!(finished, [talk.server_events.len() - 1]);
}

#[test]
fn a_late_result_goes_on_where_the_session_was_held() {
    let mut talk = talk();
    let mut logic = in_batches(vec![vec![exec(&install(), Some("c1"))]]);
    let mut none = |_: &mut client::Session, _: &client::Event| {};
    talk.run(&mut logic, &mut none);
    // The server has closed its package, the device holds the session.
    assert!(!talk.client.is_over());
    assert!(!talk.server.is_finished());
    let due = talk.client.poll_timeout().unwrap();
    assert_eq!(due, Tick::from_origin(Duration::from_secs(300)));
    assert!(talk.client.poll_transmit(talk.now).is_none());
    let unrelated = talk.client.alert(result("other")).unwrap();
    let id = talk.client.alert(result("c1")).unwrap();
    talk.go_on(
        &mut |session, event| {
            if let server::Event::Alert { alert, .. } = event {
                session.answer_alert(*alert, StatusCode::OK).unwrap();
            }
        },
        &mut none,
    );
    let (_, message) = &talk.messages[4];
    assert_eq!(names(message), ["Status", "Alert", "Alert"]);
    for alert in [unrelated, id] {
        assert!(talk.client_events.contains(&client::Event::AlertAnswered {
            alert,
            status: StatusCode::OK
        }));
    }
    assert_eq!(talk.client_events.last(), Some(&client::Event::Finished));
    assert_eq!(talk.server_events.last(), Some(&server::Event::Finished));
}

#[test]
fn a_result_that_never_comes_ends_the_session() {
    let mut talk = talk();
    let mut logic = in_batches(vec![vec![exec(&install(), Some("c1"))]]);
    let mut none = |_: &mut client::Session, _: &client::Event| {};
    talk.run(&mut logic, &mut none);
    let due = talk.client.poll_timeout().unwrap();
    talk.client.handle_timeout(due);
    talk.go_on(&mut logic, &mut none);
    let last = talk.messages.iter().rfind(|(who, _)| *who == From::Client);
    assert_eq!(names(&last.unwrap().1), ["Status", "Alert"]);
    assert_eq!(
        talk.client_events.last(),
        Some(&client::Event::Aborted(AbortReason::TimedOut))
    );
    assert_eq!(
        talk.server_events.last(),
        Some(&server::Event::Aborted(AbortReason::ByPeer))
    );
}

#[test]
fn nothing_is_held_for_a_process_without_correlator_or_one_that_is_done() {
    let mut talk = talk();
    let mut logic = in_batches(vec![vec![exec(&install(), None)]]);
    let mut none = |_: &mut client::Session, _: &client::Event| {};
    talk.run(&mut logic, &mut none);
    assert_eq!(talk.command_codes("Exec"), [202]);
    assert_eq!(talk.client_events.last(), Some(&client::Event::Finished));

    let mut object = OrderObject::new(&Log::default());
    object.install = Executed::Done;
    let mut tree = device_tree();
    tree.mount(uri("./M2MCIMM"), MO, None, Box::new(object))
        .unwrap();
    let mut talk = Talk::new(plain_client(), plain_server(), tree);
    let mut logic = in_batches(vec![vec![exec(&install(), Some("c1"))]]);
    talk.run(&mut logic, &mut none);
    assert_eq!(talk.command_codes("Exec"), [200]);
    assert_eq!(talk.client_events.last(), Some(&client::Event::Finished));
    assert_eq!(talk.server_events.last(), Some(&server::Event::Finished));
}

#[test]
fn the_server_goes_on_with_commands_while_a_process_runs() {
    let mut talk = talk();
    let mut logic = in_batches(vec![
        vec![exec(&install(), Some("c1"))],
        vec![get("./DevInfo/Man")],
    ]);
    talk.run(&mut logic, &mut |session, event| {
        if let client::Event::Running { .. } = event {
            session.alert(result("c1")).unwrap();
        }
    });
    // The alert and the results of the Get share the package after the 202.
    let (_, message) = &talk.messages[4];
    assert_eq!(names(message), ["Status", "Status", "Results", "Alert"]);
}

#[test]
fn an_alert_before_the_status_of_its_exec_is_understood() {
    let mut fake = FakeClient::new();
    let opening = fake.opening(Vec::new());
    fake.hand(&opening).unwrap();
    fake.server.push(exec("./x", Some("c1"))).unwrap();
    fake.next().unwrap();
    let mut done = syncml::Alert::new(2, syncml::AlertCode::GENERIC_ALERT);
    done.correlator = Some("c1".to_owned());
    done.items = vec![syncml::Item::default().with_data("ok".into())];
    fake.say(
        vec![
            status(1, 1, 0, "SyncHdr", 200),
            Command::Alert(done),
            status(3, 1, 4, "Exec", 202),
        ],
        true,
    );
    assert_eq!(fake.events.last(), Some(&server::Event::Finished));
}

/// 415 for a generic alert that nobody understands, 406 for other alerts (OMA
/// DM Protocol 1.2 clause 8.7; OMA DM RepPro 1.2 clause 6.6.2).
#[test]
fn an_alert_without_an_answer_is_not_called_good() {
    let mut fake = FakeClient::new();
    let mut generic = syncml::Alert::new(3, syncml::AlertCode::GENERIC_ALERT);
    generic.items = vec![syncml::Item::default().with_data("x".into())];
    let opening = fake.opening(vec![
        Command::Alert(generic),
        alert(4, 1224),
        alert(5, 1226),
    ]);
    fake.hand(&opening).unwrap();
    let answer = fake.next().unwrap();
    let codes: Vec<u16> = crate::kit::statuses(&answer)[3..]
        .iter()
        .map(|status| status.code.0)
        .collect();
    assert_eq!(codes, [415, 406, 412]);
}

#[test]
fn an_alert_is_answered_once() {
    let mut fake = FakeClient::new();
    let opening = fake.opening(vec![alert(3, 1224)]);
    fake.hand(&opening).unwrap();
    let found = fake.events.iter().find_map(|event| match event {
        server::Event::Alert { alert, .. } => Some(*alert),
        _ => None,
    });
    let id = found.unwrap();
    fake.server.answer_alert(id, StatusCode::OK).unwrap();
    let answer = fake.next().unwrap();
    assert_eq!(crate::kit::statuses(&answer)[3].code, StatusCode::OK);
    let late = fake.server.answer_alert(id, StatusCode::OK).unwrap_err();
    assert_eq!(late.code(), "dm-misuse");
}

/// One Status for the whole alert, whatever number of events it tells of (OMA
/// DM Protocol 1.2 clause 8.7).
#[test]
fn an_alert_with_several_items_has_one_status() {
    let mut fake = FakeClient::new();
    let mut generic = syncml::Alert::new(3, syncml::AlertCode::GENERIC_ALERT);
    generic.items = ["one", "two", "three"]
        .map(|text| syncml::Item::source("./Vendor/Event").with_data(text.into()))
        .into();
    let opening = fake.opening(vec![Command::Alert(generic)]);
    fake.hand(&opening).unwrap();
    let taken: Vec<_> = fake
        .events
        .iter()
        .filter_map(|event| match event {
            server::Event::Alert { alert, items, .. } => Some((*alert, items.clone())),
            _ => None,
        })
        .collect();
    let [(id, items)] = &taken[..] else {
        panic!("one alert is one event: {:?}", fake.events);
    };
    let values: Vec<&[u8]> = items
        .iter()
        .filter_map(|item| item.value.as_ref())
        .map(|value| value.data())
        .collect();
    assert_eq!(values, [b"one".as_slice(), b"two", b"three"]);
    fake.server.answer_alert(*id, StatusCode::OK).unwrap();
    let answer = fake.next().unwrap();
    let answers: Vec<_> = crate::kit::statuses(&answer)
        .into_iter()
        .filter(|status| status.cmd_ref.to_string() == "3")
        .collect();
    assert_eq!(answers.len(), 1);
    assert_eq!(
        (answers[0].cmd.as_str(), answers[0].code),
        ("Alert", StatusCode::OK)
    );
    // References or Items would say that it is about some of them only.
    assert!(answers[0].source_refs.is_empty() && answers[0].target_refs.is_empty());
    assert!(answers[0].items.is_empty());
}

#[test]
fn an_alert_after_the_end_is_misuse() {
    let (mut fake, _) = FakeServer::new();
    assert!(fake.say(Vec::new(), true).is_none());
    assert!(fake.client.is_over());
    let error = fake.client.alert(result("c")).unwrap_err();
    assert_eq!(error.code(), "dm-session-over");
}

/// The nonce in the header Status is stored when it is sent, not before: the
/// device may hold the session for long and end it without a word.
#[test]
fn a_held_session_gives_its_nonce_out_when_it_speaks() {
    let (mut client, mut server) = (crate::kit::client_config(), crate::kit::server_config());
    crate::kit::in_step(&mut client, &mut server);
    client.scope = dm::auth::Scope::Message;
    let (tree, _) = order_tree();
    let mut talk = Talk::new(client, server, tree);
    let mut logic = in_batches(vec![vec![exec(&install(), Some("c1"))]]);
    let mut none = |_: &mut client::Session, _: &client::Event| {};
    talk.run(&mut logic, &mut none);
    assert!(!talk.client.is_over());
    let held = talk.client_nonces.verify.clone();
    assert_eq!(held, talk.server_nonces.prove);
    talk.client.alert(result("c1")).unwrap();
    let mut given = None;
    talk.go_on(
        &mut logic,
        &mut |_: &mut client::Session, event: &client::Event| {
            if let client::Event::NoncesChanged(nonces) = event {
                given.get_or_insert(nonces.verify.clone());
            }
        },
    );
    assert_ne!(given.unwrap(), held);
    assert_eq!(talk.client_events.last(), Some(&client::Event::Finished));
    assert_eq!(talk.client_nonces.verify, talk.server_nonces.prove);
}

/// A process that is done when its Exec is answered: what it was given is what
/// it shows.
#[derive(Default)]
struct Counter(u32);

impl ManagementObject for Counter {
    fn lookup(&self, path: &[&str]) -> Option<ObjectNode> {
        let access = match path {
            ["count"] => Right::Get,
            ["add"] => Right::Exec,
            _ => return None,
        };
        Some(ObjectNode {
            interior: false,
            acl: None,
            access: Rights::of(&[access]),
        })
    }

    fn children(&self, _: &[&str]) -> Vec<String> {
        vec!["count".to_owned(), "add".to_owned()]
    }

    fn get(&self, _: &[&str]) -> Result<Value, Error> {
        Ok(Value::text(self.0.to_string()))
    }

    fn exec(&mut self, _: &[&str], _: &Execution) -> Result<Executed, Error> {
        self.0 += 1;
        Ok(Executed::Done)
    }
}

/// RepPro clause 6.6.6: an Exec is as if it were done before what follows, in
/// the message and in a Sequence.
#[test]
fn what_follows_an_exec_sees_what_it_did() {
    let acl = Acl::everybody(&Right::ALL);
    let mut tree = device_tree();
    let object = Box::<Counter>::default();
    tree.mount(uri("./C"), "urn:x:counter", Some(acl), object)
        .unwrap();
    let mut talk = Talk::new(plain_client(), plain_server(), tree);
    let (count, once) = (|| get("./C/count"), || exec("./C/add", None));
    let sequence = server::Request::Sequence(vec![once(), count(), once(), count()]);
    let batch = vec![count(), once(), count(), sequence];
    talk.run(&mut in_batches(vec![batch]), &mut |_, _| {});
    assert_eq!(talk.command_codes("Exec"), [200; 3]);
    let read: Vec<&[u8]> = talk
        .server_events
        .iter()
        .filter_map(|event| match event {
            server::Event::Results { value, .. } => Some(value.data()),
            _ => None,
        })
        .collect();
    assert_eq!(read, [b"0", b"1", b"2", b"3"]);
}
