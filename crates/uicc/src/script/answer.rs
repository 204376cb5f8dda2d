//! What came of a script, in words, and by line if the packet is at hand (TS 102 226
//! clauses 5.2.1.2 and 5.2.2.2).

use std::fmt;

use super::explain::instruction;
use super::management::Registry;
use super::registry::table;
use super::selected::Selected;
use super::{Packet, PacketCommand};
use crate::UiccError;
use crate::apdu::{CommandApdu, Meaning, ResponseApdu};
use crate::files::{Structure, Value};
use crate::remote::{Format, ScriptResponse};

/// What came of a script.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Commands carried out, the one that failed with them, if the card says so.
    pub executed: Option<u16>,
    /// The commands that the answer has something of: of a compact script the last one.
    pub commands: Vec<AnsweredCommand>,
    /// What is to be said of the script as a whole.
    pub notes: Vec<String>,
}

/// What came of one command.
#[derive(Clone)]
pub struct AnsweredCommand {
    /// Which command of the packet, from 1.
    pub number: usize,
    /// The line of the script that it comes from.
    pub line: Option<usize>,
    /// What it is called.
    pub name: Option<&'static str>,
    /// What it gave.
    pub response: ResponseApdu,
    /// The data in words, a line for each entry.
    pub shown: Vec<String>,
}

/// Without the data.
impl fmt::Debug for AnsweredCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnsweredCommand")
            .field("number", &self.number)
            .field("line", &self.line)
            .field("name", &self.name)
            .field("response", &self.response)
            .finish_non_exhaustive()
    }
}

impl Answer {
    /// The command that failed.
    #[must_use]
    pub fn failed(&self) -> Option<&AnsweredCommand> {
        let is_error = |it: &&AnsweredCommand| it.response.status.meaning() == Meaning::Error;
        self.commands.iter().find(is_error)
    }
}

/// Explains the answer to a script of this format; `packet` is what was sent.
///
/// # Errors
///
/// Those of [`ScriptResponse::read`].
pub fn explain_response(
    format: Format,
    octets: &[u8],
    packet: Option<&Packet>,
) -> Result<Answer, UiccError> {
    let sent = packet.map(|packet| packet.commands.as_slice());
    let mut answer = match ScriptResponse::read(format, octets)? {
        ScriptResponse::Compact { executed, last } => {
            let number = usize::from(executed);
            let mut answer = Answer {
                executed: Some(u16::from(executed)),
                commands: vec![answered(number, last, sent)],
                notes: Vec::new(),
            };
            if number == 0 {
                answer.notes.push("no command was carried out".to_owned());
            }
            answer
        }
        ScriptResponse::Expanded {
            executed,
            responses,
            end,
            ..
        } => {
            let count = responses.len();
            let responses = (1..).zip(responses);
            let mut answer = Answer {
                executed,
                commands: responses
                    .map(|(number, it)| answered(number, it, sent))
                    .collect(),
                notes: Vec::new(),
            };
            answer.notes.extend(end.map(|end| end.text().to_owned()));
            if executed.is_some_and(|executed| usize::from(executed) != count) && end.is_none() {
                answer.notes.push(format!("it has {count} answers"));
            }
            answer
        }
    };
    if let Some(sent) = sent {
        let carried_out = answer.commands.last().map_or(0, |last| last.number);
        if let Some(next) = sent.get(carried_out) {
            let (count, line) = (sent.len() - carried_out, next.line);
            let note = format!("{count} commands were not carried out, from line {line} on");
            answer.notes.push(note);
        }
        if carried_out > sent.len() {
            answer
                .notes
                .push(format!("the packet has {} commands", sent.len()));
        }
    }
    Ok(answer)
}

fn answered(
    number: usize,
    response: ResponseApdu,
    sent: Option<&[PacketCommand]>,
) -> AnsweredCommand {
    let until = sent.and_then(|sent| sent.get(..number));
    let last = until.and_then(<[PacketCommand]>::last);
    AnsweredCommand {
        number,
        line: last.map(|last| last.line),
        name: last.and_then(|last| instruction(&last.command)),
        shown: match until {
            Some(until) => shown(until, &response),
            // An object of GET STATUS.
            None if response.data.first() == Some(&0xe3) => table(None, &response.data),
            None => Vec::new(),
        },
        response,
    }
}

/// The data that the last of these commands gave.
fn shown(commands: &[PacketCommand], response: &ResponseApdu) -> Vec<String> {
    let Some(at) = commands
        .iter()
        .rposition(|it| it.command.header() != GET_RESPONSE)
    else {
        return Vec::new();
    };
    let (before, rest) = commands.split_at_checked(at).unwrap_or_default();
    let Some(PacketCommand { command, .. }) = rest.first() else {
        return Vec::new();
    };
    let data = response.data.as_slice();
    match (command.class, command.instruction, data) {
        (0x80, 0xf2, data) => {
            let mut lines = table(Registry::of_p1(command.p1), data);
            if response.status.0 == MORE_ENTRIES {
                lines.push("more entries can be had: the same with `next`".to_owned());
            }
            lines
        }
        (0x80, 0xe4 | 0xe6 | 0xe8, [0]) => vec!["no receipt".to_owned()],
        (_, 0xb0 | 0xb2, [_, ..]) => typed(before, command, data).into_iter().collect(),
        _ => Vec::new(),
    }
}

const GET_RESPONSE: [u8; 4] = [0x00, 0xc0, 0x00, 0x00];
/// GlobalPlatform Card Specification 2.3 clause 11.4.3.2.
const MORE_ENTRIES: u16 = 0x6310;

/// A whole file or record whose values are known.
fn typed(before: &[PacketCommand], command: &CommandApdu, data: &[u8]) -> Option<String> {
    let mut selected = Selected::default();
    for it in before {
        selected.note(it.line, &it.command);
    }
    let name = selected.name()?;
    let is_whole = match name.structure() {
        Structure::Transparent => command.header() == [0x00, 0xb0, 0x00, 0x00],
        Structure::LinearFixed => command.instruction == 0xb2 && command.p2 == 0x04,
    };
    let value = Value::decode(name, data).ok().filter(|_| is_whole)?;
    Some(format!("{name} {}", value.to_words().join(" ")))
}
