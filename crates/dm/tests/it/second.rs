//! One session over two connections: while a device and its server talk, a
//! second connection repeats what was said, says it otherwise, says what is old
//! and speaks for others, before each message of the device and while the
//! answer to it is due. "Tests others forgot": nothing of the session changes,
//! to the octet, nonces included.

use clock::Tick;
use dm::auth::{Nonces, Scope};
use dm::session::{Encoding, Handled, Received, Transmit};
use dm::{client, server};
use sim::net::SimRandom;
use syncml::{Message, StatusCode};

use crate::fake::{alert, octets};
use crate::kit::{
    add, client_config, exec, get, in_step, install, interior, order_tree, received, server_config,
    text,
};

/// Two engines, and what they said.
struct Line {
    server: server::Session,
    random: SimRandom,
    said: Vec<Transmit>,
    nonces: (Nonces, Nonces),
    batches: Vec<Vec<server::Request>>,
    statuses: Vec<StatusCode>,
}

/// Octets to the server that are none of the device's.
fn refused(line: &mut Line, message: &Message, code: &str) {
    let octets = octets(message);
    let received = Received::read(Encoding::Xml, &octets).unwrap();
    let handled = line
        .server
        .handle_message(Tick::ZERO, &received, &mut line.random);
    assert_eq!(handled.unwrap_err().code(), code);
    assert!(line.server.poll_event().is_none(), "{code}");
}

fn repeated(line: &mut Line, transmit: &Transmit) {
    let received = received(transmit);
    let handled = line
        .server
        .handle_message(Tick::ZERO, &received, &mut line.random);
    assert_eq!(handled.unwrap(), Handled::Repeated);
    assert!(line.server.poll_event().is_none());
}

fn message(transmit: &Transmit) -> Message {
    received(transmit).message().clone()
}

/// Before the device says `next`.
fn disturb_waiting(line: &mut Line, next: &Transmit) {
    let mut other = message(next);
    other.header.source.uri.push('0');
    refused(line, &other, "dm-source-differs");
    let mut other = message(next);
    other.header.session_id = "80".into();
    refused(line, &other, "dm-session-id-differs");
    let [.., asked, answered] = line.said.as_slice() else {
        return;
    };
    let (asked, answered) = (asked.clone(), answered.clone());
    let mut forged = message(&asked);
    forged.body.commands.push(alert(77, 1223));
    refused(line, &forged, "dm-msgid-reused");
    repeated(line, &asked);
    let again = line.server.poll_transmit(Tick::ZERO);
    assert_eq!(again.unwrap(), answered);
    assert!(line.server.poll_transmit(Tick::ZERO).is_none());
    if line.said.len() > 2 {
        let first = message(&line.said[0]);
        refused(line, &first, "dm-msgid-stale");
    }
}

/// While the answer to `asked` is due.
fn disturb_owing(line: &mut Line, asked: &Transmit) {
    let mut next = message(asked);
    let number = next.header.msg_id.number().unwrap();
    next.header.msg_id = (number + 1).into();
    refused(line, &next, "dm-message-out-of-turn");
    repeated(line, asked);
}

impl Line {
    fn events(&mut self) {
        while let Some(event) = self.server.poll_event() {
            match event {
                server::Event::NoncesChanged(nonces) => self.nonces.1 = nonces,
                server::Event::PackageReceived if !self.batches.is_empty() => {
                    for request in self.batches.remove(0) {
                        self.server.push(request).unwrap();
                    }
                }
                server::Event::Status { status, .. } => self.statuses.push(status),
                server::Event::Violation(violation) => panic!("{violation:?}"),
                _ => {}
            }
        }
    }
}

fn session(scope: Scope, disturbed: bool) -> (Vec<Transmit>, (Nonces, Nonces), Vec<StatusCode>) {
    let (mut client, mut server) = (client_config(), server_config());
    in_step(&mut client, &mut server);
    (client.scope, server.scope) = (scope, scope);
    let (mut tree, log) = order_tree();
    let mut line = Line {
        nonces: (client.nonces.clone(), server.nonces.clone()),
        server: server::Session::new(server),
        random: SimRandom::from_seed(1),
        said: Vec::new(),
        batches: vec![
            vec![add("./NAP/a", interior()), get("./DevInfo/Man")],
            vec![add("./NAP/a/b", text("1")), exec(&install(), None)],
        ],
        statuses: Vec::new(),
    };
    let mut device = client::Session::new(client);
    // Each side draws for itself, so that what one draws can be compared.
    let mut random = SimRandom::from_seed(2);
    device.start(&tree).unwrap();
    while let Some(asked) = device.poll_transmit(Tick::ZERO) {
        if disturbed {
            disturb_waiting(&mut line, &asked);
        }
        let taken = received(&asked);
        let handled = line
            .server
            .handle_message(Tick::ZERO, &taken, &mut line.random);
        assert_eq!(handled.unwrap(), Handled::Taken);
        line.events();
        if disturbed {
            disturb_owing(&mut line, &asked);
        }
        let answer = line.server.poll_transmit(Tick::ZERO).unwrap();
        line.events();
        assert!(line.server.poll_transmit(Tick::ZERO).is_none());
        device
            .handle_message(Tick::ZERO, &mut tree, &received(&answer), &mut random)
            .unwrap();
        while let Some(event) = device.poll_event() {
            if let client::Event::NoncesChanged(nonces) = event {
                line.nonces.0 = nonces;
            }
        }
        line.said.extend([asked, answer]);
    }
    assert!(device.is_over() && line.server.is_finished());
    assert_eq!(*log.lock().unwrap(), ["exec -"]);
    (line.said, line.nonces, line.statuses)
}

#[test]
fn a_second_connection_changes_nothing() {
    for scope in [Scope::Session, Scope::Message] {
        let (said, nonces, statuses) = session(scope, false);
        let (said_too, nonces_too, statuses_too) = session(scope, true);
        assert_eq!(said.len(), 6);
        assert_eq!(said, said_too, "{scope:?}");
        assert_eq!(statuses.len(), 4);
        assert_eq!(statuses, statuses_too);
        assert!(nonces == nonces_too);
        // In step, and not those of before.
        let (device, server) = nonces;
        assert!(device.prove == server.verify && device.verify == server.prove);
        assert!(device.prove != Some(crate::kit::nonce(100)));
    }
}
