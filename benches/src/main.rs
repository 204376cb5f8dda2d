//! `./x bench NAME`: our code beside others that do the same, in one process and
//! on the same input (docs/building.md). It reports; it judges nothing.
//!
//! A bench is a file with a function that gives [`report::Row`]s, and a line in
//! [`BENCHES`]. Those that need a C library ask for the feature `peers`; without
//! it there are only our own numbers.

#![deny(unsafe_code)]

mod certificate;
mod cpu;
mod dm;
mod handshakes;
mod hlr;
mod lines;
mod measure;
mod ocsp;
mod packets;
#[cfg(feature = "peers")]
#[expect(unsafe_code, reason = "the peers are C libraries")]
mod peer;
mod process;
mod report;
mod syncml;
mod vectors;

use std::process::ExitCode;

use anyhow::{Result, bail};

use report::Row;

/// Name, what it compares, and its rows.
type Bench = (&'static str, &'static str, fn() -> Result<Vec<Row>>);

const BENCHES: &[Bench] = &[
    (
        "aka",
        "authentication vectors: OpenSSL's EVP, libosmogsm, a plain Keccak in C",
        vectors::rows,
    ),
    (
        "dm",
        "whole DM sessions: the same HTTP server that answers fixed octets",
        dm::rows,
    ),
    (
        "hlr",
        "vectors over GSUP: osmo-hlr on the same disk, with syncs counted",
        hlr::rows,
    ),
    (
        ocsp::NAME,
        "answers about certificates: openssl ocsp, the HTTP server with fixed octets",
        ocsp::rows,
    ),
    (
        "ota",
        "secured packets for a UICC: OpenSSL's ciphers alone over the same octets",
        packets::rows,
    ),
    (
        "syncml",
        "a SyncML message: libwbxml both ways, libexpat's parser",
        syncml::rows,
    ),
    (
        "tls",
        "handshakes, full and resumed, by profile: nginx, openssl s_server",
        handshakes::rows,
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
    // How a bench starts a server of ours that it measures.
    match words.as_slice() {
        ["--serve-tls", profile, key, dir] => {
            return handshakes::serve_ours(profile, key, dir).map(|()| true);
        }
        ["--serve-hlr", dir] => return hlr::serve_ours(dir).map(|()| true),
        ["--serve-osmo", dir] => return hlr::serve_osmo(dir).map(|()| true),
        ["--serve-ocsp", dir] => return ocsp::serve_ours(dir).map(|()| true),
        ["--serve-fixed", file] => return ocsp::serve_fixed(file).map(|()| true),
        _ => {}
    }
    let (alone, words) = match words.as_slice() {
        [process::ALONE, rest @ ..] => (true, rest.to_vec()),
        all => (false, all.to_vec()),
    };
    let (name, json) = match words.as_slice() {
        [name] if *name != "--json" => (*name, false),
        [name, "--json"] | ["--json", name] => (*name, true),
        _ => bail!("{}", usage()),
    };
    let Some((.., rows)) = BENCHES.iter().find(|(known, ..)| *known == name) else {
        bail!("there is no bench `{name}`\n{}", usage());
    };
    if name == ocsp::NAME && !alone {
        return process::run_alone(args);
    }
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
