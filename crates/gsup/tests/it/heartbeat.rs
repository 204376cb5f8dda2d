//! Ping, pong and what waits to be sent.

use gsup::{Body, Config, Connection, GsupError, Header, Message};

use crate::support::{at, closed, events, identified_client, identified_server, sent, session};

fn both(config: Config) -> [Connection; 2] {
    [identified_client(config), identified_server(config)]
}

fn report() -> Message {
    Message {
        header: Header::new("001010123456789".parse().unwrap()),
        body: Body::AuthFailReport,
    }
}

#[test]
fn a_ping_is_answered() {
    for mut side in both(Config::default()) {
        side.handle_input(at(1), &session("client", "on_connect"));
        assert_eq!(sent(&mut side), session("client", "after_ping"));
    }
}

#[test]
fn pings_go_out_after_each_pause_while_pongs_come() {
    for mut side in both(Config::default()) {
        for start in [0, 23, 46] {
            assert_eq!(side.poll_timeout(), Some(at(start + 20)));
            side.handle_timeout(at(start + 19));
            assert!(sent(&mut side).is_empty(), "early");
            side.handle_timeout(at(start + 20));
            assert_eq!(sent(&mut side), session("hlr", "ping"));
            assert_eq!(side.poll_timeout(), Some(at(start + 30)));
            side.handle_input(at(start + 23), &session("hlr", "pong"));
        }
        assert_eq!(events(&mut side), []);
    }
}

#[test]
fn a_ping_without_a_pong_ends_the_connection() {
    for mut side in both(Config::default()) {
        side.handle_timeout(at(20));
        side.handle_timeout(at(29));
        assert_eq!(events(&mut side), []);
        // Other traffic is no pong.
        side.handle_input(at(29), &session("hlr", "ping"));
        side.handle_timeout(at(30));
        assert_eq!(closed(&mut side), "ipa-pong-timeout");
        side.handle_timeout(at(99));
        assert_eq!(events(&mut side), [], "closed once");
    }
}

#[test]
fn a_pong_that_nobody_asked_for_changes_nothing() {
    for mut side in both(Config::default()) {
        side.handle_input(at(5), &session("hlr", "pong"));
        assert_eq!(side.poll_timeout(), Some(at(20)));
        assert_eq!(events(&mut side), []);
    }
}

#[test]
fn a_pong_ahead_of_the_ping_does_not_answer_it() {
    let mut side = identified_client(Config::default());
    side.handle_input(at(19), &session("hlr", "pong"));
    side.handle_timeout(at(20));
    side.handle_timeout(at(30));
    assert_eq!(closed(&mut side), "ipa-pong-timeout");
}

#[test]
fn a_peer_that_pings_and_does_not_read_is_cut_off() {
    let config = Config {
        transmit_limit: 400,
        ..Config::default()
    };
    for mut side in both(config) {
        let ping = session("hlr", "ping");
        side.handle_input(at(1), &ping.repeat(100));
        assert_eq!(events(&mut side), [], "100 pongs of 4 octets fit");
        side.handle_input(at(1), &ping);
        assert_eq!(closed(&mut side), "ipa-peer-not-reading");
    }
}

#[test]
fn a_ping_that_finds_no_room_ends_the_connection() {
    // A frame of this message has 15 octets.
    let mut side = identified_server(Config {
        transmit_limit: 30,
        ..Config::default()
    });
    side.send(&report()).unwrap();
    side.send(&report()).unwrap();
    side.handle_timeout(at(20));
    assert_eq!(closed(&mut side), "ipa-peer-not-reading");
}

#[test]
fn what_the_node_queues_is_bounded_without_closing() {
    // A frame of this message has 15 octets.
    let mut side = identified_server(Config {
        transmit_limit: 45,
        ..Config::default()
    });
    for _ in 0..3 {
        assert_eq!(side.send(&report()), Ok(()));
    }
    assert_eq!(side.send(&report()), Err(GsupError::TransmitFull));
    assert_eq!(events(&mut side), []);
    assert_eq!(sent(&mut side).len(), 45);
    assert_eq!(side.send(&report()), Ok(()));
}

#[test]
fn a_server_that_can_not_even_ask_is_closed() {
    let mut server = Connection::server(
        at(0),
        Config {
            transmit_limit: 10,
            ..Config::default()
        },
    );
    assert_eq!(closed(&mut server), "ipa-peer-not-reading");
}
