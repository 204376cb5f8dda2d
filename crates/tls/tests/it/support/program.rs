//! Debian's `openssl` program as an independent peer. A missing one is skipped
//! with a loud line, or fails the run where `CI=true` (docs/building.md).

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use openssl::pkey::{PKey, Private};
use openssl::x509::X509;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

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

/// The program, with a directory of its own for one test.
pub(crate) struct OpenSsl {
    program: PathBuf,
    dir: PathBuf,
}

impl OpenSsl {
    /// `None` if the test is to be skipped.
    pub(crate) fn new(test: &str) -> Option<Self> {
        Self::another("openssl", test)
    }

    /// Another program, by the same rules.
    pub(crate) fn another(name: &str, test: &str) -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let ci = std::env::var_os("CI").is_some_and(|value| value == "true");
        let Some(program) = find(name, &path, ci).unwrap() else {
            eprintln!("SKIPPED {test}: no {name} on PATH, so no independent peer was asked");
            return None;
        };
        let dir = std::env::temp_dir().join(format!("tls-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        Some(Self { program, dir })
    }

    /// Writes PEM for the program to read.
    pub(crate) fn certificate(&self, name: &str, certificate: &X509) {
        std::fs::write(self.dir.join(name), certificate.to_pem().unwrap()).unwrap();
    }

    pub(crate) fn text(&self, name: &str, text: &str) {
        std::fs::write(self.dir.join(name), text).unwrap();
    }

    /// What the program wrote.
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.dir.join(name)).unwrap()
    }

    pub(crate) fn key(&self, name: &str, key: &PKey<Private>) {
        let pem = key.private_key_to_pem_pkcs8().unwrap();
        std::fs::write(self.dir.join(name), pem).unwrap();
    }

    /// Starts it in its directory; it ends with the child's handle, and with
    /// this process.
    pub(crate) fn start(&self, line: &[&str]) -> Child {
        Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--"])
            .arg(&self.program)
            .args(line)
            .current_dir(&self.dir)
            .env("OPENSSL_CONF", Path::new("/dev/null"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }

    /// Runs it to its end with nothing to read; whether it succeeded, and all
    /// that it printed.
    pub(crate) async fn run(&self, line: &[&str]) -> (bool, String) {
        let mut child = self.start(line);
        drop(child.stdin.take());
        ended(child).await
    }
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        // Leftovers in the temporary directory harm nobody.
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// Waits for the end; whether it succeeded, and all that it printed.
pub(crate) async fn ended(child: Child) -> (bool, String) {
    let output = child.wait_with_output().await.unwrap();
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    (
        output.status.success(),
        text(&output.stdout) + &text(&output.stderr),
    )
}

/// The port in `s_server`'s line `ACCEPT 127.0.0.1:PORT`, when it listens.
pub(crate) async fn accepting_port(child: &mut Child) -> u16 {
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some(address) = line.strip_prefix("ACCEPT ") {
            return address.rsplit(':').next().unwrap().parse().unwrap();
        }
    }
    panic!("s_server ended before it listened");
}
