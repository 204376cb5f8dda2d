//! What is kept of sessions, and that no secret is in it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use dm::auth::Requirement;

use super::device::{Device, md5};
use super::node::{Server, text};

const DEVICE: &str = "urn:imei:490154203237518";
const SECRET: &str = "nobody-finds-this-secret";

fn holds(octets: &[u8], part: &str) -> bool {
    octets
        .windows(part.len())
        .any(|window| window == part.as_bytes())
}

#[test]
fn a_session_is_shown_in_both_directions_without_its_secrets() {
    let server = Server::start();
    let mut device = server.device(DEVICE);
    let target = "./DMAcc/AAuthSecret";
    server.queue(&["replace", target, SECRET, "--device", DEVICE]);
    server.queue(&["get", target, "--device", DEVICE]);
    server.queue(&["get", "./DevInfo/Man", "--device", DEVICE]);
    device.run();
    assert_eq!(device.value(target), SECRET);
    let sessions = server.sessions();
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0]["device"], DEVICE);
    assert_eq!(sessions[0]["outcome"], "finished");
    let id = sessions[0]["session"].as_str().unwrap();
    let shown = server.ok(&["session", "show", id]);
    let parts = [
        "1 from the device",
        "2 to the device",
        "<Data>Acme</Data>",
        "<LocURI>./DMAcc/AAuthSecret</LocURI>",
        "<Data>***</Data>",
    ];
    for part in parts {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let raw = server.json(&["session", "show", id]).remove(0).to_string();
    let commands = server.json(&["command", "list"]);
    let replaced = commands
        .iter()
        .find(|c| c["results"][0]["command"] == "replace")
        .unwrap();
    for record in [shown, raw, replaced.to_string()] {
        assert!(!record.contains(SECRET), "{record}");
    }
    assert!(!holds(&server.stored(), SECRET));
    assert!(
        !holds(&server.stored(), "AAuthSecret"),
        "records are sealed"
    );
    let listed = server.ok(&["session", "list", "--device", DEVICE]);
    assert!(listed.contains("finished"), "{listed}");
    assert_eq!(server.ok(&["session", "list", "--device", "another"]), "");
}

#[test]
fn secrets_come_from_files_and_are_never_shown() {
    let server = Server::start();
    let scratch = tempfile::tempdir().unwrap();
    let (own, servers) = (scratch.path().join("own"), scratch.path().join("server"));
    for (path, secret) in [(&own, SECRET), (&servers, "the server's")] {
        fs::write(path, format!("{secret}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    let arguments = [
        "account",
        "add",
        DEVICE,
        "--user",
        "gateway",
        "--server-id",
        "home",
        "--secret-file",
        text(&own),
        "--server-secret-file",
        text(&servers),
        "--profile",
        "windows",
    ];
    let made = server.ok(&arguments);
    assert!(!made.contains(SECRET), "{made}");
    // No other device knows its server by this secret.
    let mut other = arguments;
    other[2] = "IMEI:000000000000001";
    let ran = server.run(&other);
    assert_eq!(ran.status, Some(1));
    assert!(
        ran.stderr.contains("server-secret-reused"),
        "{}",
        ran.stderr
    );
    let listed = server.json(&["account", "list"]);
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (&listed[0]["user"], &listed[0]["auth"]),
        (&"gateway".into(), &"md5".into())
    );
    assert_eq!(listed[0]["profile"], "windows");
    assert!(!listed[0].to_string().contains("secret"), "{}", listed[0]);
    assert!(!holds(&server.stored(), SECRET));
    let verify = Requirement::Credentials(md5("home", "the server's"));
    let mut device = Device::new(&server.url(), DEVICE, md5("gateway", SECRET), verify);
    assert!(device.run().finished);
    let again = server.run(&arguments);
    assert!(again.stderr.contains("account-exists"), "{}", again.stderr);
    fs::set_permissions(&own, fs::Permissions::from_mode(0o644)).unwrap();
    let open = server.run(&["account", "add", "other", "--secret-file", text(&own)]);
    assert!(open.stderr.contains("chmod 600"), "{}", open.stderr);
    // Without an account there is nothing left of the device.
    server.ok(&["account", "remove", DEVICE]);
    assert!(server.sessions().is_empty());
    assert!(!device.run().finished);
}

#[test]
fn a_basic_account_opens_sessions_too() {
    let server = Server::start();
    let made = server.json(&[
        "account",
        "add",
        DEVICE,
        "--auth",
        "basic",
        "--no-server-secret",
    ]);
    let member = |name: &str| made[0][name].as_str().unwrap().to_owned();
    let secret = secret::SecretBytes::new(member("secret").into_bytes());
    let prove = dm::auth::Credentials::basic(member("user"), &secret).unwrap();
    let mut device = Device::new(&server.url(), DEVICE, prove, Requirement::Transport);
    server.queue(&["get", "./DevInfo/Man", "--device", DEVICE]);
    assert_eq!(device.run().executed, ["./DevInfo/Man"]);
}
