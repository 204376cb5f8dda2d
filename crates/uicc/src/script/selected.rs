//! Which file is selected, and by which commands (TS 102 221 clauses 8.4 and 11.1.1):
//! what a packet has to repeat before it goes on where the last one ended, since a card
//! begins each with nothing selected (TS 102 226 clause 5.1).

use crate::apdu::CommandApdu;
use crate::files::Name;

/// The MF, and the ADF of the application that is current.
pub(super) const MF: u16 = 0x3f00;
pub(super) const ADF: u16 = 0x7fff;
/// DF_GSM and DF_TELECOM, where GSM has some of the same files.
const DF_GSM: u16 = 0x7f20;
const DF_TELECOM: u16 = 0x7f10;

/// The commands that selected what is selected.
#[derive(Clone, Default)]
pub(super) struct Selected {
    application: Option<Step>,
    path: Vec<Step>,
    /// The file changed by a short identifier in some other command.
    is_short: bool,
}

/// A SELECT and the line that it comes from.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) line: usize,
    pub(super) command: CommandApdu,
}

/// The file that a command acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum File {
    /// None, or what the card selects by itself.
    Default,
    /// Something that no identifier is known of.
    Unknown,
    /// The file of this identifier, in that of the other.
    Known(Option<u16>, u16),
}

/// How a command changes what is selected.
#[derive(PartialEq, Eq)]
enum Change {
    Application,
    FromRoot,
    Relative,
    Short,
    Nothing,
}

fn change(command: &CommandApdu) -> Change {
    match (
        command.class,
        command.instruction,
        command.p1,
        command.data.as_slice(),
    ) {
        (0x00, 0xa4, 0x04, _) => Change::Application,
        (0x00, 0xa4, 0x00, [] | [0x3f, 0x00]) | (0x00, 0xa4, 0x08, _) => Change::FromRoot,
        (0x00, 0xa4, _, _) => Change::Relative,
        _ if is_short(command) => Change::Short,
        _ => Change::Nothing,
    }
}

/// READ and UPDATE BINARY with bit 8 of P1, and the commands on records with a short
/// identifier in P2.
const fn is_short(command: &CommandApdu) -> bool {
    command.class == 0x00
        && match command.instruction {
            0xb0 | 0xd6 => command.p1 & 0x80 != 0,
            0xb2 | 0xdc | 0xa2 | 0x32 => command.p2 >> 3 != 0,
            _ => false,
        }
}

/// By the first octet (TS 102 221 clause 8.6): 2F is an EF under the MF, 6F under a DF of
/// the first level, 4F of the second.
fn is_elementary(command: &CommandApdu) -> bool {
    command.p1 == 0 && matches!(command.data.first(), Some(0x2f | 0x6f | 0x4f))
}

impl Selected {
    /// A command of this line is carried out.
    pub(super) fn note(&mut self, line: usize, command: &CommandApdu) {
        let step = || Step {
            line,
            command: command.clone(),
        };
        match change(command) {
            Change::Application => {
                self.application = Some(step());
                self.path.clear();
            }
            Change::FromRoot => self.path = vec![step()],
            Change::Relative => {
                if self
                    .path
                    .last()
                    .is_some_and(|last| is_elementary(&last.command))
                {
                    self.path.pop();
                }
                self.path.push(step());
            }
            Change::Short => {}
            Change::Nothing => return,
        }
        self.is_short = change(command) == Change::Short;
    }

    /// What comes before this command in a packet of its own. None if the file that it
    /// acts on is known by nothing but a short identifier.
    pub(super) fn before(&self, command: &CommandApdu) -> Option<Vec<Step>> {
        let steps = match change(command) {
            Change::Application => return Some(Vec::new()),
            Change::FromRoot => return Some(self.application.iter().cloned().collect()),
            Change::Nothing if self.is_short && command.class == 0 => return None,
            _ => self.application.iter().chain(&self.path),
        };
        Some(steps.cloned().collect())
    }

    /// The file that the next command acts on.
    pub(super) fn file(&self) -> File {
        let identifiers = self.path.iter().map(|step| match step.command.p1 {
            0x00 => <[u8; 2]>::try_from(step.command.data.as_slice()).ok(),
            0x08 | 0x09 => step.command.data.last_chunk::<2>().copied(),
            _ => None,
        });
        let mut last = identifiers
            .rev()
            .map(|identifier| identifier.map(u16::from_be_bytes));
        match (last.next(), last.next()) {
            _ if self.is_short => File::Unknown,
            (None, _) if self.application.is_none() => File::Default,
            (None | Some(None), _) | (_, Some(None)) => File::Unknown,
            (Some(Some(file)), parent) => File::Known(parent.flatten(), file),
        }
    }

    /// Which of the files with typed values that is.
    pub(super) fn name(&self) -> Option<Name> {
        let File::Known(parent, identifier) = self.file() else {
            return None;
        };
        let name = Name::of_identifier(identifier)?;
        let is_its_place = match parent {
            None | Some(ADF) => true,
            Some(DF_GSM) => name != Name::Smsp,
            Some(DF_TELECOM) => name == Name::Smsp,
            Some(_) => false,
        };
        is_its_place.then_some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select(p1: u8, data: &[u8]) -> CommandApdu {
        CommandApdu::new([0, 0xa4, p1, 0x0c]).with_data(data)
    }

    fn after(commands: &[CommandApdu]) -> Selected {
        let mut selected = Selected::default();
        for (line, command) in (1..).zip(commands) {
            selected.note(line, command);
        }
        selected
    }

    fn lines(selected: &Selected, command: &CommandApdu) -> Vec<usize> {
        let before = selected.before(command).unwrap();
        before.iter().map(|step| step.line).collect()
    }

    const READ: CommandApdu = CommandApdu::new([0, 0xb0, 0, 0]);

    #[test]
    fn files_are_followed() {
        let mf = select(0, &[0x3f, 0]);
        let adf = select(0, &[0x7f, 0xff]);
        let imsi = select(0, &[0x6f, 7]);
        let spn = select(0, &[0x6f, 0x46]);
        assert_eq!(after(&[]).file(), File::Default);
        let selected = after(&[mf.clone(), adf.clone(), imsi.clone(), READ]);
        assert_eq!(selected.file(), File::Known(Some(ADF), 0x6f07));
        assert_eq!(selected.name(), Some(Name::Imsi));
        assert_eq!(lines(&selected, &READ), [1, 2, 3]);
        // A sibling takes the place of the file; the MF that of everything.
        let selected = after(&[mf.clone(), adf.clone(), imsi.clone(), spn]);
        assert_eq!(selected.name(), Some(Name::Spn));
        assert_eq!(lines(&selected, &READ), [1, 2, 4]);
        let selected = after(&[mf.clone(), adf.clone(), imsi.clone(), mf.clone()]);
        assert_eq!(selected.file(), File::Known(None, MF));
        assert_eq!(lines(&selected, &READ), [4]);
        // In another directory it is another file.
        let dir = select(0, &[0x7f, 0x43]);
        assert_eq!(after(&[mf.clone(), dir, imsi.clone()]).name(), None);
        // By path.
        let path = select(8, &[0x7f, 0xff, 0x6f, 7]);
        let selected = after(&[imsi.clone(), path]);
        assert_eq!(selected.file(), File::Known(None, 0x6f07));
        assert_eq!(lines(&selected, &READ), [2]);
        // Where the parent is, nobody knows.
        let selected = after(&[mf, adf, select(3, &[])]);
        assert_eq!(selected.file(), File::Unknown);
    }

    /// 7FFF is the ADF of the application that was selected last: the MF does not
    /// change that.
    #[test]
    fn an_application_stays_selected() {
        let aid = select(4, &[0xa0, 0, 0, 0, 0x87]);
        let mf = select(0, &[0x3f, 0]);
        let adf = select(0, &[0x7f, 0xff]);
        let selected = after(&[aid.clone(), mf.clone(), adf]);
        assert_eq!(lines(&selected, &READ), [1, 2, 3]);
        assert_eq!(lines(&selected, &mf), [1]);
        assert!(lines(&selected, &aid).is_empty());
        assert_eq!(after(&[aid]).file(), File::Unknown);
    }

    #[test]
    fn a_short_identifier_is_not_followed() {
        let imsi = select(0, &[0x6f, 7]);
        for short in [
            [0, 0xb0, 0x87, 0],
            [0, 0xd6, 0x87, 0],
            [0, 0xb2, 1, 0x0c],
            [0, 0xdc, 1, 0x0c],
        ] {
            let short = CommandApdu::new(short);
            let selected = after(&[imsi.clone(), short.clone()]);
            assert_eq!(selected.file(), File::Unknown);
            assert!(selected.before(&READ).is_none());
            assert_eq!(lines(&selected, &short), [1]);
            assert_eq!(lines(&selected, &imsi), [1]);
            let management = CommandApdu::new([0x80, 0xf2, 0x40, 2]);
            assert_eq!(lines(&selected, &management), [1]);
            let selected = after(&[imsi.clone(), short, imsi.clone()]);
            assert_eq!(selected.name(), Some(Name::Imsi));
        }
        assert_eq!(after(&[imsi, READ]).name(), Some(Name::Imsi));
    }
}
