//! The HMAC scheme in whole sessions (OMA DM Security 1.2 clauses 5.4.3 and
//! 5.4.4).

use clock::Tick;
use dm::auth::{Credentials, ProofRefused, Requirement};
use dm::session::{AbortReason, Encoding, Handled, Transmit, Violation};
use dm::tree::{Tree, Value};
use dm::{client, server};
use sim::net::SimRandom;
use syncml::{Command, Format, Status, StatusCode};

use crate::fake::{alert, octets, read, status};
use crate::kit::client_config as md5_client;
use crate::kit::{
    From, Talk, add, device_tree, get, id, idle_client, idle_server, in_batches, in_step, md5,
    plain_client, plain_server, received, server_config, statuses, text, uri,
};
use crate::mac::mac;

fn device() -> Credentials {
    mac("device", "device secret")
}

fn operator() -> Credentials {
    mac("server", "server secret")
}

/// Both directions in the HMAC scheme, nonces in step.
fn configs() -> (client::Config, server::Config) {
    let (mut client, mut server) = (md5_client(), server_config());
    in_step(&mut client, &mut server);
    client.prove = Some(device());
    client.verify = Requirement::Credentials(operator());
    server.prove = Some(operator());
    server.verify = Requirement::Credentials(device());
    (client, server)
}

fn two_batches() -> impl FnMut(&mut server::Session, &server::Event) {
    in_batches(vec![
        vec![add("./NAP/x", text("1")), get("./DevInfo/Man")],
        vec![add("./NAP/y", text("2"))],
    ])
}

/// Every message in both directions has its HMAC and no `Cred`, is answered
/// with 200, and no two are over the same nonce.
#[test]
fn both_sides_prove_every_message() {
    let (client, server) = configs();
    let mut talk = Talk::new(client, server, device_tree());
    talk.run(&mut two_batches(), &mut idle_client);
    assert_eq!(talk.messages.len(), 6);
    assert_eq!(talk.header_codes(From::Server), [200, 200, 200]);
    assert_eq!(talk.header_codes(From::Client), [200, 200]);
    for ((from, message), transmit) in talk.messages.iter().zip(&talk.transmits) {
        let name = match from {
            From::Client => "device",
            From::Server => "server",
        };
        assert!(message.header.cred.is_none());
        assert_eq!(message.header.source.name.as_deref(), Some(name));
        assert!(transmit.mac.as_ref().unwrap().contains(name));
    }
    assert_eq!(talk.client_events.last(), Some(&client::Event::Finished));
    assert_eq!(talk.server_events.last(), Some(&server::Event::Finished));
    assert_eq!(talk.client_nonces.prove, talk.server_nonces.verify);
    assert_eq!(talk.client_nonces.verify, talk.server_nonces.prove);
    assert!(talk.tree.value(&uri("./NAP/y")).is_ok());

    // The next session needs no challenge.
    let (mut client, mut server) = configs();
    client.nonces = talk.client_nonces.clone();
    server.nonces = talk.server_nonces.clone();
    let mut next = Talk::new(client, server, device_tree());
    next.run(&mut two_batches(), &mut idle_client);
    assert_eq!(next.header_codes(From::Server), [200, 200, 200]);
    assert_eq!(next.header_codes(From::Client), [200, 200]);
}

/// Both engines, moved by hand.
struct Hands {
    client: client::Session,
    tree: Tree,
    server: server::Session,
    random: SimRandom,
}

impl Hands {
    fn new((client, server): (client::Config, server::Config)) -> Self {
        let tree = device_tree();
        let mut client = client::Session::new(client);
        client.start(&tree).unwrap();
        Self {
            client,
            tree,
            server: server::Session::new(server),
            random: SimRandom::from_seed(5),
        }
    }

    fn request(&mut self) -> Transmit {
        self.client.poll_transmit(Tick::ZERO).unwrap()
    }

    fn hand_server(&mut self, transmit: &Transmit) -> Result<Handled, dm::Error> {
        let received = received(transmit);
        self.server
            .handle_message(Tick::ZERO, &received, &mut self.random)
    }

    fn answer(&mut self) -> Transmit {
        self.server.poll_transmit(Tick::ZERO).unwrap()
    }

    fn hand_client(&mut self, transmit: &Transmit) -> Result<Handled, dm::Error> {
        let received = received(transmit);
        self.client
            .handle_message(Tick::ZERO, &mut self.tree, &received, &mut self.random)
    }

    fn client_events(&mut self) -> Vec<client::Event> {
        std::iter::from_fn(|| self.client.poll_event()).collect()
    }

    fn server_events(&mut self) -> Vec<server::Event> {
        std::iter::from_fn(|| self.server.poll_event()).collect()
    }
}

/// The status for the header in a message.
fn about_header(transmit: &Transmit) -> Status {
    let message = read(transmit);
    crate::kit::statuses(&message)
        .into_iter()
        .find(|status| status.cmd_ref.is_header())
        .unwrap()
}

/// `transmit` with one text replaced by one of the same length.
fn changed(transmit: &Transmit, from: &str, to: &str) -> Transmit {
    let text = String::from_utf8(transmit.octets.clone()).unwrap();
    assert!(text.contains(from) && from.len() == to.len());
    Transmit {
        octets: text.replacen(from, to, 1).into_bytes(),
        ..transmit.clone()
    }
}

#[test]
fn a_changed_message_of_the_device_is_challenged_and_not_carried_out() {
    let mut hands = Hands::new(configs());
    let first = hands.request();
    hands.hand_server(&changed(&first, "Acme", "Acmf")).unwrap();
    let events = hands.server_events();
    assert_eq!(events, []);
    let answer = hands.answer();
    assert_eq!(about_header(&answer).code.0, 401);
    // Nothing is proved to somebody who has not proved himself.
    assert_eq!(answer.mac, None);
}

#[test]
fn a_header_that_is_missing_or_anothers_is_challenged() {
    for (mac, code) in [
        (None, 407),
        (
            Some("username=\"other\", mac=AAAAAAAAAAAAAAAAAAAAAA=="),
            401,
        ),
        (Some("rubbish"), 401),
    ] {
        let mut hands = Hands::new(configs());
        let mut first = hands.request();
        first.mac = mac.map(str::to_owned);
        hands.hand_server(&first).unwrap();
        let challenge = hands.answer();
        assert_eq!(about_header(&challenge).code.0, code);
        // The answer to the challenge without one ends it, with 401.
        hands.hand_client(&challenge).unwrap();
        let mut second = hands.request();
        assert!(second.mac.take().is_some());
        hands.hand_server(&second).unwrap();
        assert_eq!(about_header(&hands.answer()).code.0, 401);
        assert_eq!(
            hands.server_events(),
            [server::Event::Aborted(AbortReason::PeerNotAuthenticated)]
        );
    }
}

/// Under a broken HMAC the device believes nothing: no command, no status, no
/// nonce. The session ends (clause 5.4.3).
#[test]
fn a_changed_message_of_the_server_ends_the_session() {
    let removed = |sent: &Transmit| Transmit {
        mac: None,
        ..sent.clone()
    };
    broken_by(&|sent| changed(sent, "NAP/x", "NAP/z"));
    broken_by(&removed);
}

/// A session whose second answer is broken, after the first was accepted.
fn broken_by(alter: &dyn Fn(&Transmit) -> Transmit) {
    let mut hands = Hands::new(configs());
    hands.server.push(get("./DevInfo/Man")).unwrap();
    let request = hands.request();
    hands.hand_server(&request).unwrap();
    let answer = hands.answer();
    hands.hand_client(&answer).unwrap();
    let alert = client::GenericAlert {
        type_: "urn:x-rehome:m2mm:ready".to_owned(),
        source: None,
        correlator: None,
        mark: None,
        value: Value::text("x"),
    };
    hands.client.alert(alert).unwrap();
    let request = hands.request();
    hands.hand_server(&request).unwrap();
    hands.server.push(add("./NAP/x", text("1"))).unwrap();
    let answer = hands.answer();
    hands.client_events();
    hands.hand_client(&alter(&answer)).unwrap();
    let last = hands.request();
    assert_eq!(about_header(&last).code.0, 401);
    assert_eq!(last.mac, None);
    assert_eq!(
        hands.client_events(),
        [client::Event::Aborted(AbortReason::PeerNotAuthenticated)]
    );
    for node in ["./NAP/x", "./NAP/z"] {
        assert!(hands.tree.value(&uri(node)).is_err());
    }
}

/// A recorded session, played back: nonce and MsgID have gone on.
#[test]
fn an_old_message_with_its_old_header_opens_nothing() {
    let (client, server) = configs();
    let mut talk = Talk::new(client, server, device_tree());
    talk.run(&mut two_batches(), &mut idle_client);
    let (_, mut config) = configs();
    config.nonces = talk.server_nonces.clone();
    let mut server = server::Session::new(config);
    let mut random = SimRandom::from_seed(9);
    let recorded: Vec<_> = talk.transmits.iter().step_by(2).collect();
    let mut codes = Vec::new();
    for transmit in recorded {
        let taken = server.handle_message(Tick::ZERO, &received(transmit), &mut random);
        if taken.is_err() {
            break;
        }
        codes.push(
            about_header(&server.poll_transmit(Tick::ZERO).unwrap())
                .code
                .0,
        );
    }
    assert_eq!(codes, [401, 401]);
    let events: Vec<_> = std::iter::from_fn(|| server.poll_event()).collect();
    let why = AbortReason::PeerNotAuthenticated;
    assert_eq!(events, [server::Event::Aborted(why)]);
}

/// A message that goes out again is the same to the last octet of its HMAC,
/// and so is the answer. The octets without their HMAC get no answer: they may
/// be easy to guess.
#[test]
fn a_repeated_message_keeps_its_hmac() {
    let mut hands = Hands::new(configs());
    let first = hands.request();
    hands.hand_server(&first).unwrap();
    let answer = hands.answer();
    let due = hands.client.poll_timeout().unwrap();
    hands.client.handle_timeout(due);
    let again = hands.client.poll_transmit(due).unwrap();
    assert_eq!(again, first);
    assert!(again.mac.is_some());
    for mac in [None, Some("username=u, mac=QQ==".to_owned())] {
        let guessed = Transmit {
            mac,
            ..first.clone()
        };
        let refused = hands.hand_server(&guessed).unwrap_err();
        assert_eq!(refused.code(), "dm-msgid-reused");
        assert!(hands.server.poll_transmit(Tick::ZERO).is_none());
    }
    assert_eq!(hands.hand_server(&again).unwrap(), Handled::Repeated);
    assert_eq!(hands.answer(), answer);
    assert!(answer.mac.is_some());
    hands.hand_client(&answer).unwrap();
    assert_eq!(hands.hand_client(&answer).unwrap(), Handled::Repeated);
}

/// The tree with a leaf that stands for `AAuthSecret`.
fn tree_with_secret() -> Tree {
    let mut tree = device_tree();
    let leaf = dm::tree::Node::leaf(Value::text("device secret")).with_acl(dm::tree::Acl::only(
        &id("new.operator"),
        &dm::tree::Right::ALL,
    ));
    tree.put(uri("./Secret"), leaf).unwrap();
    tree
}

/// Clause 5.4.3: a secret that is replaced in a session counts from the next.
#[test]
fn a_replaced_secret_counts_from_the_next_session_on() {
    let (client, server) = configs();
    let mut talk = Talk::new(client, server, tree_with_secret());
    let replace = server::Request::Replace {
        target: "./Secret".to_owned(),
        value: Value::text("new secret"),
    };
    let mut logic = in_batches(vec![vec![replace], vec![get("./DevInfo/Man")]]);
    talk.run(&mut logic, &mut idle_client);
    assert_eq!(talk.command_codes("Replace"), [200]);
    let kept = talk.tree.value(&uri("./Secret")).unwrap().data().to_vec();
    assert_eq!(kept, b"new secret");
    // The rest of the session goes on with the old one.
    assert_eq!(talk.header_codes(From::Server), [200, 200, 200]);
    assert_eq!(talk.server_events.last(), Some(&server::Event::Finished));

    let next = |secret: &str| {
        let (mut client, mut server) = configs();
        client.nonces = talk.client_nonces.clone();
        server.nonces = talk.server_nonces.clone();
        client.prove = Some(mac("device", secret));
        server.verify = Requirement::Credentials(mac("device", "new secret"));
        let mut talk = Talk::new(client, server, device_tree());
        talk.run(&mut idle_server, &mut idle_client);
        talk.header_codes(From::Server)
    };
    assert_eq!(next(std::str::from_utf8(&kept).unwrap()), [200]);
    assert_eq!(next("device secret"), [401, 401]);
}

/// An account that leaves the choice to the server: one challenge, then HMACs
/// to the end.
#[test]
fn an_account_for_both_follows_the_challenge() {
    let (mut client, server) = configs();
    client.prove = Some(md5("device", "device secret").or_mac().unwrap());
    let mut talk = Talk::new(client, server, device_tree());
    talk.run(&mut two_batches(), &mut idle_client);
    assert_eq!(talk.header_codes(From::Server), [401, 200, 200, 200]);
    let shown: Vec<_> = talk
        .messages
        .iter()
        .zip(&talk.transmits)
        .filter(|((from, _), _)| *from == From::Client)
        .map(|((_, message), transmit)| (message.header.cred.is_some(), transmit.mac.is_some()))
        .collect();
    assert_eq!(
        shown,
        [(true, false), (false, true), (false, true), (false, true)]
    );
    assert_eq!(talk.client_events.last(), Some(&client::Event::Finished));
}

/// A server by hand that breaks a rule in its answer to package #1.
fn answered(code: u16, alter: impl FnOnce(&mut Status)) -> Vec<client::Event> {
    let mut config = plain_client();
    config.prove = Some(device());
    config.nonces.prove = Some(crate::kit::nonce(100));
    let mut plain = plain_server();
    plain.verify = Requirement::Transport;
    let mut hands = Hands::new((config, plain));
    let first = hands.request();
    assert!(first.mac.is_some());
    hands.hand_server(&first).unwrap();
    let answer = hands.answer();
    let mut message = read(&answer);
    let Some(Command::Status(status)) = message.body.commands.first_mut() else {
        panic!("no status");
    };
    status.code = StatusCode(code);
    alter(status);
    let altered = Transmit {
        octets: octets(&message),
        ..answer
    };
    hands.hand_client(&altered).unwrap();
    hands.client_events()
}

/// Clause 5.4.3: what does not answer an HMAC with 200 and a nonce ends the
/// session.
#[test]
fn the_device_leaves_a_server_that_does_not_renew_the_nonce() {
    let aborted = |why| client::Event::Aborted(AbortReason::ProofRefused(why));
    assert_eq!(answered(200, |_| {}), [aborted(ProofRefused::NoNonce)]);
    assert_eq!(answered(212, |_| {}), [aborted(ProofRefused::MacRule)]);
    let silent = answered(200, |about| {
        // The status for some other message's header.
        about.msg_ref = 9.into();
    });
    let missing = client::Event::Violation(Violation::HeaderStatusMissing);
    assert_eq!(silent, [missing, aborted(ProofRefused::NoNonce)]);
}

/// The same on the other side: a device that takes the server's HMAC and gives
/// no nonce is told that the session is over.
#[test]
fn the_server_leaves_a_device_that_does_not_renew_the_nonce() {
    let mut config = plain_server();
    config.prove = Some(operator());
    config.nonces.prove = Some(crate::kit::nonce(200));
    let mut fake = crate::fake::FakeClient::with(config);
    let first = fake.opening(Vec::new());
    fake.hand(&first).unwrap();
    fake.server.push(get("./DevInfo/Man")).unwrap();
    let sent = fake.server.poll_transmit(Tick::ZERO).unwrap();
    assert!(sent.mac.is_some());
    let last = fake.say(vec![status(1, 1, 0, "SyncHdr", 200)], true);
    assert!(matches!(
        last.body.commands.last(),
        Some(Command::Alert(abort)) if abort.code == Some(syncml::AlertCode::SESSION_ABORT)
    ));
    let why = AbortReason::ProofRefused(ProofRefused::NoNonce);
    assert!(fake.events.contains(&server::Event::Aborted(why)));
    // So is one that forgets the status.
    let mut config = plain_server();
    config.prove = Some(operator());
    config.nonces.prove = Some(crate::kit::nonce(200));
    let mut fake = crate::fake::FakeClient::with(config);
    let first = fake.opening(Vec::new());
    fake.hand(&first).unwrap();
    fake.server.push(get("./DevInfo/Man")).unwrap();
    fake.next().unwrap();
    fake.say(vec![alert(1, 1222)], true);
    assert!(fake.events.contains(&server::Event::Aborted(why)));
}

/// RepPro clause 6.1.2: the nonce of a challenge for auth-MAC is in the Format
/// b64, in either direction, whatever the representation.
#[test]
fn a_challenge_for_an_hmac_is_in_base64() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let (mut client, mut server) = configs();
        client.encoding = encoding;
        client.nonces = dm::auth::Nonces::default();
        server.nonces = dm::auth::Nonces::default();
        let mut talk = Talk::new(client, server, device_tree());
        talk.run(&mut two_batches(), &mut idle_client);
        for (from, code) in [(From::Server, 407), (From::Client, 407)] {
            let chals: Vec<(u16, syncml::Chal)> = talk
                .messages
                .iter()
                .filter(|(who, _)| *who == from)
                .flat_map(|(_, message)| statuses(message))
                .filter_map(|status| Some((status.code.0, status.chal?)))
                .collect();
            assert!(chals.iter().any(|(found, _)| *found == code), "{from:?}");
            for (_, chal) in chals {
                assert_eq!(chal.type_.as_deref(), Some("syncml:auth-MAC"));
                assert_eq!(chal.format, Some(Format::B64));
                assert!(chal.next_nonce.unwrap().octets().is_some());
            }
        }
    }
}
