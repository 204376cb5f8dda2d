//! `./x readme`: runs the README's walks as they stand there, in an empty directory
//! and with the program that was just built, and looks at what came of it.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process::root;

const BEGIN: &str = "<!-- walk begins -->";
const END: &str = "<!-- walk ends -->";
/// The walk takes a few seconds.
const PATIENCE: Duration = Duration::from_secs(180);
/// How many devices the walk moves.
const DEVICES: usize = 2;

/// Runs the walk of the README.
pub(crate) fn run() -> Result<()> {
    let root = root()?;
    let script = script(&fs::read_to_string(root.join("README.md"))?)?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let programs = target.join("debug");
    if !programs.join("rehome").is_file() {
        bail!("build it first: cargo build --locked --bin rehome");
    }
    let dir = std::env::temp_dir().join(format!("rehome-walk-{}", std::process::id()));
    fs::create_dir(&dir)?;
    let path = match std::env::var_os("PATH") {
        Some(path) => {
            std::env::join_paths(std::iter::once(programs).chain(std::env::split_paths(&path)))?
        }
        None => programs.into(),
    };
    let walk = Walk(
        Command::new("sh")
            .args(["-eu", "-c", &script])
            .current_dir(&dir)
            .env("PATH", path)
            .stdin(Stdio::null())
            .stdout(fs::File::create(dir.join("stdout"))?)
            .stderr(fs::File::create(dir.join("stderr"))?)
            // A group of its own: nodes and devices end with it.
            .process_group(0)
            .spawn()?,
    );
    let ended = walk.wait();
    let mut printed = fs::read_to_string(dir.join("stdout"))?;
    printed.push_str(&fs::read_to_string(dir.join("stderr"))?);
    ended.with_context(|| format!("the README's walk:\n{printed}"))?;
    let completed = printed
        .lines()
        .filter(|line| line.ends_with(" 001-01 001-02 completed"))
        .count();
    if completed != DEVICES {
        bail!("{completed} of {DEVICES} orders completed:\n{printed}");
    }
    let mut lines = printed.lines();
    if !lines.any(|line| line.starts_with("cc_ok ") && line.ends_with(" true")) {
        bail!("no receipt of the card was proven:\n{printed}");
    }
    fs::remove_dir_all(&dir)?;
    Ok(())
}

/// The commands between the marks, of all places that have them: the indented lines.
fn script(readme: &str) -> Result<String> {
    let mut lines = Vec::new();
    let mut rest = readme;
    while let Some((_, behind)) = rest.split_once(BEGIN) {
        let (walk, behind) = behind.split_once(END).context("a walk has no end")?;
        lines.extend(walk.lines().filter_map(|line| line.strip_prefix("    ")));
        rest = behind;
    }
    match lines.is_empty() {
        true => bail!("the README has no walk"),
        false => Ok(lines.join("\n")),
    }
}

/// The shell and everything that it started.
struct Walk(Child);

impl Walk {
    fn wait(mut self) -> Result<()> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait()? {
                return if status.success() {
                    Ok(())
                } else {
                    bail!("ended with {status}")
                };
            }
            if began.elapsed() > PATIENCE {
                bail!("did not end in {} s", PATIENCE.as_secs());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Walk {
    fn drop(&mut self) {
        // The whole group, by its id; that it is gone already is no fault.
        let group = format!("kill -9 -{} 2>/dev/null", self.0.id());
        let _ = Command::new("sh").args(["-c", &group]).status();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_indented_lines_between_the_marks_are_run() {
        let readme =
            format!("    no\n{BEGIN}\ntext\n\n    one \\\n      two\nmore\n{END}\n    no\n");
        assert_eq!(script(&readme).unwrap(), "one \\\n  two");
        let twice = format!("{readme}{BEGIN}\n    three\n{END}\n");
        assert_eq!(script(&twice).unwrap(), "one \\\n  two\nthree");
        assert!(script(&format!("{readme}{BEGIN}\n    three\n")).is_err());
        assert!(script("    no").is_err());
    }
}
