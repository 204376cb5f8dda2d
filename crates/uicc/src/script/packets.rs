//! Commands as packets, each complete by itself (TS 102 226 clause 5). The answer to a
//! compact script has the data of its last command alone, so that a packet ends with
//! each command whose data is wanted.

use super::load::blocks;
use super::selected::Selected;
use super::step::{Step, size, whole};
use super::{
    Line, MOST_OCTETS, MOST_PACKETS, Packet, PacketCommand, Script, ScriptError, ScriptFault, Work,
};
use crate::apdu::Flow;
use crate::remote::{CommandScript, Format};

/// Commands that the answer to a compact script can count.
const MOST_COMPACT: usize = 255;

impl Script {
    /// The data of the packets that the script is, each with at most so many octets.
    ///
    /// A packet begins with nothing selected: it repeats the SELECTs that lead to the
    /// file where the last one ended.
    ///
    /// # Errors
    ///
    /// [`ScriptError`] for the first line that can't be written in this format, or in so
    /// few octets.
    pub fn packets(&self, format: Format, limit: usize) -> Result<Vec<Packet>, ScriptError> {
        let mut packer = Packer {
            format,
            limit,
            is_one: self.is_one,
            selected: Selected::default(),
            commands: Vec::new(),
            size: 0,
            octets: 0,
            packets: Vec::new(),
        };
        for Line { number, work } in &self.lines {
            match work {
                Work::Steps(steps) => {
                    for step in steps {
                        packer.put(*number, step)?;
                    }
                }
                Work::Load { data, block } => {
                    for step in blocks(*number, data, *block, format, limit)? {
                        packer.put(*number, &step)?;
                    }
                }
            }
        }
        packer.end(format != Format::Compact && self.is_one)
    }
}

struct Packer {
    format: Format,
    limit: usize,
    is_one: bool,
    selected: Selected,
    commands: Vec<PacketCommand>,
    /// What the commands take.
    size: usize,
    /// Octets of the packets so far.
    octets: usize,
    packets: Vec<Packet>,
}

impl Packer {
    fn put(&mut self, line: usize, step: &Step) -> Result<(), ScriptError> {
        let refused = |fault| ScriptError::of_line(line, fault);
        let added = step.written(self.format);
        let added_size =
            size(self.format, &added).map_err(|error| refused(ScriptFault::Format(error)))?;
        let fits = |packer: &Self, before: usize, count: usize| {
            let octets = whole(packer.format, packer.size + before + added_size).ok();
            let is_counted = packer.format != Format::Compact
                || packer.commands.len() + count + added.len() <= MOST_COMPACT;
            octets
                .filter(|octets| is_counted && *octets <= packer.limit)
                .is_some()
        };
        if !self.commands.is_empty() && !self.is_one && !fits(self, 0, 0) {
            self.finish(line)?;
        }
        if self.commands.is_empty() && !self.packets.is_empty() {
            let before = self.selected.before(step.command());
            for repeated in before.ok_or_else(|| refused(ScriptFault::ShortIdentifier))? {
                let commands = [repeated.command];
                self.size += size(self.format, &commands)
                    .map_err(|error| refused(ScriptFault::Format(error)))?;
                self.commands.extend(commands.map(|command| PacketCommand {
                    line: repeated.line,
                    command,
                }));
            }
        }
        if !fits(self, 0, 0) {
            let octets = whole(self.format, self.size + added_size);
            return Err(refused(match octets {
                Ok(octets) if octets > self.limit => ScriptFault::DoesNotFit {
                    octets,
                    limit: self.limit,
                },
                Ok(_) => ScriptFault::Format(crate::UiccError::TooLong),
                Err(error) => ScriptFault::Format(error),
            }));
        }
        // A compact command with data has an Le only at the end.
        if self.format == Format::Compact
            && let Some(last) = self.commands.last()
            && last.command.expected.is_some()
            && Flow::of(last.command.class, last.command.instruction) == Some(Flow::In)
        {
            let error = crate::UiccError::Length("P3");
            return Err(ScriptError::of_line(last.line, ScriptFault::Format(error)));
        }
        self.size += added_size;
        self.commands.extend(
            added
                .into_iter()
                .map(|command| PacketCommand { line, command }),
        );
        self.selected.note(line, step.command());
        if self.format == Format::Compact && step.is_wanted() && !self.is_one {
            self.finish(line)?;
        }
        Ok(())
    }

    /// The packet is whole; `line` is the one that ends it.
    fn finish(&mut self, line: usize) -> Result<(), ScriptError> {
        let refused = |fault| ScriptError::of_line(line, fault);
        let commands = std::mem::take(&mut self.commands);
        self.size = 0;
        let all = commands.iter().map(|it| it.command.clone()).collect();
        let data = CommandScript::new(self.format, all).encode();
        let data = data.map_err(|error| refused(ScriptFault::Format(error)))?;
        self.octets += data.len();
        if self.packets.len() >= MOST_PACKETS {
            return Err(refused(ScriptFault::Packets));
        }
        if self.octets > MOST_OCTETS {
            return Err(refused(ScriptFault::TooLong));
        }
        self.packets.push(Packet {
            format: self.format,
            data,
            commands,
        });
        Ok(())
    }

    /// All of them; one without commands if that is asked for.
    fn end(mut self, may_be_empty: bool) -> Result<Vec<Packet>, ScriptError> {
        if !self.commands.is_empty() || (may_be_empty && self.packets.is_empty()) {
            let line = self.commands.last().map_or(1, |last| last.line);
            self.finish(line)?;
        }
        Ok(self.packets)
    }
}
