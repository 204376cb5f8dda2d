//! `rehome syncml decode`.

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use super::document::{Document, Form};
use super::input::Input;
use super::output::Output;

/// `rehome syncml decode`
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// What is printed
    #[arg(long, value_enum, default_value = "xml")]
    to: Target,
    /// Print *** for the secrets of a SyncML message; another document is
    /// refused
    #[arg(long)]
    masked: bool,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Target {
    /// Indented
    Xml,
    /// The tree of elements
    Json,
    /// As this program writes it
    Wbxml,
}

impl Arguments {
    pub(super) fn run(&self) -> Result<()> {
        let octets = self.input.read()?;
        let form = match self.input.form(&octets)? {
            Form::Json => bail!("{} is JSON, which is for encode", self.input),
            form => form,
        };
        let document = if self.masked {
            Document::read_masked(form, &octets)
        } else {
            Document::read(form, &octets)
        };
        let document = document.map_err(|error| self.input.wrong(&error))?;
        match self.to {
            Target::Xml => self.output.text(&document.xml()?),
            Target::Json => self.output.text(&document.json()?),
            Target::Wbxml => self.output.wbxml(&document.wbxml()?),
        }
    }
}
