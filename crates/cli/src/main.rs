//! The one binary: `rehome <noun> <verb>`, a file for each noun. Results go to
//! standard output, everything else to standard error; exit status 0 only on
//! success, 2 for a usage error.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the command line is where printing belongs"
)]

mod aka;
mod demo;
mod envelope;
mod hex;
mod log;
mod radio;

use std::fmt;
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
    /// A whole operator change for many devices, in one process
    Demo(demo::Arguments),
    /// Protected data for a TRE: seal it and open it
    #[command(subcommand)]
    Envelope(envelope::Verb),
}

/// A usage error that only the work itself finds.
#[derive(Debug)]
struct Usage(String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

fn main() -> ExitCode {
    log::start();
    let result = match Arguments::parse().noun {
        Noun::Aka(verb) => aka::run(verb).map(|()| ExitCode::SUCCESS),
        Noun::Demo(arguments) => demo::run(&arguments),
        Noun::Envelope(verb) => envelope::run(verb).map(|()| ExitCode::SUCCESS),
    };
    match result {
        Ok(status) => status,
        Err(error) => {
            eprintln!("rehome: {error:#}");
            match error.downcast_ref::<Usage>() {
                Some(_) => ExitCode::from(2),
                None => ExitCode::FAILURE,
            }
        }
    }
}
