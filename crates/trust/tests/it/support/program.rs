//! Programs that tests use when they are there. A missing one is skipped with a
//! loud line, or fails the run where `CI=true` (docs/building.md).

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The program in one of the directories of `path`. Without it: an error in CI,
/// `None` elsewhere.
pub(crate) fn find(name: &str, path: &OsStr, ci: bool) -> Result<Option<PathBuf>, String> {
    let found = std::env::split_paths(path)
        .map(|dir| dir.join(name))
        .find(|file| file.is_file());
    if found.is_none() && ci {
        return Err(format!(
            "{name} is not on PATH, and CI=true allows no skipping"
        ));
    }
    Ok(found)
}

/// The `openssl` program with a directory of its own for one test.
pub(crate) struct OpenSsl {
    program: PathBuf,
    dir: PathBuf,
}

impl OpenSsl {
    /// `None` if the test is to be skipped.
    pub(crate) fn new(test: &str) -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let ci = std::env::var_os("CI").is_some_and(|value| value == "true");
        let Some(program) = find("openssl", &path, ci).unwrap() else {
            eprintln!("SKIPPED {test}: no openssl on PATH, so nothing independent was asked");
            return None;
        };
        let dir = std::env::temp_dir().join(format!("trust-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        Some(Self { program, dir })
    }

    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        std::fs::write(self.dir.join(name), contents).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.dir.join(name)).unwrap()
    }

    /// Runs it in the directory; the output of a success, both streams of a
    /// failure.
    pub(crate) fn run(&self, line: &[&str]) -> Result<String, String> {
        let output = Command::new(&self.program)
            .args(line)
            .current_dir(&self.dir)
            .env("OPENSSL_CONF", Path::new("/dev/null"))
            .output()
            .unwrap();
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        if output.status.success() {
            Ok(text(&output.stdout))
        } else {
            Err(text(&output.stdout) + &text(&output.stderr))
        }
    }
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        // Leftovers in the temporary directory harm nobody.
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// A certificate as PEM.
pub(crate) fn pem(der: &[u8]) -> String {
    let text = data_encoding::BASE64.encode(der);
    let lines: Vec<_> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        lines.join("\n")
    )
}

#[test]
fn a_missing_program_is_skipped_here_and_fails_in_ci() {
    let nowhere = OsStr::new("/nonexistent");
    assert_eq!(find("openssl", nowhere, false), Ok(None));
    assert!(find("openssl", nowhere, true).is_err());
    let dir = std::env::current_exe().unwrap();
    let (dir, name) = (dir.parent().unwrap(), dir.file_name().unwrap());
    for ci in [false, true] {
        let found = find(name.to_str().unwrap(), dir.as_os_str(), ci);
        assert_eq!(found, Ok(Some(dir.join(name))));
    }
}
