//! A firmware update in octets, for a store (OMA FUMO 1.0 clause 5.1, State,
//! which outlives sessions and restarts).

use super::machine::Machine;
use super::{Expected, Operation, State};
use crate::Error;
use crate::objects::DownloadUrl;
use crate::objects::report::{Origin, Reports};
use crate::objects::snapshot::{Reader, Snapshot, Writer};

const SNAPSHOT: &str = "rehome fumo 1";

impl Machine {
    pub(super) fn snapshot(&self) -> Snapshot {
        let mut writer = Writer::new(SNAPSHOT);
        writer.text(&self.uri.to_string());
        for text in [&self.name, &self.version] {
            writer.optional_text(text.as_deref());
        }
        for url in [&self.download_url, &self.both_url] {
            writer.optional_text(url.as_ref().map(DownloadUrl::as_str));
        }
        self.expected.write(&mut writer);
        writer.number(self.state.number().into());
        self.reports.write(&mut writer);
        writer.optional_text(self.running.as_ref().map(|(operation, _)| operation.node()));
        if let Some((_, origin)) = &self.running {
            origin.write(&mut writer);
        }
        writer.optional(self.data.as_ref().map(|data| data.expose().as_slice()));
        writer.number(self.offset);
        writer.flag(self.checked);
        writer.finish()
    }

    pub(super) fn restore(snapshot: &Snapshot) -> Result<Self, Error> {
        const MALFORMED: Error = Error::Failed("snapshot of a firmware update can't be");
        let mut reader = Reader::new(snapshot, SNAPSHOT)?;
        let mut machine = Self::new(reader.parsed()?);
        machine.name = reader.optional_text()?;
        machine.version = reader.optional_text()?;
        machine.download_url = reader.optional_parsed()?;
        machine.both_url = reader.optional_parsed()?;
        machine.expected = Expected::read(&mut reader)?;
        machine.state = reader.choice(State::of_number)?;
        machine.reports = Reports::read(&mut reader)?;
        if let Some(node) = reader.optional_text()? {
            let operation = Operation::of_node(&node).ok_or(MALFORMED)?;
            machine.running = Some((operation, Origin::read(&mut reader)?));
        }
        machine.data = reader.optional()?.map(|octets| octets.to_vec().into());
        machine.offset = reader.number()?;
        machine.checked = reader.flag()?;
        machine.restored = true;
        reader.finish()?;
        let fetching = machine.state == State::DownloadProgressing;
        let running = machine.running.as_ref().map(|(operation, _)| *operation);
        if machine.state.is_busy() != running.is_some()
            || (fetching
                && running
                    .and_then(|operation| machine.url(operation))
                    .is_none())
        {
            return Err(MALFORMED);
        }
        Ok(machine)
    }
}
