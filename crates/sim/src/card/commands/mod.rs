//! Commands on files and PINs (ETSI TS 102 221 clause 11), for a terminal and for
//! scripts alike. Short file identifiers are not supported: P1 and P2 that name one are
//! answered as files that are not there.

mod binary;
mod life_cycle;
mod record;
mod select;

use uicc::apdu::{CommandApdu, Flow, ResponseApdu, StatusWord};

use super::access::{Condition, Pins, Rules};
use super::files::{File, FileSystem};
use super::session::Session;

/// What a command gave; an error is a status word without data.
type Given = Result<ResponseApdu, StatusWord>;

/// 6984: the file is deactivated.
const INVALIDATED: StatusWord = StatusWord(0x6984);
/// 6881
const OTHER_CHANNEL: StatusWord = StatusWord(0x6881);

/// Carries a command out.
pub(super) fn execute(
    files: &mut FileSystem,
    pins: &mut Pins,
    session: &mut Session,
    command: &CommandApdu,
) -> ResponseApdu {
    if (command.class, command.instruction) == (0, 0xc0) {
        let given = session.pending.get_response(command);
        return given.unwrap_or_else(ResponseApdu::from);
    }
    session.pending.forget();
    let given = dispatch(files, pins, session, command).unwrap_or_else(ResponseApdu::from);
    match Flow::of(command.class, command.instruction) {
        Some(Flow::In) => session.pending.hand_over(command, given),
        _ => given,
    }
}

fn dispatch(
    files: &mut FileSystem,
    pins: &mut Pins,
    session: &mut Session,
    command: &CommandApdu,
) -> Given {
    match (command.class, command.instruction) {
        (0x00, 0xa4) => select::select(files, session, command),
        (0x80, 0xf2) => select::status(files, session, command),
        (0x00, 0xb0) => binary::read(files, session, command),
        (0x00, 0xd6) => binary::update(files, session, command),
        (0x00, 0xb2) => record::read(files, session, command),
        (0x00, 0xdc) => record::update(files, session, command),
        (0x00, 0xa2) => record::search(files, session, command),
        (0x80, 0x32) => record::increase(files, session, command),
        (0x00, 0x04) => life_cycle::change(files, session, command, false),
        (0x00, 0x44) => life_cycle::change(files, session, command, true),
        (0x00, 0x20) => {
            if command.p1 != 0 {
                return Err(StatusWord::WRONG_P1_P2);
            }
            let granted = &mut session.granted;
            pins.verify(command.p2, &command.data, granted)?;
            done()
        }
        (class, _) => Err(unknown(class)),
    }
}

/// What is said to a command that is not known: its class is not (6E00), it is of
/// another logical channel (6881), or its instruction is not known (6D00).
pub(super) const fn unknown(class: u8) -> StatusWord {
    match class {
        0x00 | 0x80 => StatusWord::UNKNOWN_INSTRUCTION,
        0x01..=0x0f | 0x40..=0x7f | 0x81..=0x8f | 0xc0..=0xef => OTHER_CHANNEL,
        _ => StatusWord::UNKNOWN_CLASS,
    }
}

const fn done() -> Given {
    Ok(ResponseApdu {
        data: Vec::new(),
        status: StatusWord::OK,
    })
}

const fn data(data: Vec<u8>) -> Given {
    Ok(ResponseApdu {
        data,
        status: StatusWord::OK,
    })
}

/// 6CXX: how much there is; 00 is 256.
fn wrong_le(there: usize) -> StatusWord {
    let there = u8::try_from(there).unwrap_or(0);
    StatusWord(0x6c00 | u16::from(there))
}

/// The current EF, if it may be used so.
fn current(
    files: &FileSystem,
    session: &Session,
    condition: impl Fn(&Rules) -> Condition,
) -> Result<usize, StatusWord> {
    let at = session.file.ok_or(StatusWord::NO_FILE_SELECTED)?;
    let file = files.get(at).ok_or(StatusWord::NO_FILE_SELECTED)?;
    session.granted.check(condition(&file.rules))?;
    match file.is_active {
        true => Ok(at),
        false => Err(INVALIDATED),
    }
}

fn file_mut(files: &mut FileSystem, at: usize) -> Result<&mut File, StatusWord> {
    files.get_mut(at).ok_or(StatusWord::NO_FILE_SELECTED)
}

fn file(files: &FileSystem, at: usize) -> Result<&File, StatusWord> {
    files.get(at).ok_or(StatusWord::NO_FILE_SELECTED)
}
