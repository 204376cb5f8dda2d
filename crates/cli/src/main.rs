//! The one binary: `rehome <noun> <verb>`, a file for each noun. Results go to
//! standard output, everything else to standard error; exit status 0 only on
//! success, 2 for a usage error.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the command line is where printing belongs"
)]

mod aka;
mod audit;
mod certificate;
mod clock;
mod demo;
mod dm;
mod encoding;
mod envelope;
mod explain;
mod hex;
mod hlr;
mod input;
mod log;
mod manufacture;
mod node;
mod ota;
mod portal;
mod radio;
mod syncml;

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
    /// What the paper on DM session security demands, looked for at any server or
    /// client
    Audit(audit::Arguments),
    /// Certificates of an operator: list, revoke, renew
    #[command(subcommand)]
    Certificate(certificate::Verb),
    /// The secure clock of a device
    #[command(subcommand)]
    Clock(clock::Verb),
    /// A whole operator change for many devices, in one process
    Demo(demo::Arguments),
    /// A device on this machine
    #[command(subcommand)]
    Device(node::device::Verb),
    /// Devices at a management server: commands, sessions, accounts, groups
    #[command(subcommand)]
    Dm(dm::Verb),
    /// Protected data for a TRE: seal it and open it
    #[command(subcommand)]
    Envelope(envelope::Verb),
    /// An operator's HLR
    #[command(subcommand)]
    Hlr(portal::Hlr),
    /// A role's directory, with fresh keys and its configuration
    #[command(subcommand)]
    Init(node::init::Role),
    /// TREs at a supplier's
    Manufacture(manufacture::Arguments),
    /// Orders at an operator
    #[command(subcommand)]
    Order(portal::Order),
    /// Secured packets for a UICC: made, taken apart, answered
    #[command(subcommand)]
    Ota(ota::Verb),
    /// Other parties that a node knows
    #[command(subcommand)]
    Peer(node::peer::Verb),
    /// Registers devices with their next operator
    Register(portal::Register),
    /// Runs a node until SIGTERM
    Serve(node::serve::Arguments),
    /// Documents of OMA DM: WBXML to XML or JSON, and back
    #[command(subcommand)]
    Syncml(syncml::Verb),
    /// Transfer tokens of the present operator
    #[command(subcommand)]
    Token(portal::Token),
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
    let result = run(Arguments::parse().noun);
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

fn run(noun: Noun) -> anyhow::Result<ExitCode> {
    match noun {
        Noun::Aka(verb) => aka::run(verb),
        Noun::Audit(arguments) => return audit::run(&arguments),
        Noun::Certificate(verb) => certificate::run(&verb),
        Noun::Clock(verb) => clock::run(&verb),
        Noun::Demo(arguments) => return demo::run(&arguments),
        Noun::Device(verb) => node::device::run(&verb),
        Noun::Dm(verb) => dm::run(&verb),
        Noun::Envelope(verb) => envelope::run(verb),
        Noun::Hlr(verb) => portal::hlr(&verb),
        Noun::Init(role) => node::init::run(role),
        Noun::Manufacture(arguments) => manufacture::run(&arguments),
        Noun::Order(verb) => portal::order(&verb),
        Noun::Ota(verb) => ota::run(verb),
        Noun::Peer(verb) => node::peer::run(verb),
        Noun::Register(arguments) => portal::register(&arguments),
        Noun::Serve(arguments) => node::serve::run(&arguments),
        Noun::Syncml(verb) => syncml::run(&verb),
        Noun::Token(verb) => portal::token(&verb),
    }
    .map(|()| ExitCode::SUCCESS)
}
