//! SIGKILL in the middle of a download and of an update: the device comes to its
//! end with what was stored, and the server hears of it once.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use device::management::{Client, ProgramHook};

use super::device::{Managed, config, update_to};
use super::files::{FileServer, firmware};
use super::server::DmServer;

const HANG: Duration = Duration::from_secs(60);
const DIR: &str = "REHOME_MANAGED_CHILD";

fn open(dir: &Path) -> Client {
    let mut config = config(dir);
    let script = dir.join("install.sh");
    let hook = ProgramHook::new("/bin/sh".into(), vec![script.into()], HANG);
    config.hook = Some(std::sync::Arc::new(hook.unwrap()));
    Client::open(dir, config).unwrap()
}

/// The device as a process: this test's own program, told by its environment.
#[tokio::test(flavor = "multi_thread")]
async fn child() {
    let Some(dir) = std::env::var_os(DIR) else {
        return;
    };
    open(Path::new(&dir)).round().await.unwrap();
}

fn spawn(dir: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "managed::killed::child"])
        .env(DIR, dir)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

async fn until(what: &str, mut reached: impl FnMut() -> bool) {
    let began = Instant::now();
    while !reached() {
        assert!(began.elapsed() < HANG, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn log(dir: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(dir.join("log")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn install_by(dir: &Path, script: &str) {
    let log = dir.join("log");
    let text = format!("LOG={}\n{script}\n", log.display());
    std::fs::write(dir.join("install.sh"), text).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_middle_of_a_download() {
    let server = DmServer::start("a", "a secret").await;
    let device = Managed::new(&[("a", &server.url)]);
    let body = firmware(200_000, 1);
    let files = FileServer::start(body.clone());
    install_by(
        &device.dir,
        r#"echo "$REHOME_UPDATE" $(wc -c < "$1") >> "$LOG""#,
    );
    server.plan(update_to(&files.url, &body));
    let package = device.dir.join("package");
    for at in [50_000, 60_000] {
        files.files().stall_at = Some(at);
        let before = files.files().requests.len();
        let mut child = spawn(&device.dir);
        let written = || std::fs::metadata(&package).map_or(0, |it| it.len());
        until("the download stands still", || {
            files.files().requests.len() > before && written() >= 50_000
        })
        .await;
        // The last pieces of what was sent, and the store after them.
        tokio::time::sleep(Duration::from_millis(500)).await;
        child.kill().unwrap();
        child.wait().unwrap();
    }
    files.files().stall_at = None;
    assert_eq!(server.seen().reports.len(), 0);
    let mut client = open(&device.dir);
    assert_eq!(client.firmware().unwrap().number(), 30);
    client.round().await.unwrap();
    let ranges = files.ranges();
    assert_eq!(ranges[0], None);
    let resumed = ranges.last().unwrap().clone().unwrap();
    let offset: usize = resumed["bytes=".len()..resumed.len() - 1].parse().unwrap();
    assert!(offset >= 50_000, "{ranges:?}");
    assert_eq!(log(&device.dir), ["apply 200000"]);
    client.round().await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.reports.len(), 1, "{:?}", seen.reports);
    assert_eq!(seen.reports[0].code, "200");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_middle_of_an_update() {
    let server = DmServer::start("a", "a secret").await;
    let device = Managed::new(&[("a", &server.url)]);
    let body = firmware(20_000, 1);
    let files = FileServer::start(body.clone());
    // It goes on after its parent was killed, as a real one might.
    install_by(
        &device.dir,
        r#"echo "$REHOME_UPDATE begins" >> "$LOG"
[ "$REHOME_UPDATE" = apply ] && sleep 2
echo "$REHOME_UPDATE ends" >> "$LOG""#,
    );
    server.plan(update_to(&files.url, &body));
    let mut child = spawn(&device.dir);
    until("the update begins", || !log(&device.dir).is_empty()).await;
    child.kill().unwrap();
    child.wait().unwrap();
    let mut client = open(&device.dir);
    assert_eq!(client.firmware().unwrap().number(), 60);
    client.round().await.unwrap();
    let expected = [
        "apply begins",
        "apply ends",
        "outcome begins",
        "outcome ends",
    ];
    assert_eq!(log(&device.dir), expected, "never two at a time");
    client.round().await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.reports.len(), 1, "{:?}", seen.reports);
    assert_eq!(seen.reports[0].code, "200");
    assert_eq!(files.files().requests.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_fails_or_takes_too_long_is_a_failed_update() {
    for (script, limit) in [
        ("exit 3", HANG),
        ("kill -9 $$", HANG),
        ("exec sleep 60", Duration::from_millis(300)),
    ] {
        let server = DmServer::start("a", "a secret").await;
        let device = Managed::new(&[("a", &server.url)]);
        let body = firmware(2000, 1);
        let files = FileServer::start(body.clone());
        install_by(&device.dir, script);
        server.plan(update_to(&files.url, &body));
        let script_path = device.dir.join("install.sh");
        let hook = ProgramHook::new("/bin/sh".into(), vec![script_path.into()], limit);
        let mut client =
            device.with(|config| config.hook = Some(std::sync::Arc::new(hook.unwrap())));
        client.round().await.unwrap();
        let seen = server.seen();
        assert_eq!(seen.reports.len(), 1, "{script}");
        assert_eq!(seen.reports[0].code, "410", "{script}");
    }
    let relative = ProgramHook::new("install.sh".into(), Vec::new(), HANG);
    assert!(relative.is_err());
}
