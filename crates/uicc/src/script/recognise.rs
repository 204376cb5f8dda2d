//! Commands as statements: the way back.

use super::management::{ForInstall, ForLoad, Registry, are_objects, object};
use super::selected::{MF, Selected};
use super::statement::{Content, Statement};
use crate::apdu::CommandApdu;
use crate::cap::Aid;
use crate::files;
use crate::remote::Format;

/// The statement of the commands that come next, and how many they are. One that would
/// not give the very same commands again is [`Statement::Raw`].
///
/// None if there are no commands.
pub(super) fn recognise(
    format: Format,
    commands: &[CommandApdu],
    selected: &Selected,
) -> Option<(Statement, usize)> {
    let first = commands.first()?;
    for statement in statements(commands, selected) {
        let Ok(steps) = statement.steps() else {
            continue;
        };
        let written: Vec<_> = steps.iter().flat_map(|step| step.written(format)).collect();
        if commands.starts_with(&written) {
            return Some((statement, written.len()));
        }
    }
    Some((Statement::Raw(first.clone()), 1))
}

/// What they may be, the best first.
fn statements(commands: &[CommandApdu], selected: &Selected) -> Vec<Statement> {
    let Some(command) = commands.first() else {
        return Vec::new();
    };
    let path = path(commands);
    if !path.is_empty() {
        return vec![Statement::Select(path)];
    }
    match command.instruction {
        0xd6 | 0xdc => update(command, selected),
        _ => other(command).into_iter().collect(),
    }
}

/// The statement that a command would be if it had another Le, or GET RESPONSE behind it.
pub(super) fn alike(command: &CommandApdu) -> Option<Statement> {
    other(&CommandApdu {
        expected: command.expected.or(Some(256)),
        ..command.clone()
    })
}

/// SELECTs by identifier one after the other, up to where a path begins anew.
fn path(commands: &[CommandApdu]) -> Vec<u16> {
    let mut path = Vec::new();
    for command in commands {
        let data = <[u8; 2]>::try_from(command.data.as_slice());
        match (command.header(), data.map(u16::from_be_bytes)) {
            ([0x00, 0xa4, 0x00, 0x0c], Ok(identifier)) if command.expected.is_none() => {
                if identifier == MF && !path.is_empty() {
                    break;
                }
                path.push(identifier);
            }
            _ => break,
        }
    }
    path
}

fn update(command: &CommandApdu, selected: &Selected) -> Vec<Statement> {
    let CommandApdu { p1, p2, data, .. } = command;
    if data.is_empty() {
        return Vec::new();
    }
    let with = |content| match command.header() {
        [0x00, 0xd6, 0x00..=0x7f, _] => Some(Statement::UpdateBinary {
            offset: u16::from_be_bytes([*p1, *p2]),
            content,
        }),
        [0x00, 0xdc, 1..=254, 0x04] => Some(Statement::UpdateRecord {
            number: *p1,
            content,
        }),
        _ => None,
    };
    let structure = match command.instruction {
        0xd6 => files::Structure::Transparent,
        _ => files::Structure::LinearFixed,
    };
    let name = selected.name().filter(|name| {
        name.structure() == structure && (command.instruction != 0xd6 || (*p1, *p2) == (0, 0))
    });
    // Where it would not give the same octets, it is not what is taken.
    let value = name.and_then(|name| files::Value::decode(name, data).ok());
    let contents = [
        value.map(Content::Value),
        Some(Content::Octets(data.clone())),
    ];
    contents.into_iter().flatten().filter_map(with).collect()
}

fn other(command: &CommandApdu) -> Option<Statement> {
    let CommandApdu { p1, p2, data, .. } = command;
    Some(match command.header() {
        [0x00, 0xa4, 0x04, 0x0c] => Statement::SelectApplication(Aid::new(data).ok()?),
        [0x00, 0xb0, 0x00..=0x7f, _] => Statement::ReadBinary {
            offset: u16::from_be_bytes([*p1, *p2]),
            length: command.expected?,
        },
        [0x00, 0xb2, 1..=254, 0x04] => Statement::ReadRecord {
            number: *p1,
            length: command.expected?,
        },
        [0x00, 0x44, 0x00, 0x00] => Statement::ActivateFile,
        [0x00, 0x04, 0x00, 0x00] => Statement::DeactivateFile,
        [0x80, 0xe6, 0x02, 0x00] => Statement::ForLoad(for_load(data)?),
        [0x80, 0xe6, 0x0c, 0x00] => Statement::ForInstall(for_install(data)?),
        [0x80, 0xe8, 0x00 | 0x80, _] if !data.is_empty() => Statement::LoadBlock {
            number: *p2,
            is_last: *p1 == 0x80,
            data: data.clone(),
        },
        [0x80, 0xe4, 0x00, 0x00 | 0x80] => Statement::Delete {
            aid: Aid::new(named(data)?).ok()?,
            related: *p2 == 0x80,
        },
        [0x80, 0xf2, _, 0x02 | 0x03] => Statement::GetStatus {
            of: Registry::of_p1(*p1)?,
            is_next: *p2 == 0x03,
            aid: named(data).filter(|aid| aid.len() <= 16)?.to_vec(),
        },
        [0x80, 0xf0, 0x40, 0x00 | 0x80] => Statement::Lock {
            aid: Aid::new(data).ok()?,
            is_locked: *p2 == 0x80,
        },
        [0x80, 0xca, _, _] => Statement::GetData {
            tag: u16::from_be_bytes([*p1, *p2]),
            length: command.expected?,
        },
        _ => return None,
    })
}

/// The value of 4F, if there is nothing else.
fn named(data: &[u8]) -> Option<&[u8]> {
    match object(data) {
        Some((0x4f, value, [])) => Some(value),
        _ => None,
    }
}

/// Fields as the language takes them.
fn for_load(data: &[u8]) -> Option<ForLoad> {
    let fields = ForLoad::read(data)?;
    let is_said = fields.hash.len() <= 64 && are_objects(&fields.parameters);
    is_said.then_some(fields)
}

fn for_install(data: &[u8]) -> Option<ForInstall> {
    let fields = ForInstall::read(data)?;
    let is_said = matches!(fields.privileges.len(), 1 | 3) && are_objects(&fields.parameters);
    is_said.then_some(fields)
}
