//! GET STATUS (GlobalPlatform Card Specification 2.3 clause 11.4), in its TLV form: as
//! many entries as fit into one answer, and 6310 where there are more. GET DATA of the
//! card's resources (ETSI TS 102 226 clause 8.2.1.7).

use uicc::apdu::{CommandApdu, ResponseApdu, StatusWord};

use super::{Given, Registry, RemoteSession};
use crate::card::octets::Octets;

/// There is more.
const MORE: StatusWord = StatusWord(0x6310);
/// Octets of an answer.
const MOST: usize = 255;
/// Modules of a package that fit into one entry; others are not shown.
const MODULES: usize = 12;

const ENTRY: u8 = 0xe3;
const AID: u16 = 0x4f;
const LIFE_CYCLE: u16 = 0x9f70;
const PRIVILEGES: u16 = 0xc5;
const PACKAGE: u16 = 0xc4;
const VERSION: u16 = 0xce;
const MODULE: u16 = 0x84;

/// Loaded, installed, selectable (tables 11-4 and 11-5), secured (11-6).
const LOADED: u8 = 0x01;
const INSTALLED: u8 = 0x03;
const SELECTABLE: u8 = 0x07;
const SECURED: u8 = 0x0f;
/// Locked, beside what it is.
const LOCKED: u8 = 0x80;
/// Security domain, card lock, card terminate, card reset, CVM (table 6-1).
const OF_ISSUER: [u8; 1] = [0x9e];

/// The AID and the objects of one entry.
type Entry = Vec<(u16, Vec<u8>)>;

impl Registry {
    /// P1 80: the issuer's security domain; 40: applications; 20: executable load files;
    /// 10: these with their modules. P2 02: from the first, 03: the next ones.
    pub(super) fn get_status(&self, session: &mut RemoteSession, command: &CommandApdu) -> Given {
        let entries = match command.p1 {
            0x80 => vec![self.issuer()],
            0x40 => self.applications(),
            0x20 => self.packages(false),
            0x10 => self.packages(true),
            _ => return Err(StatusWord::WRONG_P1_P2),
        };
        let (prefix, wanted) = criteria(&command.data).ok_or(StatusWord::WRONG_DATA)?;
        let skipped = match command.p2 {
            0x02 => 0,
            0x03 => match session.given.take() {
                Some((p1, given)) if p1 == command.p1 => given,
                _ => return Err(StatusWord::CONDITIONS),
            },
            _ => return Err(StatusWord::WRONG_P1_P2),
        };
        session.given = None;
        let is_named = |entry: &&Entry| {
            let first = entry.first();
            first.is_some_and(|(_, aid)| aid.starts_with(prefix))
        };
        let mut data = Vec::new();
        let named = entries.iter().filter(is_named).enumerate().skip(skipped);
        for (place, entry) in named {
            let octets = written(entry, &wanted);
            if data.len() + octets.len() > MOST {
                session.given = Some((command.p1, place));
                return Ok(ResponseApdu { data, status: MORE });
            }
            data.extend(octets);
        }
        match data.is_empty() {
            true => Err(StatusWord::REFERENCE_NOT_FOUND),
            false => Ok(ResponseApdu {
                data,
                status: StatusWord::OK,
            }),
        }
    }

    /// GET DATA FF21, extended card resources: applications (81), octets that are free for
    /// good (82) and until power off (83). There is nothing else.
    pub(super) fn get_data(&self, command: &CommandApdu) -> Given {
        if (command.p1, command.p2) != (0xff, 0x21) {
            return Err(StatusWord::REFERENCE_NOT_FOUND);
        }
        let le = command.expected.ok_or(StatusWord::WRONG_LENGTH)?;
        let count = u16::try_from(self.applications.len()).unwrap_or(u16::MAX);
        let free = u32::try_from(self.free()).unwrap_or(u32::MAX).to_be_bytes();
        let mut data = vec![0xff, 0x21, 0x10, 0x81, 2];
        data.extend(count.to_be_bytes());
        data.extend([0x82, 4]);
        data.extend(free);
        // What is loaded has no use for memory until power off: as much.
        data.extend([0x83, 4]);
        data.extend(free);
        let there = u8::try_from(data.len()).unwrap_or(0);
        match le == 256 || le == u16::from(there) {
            true => Ok(ResponseApdu {
                data,
                status: StatusWord::OK,
            }),
            false => Err(StatusWord(0x6c00 | u16::from(there))),
        }
    }

    fn issuer(&self) -> Entry {
        vec![
            (AID, self.isd.0.clone()),
            (LIFE_CYCLE, vec![SECURED]),
            (PRIVILEGES, OF_ISSUER.to_vec()),
        ]
    }

    fn applications(&self) -> Vec<Entry> {
        let entry = |application: &super::Application| {
            let state = match application.is_selectable {
                true => SELECTABLE,
                false => INSTALLED,
            };
            let state = match application.is_locked {
                true => state | LOCKED,
                false => state,
            };
            vec![
                (AID, application.aid.0.clone()),
                (LIFE_CYCLE, vec![state]),
                (PRIVILEGES, application.privileges.0.clone()),
                (PACKAGE, application.package.0.clone()),
            ]
        };
        self.applications.iter().map(entry).collect()
    }

    fn packages(&self, with_modules: bool) -> Vec<Entry> {
        let entry = |package: &super::Package| {
            let (major, minor) = package.version;
            let mut entry = vec![
                (AID, package.aid.0.clone()),
                (LIFE_CYCLE, vec![LOADED]),
                (VERSION, vec![major, minor]),
            ];
            if with_modules {
                let modules = package.modules.iter().take(MODULES);
                entry.extend(modules.map(|Octets(aid)| (MODULE, aid.clone())));
            }
            entry
        };
        self.packages.iter().map(entry).collect()
    }
}

/// `4F length prefix`, and `5C length tags` for fewer objects.
fn criteria(data: &[u8]) -> Option<(&[u8], Option<Vec<u16>>)> {
    let [0x4f, length, rest @ ..] = data else {
        return None;
    };
    let (prefix, rest) = rest.split_at_checked(usize::from(*length))?;
    match rest {
        [] => Some((prefix, None)),
        [0x5c, length, tags @ ..] if usize::from(*length) == tags.len() => {
            Some((prefix, Some(read_tags(tags)?)))
        }
        _ => None,
    }
}

/// Tags of one octet, or of two where the first has all of its low bits.
fn read_tags(mut octets: &[u8]) -> Option<Vec<u16>> {
    let mut tags = Vec::new();
    while let [first, rest @ ..] = octets {
        octets = rest;
        if first & 0x1f != 0x1f {
            tags.push(u16::from(*first));
            continue;
        }
        let (second, rest) = octets.split_first()?;
        tags.push(u16::from_be_bytes([*first, *second]));
        octets = rest;
    }
    Some(tags)
}

fn written(entry: &Entry, wanted: &Option<Vec<u16>>) -> Vec<u8> {
    let mut value = Vec::new();
    for (tag, octets) in entry {
        let is_wanted = wanted.as_ref().is_none_or(|tags| tags.contains(tag));
        if is_wanted {
            match tag.to_be_bytes() {
                [0, low] => value.push(low),
                both => value.extend(both),
            }
            put_length(&mut value, octets.len());
            value.extend(octets);
        }
    }
    let mut out = vec![ENTRY];
    put_length(&mut out, value.len());
    out.extend(value);
    out
}

/// One octet up to 127, 81 and one octet above.
fn put_length(out: &mut Vec<u8>, length: usize) {
    if length > 0x7f {
        out.push(0x81);
    }
    out.push(u8::try_from(length).unwrap_or(u8::MAX));
}
