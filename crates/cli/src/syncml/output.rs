//! Where a document goes, all of it or nothing.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use crate::{Usage, hex};

/// Where a document goes.
#[derive(Args)]
pub(super) struct Output {
    /// A file for it, readable by its owner only; an existing one is not
    /// overwritten
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// WBXML as hexadecimal text
    #[arg(long)]
    hex: bool,
}

impl Output {
    /// Writes XML or JSON.
    pub(super) fn text(&self, text: &str) -> Result<()> {
        if self.hex {
            let wrong = "--hex is for WBXML, which --to wbxml asks for";
            return Err(Usage(wrong.to_owned()).into());
        }
        self.octets(text.as_bytes())
    }

    /// Writes WBXML.
    pub(super) fn wbxml(&self, octets: &[u8]) -> Result<()> {
        if self.hex {
            self.octets(format!("{}\n", hex::text(octets)).as_bytes())
        } else {
            self.octets(octets)
        }
    }

    fn octets(&self, octets: &[u8]) -> Result<()> {
        let Some(path) = &self.out else {
            let mut out = std::io::stdout().lock();
            let written = out.write_all(octets).and_then(|()| out.flush());
            return written.context("can't write to standard output");
        };
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(path);
        file.and_then(|mut file| file.write_all(octets))
            .with_context(|| format!("can't write {}", path.display()))
    }
}
