//! `fuzz TARGET [--seconds N] [--seed S]`: changed inputs until one breaks the
//! target's claim; `fuzz TARGET --replay FILE`: one input (docs/building.md).
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::allow_attributes,
    reason = "a program for the terminal"
)]

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use fuzz::{TARGETS, Target, claim, drive};

const USAGE: &str = "\
usage: fuzz TARGET [--seconds N] [--seed S]
       fuzz TARGET --replay FILE";

struct Wanted {
    target: &'static Target,
    seconds: u64,
    seed: u64,
    replay: Option<PathBuf>,
}

fn main() -> ExitCode {
    let outcome = arguments().and_then(|wanted| match &wanted.replay {
        Some(file) => replay(wanted.target, file),
        None => search(&wanted),
    });
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("fuzz: {error:#}\n{USAGE}\n\ntargets:");
            for target in TARGETS {
                eprintln!("  {:14} {}", target.name, target.claim);
            }
            ExitCode::FAILURE
        }
    }
}

fn arguments() -> Result<Wanted> {
    let mut words = std::env::args().skip(1);
    let name = words.next().context("which target?")?;
    let target = fuzz::find(&name).with_context(|| format!("there is no target `{name}`"))?;
    let mut wanted = Wanted {
        target,
        seconds: 60,
        seed: 1,
        replay: None,
    };
    while let Some(word) = words.next() {
        let value = words.next().with_context(|| format!("{word} of what?"))?;
        match word.as_str() {
            "--seconds" => wanted.seconds = value.parse()?,
            "--seed" => wanted.seed = value.parse()?,
            "--replay" => wanted.replay = Some(value.into()),
            _ => bail!("unknown option {word}"),
        }
    }
    Ok(wanted)
}

/// Whether the claim holds for a file.
fn replay(target: &Target, file: &PathBuf) -> Result<bool> {
    let octets = fs::read(file).with_context(|| format!("can't read {}", file.display()))?;
    let said = drive::check(target, &octets);
    println!(
        "{}: {}",
        target.name,
        said.as_ref().err().map_or("holds", |said| said)
    );
    Ok(said.is_ok())
}

/// Whether the claim held all the time.
fn search(wanted: &Wanted) -> Result<bool> {
    let target = wanted.target;
    let (start, limit) = (Instant::now(), Duration::from_secs(wanted.seconds));
    println!("{}: {}; seed {}", target.name, target.claim, wanted.seed);
    match drive::run(target, wanted.seed, |_| start.elapsed() < limit) {
        Ok(count) => {
            let worst = claim::worst();
            println!(
                "{count} inputs, the claim holds; {} octets and {}.{:02} times its input at most",
                claim::FREE,
                worst / 100,
                worst % 100
            );
            Ok(true)
        }
        Err(failure) => {
            let file = std::env::temp_dir().join(format!("fuzz-{}-{}", target.name, wanted.seed));
            fs::write(&file, &failure.octets)?;
            println!("{} octets: {}", failure.octets.len(), failure.message);
            println!("./x fuzz {} --replay {}", target.name, file.display());
            Ok(false)
        }
    }
}
