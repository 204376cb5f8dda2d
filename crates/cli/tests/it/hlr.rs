//! `rehome hlr probe` as a user runs it.

use std::fs;

use hlr::OsmoProgram;
use serde_json::Value;

use crate::command::rehome;

#[test]
fn an_operators_hlr_is_probed_by_its_configuration() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("operator");
    let name = dir.to_str().unwrap();
    let made = rehome(&[
        "init",
        "operator",
        name,
        "--plmn",
        "001-02",
        "--listen",
        "127.0.0.1",
    ]);
    assert_eq!(made.status, Some(0), "{}", made.stderr);
    let none = rehome(&["hlr", "probe", name]);
    assert_eq!(none.status, Some(1));
    assert!(none.stderr.contains("[hlr.osmo]"), "{}", none.stderr);
    let (path, text) = (dir.join("rehome.toml"), "rehome.toml");
    let before = fs::read_to_string(&path).expect(text);
    let with = |connector: &str, ctrl: &str, database: &str| {
        let section = format!("[hlr.{connector}]\nctrl = \"{ctrl}\"\ndatabase = \"{database}\"\n");
        fs::write(&path, format!("{before}\n{section}")).unwrap();
        rehome(&["hlr", "probe", name, "--json"])
    };
    for (connector, ctrl, database, said) in [
        ("open5gs", "127.0.0.1:4259", "hlr.db", "open5gs"),
        ("osmo", "192.0.2.1:4259", "hlr.db", "loopback"),
        ("osmo", "127.0.0.1:1", "none.db", "can't be reached"),
    ] {
        let refused = with(connector, ctrl, database);
        assert_eq!(refused.status, Some(1), "{connector} {ctrl}");
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
        assert_eq!(refused.stdout, "");
    }
    if !OsmoProgram::is_installed() {
        let ci = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(!ci, "osmo-hlr is missing: apt-get install osmo-hlr");
        eprintln!("skipped: osmo-hlr is not installed");
        return;
    }
    let osmo = OsmoProgram::start(&dir).unwrap();
    // The path of a database is relative to the configuration.
    let found = with("osmo", &osmo.ctrl().to_string(), "hlr.db");
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    let found: Value = serde_json::from_str(&found.stdout).unwrap();
    assert_eq!(found["program"], "OsmoHLR");
    assert_eq!(
        (&found["schema"], &found["subscribers"]),
        (&6.into(), &0.into())
    );
}
