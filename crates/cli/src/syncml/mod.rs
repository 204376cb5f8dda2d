//! `rehome syncml …`: documents of OMA DM between WBXML, XML and JSON: messages
//! (OMA-TS-DM_RepPro-V1_2), trees (OMA-TS-DM_TNDS-V1_2), device information and
//! provisioning documents (OMA-TS-ProvCont-V1_1).

mod binary;
mod decode;
mod document;
mod encode;
mod input;
mod json;
mod output;
mod path;

use anyhow::Result;
use clap::Subcommand;

/// `rehome syncml`
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Print a document, WBXML or XML, as XML or JSON that people can read
    Decode(decode::Arguments),
    /// Write WBXML, or XML, from XML or from the JSON that decode prints
    Encode(encode::Arguments),
}

/// Runs `rehome syncml`.
pub(crate) fn run(verb: &Verb) -> Result<()> {
    match verb {
        Verb::Decode(arguments) => arguments.run(),
        Verb::Encode(arguments) => arguments.run(),
    }
}
