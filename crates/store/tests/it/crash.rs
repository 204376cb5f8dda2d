//! What was promised before a crash is there after it. Each test starts itself
//! as the process that ends at a crash point.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use aka::Imsi;
use provisioning::ports::OperatorStore;
use store::{DeviceStore, SqliteOptions, Store};

use crate::scratch::{Scratch, key};
use crate::world::{World, effects, imsi};

const CHILD: &str = "REHOME_STORE_CHILD";
const SIGABRT: i32 = 6;
const ROUNDS: u8 = 6;

fn child_directory() -> Option<PathBuf> {
    std::env::var_os(CHILD).map(PathBuf::from)
}

/// Runs `test` as a child in `dir`; its plan is in `variable`.
fn spawn(test: &str, dir: &Path, variable: &str, plan: &str) -> std::process::ExitStatus {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, dir)
        .env(variable, plan)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap()
}

fn acknowledge(dir: &Path, line: &str) {
    let path = dir.join("acknowledged");
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .unwrap();
    writeln!(file, "{line}").unwrap();
}

fn acknowledged(dir: &Path) -> Vec<String> {
    let text = fs::read_to_string(dir.join("acknowledged")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn open(dir: &Path) -> Store {
    let url = format!("sqlite:{}", dir.join("node.db").display());
    Store::open(&url, key(), &SqliteOptions::default()).unwrap()
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(work)
}

/// Takes a number and stores its subscriber, one after the other: transactions
/// 1, 3, 5… take, 2, 4, 6… store.
async fn take_and_store(dir: &Path) {
    let mut world = World::new(7);
    let store = open(dir);
    for _ in 0..ROUNDS {
        let taken = store.take_imsi("00101").await.unwrap();
        acknowledge(dir, &format!("taken {taken}"));
        store
            .commit(effects(vec![world.create(&taken)]))
            .await
            .unwrap();
        acknowledge(dir, &format!("stored {taken}"));
    }
    store.close().await;
}

fn expected(at: u64) -> Imsi {
    imsi(&format!("00101{at:010}"))
}

/// The database as the crash left it: `durable` transactions and no more.
async fn check_after_crash(dir: &Path, durable: u64) {
    let store = open(dir);
    store.integrity_check().await.unwrap();
    for at in 1..=u64::from(ROUNDS) {
        let found = store.subscriber(&expected(at)).await.unwrap();
        assert_eq!(found.is_some(), at <= durable / 2, "subscriber {at}");
    }
    let lines: BTreeSet<_> = acknowledged(dir).into_iter().collect();
    let next = store.take_imsi("00101").await.unwrap();
    assert!(!lines.contains(&format!("taken {next}")), "given twice");
    assert_eq!(next, expected(durable.div_ceil(2) + 1));
}

#[test]
fn commits_are_durable_once_they_are_answered() {
    if let Some(dir) = child_directory() {
        return wait(take_and_store(&dir));
    }
    let test = "crash::commits_are_durable_once_they_are_answered";
    for (point, kept) in [("store-commit-before", 0), ("store-commit-after", 1)] {
        for pass in 1..=2 * u64::from(ROUNDS) {
            let scratch = Scratch::new("crash");
            let plan = format!("{point}:{pass}");
            let status = spawn(test, scratch.dir(), "REHOME_CRASH_AT", &plan);
            assert_eq!(status.signal(), Some(SIGABRT), "{plan}");
            // What was answered is the passes before this one.
            let answered = acknowledged(scratch.dir()).len();
            assert_eq!(u64::try_from(answered).unwrap(), pass - 1, "{plan}");
            wait(check_after_crash(scratch.dir(), pass - 1 + kept));
        }
    }
}

#[test]
fn a_trace_names_every_point_in_order() {
    if let Some(dir) = child_directory() {
        return wait(take_and_store(&dir));
    }
    let test = "crash::a_trace_names_every_point_in_order";
    let scratch = Scratch::new("trace");
    let trace = scratch.dir().join("trace");
    let plan = trace.to_str().unwrap();
    let status = spawn(test, scratch.dir(), "REHOME_CRASH_TRACE", plan);
    assert!(status.success());
    let passed = fs::read_to_string(trace).unwrap();
    let round = "store-commit-before\nstore-commit-after\n";
    assert_eq!(passed, round.repeat(2 * usize::from(ROUNDS)));
    // A point beyond the last pass ends nothing; a plan without sense does.
    for (plan, ends) in [
        ("store-commit-after:99", false),
        ("store-commit-after", true),
        ("store-commit-after:x", true),
    ] {
        let scratch = Scratch::new("plan");
        let status = spawn(test, scratch.dir(), "REHOME_CRASH_AT", plan);
        assert_eq!(status.signal() == Some(SIGABRT), ends, "{plan}");
    }
}

#[test]
fn a_device_has_both_states_or_neither() {
    if let Some(dir) = child_directory() {
        let mut store = DeviceStore::open(&dir.join("device.db"), key()).unwrap();
        for round in 1..=ROUNDS {
            store.put(&[round; 5000], &[round; 5000]).unwrap();
            acknowledge(&dir, "put");
        }
        return;
    }
    let test = "crash::a_device_has_both_states_or_neither";
    for (point, kept) in [("device-commit-before", 0), ("device-commit-after", 1)] {
        for pass in 1..=ROUNDS {
            let scratch = Scratch::new("device-crash");
            let plan = format!("{point}:{pass}");
            let status = spawn(test, scratch.dir(), "REHOME_CRASH_AT", &plan);
            assert_eq!(status.signal(), Some(SIGABRT), "{plan}");
            let answered = acknowledged(scratch.dir()).len();
            assert_eq!(answered, usize::from(pass - 1), "{plan}");
            let store = DeviceStore::open(&scratch.dir().join("device.db"), key()).unwrap();
            let last = pass - 1 + kept;
            match store.get().unwrap() {
                None => assert_eq!(last, 0, "{plan}"),
                Some(state) => {
                    assert_eq!(state.sealed, [last; 5000], "{plan}");
                    assert_eq!(*state.host.expose(), [last; 5000], "{plan}");
                }
            }
        }
    }
}
