//! What a command reads: a file or standard input, up to a bound.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// What is in a file or on standard input, `most` octets at most.
pub(crate) fn bounded(file: &Path, most: usize) -> Result<Vec<u8>> {
    let mut octets = Vec::new();
    let limit = u64::try_from(most)?.saturating_add(1);
    let taken = if file == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut octets)
    } else {
        File::open(file).and_then(|file| file.take(limit).read_to_end(&mut octets))
    };
    let taken = taken.with_context(|| format!("can't read {}", name(file)))?;
    if taken > most {
        bail!("{} is longer than {most} octets", name(file));
    }
    Ok(octets)
}

/// A file's name in messages.
pub(crate) fn name(file: &Path) -> String {
    match file == Path::new("-") {
        true => "standard input".to_owned(),
        false => file.display().to_string(),
    }
}
