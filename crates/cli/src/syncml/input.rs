//! The document that a command is given: from a file or standard input, as it
//! is or as hexadecimal text.

use std::fmt;
use std::path::PathBuf;

use anyhow::{Result, anyhow, bail};
use clap::Args;

use super::document::Form;
use crate::hex;
use crate::input::{bounded, name};

/// The most octets of a document.
pub(super) const MAX_OCTETS: usize = 16 << 20;

/// Where a document comes from.
#[derive(Args)]
pub(super) struct Input {
    /// The document, - for standard input; 16 MiB at most
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The document is hexadecimal text; white space in it does not count
    #[arg(long)]
    hex_in: bool,
}

impl Input {
    /// The document's octets.
    pub(super) fn read(&self) -> Result<Vec<u8>> {
        // Two digits for an octet, and room for lines and blanks.
        let most = if self.hex_in {
            4 * MAX_OCTETS
        } else {
            MAX_OCTETS
        };
        let octets = bounded(&self.file, most)?;
        let octets = if self.hex_in {
            hex::any_octets(&octets).map_err(|error| self.wrong(&error))?
        } else {
            octets
        };
        if octets.len() > MAX_OCTETS {
            bail!("{self} is longer than {MAX_OCTETS} octets");
        }
        Ok(octets)
    }

    /// What its first octets say it is.
    pub(super) fn form(&self, octets: &[u8]) -> Result<Form> {
        Form::of(octets).map_err(|error| self.wrong(&error))
    }

    /// An error, with the input's name before it.
    pub(super) fn wrong(&self, error: &anyhow::Error) -> anyhow::Error {
        anyhow!("{self}: {error:#}")
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&name(&self.file))
    }
}
