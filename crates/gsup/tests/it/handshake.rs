//! The identity handshake in both roles, against recorded octets and each
//! other, and everything that may not happen in it.

use gsup::{Body, Config, Connection, Event, GsupError, Header, Message};

use crate::support::{
    at, cases, closed, events, gsup_frame, hex, identified_client, identified_server, sent,
    session, to_hex, unhex,
};

fn client() -> Connection {
    Connection::client(at(0), Config::default(), "SGSN".parse().unwrap())
}

fn server() -> Connection {
    Connection::server(at(0), Config::default())
}

fn purge() -> Message {
    Message {
        header: Header::new("001010123456789".parse().unwrap()),
        body: Body::PurgeMsRequest { hlr_number: None },
    }
}

#[test]
fn a_client_passes_the_handshake_of_osmohlr() {
    let mut client = client();
    assert!(sent(&mut client).is_empty(), "the server speaks first");
    client.handle_input(at(1), &session("hlr", "id_get"));
    let answer = sent(&mut client);
    let ack = session("hlr", "client_ack");
    assert!(answer.ends_with(&ack));
    assert_eq!(answer[2..4], [0xfe, 0x05]);
    assert_eq!(events(&mut client), []);
    client.handle_input(at(1), &session("hlr", "server_ack"));
    assert_eq!(events(&mut client), [Event::Identified { name: None }]);
    assert!(
        sent(&mut client).is_empty(),
        "an ID_ACK is not acknowledged"
    );
}

#[test]
fn a_server_passes_the_handshake_of_libosmo_gsup_client() {
    let mut server = server();
    assert_eq!(sent(&mut server), session("hlr", "id_get"));
    server.handle_input(at(1), &session("client", "on_connect"));
    assert_eq!(sent(&mut server), session("hlr", "pong"));
    server.handle_input(at(1), &session("client", "after_id_get"));
    assert_eq!(sent(&mut server), session("hlr", "server_ack"));
    let name = Some("EUSE-foobar-00-00-00-00-00-00".parse().unwrap());
    assert_eq!(server.peer_name(), name.as_ref());
    assert_eq!(events(&mut server), [Event::Identified { name }]);
}

#[test]
fn a_server_takes_the_unit_name_of_an_sgsn_without_serial_number() {
    let mut server = server();
    server.handle_input(at(0), &session("sgsn", "id_resp"));
    server.handle_input(at(0), &session("hlr", "client_ack"));
    let name = Some("SGSN".parse().unwrap());
    assert_eq!(events(&mut server), [Event::Identified { name }]);
}

#[test]
fn client_and_server_agree_octet_by_octet() {
    let (mut client, mut server) = (client(), server());
    let (mut heard_by_client, mut heard_by_server) = (vec![], vec![]);
    for _ in 0..8 {
        for octet in sent(&mut server) {
            client.handle_input(at(0), &[octet]);
        }
        heard_by_client.extend(events(&mut client));
        for octet in sent(&mut client) {
            server.handle_input(at(0), &[octet]);
        }
        heard_by_server.extend(events(&mut server));
        if heard_by_client.len() == 1 {
            client.send(&purge()).unwrap();
            server.send(&purge()).unwrap();
            heard_by_client.push(Event::Identified { name: None });
        }
    }
    heard_by_client.remove(1);
    let name = Some("SGSN".parse().unwrap());
    assert_eq!(
        heard_by_client,
        [Event::Identified { name: None }, Event::Message(purge())]
    );
    assert_eq!(
        heard_by_server,
        [Event::Identified { name }, Event::Message(purge())]
    );
}

#[test]
fn a_client_without_its_own_ack_never_gets_in() {
    let mut server = server();
    server.handle_input(at(1), &session("sgsn", "id_resp"));
    assert_eq!(server.peer_name().unwrap().as_str(), "SGSN");
    sent(&mut server);
    assert_eq!(events(&mut server), []);
    assert_eq!(server.send(&purge()), Err(GsupError::NotIdentified));
    server.handle_timeout(at(9));
    assert_eq!(events(&mut server), []);
    // The ID_RESP bought no time: ten seconds from accepting.
    assert_eq!(server.poll_timeout(), Some(at(10)));
    server.handle_timeout(at(10));
    assert_eq!(closed(&mut server), "ipa-handshake-timeout");
}

#[test]
fn a_client_whose_ack_is_not_answered_gives_up() {
    let mut client = client();
    client.handle_input(at(3), &session("hlr", "id_get"));
    assert_eq!(client.send(&purge()), Err(GsupError::NotIdentified));
    client.handle_timeout(at(10));
    assert_eq!(closed(&mut client), "ipa-handshake-timeout");
}

#[test]
fn a_silent_peer_is_given_up() {
    for mut side in [client(), server()] {
        assert_eq!(side.poll_timeout(), Some(at(10)));
        side.handle_timeout(at(11));
        assert_eq!(closed(&mut side), "ipa-handshake-timeout");
        assert_eq!(side.send(&purge()), Err(GsupError::Closed));
    }
}

#[test]
fn octets_that_trickle_in_buy_no_time() {
    let mut server = server();
    let resp = session("sgsn", "id_resp");
    for (second, octet) in resp.iter().take(9).enumerate() {
        server.handle_input(at(second as u64), &[*octet]);
        server.handle_timeout(at(second as u64));
    }
    assert_eq!(events(&mut server), []);
    server.handle_timeout(at(10));
    assert_eq!(closed(&mut server), "ipa-handshake-timeout");
}

#[test]
fn a_client_obeys_a_refusal() {
    let mut client = client();
    client.handle_input(at(0), &session("hlr", "id_get"));
    client.handle_input(at(0), &unhex("0001fe07"));
    assert_eq!(closed(&mut client), "ipa-identity-refused");
}

#[test]
fn control_messages_out_of_place_end_the_connection() {
    let resp = to_hex(&session("sgsn", "id_resp"));
    for (octets, code) in [
        // An acknowledgement of nothing, a question, a refusal.
        ("0001fe06", "ipa-control-unexpected"),
        ("0003fe040108", "ipa-control-unexpected"),
        ("0001fe07", "ipa-control-unexpected"),
        // A second name.
        (&format!("{resp}{resp}"), "ipa-control-unexpected"),
        (&format!("{resp}0001fe06{resp}"), "ipa-control-unexpected"),
        // No name, an unreadable one, broken tags, an empty frame.
        ("000afe05000708302f302f3000", "ipa-identity-missing"),
        ("0007fe05000400410a42", "gsup-name-malformed"),
        ("0004fe05ffff08", "ipa-control-malformed"),
        ("0000fe", "ipa-empty-frame"),
        ("1001fe", "ipa-frame-too-long"),
    ] {
        let mut server = server();
        sent(&mut server);
        server.handle_input(at(0), &unhex(octets));
        assert_eq!(closed(&mut server), code, "server: {octets}");
        server.handle_input(at(0), &unhex("0001fe00"));
        assert_eq!(events(&mut server), [], "nothing after the end");
    }
    for octets in ["0001fe06", &resp] {
        let mut client = client();
        client.handle_input(at(0), &unhex(octets));
        assert_eq!(closed(&mut client), "ipa-control-unexpected", "{octets}");
    }
}

#[test]
fn an_ack_after_the_handshake_is_not_acknowledged() {
    for mut side in [
        identified_client(Config::default()),
        identified_server(Config::default()),
    ] {
        side.handle_input(at(1), &session("hlr", "server_ack"));
        assert!(sent(&mut side).is_empty());
        assert_eq!(events(&mut side), []);
    }
}

#[test]
fn a_client_that_is_asked_again_answers_again() {
    let mut client = identified_client(Config::default());
    client.handle_input(at(1), &session("hlr", "id_get"));
    assert!(sent(&mut client).ends_with(&session("hlr", "client_ack")));
    client.send(&purge()).expect("still identified");
}

#[test]
fn a_message_before_the_name_ends_the_connection() {
    let good = gsup_frame(purge().encode().unwrap().expose());
    let bad = gsup_frame(&unhex("ff"));
    for octets in [&good, &bad] {
        for mut side in [client(), server()] {
            side.handle_input(at(0), octets);
            assert_eq!(closed(&mut side), "gsup-before-identity");
        }
        let mut server = server();
        server.handle_input(at(0), &session("sgsn", "id_resp"));
        server.handle_input(at(0), octets);
        assert_eq!(closed(&mut server), "gsup-before-identity");
    }
}

#[test]
fn a_client_takes_a_message_once_it_said_its_name() {
    let mut client = client();
    client.handle_input(at(0), &session("hlr", "id_get"));
    client.handle_input(at(0), &gsup_frame(purge().encode().unwrap().expose()));
    assert_eq!(events(&mut client), [Event::Message(purge())]);
}

#[test]
fn recorded_messages_arrive_octet_by_octet() {
    let mut client = identified_client(Config::default());
    for case in cases("messages") {
        let octets = hex(&case["octets"]);
        let frame = gsup_frame(&octets);
        let (last, head) = frame.split_last().unwrap();
        for octet in head {
            client.handle_input(at(0), &[*octet]);
        }
        assert_eq!(events(&mut client), [], "{}", case["name"]);
        client.handle_input(at(0), &[*last]);
        let message = Message::decode(&octets).unwrap();
        assert_eq!(events(&mut client), [Event::Message(message)]);
    }
}

#[test]
fn an_unsupported_request_is_reported_and_can_be_refused() {
    for case in cases("unsupported") {
        let mut server = identified_server(Config::default());
        server.handle_input(at(0), &gsup_frame(&hex(&case["octets"])));
        let happened = events(&mut server);
        let [
            Event::Refused {
                error,
                preamble: Some(preamble),
            },
        ] = happened.as_slice()
        else {
            panic!("{}: {happened:?}", case["name"]);
        };
        assert_eq!(error.code(), "gsup-message-unsupported");
        assert!(sent(&mut server).is_empty(), "the node decides");
        let answered = server.refuse(preamble, error.cause()).unwrap();
        let answer = sent(&mut server);
        match case["answer"].as_str() {
            Some(expected) => assert_eq!(to_hex(&answer), to_hex(&gsup_frame(&unhex(expected)))),
            None => assert!(answer.is_empty(), "{}", case["name"]),
        }
        assert_eq!(answered, !answer.is_empty());
    }
}

#[test]
fn a_bad_message_is_reported_and_the_next_one_arrives() {
    let mut server = identified_server(Config::default());
    for case in cases("refused") {
        server.handle_input(at(0), &gsup_frame(&hex(&case["octets"])));
        let happened = events(&mut server);
        let [Event::Refused { error, .. }] = happened.as_slice() else {
            panic!("{}: {happened:?}", case["name"]);
        };
        assert_eq!(error.code(), case["code"], "{}", case["name"]);
    }
    server.handle_input(at(0), &gsup_frame(purge().encode().unwrap().expose()));
    assert_eq!(events(&mut server), [Event::Message(purge())]);
}

#[test]
fn foreign_frames_are_reported_and_passed_over() {
    let mut server = identified_server(Config::default());
    for (frame, code) in [
        ("0004ee00474554", "ipa-stream-unsupported"),
        ("0002ee0661", "ipa-stream-unsupported"),
        ("0002fd61ff", "ipa-stream-unsupported"),
        ("0001fe08", "ipa-control-unsupported"),
    ] {
        server.handle_input(at(0), &unhex(frame));
        let happened = events(&mut server);
        let [
            Event::Refused {
                error,
                preamble: None,
            },
        ] = happened.as_slice()
        else {
            panic!("{frame}: {happened:?}");
        };
        assert_eq!(error.code(), code, "{frame}");
    }
    assert_eq!(server.send(&purge()), Ok(()));
}
