//! A peer in C: built with `cc` then and there, a process of its own, asked by lines,
//! one line of answer each. It times itself, so that the pipe costs nothing.

use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// A running peer; ended when it is dropped.
pub(crate) struct Lines {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Lines {
    /// Builds `source` with `libraries` and starts it.
    pub(crate) fn start(source: &str, libraries: &[&str]) -> Result<Self> {
        let place = tempfile::tempdir()?;
        let (file, program) = (place.path().join("peer.c"), place.path().join("peer"));
        fs::write(&file, source)?;
        let built = Command::new("cc")
            .args(["-O3", "-o"])
            .args([&program, &file])
            .args(libraries)
            .output()
            .context("cc can't be started")?;
        ensure!(
            built.status.success(),
            "cc: {}",
            String::from_utf8_lossy(&built.stderr)
        );
        let mut child = Command::new(&program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let to = child.stdin.take().context("no input")?;
        let from = BufReader::new(child.stdout.take().context("no output")?);
        Ok(Self { child, to, from })
    }

    /// One line, and the answer to it.
    pub(crate) fn ask(&mut self, line: &str) -> Result<String> {
        writeln!(self.to, "{line}")?;
        self.to.flush()?;
        let mut answer = String::new();
        self.from.read_line(&mut answer)?;
        ensure!(answer.ends_with('\n'), "the peer ended");
        Ok(answer.trim_end().to_owned())
    }

    /// The answer `ok`.
    pub(crate) fn tell(&mut self, line: &str) -> Result<()> {
        let answer = self.ask(line)?;
        ensure!(answer == "ok", "the peer said {answer}");
        Ok(())
    }

    /// What `units` of `mode` cost.
    pub(crate) fn time(&mut self, mode: &str, units: u32) -> Result<Duration> {
        let nanos = self.ask(&format!("time {mode} {units}"))?;
        Ok(Duration::from_nanos(nanos.parse()?))
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
