//! `rehome ota script compile` and `explain`: scripts of commands for a UICC (ETSI TS
//! 102 226) in the language of docs/uicc-ota.md.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use uicc::remote::{Format, ScriptResponse};
use uicc::script::{
    Answer, AnsweredCommand, DEFAULT_LIMIT, Packet, Script, ScriptError, explain, explain_response,
};

use crate::{hex, input};

/// Octets of a script.
const MOST_TEXT: usize = 1 << 20;
/// Octets of a file that a script names.
const MOST_FILE: usize = 4 << 20;
/// Octets of what is explained, as hexadecimal text with blanks.
const MOST_DATA: usize = 1 << 18;

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Make the data of secured packets from a script, one line of hex for each
    Compile(Compile),
    /// Explain the data of a command packet as a script, or the answer to one
    Explain(Explain),
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    Compact,
    Expanded,
    Indefinite,
}

impl From<Form> for Format {
    fn from(form: Form) -> Self {
        match form {
            Form::Compact => Self::Compact,
            Form::Expanded => Self::Expanded,
            Form::Indefinite => Self::Indefinite,
        }
    }
}

/// How a script becomes packets.
#[derive(Args)]
struct Terms {
    /// How packets are written [default: the script's, or compact]
    #[arg(long, value_enum)]
    format: Option<Form>,
    /// Octets of one packet's data at most [default: the script's, or what 255 short
    /// messages hold]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    limit: Option<u16>,
}

#[derive(Args)]
pub(crate) struct Compile {
    #[command(flatten)]
    terms: Terms,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// The script; `-` is standard input. Files that it names are beside it
    file: PathBuf,
}

#[derive(Args)]
pub(crate) struct Explain {
    /// It is the answer to a script
    #[arg(long)]
    response: bool,
    /// The script that is answered
    #[arg(long, value_name = "FILE", requires = "response")]
    script: Option<PathBuf>,
    /// Which of its packets is answered, from 1
    #[arg(long, value_name = "N", requires = "script")]
    packet: Option<usize>,
    #[command(flatten)]
    terms: Terms,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// A file of hexadecimal text or octets, or the digits themselves; `-` is standard input
    file: PathBuf,
}

pub(super) fn run(verb: Verb) -> Result<()> {
    match verb {
        Verb::Compile(arguments) => compile(&arguments),
        Verb::Explain(arguments) if arguments.response => answer(&arguments),
        Verb::Explain(arguments) => explained(&arguments),
    }
}

/// The packets of a script.
fn packets(file: &Path, terms: &Terms) -> Result<Vec<Packet>> {
    let refused =
        |error: ScriptError| anyhow!("{}: {}: {error}", error.fault.code(), input::name(file));
    let text = input::bounded(file, MOST_TEXT)?;
    let text = String::from_utf8(text);
    let text = text.map_err(|_| anyhow!("{} is not UTF-8", input::name(file)))?;
    let beside = file.parent().unwrap_or(Path::new(""));
    let source = |name: &str| {
        let file = beside.join(name);
        // Standard input has one meaning, the script.
        match file.is_file() {
            true => input::bounded(&file, MOST_FILE).map_err(|error| format!("{error:#}")),
            false => Err(format!("there is no file {}", file.display())),
        }
    };
    let script = Script::parse(&text, source).map_err(refused)?;
    let format = terms.format.map(Format::from).or(script.format());
    let limit = terms.limit.map(usize::from).or(script.limit());
    let packets = script.packets(
        format.unwrap_or(Format::Compact),
        limit.unwrap_or(DEFAULT_LIMIT),
    );
    let packets = packets.map_err(refused)?;
    if packets.is_empty() {
        bail!("{} has no statement", input::name(file));
    }
    Ok(packets)
}

fn compile(arguments: &Compile) -> Result<()> {
    let packets = packets(&arguments.file, &arguments.terms)?;
    if !arguments.json {
        for packet in &packets {
            println!("{}", hex::text(&packet.data));
        }
        return Ok(());
    }
    let mut rows = Vec::new();
    for packet in &packets {
        let mut commands = Vec::new();
        for it in &packet.commands {
            commands.push(json!({ "line": it.line, "apdu": hex::text(it.command.encode()?) }));
        }
        rows.push(json!({ "data": hex::text(&packet.data), "commands": commands }));
    }
    println!("{}", json!({ "packets": rows }));
    Ok(())
}

/// Of a file hexadecimal text, or octets where it is no text at all; of a name that no file has and
/// that is hexadecimal digits, these.
fn octets(file: &Path) -> Result<Vec<u8>> {
    let name = file.as_os_str().as_encoded_bytes();
    if name.iter().all(u8::is_ascii_hexdigit) && !file.exists() {
        return hex::any_octets(name);
    }
    let octets = input::bounded(file, MOST_DATA)?;
    let is_text = |octet: &u8| octet.is_ascii_graphic() || octet.is_ascii_whitespace();
    match octets.iter().all(is_text) {
        true => hex::any_octets(&octets).with_context(|| input::name(file)),
        false => Ok(octets),
    }
}

fn explained(arguments: &Explain) -> Result<()> {
    if arguments.terms.format.is_some() || arguments.terms.limit.is_some() {
        bail!("--format and --limit are for --response; a script says its format");
    }
    let explained = explain(&octets(&arguments.file)?)?;
    if !arguments.json {
        print!("{explained}");
        return Ok(());
    }
    let mut lines = Vec::new();
    for line in &explained.lines {
        let mut apdus = Vec::new();
        for command in &line.commands {
            apdus.push(hex::text(command.encode()?));
        }
        lines.push(json!({ "text": line.text, "comment": line.comment, "apdus": apdus }));
    }
    let object = json!({
        "format": explained.format.word(),
        "lines": lines,
        "stop": explained.stopped(),
    });
    println!("{object}");
    Ok(())
}

fn answer(arguments: &Explain) -> Result<()> {
    let octets = octets(&arguments.file)?;
    let packets = match &arguments.script {
        Some(file) => packets(file, &arguments.terms)?,
        None => Vec::new(),
    };
    let packet = match (packets.as_slice(), arguments.packet) {
        ([], _) => None,
        ([packet], None) => Some(packet),
        (packets, None) => bail!("--packet says which of the {} packets it is", packets.len()),
        (packets, Some(number)) => Some(
            number
                .checked_sub(1)
                .and_then(|at| packets.get(at))
                .with_context(|| format!("--packet is 1 to {}", packets.len()))?,
        ),
    };
    let format = match (packet, arguments.terms.format) {
        (Some(packet), _) => packet.format,
        (None, Some(form)) => form.into(),
        // A compact answer is hardly ever a whole template.
        (None, None) => match ScriptResponse::read(Format::Expanded, &octets) {
            Ok(_) => Format::Expanded,
            Err(_) => Format::Compact,
        },
    };
    let answer = explain_response(format, &octets, packet)?;
    match arguments.json {
        true => println!("{}", object(&answer)),
        false => print(&answer),
    }
    Ok(())
}

fn print(answer: &Answer) {
    match answer.executed {
        Some(executed) => println!("commands carried out: {executed}"),
        None => println!("commands carried out: not said"),
    }
    let failed = answer.failed().map(|failed| failed.number);
    for command in &answer.commands {
        let AnsweredCommand {
            number,
            line,
            name,
            response,
            shown,
        } = command;
        let line = line.map_or_else(String::new, |line| format!(", line {line}"));
        let name = name.map_or_else(String::new, |name| format!(", {name}"));
        let status = response.status;
        let verdict = match failed == Some(*number) {
            true => "failed, ",
            false => "",
        };
        println!(
            "command {number}{line}{name}: {verdict}{status} {}",
            status.text()
        );
        if !response.data.is_empty() {
            println!("  {}", hex::text(&response.data));
        }
        for row in shown {
            println!("  {row}");
        }
    }
    for note in &answer.notes {
        println!("{note}");
    }
}

fn object(answer: &Answer) -> Value {
    let command = |command: &AnsweredCommand| {
        json!({
            "command": command.number,
            "line": command.line,
            "name": command.name,
            "sw": command.response.status.to_string(),
            "text": command.response.status.text(),
            "data": hex::text(&command.response.data),
            "shown": command.shown,
        })
    };
    json!({
        "executed": answer.executed,
        "commands": answer.commands.iter().map(command).collect::<Vec<_>>(),
        "failed": answer.failed().map(|failed| failed.number),
        "notes": answer.notes,
    })
}
