//! `rehome ota response make` and `read`: response packets (TS 102 225 clause 5.2).

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use serde_json::json;
use uicc::packet::{Cntr, Integrity, Proof, ReceiptTerms, Response, Status};

use super::keys::Keys;
use super::{Terms, print};
use crate::hex;

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Make the response of a card
    Make(Make),
    /// Read a response, and say what proves it
    Read(Read),
}

#[derive(Args)]
pub(crate) struct Make {
    #[command(flatten)]
    terms: Terms,
    #[command(flatten)]
    keys: Keys,
    /// The command's counter
    #[arg(long, value_name = "N")]
    cntr: u64,
    /// Response status code, 1 octet
    #[arg(long, value_name = "HEX", value_parser = hex::octets::<1>, default_value = "00")]
    status: [u8; 1],
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// What comes with it
    #[arg(value_name = "HEX", default_value = "")]
    data: String,
}

#[derive(Args)]
pub(crate) struct Read {
    #[command(flatten)]
    terms: Terms,
    #[command(flatten)]
    keys: Keys,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// The response, in SMS with its user data header 027100 or without
    #[arg(value_name = "HEX")]
    response: String,
}

pub(super) fn run(verb: Verb) -> Result<()> {
    match verb {
        Verb::Make(arguments) => make(&arguments),
        Verb::Read(arguments) => read(&arguments),
    }
}

/// The terms of the command that is answered.
fn receipt(terms: &Terms) -> Result<ReceiptTerms> {
    let ([kic], [kid]) = (terms.kic, terms.kid);
    Ok(ReceiptTerms {
        spi: terms.spi()?,
        kic,
        kid,
        tar: terms.tar(),
    })
}

fn make(arguments: &Make) -> Result<()> {
    let receipt = receipt(&arguments.terms)?;
    let keys = arguments.keys.set(receipt.kic, receipt.kid)?;
    let Some(cntr) = Cntr::new(arguments.cntr) else {
        bail!("--cntr is below 2^40");
    };
    let [status] = arguments.status;
    let data = hex::any_octets(arguments.data.as_bytes())?;
    let framing = arguments.terms.framing();
    let status = Status::from_octet(status);
    let made = receipt.write(framing, keys.as_ref(), cntr, status, &data)?;
    print(vec![("response", json!(hex::text(made)))], arguments.json);
    Ok(())
}

/// What proves a response, in a word, and whether that is a right CC: a right RC is no
/// CC, a wrong one is false as a wrong CC is.
fn proof(terms: &ReceiptTerms, found: &Response) -> (&'static str, Option<bool>) {
    match (found.proof, terms.spi.receipt_integrity) {
        (Proof::Verified, Integrity::Redundancy) => ("rc", None),
        (Proof::Verified, _) => ("verified", Some(true)),
        (Proof::Failed, _) => ("failed", Some(false)),
        (Proof::Missing, _) => ("missing", None),
        (Proof::NotAsked, _) => ("not-asked", None),
    }
}

/// Prints what it finds in any case; exit status 1 if the RC or CC is wrong, or there is
/// none though SPI asks for one.
fn read(arguments: &Read) -> Result<()> {
    let receipt = receipt(&arguments.terms)?;
    let keys = arguments.keys.set(receipt.kic, receipt.kid)?;
    let octets = hex::any_octets(arguments.response.as_bytes())?;
    let found = receipt.read(arguments.terms.framing(), keys.as_ref(), &octets)?;
    let (proof, cc_ok) = proof(&receipt, &found);
    let rows = vec![
        ("tar", json!(hex::text(found.tar.0))),
        ("cntr", json!(found.cntr.to_u64())),
        ("pcntr", json!(found.pcntr)),
        ("status", json!(found.status.to_octet())),
        ("status_text", json!(found.status.text())),
        ("proof", json!(proof)),
        ("cc_ok", json!(cc_ok)),
        ("data", json!(hex::text(&found.data))),
    ];
    print(rows, arguments.json);
    match found.proof {
        Proof::Failed => bail!("check-failed: the RC or CC is wrong"),
        Proof::Missing => bail!(
            "proof-missing: SPI asks for an RC or CC and there is none: anybody can have made it"
        ),
        Proof::Verified | Proof::NotAsked => Ok(()),
    }
}
