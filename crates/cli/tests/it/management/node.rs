//! A management server for each test, and the commands that talk to it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use dm::auth::Requirement;
use serde_json::Value;
use tempfile::TempDir;

use super::device::{Device, SERVER, md5};
use crate::command::{Ran, rehome};

pub(super) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A server that runs until it is dropped.
pub(super) struct Server {
    dir: TempDir,
    token: String,
    running: Option<(Child, Value)>,
    /// Whether what it logs goes to a file from the next start on.
    pub(super) logs: bool,
}

/// A directory made by `rehome init dm`, whose listeners take any free port.
pub(super) fn prepared() -> (TempDir, PathBuf, String) {
    prepared_at(SERVER)
}

fn prepared_at(uri: &str) -> (TempDir, PathBuf, String) {
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("dm");
    let made = rehome(&["init", "dm", text(&dir), "--uri", uri]);
    assert_eq!(made.status, Some(0), "{}", made.stderr);
    let config = dir.join("rehome.toml");
    let mut settings = fs::read_to_string(&config).unwrap();
    for port in ["8446", "8449"] {
        settings = settings.replace(&format!(":{port}\""), ":0\"");
    }
    fs::write(&config, settings).unwrap();
    (scratch, config, made.stdout.trim().to_owned())
}

impl Server {
    pub(super) fn start() -> Self {
        Self::start_at(SERVER)
    }

    /// A server that devices know by this URI.
    pub(super) fn start_at(uri: &str) -> Self {
        let (dir, _, token) = prepared_at(uri);
        let mut server = Self {
            dir,
            token,
            running: None,
            logs: false,
        };
        server.restart();
        server
    }

    /// Ends the process as a power failure does, and starts another.
    pub(super) fn restart(&mut self) {
        self.stop();
        let config = self.dir.path().join("dm/rehome.toml");
        let mut command = Command::new(env!("CARGO_BIN_EXE_rehome"));
        if self.logs {
            let log = fs::File::create(self.log()).unwrap();
            command.env("REHOME_LOG", "server=debug").stderr(log);
        }
        let mut child = command
            .args(["serve", "--config", text(&config)])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(ready["role"], "dm");
        self.running = Some((child, ready));
    }

    pub(super) fn stop(&mut self) {
        if let Some((mut child, _)) = self.running.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    fn ready(&self) -> &Value {
        &self.running.as_ref().unwrap().1
    }

    /// Where devices post to.
    pub(super) fn url(&self) -> String {
        format!("http://{}/dm", self.ready()["dm"].as_str().unwrap())
    }

    pub(super) fn api(&self) -> String {
        format!("http://{}", self.ready()["api"].as_str().unwrap())
    }

    /// From the next start on it shows this certificate.
    pub(super) fn give_identity(&self, certificate: &[u8], key: &[u8]) {
        let dir = self.dir.path().join("dm");
        fs::write(dir.join("dm.pem"), certificate).unwrap();
        fs::write(dir.join("dm.key"), key).unwrap();
        fs::set_permissions(dir.join("dm.key"), fs::Permissions::from_mode(0o600)).unwrap();
        let path = dir.join("rehome.toml");
        let mut settings = fs::read_to_string(&path).unwrap();
        for name in ["[dm.tls]", "certificate =", "key ="] {
            settings = settings.replace(&format!("# {name}"), name);
        }
        fs::write(&path, settings).unwrap();
    }

    /// Where it logs.
    fn log(&self) -> PathBuf {
        self.dir.path().join("log")
    }

    /// What it has logged since it was started.
    pub(super) fn logged(&self) -> String {
        fs::read_to_string(self.log()).unwrap()
    }

    /// A directory that goes away with it.
    pub(super) fn scratch(&self) -> &Path {
        self.dir.path()
    }

    /// Where it listens for devices.
    pub(super) fn address(&self) -> String {
        self.ready()["dm"].as_str().unwrap().to_owned()
    }

    /// A file of its directory, readable by its owner alone.
    pub(super) fn put(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.dir.path().join("dm").join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// Changes its settings, from the next start on.
    pub(super) fn configure(&self, from: &str, to: &str) {
        let path = self.dir.path().join("dm/rehome.toml");
        let settings = fs::read_to_string(&path).unwrap();
        let changed = settings.replace(from, to);
        assert_ne!(changed, settings, "no {from}");
        fs::write(&path, changed).unwrap();
    }

    /// Runs `rehome dm` against it.
    pub(super) fn run(&self, arguments: &[&str]) -> Ran {
        let api = self.api();
        let (command, rest) = arguments.split_at(match arguments[0] {
            "session" | "account" | "group" | "command" => 2,
            _ => 1,
        });
        let server = ["--server", &api, "--token", &self.token];
        rehome(&[&["dm"], command, &server, rest].concat())
    }

    /// The same where it must succeed; gives standard output.
    pub(super) fn ok(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.status, Some(0), "{arguments:?}: {}", ran.stderr);
        ran.stdout
    }

    /// The same with `--json`: an object for each line.
    pub(super) fn json(&self, arguments: &[&str]) -> Vec<Value> {
        let out = self.ok(&[arguments, &["--json"]].concat());
        out.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// A device with an account whose secrets were drawn.
    pub(super) fn device(&self, name: &str) -> Device {
        let made = self.json(&["account", "add", name]).remove(0);
        let member = |name: &str| made[name].as_str().unwrap();
        let prove = md5(member("user"), member("secret"));
        let verify = Requirement::Credentials(md5(member("server_id"), member("server_secret")));
        Device::new(&self.url(), name, prove, verify)
    }

    /// Queues one command; gives its name.
    pub(super) fn queue(&self, arguments: &[&str]) -> String {
        let queued = self.json(arguments).remove(0);
        queued["command_id"].as_str().unwrap().to_owned()
    }

    /// A command as it stands.
    pub(super) fn command(&self, id: &str) -> Value {
        self.json(&["command", "show", id]).remove(0)
    }

    pub(super) fn state(&self, id: &str) -> String {
        self.command(id)["state"].as_str().unwrap().to_owned()
    }

    pub(super) fn sessions(&self) -> Vec<Value> {
        self.json(&["session", "list"])
    }

    /// Every octet that it stored.
    pub(super) fn stored(&self) -> Vec<u8> {
        let dir = self.dir.path().join("dm");
        let files = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        files
            .filter(|path| path.is_file())
            .flat_map(|path| fs::read(path).unwrap())
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
