//! `./x bench NAME`: our code beside others that do the same, in one process and
//! on the same input (docs/building.md). It reports; it judges nothing.
//!
//! A bench is a file with a function that gives [`report::Row`]s, and a line in
//! [`BENCHES`]. Those that need a C library ask for the feature `peers`; without
//! it there are only our own numbers.

#![deny(unsafe_code)]

mod cpu;
mod dm;
mod measure;
#[cfg(feature = "peers")]
#[expect(unsafe_code, reason = "the peers are C libraries")]
mod peer;
mod report;
mod syncml;

use std::process::ExitCode;

use anyhow::{Result, bail};

use report::Row;

/// Name, what it compares, and its rows.
type Bench = (&'static str, &'static str, fn() -> Result<Vec<Row>>);

const BENCHES: &[Bench] = &[
    (
        "dm",
        "whole DM sessions: the same HTTP server that answers fixed octets",
        dm::rows,
    ),
    (
        "syncml",
        "a SyncML message: libwbxml both ways, libexpat's parser",
        syncml::rows,
    ),
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            report::complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Whether every row has all its numbers.
fn run(args: &[String]) -> Result<bool> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let (name, json) = match words.as_slice() {
        [name] if *name != "--json" => (*name, false),
        [name, "--json"] | ["--json", name] => (*name, true),
        _ => bail!("{}", usage()),
    };
    let Some((.., rows)) = BENCHES.iter().find(|(known, ..)| *known == name) else {
        bail!("there is no bench `{name}`\n{}", usage());
    };
    let rows = rows()?;
    if json {
        report::say(&report::json(&rows));
    } else {
        report::say(&report::table(&rows));
    }
    let faults: Vec<&String> = rows.iter().flat_map(|row| &row.faults).collect();
    for fault in &faults {
        report::complain(fault);
    }
    Ok(faults.is_empty())
}

fn usage() -> String {
    let mut text = String::from("usage: ./x bench NAME [--json]\n");
    for (name, what, _) in BENCHES {
        text.push_str(&format!("\n  {name:8}{what}"));
    }
    text
}
