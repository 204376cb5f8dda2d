//! Power fails before and after every commit of a managed device while its
//! firmware is updated: the same directory comes to its end, the package is
//! installed whole, and the server hears of it.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use crate::manage::files::{FileServer, firmware};
use crate::manage::server::DmServer;
use crate::manage::{init_with_program, text, update_commands};

const SIGABRT: i32 = 6;

/// A device that is told to update, and its servers.
struct World {
    _scratch: tempfile::TempDir,
    state: PathBuf,
    installed: PathBuf,
    server: DmServer,
    files: FileServer,
    body: Vec<u8>,
}

impl World {
    async fn new() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let server = DmServer::start("a", "a secret").await;
        let body = firmware(30_000, 1);
        let files = FileServer::start(body.clone());
        let (state, installed) = init_with_program(scratch.path(), &server.url).await;
        Self {
            _scratch: scratch,
            state,
            installed,
            server,
            files,
            body,
        }
    }

    /// One round, in which the server asks for the update if it has not begun.
    async fn round(&self, variables: &[(&str, &str)]) -> ExitStatus {
        if is_in_state(&self.state, 10) {
            self.server.plan(update_commands(&self.files.url));
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_rehome"));
        command
            .args(["device", "manage", "run", "--once", "--allow-http"])
            .args(["--state", text(&self.state)])
            .env_remove("REHOME_CRASH_AT")
            .env_remove("REHOME_CRASH_TRACE")
            .envs(variables.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let status = tokio::task::spawn_blocking(move || command.status());
        let status = status.await.unwrap().unwrap();
        self.server.forget_plans();
        status
    }

    fn is_installed(&self) -> bool {
        fs::read(&self.installed).is_ok_and(|octets| octets == self.body)
    }
}

async fn points() -> Vec<String> {
    let world = World::new().await;
    let trace = world.state.join("trace");
    let status = world.round(&[("REHOME_CRASH_TRACE", text(&trace))]).await;
    assert!(status.success() && world.is_installed());
    let text = fs::read_to_string(trace).unwrap();
    let count = |name: &str| text.lines().filter(|line| *line == name).count();
    ["management-commit-before", "management-commit-after"]
        .iter()
        .flat_map(|name| (1..=count(name)).map(move |n| format!("{name}:{n}")))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn before_and_after_every_commit() {
    let points = points().await;
    println!("{} crashes", points.len());
    assert!(points.len() > 20, "{points:?}");
    let mut twice = Vec::new();
    for at in &points {
        let world = World::new().await;
        let crashed = world.round(&[("REHOME_CRASH_AT", at)]).await;
        assert_eq!(crashed.signal(), Some(SIGABRT), "{at}: {crashed}");
        // A session that was cut may leave the server with another nonce.
        let mut rounds = 0;
        while !world.round(&[]).await.success() || !is_in_state(&world.state, 100) {
            rounds += 1;
            assert!(rounds < 5, "{at}");
        }
        assert!(world.is_installed(), "{at}");
        let reports = &world.server.seen().reports;
        assert!(
            reports.iter().all(|it| it.code == "200"),
            "{at}: {reports:?}"
        );
        match reports.len() {
            1 => {}
            2 => twice.push(at.clone()),
            other => panic!("{at}: {other} reports"),
        }
    }
    // What a server took and the device did not come to store is told again.
    println!("told twice: {twice:?}");
    assert!(twice.len() <= 2, "{twice:?}");
}

fn is_in_state(state: &Path, number: u8) -> bool {
    let ran = crate::command::rehome(&[
        "device",
        "manage",
        "tree",
        "--state",
        text(state),
        "--json",
        "./FUMO/firmware/State",
    ]);
    ran.stdout.contains(&format!("\"{number}\""))
}
