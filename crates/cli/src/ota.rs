//! `rehome ota …`: secured packets for a UICC (ETSI TS 102 225, 3GPP TS 31.115), made
//! and taken apart, to compare with a card, an OTA platform or a trace.

mod card;
mod keys;
mod packet;
mod response;
mod script;

use anyhow::{Result, anyhow};
use clap::{Args, Subcommand};
use serde_json::Value;
use uicc::UiccError;
use uicc::packet::{Framing, Spi, Tar};

use crate::hex;

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Make a command packet around data, and the short messages that carry it
    Wrap(packet::Wrap),
    /// Take a command packet apart, as a card does
    Unwrap(packet::Unwrap),
    /// Response packets: proofs of receipt
    #[command(subcommand)]
    Response(response::Verb),
    /// Scripts of commands, which packets carry
    #[command(subcommand)]
    Script(script::Verb),
    /// A simulated card, whose state is in a directory
    #[command(subcommand)]
    Card(card::Verb),
}

/// What a packet is secured by.
#[derive(Args)]
struct Terms {
    /// Security parameters SPI, 2 octets
    #[arg(long, value_name = "HEX", value_parser = hex::octets::<2>)]
    spi: [u8; 2],
    /// Key set and algorithm for ciphering, 1 octet
    #[arg(long, value_name = "HEX", value_parser = hex::octets::<1>)]
    kic: [u8; 1],
    /// Key set and algorithm for RC or CC, 1 octet
    #[arg(long, value_name = "HEX", value_parser = hex::octets::<1>)]
    kid: [u8; 1],
    /// Whom it is for, 3 octets
    #[arg(long, value_name = "HEX", value_parser = hex::octets::<3>)]
    tar: [u8; 3],
    #[command(flatten)]
    bearer: Bearer,
}

/// How a packet travels: by SMS, if nothing else is said.
#[derive(Args)]
struct Bearer {
    /// As over CAT_TP and TCP/IP: an identifier and a BER length
    #[arg(long)]
    ber: bool,
    /// As over USSD in application mode: commands of one string
    #[arg(long, conflicts_with = "ber")]
    ussd: bool,
}

impl Bearer {
    const fn framing(&self) -> Framing {
        match (self.ber, self.ussd) {
            (true, _) => Framing::Ber,
            (false, true) => Framing::Ussd,
            (false, false) => Framing::Sms,
        }
    }
}

impl Terms {
    fn spi(&self) -> Result<Spi> {
        Ok(Spi::from_octets(self.spi)?)
    }

    const fn tar(&self) -> Tar {
        Tar(self.tar)
    }

    const fn framing(&self) -> Framing {
        self.bearer.framing()
    }
}

/// Runs one verb.
pub(crate) fn run(verb: Verb) -> Result<()> {
    let done = match verb {
        Verb::Wrap(arguments) => packet::wrap(&arguments),
        Verb::Unwrap(arguments) => packet::unwrap(&arguments),
        Verb::Response(verb) => response::run(verb),
        Verb::Script(verb) => script::run(verb),
        Verb::Card(verb) => card::run(verb),
    };
    done.map_err(coded)
}

/// With the code in front of a refusal by `uicc`, whatever has been said around it.
fn coded(error: anyhow::Error) -> anyhow::Error {
    let Some(known) = error.downcast_ref::<UiccError>() else {
        return error;
    };
    let hint = match known {
        UiccError::CheckLength => "; --cc-len says how long an AES CC is",
        _ => "",
    };
    anyhow!("{}: {error:#}{hint}", known.code())
}

/// A line for each row, and for each element of a list; or one JSON object.
fn print(rows: Vec<(&'static str, Value)>, json: bool) {
    if json {
        let object: serde_json::Map<String, Value> = rows
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        println!("{}", Value::Object(object));
        return;
    }
    let mut lines = Vec::new();
    for (name, value) in rows {
        match value {
            Value::Array(values) => {
                for (number, value) in (1..).zip(values) {
                    let one = name.strip_suffix('s').unwrap_or(name);
                    lines.push((format!("{one} {number}"), words(&value)));
                }
            }
            other => lines.push((name.to_owned(), words(&other))),
        }
    }
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, text) in lines {
        println!("{name:width$}  {text}");
    }
}

/// A value without quotes; of an object, names and values.
fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(name, value)| format!("{name} {}", words(value)));
            fields.collect::<Vec<_>>().join("  ")
        }
        other => other.to_string(),
    }
}
