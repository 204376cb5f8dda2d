//! File control parameters (ETSI TS 102 221 clauses 11.1.1.3 and 11.1.1.4): what SELECT
//! says of a file. Security attributes are in the expanded format (clause 9.2.4).

use super::{Content, File, MF};
use crate::card::access::Condition;

const TEMPLATE: u8 = 0x62;
const DESCRIPTOR: u8 = 0x82;
const IDENTIFIER: u8 = 0x83;
const DF_NAME: u8 = 0x84;
const PROPRIETARY: u8 = 0xa5;
const LIFE_CYCLE: u8 = 0x8a;
const EXPANDED: u8 = 0xab;
const FILE_SIZE: u8 = 0x80;
const PIN_STATUS: u8 = 0xc6;

/// The coding of a descriptor's data (table 11.5): record oriented interchange.
const DATA_CODING: u8 = 0x21;

pub(super) fn template(file: &File) -> Vec<u8> {
    let mut value = Vec::new();
    put(&mut value, DESCRIPTOR, &descriptor(file));
    put(&mut value, IDENTIFIER, &file.identifier.to_be_bytes());
    if let Content::Directory { aid } = &file.content {
        if let Some(aid) = aid {
            put(&mut value, DF_NAME, &aid.0);
        }
        if file.identifier == MF {
            // UICC characteristics: clock stop, 1.8 V and 3 V.
            put(&mut value, PROPRIETARY, &[0x80, 1, 0x71]);
        }
    }
    let life_cycle = if file.is_active { 0x05 } else { 0x04 };
    put(&mut value, LIFE_CYCLE, &[life_cycle]);
    put(&mut value, EXPANDED, &security(file));
    match file.content {
        // PIN1 is enabled.
        Content::Directory { .. } => {
            put(&mut value, PIN_STATUS, &[0x90, 1, 0x80, 0x83, 1, 1]);
        }
        _ => {
            let size = u16::try_from(file.content.octets().len()).unwrap_or(u16::MAX);
            put(&mut value, FILE_SIZE, &size.to_be_bytes());
        }
    }
    let mut out = Vec::new();
    put(&mut out, TEMPLATE, &value);
    out
}

/// Table 11.5: 41 transparent, 42 linear fixed, 46 cyclic, 78 a DF; for records their
/// length and number.
fn descriptor(file: &File) -> Vec<u8> {
    let of_records = |structure: u8, records: &[crate::card::octets::Octets]| {
        let length = records.first().map_or(0, |record| record.0.len());
        let [high, low] = u16::try_from(length).unwrap_or(0).to_be_bytes();
        let count = u8::try_from(records.len()).unwrap_or(0);
        vec![structure, DATA_CODING, high, low, count]
    };
    match &file.content {
        Content::Directory { .. } => vec![0x78, DATA_CODING],
        Content::Transparent(_) => vec![0x41, DATA_CODING],
        Content::LinearFixed(records) => of_records(0x42, records),
        Content::Cyclic(records) => of_records(0x46, records),
    }
}

/// Access mode and its condition, one after the other: 01 read, 02 update, 18 activate
/// and deactivate; 84 01 32 is INCREASE.
fn security(file: &File) -> Vec<u8> {
    let mut value = Vec::new();
    let rules = file.rules;
    if !file.content.is_directory() {
        put(&mut value, 0x80, &[0x01]);
        condition(&mut value, rules.read);
        put(&mut value, 0x80, &[0x02]);
        condition(&mut value, rules.update);
    }
    put(&mut value, 0x80, &[0x18]);
    condition(&mut value, rules.activate);
    if matches!(file.content, Content::Cyclic(_)) {
        put(&mut value, 0x84, &[0x32]);
        condition(&mut value, rules.increase);
    }
    value
}

fn condition(out: &mut Vec<u8>, condition: Condition) {
    let reference = match condition {
        Condition::Always => return put(out, 0x90, &[]),
        Condition::Never => return put(out, 0x97, &[]),
        Condition::Pin1 => 0x01,
        Condition::Adm1 => 0x0a,
    };
    // User authentication by that key reference.
    put(out, 0xa4, &[0x83, 1, reference, 0x95, 1, 0x08]);
}

/// An object of fewer than 128 octets, as all are here: an AID has 16 at most.
fn put(out: &mut Vec<u8>, tag: u8, value: &[u8]) {
    out.push(tag);
    out.push(u8::try_from(value.len()).unwrap_or(u8::MAX));
    out.extend(value);
}
