//! A card's state for people: files, counters, targets, applications (`sim::card`), and
//! neither keys nor PINs.

use serde_json::{Value, json};
use sim::card::{Content, File, Kind, State};
use uicc::packet::Tar;

use crate::hex;

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

fn file((path, file): (String, &File)) -> Value {
    let (structure, record_length) = match &file.content {
        Content::Directory { aid: None } => ("df", None),
        Content::Directory { aid: Some(_) } => ("adf", None),
        Content::Transparent(_) => ("transparent", None),
        Content::LinearFixed(records) => ("linear-fixed", records.first()),
        Content::Cyclic(records) => ("cyclic", records.first()),
    };
    let mut shown = json!({ "path": path, "structure": structure });
    if let Value::Object(fields) = &mut shown {
        if !file.is_active {
            fields.insert("active".to_owned(), json!(false));
        }
        if let Some(record) = record_length {
            fields.insert("record_length".to_owned(), json!(record.0.len()));
        }
        if !file.content.is_directory() {
            let content = hex::text(file.content.octets());
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
