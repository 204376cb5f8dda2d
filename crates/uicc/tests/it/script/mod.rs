//! The script language (`uicc::script`), against octets of clauses and of other
//! programs.

mod answers;
mod explained;
mod packets;
mod properties;
mod refusals;
mod statements;

use data_encoding::HEXLOWER;
use uicc::remote::Format;
use uicc::script::{DEFAULT_LIMIT, Packet, Script, no_files};

fn packets(format: Format, limit: usize, text: &str) -> Vec<Packet> {
    let script = Script::parse(text, no_files).unwrap_or_else(|error| panic!("{text}: {error}"));
    let packets = script.packets(format, limit);
    packets.unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The packets of a script as hexadecimal text.
fn compiled(format: Format, text: &str) -> Vec<String> {
    let packets = packets(format, DEFAULT_LIMIT, text);
    packets
        .iter()
        .map(|packet| HEXLOWER.encode(&packet.data))
        .collect()
}

/// The commands of each packet with their lines.
fn commands(packets: &[Packet]) -> Vec<Vec<(usize, String)>> {
    let of = |packet: &Packet| {
        let commands = packet.commands.iter();
        let of = commands.map(|it| (it.line, HEXLOWER.encode(&it.command.encode().unwrap())));
        of.collect()
    };
    packets.iter().map(of).collect()
}
