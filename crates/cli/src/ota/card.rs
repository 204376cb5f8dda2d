//! `rehome ota card`: a simulated UICC (`sim::card`) whose state is in a directory: made
//! from a profile, given APDUs, messages and packets, shown.

mod show;

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use sim::card::{CardError, Chip, Delivered, NewCard, Profile, State, StoredCard, deliver, start};
use tokens::key_file;
use tokens::os::OsRandom;
use uicc::packet::{Framing, SealedCommand};
use uicc::sms::{Address, Deliver, PacketKind, Reference, Timestamp, packet_of, parts};
use zeroize::Zeroizing;

use super::print;
use crate::hex;

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Make a card; its keys and PINs are written to private files in the directory
    New(New),
    /// Give a card APDUs, SMS-DELIVER TPDUs or command packets, and print its answers
    Run(Run),
    /// Print a card's files, counters, targets and applications; keys and PINs never
    Show(Show),
}

#[derive(Args)]
pub(crate) struct New {
    /// The card's directory
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// What the card is to be, in TOML or JSON; of mode 0600 where keys or PINs are in it
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Run {
    /// The card's directory
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// The sender's number for packets without a message around them
    #[arg(long, value_name = "NUMBER", default_value = "0")]
    oa: Address,
    /// Print one JSON object for each answer
    #[arg(long)]
    json: bool,
    /// An APDU, an SMS-DELIVER TPDU or a command packet, one after the other in one
    /// session of the card
    #[arg(value_name = "HEX", required = true)]
    commands: Vec<String>,
}

#[derive(Args)]
pub(crate) struct Show {
    /// The card's directory
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(verb: Verb) -> Result<()> {
    match verb {
        Verb::New(arguments) => new(&arguments),
        Verb::Run(arguments) => give(&arguments),
        Verb::Show(arguments) => {
            let card = StoredCard::open(&arguments.state).map_err(coded)?;
            let state = card.card().state();
            match arguments.json {
                true => print(show::rows(state), true),
                false => show::text(state),
            }
            Ok(())
        }
    }
}

/// With its code in front.
fn coded(error: CardError) -> anyhow::Error {
    anyhow!("{}: {error}", error.code())
}

fn new(arguments: &New) -> Result<()> {
    let profile = match &arguments.profile {
        Some(path) => read_profile(path)?,
        None => Profile::default(),
    };
    let state = profile.make(&mut OsRandom).map_err(coded)?;
    let card = NewCard::prepare(&arguments.state, state).map_err(coded)?;
    let keys = arguments.state.join("keys");
    let made = DirBuilder::new().mode(0o700).create(&keys);
    made.with_context(|| keys.display().to_string())?;
    // The card comes last: where anything fails, there is neither it nor its keys.
    let written = write_keys(&keys, card.state());
    let written = written.and_then(|paths| card.store().map(|_| paths).map_err(coded));
    if written.is_err() {
        let _ = fs::remove_dir_all(&keys);
    }
    for path in written? {
        println!("{}", path.display());
    }
    Ok(())
}

/// The keys of each key set, then the PINs.
fn write_keys(directory: &Path, state: &State) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    let mut write = |name: String, text: &str| {
        let path = directory.join(name);
        key_file::create(&path, text.as_bytes())?;
        paths.push(path);
        anyhow::Ok(())
    };
    for set in state.key_sets() {
        for (name, key) in ["kic", "kid"].into_iter().zip(set.shown()) {
            write(format!("{name}-{}.hex", set.number), &key)?;
        }
    }
    for (name, pin) in state.pins_shown() {
        write(format!("{name}.txt"), &pin)?;
    }
    Ok(paths)
}

fn read_profile(path: &Path) -> Result<Profile> {
    let shown = || path.display().to_string();
    let text = fs::read_to_string(path)
        .map(Zeroizing::new)
        .with_context(shown)?;
    let profile = Profile::read(&text).map_err(coded).with_context(shown)?;
    let mode = fs::metadata(path).with_context(shown)?.permissions().mode();
    if profile.has_secrets() && mode & 0o077 != 0 {
        bail!(
            "file-open-to-others: {}: there are keys or PINs in it",
            shown()
        );
    }
    Ok(profile)
}

/// What an argument is.
enum Given {
    Apdu(Vec<u8>),
    Message(Vec<u8>),
    Packet(Vec<u8>),
}

impl Given {
    /// A packet begins with its own length; what an APDU has in the place of an address
    /// can't be one.
    fn of(octets: Vec<u8>) -> Self {
        if SealedCommand::parse(Framing::Sms, &octets).is_ok() {
            return Self::Packet(octets);
        }
        let carries = |message: &Deliver| {
            let user_data = &message.user_data;
            user_data.concatenation().is_some() || packet_of(user_data).is_some()
        };
        match Deliver::parse(&octets) {
            Ok(message) if carries(&message) => Self::Message(octets),
            _ => Self::Apdu(octets),
        }
    }
}

/// Everything is read before anything is done.
fn give(arguments: &Run) -> Result<()> {
    let mut commands = Vec::new();
    for text in &arguments.commands {
        commands.push(Given::of(hex::any_octets(text.as_bytes())?));
    }
    let mut card = StoredCard::open(&arguments.state).map_err(coded)?;
    let waiting = start(&mut card).map_err(coded)?;
    if !waiting.is_empty() {
        print(vec![("submits", texts(&waiting))], arguments.json);
    }
    for command in commands {
        match command {
            Given::Apdu(octets) => {
                let response = card.apdu(&octets).map_err(coded)?;
                let response = json!(hex::text(response.encode()));
                print(vec![("response", response)], arguments.json);
            }
            Given::Message(octets) => give_message(&mut card, &octets, arguments.json)?,
            Given::Packet(packet) => {
                let reference = Reference::Short(0);
                for part in parts(PacketKind::Command, &packet, reference)? {
                    // 2026-01-01, as `ota wrap` has it: a card does not look at it.
                    let stamp = Timestamp([0x62, 0x10, 0x10, 0, 0, 0, 0]);
                    let message = Deliver::to_card(arguments.oa.clone(), stamp, part);
                    give_message(&mut card, &message.encode()?, arguments.json)?;
                }
            }
        }
    }
    Ok(())
}

fn give_message(card: &mut StoredCard, tpdu: &[u8], json: bool) -> Result<()> {
    let Delivered {
        status,
        receipt,
        report: (report, is_error),
        submits,
    } = deliver(card, tpdu).map_err(coded)?;
    let rows = vec![
        ("status", json!(status.to_string())),
        ("receipt", json!(hex::text(receipt))),
        ("report", json!(hex::text(report))),
        ("report_is_error", json!(is_error)),
        ("submits", texts(&submits)),
    ];
    print(rows, json);
    Ok(())
}

fn texts(tpdus: &[Vec<u8>]) -> Value {
    tpdus.iter().map(hex::text).collect()
}
