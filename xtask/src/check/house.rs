//! Rules that are seen in the text of a file: its header, its size, and what an
//! engine may not touch.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// No file of ours is longer; nine of ten stay under `MOST_LINES`.
const MAX_LINES: usize = 1000;
const MOST_LINES: usize = 500;
const MEDIAN_LINES: usize = 200;

/// Crates of the node storey; all others get time and randomness passed in.
const NODE_CRATES: &[&str] = &[
    "tls", "tokens", "store", "hlr", "device", "server", "sim", "cli",
];

/// What engines and wire crates must not call.
const OUTSIDE_WORLD: &[&str] = &[
    "SystemTime::now",
    "Instant::now",
    "std::net::",
    "std::fs::",
    "std::thread",
    "rand_bytes",
    "Asn1Time::days_from_now",
];

/// Every fault in the text of our Rust files.
pub(crate) fn faults(root: &Path) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for dir in ["crates", "xtask", "tests", "benches", "fuzz"] {
        collect(&root.join(dir), &mut files)?;
    }
    let mut faults = Vec::new();
    let mut lengths = Vec::new();
    for file in &files {
        let text =
            fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))?;
        let name = file
            .strip_prefix(root)
            .unwrap_or(file)
            .display()
            .to_string();
        let lines = text.lines().count();
        lengths.push(lines);
        if !text.starts_with("//!") {
            faults.push(format!(
                "{name}: does not open with //! and the document that it implements"
            ));
        }
        if lines > MAX_LINES {
            faults.push(format!("{name}: {lines} lines, more than {MAX_LINES}"));
        }
        faults.extend(outside_world(&name, &text));
    }
    lengths.sort_unstable();
    let at = |part: usize| lengths.get(lengths.len() * part / 10).copied().unwrap_or(0);
    if at(5) >= MEDIAN_LINES {
        faults.push(format!(
            "half of the files have {} lines or more; the median stays under {MEDIAN_LINES}",
            at(5)
        ));
    }
    if at(9) >= MOST_LINES {
        faults.push(format!(
            "one file in ten has {} lines or more; nine of ten stay under {MOST_LINES}",
            at(9)
        ));
    }
    Ok(faults)
}

pub(super) fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let Ok(entries) = fs::read_dir(dir) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("target") {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// System clock, sockets and files in the source (not the tests) of a crate
/// below the node storey.
fn outside_world(name: &str, text: &str) -> Vec<String> {
    let mut parts = name.split('/');
    let (Some("crates"), Some(krate), Some("src")) = (parts.next(), parts.next(), parts.next())
    else {
        return Vec::new();
    };
    if NODE_CRATES.contains(&krate) {
        return Vec::new();
    }
    let shipped = text.split("#[cfg(test)]").next().unwrap_or(text);
    OUTSIDE_WORLD
        .iter()
        .filter(|word| shipped.contains(**word))
        .map(|word| format!("{name}: {word} below the node storey; the caller passes it in"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::outside_world;

    #[test]
    fn an_engine_that_reads_the_clock_is_a_fault() {
        let text = "let now = SystemTime::now();";
        assert_eq!(outside_world("crates/aka/src/sqn.rs", text).len(), 1);
        assert!(outside_world("crates/server/src/main.rs", text).is_empty());
        assert!(outside_world("crates/aka/tests/it/main.rs", text).is_empty());
    }
}
