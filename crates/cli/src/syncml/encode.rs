//! `rehome syncml encode`.

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use super::document::{Document, Form};
use super::input::Input;
use super::output::Output;

/// `rehome syncml encode`
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// What is written
    #[arg(long, value_enum, default_value = "wbxml")]
    to: Target,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Target {
    /// Version 1.2 in UTF-8
    Wbxml,
    /// Indented
    Xml,
}

impl Arguments {
    pub(super) fn run(&self) -> Result<()> {
        let octets = self.input.read()?;
        let form = match self.input.form(&octets)? {
            Form::Wbxml => bail!("{} is WBXML already; decode reads it", self.input),
            form => form,
        };
        let document = Document::read(form, &octets);
        let document = document.map_err(|error| self.input.wrong(&error))?;
        match self.to {
            Target::Wbxml => self.output.wbxml(&document.wbxml()?),
            Target::Xml => self.output.text(&document.xml()?),
        }
    }
}
