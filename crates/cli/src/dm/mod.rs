//! `rehome dm`: what people ask of a management server: commands for devices,
//! accounts, groups, and what was said in sessions.

mod account;
mod alert;
mod api;
mod command;
mod group;
mod notify;
mod order;
mod render;
mod send;
mod session;
mod tree;
mod value;
mod xml;

use anyhow::Result;
use clap::Subcommand;

/// `rehome dm`
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Read nodes
    Get(order::Get),
    /// Overwrite a leaf
    Replace(order::Replace),
    /// Create a node: a leaf with a value, interior without one
    Add(order::Add),
    /// Show the user of a device something, or ask
    Alert(alert::Alert),
    /// Overwrite a leaf with the value of another
    Copy(order::Copy),
    /// Remove a node and what is below it
    Delete(order::Delete),
    /// Run a process
    Exec(order::Exec),
    /// Read a node with all that is below it, shown as a tree
    Tree(tree::Arguments),
    /// Queue a request from a JSON file: groups of commands too
    Send(send::Arguments),
    /// Ask a device to come: makes a notification (package #0), and sends it
    Notify(notify::Arguments),
    /// Commands that were queued
    #[command(subcommand)]
    Command(command::Verb),
    /// Sessions that devices had
    #[command(subcommand)]
    Session(session::Verb),
    /// Who may open sessions
    #[command(subcommand)]
    Account(account::Verb),
    /// Devices that are given the same commands
    #[command(subcommand)]
    Group(group::Verb),
}

/// Runs `rehome dm`.
pub(crate) fn run(verb: &Verb) -> Result<()> {
    match verb {
        Verb::Get(arguments) => arguments.run(),
        Verb::Replace(arguments) => arguments.run(),
        Verb::Add(arguments) => arguments.run(),
        Verb::Alert(arguments) => arguments.run(),
        Verb::Copy(arguments) => arguments.run(),
        Verb::Delete(arguments) => arguments.run(),
        Verb::Exec(arguments) => arguments.run(),
        Verb::Tree(arguments) => arguments.run(),
        Verb::Send(arguments) => arguments.run(),
        Verb::Notify(arguments) => arguments.run(),
        Verb::Command(verb) => command::run(verb),
        Verb::Session(verb) => session::run(verb),
        Verb::Account(verb) => account::run(verb),
        Verb::Group(verb) => group::run(verb),
    }
}
