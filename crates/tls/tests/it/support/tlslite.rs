//! tlslite-ng, an independent peer of SSL 3.0, through `tlslite_peer.py`. The
//! environment names the Python that has it; without one a test is skipped with a
//! loud line, or fails where `CI=true` (docs/building.md).

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;

use tokio::process::{Child, Command};

const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/it/support/tlslite_peer.py"
);

/// The program, with a directory of its own for one test.
pub(crate) struct Tlslite {
    python: OsString,
    dir: PathBuf,
}

impl Tlslite {
    /// `None` if the test is to be skipped.
    pub(crate) fn new(test: &str) -> Option<Self> {
        let Some(python) = std::env::var_os("REHOME_TLSLITE") else {
            let ci = std::env::var_os("CI").is_some_and(|value| value == "true");
            assert!(!ci, "no tlslite-ng, and CI=true allows no skipping");
            eprintln!("SKIPPED {test}: REHOME_TLSLITE names no Python with tlslite-ng");
            return None;
        };
        let dir = std::env::temp_dir().join(format!("tls-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        Some(Self { python, dir })
    }

    /// Writes a file for the program to read.
    pub(crate) fn write(&self, name: &str, octets: &[u8]) {
        std::fs::write(self.dir.join(name), octets).unwrap();
    }

    /// Starts it in its directory; it ends with the child's handle, and with this
    /// process.
    pub(crate) fn start(&self, line: &[&str]) -> Child {
        Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--"])
            .arg(&self.python)
            .arg(SCRIPT)
            .args(line)
            .current_dir(&self.dir)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }
}

impl Drop for Tlslite {
    fn drop(&mut self) {
        // Leftovers in the temporary directory harm nobody.
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
