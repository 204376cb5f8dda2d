//! `rehome device manage`: a device that DM servers manage, in a directory of
//! its own (OMA-TS-DM_Protocol-V1_2).

mod account;
mod accounts;
mod init;
mod run;
mod settings;
mod tree;

use anyhow::Result;
use clap::Subcommand;

/// `rehome device manage`
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// A managed device's directory, with its accounts
    Init(init::Arguments),
    /// Sessions with the servers of all accounts, and what they start
    Run(run::Arguments),
    /// Accounts of servers that are to manage it no more
    #[command(subcommand)]
    Account(accounts::Verb),
    /// The management tree; what no server may read is masked
    Tree(tree::Arguments),
}

/// Runs `rehome device manage`.
pub(crate) fn run(verb: &Verb) -> Result<()> {
    match verb {
        Verb::Init(arguments) => init::run(arguments),
        Verb::Run(arguments) => run::run(arguments),
        Verb::Account(verb) => accounts::run(verb),
        Verb::Tree(arguments) => tree::run(arguments),
    }
}
