//! `rehome demo` as a user runs it, and what its stores say afterwards.

use std::path::Path;

use provisioning::payload::AlgorithmId;
use provisioning::ports::OperatorStore;
use serde_json::Value;

use crate::command::rehome;
use crate::verifier::{verify, with_operators};

fn demo(arguments: &[&str]) -> (Option<i32>, Value) {
    let all = [&["demo", "--json"], arguments].concat();
    let ran = rehome(&all);
    let report = serde_json::from_str(&ran.stdout);
    (
        ran.status,
        report.unwrap_or_else(|_| panic!("no report: {}{}", ran.stdout, ran.stderr)),
    )
}

fn numbers(report: &Value) -> [u64; 6] {
    [
        "moves",
        "completed",
        "failed",
        "rolled_back",
        "expected_rollbacks",
        "outstanding",
    ]
    .map(|name| report[name].as_u64().unwrap())
}

/// PLMN, active, released.
fn operators(report: &Value) -> Vec<(String, u64, u64)> {
    report["operators"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["plmn"].as_str().unwrap().to_owned(),
                one["active"].as_u64().unwrap(),
                one["released"].as_u64().unwrap(),
            )
        })
        .collect()
}

fn row(plmn: &str, active: u64, released: u64) -> (String, u64, u64) {
    (plmn.to_owned(), active, released)
}

#[test]
fn twelve_of_twelve() {
    let (status, report) = demo(&[]);
    assert_eq!(status, Some(0));
    assert_eq!(report["devices"], 12);
    assert_eq!(numbers(&report), [12, 12, 0, 0, 0, 0]);
    assert_eq!(
        operators(&report),
        [row("001-01", 0, 12), row("001-02", 12, 0)]
    );
    let steps: Vec<&str> = report["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| {
            assert!(step["count"].as_u64().unwrap() >= 12, "{step}");
            assert!(step["p50_ms"].as_f64().unwrap() <= step["p99_ms"].as_f64().unwrap());
            assert!(!step["name"].as_str().unwrap().is_empty());
            step["step"].as_str().unwrap()
        })
        .collect();
    let expected = "0 0' 1 2 3 4 5 6 7 8 9 10 11 12";
    assert_eq!(steps.join(" "), expected);
    assert!(report["elapsed_s"].as_f64().unwrap() > 0.0);
    // No device has a clock: each has asked, and nobody was refused.
    let checks = &report["certificate_checks"];
    assert_eq!(checks["devices"], 12);
    assert!(checks["answered"].as_u64().unwrap() >= 12, "{checks}");
    assert_eq!(checks["refused"], 0);
}

#[test]
fn two_hundred_devices_move_twice() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = data(scratch.path());
    let (status, report) = demo(&["--devices", "200", "--second-move", "--data", dir]);
    assert_eq!(numbers(&report), [400, 400, 0, 0, 0, 0]);
    assert_eq!(
        operators(&report),
        [
            row("001-01", 0, 200),
            row("001-02", 0, 200),
            row("001-03", 200, 0)
        ]
    );
    assert_eq!(status, Some(0));
    verify(scratch.path(), 400, 0);
}

#[test]
fn without_a_cell_exactly_those_devices_roll_back() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = data(scratch.path());
    let (status, report) = demo(&["--devices", "6", "--no-coverage", "3", "--data", dir]);
    assert_eq!(numbers(&report), [6, 3, 0, 3, 3, 0]);
    assert_eq!(
        operators(&report),
        [row("001-01", 3, 3), row("001-02", 3, 0)]
    );
    assert_eq!(status, Some(0));
}

#[test]
fn every_kind_of_key_and_suite() {
    for arguments in [["--key", "rsa"], ["--suite", "1"], ["--encoding", "xml"]] {
        let all = [&["--devices", "2"], arguments.as_slice()].concat();
        let (status, report) = demo(&all);
        assert_eq!(numbers(&report), [2, 2, 0, 0, 0, 0], "{arguments:?}");
        assert_eq!(status, Some(0));
    }
}

/// Devices move to operators whose subscribers have TUAK; the PCID keeps MILENAGE.
#[test]
fn tuak_is_what_new_subscribers_get() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = data(scratch.path());
    let (status, report) = demo(&["--devices", "1", "--algorithm", "tuak", "--data", dir]);
    assert_eq!((status, numbers(&report)), (Some(0), [1, 1, 0, 0, 0, 0]));
    let mut found = Vec::new();
    with_operators(scratch.path(), async |operator, imsis, _| {
        for imsi in imsis {
            if let Some(known) = operator.subscriber(&imsi).await.unwrap() {
                let id = known.value.keys().id();
                found.push((imsi.digits()[..5].to_owned(), id, known.value.is_enabled()));
            }
        }
    });
    let expected = [
        ("00101".to_owned(), AlgorithmId::Milenage, false),
        ("00102".to_owned(), AlgorithmId::Tuak, true),
    ];
    assert_eq!(found, expected);
    verify(scratch.path(), 1, 0);
    // On to the third operator with the plan that the directory has.
    let (status, report) = demo(&["--data", dir, "--second-move"]);
    assert_eq!((status, numbers(&report)), (Some(0), [2, 2, 0, 0, 0, 0]));
    let other = rehome(&["demo", "--data", dir, "--algorithm", "milenage"]);
    assert_eq!(other.status, Some(2));
    assert!(other.stderr.contains("--algorithm"), "{}", other.stderr);
}

fn data(dir: &Path) -> &str {
    dir.to_str().unwrap()
}

#[test]
fn a_data_directory_is_continued_and_its_counts_go_on() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = data(scratch.path());
    let (status, report) = demo(&["--devices", "3", "--data", dir]);
    assert_eq!((status, numbers(&report)), (Some(0), [3, 3, 0, 0, 0, 0]));
    let first = report["steps"][2]["count"].as_u64().unwrap();
    // The same again finds everything done.
    let (status, report) = demo(&["--data", dir]);
    assert_eq!((status, numbers(&report)), (Some(0), [3, 3, 0, 0, 0, 0]));
    assert_eq!(report["steps"][2]["count"].as_u64(), Some(first));
    // And on.
    let (status, report) = demo(&["--data", dir, "--second-move"]);
    assert_eq!((status, numbers(&report)), (Some(0), [6, 6, 0, 0, 0, 0]));
    assert_eq!(
        operators(&report),
        [
            row("001-01", 0, 3),
            row("001-02", 0, 3),
            row("001-03", 3, 0)
        ]
    );
    for other in [
        ["--devices", "4"],
        ["--key", "rsa"],
        ["--suite", "1"],
        ["--no-coverage", "1"],
    ] {
        let ran = rehome(&[&["demo", "--data", dir], other.as_slice()].concat());
        assert_eq!(ran.status, Some(2), "{other:?}");
        assert!(ran.stderr.contains(other[0]), "{}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn arguments_that_make_no_sense_are_usage_errors() {
    for arguments in [
        ["--devices", "0"],
        ["--devices", "2001"],
        ["--devices", "x"],
        ["--suite", "3"],
        ["--key", "dsa"],
        ["--no-coverage", "13"],
    ] {
        let ran = rehome(&[&["demo"], arguments.as_slice()].concat());
        assert_eq!(ran.status, Some(2), "{arguments:?}: {}", ran.stderr);
    }
    for arguments in [
        ["--second-move", "--no-coverage", "1"],
        ["--hlr=osmo", "--algorithm", "tuak"],
    ] {
        let both = rehome(&[&["demo"], arguments.as_slice()].concat());
        assert_eq!(both.status, Some(2), "{arguments:?}");
    }
}

/// Whether to skip the tests with a real OsmoHLR: not in CI.
pub(crate) fn osmo_hlr_is_missing() -> bool {
    let missing = !hlr::OsmoProgram::is_installed();
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(
        !missing || !ci,
        "osmo-hlr is missing: apt-get install osmo-hlr"
    );
    if missing {
        eprintln!("skipped: osmo-hlr is not installed");
    }
    missing
}

/// What the operators' own programs say: `embedded`, or how many are enabled there
/// and how many were ever attached.
fn hlrs(report: &Value) -> Vec<String> {
    let operators = report["operators"].as_array().unwrap();
    let shown = operators.iter().map(|one| match &one["in_hlr"] {
        Value::Null => one["hlr"].as_str().unwrap().to_owned(),
        found => format!("{} {} {}", one["hlr"], found["enabled"], found["located"]),
    });
    shown.collect()
}

/// Processes whose command line has this directory in it.
fn processes_of(dir: &str) -> Vec<String> {
    let all = std::fs::read_dir("/proc").unwrap();
    let lines = all.filter_map(|entry| {
        let line = std::fs::read(entry.ok()?.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&line).replace('\0', " "))
    });
    lines.filter(|line| line.contains(dir)).collect()
}

#[test]
fn devices_move_to_operators_with_a_real_osmo_hlr() {
    if osmo_hlr_is_missing() {
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let dir = data(scratch.path());
    let (status, report) = demo(&["--hlr", "osmo", "--devices", "3", "--data", dir]);
    assert_eq!((status, numbers(&report)), (Some(0), [3, 3, 0, 0, 0, 0]));
    assert_eq!(hlrs(&report), ["embedded", "\"osmo\" 3 3"]);
    // The plan knows; and on, from an operator that has an OsmoHLR too.
    let (status, report) = demo(&["--data", dir, "--second-move"]);
    assert_eq!((status, numbers(&report)), (Some(0), [6, 6, 0, 0, 0, 0]));
    assert_eq!(hlrs(&report), ["embedded", "\"osmo\" 0 3", "\"osmo\" 3 3"]);
    assert_eq!(processes_of(dir), [""; 0], "every osmo-hlr has ended");
    let ran = rehome(&["demo", "--data", dir, "--hlr", "embedded"]);
    assert_eq!(ran.status, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("--hlr"), "{}", ran.stderr);
}

#[test]
fn a_roll_back_is_one_in_osmo_hlr_too() {
    if osmo_hlr_is_missing() {
        return;
    }
    let (status, report) = demo(&["--hlr", "osmo", "--devices", "3", "--no-coverage", "1"]);
    assert_eq!((status, numbers(&report)), (Some(0), [3, 2, 0, 1, 1, 0]));
    assert_eq!(hlrs(&report), ["embedded", "\"osmo\" 2 2"]);
    assert_eq!(report["operators"][1]["in_hlr"]["subscribers"], 3);
}

#[test]
fn a_killed_demo_leaves_no_osmo_hlr_behind_and_goes_on() {
    if osmo_hlr_is_missing() {
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let dir = data(scratch.path());
    let mut running = std::process::Command::new(env!("CARGO_BIN_EXE_rehome"))
        .args([
            "demo",
            "--json",
            "--hlr",
            "osmo",
            "--devices",
            "2",
            "--data",
            dir,
        ])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let patience = std::time::Instant::now();
    let limit = std::time::Duration::from_secs(120);
    let osmo = || {
        let all = processes_of(dir);
        all.iter().any(|line| line.starts_with("osmo-hlr"))
    };
    while !osmo() {
        assert!(patience.elapsed() < limit, "no osmo-hlr");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    running.kill().unwrap();
    running.wait().unwrap();
    while !processes_of(dir).is_empty() {
        assert!(patience.elapsed() < limit, "{:?}", processes_of(dir));
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let (status, report) = demo(&["--data", dir]);
    assert_eq!((status, numbers(&report)), (Some(0), [2, 2, 0, 0, 0, 0]));
    assert_eq!(hlrs(&report), ["embedded", "\"osmo\" 2 2"]);
}

#[test]
fn without_osmo_hlr_the_demo_names_the_package() {
    let scratch = tempfile::tempdir().unwrap();
    let ran = std::process::Command::new(env!("CARGO_BIN_EXE_rehome"))
        .args(["demo", "--hlr", "osmo"])
        .env("PATH", scratch.path())
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(1));
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(said.contains("package osmo-hlr"), "{said}");
}
