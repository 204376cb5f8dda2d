//! `rehome device manage run --listen` and `rehome dm notify`: a device that is
//! asked to come, from one program to the other.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use super::node::{Server, text};
use crate::command::rehome;

const DEVICE: &str = "urn:imei:490154203237518";
const URI: &str = "http://dm.rehome.test/dm";

/// A device with an account at the server.
fn device(server: &Server, dir: &Path) -> PathBuf {
    let made = server.json(&["account", "add", DEVICE]).remove(0);
    let member = |name: &str| made[name].as_str().unwrap();
    let account = dir.join("account.toml");
    let content = format!(
        "server_id = \"{}\"\naddress = \"{URI}\"\n\
         [client]\nname = \"{}\"\nsecret = \"{}\"\n\
         [server]\nname = \"{}\"\nsecret = \"{}\"\n",
        member("server_id"),
        member("user"),
        member("secret"),
        member("server_id"),
        member("server_secret"),
    );
    fs::write(&account, content).unwrap();
    fs::set_permissions(&account, fs::Permissions::from_mode(0o600)).unwrap();
    let state = dir.join("device");
    let made = rehome(&[
        "device",
        "manage",
        "init",
        "--state",
        text(&state),
        "--device-id",
        DEVICE,
        "--account",
        text(&account),
    ]);
    assert_eq!(made.status, Some(0), "{}", made.stderr);
    let settings = state.join("manage.toml");
    let mut content = fs::read_to_string(&settings).unwrap();
    let address = server.url();
    let address = address
        .trim_start_matches("http://")
        .trim_end_matches("/dm");
    content.push_str(&format!("\"dm.rehome.test\" = \"{address}\"\n"));
    fs::write(&settings, content).unwrap();
    state
}

/// A device that waits for a notification, and where it does.
struct Waiting {
    child: Child,
    lines: BufReader<ChildStdout>,
    address: String,
}

impl Waiting {
    fn start(state: &Path) -> Self {
        let listen = [
            "--listen",
            "127.0.0.1:0",
            "--once",
            "--allow-http",
            "--json",
        ];
        let mut child = Command::new(env!("CARGO_BIN_EXE_rehome"))
            .args(["device", "manage", "run", "--state", text(state)])
            .args(listen)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        let listening: Value = serde_json::from_str(&line).unwrap();
        Self {
            child,
            lines,
            address: listening["listening"].as_str().unwrap().to_owned(),
        }
    }

    /// What it did, in JSON lines, once it has ended well.
    fn end(mut self) -> Vec<Value> {
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).unwrap();
        assert!(self.child.wait().unwrap().success(), "{rest}");
        let lines = rest.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

#[test]
fn a_device_that_listens_comes_in_the_session_that_it_is_asked_to() {
    let scratch = tempfile::tempdir().unwrap();
    let server = Server::start_at(URI);
    let state = device(&server, scratch.path());
    server.queue(&["get", "./DevInfo/Man", "--device", DEVICE]);
    let first = ["device", "manage", "run", "--state", text(&state)];
    let first = rehome(&[first.as_slice(), &["--once", "--allow-http"]].concat());
    assert_eq!(first.status, Some(0), "{}", first.stderr);

    let mut numbers = vec![server.sessions()[0]["session_id"].clone()];
    for push in [false, true] {
        let id = server.queue(&["get", "./DevInfo/Mod", "--device", DEVICE]);
        let waiting = Waiting::start(&state);
        let stray = ["--udp", &waiting.address, "--resync", "octets"];
        server.ok(&[&["notify", "--device", DEVICE], stray.as_slice()].concat());
        let to = ["--udp", &waiting.address, "--json"];
        let mut ask = [&["notify", "--device", DEVICE], to.as_slice()].concat();
        if push {
            ask.push("--wsp");
        }
        let asked: Value = serde_json::from_str(&server.ok(&ask)).unwrap();
        let done = waiting.end();
        assert_eq!(done[0]["ended"], "finished");
        assert_eq!(server.state(&id), "done");
        let number = server.sessions()[0]["session_id"].clone();
        assert_eq!(number, asked["session_id"], "{asked}");
        assert!(!numbers.contains(&number), "{number} again");
        numbers.push(number);
    }
}
