//! Power fails: at every point before and after every commit, and at twenty
//! moments by SIGKILL. The same data then comes to its end, and the verifier
//! finds nothing wrong.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use clock::Random;
use sim::net::SimRandom;

use crate::verifier::{Bounds, bounds, verify};

const SIGABRT: i32 = 6;
const SIGKILL: i32 = 9;
/// The scenario that is crashed: small, and with all of an order's commits.
const SCENARIO: [&str; 3] = ["--devices", "1", "--second-move"];

fn command(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rehome"));
    command
        .args(["demo", "--json", "--data"])
        .arg(dir)
        .args(arguments)
        .env("REHOME_LOG", "warn,server::operator::hlr=info")
        .env_remove("REHOME_CRASH_AT")
        .env_remove("REHOME_CRASH_TRACE")
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

/// Runs to the end; what it logged comes back.
fn complete(dir: &Path, arguments: &[&str]) -> String {
    let output = command(dir, arguments)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{}: {log}", output.status);
    log
}

/// After a crash: the same data comes to its end, no number goes back, and no
/// USIM had to ask for a resynchronisation.
fn recover(dir: &Path, arguments: &[&str], completed: usize) {
    let before = bounds(dir);
    let log = complete(dir, arguments);
    assert!(!log.contains("resynchronises"), "{log}");
    verify(dir, completed, 0);
    never_back(&before, &bounds(dir));
}

fn never_back(before: &Bounds, after: &Bounds) {
    for (imsi, bound) in before {
        assert!(after[imsi] >= *bound, "the numbers of {imsi} went back");
    }
}

/// How often each point is passed in a run without a crash.
fn points() -> BTreeMap<String, usize> {
    let scratch = tempfile::tempdir().unwrap();
    let trace = scratch.path().join("trace");
    let data = scratch.path().join("data");
    let status = command(&data, &SCENARIO)
        .env("REHOME_CRASH_TRACE", &trace)
        .stderr(Stdio::inherit())
        .status()
        .unwrap();
    assert!(status.success());
    let mut points = BTreeMap::new();
    for name in std::fs::read_to_string(&trace).unwrap().lines() {
        *points.entry(name.to_owned()).or_insert(0) += 1;
    }
    points
}

fn crash(dir: &Path, at: &str) -> ExitStatus {
    command(dir, &SCENARIO)
        .env("REHOME_CRASH_AT", at)
        .stderr(Stdio::null())
        .status()
        .unwrap()
}

#[test]
fn before_and_after_every_commit() {
    let points = points();
    let expected = [
        "device-commit-after",
        "device-commit-before",
        "device-keep-after",
        "device-keep-before",
        "store-commit-after",
        "store-commit-before",
        "supplier-commit-after",
        "supplier-commit-before",
    ];
    assert_eq!(points.keys().collect::<Vec<_>>(), expected);
    let all: Vec<String> = points
        .iter()
        .flat_map(|(name, passes)| (1..=*passes).map(move |n| format!("{name}:{n}")))
        .collect();
    println!("{} crashes: {points:?}", all.len());
    assert!(
        all.len() > 60,
        "an order has more commits than {}",
        all.len()
    );
    let (next, crashed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(at) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let scratch = tempfile::tempdir().unwrap();
                    let dir = scratch.path().join("data");
                    let status = crash(&dir, at);
                    // Commits that share one fsync make a run's last points
                    // vary: it may end before it comes to this one.
                    let aborted = status.signal() == Some(SIGABRT);
                    assert!(aborted || status.success(), "{at}: {status}");
                    crashed.fetch_add(usize::from(aborted), Ordering::Relaxed);
                    println!("{at}: {status}");
                    recover(&dir, &SCENARIO, 2);
                }
            });
        }
    });
    let crashed = crashed.load(Ordering::Relaxed);
    assert!(crashed * 10 >= all.len() * 8, "{crashed} of {}", all.len());
}

#[test]
fn twenty_kills_at_any_moment() {
    let seed =
        std::env::var("REHOME_SEED").map_or_else(|_| fresh_seed(), |text| text.parse().unwrap());
    println!(
        "REHOME_SEED={seed} cargo test -p rehome --test it -- --exact crashes::twenty_kills_at_any_moment"
    );
    let mut random = SimRandom::from_seed(seed);
    let arguments = ["--devices", "6", "--second-move"];
    let mut kills = 0;
    while kills < 20 {
        let scratch = tempfile::tempdir().unwrap();
        let dir = scratch.path().join("data");
        // A few kills of the same data, each at a later state of it.
        for _ in 0..4 {
            let before = bounds(&dir);
            let mut child = command(&dir, &arguments)
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let [a, b] = random.array::<2>();
            let moment = u64::from(u16::from_be_bytes([a, b])) % 500;
            std::thread::sleep(Duration::from_millis(moment));
            child.kill().unwrap();
            let status = child.wait().unwrap();
            println!("after {moment} ms: {status}");
            never_back(&before, &bounds(&dir));
            if status.signal() != Some(SIGKILL) {
                assert!(status.success(), "{status}");
                break;
            }
            kills += 1;
        }
        recover(&dir, &arguments, 12);
    }
}

fn fresh_seed() -> u64 {
    u64::from_be_bytes(tokens::os::OsRandom.array())
}
