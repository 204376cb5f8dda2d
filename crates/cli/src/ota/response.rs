//! `rehome ota response make` and `read`: response packets (TS 102 225 clause 5.2), also
//! in the messages that carry them (TS 31.115 clause 4).

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use clock::Tick;
use serde_json::json;
use uicc::packet::{Cntr, Framing, Integrity, Proof, ReceiptTerms, Response, Status};
use uicc::sms::{
    DeliverReport, Limits, PacketKind, Reassembler, Submit, Taken, UserData, packet_of,
};

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
    /// The response, in SMS with its user data header 027100 or without; or an
    /// SMS-DELIVER-REPORT TPDU; or SMS-SUBMIT TPDUs, its parts in any order
    #[arg(value_name = "HEX", required = true)]
    response: Vec<String>,
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
    let mut given = Vec::new();
    for text in &arguments.response {
        given.push(hex::any_octets(text.as_bytes())?);
    }
    let framing = arguments.terms.framing();
    let octets = match (framing, given.as_slice()) {
        (Framing::Sms, _) => in_messages(&given)?,
        (_, [packet]) => packet.clone(),
        _ => bail!("several messages are for SMS"),
    };
    let found = receipt.read(framing, keys.as_ref(), &octets)?;
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

/// The packet of a report or of SUBMITs; of a single argument that is neither, itself.
fn in_messages(given: &[Vec<u8>]) -> Result<Vec<u8>> {
    if let [octets] = given
        && let Some(packet) = in_report(octets)
    {
        return Ok(packet);
    }
    let submits: Result<Vec<_>, _> = given.iter().map(|octets| Submit::parse(octets)).collect();
    match (submits, given) {
        (Ok(submits), _) => in_submits(submits),
        (Err(_), [octets]) => Ok(octets.clone()),
        (Err(error), _) => {
            Err(error).context("several messages are the SMS-SUBMITs of one response")
        }
    }
}

/// Whether a report is of RP-ACK or RP-ERROR is not in it: it is what has a response.
fn in_report(octets: &[u8]) -> Option<Vec<u8>> {
    [false, true].into_iter().find_map(|is_error| {
        let report = DeliverReport::parse(octets, is_error).ok()?;
        let (_, user_data) = report.user_data?;
        in_message(&user_data)
    })
}

fn in_message(user_data: &UserData) -> Option<Vec<u8>> {
    let carried = packet_of(user_data)?;
    (carried.kind == PacketKind::Response).then_some(carried.packet)
}

fn in_submits(submits: Vec<Submit>) -> Result<Vec<u8>> {
    let mut reassembler = Reassembler::new(Limits::default());
    let mut whole = Vec::new();
    for submit in submits {
        match reassembler.take(Tick::ZERO, &submit.destination, submit.user_data) {
            Taken::Whole(user_data) => whole.push(user_data),
            Taken::Waits | Taken::Again => {}
            Taken::Full => bail!("too many parts"),
        }
    }
    match whole.as_slice() {
        [user_data] => in_message(user_data).context("the message carries no response packet"),
        [] => bail!("parts of the response are missing"),
        _ => bail!("these are several messages: give the parts of one response"),
    }
}
