//! A device that is asked to come: the notification from its account, by UDP,
//! checked as a device checks it, and the session that it asks for.

use std::net::UdpSocket;
use std::time::Duration;

use dm::auth::Requirement;
use dm::notification::{NotificationKey, ResyncNonce, SessionId, UiMode, Unverified, from_push};
use secret::SecretBytes;

use super::device::{Device, md5};
use super::node::Server;

const DEVICE: &str = "IMEI:490154203237518";

/// A device, and the key by which it knows its server's notifications.
fn device(server: &Server) -> (Device, NotificationKey) {
    let made = server.json(&["account", "add", DEVICE]).remove(0);
    let member = |name: &str| made[name].as_str().unwrap();
    let (server_id, secret) = (member("server_id"), member("server_secret"));
    let verify = Requirement::Credentials(md5(server_id, secret));
    let prove = md5(member("user"), member("secret"));
    let password = SecretBytes::new(secret.as_bytes().to_vec());
    let key = NotificationKey::new(server_id.parse().unwrap(), &password);
    (Device::new(&server.url(), DEVICE, prove, verify), key)
}

fn received(socket: &UdpSocket) -> Vec<u8> {
    let mut octets = [0; 2048];
    let length = socket.recv(&mut octets).unwrap();
    octets[..length].to_vec()
}

#[test]
fn a_device_that_is_asked_comes() {
    let server = Server::start();
    let (mut device, key) = device(&server);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let to = socket.local_addr().unwrap().to_string();
    let ask = [
        "notify",
        "--device",
        DEVICE,
        "--session",
        "0xab",
        "--udp",
        &to,
    ];

    let ran = server.run(&ask);
    assert_eq!(ran.status, Some(1));
    assert!(
        ran.stderr.contains("server-nonce-missing"),
        "{}",
        ran.stderr
    );
    server.ok(&[&ask, &["--resync", "text"][..]].concat());
    let read = Unverified::read(&received(&socket)).unwrap();
    let resync = ResyncNonce::Text.nonce().unwrap();
    assert_eq!(
        read.verify(&key, &resync).unwrap().session_id,
        SessionId(0xab)
    );

    // The device gives a nonce with its answer to what the server proved.
    server.queue(&["get", "./DevInfo/Mod", "--device", DEVICE]);
    assert!(device.run().server_proved);
    server.queue(&["get", "./DevInfo/Man", "--device", DEVICE]);
    let how = ["--ui", "informative", "--vendor", "0102", "--wsp"];
    server.ok(&[&ask, how.as_slice()].concat());
    let pdu = received(&socket);
    let read = Unverified::read(from_push(&pdu).unwrap()).unwrap();
    let nonce = device.nonces().verify.clone().unwrap();
    let notification = read.verify(&key, &nonce).unwrap();
    assert_eq!(notification.ui_mode, UiMode::Informative);
    assert_eq!(notification.vendor, [1, 2]);

    device.session_id = notification.session_id.to_hex();
    assert_eq!(device.run().executed, ["./DevInfo/Man"]);
    assert_eq!(server.sessions()[0]["session_id"], "AB");
    let nonce = device.nonces().verify.clone().unwrap();
    assert!(
        read.verify(&key, &nonce).is_err(),
        "the session brought another"
    );
}

#[test]
fn accounts_that_can_not_ask_say_why() {
    let server = Server::start();
    server.ok(&["account", "add", "silent", "--no-server-secret"]);
    server.ok(&["account", "add", "odd", "--server-id", "a=b"]);
    for (name, code) in [
        ("silent", "server-secret-missing"),
        ("odd", "server-id-malformed"),
        ("nobody", "unknown-device"),
    ] {
        let ran = server.run(&["notify", "--device", name, "--session", "1"]);
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""), "{name}");
        assert!(ran.stderr.contains(code), "{name}: {}", ran.stderr);
    }
}
