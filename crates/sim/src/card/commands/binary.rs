//! READ BINARY and UPDATE BINARY (ETSI TS 102 221 clauses 11.1.3 and 11.1.4).

use uicc::apdu::{CommandApdu, StatusWord};

use super::{Given, current, data, done, file, file_mut, wrong_le};
use crate::card::files::{Content, FileSystem};
use crate::card::session::Session;

/// 15 bits of P1 and P2; a short file identifier stands where the sixteenth is set.
fn offset(command: &CommandApdu) -> Result<usize, StatusWord> {
    match command.p1 & 0x80 {
        0 => Ok(usize::from(u16::from_be_bytes([command.p1, command.p2]))),
        _ => Err(StatusWord::FILE_NOT_FOUND),
    }
}

/// All that Le asks for; Le 00 asks for 256 octets or what there is.
pub(super) fn read(files: &FileSystem, session: &Session, command: &CommandApdu) -> Given {
    let offset = offset(command)?;
    let le = command.expected.ok_or(StatusWord::WRONG_LENGTH)?;
    if !command.data.is_empty() {
        return Err(StatusWord::WRONG_LENGTH);
    }
    let at = current(files, session, |rules| rules.read)?;
    let Content::Transparent(octets) = &file(files, at)?.content else {
        return Err(StatusWord::INCOMPATIBLE_FILE);
    };
    let rest = match octets.0.get(offset..) {
        None | Some([]) => return Err(StatusWord::OUT_OF_RANGE),
        Some(rest) => rest,
    };
    match (le, rest.get(..usize::from(le))) {
        (_, Some(found)) => data(found.to_vec()),
        (256, None) => data(rest.to_vec()),
        (_, None) => Err(wrong_le(rest.len())),
    }
}

/// Whole or not at all.
pub(super) fn update(files: &mut FileSystem, session: &Session, command: &CommandApdu) -> Given {
    let offset = offset(command)?;
    if command.data.is_empty() {
        return Err(StatusWord::WRONG_LENGTH);
    }
    let at = current(files, session, |rules| rules.update)?;
    let Content::Transparent(octets) = &mut file_mut(files, at)?.content else {
        return Err(StatusWord::INCOMPATIBLE_FILE);
    };
    if offset >= octets.0.len() {
        return Err(StatusWord::OUT_OF_RANGE);
    }
    let place = octets.0.get_mut(offset..offset + command.data.len());
    place
        .ok_or(StatusWord::WRONG_LENGTH)?
        .copy_from_slice(&command.data);
    done()
}
