//! `rehome clock` as a user types it: what a device without a clock knows, and what
//! is said where nobody can be asked. That an answer sets the clock is tested where
//! the responder is (crate `device`).

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::by_hand::{manufactured, operator, text};
use crate::command::{Ran, rehome};

/// A device's configuration, with `[status]` or without.
fn device(dir: &Path, status: &str) -> PathBuf {
    let (config, _) = operator(dir, "001-01");
    let tres = manufactured(dir, &config);
    let mut packages: Vec<PathBuf> = fs::read_dir(tres)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    packages.sort();
    let place = dir.join("device");
    let made = rehome(&[
        "init",
        "device",
        text(&place),
        "--package",
        text(&packages[0]),
        "--radio",
        "127.0.0.1:1",
        "--operator",
        "001-01=127.0.0.1",
    ]);
    assert_eq!(made.status, Some(0), "{}", made.stderr);
    let config = place.join("rehome.toml");
    let written = fs::read_to_string(&config).unwrap();
    let (head, hosts) = written.split_once("[hosts]").unwrap();
    let head = head.split("[status]").next().unwrap();
    fs::write(&config, format!("{head}{status}\n[hosts]{hosts}")).unwrap();
    config
}

fn clock(verb: &[&str], config: &Path) -> Ran {
    rehome(&[&["clock"], verb, &["--json", "--config", text(config)]].concat())
}

#[test]
fn a_new_device_knows_the_build_time() {
    let scratch = tempfile::tempdir().unwrap();
    let config = device(scratch.path(), "[status]");
    let shown = clock(&["status"], &config);
    assert_eq!(shown.status, Some(0), "{}", shown.stderr);
    let view: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(view["generation"], 0);
    let floor = view["all"]["floor"].as_str().unwrap();
    assert!(floor.starts_with("2026-01-01T00:0"), "{floor}");
    assert_eq!(view["chains"], serde_json::json!({}));
    // A port that nothing listens on, a host that is in no table, TLS.
    for (url, code) in [
        ("http://127.0.0.1:1/", "ocsp-responder-unreachable"),
        ("http://nobody.test/", "ocsp-responder-unreachable"),
        ("ftp://127.0.0.1/", "ocsp-url-unsupported"),
        ("https://nobody.test/", "host-unknown"),
    ] {
        let refused = clock(&["set-from", url], &config);
        assert_eq!(refused.status, Some(1), "{url}");
        let text = refused.stderr + &refused.stdout;
        assert!(text.contains(code), "{url}: {text}");
    }
    let again = clock(&["reset"], &config);
    assert_eq!(again.status, Some(0), "{}", again.stderr);
    let view: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(view["generation"], 1);
    let shown = clock(&["status"], &config);
    assert_eq!(shown.status, Some(0), "{}", shown.stderr);
    // The counter is gone, the state is not.
    let package = fs::read_to_string(&config).unwrap();
    let tre = package.lines().find_map(|line| line.strip_prefix("tre = "));
    let tre: PathBuf = tre.unwrap().trim_matches('"').into();
    clock(&["reset"], &config);
    fs::remove_file(tre.join("clock-counter")).unwrap();
    let refused = clock(&["status"], &config);
    assert_eq!(refused.status, Some(1));
    let text = refused.stderr + &refused.stdout;
    assert!(text.contains("clock-state-restored"), "{text}");
}

#[test]
fn a_device_of_earlier_days_has_no_secure_clock() {
    let scratch = tempfile::tempdir().unwrap();
    let config = device(scratch.path(), "");
    for verb in [
        &["status"][..],
        &["reset"],
        &["set-from", "http://127.0.0.1:1/"],
    ] {
        let refused = clock(verb, &config);
        assert_eq!(refused.status, Some(1), "{verb:?}");
        let text = refused.stderr + &refused.stdout;
        assert!(text.contains("clock-not-secure"), "{text}");
    }
}
