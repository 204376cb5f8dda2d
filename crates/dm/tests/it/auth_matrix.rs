//! Every scheme in every state of secrets and nonces, in both directions, with
//! the statuses for the header that each must bring (OMA DM Protocol 1.2 clause
//! 9, OMA DM Security 1.2 clauses 5.3 and 5.4).

use dm::auth::{Credentials, Nonce, Nonces, Prover, Requirement, Scheme, Verdict};
use dm::auth::{Scope, Shown, Verifier};
use dm::{client, server};
use secret::SecretBytes;
use sim::net::SimRandom;
use syncml::{Cred, StatusCode};

use crate::kit::{
    From, Talk, add, device_tree, idle_client, nonce, plain_client, plain_server, statuses, text,
    uri,
};

/// What the side that proves itself has.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Case {
    /// The secret, and the nonce that the other side expects.
    Right,
    /// Another secret.
    WrongSecret,
    /// A nonce that the other side never gave.
    StaleNonce,
    /// The nonce before the last one: the message with the last one got lost.
    LostReply,
    /// The last nonce, while the other side has gone back to the one before.
    LostStore,
    /// The secret, and no nonce yet.
    NoNonce,
    /// No credentials.
    Nothing,
}

/// A scheme in a case, and the rule that it shows.
struct Cell {
    scheme: Scheme,
    scope: Scope,
    case: Case,
    /// The server's statuses for the headers of package #1, of its repetition
    /// if there is one, and of package #3.
    by_server: &'static [u16],
    /// The device's statuses for the header of package #2, and of its
    /// repetition if there is one.
    by_device: &'static [u16],
    rule: &'static str,
}

const fn cell(
    scheme: Scheme,
    case: Case,
    by_server: &'static [u16],
    by_device: &'static [u16],
    rule: &'static str,
) -> Cell {
    Cell {
        scheme,
        scope: Scope::Session,
        case,
        by_server,
        by_device,
        rule,
    }
}

use Case::{LostReply, LostStore, NoNonce, Nothing, Right, StaleNonce, WrongSecret};
use Scheme::{Basic, Mac, Md5};

/// By hand, from the clauses named.
#[rustfmt::skip]
const TABLE: &[Cell] = &[
    cell(Basic, Right, &[212, 212], &[212], "Protocol 9.1 and 9.4.1: 212 for the session"),
    cell(Basic, WrongSecret, &[401], &[401], "Protocol 9.1: 401 refuses these credentials"),
    cell(Basic, StaleNonce, &[212, 212], &[212], "Security 5.3.1: no nonce in Basic"),
    cell(Basic, LostReply, &[212, 212], &[212], "Security 5.3.1: no nonce in Basic"),
    cell(Basic, LostStore, &[212, 212], &[212], "Security 5.3.1: no nonce in Basic"),
    cell(Basic, NoNonce, &[212, 212], &[212], "Protocol 9.2: credentials by pre-configuration"),
    cell(Basic, Nothing, &[407], &[407], "Protocol 9.1: 407 for none"),

    cell(Md5, Right, &[212, 212], &[212], "Security 5.3.3: the last nonce, before a challenge"),
    cell(Md5, WrongSecret, &[401, 401], &[401, 401], "Security 5.3.3: one more challenge"),
    cell(Md5, StaleNonce, &[401, 212, 212], &[401, 212], "Security 5.3.3: one more challenge"),
    cell(Md5, LostReply, &[401, 212, 212], &[401, 212], "Security 5.3.3: one more challenge"),
    cell(Md5, LostStore, &[401, 212, 212], &[401, 212], "Security 5.3.3: one more challenge"),
    cell(Md5, NoNonce, &[407, 212, 212], &[407, 212], "Protocol 9.1 and 9.4.2: challenged first"),
    cell(Md5, Nothing, &[407], &[407], "Protocol 9.1: 407 for none"),

    cell(Mac, Right, &[200, 200], &[200], "Security 5.4.3 and 5.4.4: 200 for each message"),
    cell(Mac, WrongSecret, &[401, 401], &[401, 401], "Security 5.3.3: one more challenge"),
    cell(Mac, StaleNonce, &[401, 200, 200], &[401, 200], "Security 5.3.3 and 5.4.4"),
    cell(Mac, LostReply, &[401, 200, 200], &[401, 200], "Security 5.3.3 and 5.4.4"),
    cell(Mac, LostStore, &[401, 200, 200], &[401, 200], "Security 5.3.3 and 5.4.4"),
    cell(Mac, NoNonce, &[407, 200, 200], &[407, 200], "Security 5.4.1: asked for like MD5"),
    cell(Mac, Nothing, &[407], &[407], "Protocol 9.1: 407 for none"),
];

/// What MD5 brings where each message is to prove itself.
#[rustfmt::skip]
const MD5_BY_MESSAGE: &[Cell] = &[
    Cell { scope: Scope::Message, ..cell(Md5, Right, &[200, 200], &[200],
        "Protocol 9.1: after 200 credentials again, over the next nonce") },
    Cell { scope: Scope::Message, ..cell(Md5, WrongSecret, &[401, 401], &[401, 401],
        "Security 5.3.3: one more challenge") },
    Cell { scope: Scope::Message, ..cell(Md5, StaleNonce, &[401, 200, 200], &[401, 200],
        "Security 5.3.3: one more challenge") },
    Cell { scope: Scope::Message, ..cell(Md5, LostReply, &[401, 200, 200], &[401, 200],
        "Security 5.3.3: one more challenge") },
    Cell { scope: Scope::Message, ..cell(Md5, NoNonce, &[407, 200, 200], &[407, 200],
        "Protocol 9.1 and 9.4.2: challenged first") },
];

/// Who proves himself.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Proving {
    Device,
    Server,
}

fn secret(text: &str) -> SecretBytes {
    SecretBytes::new(text.as_bytes().to_vec())
}

fn credentials(scheme: Scheme, user: &str, text: &str) -> Credentials {
    let secret = secret(text);
    match scheme {
        Basic => Credentials::basic(user, &secret),
        Md5 => Credentials::md5(user, &secret),
        Mac => Credentials::mac(user, &secret),
    }
    .unwrap()
}

/// Both ends of an account with a nonce in step, the other direction left to
/// the transport.
fn account(cell: &Cell, proving: Proving) -> (client::Config, server::Config) {
    let (mut client, mut server) = (plain_client(), plain_server());
    let right = credentials(cell.scheme, "name", "right");
    let given = (cell.scheme != Basic).then(|| nonce(100));
    let wanted = Requirement::Credentials(right.clone());
    match proving {
        Proving::Device => {
            (client.prove, server.verify) = (Some(right), wanted);
            (client.nonces.prove, server.nonces.verify) = (given.clone(), given);
        }
        Proving::Server => {
            (server.prove, client.verify) = (Some(right), wanted);
            (server.nonces.prove, client.nonces.verify) = (given.clone(), given);
        }
    }
    (client.scope, server.scope) = (cell.scope, cell.scope);
    (client, server)
}

/// A session that adds a node; the message at `lost` does not arrive.
fn run(client: client::Config, server: server::Config, lost: Option<usize>) -> Talk {
    let mut talk = Talk::new(client, server, device_tree());
    talk.lost = lost;
    let mut pushed = false;
    let mut logic = move |session: &mut server::Session, event: &server::Event| {
        if *event == server::Event::PackageReceived && !pushed {
            pushed = true;
            session.push(add("./NAP/x", text("1"))).unwrap();
        }
    };
    talk.run(&mut logic, &mut idle_client);
    talk
}

/// The nonces after a session whose message with the new nonce got lost, and
/// after one whose checker then lost what it had stored.
fn nonces_of_before(cell: &Cell, proving: Proving) -> (Nonces, Nonces) {
    let (client, server) = account(cell, proving);
    let old = (client.nonces.clone(), server.nonces.clone());
    if cell.case == LostReply {
        // The first message of the side that checks.
        let lost = match proving {
            Proving::Device => 1,
            Proving::Server => 2,
        };
        let talk = run(client, server, Some(lost));
        return (talk.client_nonces, talk.server_nonces);
    }
    let talk = run(client, server, None);
    match proving {
        Proving::Device => (talk.client_nonces, old.1),
        Proving::Server => (old.0, talk.server_nonces),
    }
}

fn session(cell: &Cell, proving: Proving) -> Talk {
    let (mut client, mut server) = account(cell, proving);
    if matches!(cell.case, LostReply | LostStore) {
        (client.nonces, server.nonces) = nonces_of_before(cell, proving);
        let (prove, verify) = match proving {
            Proving::Device => (&client.nonces.prove, &server.nonces.verify),
            Proving::Server => (&server.nonces.prove, &client.nonces.verify),
        };
        assert!(cell.scheme == Basic || prove != verify, "nothing is lost");
    }
    let (prove, nonces) = match proving {
        Proving::Device => (&mut client.prove, &mut client.nonces),
        Proving::Server => (&mut server.prove, &mut server.nonces),
    };
    match cell.case {
        Right | LostReply | LostStore => {}
        WrongSecret => *prove = Some(credentials(cell.scheme, "name", "wrong")),
        StaleNonce => nonces.prove = Some(nonce(1)),
        NoNonce => nonces.prove = None,
        Nothing => *prove = None,
    }
    run(client, server, None)
}

fn prover_of(proving: Proving) -> (From, From) {
    match proving {
        Proving::Device => (From::Client, From::Server),
        Proving::Server => (From::Server, From::Client),
    }
}

/// Each status for a header that asks for credentials says how and, but for
/// Basic, over which nonce; only the last one does not (Protocol 9.1).
fn check_challenges(cell: &Cell, proving: Proving, talk: &Talk) {
    let (_, checker) = prover_of(proving);
    let mut nonces = Vec::new();
    let mut refusals = 0;
    let said = talk.messages.iter().filter(|(from, _)| *from == checker);
    for status in said.flat_map(|(_, message)| statuses(message)) {
        if !status.cmd_ref.is_header() {
            continue;
        }
        let refused = matches!(status.code.0, 401 | 407);
        refusals += usize::from(refused);
        let Some(chal) = status.chal else {
            let last = refused && refusals == 2;
            assert!(last || (cell.scheme != Mac && !refused) || cell.case == Nothing);
            continue;
        };
        assert_eq!(chal.type_.as_deref(), Some(cell.scheme.type_()));
        let next = chal.next_nonce.as_ref().and_then(Nonce::from_challenge);
        assert_eq!(next.is_some(), cell.scheme != Basic);
        nonces.extend(next.map(|nonce| nonce.octets().to_vec()));
    }
    let given = nonces.len();
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), given, "a nonce twice");
}

/// Credentials stand where their scheme has them, and the name beside them
/// (Security 5.4.1 and 5.4.3, RepPro 6.1.9).
fn check_credentials(cell: &Cell, proving: Proving, talk: &Talk) {
    let (prover, _) = prover_of(proving);
    let mut begun = false;
    for ((from, message), transmit) in talk.messages.iter().zip(&talk.transmits) {
        let header = &message.header;
        let proves = header.cred.is_some() || transmit.mac.is_some();
        assert!(*from == prover || !proves);
        assert!(transmit.mac.is_none() || cell.scheme == Mac);
        assert!(header.cred.is_none() || cell.scheme != Mac);
        let name = proves.then_some("name");
        assert_eq!(header.source.name.as_deref(), name);
        // Once used, always used (Security 5.4.3); at a refusal nothing is left.
        let refused = cell.case == WrongSecret;
        if *from == prover && begun && cell.scheme == Mac && !refused {
            assert!(proves, "a message without its HMAC");
        }
        begun |= *from == prover && proves;
    }
}

fn check_outcome(cell: &Cell, proving: Proving, talk: &Talk) {
    let done = !matches!(cell.case, WrongSecret | Nothing);
    assert_eq!(talk.tree.value(&uri("./NAP/x")).is_ok(), done);
    assert_eq!(
        talk.client_events.last() == Some(&client::Event::Finished),
        done
    );
    assert_eq!(
        talk.server_events.last() == Some(&server::Event::Finished),
        done
    );
    if done {
        assert_eq!(
            talk.command_codes("Add")
                .iter()
                .filter(|c| **c == 200)
                .count(),
            1
        );
        let (client, server) = (&talk.client_nonces, &talk.server_nonces);
        let in_step = client.prove == server.verify && client.verify == server.prove;
        assert!(cell.scheme == Basic || in_step);
    } else {
        // No nonce of a stranger is kept, none is given to one.
        let (client, server) = account(cell, proving);
        assert_eq!(talk.client_nonces, client.nonces);
        assert_eq!(talk.server_nonces, server.nonces);
    }
}

fn check(cell: &Cell, proving: Proving) {
    println!(
        "{proving:?} proves itself: {:?}, {:?}, {:?} ({})",
        cell.scheme, cell.scope, cell.case, cell.rule
    );
    let talk = session(cell, proving);
    let (checker, expected) = match proving {
        Proving::Device => (From::Server, cell.by_server),
        Proving::Server => (From::Client, cell.by_device),
    };
    assert_eq!(talk.header_codes(checker), expected);
    check_challenges(cell, proving, &talk);
    check_credentials(cell, proving, &talk);
    check_outcome(cell, proving, &talk);
}

#[test]
fn the_server_authenticates_the_device() {
    for cell in TABLE.iter().chain(MD5_BY_MESSAGE) {
        check(cell, Proving::Device);
    }
}

#[test]
fn the_device_authenticates_the_server() {
    for cell in TABLE.iter().chain(MD5_BY_MESSAGE) {
        check(cell, Proving::Server);
    }
}

/// The table has each scheme in each case once.
#[test]
fn no_cell_is_missing() {
    let cases = [
        Right,
        WrongSecret,
        StaleNonce,
        LostReply,
        LostStore,
        NoNonce,
        Nothing,
    ];
    for scheme in [Basic, Md5, Mac] {
        for case in cases {
            let found = TABLE
                .iter()
                .filter(|cell| cell.scheme == scheme && cell.case == case);
            assert_eq!(found.count(), 1, "{scheme:?} {case:?}");
        }
    }
}

/// No account takes another scheme's credentials, whatever the secret. The
/// first to come is challenged; the answer to a challenge ends it (Security
/// 5.3 and 5.4.1).
#[test]
fn no_account_takes_another_scheme() {
    for wanted in [Basic, Md5, Mac] {
        for shown in [Basic, Md5, Mac]
            .into_iter()
            .filter(|shown| *shown != wanted)
        {
            let requirement = Requirement::Credentials(credentials(wanted, "name", "right"));
            let mut verifier = Verifier::new(requirement, Scope::Session, Some(nonce(100)));
            let mut prover =
                Prover::new(Some(credentials(shown, "name", "right")), Some(nonce(100)));
            let cred = prover.cred();
            let mac = prover.mac(b"message");
            assert_eq!(cred.is_none(), mac.is_some());
            let shown = Shown {
                cred: cred.as_ref(),
                mac: mac.as_deref(),
                name: Some("name"),
                octets: b"message",
            };
            let mut random = SimRandom::from_seed(1);
            let first = verifier.check(shown, &mut random);
            let Verdict::Challenged { code, chal } = first else {
                panic!("{first:?}");
            };
            assert_eq!(code.0, 401);
            assert_eq!(chal.type_.as_deref(), Some(wanted.type_()));
            let failed = Verdict::Failed {
                code: StatusCode::UNAUTHORIZED,
            };
            assert_eq!(verifier.check(shown, &mut random), failed);
        }
    }
}

/// The data of Basic under another type, or none, is no Basic.
#[test]
fn basic_credentials_are_named_so() {
    let basic = credentials(Basic, "name", "right");
    let right = Prover::new(Some(basic.clone()), None).cred().unwrap();
    let check = |cred: &Cred| {
        let requirement = Requirement::Credentials(basic.clone());
        Verifier::new(requirement, Scope::Session, None)
            .check(Some(cred), &mut SimRandom::from_seed(1))
    };
    assert!(matches!(check(&right), Verdict::Accepted { .. }));
    for type_ in [None, Some(Cred::MD5), Some(Cred::MAC)] {
        let mut other = right.clone();
        other.meta = type_.and_then(|type_| Cred::b64(type_, "").meta);
        assert!(matches!(check(&other), Verdict::Challenged { .. }));
    }
}

/// What Python makes of the formulas in Security 5.3.2 and 5.4.2:
///
/// ```python
/// import hashlib, base64
/// b = base64.b64encode; h = lambda x: hashlib.md5(x).digest()
/// b(b"device:device secret")
/// b(h(b(h(b"device:device secret")) + b":\x00\xff:n"))
/// body = b"<SyncML xmlns='SYNCML:SYNCML1.2'>\r\n \xc3\xa9</SyncML>\n"
/// b(h(b(h(b"Bruce2:OhBehave")) + b":Nonce:" + b(h(body))))
/// b(h(b(h(b"device:device secret")) + b":\x00\xff:n:" + b(h(b""))))
/// ```
#[test]
fn the_values_that_another_program_computes() {
    let with = |scheme, user, secret, nonce: &[u8]| {
        let nonce = Nonce::from_octets(nonce.to_vec()).unwrap();
        Prover::new(Some(credentials(scheme, user, secret)), Some(nonce))
    };
    let cred = |prover: Prover| prover.cred().unwrap().data;
    let basic = with(Basic, "device", "device secret", b"n");
    assert_eq!(cred(basic), "ZGV2aWNlOmRldmljZSBzZWNyZXQ=");
    let md5 = with(Md5, "device", "device secret", b"\x00\xff:n");
    assert_eq!(cred(md5), "heeaHJmi+wdqnepi0ME5cw==");
    let body = b"<SyncML xmlns='SYNCML:SYNCML1.2'>\r\n \xc3\xa9</SyncML>\n";
    let mac = with(Mac, "Bruce2", "OhBehave", b"Nonce").mac(body);
    let header = "algorithm=MD5, username=\"Bruce2\", mac=RVGOPnJm+LR2fN76Rb7CfQ==";
    assert_eq!(mac.as_deref(), Some(header));
    let mac = with(Mac, "device", "device secret", b"\x00\xff:n").mac(b"");
    let header = "algorithm=MD5, username=\"device\", mac=rf6vjThoEwlgBtP6gknVHw==";
    assert_eq!(mac.as_deref(), Some(header));
}
