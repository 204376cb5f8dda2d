//! The software of a device in octets, for a store (OMA SCOMO 1.0, Status and
//! State, which outlive sessions and restarts).

use super::inventory::{Component, Delivered, Deployed, Download, Inventory};
use super::machine::{Job, Machine, Stage};
use super::{Operation, Target};
use crate::Error;
use crate::objects::DownloadUrl;
use crate::objects::report::{Origin, Reports};
use crate::objects::snapshot::{Reader, Snapshot, Writer};

const SNAPSHOT: &str = "rehome scomo 1";

impl Machine {
    pub(super) fn snapshot(&self) -> Snapshot {
        let mut writer = Writer::new(SNAPSHOT);
        writer.text(&self.uri.to_string());
        self.inventory.write(&mut writer);
        writer.count(self.jobs.len());
        for job in &self.jobs {
            job.write(&mut writer);
        }
        self.reports.write(&mut writer);
        writer.finish()
    }

    pub(super) fn restore(snapshot: &Snapshot) -> Result<Self, Error> {
        let mut reader = Reader::new(snapshot, SNAPSHOT)?;
        let mut machine = Self::new(reader.parsed()?);
        machine.inventory = Inventory::read(&mut reader)?;
        for _ in 0..reader.number()? {
            let job = Job::read(&mut reader)?;
            if !machine.inventory.fits(&job) || machine.check_rest(&job.target()).is_err() {
                return Err(Error::Failed("snapshot with a job that can't be"));
            }
            machine.jobs.push(job);
        }
        machine.reports = Reports::read(&mut reader)?;
        reader.finish()?;
        Ok(machine)
    }
}

impl Inventory {
    /// Whether what the job is about is there.
    fn fits(&self, job: &Job) -> bool {
        let wanted = self.downloads.get(&job.name);
        match job.target() {
            Target::Component(name) => self.deployed.contains_key(&name),
            Target::Package(_) if job.operation.fetches() => {
                wanted.is_some_and(|package| package.url.is_some())
            }
            Target::Package(name) => self.delivered.contains_key(&name),
        }
    }

    fn write(&self, writer: &mut Writer) {
        writer.count(self.downloads.len());
        for (name, package) in &self.downloads {
            writer.text(name);
            writer.optional_text(package.id.as_deref());
            writer.optional_text(package.name.as_deref());
            writer.optional_text(package.url.as_ref().map(DownloadUrl::as_str));
            writer.number(package.status.into());
        }
        writer.count(self.delivered.len());
        for (name, package) in &self.delivered {
            writer.text(name);
            writer.text(&package.id);
            writer.optional_text(package.name.as_deref());
            writer.flag(package.installed);
            writer.number(package.status.into());
        }
        writer.count(self.deployed.len());
        for entry in self.deployed.values() {
            let component = &entry.component;
            writer.text(&component.node);
            writer.text(&component.id);
            for text in [&component.name, &component.version, &component.package] {
                writer.optional_text(text.as_deref());
            }
            writer.flag(component.active);
            writer.number(entry.status.into());
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let mut inventory = Self::default();
        for _ in 0..reader.number()? {
            let name = reader.text()?;
            let package = Download {
                id: reader.optional_text()?,
                name: reader.optional_text()?,
                url: reader.optional_parsed()?,
                status: status(reader)?,
            };
            inventory.downloads.insert(name, package);
        }
        inventory.read_delivered(reader)?;
        inventory.read_deployed(reader)?;
        Ok(inventory)
    }

    fn read_delivered(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        for _ in 0..reader.number()? {
            let name = reader.text()?;
            let package = Delivered {
                id: reader.text()?,
                name: reader.optional_text()?,
                installed: reader.flag()?,
                status: status(reader)?,
            };
            self.delivered.insert(name, package);
        }
        Ok(())
    }

    fn read_deployed(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        for _ in 0..reader.number()? {
            let component = Component {
                node: reader.text()?,
                id: reader.text()?,
                name: reader.optional_text()?,
                version: reader.optional_text()?,
                package: reader.optional_text()?,
                active: reader.flag()?,
            };
            let node = component.node.clone();
            let status = status(reader)?;
            let entry = Deployed { component, status };
            self.deployed.insert(node, entry);
        }
        Ok(())
    }
}

fn status(reader: &mut Reader<'_>) -> Result<u8, Error> {
    reader.choice(|number| u8::try_from(number).ok())
}

impl Job {
    fn write(&self, writer: &mut Writer) {
        writer.number(self.operation.number());
        writer.text(&self.name);
        self.origin.write(writer);
        writer.number(match self.stage {
            Stage::Fetching => 0,
            Stage::Checking => 1,
            Stage::Applying => 2,
        });
        writer.number(self.offset);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self {
            operation: reader.choice(Operation::of_number)?,
            name: reader.text()?,
            origin: Origin::read(reader)?,
            stage: reader.choice(|number| match number {
                0 => Some(Stage::Fetching),
                1 => Some(Stage::Checking),
                2 => Some(Stage::Applying),
                _ => None,
            })?,
            offset: reader.number()?,
            asked: false,
            restored: true,
        })
    }
}
