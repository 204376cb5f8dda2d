//! READ RECORD, UPDATE RECORD, SEARCH RECORD and INCREASE (ETSI TS 102 221 clauses
//! 11.1.5 to 11.1.8). The record pointer does not move where a command fails.

use uicc::apdu::{CommandApdu, ResponseApdu, StatusWord};

use super::{Given, current, data, done, file, file_mut, wrong_le};
use crate::card::files::{Content, FileSystem};
use crate::card::octets::Octets;
use crate::card::session::Session;

/// The end was reached, or nothing was found.
const NOT_IN_FILE: StatusWord = StatusWord(0x6282);
/// INCREASE: the sum is too large.
const MAX_REACHED: StatusWord = StatusWord(0x9850);

const NEXT: u8 = 2;
const PREVIOUS: u8 = 3;
const ABSOLUTE: u8 = 4;
const BACKWARD: u8 = 5;
/// Bits of P2 with a short file identifier.
const SHORT_IDENTIFIER: u8 = 0xf8;

/// Which record P1 and P2 name (clause 11.1.5.1), and whether the pointer moves to it.
fn named(
    content: &Content,
    session: &Session,
    command: &CommandApdu,
) -> Result<(usize, bool), StatusWord> {
    if command.p2 & SHORT_IDENTIFIER != 0 {
        return Err(StatusWord::FILE_NOT_FOUND);
    }
    let count = content.records()?.len();
    let is_cyclic = matches!(content, Content::Cyclic(_));
    let last = count.checked_sub(1).ok_or(StatusWord::RECORD_NOT_FOUND)?;
    let now = session.record;
    let (place, moves) = match (command.p2, command.p1) {
        (NEXT, 0) => match now {
            None => (0, true),
            Some(now) if now < last => (now + 1, true),
            Some(_) if is_cyclic => (0, true),
            Some(_) => return Err(StatusWord::RECORD_NOT_FOUND),
        },
        (PREVIOUS, 0) => match now {
            None => (last, true),
            Some(0) if is_cyclic => (last, true),
            Some(0) => return Err(StatusWord::RECORD_NOT_FOUND),
            Some(now) => (now - 1, true),
        },
        (ABSOLUTE, 0) => (now.ok_or(StatusWord::RECORD_NOT_FOUND)?, false),
        (ABSOLUTE, number) => (usize::from(number) - 1, false),
        _ => return Err(StatusWord::WRONG_P1_P2),
    };
    match place <= last {
        true => Ok((place, moves)),
        false => Err(StatusWord::RECORD_NOT_FOUND),
    }
}

pub(super) fn read(files: &FileSystem, session: &mut Session, command: &CommandApdu) -> Given {
    let le = command.expected.ok_or(StatusWord::WRONG_LENGTH)?;
    if !command.data.is_empty() {
        return Err(StatusWord::WRONG_LENGTH);
    }
    let at = current(files, session, |rules| rules.read)?;
    let content = &file(files, at)?.content;
    let (place, moves) = named(content, session, command)?;
    let record = content.records()?.get(place);
    let Octets(record) = record.ok_or(StatusWord::RECORD_NOT_FOUND)?;
    if le != 256 && usize::from(le) != record.len() {
        return Err(wrong_le(record.len()));
    }
    if moves {
        session.record = Some(place);
    }
    data(record.clone())
}

/// A whole record. In a cyclic file only the previous one: the oldest is written and
/// becomes the first (clause 11.1.6.1).
pub(super) fn update(
    files: &mut FileSystem,
    session: &mut Session,
    command: &CommandApdu,
) -> Given {
    let at = current(files, session, |rules| rules.update)?;
    let content = &mut file_mut(files, at)?.content;
    let (place, moves) = named(content, session, command)?;
    let is_cyclic = matches!(content, Content::Cyclic(_));
    if is_cyclic && command.p2 != PREVIOUS {
        return Err(StatusWord::INCOMPATIBLE_FILE);
    }
    let (Content::LinearFixed(records) | Content::Cyclic(records)) = content else {
        return Err(StatusWord::INCOMPATIBLE_FILE);
    };
    let length = records.first().map_or(0, |record| record.0.len());
    if command.data.len() != length {
        return Err(StatusWord::WRONG_LENGTH);
    }
    if is_cyclic {
        push(records, command.data.clone());
        session.record = Some(0);
        return done();
    }
    let record = records.get_mut(place);
    record
        .ok_or(StatusWord::RECORD_NOT_FOUND)?
        .0
        .clone_from(&command.data);
    if moves {
        session.record = Some(place);
    }
    done()
}

/// A new first record in place of the oldest.
fn push(records: &mut Vec<Octets>, record: Vec<u8>) {
    records.pop();
    records.insert(0, Octets(record));
}

/// Simple search, forward or backward from a record (P2 04 and 05): the numbers of the
/// records that have the octets anywhere in them. The pointer moves to the first found.
pub(super) fn search(files: &FileSystem, session: &mut Session, command: &CommandApdu) -> Given {
    let at = current(files, session, |rules| rules.read)?;
    let records = file(files, at)?.content.records()?;
    let length = records.first().map_or(0, |record| record.0.len());
    let wanted = command.data.as_slice();
    if wanted.is_empty() || wanted.len() > length {
        return Err(StatusWord::WRONG_LENGTH);
    }
    if command.p2 & SHORT_IDENTIFIER != 0 {
        return Err(StatusWord::FILE_NOT_FOUND);
    }
    let from = match command.p1 {
        0 => session.record.ok_or(StatusWord::RECORD_NOT_FOUND)?,
        number => usize::from(number) - 1,
    };
    if from >= records.len() {
        return Err(StatusWord::RECORD_NOT_FOUND);
    }
    let places: Vec<usize> = match command.p2 {
        ABSOLUTE => (from..records.len()).collect(),
        BACKWARD => (0..=from).rev().collect(),
        _ => return Err(StatusWord::WRONG_P1_P2),
    };
    let has = |place: &usize| {
        let record = records.get(*place);
        record.is_some_and(|record| record.0.windows(wanted.len()).any(|part| part == wanted))
    };
    let found: Vec<usize> = places.into_iter().filter(has).collect();
    let Some(first) = found.first() else {
        return Ok(ResponseApdu::from(NOT_IN_FILE));
    };
    session.record = Some(*first);
    let numbers = found
        .iter()
        .filter_map(|place| u8::try_from(place + 1).ok());
    data(numbers.collect())
}

/// INCREASE: the last record and a number in a new record; the answer has the sum and
/// the number.
pub(super) fn increase(
    files: &mut FileSystem,
    session: &mut Session,
    command: &CommandApdu,
) -> Given {
    match (command.p1, command.p2) {
        (0, 0) => {}
        (0x81.., 0) => return Err(StatusWord::FILE_NOT_FOUND),
        _ => return Err(StatusWord::WRONG_P1_P2),
    }
    let at = current(files, session, |rules| rules.increase)?;
    let Content::Cyclic(records) = &mut file_mut(files, at)?.content else {
        return Err(StatusWord::INCOMPATIBLE_FILE);
    };
    let Octets(last) = records.first().ok_or(StatusWord::RECORD_NOT_FOUND)?;
    if command.data.is_empty() || command.data.len() > last.len() {
        return Err(StatusWord::WRONG_LENGTH);
    }
    let sum = added(last, &command.data).ok_or(MAX_REACHED)?;
    let given = [sum.as_slice(), &command.data].concat();
    push(records, sum);
    session.record = Some(0);
    data(given)
}

/// Big-endian numbers; nothing where the sum does not fit.
fn added(number: &[u8], more: &[u8]) -> Option<Vec<u8>> {
    let mut sum = number.to_vec();
    let mut more = more.iter().rev();
    let mut carry = 0;
    for octet in sum.iter_mut().rev() {
        let total = u16::from(*octet) + u16::from(more.next().copied().unwrap_or(0)) + carry;
        let [high, low] = total.to_be_bytes();
        *octet = low;
        carry = u16::from(high);
    }
    (carry == 0).then_some(sum)
}
