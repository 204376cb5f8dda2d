//! The two engines of a session, each with a peer that may say anything (OMA DM
//! Protocol 1.2, OMA DM Security 1.2).

use clock::Tick;
use dm::auth::{Credentials, Nonce, Nonces, Requirement};
use dm::session::{Encoding, Received};
use dm::tree::{Acl, Node, NodeUri, Right, Tree, TreeLimits, Value};
use dm::{client, server};
use secret::SecretBytes;

use crate::claim::bounded;
use crate::mutate::Dice;

const DEVICE: &str = "IMEI:490154203237518";
const SERVER: &str = "https://dm.example/dm";

/// The most that a message asks for before it is judged.
const MULTIPLE: usize = 400;

/// WBXML begins with its version, XML with anything but a control character.
fn encoding(octets: &[u8]) -> Encoding {
    match octets.first() {
        Some(0..=8) => Encoding::Wbxml,
        _ => Encoding::Xml,
    }
}

fn md5(user: &str) -> Credentials {
    Credentials::md5(user, &SecretBytes::new(b"secret".to_vec())).unwrap()
}

fn nonce(text: &str) -> Option<Nonce> {
    Some(Nonce::from_octets(text.as_bytes().to_vec()).unwrap())
}

fn uri(text: &str) -> NodeUri {
    text.parse().unwrap()
}

pub(crate) fn tree() -> Tree {
    let mut tree = Tree::new(Acl::everybody(&Right::ALL), TreeLimits::default());
    for (at, node) in [
        ("./DevInfo", Node::interior().permanent()),
        ("./DevInfo/Man", Node::leaf(Value::text("Acme")).permanent()),
        ("./A", Node::interior()),
        ("./A/x", Node::leaf(Value::text("1"))),
        ("./A/m&m", Node::leaf(Value::text(" a&b<c>\r\n]]>\"'"))),
        ("./A/y", Node::leaf(Value::octets(vec![0, 255]))),
    ] {
        tree.put(uri(at), node).unwrap();
    }
    tree
}

/// A device that proves itself and wants proof.
pub(crate) fn device(encoding: Encoding) -> client::Session {
    let name = "server".parse().unwrap();
    let mut config = client::Config::new(name, SERVER, DEVICE, "7".into(), uri("./DevInfo"));
    config.encoding = encoding;
    config.prove = Some(md5("device"));
    config.verify = Requirement::Credentials(md5("server"));
    config.nonces = Nonces {
        prove: nonce("of the device"),
        verify: nonce("of the server"),
    };
    client::Session::new(config)
}

/// Its server, with or without credentials of its own.
pub(crate) fn management(proves: bool) -> server::Session {
    let verify = Requirement::Credentials(md5("device"));
    let mut config = server::Config::new(SERVER, DEVICE, "7".into(), verify);
    config.prove = proves.then(|| md5("server"));
    config.nonces = Nonces {
        prove: nonce("of the server"),
        verify: nonce("of the device"),
    };
    server::Session::new(config)
}

fn nodes(tree: &Tree) -> Vec<(NodeUri, Node)> {
    let nodes = tree.export();
    nodes.map(|(at, node)| (at.clone(), node.clone())).collect()
}

fn received(octets: &[u8]) -> Option<Received<'_>> {
    let encoding = encoding(octets);
    bounded(octets, MULTIPLE, || Received::read(encoding, octets)).ok()
}

/// What a server says to a device that waits for its first answer.
pub(crate) fn client(octets: &[u8]) {
    let Some(received) = received(octets) else {
        return;
    };
    let mut tree = tree();
    let before = (tree.revision(), nodes(&tree));
    let mut session = device(encoding(octets));
    session.start(&tree).unwrap();
    session.poll_transmit(Tick::ZERO).expect("package #1");
    while session.poll_event().is_some() {}
    let mut dice = Dice(1);
    let handled = session.handle_message(Tick::ZERO, &mut tree, &received, &mut dice);
    let events: Vec<_> = std::iter::from_fn(|| session.poll_event()).collect();
    assert!(
        handled.is_ok() || events.is_empty(),
        "refused, and yet {events:?}"
    );
    let proved = events.contains(&client::Event::ServerAuthenticated);
    if !proved {
        assert!(
            (tree.revision(), nodes(&tree)) == before,
            "changed without proof"
        );
        let told = |event: &client::Event| matches!(event, client::Event::Executed { .. });
        assert!(!events.iter().any(told), "carried out without proof");
    }
    if let Some(answer) = session.poll_transmit(Tick::ZERO) {
        Received::read(answer.encoding, &answer.octets).expect("its answer is a message");
    }
}

/// What a device says to a server, as its first word and as its second.
pub(crate) fn server(octets: &[u8]) {
    let Some(received) = received(octets) else {
        return;
    };
    hear(&mut management(true), &received, false);
    let (mut session, mut device) = (management(true), device(Encoding::Xml));
    device.start(&tree()).unwrap();
    let first = device.poll_transmit(Tick::ZERO).expect("package #1");
    let opening = Received::read(first.encoding, &first.octets).unwrap();
    session.push(get()).unwrap();
    hear(&mut session, &opening, false);
    hear(&mut session, &received, true);
}

pub(crate) fn get() -> server::Request {
    server::Request::Get {
        target: "./A/x".to_owned(),
    }
}

fn hear(session: &mut server::Session, received: &Received<'_>, known: bool) {
    let handled = session.handle_message(Tick::ZERO, received, &mut Dice(1));
    let events: Vec<_> = std::iter::from_fn(|| session.poll_event()).collect();
    assert!(
        handled.is_ok() || events.is_empty(),
        "refused, and yet {events:?}"
    );
    let proved = known || events.contains(&server::Event::Authenticated);
    let about = |event: &server::Event| {
        !matches!(
            event,
            server::Event::Violation(_) | server::Event::Aborted(_)
        )
    };
    assert!(
        proved || !events.iter().any(about),
        "heard without proof: {events:?}"
    );
    match session.poll_transmit(Tick::ZERO) {
        Some(answer) => {
            Received::read(answer.encoding, &answer.octets).expect("its answer is a message");
        }
        None => assert!(handled.is_err() || session.is_over(), "no answer"),
    }
    while session.poll_event().is_some() {}
}
