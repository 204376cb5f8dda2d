//! Other programs that the tests compare with. Under CI a missing one fails
//! the test; elsewhere the test says what it skipped.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::{Command, Output};

/// What decides whether a program can be had and whether it must be.
pub(crate) struct Surroundings {
    pub(crate) path: Option<OsString>,
    pub(crate) ci: Option<OsString>,
}

impl Surroundings {
    pub(crate) fn here() -> Self {
        Self {
            path: std::env::var_os("PATH"),
            ci: std::env::var_os("CI"),
        }
    }
}

/// The program's path; `Ok(None)` when the test may be skipped; an error when
/// it may not.
pub(crate) fn find(name: &str, surroundings: &Surroundings) -> Result<Option<PathBuf>, String> {
    let path = surroundings.path.as_deref().unwrap_or_default();
    let found = std::env::split_paths(path)
        .filter(|dir| dir.is_absolute())
        .map(|dir| dir.join(name))
        .find(|file| file.is_file());
    if found.is_none() && surroundings.ci.as_deref() == Some(OsStr::new("true")) {
        return Err(format!(
            "{name} is not on PATH, and CI=true allows no skipping"
        ));
    }
    Ok(found)
}

/// The program's path, or `None` after saying loudly what is skipped.
///
/// Panics under `CI=true` when the program is missing.
pub(crate) fn program(name: &str, what: &str) -> Option<PathBuf> {
    let found = find(name, &Surroundings::here()).unwrap_or_else(|error| panic!("{what}: {error}"));
    if found.is_none() {
        eprintln!(
            "\n*** SKIPPED: {what}: {name} is not on PATH (apt-get install xmlsec1 libxml2-utils) ***\n"
        );
    }
    found
}

/// Runs to the end and returns what came out.
pub(crate) fn run(command: &mut Command) -> Output {
    command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// As [`run`], and panics unless the program succeeded.
pub(crate) fn run_well(command: &mut Command) -> Output {
    let output = run(command);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{errors}",
        output.status
    );
    output
}

#[test]
fn a_missing_program_fails_under_ci_only() {
    let with = |path: &str, ci: Option<&str>| Surroundings {
        path: Some(path.into()),
        ci: ci.map(Into::into),
    };
    assert!(find("xmlsec1", &with("", Some("true"))).is_err());
    assert!(find("xmlsec1", &with("/nonexistent", Some("true"))).is_err());
    assert_eq!(find("xmlsec1", &with("", None)), Ok(None));
    assert_eq!(find("xmlsec1", &with("", Some("false"))), Ok(None));
    let nowhere = Surroundings {
        path: None,
        ci: Some("true".into()),
    };
    assert!(find("xmlsec1", &nowhere).is_err());
    assert_eq!(
        find("sh", &with("/nonexistent:/bin", Some("true"))),
        Ok(Some("/bin/sh".into()))
    );
}

/// The same through a whole test: this test binary again, with xmlsec1 hidden.
#[test]
fn a_test_whose_program_is_hidden_fails_under_ci() {
    let again = |ci: Option<&str>| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "xmlsec::verifies_our_documents", "--nocapture"]);
        command.env("PATH", "/nonexistent").env_remove("CI");
        if let Some(ci) = ci {
            command.env("CI", ci);
        }
        let output = run(&mut command);
        let shown = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&shown).into_owned(),
        )
    };
    let (passed, shown) = again(Some("true"));
    assert!(
        !passed && shown.contains("CI=true allows no skipping"),
        "{shown}"
    );
    let (passed, shown) = again(None);
    assert!(
        passed && shown.contains("*** SKIPPED") && shown.contains("1 passed"),
        "{shown}"
    );
}
