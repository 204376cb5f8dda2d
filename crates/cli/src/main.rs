//! The one binary: `rehome <noun> <verb>`, a file for each noun. Results go to
//! standard output, everything else to standard error; exit status 0 only on
//! success, 2 for a usage error.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the command line is where printing belongs"
)]

mod aka;
mod envelope;
mod hex;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    version,
    about = "Manages cellular machine devices and moves them between home operators",
    propagate_version = true
)]
struct Arguments {
    #[command(subcommand)]
    noun: Noun,
}

#[derive(Subcommand)]
enum Noun {
    /// Authentication and key agreement: MILENAGE values for tests and tracing
    #[command(subcommand)]
    Aka(aka::Verb),
    /// Protected data for a TRE: seal it and open it
    #[command(subcommand)]
    Envelope(envelope::Verb),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().noun {
        Noun::Aka(verb) => aka::run(verb),
        Noun::Envelope(verb) => envelope::run(verb),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rehome: {error:#}");
            ExitCode::FAILURE
        }
    }
}
