//! What GET STATUS answers: an object E3 for each entry (GlobalPlatform Card
//! Specification 2.3 clause 11.4.3.1), and what the life cycle states are called (clause
//! 11.1.1).

use data_encoding::HEXLOWER;

use super::management::{Registry, object};

const ENTRY: u16 = 0xe3;
const AID: u16 = 0x4f;
const STATE: u16 = 0x9f70;
const PRIVILEGES: u16 = 0xc5;
const PACKAGE: u16 = 0xc4;
const VERSION: u16 = 0xce;
const MODULE: u16 = 0x84;
const DOMAIN: u16 = 0xcc;
/// The security domain among the privileges.
const SECURITY_DOMAIN: u8 = 0x80;

/// A line for each entry. Without the part of the registry, states are shown as octets.
pub(super) fn table(part: Option<Registry>, data: &[u8]) -> Vec<String> {
    let (mut lines, mut rest) = (Vec::new(), data);
    while let Some((ENTRY, entry, behind)) = object(rest) {
        lines.push(line(part, entry));
        rest = behind;
    }
    if !rest.is_empty() {
        lines.push(format!("{} octets that are no whole entry", rest.len()));
    }
    lines
}

fn line(part: Option<Registry>, entry: &[u8]) -> String {
    let (mut fields, mut rest) = (Vec::new(), entry);
    while let Some((tag, value, behind)) = object(rest) {
        fields.push((tag, value));
        rest = behind;
    }
    let field = |tag| {
        fields
            .iter()
            .find(|(found, _)| *found == tag)
            .map(|(_, value)| *value)
    };
    let mut words = vec![HEXLOWER.encode(field(AID).unwrap_or_default())];
    let privileges = field(PRIVILEGES);
    if let Some(octets) = field(STATE) {
        let is_domain = privileges.and_then(|octets| octets.first());
        let is_domain = is_domain.is_some_and(|first| first & SECURITY_DOMAIN != 0);
        let name = octets
            .first()
            .and_then(|octet| state(part?, *octet, is_domain));
        words.push(name.map_or_else(
            || format!("state {}", HEXLOWER.encode(octets)),
            str::to_owned,
        ));
    }
    for (tag, value) in &fields {
        let name = match *tag {
            PRIVILEGES => "privileges",
            PACKAGE => "package",
            VERSION => "version",
            MODULE => "module",
            DOMAIN => "domain",
            _ => continue,
        };
        words.push(format!("{name} {}", HEXLOWER.encode(value)));
    }
    if !rest.is_empty() {
        words.push(format!("{} octets that are no object", rest.len()));
    }
    words.join(", ")
}

/// What a state is called; nothing for an application's own.
const fn state(part: Registry, octet: u8, is_domain: bool) -> Option<&'static str> {
    Some(match (part, octet) {
        (Registry::Isd, 0x01) => "OP_READY",
        (Registry::Isd, 0x07) => "INITIALIZED",
        (Registry::Isd, 0x0f) => "SECURED",
        (Registry::Isd, 0x7f) => "CARD_LOCKED",
        (Registry::Isd, 0xff) => "TERMINATED",
        (Registry::Packages | Registry::Modules, 0x01) => "LOADED",
        (Registry::Applications, 0x03) => "INSTALLED",
        (Registry::Applications, 0x07) => "SELECTABLE",
        (Registry::Applications, 0x0f) if is_domain => "PERSONALIZED",
        (Registry::Applications, 0x80..) if octet & 0x03 == 0x03 => "LOCKED",
        _ => return None,
    })
}
