//! Notifications (OMA-TS-DM_Notification-V1_2): a device that is asked to come
//! comes once, in the session that it was asked to.

use device::Error;
use device::management::Client;
use dm::notification::{Notification, NotificationKey, ResyncNonce, SessionId, to_push};
use secret::SecretBytes;

use super::device::{Managed, get};
use super::server::DmServer;

fn key(server: &str, secret: &str) -> NotificationKey {
    let secret = SecretBytes::new(secret.as_bytes().to_vec());
    NotificationKey::new(server.parse().unwrap(), &secret)
}

fn message(key: &NotificationKey, nonce: &dm::auth::Nonce, session: u16) -> Vec<u8> {
    let notification = Notification::new(key.server_id().clone(), SessionId(session));
    notification.write(key, nonce).unwrap()
}

/// A server and a device that has given it a nonce.
async fn world() -> (DmServer, Managed) {
    let server = DmServer::start("a", "a secret").await;
    let device = Managed::new(&[("a", &server.url)]);
    server.plan(vec![get("./DevInfo/Man")]);
    device.open().round().await.unwrap();
    assert!(server.nonce().is_some());
    (server, device)
}

async fn refused(client: &mut Client, octets: &[u8]) -> Error {
    client.notified(octets).await.err().expect("refused")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_session_has_the_number_that_the_notification_names() {
    let (server, device) = world().await;
    let key = key("a", "a secret");
    for (session, text) in [(0xAB, "AB"), (0x10, "10")] {
        server.plan(vec![get("./DevInfo/Mod")]);
        let asked = message(&key, &server.nonce().unwrap(), session);
        let octets = match session {
            0xAB => asked.clone(),
            _ => to_push(7, &asked),
        };
        let mut client = device.open();
        let round = client.notified(&octets).await.unwrap();
        assert!(round.is_complete(), "{:?}", round.sessions);
        assert_eq!(round.sessions.len(), 1);
        assert!(server.had_session(text));
        assert_eq!(server.seen().results.pop().unwrap().0, "./DevInfo/Mod");
        // The session brought another nonce.
        let error = refused(&mut client, &asked).await;
        assert!(
            matches!(error, Error::Dm(dm::Error::NotificationDigest)),
            "{error}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_is_taken_once_even_if_its_session_came_to_nothing() {
    let (server, device) = world().await;
    let nonce = server.nonce().unwrap();
    let asked = message(&key("a", "a secret"), &nonce, 0xAB);
    server.fail_first(usize::MAX);
    let mut client = device.open();
    let round = client.notified(&asked).await.unwrap();
    assert!(!round.is_complete());
    server.fail_first(0);
    drop(client);
    // The nonce is what it was, so that only what is remembered speaks against it.
    let requests = server.seen().requests;
    let mut client = device.open();
    for octets in [asked.clone(), to_push(1, &asked)] {
        let error = refused(&mut client, &octets).await;
        assert_eq!(error.to_string(), "the notification came before");
    }
    assert_eq!(server.seen().requests, requests);
    let another = message(&key("a", "a secret"), &nonce, 0xAC);
    let round = client.notified(&another).await.unwrap();
    assert!(round.is_complete() && server.had_session("AC"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_has_not_made_brings_no_session() {
    let (server, device) = world().await;
    let requests = server.seen().requests;
    let nonce = server.nonce().unwrap();
    let other = dm::auth::Nonce::from_octets(*b"another").unwrap();
    let right = key("a", "a secret");
    let mut changed = message(&right, &nonce, 1);
    changed[22] ^= 1;
    let mut client = device.open();
    for octets in [
        message(&key("a", "b secret"), &nonce, 1),
        message(&right, &other, 1),
        message(&right, &ResyncNonce::Octets.nonce().unwrap(), 1),
        message(&right, &ResyncNonce::Text.nonce().unwrap(), 1),
        changed,
    ] {
        let error = refused(&mut client, &octets).await;
        assert!(
            matches!(error, Error::Dm(dm::Error::NotificationDigest)),
            "{error}"
        );
    }
    let error = refused(&mut client, &message(&key("b", "a secret"), &nonce, 1)).await;
    assert!(matches!(error, Error::Account(_)), "{error}");
    for octets in [&[][..], &[0; 30], &message(&right, &nonce, 1)[..20]] {
        let error = refused(&mut client, octets).await;
        assert!(matches!(error, Error::Dm(_)), "{error}");
    }
    assert_eq!(server.seen().requests, requests);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_lost_its_nonce_is_heard_once_where_that_is_allowed() {
    let (server, device) = world().await;
    let key = key("a", "a secret");
    let resync = ResyncNonce::Text.nonce().unwrap();
    let asked = message(&key, &resync, 0xAB);
    let open = || device.with(|config| config.resync = Some(ResyncNonce::Text));
    server.forget_nonces();
    let round = open().notified(&asked).await.unwrap();
    assert!(round.is_complete() && server.had_session("AB"));
    let error = refused(&mut open(), &asked).await;
    assert_eq!(error.to_string(), "the notification came before");
    let error = refused(
        &mut open(),
        &message(&key, &ResyncNonce::Octets.nonce().unwrap(), 5),
    )
    .await;
    assert!(
        matches!(error, Error::Dm(dm::Error::NotificationDigest)),
        "{error}"
    );
}
