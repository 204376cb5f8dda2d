//! A card's state for people: files, counters, targets, applications (`sim::card`), and
//! neither keys nor PINs, nor what is in files of keys.

use serde_json::{Value, json};
use sim::card::{Content, File, Kind, State, holds_keys};
use uicc::files::{self, Name};
use uicc::packet::Tar;

use crate::hex;
use crate::ota::print;

pub(super) fn rows(state: &State) -> Vec<(&'static str, Value)> {
    let registry = state.registry();
    vec![
        ("files", state.files().all().map(file).collect()),
        ("key_sets", key_sets(state)),
        ("targets", targets(state)),
        ("parts_waiting", json!(state.waiting().len())),
        ("messages_to_send", json!(state.outbox().len())),
        ("packages", packages(state)),
        ("applications", applications(state)),
        ("free", json!(registry.free())),
    ]
}

/// For people: a line for each file, and for each record that says something; then the
/// rest.
pub(super) fn text(state: &State) {
    for (path, file) in state.files().all() {
        let is_hidden = holds_keys(&path);
        let state = if file.is_active { "" } else { ", deactivated" };
        let structure = structure(&file.content);
        match &file.content {
            Content::Directory { aid } => {
                let aid = aid.as_ref().map(|aid| hex::text(&aid.0));
                println!(
                    "{path:<19}  {structure}{state}  {}",
                    aid.unwrap_or_default()
                );
            }
            Content::Transparent(octets) if is_hidden => {
                let count = octets.0.len();
                println!("{path:<19}  {structure}{state}  {count} octets, not shown: keys");
            }
            Content::Transparent(octets) => {
                let shown = contents(file.identifier, &octets.0);
                println!("{path:<19}  {structure}{state}  {shown}");
            }
            Content::LinearFixed(records) | Content::Cyclic(records) => {
                let length = records.first().map_or(0, |record| record.0.len());
                let count = records.len();
                let end = if is_hidden { ", not shown: keys" } else { "" };
                println!("{path:<19}  {structure}{state}  {count} of {length} octets{end}");
                for (number, record) in (1..).zip(records) {
                    if !is_hidden && record.0.iter().any(|octet| *octet != 0xff) {
                        let shown = contents(file.identifier, &record.0);
                        println!("{:<19}    {number}  {shown}", "");
                    }
                }
            }
        }
    }
    let rest = rows(state);
    print(
        rest.into_iter()
            .filter(|(name, _)| *name != "files")
            .collect(),
        false,
    );
}

/// Octets, a long end of one octet as its number; and what they mean, where that is known.
fn contents(identifier: u16, octets: &[u8]) -> String {
    let last = octets.last().copied().unwrap_or_default();
    let alike = octets
        .iter()
        .rev()
        .take_while(|octet| **octet == last)
        .count();
    let (said, end) = octets.split_at(octets.len() - alike);
    let mut shown = match end {
        [] | [_] | [_, _] | [_, _, _] => hex::text(octets),
        _ => format!("{} {last:02x}*{alike}", hex::text(said))
            .trim_start()
            .to_owned(),
    };
    let name = Name::of_identifier(identifier);
    let value = name.and_then(|name| files::Value::decode(name, octets).ok());
    if let Some(value) = value {
        let name = value.name().as_str();
        shown = format!("{shown}  # {name} {}", value.to_words().join(" "));
    }
    shown
}

const fn structure(content: &Content) -> &'static str {
    match content {
        Content::Directory { aid: None } => "df",
        Content::Directory { aid: Some(_) } => "adf",
        Content::Transparent(_) => "transparent",
        Content::LinearFixed(_) => "linear-fixed",
        Content::Cyclic(_) => "cyclic",
    }
}

fn file((path, file): (String, &File)) -> Value {
    let record_length = match &file.content {
        Content::LinearFixed(records) | Content::Cyclic(records) => records.first(),
        _ => None,
    };
    let structure = structure(&file.content);
    let is_hidden = holds_keys(&path);
    let mut shown = json!({ "path": path, "structure": structure });
    if let Value::Object(fields) = &mut shown {
        if !file.is_active {
            fields.insert("active".to_owned(), json!(false));
        }
        if let Some(record) = record_length {
            fields.insert("record_length".to_owned(), json!(record.0.len()));
        }
        if !file.content.is_directory() {
            let octets = file.content.octets();
            let content = (!is_hidden).then(|| hex::text(&octets));
            fields.insert("octets".to_owned(), json!(octets.len()));
            fields.insert("content".to_owned(), json!(content));
        }
    }
    shown
}

fn key_sets(state: &State) -> Value {
    let sets = state.key_sets().iter();
    sets.map(|set| {
        json!({
            "number": set.number,
            "cipher": set.cipher,
            "mac": set.mac,
            "cntr": set.counter().to_u64(),
        })
    })
    .collect()
}

fn targets(state: &State) -> Value {
    let targets = state.targets().iter();
    targets
        .map(|target| {
            let does = match &target.kind {
                Kind::Files(path) => format!("files from {path}"),
                Kind::Applications => "applications".to_owned(),
            };
            json!({
                "tar": target.tar().map(|Tar(octets)| hex::text(octets)),
                "does": does,
                "msl": target.msl().map(|msl| hex::text([msl])),
                "pin1": target.access.pin1,
                "adm1": target.access.adm1,
            })
        })
        .collect()
}

fn packages(state: &State) -> Value {
    let packages = state.registry().packages.iter();
    packages
        .map(|package| {
            let (major, minor) = package.version;
            let modules = package.modules.iter();
            let modules: Vec<String> = modules.map(|aid| hex::text(&aid.0)).collect();
            json!({
                "aid": hex::text(&package.aid.0),
                "version": format!("{major}.{minor}"),
                "modules": modules,
                "octets": package.size,
            })
        })
        .collect()
}

fn applications(state: &State) -> Value {
    let applications = state.registry().applications.iter();
    applications
        .map(|application| {
            json!({
                "aid": hex::text(&application.aid.0),
                "module": hex::text(&application.module.0),
                "package": hex::text(&application.package.0),
                "selectable": application.is_selectable,
                "locked": application.is_locked,
                "privileges": hex::text(&application.privileges.0),
            })
        })
        .collect()
}
