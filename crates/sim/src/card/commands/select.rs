//! SELECT and STATUS (ETSI TS 102 221 clauses 11.1.1 and 11.1.2, and 8.4 for what can be
//! reached from where).

use uicc::apdu::{CommandApdu, ResponseApdu, StatusWord};

use super::{Given, data, done};
use crate::card::files::{CURRENT_ADF, Content, FileSystem, MF, ROOT};
use crate::card::session::Session;

const NOT_FOUND: StatusWord = StatusWord::FILE_NOT_FOUND;
/// The selected file is deactivated.
const DEACTIVATED: StatusWord = StatusWord(0x6283);

/// SELECT: by identifier (P1 00), child DF (01), parent (03), AID (04), path from the MF
/// (08) or from the current DF (09).
pub(super) fn select(files: &FileSystem, session: &mut Session, command: &CommandApdu) -> Given {
    let with_template = wants_template(command)?;
    let given = command.data.as_slice();
    let at = match (command.p1, given) {
        (0x00, []) => ROOT,
        (0x00, [high, low]) => {
            let identifier = u16::from_be_bytes([*high, *low]);
            reached(files, session, identifier).ok_or(NOT_FOUND)?
        }
        (0x01, [high, low]) => {
            let identifier = u16::from_be_bytes([*high, *low]);
            let child = files.child(session.directory, identifier);
            let child = child.filter(|at| files.is_directory(*at));
            child.ok_or(NOT_FOUND)?
        }
        (0x03, []) => files.parent(session.directory).ok_or(NOT_FOUND)?,
        (0x04, aid) => files.by_aid(aid).ok_or(NOT_FOUND)?,
        (0x08 | 0x09, path) => by_path(files, session, command.p1, path)?,
        (0x00 | 0x01 | 0x03, _) => return Err(StatusWord::WRONG_LENGTH),
        _ => return Err(StatusWord::WRONG_P1_P2),
    };
    enter(files, session, at);
    let status = match files.get(at).is_some_and(|file| file.is_active) {
        true => StatusWord::OK,
        false => DEACTIVATED,
    };
    let data = match with_template {
        true => files.fcp(at),
        false => Vec::new(),
    };
    Ok(ResponseApdu { data, status })
}

/// P2 (table 11.2): 04 for the FCP template, 0C for nothing; 00, which other tools
/// write, for the template too. Of an AID the first occurrence alone.
const fn wants_template(command: &CommandApdu) -> Result<bool, StatusWord> {
    // Activation or reset of an application; the other value is termination.
    let is_plain = command.p2 & 0xe3 == 0;
    match command.p2 & 0x1c {
        0x00 | 0x04 if is_plain => Ok(true),
        0x0c if is_plain => Ok(false),
        _ => Err(StatusWord::WRONG_P1_P2),
    }
}

/// Clause 8.4.1: a child of the current DF, the DF itself, its parent, a DF beside it,
/// the MF, the ADF that was selected last.
pub(super) fn reached(files: &FileSystem, session: &Session, identifier: u16) -> Option<usize> {
    let now = session.directory;
    match identifier {
        MF => return Some(ROOT),
        CURRENT_ADF => return session.application,
        _ => {}
    }
    let is_named = |at: &usize| files.get(*at).is_some_and(|it| it.identifier == identifier);
    let parent = files.parent(now);
    let beside = || {
        let at = files.child(parent?, identifier)?;
        files.is_directory(at).then_some(at)
    };
    files
        .child(now, identifier)
        .or_else(|| Some(now).filter(is_named))
        .or_else(|| parent.filter(is_named))
        .or_else(beside)
}

/// Without the MF or the current DF in front; 7FFF may be the first from the MF.
pub(super) fn by_path(
    files: &FileSystem,
    session: &Session,
    p1: u8,
    path: &[u8],
) -> Result<usize, StatusWord> {
    let (pairs, rest) = path.as_chunks::<2>();
    if path.is_empty() || !rest.is_empty() {
        return Err(StatusWord::WRONG_LENGTH);
    }
    let path: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    let found = match path.as_slice() {
        [CURRENT_ADF, rest @ ..] if p1 == 0x08 => {
            let application = session.application.ok_or(NOT_FOUND)?;
            files.by_path(application, rest)
        }
        all if p1 == 0x08 => files.by_path(ROOT, all),
        all => files.by_path(session.directory, all),
    };
    found.ok_or(NOT_FOUND)
}

/// Makes a file the current one (clause 8.4.2).
fn enter(files: &FileSystem, session: &mut Session, at: usize) {
    session.record = None;
    let Some(file) = files.get(at) else {
        return;
    };
    match &file.content {
        Content::Directory { aid } => {
            session.directory = at;
            session.file = None;
            if aid.is_some() {
                session.application = Some(at);
            }
        }
        content => {
            session.file = Some(at);
            session.directory = file.parent;
            if let Content::Cyclic(_) = content {
                // The record written last is the first.
                session.record = Some(0);
            }
            if let Some(application) = files.application(at) {
                session.application = Some(application);
            }
        }
    }
}

/// STATUS: the FCP template of the current DF (P2 00), its AID (01), nothing (0C).
pub(super) fn status(files: &FileSystem, session: &Session, command: &CommandApdu) -> Given {
    if command.p1 > 2 {
        return Err(StatusWord::WRONG_P1_P2);
    }
    match command.p2 {
        0x00 => data(files.fcp(session.directory)),
        0x01 => {
            let aid = session.application.and_then(|at| files.aid(at));
            let aid = aid.unwrap_or_default();
            let length = u8::try_from(aid.len()).unwrap_or(0);
            data([&[0x84, length], aid].concat())
        }
        0x0c => done(),
        _ => Err(StatusWord::WRONG_P1_P2),
    }
}
