//! `rehome device manage` against `rehome serve`: authorities of servers in the
//! device's store, and the pin of its server (docs/management.md).

use std::fs;

use openssl::sha::sha256;
use openssl::x509::X509;

use super::logins::{init, server};
use super::node::text;
use crate::command::rehome;

fn hex(octets: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(octets)
}

#[test]
fn authorities_are_kept_in_the_store() {
    let server = server("3gpp");
    let file = server.scratch().join("once.pem");
    fs::copy(server.scratch().join("servers.pem"), &file).unwrap();
    let managed = init(&server, &[], ("", ""), &["--authorities", text(&file)]);
    // It was copied.
    fs::remove_file(&file).unwrap();
    for _ in 0..2 {
        let (ran, line) = managed.run();
        // Who the device is, the server asks by HTTP, once it is trusted.
        assert_eq!(line["ended"], "http-login-missing", "{}", ran.stderr);
    }
    // The settings do not put others beside them.
    managed.configure("# authorities", "authorities");
    let other = server.scratch().join("devices.pem");
    fs::write(
        &other,
        fs::read(server.scratch().join("dm/devices.pem")).unwrap(),
    )
    .unwrap();
    fs::copy(&other, managed.dir.join("servers.pem")).unwrap();
    let (ran, _) = managed.run();
    assert_eq!(ran.status, Some(1));
    let named = "authorities of servers are in the store and in the configuration";
    assert!(ran.stderr.contains(named), "{}", ran.stderr);
    managed.remove(&server);

    // Others from the beginning.
    let managed = init(&server, &[], ("", ""), &["--authorities", text(&other)]);
    assert_eq!(managed.run().1["ended"], "server-certificate-refused");
    managed.remove(&server);
}

#[test]
fn the_owner_sets_a_pin() {
    let server = server("3gpp");
    let pem = fs::read(server.scratch().join("dm/dm.pem")).unwrap();
    let leaf = X509::from_pem(&pem).unwrap();
    let right = format!("sha256:{}", hex(&sha256(&leaf.to_der().unwrap())));
    let spki = leaf.public_key().unwrap().public_key_to_der().unwrap();
    let key = format!("spki:{}", hex(&sha256(&spki)));
    let wrong = format!("spki:{}", "0".repeat(64));
    let authorities = server.scratch().join("servers.pem");
    let certificate = "[certificate]\nfile = \"device.pem\"\nkey = \"device.key\"\n";
    let top = format!("pin = \"{right}\"\n");
    let more = ["--authorities", text(&authorities)];
    let managed = init(&server, &[], (&top, certificate), &more);
    let ended = |how: &[&str]| {
        let changed = managed.show(how);
        assert_eq!(changed.status, Some(0), "{}", changed.stderr);
        let (ran, line) = managed.run();
        let ended = line["ended"].as_str().map(str::to_owned);
        ended.unwrap_or(ran.stderr)
    };
    assert_eq!(managed.run().1["ended"], "finished");
    let shown = rehome(&["device", "manage", "tree", "--state", text(&managed.dir)]);
    let line = format!("Pin = {right}");
    assert!(shown.stdout.contains(&line), "{}", shown.stdout);
    assert_eq!(ended(&["--pin", &wrong]), "certificate-pin-wrong");
    assert_eq!(ended(&["--pin", &key]), "finished");
    assert_eq!(ended(&["--pin", &wrong]), "certificate-pin-wrong");
    // What it shows itself has stayed.
    assert_eq!(ended(&["--no-pin"]), "finished");
    for refused in [&["--pin", "spki:00"][..], &["--pin", &key, "--no-pin"], &[]] {
        let refused = managed.show(refused);
        assert_ne!(refused.status, Some(0), "{}", refused.stderr);
    }
    assert_eq!(managed.run().1["ended"], "finished");
    managed.remove(&server);
}
