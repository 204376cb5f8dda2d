//! A language for scripts that manage a UICC over the air (ETSI TS 102 226): statements,
//! one a line, compiled to the data of secured packets, and the way back. What each
//! statement is and gives is in `docs/uicc-ota.md`.
//!
//! ```
//! use uicc::remote::Format;
//! use uicc::script::{Script, no_files};
//!
//! let script = Script::parse("select 3F00/2FE2\nread-binary 0 10\n", no_files)?;
//! let packets = script.packets(Format::Compact, uicc::script::DEFAULT_LIMIT)?;
//! assert_eq!(packets.len(), 1);
//! # Ok::<(), uicc::script::ScriptError>(())
//! ```

mod answer;
mod error;
mod explain;
mod language;
mod load;
mod management;
mod packets;
mod recognise;
mod registry;
mod selected;
mod statement;
mod step;
mod words;

use std::fmt;

pub use answer::{Answer, AnsweredCommand, explain_response};
pub use error::{ScriptError, ScriptFault};
pub use explain::{Explained, ExplainedLine, explain};
pub use load::no_files;

use crate::apdu::CommandApdu;
use crate::remote::Format;
use selected::Selected;
use step::Step;
use words::Words;

/// Octets of a packet's data that 255 short messages hold with the largest headers: 131
/// in the first and 133 in each other (16-bit reference), less CPL, CHL, 13 octets of the
/// header, 8 of a CC and 15 of padding (TS 31.115 clause 4, TS 102 225 clause 5.1).
pub const DEFAULT_LIMIT: usize = 131 + 254 * 133 - (2 + 1 + 13 + 8 + 15);

/// Packets that one script may be.
pub const MOST_PACKETS: usize = 1000;
/// Octets of commands that one script may be, and its packets together.
pub const MOST_OCTETS: usize = 4 << 20;

/// A script that was read.
#[derive(Clone, Debug)]
pub struct Script {
    format: Option<Format>,
    limit: Option<usize>,
    /// All in one packet, whatever is in it.
    is_one: bool,
    lines: Vec<Line>,
}

/// What a line gives.
#[derive(Clone, Debug)]
struct Line {
    number: usize,
    work: Work,
}

#[derive(Clone)]
enum Work {
    Steps(Vec<Step>),
    /// The objects that LOAD carries, and how many octets a block has.
    Load {
        data: Vec<u8>,
        block: Option<usize>,
    },
}

/// Without the data: it may have keys in it.
impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Steps(steps) => steps.fmt(f),
            Self::Load { data, .. } => write!(f, "Load({} octets)", data.len()),
        }
    }
}

/// The data of one secured packet.
#[derive(Clone, PartialEq, Eq)]
pub struct Packet {
    /// How it is written.
    pub format: Format,
    /// The octets.
    pub data: Vec<u8>,
    /// The commands in them.
    pub commands: Vec<PacketCommand>,
}

/// A command of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PacketCommand {
    /// The line of the script that it comes from, from 1; a SELECT that the packet
    /// repeats comes from the line that it stands in.
    pub line: usize,
    /// The command as the packet has it.
    pub command: CommandApdu,
}

/// Without the octets: they may have keys in them.
impl fmt::Debug for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packet")
            .field("format", &self.format)
            .field("octets", &self.data.len())
            .field("commands", &self.commands)
            .finish()
    }
}

impl Script {
    /// Reads a script. `source` gives the octets of a file that a line names, or says in
    /// words why it can't.
    ///
    /// # Errors
    ///
    /// [`ScriptError`], for the first line that is wrong.
    pub fn parse(
        text: &str,
        mut source: impl FnMut(&str) -> Result<Vec<u8>, String>,
    ) -> Result<Self, ScriptError> {
        let mut script = Self {
            format: None,
            limit: None,
            is_one: false,
            lines: Vec::new(),
        };
        let (mut selected, mut octets) = (Selected::default(), 0);
        for (number, text) in (1..).zip(text.lines()) {
            let mut words = Words::of(number, text)?;
            let Some(word) = words.next() else {
                continue;
            };
            if script.header(word, &mut words)? {
                continue;
            }
            let work = match word {
                "load" => load::load(&mut words, &mut source)?,
                _ => {
                    let statement = language::statement(word, &mut words, &mut source, &selected)?;
                    let steps = statement.steps().map_err(|error| {
                        ScriptError::of_line(number, ScriptFault::Content(error))
                    })?;
                    Work::Steps(steps)
                }
            };
            octets += match &work {
                Work::Steps(steps) => {
                    for step in steps {
                        selected.note(number, step.command());
                    }
                    steps.iter().map(|step| 6 + step.command().data.len()).sum()
                }
                Work::Load { data, .. } => data.len(),
            };
            if octets > MOST_OCTETS {
                return Err(ScriptError::of_line(number, ScriptFault::TooLong));
            }
            script.lines.push(Line { number, work });
        }
        Ok(script)
    }

    /// Takes a line that is a header.
    fn header(&mut self, word: &str, words: &mut Words<'_>) -> Result<bool, ScriptError> {
        const FORMATS: &str = "`compact`, `expanded` or `indefinite`";
        const ONE: &str = "`one`: all commands in one packet";
        let is_twice = match word {
            "format" => self.format.is_some(),
            "limit" => self.limit.is_some(),
            "packets" => self.is_one,
            _ => return Ok(false),
        };
        if is_twice {
            return Err(words.error(ScriptFault::Twice, ""));
        }
        if !self.lines.is_empty() {
            return Err(words.error(ScriptFault::LateHeader, ""));
        }
        match word {
            "format" => {
                let found = words.want(FORMATS)?;
                let format = Format::ALL
                    .into_iter()
                    .find(|format| format.word() == found);
                self.format = Some(format.ok_or_else(|| words.error(ScriptFault::Word, FORMATS))?);
            }
            "limit" => {
                let limit = words.number(1..=u16::MAX, "octets of one packet, 1 to 65535")?;
                self.limit = Some(usize::from(limit));
            }
            _ => {
                let found = words.want(ONE)?;
                if found != "one" {
                    return Err(words.error(ScriptFault::Word, ONE));
                }
                self.is_one = true;
            }
        }
        words.end()?;
        Ok(true)
    }

    /// The format that its header asks for.
    #[must_use]
    pub const fn format(&self) -> Option<Format> {
        self.format
    }

    /// Octets of one packet's data at most, as its header says.
    #[must_use]
    pub const fn limit(&self) -> Option<usize> {
        self.limit
    }
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Compact, Self::Expanded, Self::Indefinite];

    /// Its name in scripts.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Compact => "compact",
            Self::Expanded => "expanded",
            Self::Indefinite => "indefinite",
        }
    }
}
