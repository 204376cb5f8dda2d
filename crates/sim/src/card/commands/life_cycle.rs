//! ACTIVATE FILE and DEACTIVATE FILE (ETSI TS 102 221 clauses 11.1.14 and 11.1.15).

use uicc::apdu::{CommandApdu, StatusWord};

use super::select::{by_path, reached};
use super::{Given, done, file_mut};
use crate::card::files::FileSystem;
use crate::card::session::Session;

/// The current EF, or the EF that is named as SELECT names it. What is current stays.
pub(super) fn change(
    files: &mut FileSystem,
    session: &Session,
    command: &CommandApdu,
    is_active: bool,
) -> Given {
    if command.p2 != 0 {
        return Err(StatusWord::WRONG_P1_P2);
    }
    let at = match (command.p1, command.data.as_slice()) {
        (0x00, []) => session.file.ok_or(StatusWord::NO_FILE_SELECTED)?,
        (0x00, [high, low]) => {
            let identifier = u16::from_be_bytes([*high, *low]);
            reached(files, session, identifier).ok_or(StatusWord::FILE_NOT_FOUND)?
        }
        (0x08 | 0x09, path) => by_path(files, session, command.p1, path)?,
        (0x00, _) => return Err(StatusWord::WRONG_LENGTH),
        _ => return Err(StatusWord::WRONG_P1_P2),
    };
    if files.is_directory(at) {
        return Err(StatusWord::INCOMPATIBLE_FILE);
    }
    let file = file_mut(files, at)?;
    session.granted.check(file.rules.activate)?;
    file.is_active = is_active;
    done()
}
