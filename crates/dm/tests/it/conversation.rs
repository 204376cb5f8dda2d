//! Whole sessions between the two engines on a perfect line (OMA DM Protocol
//! 1.2 clauses 8.3 to 8.7).

use dm::server::Request;
use dm::session::{AbortReason, Initiation};
use dm::tree::{NodeKind, Value};
use dm::{client, server};
use syncml::{AlertCode, Command, StatusCode};

use crate::kit::{
    DEVICE, From, ORDER, SERVER, Talk, add, client_config, device_tree, exec, get, idle_client,
    idle_server, in_batches, in_step, install, interior, names, order_tree, package, plain_client,
    plain_server, server_config, session_id, statuses, text, uri,
};

/// Package #1 to #4 with nothing to do: three messages would be one too many.
#[test]
fn a_session_without_commands_takes_two_messages() {
    let mut talk = Talk::new(plain_client(), plain_server(), device_tree());
    talk.run(&mut idle_server, &mut idle_client);
    assert_eq!(talk.messages.len(), 2);
    let (_, first) = &talk.messages[0];
    assert_eq!(names(first), ["Alert", "Replace"]);
    let Command::Alert(alert) = &first.body.commands[0] else {
        panic!("no alert");
    };
    assert_eq!(alert.code, Some(AlertCode::CLIENT_INITIATED_MGMT));
    assert!(first.body.is_final);
    let header = &first.header;
    assert_eq!(
        (header.ver_dtd.as_str(), header.ver_proto.as_str()),
        ("1.2", "DM/1.2")
    );
    assert_eq!(
        (header.session_id.clone(), header.msg_id.as_str()),
        (session_id(), "1")
    );
    assert_eq!(
        (header.target.uri.as_str(), header.source.uri.as_str()),
        (SERVER, DEVICE)
    );
    assert_eq!(
        header.meta.as_ref().unwrap().rare.max_msg_size,
        Some(65_536)
    );
    // The device information names its nodes as sources.
    let sources: Vec<_> = first.body.commands[1]
        .items()
        .iter()
        .map(|item| item.source_uri().unwrap())
        .collect();
    assert_eq!(
        sources,
        [
            "./DevInfo/DevId",
            "./DevInfo/DmV",
            "./DevInfo/Lang",
            "./DevInfo/Man",
            "./DevInfo/Mod"
        ]
    );

    let (_, second) = &talk.messages[1];
    assert!(second.body.is_final);
    let found: Vec<_> = statuses(second)
        .iter()
        .map(|status| {
            (
                status.msg_ref.to_string(),
                status.cmd_ref.to_string(),
                status.cmd.clone(),
                status.code.0,
            )
        })
        .collect();
    let expected = [
        ("0", "SyncHdr", 200),
        ("1", "Alert", 200),
        ("2", "Replace", 200),
    ];
    for (found, (cmd_ref, cmd, code)) in found.iter().zip(expected) {
        assert_eq!(*found, ("1".into(), cmd_ref.into(), cmd.into(), code));
    }
    assert_eq!(names(second), ["Status"; 3]);
    let about_header = &statuses(second)[0];
    assert_eq!(about_header.target_refs, [SERVER]);
    assert_eq!(about_header.source_refs, [DEVICE]);

    assert_eq!(talk.client_events.last(), Some(&client::Event::Finished));
    assert_eq!(talk.server_events.last(), Some(&server::Event::Finished));
    assert!(talk.client.is_over() && talk.server.is_finished());
    assert!(
        talk.server_events
            .contains(&server::Event::Started(Initiation::Client))
    );
    let info = talk.server_events.iter().find_map(|event| match event {
        server::Event::DeviceInfo(leaves) => Some(leaves),
        _ => None,
    });
    let (at, value) = &info.unwrap()[3];
    assert_eq!(
        (at, value.data()),
        (&uri("./DevInfo/Man"), b"Acme".as_slice())
    );
}

#[test]
fn a_notified_session_says_so() {
    let mut config = plain_client();
    config.initiation = Initiation::Server;
    let mut talk = Talk::new(config, plain_server(), device_tree());
    talk.run(&mut idle_server, &mut idle_client);
    assert!(
        talk.server_events
            .contains(&server::Event::Started(Initiation::Server))
    );
}

/// PROTOCOL.md section 6, steps 5 to 9, as far as the session engines have to
/// do with it.
#[test]
fn the_operator_change_fits_into_one_session() {
    let (mut client, mut server) = (client_config(), server_config());
    in_step(&mut client, &mut server);
    let (tree, log) = order_tree();
    let mut talk = Talk::new(client, server, tree);
    let ready = talk.client.alert(client::GenericAlert {
        type_: "urn:x-rehome:m2mm:ready".to_owned(),
        source: None,
        correlator: Some(ORDER.to_owned()),
        mark: None,
        value: Value::octets(vec![0, 1, 2, 255]),
    });
    let ready = ready.unwrap();
    let mut batches = in_batches(vec![
        vec![get(&format!("./M2MCIMM/{ORDER}/State"))],
        vec![
            add(&package(), NodeKind::Leaf(Value::octets(vec![7; 300]))),
            add("./NAP/new", interior()),
            add("./NAP/new/APN", text("m2m.new")),
            exec(&install(), Some(ORDER)),
        ],
    ]);
    talk.run(
        &mut |session, event| {
            if let server::Event::Alert { alert, .. } = event {
                session.answer_alert(*alert, StatusCode::OK).unwrap();
            }
            batches(session, event);
        },
        &mut |session, event| {
            if let client::Event::Running { correlator, .. } = event {
                let done = client::GenericAlert {
                    type_: "urn:x-rehome:m2mcimm:installed".to_owned(),
                    source: Some(uri("./M2MCIMM")),
                    correlator: correlator.clone(),
                    mark: Some("informational".to_owned()),
                    value: Value::text("ok"),
                };
                session.alert(done).unwrap();
            }
        },
    );
    // #1 Alerts → Get → Results → Add, Exec → 202 → (nothing) → Alert 1226 → 200.
    let packages: Vec<Vec<&str>> = talk.messages.iter().map(|(_, m)| names(m)).collect();
    assert_eq!(
        packages,
        [
            vec!["Alert", "Replace", "Alert"],
            vec!["Status", "Status", "Status", "Status", "Get"],
            vec!["Status", "Status", "Results"],
            vec!["Status", "Add", "Add", "Add", "Exec"],
            vec!["Status", "Status", "Status", "Status", "Status"],
            vec!["Status"],
            vec!["Status", "Alert"],
            vec!["Status", "Status"],
        ]
    );
    assert!(
        talk.messages
            .iter()
            .all(|(_, message)| message.body.is_final)
    );
    assert_eq!(talk.command_codes("Exec"), [202]);
    assert_eq!(talk.command_codes("Add"), [200, 200, 200]);
    assert_eq!(talk.header_codes(From::Server), [212, 212, 212, 212]);
    assert_eq!(talk.header_codes(From::Client), [212, 212, 212]);
    assert_eq!(
        *log.lock().unwrap(),
        [
            format!("get {ORDER}/State"),
            "add 300".to_owned(),
            format!("exec {ORDER}")
        ]
    );
    assert_eq!(
        talk.tree.value(&uri("./NAP/new/APN")).unwrap().data(),
        b"m2m.new"
    );

    let answered = client::Event::AlertAnswered {
        alert: ready,
        status: StatusCode::OK,
    };
    assert!(talk.client_events.contains(&answered));
    let said = talk.server_events.iter().find_map(|event| match event {
        server::Event::Alert {
            code,
            correlator,
            items,
            ..
        } => Some((code, correlator, items)),
        _ => None,
    });
    let (code, correlator, items) = said.unwrap();
    assert_eq!((code.0, correlator.as_deref()), (1226, Some(ORDER)));
    assert_eq!(items[0].type_.as_deref(), Some("urn:x-rehome:m2mm:ready"));
    assert_eq!(items[0].value.as_ref().unwrap().data(), [0, 1, 2, 255]);
    assert_eq!(talk.client_events.last(), Some(&client::Event::Finished));
    assert_eq!(talk.server_events.last(), Some(&server::Event::Finished));
    // Both sides' stores are in step for the next session.
    assert_eq!(talk.client_nonces.prove, talk.server_nonces.verify);
    assert_eq!(talk.client_nonces.verify, talk.server_nonces.prove);
}

#[test]
fn credentials_are_sent_until_they_are_accepted_and_no_longer() {
    let (mut client, mut server) = (client_config(), server_config());
    in_step(&mut client, &mut server);
    let mut talk = Talk::new(client, server, device_tree());
    let mut logic = in_batches(vec![vec![get("./DevInfo/Man")], vec![get("./DevInfo/Mod")]]);
    talk.run(&mut logic, &mut idle_client);
    let shown: Vec<bool> = talk
        .messages
        .iter()
        .map(|(_, message)| message.header.cred.is_some())
        .collect();
    assert_eq!(shown, [true, true, false, false, false, false]);
    // The user's name stands beside the credentials (RepPro clause 6.1.9).
    assert_eq!(
        talk.messages[0].1.header.source.name.as_deref(),
        Some("device")
    );
    assert_eq!(
        talk.messages[1].1.header.source.name.as_deref(),
        Some("server")
    );
    assert_eq!(talk.messages[2].1.header.source.name, None);
}

#[test]
fn results_follow_their_status_and_name_their_get() {
    let mut talk = Talk::new(plain_client(), plain_server(), device_tree());
    let mut sent = Vec::new();
    let mut pushed = false;
    talk.run(
        &mut |session, event| {
            if *event == server::Event::PackageReceived && !pushed {
                pushed = true;
                for target in ["./DevInfo/Man", "./DevInfo", "./None"] {
                    sent.push(session.push(get(target)).unwrap());
                }
            }
        },
        &mut idle_client,
    );
    let (_, third) = &talk.messages[2];
    assert_eq!(
        names(third),
        ["Status", "Status", "Results", "Status", "Results", "Status"]
    );
    let refs: Vec<_> = statuses(third)
        .iter()
        .map(|status| {
            (
                status.cmd_ref.to_string(),
                status.target_refs.clone(),
                status.code.0,
            )
        })
        .collect();
    // Commands 4 to 6 follow three statuses in message 1 of the server.
    assert_eq!(refs[1], ("4".into(), vec!["./DevInfo/Man".into()], 200));
    assert_eq!(refs[2], ("5".into(), vec!["./DevInfo".into()], 200));
    assert_eq!(refs[3], ("6".into(), vec!["./None".into()], 404));
    let results: Vec<_> = talk
        .server_events
        .iter()
        .filter_map(|event| match event {
            server::Event::Results {
                command,
                source,
                value,
            } => Some((*command, source.clone().unwrap(), value.data().to_vec())),
            _ => None,
        })
        .collect();
    assert_eq!(
        results,
        [
            (sent[0], "./DevInfo/Man".into(), b"Acme".to_vec()),
            (
                sent[1],
                "./DevInfo".into(),
                b"DevId/DmV/Lang/Man/Mod".to_vec()
            )
        ]
    );
}

#[test]
fn a_group_is_answered_command_by_command() {
    let mut talk = Talk::new(plain_client(), plain_server(), device_tree());
    let mut ids = Vec::new();
    talk.run(
        &mut |session, event| {
            if *event == server::Event::PackageReceived && ids.is_empty() {
                let inside = vec![get("./DevInfo/Man"), get("./None")];
                ids.push(session.push(Request::Sequence(inside)).unwrap());
                ids.push(session.push(get("./DevInfo/Mod")).unwrap());
            }
        },
        &mut idle_client,
    );
    let answers: Vec<_> = talk
        .server_events
        .iter()
        .filter_map(|event| match event {
            server::Event::Status {
                command, status, ..
            } => Some((*command, status.0)),
            _ => None,
        })
        .collect();
    assert_eq!(
        answers,
        [
            (ids[0], 200),
            (ids[0].inside(0), 200),
            (ids[0].inside(1), 404),
            (ids[1], 200)
        ]
    );
}

#[test]
fn requests_that_can_not_be_are_misuse() {
    let mut session = server::Session::new(plain_server());
    let nested = Request::Sequence(vec![Request::Sequence(vec![get("./A")])]);
    let reading = Request::Atomic(vec![get("./A")]);
    let running = Request::Atomic(vec![exec("./A", None)]);
    let empty = [Request::Atomic(Vec::new()), Request::Sequence(Vec::new())];
    for request in [nested, reading, running].into_iter().chain(empty) {
        assert_eq!(session.push(request).unwrap_err().code(), "dm-misuse");
    }
    let unwritable = add("./A", text("\u{0}"));
    assert_eq!(
        session.push(unwritable).unwrap_err().code(),
        "syncml-unwritable"
    );
    session.finish();
    assert_eq!(
        session.push(get("./A")).unwrap_err().code(),
        "dm-session-over"
    );
}

#[test]
fn the_server_can_finish_with_commands_still_queued() {
    let mut talk = Talk::new(plain_client(), plain_server(), device_tree());
    talk.run(
        &mut |session, event| {
            if *event == server::Event::PackageReceived {
                session.push(get("./DevInfo/Man")).unwrap();
                session.finish();
            }
        },
        &mut idle_client,
    );
    assert_eq!(talk.messages.len(), 2);
    assert_eq!(talk.server_events.last(), Some(&server::Event::Finished));
}

#[test]
fn the_server_gives_up_with_alert_1223() {
    let mut talk = Talk::new(plain_client(), plain_server(), device_tree());
    talk.run(
        &mut |session, event| {
            if *event == server::Event::PackageReceived {
                session.abort();
            }
        },
        &mut idle_client,
    );
    let (_, last) = talk.messages.last().unwrap();
    assert!(names(last).contains(&"Alert") && last.body.is_final);
    assert_eq!(talk.messages.len(), 2);
    assert_eq!(
        talk.client_events.last(),
        Some(&client::Event::Aborted(AbortReason::ByPeer))
    );
    assert_eq!(
        talk.server_events.last(),
        Some(&server::Event::Aborted(AbortReason::ByUs))
    );
}

#[test]
fn the_client_gives_up_with_alert_1223_and_what_it_has_done() {
    let mut talk = Talk::new(plain_client(), plain_server(), device_tree());
    let mut logic = in_batches(vec![vec![get("./DevInfo/Man")]]);
    talk.run(&mut logic, &mut |session, event| {
        if matches!(event, client::Event::Executed { .. }) {
            session.abort();
        }
    });
    let (_, third) = &talk.messages[2];
    assert_eq!(names(third), ["Status", "Alert", "Status", "Results"]);
    assert!(third.body.is_final);
    // The server still answers; nobody listens.
    assert_eq!(statuses(&talk.messages[3].1).len(), 2);
    assert_eq!(
        talk.client_events.last(),
        Some(&client::Event::Aborted(AbortReason::ByUs))
    );
    assert_eq!(
        talk.server_events.last(),
        Some(&server::Event::Aborted(AbortReason::ByPeer))
    );
}

#[test]
fn an_abort_before_the_start_sends_nothing() {
    let mut session = client::Session::new(plain_client());
    session.abort();
    assert!(session.is_over());
    assert!(session.poll_transmit(clock::Tick::ZERO).is_none());
    assert!(session.start(&device_tree()).is_err());
}

#[test]
fn a_session_starts_once_and_with_device_information() {
    let mut session = client::Session::new(plain_client());
    session.start(&device_tree()).unwrap();
    assert_eq!(
        session.start(&device_tree()).unwrap_err().code(),
        "dm-misuse"
    );
    let mut session = client::Session::new(plain_client());
    let mut bare = device_tree();
    bare.remove(&uri("./DevInfo")).unwrap();
    assert_eq!(session.start(&bare).unwrap_err().code(), "dm-misuse");
}

/// Protocol clause 8.7: Mark holds one of seven levels, or is left out.
#[test]
fn a_mark_is_a_level_of_importance() {
    let levels = [
        "fatal",
        "critical",
        "minor",
        "warning",
        "informational",
        "harmless",
        "indeterminate",
    ];
    let alert = |mark: Option<&str>| client::GenericAlert {
        type_: "urn:x-rehome:test".to_owned(),
        source: None,
        correlator: None,
        mark: mark.map(str::to_owned),
        value: Value::text("1"),
    };
    let mut client = client::Session::new(plain_client());
    for wrong in ["", "Warning", "warning ", "high", "major", "1"] {
        let error = client.alert(alert(Some(wrong))).unwrap_err();
        assert_eq!(error.code(), "dm-misuse", "{wrong}");
    }
    let mut talk = Talk::new(plain_client(), plain_server(), device_tree());
    for level in levels {
        talk.client.alert(alert(Some(level))).unwrap();
    }
    talk.client.alert(alert(None)).unwrap();
    talk.run(&mut idle_server, &mut idle_client);
    let heard: Vec<Option<String>> = talk
        .server_events
        .iter()
        .filter_map(|event| match event {
            server::Event::Alert { items, .. } => Some(items[0].mark.clone()),
            _ => None,
        })
        .collect();
    let mut wanted: Vec<Option<String>> = levels.iter().map(|l| Some((*l).to_owned())).collect();
    wanted.push(None);
    assert_eq!(heard, wanted);
}
