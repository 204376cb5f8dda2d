//! `rehome ota wrap` and `rehome ota unwrap`: command packets (TS 102 225 clause 5.1,
//! TS 31.115 clause 4).

use anyhow::{Result, bail};
use clap::Args;
use serde_json::{Value, json};
use uicc::packet::{Cntr, CommandHeader, CounterMode, Framing, SealedCommand, wrap as wrapped};
use uicc::sms::{Address, Deliver, PacketKind, Reference, Timestamp, UserData, packet_of, parts};
use uicc::ussd;

use super::keys::Keys;
use super::{Bearer, Terms, print};
use crate::hex;

#[derive(Args)]
pub(crate) struct Wrap {
    #[command(flatten)]
    terms: Terms,
    #[command(flatten)]
    keys: Keys,
    /// Counter, below 2^40; where SPI counts, not the last one
    #[arg(long, value_name = "N")]
    cntr: u64,
    /// Reference of a message that needs several parts: below 256 one of 8 bits
    #[arg(long, value_name = "N", default_value_t = 0)]
    reference: u16,
    /// Also print SMS-DELIVER TPDUs
    #[arg(long, requires = "oa")]
    tpdu: bool,
    /// The sender's number for them
    #[arg(long, value_name = "NUMBER")]
    oa: Option<Address>,
    /// The service centre's time stamp for them, 7 octets: without it midnight of the
    /// first day of 2026
    #[arg(long, value_name = "HEX", value_parser = hex::octets::<7>,
          default_value = "62101000000000")]
    scts: [u8; 7],
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// The data, for example a script
    #[arg(value_name = "HEX")]
    data: String,
}

#[derive(Args)]
pub(crate) struct Unwrap {
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    bearer: Bearer,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// The packet, or an SMS-DELIVER TPDU with all of it; of USSD the string
    #[arg(value_name = "HEX")]
    packet: String,
}

/// Prints the packet and what carries it.
pub(super) fn wrap(arguments: &Wrap) -> Result<()> {
    let terms = &arguments.terms;
    let ([kic], [kid]) = (terms.kic, terms.kid);
    let Some(cntr) = Cntr::new(arguments.cntr) else {
        bail!("--cntr is below 2^40");
    };
    let header = CommandHeader {
        spi: terms.spi()?,
        kic,
        kid,
        tar: terms.tar(),
        cntr,
    };
    let counts = matches!(header.spi.counter, CounterMode::Higher | CounterMode::Next);
    if counts && cntr == Cntr::MAX {
        bail!(
            "counter-blocked: no card may take --cntr {}: its key set would be blocked for ever",
            arguments.cntr
        );
    }
    let keys = arguments.keys.set(kic, kid)?;
    let data = hex::any_octets(arguments.data.as_bytes())?;
    let packet = wrapped(terms.framing(), &header, keys.as_ref(), &data)?;
    let mut rows = vec![("packet", json!(hex::text(&packet)))];
    if terms.framing() == Framing::Sms {
        let reference = match u8::try_from(arguments.reference) {
            Ok(short) => Reference::Short(short),
            Err(_) => Reference::Long(arguments.reference),
        };
        let carried = parts(PacketKind::Command, &packet, reference)?;
        rows.push(("parts", shown(&carried)?));
        let mut tpdus = Vec::new();
        if let Some(address) = arguments.oa.as_ref().filter(|_| arguments.tpdu) {
            let count = carried.len();
            for (number, part) in (1..).zip(carried) {
                let stamp = Timestamp(arguments.scts);
                let mut deliver = Deliver::to_card(address.clone(), stamp, part);
                deliver.has_more = number < count;
                tpdus.push(hex::text(deliver.encode()?));
            }
        }
        rows.push(("tpdus", json!(tpdus)));
    } else if arguments.tpdu {
        bail!("unsupported: --tpdu without SMS");
    }
    if terms.framing() == Framing::Ussd {
        rows.push(("ussd", json!(hex::text(ussd::string_of(&packet)?))));
    }
    print(rows, arguments.json);
    Ok(())
}

fn shown(parts: &[UserData]) -> Result<Value> {
    let mut rows = Vec::new();
    for part in parts {
        rows.push(json!({
            "udh": hex::text(part.encoded_header()?),
            "ud": hex::text(&part.body),
        }));
    }
    Ok(Value::Array(rows))
}

/// Prints what a card would see.
pub(super) fn unwrap(arguments: &Unwrap) -> Result<()> {
    let octets = hex::any_octets(arguments.packet.as_bytes())?;
    let framing = arguments.bearer.framing();
    let octets = match framing {
        Framing::Sms => in_message(octets)?,
        Framing::Ber => octets,
        Framing::Ussd => ussd::packet_of(&octets)?.to_vec(),
    };
    let sealed = SealedCommand::parse(framing, &octets)?;
    let terms = sealed.terms();
    let keys = arguments.keys.set(terms.kic, terms.kid)?;
    let command = sealed.open(keys.as_ref())?;
    let rows = vec![
        ("spi", json!(hex::text(terms.spi.to_octets()))),
        ("kic", json!(hex::text([terms.kic]))),
        ("kid", json!(hex::text([terms.kid]))),
        ("tar", json!(hex::text(terms.tar.0))),
        ("cntr", json!(command.cntr.to_u64())),
        ("data", json!(hex::text(&command.data))),
    ];
    print(rows, arguments.json);
    Ok(())
}

/// The packet of a TPDU, if it is one; a packet begins with its own length.
fn in_message(octets: Vec<u8>) -> Result<Vec<u8>> {
    let length = octets
        .first_chunk()
        .map(|length| u16::from_be_bytes(*length));
    if length.is_some_and(|length| usize::from(length) + 2 == octets.len()) {
        return Ok(octets);
    }
    let Ok(deliver) = Deliver::parse(&octets) else {
        return Ok(octets);
    };
    if deliver.user_data.concatenation().is_some() {
        bail!("unsupported: a TPDU that is one part of a message");
    }
    match packet_of(&deliver.user_data) {
        Some(carried) if carried.kind == PacketKind::Command => Ok(carried.packet),
        _ => bail!("the message carries no command packet"),
    }
}
