//! Authentication in sessions, with nonces in and out of step (OMA DM Protocol
//! 1.2 clause 9, OMA DM Security 1.2 clauses 5.3.3 and 5.3.4).

use dm::auth::{Credentials, Nonces, ProofRefused, Requirement, Scope};
use dm::session::AbortReason;
use dm::{client, server};
use secret::SecretBytes;

use crate::kit::{
    From, Talk, add, client_config, device_credentials, device_tree, idle_client, idle_server,
    in_batches, in_step, md5, names, nonce, plain_server, server_config, text, uri,
};

/// A session that adds a node, so that the server's credentials matter.
fn run(client: client::Config, server: server::Config) -> Talk {
    let mut talk = Talk::new(client, server, device_tree());
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

fn done_once(talk: &Talk) {
    let added = talk
        .client_events
        .iter()
        .filter(|event| {
            matches!(event, client::Event::Executed { command, status, .. }
                if command == "Add" && status.0 == 200)
        })
        .count();
    assert_eq!(added, 1);
    assert_eq!(talk.tree.value(&uri("./NAP/x")).unwrap().data(), b"1");
    assert_eq!(talk.client_events.last(), Some(&client::Event::Finished));
    assert_eq!(talk.server_events.last(), Some(&server::Event::Finished));
    assert_eq!(talk.client_nonces.prove, talk.server_nonces.verify);
    assert_eq!(talk.client_nonces.verify, talk.server_nonces.prove);
    assert!(talk.client_nonces.prove.is_some() && talk.client_nonces.verify.is_some());
}

fn count(codes: &[u16], code: u16) -> usize {
    codes.iter().filter(|found| **found == code).count()
}

#[test]
fn nonces_in_step_need_no_challenge() {
    let (mut client, mut server) = (client_config(), server_config());
    in_step(&mut client, &mut server);
    let before = client.nonces.clone();
    let talk = run(client, server);
    done_once(&talk);
    assert_eq!(talk.messages.len(), 4);
    assert_ne!(talk.client_nonces, before);
}

/// The nonces that one session leaves serve the next, without a challenge.
#[test]
fn the_next_session_needs_no_challenge_either() {
    let (mut client, mut server) = (client_config(), server_config());
    in_step(&mut client, &mut server);
    let first = run(client, server);
    let (mut client, mut server) = (client_config(), server_config());
    client.nonces = first.client_nonces.clone();
    server.nonces = first.server_nonces.clone();
    let second = run(client, server);
    done_once(&second);
    assert_eq!(second.header_codes(From::Server), [212, 212]);
    assert_eq!(second.header_codes(From::Client), [212]);
}

/// An account right after bootstrap without nonces: 407 in both directions.
#[test]
fn without_nonces_each_side_is_challenged_once() {
    let talk = run(client_config(), server_config());
    done_once(&talk);
    assert_eq!(talk.header_codes(From::Server), [407, 212, 212]);
    assert_eq!(talk.header_codes(From::Client), [407, 212]);
    // The refusal has statuses only, one for each command (clause 9.1).
    assert_eq!(names(&talk.messages[1].1), ["Status", "Status", "Status"]);
    // The device begins again with package #1 under the same SessionID.
    let (again, first) = (&talk.messages[2].1, &talk.messages[0].1);
    assert_eq!(names(again), ["Status", "Alert", "Replace"]);
    assert_eq!(again.header.session_id, first.header.session_id);
    assert_eq!(again.header.msg_id.as_str(), "2");
    // The server shows its digest to nobody who has not proved himself.
    assert!(talk.messages[1].1.header.cred.is_none());
    assert!(talk.messages[3].1.header.cred.is_some());
}

/// The reply of the last session was lost for good: the server has stored its
/// new nonce, the device still has the old one.
#[test]
fn a_device_with_the_old_nonce_is_challenged_exactly_once() {
    let (mut client, mut server) = (client_config(), server_config());
    in_step(&mut client, &mut server);
    client.nonces.prove = Some(nonce(1));
    let talk = run(client, server);
    done_once(&talk);
    let codes = talk.header_codes(From::Server);
    assert_eq!(codes, [401, 212, 212]);
    assert_eq!(count(&talk.header_codes(From::Client), 401), 0);
    assert_eq!(talk.messages.len(), 6);
}

/// The other way round: the device has the new nonce, the server the old one
/// (it lost its store after it had answered).
#[test]
fn a_server_with_the_old_nonce_challenges_exactly_once() {
    let (mut client, mut server) = (client_config(), server_config());
    in_step(&mut client, &mut server);
    server.nonces.verify = Some(nonce(1));
    let talk = run(client, server);
    done_once(&talk);
    assert_eq!(talk.header_codes(From::Server), [401, 212, 212]);
}

#[test]
fn a_server_that_proves_itself_with_an_old_nonce_is_challenged_exactly_once() {
    let (mut client, mut server) = (client_config(), server_config());
    in_step(&mut client, &mut server);
    server.nonces.prove = Some(nonce(1));
    let talk = run(client, server);
    done_once(&talk);
    assert_eq!(talk.header_codes(From::Client), [401, 212]);
    // Its commands were refused with statuses only, and came again.
    assert_eq!(names(&talk.messages[2].1), ["Status", "Status"]);
    assert_eq!(talk.command_codes("Add"), [401, 200]);
}

#[test]
fn both_nonces_out_of_step_cost_one_challenge_each() {
    let (mut client, mut server) = (client_config(), server_config());
    in_step(&mut client, &mut server);
    client.nonces.prove = Some(nonce(1));
    server.nonces.prove = Some(nonce(2));
    let talk = run(client, server);
    done_once(&talk);
    assert_eq!(count(&talk.header_codes(From::Server), 401), 1);
    // The device asks for credentials in the same breath: 407, no digest lost.
    assert_eq!(talk.header_codes(From::Client), [407, 212]);
}

#[test]
fn a_wrong_secret_of_the_device_ends_after_two_401() {
    for prove in [md5("device", "wrong"), md5("other", "device secret")] {
        let (mut client, mut server) = (client_config(), server_config());
        in_step(&mut client, &mut server);
        client.prove = Some(prove);
        let before = (client.nonces.clone(), server.nonces.clone());
        let talk = run(client, server);
        assert_eq!(talk.header_codes(From::Server), [401, 401]);
        assert_eq!(talk.messages.len(), 4);
        let why = AbortReason::ProofRefused(ProofRefused::WrongCredentials);
        assert_eq!(talk.client_events, [client::Event::Aborted(why)]);
        assert_eq!(
            talk.server_events,
            [server::Event::Aborted(AbortReason::PeerNotAuthenticated)]
        );
        assert!(talk.client.is_over() && talk.server.is_over());
        // Neither side's store has moved.
        assert_eq!((talk.client_nonces, talk.server_nonces), before);
    }
}

#[test]
fn a_wrong_secret_of_the_server_ends_after_two_401() {
    let (mut client, mut server) = (client_config(), server_config());
    in_step(&mut client, &mut server);
    server.prove = Some(md5("server", "wrong"));
    let before = client.nonces.verify.clone();
    let talk = run(client, server);
    assert_eq!(talk.header_codes(From::Client), [401, 401]);
    let (_, last) = talk
        .messages
        .iter()
        .rev()
        .find(|(who, _)| *who == From::Client)
        .unwrap();
    assert_eq!(names(last), ["Status", "Alert", "Status"]);
    assert_eq!(talk.command_codes("Add"), [401, 401]);
    assert!(talk.tree.value(&uri("./NAP/x")).is_err());
    assert_eq!(
        talk.client_events.last(),
        Some(&client::Event::Aborted(AbortReason::PeerNotAuthenticated))
    );
    assert!(matches!(
        talk.server_events.last(),
        Some(server::Event::Aborted(_))
    ));
    assert_eq!(talk.client_nonces.verify, before);
    // Not a word of the impostor is believed, the next nonce least of all.
    assert!(!talk.client_events.iter().any(|event| matches!(
        event,
        client::Event::NoncesChanged(_) | client::Event::ServerAuthenticated
    )));
}

#[test]
fn a_server_without_credentials_gets_nothing_done() {
    let (mut client, mut server) = (client_config(), server_config());
    in_step(&mut client, &mut server);
    server.prove = None;
    let before = client.nonces.clone();
    let talk = run(client, server);
    assert_eq!(talk.header_codes(From::Client), [407]);
    assert_eq!(talk.command_codes("Add"), [407]);
    assert!(talk.tree.value(&uri("./NAP/x")).is_err());
    let why = AbortReason::ProofRefused(ProofRefused::NoCredentials);
    assert!(talk.server_events.contains(&server::Event::Aborted(why)));
    // It accepted the device and gave it a nonce; the device forgets it.
    assert_eq!(talk.client_nonces, before);
}

/// Clause 9 forbids a message that would hold nothing but a challenge.
#[test]
fn a_server_without_credentials_and_commands_is_left_without_a_word() {
    let (mut client, mut server) = (client_config(), server_config());
    in_step(&mut client, &mut server);
    server.prove = None;
    let mut talk = Talk::new(client, server, device_tree());
    talk.run(&mut idle_server, &mut idle_client);
    assert_eq!(talk.messages.len(), 2);
    assert_eq!(
        talk.client_events.last(),
        Some(&client::Event::Aborted(AbortReason::PeerNotAuthenticated))
    );
}

/// The same where the owner asks for it: one message more, and the server has
/// proved itself.
#[test]
fn a_challenge_goes_alone_where_the_owner_asks_for_it() {
    let (mut client, mut server) = (client_config(), server_config());
    in_step(&mut client, &mut server);
    client.nonces.verify = None;
    client.challenge_alone = true;
    let mut talk = Talk::new(client, server, device_tree());
    talk.run(&mut idle_server, &mut idle_client);
    let events = &talk.client_events;
    assert!(
        events.contains(&client::Event::ServerAuthenticated),
        "{events:?}"
    );
    assert_eq!(events.last(), Some(&client::Event::Finished));
    assert_eq!(talk.messages.len(), 4);
}

/// A nonce that is not sent is not given: the old one stays good.
#[test]
fn a_session_that_ends_in_silence_leaves_the_servers_nonce_alone() {
    let (mut client, mut server) = (client_config(), server_config());
    in_step(&mut client, &mut server);
    let before = client.nonces.verify.clone();
    let mut talk = Talk::new(client, server, device_tree());
    talk.run(&mut idle_server, &mut idle_client);
    assert_eq!(talk.messages.len(), 2);
    assert_eq!(talk.client_events.last(), Some(&client::Event::Finished));
    assert_eq!(talk.client_nonces.verify, before);
    assert_eq!(talk.server_nonces.prove, before);
    assert_eq!(talk.client_nonces.prove, talk.server_nonces.verify);
}

#[test]
fn an_unknown_device_meets_what_a_wrong_secret_meets() {
    let (mut client, mut server) = (client_config(), server_config());
    in_step(&mut client, &mut server);
    server.verify = Requirement::Unknown;
    let talk = run(client, server);
    assert_eq!(talk.header_codes(From::Server), [401, 401]);
    assert!(
        talk.messages
            .iter()
            .all(|(who, message)| { *who == From::Client || message.header.cred.is_none() })
    );
}

#[test]
fn basic_credentials_do_not_open_an_md5_account() {
    let mut client = client_config();
    let secret = SecretBytes::new(b"device secret".to_vec());
    client.prove = Some(Credentials::basic("device", &secret).unwrap());
    let talk = run(client, server_config());
    assert_eq!(talk.header_codes(From::Server), [401]);
    let why = AbortReason::ProofRefused(ProofRefused::OtherScheme);
    assert_eq!(talk.client_events, [client::Event::Aborted(why)]);
}

/// The downgrade: a server that asks an MD5 account for Basic.
#[test]
fn an_md5_account_never_answers_a_basic_challenge() {
    let (client, mut server) = (client_config(), server_config());
    let secret = SecretBytes::new(b"device secret".to_vec());
    let basic = Credentials::basic("device", &secret).unwrap();
    server.verify = Requirement::Credentials(basic);
    let talk = run(client, server);
    assert_eq!(talk.header_codes(From::Server), [407]);
    assert_eq!(talk.messages.len(), 2);
    let why = AbortReason::ProofRefused(ProofRefused::OtherScheme);
    assert_eq!(talk.client_events, [client::Event::Aborted(why)]);
}

#[test]
fn basic_works_between_accounts_made_for_it() {
    let (mut client, mut server) = (client_config(), server_config());
    let secret = SecretBytes::new(b"device secret".to_vec());
    let basic = Credentials::basic("device", &secret).unwrap();
    client.prove = Some(basic.clone());
    server.verify = Requirement::Credentials(basic);
    in_step(&mut client, &mut server);
    let talk = run(client, server);
    assert_eq!(talk.header_codes(From::Server), [212, 212]);
    assert_eq!(talk.tree.value(&uri("./NAP/x")).unwrap().data(), b"1");
}

/// 200 instead of 212: credentials over a new nonce in every message.
#[test]
fn credentials_for_each_message_in_both_directions() {
    let (mut client, mut server) = (client_config(), server_config());
    in_step(&mut client, &mut server);
    client.scope = Scope::Message;
    server.scope = Scope::Message;
    let mut talk = Talk::new(client, server, device_tree());
    let mut logic = in_batches(vec![
        vec![add("./NAP/x", text("1"))],
        vec![add("./NAP/y", text("2"))],
    ]);
    talk.run(&mut logic, &mut idle_client);
    assert_eq!(talk.header_codes(From::Server), [200, 200, 200]);
    assert_eq!(talk.header_codes(From::Client), [200, 200]);
    let mut digests: Vec<_> = talk
        .messages
        .iter()
        .map(|(_, message)| message.header.cred.as_ref().unwrap().data.clone())
        .collect();
    assert_eq!(digests.len(), 6);
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), 6);
    assert_eq!(talk.client_nonces.prove, talk.server_nonces.verify);
    // The last message's nonce was not sent, so the one before still holds.
    assert_eq!(talk.client_nonces.verify, talk.server_nonces.prove);
    let once = |event: &client::Event| matches!(event, client::Event::ServerAuthenticated);
    assert_eq!(
        talk.client_events
            .iter()
            .filter(|event| once(event))
            .count(),
        1
    );
}

#[test]
fn a_challenge_where_the_transport_was_to_be_enough_ends_the_session() {
    let mut client = client_config();
    client.prove = None;
    client.nonces = Nonces::default();
    let talk = run(client, server_config());
    let why = AbortReason::ProofRefused(ProofRefused::NoCredentials);
    assert_eq!(talk.client_events, [client::Event::Aborted(why)]);
}

/// Credentials that nobody asked for do no harm.
#[test]
fn a_server_that_trusts_the_transport_takes_any_credentials() {
    let (mut client, mut server) = (client_config(), plain_server());
    client.nonces.prove = Some(nonce(1));
    client.prove = Some(device_credentials());
    client.verify = Requirement::Transport;
    server.prove = None;
    let talk = run(client, server);
    assert_eq!(talk.header_codes(From::Server), [200, 200]);
    assert_eq!(talk.client_events.last(), Some(&client::Event::Finished));
}
